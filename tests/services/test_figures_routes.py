"""``/v1/goals`` and ``/v1/indicators``."""

import json

import pytest
from fastapi.testclient import TestClient

from stadtnetz.services.assembly import Assembly
from stadtnetz.services.demo import OPEN_OPERATOR

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
    body = client.get(path, params={"as_of": "2025-06-30", "by": "stadtbezirk"}).json()
    assert {row["level"] for row in body["by_district"]} == {"stadtbezirk"}
    assert body["districts_as_of"] == "2025-06-30"
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
    publications = demo.store.publications()
    operators = {p.ref.operator for p in publications if p.ref.operator} - {OPEN_OPERATOR}
    versions = {p.ref.version for p in publications if p.ref.operator in operators}
    assert len(operators) >= 8
    paths = ["/v1/goals", "/v1/indicators"]
    paths += [
        f"/v1/indicators/{i['id']}" for i in client.get("/v1/indicators").json()["indicators"]
    ]
    for path in paths:
        body = json.dumps(client.get(path).json(), ensure_ascii=False)
        assert not [name for name in operators if name in body], path
        assert not [version for version in versions if version[:12] in body], path


def test_readings_of_few_operators_are_null_with_the_reason(client: TestClient) -> None:
    body = client.get("/v1/indicators/mobile_5g_area_share", params={"as_of": "2026-07-01"}).json()
    readings = {variant["id"]: variant for variant in body["variants"]}
    # one of the three operators roams; its own networks would give that away
    assert readings["roaming_only"]["suppressed"] == "few_operators"
    assert readings["own_network"]["suppressed"] == "secondary"
    assert readings["roaming_only"]["part"] is readings["own_network"]["value"] is None
    assert readings["at_least_2_operators"]["suppressed"] is None
    assert 0 < readings["at_least_2_operators"]["value"] < body["value"]


def test_small_districts_are_null_with_the_reason(client: TestClient) -> None:
    path = "/v1/indicators/school_fibre_share"
    rows = client.get(path, params={"as_of": "2026-07-01"}).json()["by_district"]
    small = [row for row in rows if 0 < row["whole"] < 3]
    assert small
    assert all(row["suppressed"] == "few_units" for row in small)
    assert all(row["part"] is row["value"] is None for row in rows if row["suppressed"])
    assert any(row["part"] is not None for row in rows)


def test_what_was_known_earlier_is_for_coordinators(client: TestClient) -> None:
    for path in ("/v1/goals", "/v1/indicators", "/v1/indicators/fibre_area_share"):
        answer = client.get(path, params={"known_at": "2026-01-01T00:00:00Z"})
        assert answer.status_code == 403
        assert answer.json()["type"].endswith("confidential")
        assert "as_of" in answer.json()["detail"]


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
