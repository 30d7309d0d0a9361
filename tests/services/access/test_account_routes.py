"""One's own account: as a page, and its tokens by the interface."""

import html
import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from signing_in import PASSWORD, account_token, form_token, sign_in

TEXT = re.compile(r"stn_[0-9a-f]{32}_[A-Za-z0-9_-]{43}")


@pytest.fixture
def paula(client: TestClient) -> TestClient:
    assert sign_in(client, "paula", PASSWORD).status_code == 303
    return client


def api(client: TestClient) -> dict[str, str]:
    return {"x-csrf-token": account_token(client), "accept": "application/json"}


def bearer(app: FastAPI, text: str) -> TestClient:
    return TestClient(app, headers={"authorization": f"Bearer {text}"})


def test_way_of_a_token(app: FastAPI, paula: TestClient) -> None:
    new = {"name": "nightly", "scopes": ["figures:read"], "days": 30}
    made = paula.post("/v1/tokens", json=new, headers=api(paula))
    assert made.status_code == 201
    assert made.headers["cache-control"] == "private, no-store"
    text = made.json().pop("token")
    assert TEXT.fullmatch(text)
    listed = paula.get("/v1/tokens")
    assert text not in listed.text
    entry = listed.json()["tokens"][0]
    assert entry | {"token": text} == made.json()
    assert (entry["name"], entry["scopes"], entry["last_used_at"]) == (
        "nightly",
        ["figures:read"],
        None,
    )
    assert bearer(app, text).get("/v1/goals").status_code == 200
    assert paula.get("/v1/tokens").json()["tokens"][0]["last_used_at"] is not None
    gone = paula.delete(f"/v1/tokens/{entry['id']}", headers=api(paula))
    assert gone.status_code == 204
    assert bearer(app, text).get("/v1/goals").status_code == 401
    assert paula.get("/v1/tokens").json()["tokens"][0]["revoked_at"] is not None


def test_a_token_makes_no_token(app: FastAPI) -> None:
    _, text = app.state.door.tokens.add("ada", "t", ["figures:read", "audit:read"], 1, "tests")
    client = bearer(app, text)
    new = {"name": "x", "scopes": ["figures:read"]}
    assert client.post("/v1/tokens", json=new).status_code == 403
    assert client.get("/v1/tokens").status_code == 403
    assert client.get("/account").status_code == 403


@pytest.mark.parametrize("token_id", ["0" * 32, "x", "%00", "..", "a" * 500])
def test_tokens_of_others_do_not_exist(app: FastAPI, paula: TestClient, token_id: str) -> None:
    other, text = app.state.door.tokens.add("ada", "t", ["audit:read"], 1, "tests")
    headers = api(paula)
    foreign = paula.delete(f"/v1/tokens/{other.id}", headers=headers)
    missing = paula.delete(f"/v1/tokens/{token_id}", headers=headers)
    assert foreign.status_code == 404
    assert missing.status_code in {404, 405}
    if missing.headers.get("content-type") == "application/problem+json" and token_id == "0" * 32:
        assert foreign.text.replace(other.id, "") == missing.text.replace(token_id, "")
    assert app.state.door.tokens.recognise(text) is not None
    assert paula.get("/v1/tokens").json() == {"tokens": []}
    page = paula.post(
        f"/account/tokens/{other.id}/revoke", data={"csrf_token": account_token(paula)}
    )
    assert page.status_code == 404
    assert app.state.door.tokens.recognise(text) is not None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "needs a name"),
        ({"name": "x" * 129}, "1 to 128"),
        ({"scopes": []}, "needs scopes"),
        ({"scopes": ["all"]}, "unknown scopes all"),
        ({"scopes": ["reviews:write"]}, "cannot use the scopes reviews:write"),
        ({"scopes": ["x"] * 65}, "at most 64"),
        ({"scopes": "figures:read"}, "valid list"),
        ({"days": 0}, "greater than 0"),
        ({"days": 1e9}, "less than or equal to 366"),
        ({"days": "soon"}, "valid number"),
        ({"admin": True}, "Extra inputs"),
    ],
)
def test_tokens_that_are_refused(paula: TestClient, change: dict[str, Any], said: str) -> None:
    new = {"name": "t", "scopes": ["figures:read"], "days": 1} | change
    answer = paula.post("/v1/tokens", json=new, headers=api(paula))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]
    assert paula.get("/v1/tokens").json() == {"tokens": []}


def test_tokens_on_the_page(app: FastAPI, paula: TestClient) -> None:
    page = paula.get("/account").text
    assert "reviews:write" not in page
    assert "deliveries:write" in page
    data = {"csrf_token": form_token(page), "name": "<b>nightly</b>", "days": "90"}
    refused = paula.post("/account/tokens", data=data)
    assert (refused.status_code, "needs scopes" in refused.text) == (422, True)
    made = paula.post("/account/tokens", data=data | {"scope": ["figures:read"]})
    assert made.status_code == 200
    text = TEXT.search(made.text)
    assert text
    assert "<b>nightly" not in made.text
    assert html.escape("<b>nightly</b>") in made.text
    assert bearer(app, text[0]).get("/v1/goals").status_code == 200
    again = paula.get("/account").text
    assert text[0] not in again
    revoke = re.search(r'action="([^"]+/revoke)"', again)
    assert revoke
    gone = paula.post("/" + revoke[1], data={"csrf_token": form_token(again)})
    assert "Das Token ist widerrufen" in gone.text
    assert "/revoke" not in gone.text
    assert bearer(app, text[0]).get("/v1/goals").status_code == 401


@pytest.mark.parametrize("days", ["", "soon", "nan", "inf", "-1", "1e400"])
def test_days_that_are_none(paula: TestClient, days: str) -> None:
    data = {"csrf_token": account_token(paula), "name": "t", "scope": "figures:read", "days": days}
    answer = paula.post("/account/tokens", data=data)
    assert (answer.status_code, "at most 366 days" in answer.text) == (422, True)


def test_links_of_answers_below_the_page_lead_to_it(paula: TestClient) -> None:
    answer = paula.post("/account/sessions/end", data={"csrf_token": account_token(paula)})
    assert 'action="../../sign-out"' in answer.text
    assert 'href="../../maps/assets/stadtnetz.css"' in answer.text
    for address in re.findall(r'(?:href|action|src)="([^"#?]+)', answer.text):
        target = str(answer.url.join(address))
        assert paula.get(target).status_code in {200, 303, 307, 405}, target


def test_ending_the_other_sessions(app: FastAPI, paula: TestClient) -> None:
    other = TestClient(app, follow_redirects=False, headers={"accept": "text/html"})
    sign_in(other, "paula", PASSWORD)
    page = paula.get("/account").text
    assert page.count("dieser Browser") == 1
    assert page.count('<tr><th scope="row">') == 2
    answer = paula.post("/account/sessions/end", data={"csrf_token": form_token(page)})
    assert "Alle anderen Sitzungen sind beendet" in answer.text
    assert other.get("/account").status_code == 303
    assert paula.get("/account").status_code == 200


def test_pages_with_forms_are_strict(paula: TestClient) -> None:
    headers = paula.get("/account").headers
    policy = headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "form-action 'self'" in policy
    assert "default-src 'none'" in policy
    assert headers["referrer-policy"] == "same-origin"
    assert "form-action 'none'" in paula.get("/").headers["content-security-policy"]
