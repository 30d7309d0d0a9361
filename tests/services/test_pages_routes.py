"""Pages: board, maps, report."""

import re
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from stadtnetz.maps.language import Language
from stadtnetz.maps.setting import SERVED_MAP
from stadtnetz.services.app import create_app
from stadtnetz.services.assembly import Assembly
from stadtnetz.services.pages import Pages, map_ids, setting_of
from stadtnetz.services.settings import Settings

RESOURCE = re.compile(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["']([^"']+)""")


@pytest.mark.parametrize("path", ["/", "/report", *(f"/maps/{name}" for name in map_ids())])
def test_pages_stand_alone(client: TestClient, demo: Assembly, path: str) -> None:
    answer = client.get(path, params={"as_of": "2026-07-01"})
    assert answer.status_code == 200
    assert '<html lang="de"' in answer.text
    assert re.search(r"<title>[^<]+</title>", answer.text)
    resources = RESOURCE.findall(answer.text)
    assert not [r for r in resources if re.match(r"(?:https?:)?//", r)]
    operators = {p.ref.operator for p in demo.store.publications() if p.ref.operator}
    assert not [name for name in operators - {"stadt"} if name in answer.text]


def test_resources_of_a_page_are_served(client: TestClient) -> None:
    for page in ("/", "/maps/fibre_offers"):
        for resource in RESOURCE.findall(client.get(page).text):
            if resource.startswith("data:"):
                continue
            address = str(client.get(page).url.join(resource))
            answer = client.get(address)
            assert answer.status_code == 200, address
            again = client.get(address, headers={"if-none-match": answer.headers["etag"]})
            assert again.status_code == 304


def test_pages_are_the_same_each_time_and_answer_304(client: TestClient) -> None:
    first = client.get("/maps/fibre_gaps")
    again = client.get("/maps/fibre_gaps", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert "script-src 'self'" in first.headers["content-security-policy"]


def test_pages_are_drawn_once_for_all_who_see_the_same(demo: Assembly) -> None:
    pages = Pages(demo, date(2026, 7, 1))
    setting = setting_of(demo, None, SERVED_MAP)
    others = [
        replace(setting, language=Language("en")),
        replace(setting, signed_in="karla"),
        replace(setting, links=replace(SERVED_MAP, query="?as_of=2026-07-01")),
    ]
    for draw in (pages.board, pages.report, partial(pages.map, "mobile_5g_predicted")):
        html = draw(setting)
        assert draw(setting_of(demo, None, SERVED_MAP)) is html
        assert draw(others[0]) != html
        assert draw(setting) is html
    assert len({pages.board(each) for each in (setting, *others)}) == 4
    assert "karla" in pages.board(others[1])
    assert "karla" not in pages.board(setting)


def test_only_an_inspectable_service_lets_scripts_in(demo_folder: Path) -> None:
    for inspectable in (False, True):
        settings = Settings(workspace=demo_folder, inspectable=inspectable)
        with TestClient(create_app(settings)) as own:
            policy = own.get("/").headers["content-security-policy"]
        scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
        assert ("'unsafe-inline'" in scripts) is inspectable


def test_english(client: TestClient) -> None:
    assert '<html lang="en"' in client.get("/", params={"lang": "en"}).text
