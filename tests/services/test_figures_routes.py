"""``/v1/goals`` and ``/v1/indicators``."""

import json

import pytest
from fastapi.testclient import TestClient

from stadtnetz.services.assembly import Assembly

GOAL_KEYS = {
    "id",
    "indicator",
    "value",
    "baseline",
    "target",
    "standing",
    "pace",
    "forecast",
    "trend",
}
OPERATOR_WORDS = ("operator:", "at_least_2_operators", "all_operators")


def test_health(client: TestClient, demo: Assembly) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert answer.json()["city"] == demo.workspace.city


def test_goals(client: TestClient) -> None:
    body = client.get("/v1/goals", params={"as_of": "2026-07-01"}).json()
    assert body["as_of"] == "2026-07-01"
    assert len(body["goals"]) == 6
    assert all(set(goal) >= GOAL_KEYS for goal in body["goals"])
    offer = next(g for g in body["goals"] if g["indicator"] == "fibre_offer_household_share")
    assert offer["standing"] == "missed"
    assert 0 < offer["value"] < offer["target"]["value"] == 0.5


def test_indicator_by_level_adds_up(client: TestClient) -> None:
    path = "/v1/indicators/fibre_offer_household_share"
    body = client.get(path, params={"as_of": "2025-06-30", "by": "stadtteil"}).json()
    assert {row["level"] for row in body["by_district"]} == {"stadtteil"}
    assert sum(row["part"] for row in body["by_district"]) == pytest.approx(body["part"])
    assert body["value"] == pytest.approx(body["part"] / body["whole"])
    assert body["layers"]


def test_past_dates_have_their_own_figures(client: TestClient) -> None:
    path = "/v1/indicators/fibre_offer_household_share"
    values = [
        client.get(path, params={"as_of": day}).json()["value"]
        for day in ("2021-06-30", "2023-06-30", "2025-06-30")
    ]
    assert values == sorted(values)
    assert values[0] < values[-1]
    assert client.get(path, params={"as_of": "2019-01-01"}).json()["value"] is None


def test_nothing_that_tells_operators_apart_leaves(client: TestClient, demo: Assembly) -> None:
    operators = {p.ref.operator for p in demo.store.publications() if p.ref.operator}
    assert len(operators) >= 8
    paths = ["/v1/goals", "/v1/indicators"]
    paths += [
        f"/v1/indicators/{i['id']}" for i in client.get("/v1/indicators").json()["indicators"]
    ]
    for path in paths:
        body = json.dumps(client.get(path).json(), ensure_ascii=False)
        assert not [name for name in operators if f'"{name}"' in body], path
        assert not [word for word in OPERATOR_WORDS if word in body], path


@pytest.mark.parametrize(
    ("path", "status", "code", "says"),
    [
        ("/v1/indicators/fibre_offer_households_share", 404, "unknown_indicator", "did you mean"),
        ("/v1/indicators/iot_area_share?by=quarter", 400, "bad_request", "stadtbezirk"),
        ("/v1/goals?as_of=yesterday", 422, "invalid_parameter", "as_of"),
        ("/maps/nothing", 404, "unknown_page", "fibre_offers"),
        ("/maps/assets/../../pyproject.toml", 404, "not_found", "Not Found"),
        ("/nowhere", 404, "not_found", "Not Found"),
    ],
)
def test_errors_are_problem_details(
    client: TestClient, path: str, status: int, code: str, says: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith(code)
    assert says in answer.json()["detail"]


def test_openapi_describes_every_figure_route(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert {"/health", "/v1/goals", "/v1/indicators/{indicator_id}"} <= set(document["paths"])
    assert "http" not in json.dumps(document.get("servers", []))
