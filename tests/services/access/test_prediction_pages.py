"""The page of predictions through the service: roles, the form, and what it says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from signing_in import PASSWORD, account_token, sign_in

PAGE = {"accept": "text/html"}


@pytest.fixture
def karl(
    app: FastAPI, hashes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    monkeypatch.setattr("stadtnetz.services.access.passwords.hashed", hashes.__getitem__)
    with TestClient(app, follow_redirects=False, headers=PAGE) as client:
        assert sign_in(client, "karl", PASSWORD).status_code == 303
        yield client


def test_a_form_that_cannot_be_done_comes_back_with_words(karl: TestClient) -> None:
    assert "Es gibt noch keine Standorte." in karl.get("/predictions").text
    token = account_token(karl)
    answer = karl.post("/predictions", data={"csrf_token": token, "pixel_m": "20"})
    assert answer.status_code == 422
    assert "Solche Standorte gibt es nicht." in answer.text
    assert 'value="20"' in answer.text
    wrong = karl.post("/predictions", data={"csrf_token": token, "pixel_m": "klein"})
    assert "Die Seitenlänge der Zellen ist eine Zahl von 1 bis 100 Metern." in wrong.text
    assert karl.post("/predictions", data={"pixel_m": "20"}).status_code == 403


def test_it_is_for_coordinators(app: FastAPI, karl: TestClient) -> None:
    assert karl.get("/predictions").status_code == 200
    with TestClient(app, follow_redirects=False, headers=PAGE) as other:
        assert other.get("/predictions").status_code == 303
        assert sign_in(other, "paula", PASSWORD).status_code == 303
        assert other.get("/predictions").status_code == 403
