"""Nobody learns what it may not know: by any route, page, map, id, header or error message."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import interference
import numpy as np
import pandas as pd
import pytest
from fastapi import FastAPI, HTTPException, Response
from two_worlds import CITY, DAYS, EAST, NORTH, OPERATORS, WEST, World, make
from under_way import COORDINATOR, Hands, partner

from stadtnetz.coverage.indicators import indicators
from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data.database import StoreError
from stadtnetz.data.workspace import SETTINGS, Workspace
from stadtnetz.services.access.policy import EVERYONE, POLICY, Rule
from stadtnetz.services.access.visitor import PUBLIC, Role, Visitor
from stadtnetz.services.app import create_app
from stadtnetz.services.confidentiality import ParameterError, rule_of
from stadtnetz.services.measured_reference import References
from stadtnetz.services.review import review_of
from stadtnetz.services.settings import Settings

MOBILE = "/v1/indicators/mobile_5g_area_share?as_of=2026-01-01"


Told = dict[str, interference.Answer]


class Twins:
    """The cities of several worlds, each made once and asked once by each visitor."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._apps: dict[World, FastAPI] = {}
        self._told: dict[tuple[World, str], Told] = {}

    def folder(self, world: World) -> Path:
        self.app(world)
        return self._folder / str(list(self._apps).index(world))

    def app(self, world: World) -> FastAPI:
        if world not in self._apps:
            folder = make(self._folder / str(len(self._apps)), world)
            self._apps[world] = create_app(Settings(workspace=folder))
        return self._apps[world]

    def told(self, world: World, visitor: Visitor) -> Told:
        key = (world, visitor.name)
        if key not in self._told:
            self._told[key] = interference.answers(self.app(world), visitor)
        return self._told[key]


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Twins:
    return Twins(tmp_path_factory.mktemp("worlds"))


@pytest.fixture(scope="module")
def app(twins: Twins) -> FastAPI:
    return twins.app(World())


SPLIT = World(seed=1, cut_m=1300.0)
WORLDS = {"another split": SPLIT, "each has the other's": World(swapped=True)}


@pytest.mark.parametrize("other", WORLDS.values(), ids=WORLDS.keys())
@pytest.mark.parametrize("visitor", [PUBLIC, partner(NORTH)], ids=["public", "partner"])
def test_how_the_others_split_it_makes_no_difference(
    twins: Twins, visitor: Visitor, other: World
) -> None:
    told = twins.told(World(), visitor)
    assert interference.differences(told, twins.told(other, visitor)) == []


def test_everything_was_asked(twins: Twins) -> None:
    told = twins.told(World(), PUBLIC)
    assert len(told) > 100
    assert {answer.status for answer in told.values()} == {*(200, 307, 400, 401, 403, 404, 422)}


@pytest.mark.parametrize("visitor", [COORDINATOR, partner(EAST), partner(WEST)])
def test_those_who_may_know_see_that_the_worlds_differ(twins: Twins, visitor: Visitor) -> None:
    paths = [MOBILE, MOBILE.replace("mobile_5g", "fibre")]
    told = [interference.answers(twins.app(w), visitor, paths) for w in (World(), SPLIT)]
    assert MOBILE in interference.differences(*told)


def test_readings_beside_single_networks_would_be_found(
    twins: Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is measured is the same in all worlds; whose claim it confirms is not."""
    paths = [f"/v1/measurements/mobile{what}?as_of=2026-01-01" for what in ("", "/cells.geojson")]
    apps = [twins.app(world) for world in (World(), SPLIT)]
    assert not interference.differences(*(interference.answers(a, PUBLIC, paths) for a in apps))
    monkeypatch.setattr(References, "_may_see", lambda *_: True)
    told = [interference.answers(each, PUBLIC, paths) for each in apps]
    assert interference.differences(*told) == paths
    assert {answer.status for answer in told[0].values()} == {200}


def _count(rows: int) -> Any:
    return {"rows": rows}


def _float(rows: int) -> Any:
    return {"share": 1000 + rows / 7}


def _error(rows: int) -> Any:
    raise HTTPException(400, f"{rows} rows are too many")


def _header(rows: int) -> Any:
    return Response(headers={"X-Rows": str(rows)})


@pytest.mark.parametrize("leak", [_count, _float, _error, _header])
def test_the_comparison_finds_a_leak(
    twins: Twins, leak: Callable[[int], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A route that gives away a little is found, whatever it is."""
    told = []
    monkeypatch.setitem(POLICY, ("GET", "/leak"), Rule(EVERYONE))  # type: ignore[misc]
    for world in (World(), SPLIT):
        own = create_app(Settings(workspace=twins.folder(world)))
        store = own.state.assembly.store
        rows = sum(
            len(store.layer(p.ref.version).frame)
            for p in store.publications("fibre_addresses", EAST)
        )
        own.add_api_route("/leak", lambda rows=rows: leak(rows))
        assert "/leak" in interference.addresses(own)
        told.append(interference.answers(own, PUBLIC, ["/leak", "/health"]))
    assert interference.differences(*told) == ["/leak"]


def test_another_route_must_say_how_it_is_asked(twins: Twins) -> None:
    own = create_app(Settings(workspace=twins.folder(World())))

    @own.get("/deliveries/{unheard_of}")
    def deliveries(unheard_of: str) -> str:
        return unheard_of

    with pytest.raises(AssertionError, match="unheard_of"):
        interference.addresses(own)


def test_no_answer_names_an_operator_or_a_version(app: FastAPI) -> None:
    publications = app.state.assembly.store.publications()
    versions = {p.ref.version[:12] for p in publications if p.ref.operator in OPERATORS}
    with interference.as_visitor(app, PUBLIC) as client:
        for path in interference.addresses(app):
            if "as_of" in path and "as_of=2026-01-01" not in path:
                continue
            text = client.get(path, follow_redirects=False).text
            assert not [name for name in OPERATORS if name in text], path
            assert not [version for version in versions if version in text], path


def test_a_partner_sees_its_own_layers_and_nobody_elses(app: FastAPI) -> None:
    store = app.state.assembly.store
    with interference.as_visitor(app, partner(NORTH)) as client:
        body = client.get("/v1/indicators/fibre_area_share?as_of=2026-01-01").json()
        text = client.get("/report").text
    own = store.publications("fibre_addresses", NORTH)[-1].ref
    frame = store.layer(own.version).frame
    assert body["own"]["part"] == len(frame)
    assert sum(r["part"] for r in body["own"]["by_district"] if r["level"] == "stadtteil") == len(
        frame
    )
    assert {layer["operator"] for layer in body["layers"]} == {None, NORTH}
    assert own.version in {layer["version"] for layer in body["layers"]}
    assert EAST not in json.dumps(body)
    assert NORTH not in text, "pages are the public's; nobody hands on a partner's by mistake"


def test_a_coordinator_sees_everything(app: FastAPI) -> None:
    full = app.state.assembly.evaluator.document(date(2026, 1, 1))
    with interference.as_visitor(app, COORDINATOR) as client:
        for entry in full["indicators"]:
            body = client.get(f"/v1/indicators/{entry['id']}?as_of=2026-01-01").json()
            assert body.pop("known_at").startswith("20")
            assert body == {"as_of": "2026-01-01", **entry}
        assert client.get("/v1/goals?known_at=2026-01-01T00:00:00Z").status_code == 200
        report, page = client.get("/report").text, client.get("/maps/lorawan_gateways").text
    assert "Vertraulich" in report
    assert EAST in report
    assert f"Mast von {EAST}" in page


def test_pages_of_coordinators_are_not_kept_for_others(app: FastAPI) -> None:
    with interference.as_visitor(app, COORDINATOR) as client:
        theirs = client.get("/report")
    with interference.as_visitor(app, PUBLIC) as client:
        answer = client.get("/report")
        assert "Vertraulich" not in answer.text
        assert answer.headers["etag"] != theirs.headers["etag"]
        assert answer.headers["vary"] == "Cookie, Authorization"
        assert "private" in answer.headers["cache-control"]
        again = client.get("/report", headers={"if-none-match": theirs.headers["etag"]})
        assert again.status_code == 200


def test_sites_of_the_city_are_on_the_map_and_others_are_not(app: FastAPI) -> None:
    with interference.as_visitor(app, PUBLIC) as client:
        for name in ("lorawan_gateways", "wlan_hotspots"):
            text = client.get(f"/maps/{name}").text
            assert f"Mast von {CITY}" in text
            assert text.count("Mast von") == text.count(f"Mast von {CITY}")
            assert "nur Standorte der Stadt" in text


def test_the_map_says_what_is_not_published(app: FastAPI) -> None:
    with interference.as_visitor(app, PUBLIC) as client:
        text = client.get("/maps/school_fibre_share").text
        report = client.get("/report").text
    assert "nicht veröffentlicht, um Betreiber zu schützen" in text
    assert "dort werden weniger als drei gezählt" in text
    assert "Ein Strich steht für einen Wert" in report


def test_what_a_map_lists_does_not_give_a_district_away(app: FastAPI) -> None:
    """The gap map lists schools one by one, but none in a district that is not published."""
    with interference.as_visitor(app, PUBLIC) as client:
        rows = client.get("/v1/indicators/school_fibre_share").json()["by_district"]
        text = client.get("/maps/fibre_gaps").text
    hidden = [row["code"] for row in rows if row["suppressed"] and row["level"] == "stadtteil"]
    assert hidden
    assert not [code for code in hidden if f"school_sites{code}" in text]
    shown = [row for row in rows if row["level"] == "stadtteil" and not row["suppressed"]]
    for row in shown:
        listed = {n for n in range(9) if f"school_sites{row['code']}{n}" in text}
        assert len(listed) == row["whole"] - row["part"]


def test_one_operators_publication_leaves_the_districts_as_they_are(tmp_path: Path) -> None:
    """The total goes on, as it is public; nothing by place tells who has built where."""
    app = create_app(Settings(workspace=make(tmp_path / "city", World())))
    confidentiality = app.state.assembly.confidentiality
    # the batch of the first publications is over
    _later(app, hours=1)
    places = [path for path in interference.addresses(app) if path.startswith("/maps/fibre_offers")]
    before = _districts(app), interference.answers(app, PUBLIC, places)
    total = _total(app)
    _publish_more(app, EAST)
    _later(app, hours=2)
    assert _total(app) > total
    after = _districts(app), interference.answers(app, PUBLIC, places)
    assert after[0] == before[0]
    for path, answer in after[1].items():
        assert _cells(answer.body) == _cells(before[1][path].body)
    for name in (NORTH, WEST):
        _publish_more(app, name)
    _later(app, hours=4)
    assert _districts(app) != before[0]
    assert confidentiality.releases.of(indicators()["fibre_area_share"], date.max) is not None


def test_one_operators_concession_leaves_the_districts_as_they_are(tmp_path: Path) -> None:
    """The total goes on, as it is public; by place it comes along with the next release only."""
    app = create_app(Settings(workspace=make(tmp_path / "city", World())))
    _later(app, hours=1)
    address, other = _alone(app, EAST)[:2]
    hands = Hands(app, EAST)
    before = _districts(app), _told_by_place(app), _total(app)
    for number, each in enumerate((address, other), start=1):
        dispute = hands.dispute(each, "nothing_built")
        answer = hands.own.post(f"/v1/disputes/{dispute}/concede", json={"text": ""})
        assert answer.json()["state"] == "conceded"
        _later(app, hours=number + 1)
        assert _total(app) == before[2] - number
        assert _districts(app) == before[0]
        assert _told_by_place(app) == before[1]
    assert _conceded_count(app, PUBLIC) == _conceded_count(app, partner(NORTH)) == 2
    for name in OPERATORS:
        _publish_more(app, name, without=(address, other))
    _later(app, hours=6)
    seen = app.state.assembly.confidentiality.snapshot(PUBLIC, date.max)
    assert {each.address_id for each in seen.concessions} == {address, other}
    assert _told_by_place(app) != before[1]


def test_own_figures_feel_no_concession_of_others(tmp_path: Path) -> None:
    app = create_app(Settings(workspace=make(tmp_path / "city", World())))
    before = _own(app, NORTH), _own(app, EAST)
    hands = Hands(app, EAST)
    # at an address that both claim, nothing is to be seen of it but by its operator
    claimed = set(Hands(app, NORTH).claimed())
    shared = next((each for each in hands.claimed() if each in claimed), None)
    address = shared or _alone(app, EAST)[0]
    dispute = hands.dispute(address, "nothing_built")
    hands.own.post(f"/v1/disputes/{dispute}/concede", json={"text": ""})
    assert _own(app, NORTH) == before[0]
    assert _own(app, EAST)["part"] == before[1]["part"] - 1


def test_what_two_claim_and_one_concedes_is_seen_nowhere(tmp_path: Path) -> None:
    """The union does not change, so no total and no count does: nobody can tell who was wrong."""
    app = create_app(Settings(workspace=make(tmp_path / "city", World())))
    hands, others = Hands(app, EAST), set(Hands(app, WEST).claimed())
    address = next(each for each in hands.claimed() if each in others)
    paths = [path for path in interference.addresses(app) if path.startswith(("/v1/i", "/v1/g"))]
    before = [interference.answers(app, who, paths) for who in (PUBLIC, partner(NORTH))]
    dispute = hands.dispute(address, "nothing_built")
    hands.own.post(f"/v1/disputes/{dispute}/concede", json={"text": ""})
    after = [interference.answers(app, who, paths) for who in (PUBLIC, partner(NORTH))]
    assert before == after
    assert _conceded_count(app, PUBLIC) == 0


def test_a_partner_is_told_no_effect_on_the_city(app: FastAPI) -> None:
    """How much of a delivery is new to the city says how far it overlaps with the others'."""
    store = app.state.assembly.store
    delivery = store.publications("fibre_addresses", NORTH)[-1].delivery
    review_of(app.state.assembly, store.delivery(delivery))  # as the worker does
    told = {}
    for visitor in (partner(NORTH), COORDINATOR):
        with interference.as_visitor(app, visitor) as client:
            told[visitor.role] = client.get(f"/v1/deliveries/{delivery}/review").json()
    city_only = {"effects", "goals", "known_at"}
    assert told[Role.COORDINATOR].keys() - told[Role.PARTNER].keys() == city_only
    assert {alarm["audience"] for alarm in told[Role.PARTNER]["alarms"]} <= {"operator"}
    assert not [name for name in (EAST, WEST) if name in json.dumps(told[Role.PARTNER])]


def _alone(app: FastAPI, operator: str) -> list[str]:
    """Return the addresses that one operator alone claims."""
    others = {each for name in OPERATORS if name != operator for each in Hands(app, name).claimed()}
    return [each for each in Hands(app, operator).claimed() if each not in others]


def _told_by_place(app: FastAPI) -> list[list[str]]:
    paths = [path for path in interference.addresses(app) if path.startswith("/maps/fibre")]
    return [_cells(told.body) for told in interference.answers(app, PUBLIC, paths).values()]


def _conceded_count(app: FastAPI, visitor: Visitor) -> int:
    with interference.as_visitor(app, visitor) as client:
        return int(client.get("/v1/indicators/fibre_area_share").json()["conceded_count"])


def _own(app: FastAPI, operator: str) -> Any:
    with interference.as_visitor(app, partner(operator)) as client:
        return client.get("/v1/indicators/fibre_area_share").json()["own"]


def _later(app: FastAPI, hours: int) -> None:
    releases = app.state.assembly.confidentiality.releases
    releases._clock = lambda: datetime.now(UTC) + timedelta(hours=hours)


def _districts(app: FastAPI) -> Any:
    with interference.as_visitor(app, PUBLIC) as client:
        return client.get("/v1/indicators/fibre_area_share").json()["by_district"]


def _total(app: FastAPI) -> float:
    with interference.as_visitor(app, PUBLIC) as client:
        return float(client.get("/v1/indicators/fibre_area_share").json()["part"])


def _cells(html: str) -> list[str]:
    return [line for line in html.splitlines() if '"cells"' in line]


def _publish_more(app: FastAPI, operator: str, without: tuple[str, ...] = ()) -> None:
    """Publish, an hour after everything else, that an operator has built everywhere."""
    store = app.state.assembly.store
    frame = store.layer(store.publications("fibre_addresses", operator)[-1].ref.version).frame
    register = store.layer(store.publications("addresses")[-1].ref.version).frame
    ids = register["id"].to_numpy()[OPERATORS.index(operator) :: 2]
    ids = ids[~np.isin(ids.astype(str), without)]
    more = frame.iloc[[0] * len(ids)].assign(address_id=ids, record_id=ids)
    rows = pd.concat([frame, more]).drop_duplicates("address_id").reset_index(drop=True)
    moved = datetime.now(UTC) + timedelta(hours=1)
    store._clock = lambda: moved
    day = date(2026, 3, 31)
    layer = Layer("fibre_addresses", rows, Provenance("test", operator, day))
    store.publish(store.stage(layer, {}, who="test").id, "test")
    assert day > DAYS[-1]


def test_a_fault_of_the_store_is_told_to_the_log_only(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise StoreError(f"version 1234 of {EAST} is damaged")

    monkeypatch.setattr(app.state.assembly.store, "snapshot", broken)
    for visitor in (PUBLIC, partner(NORTH), COORDINATOR):
        with interference.as_visitor(app, visitor) as client:
            answer = client.get("/health")
        assert (answer.status_code, answer.json()["type"][-11:]) == (500, "store_error")
        assert EAST not in answer.text
        assert "Tell the city's administrator" in answer.json()["detail"]
    assert f"version 1234 of {EAST} is damaged" in caplog.text


def test_figures_are_not_kept_by_caches_between(app: FastAPI) -> None:
    with interference.as_visitor(app, partner(NORTH)) as client:
        answer = client.get(MOBILE)
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["vary"] == "Cookie, Authorization"


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"fewest_operators": 0}, "fewest_operators"),
        ({"dominance_share": 85}, "from 0 to 1"),
        ({"protection_share": "much"}, "'much'"),
    ],
)
def test_thresholds_that_make_no_sense_are_refused(parameters: dict[str, Any], says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        rule_of(parameters)
    assert rule_of({"fewest_units": 5}).fewest_units == 5


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("open_operators = 3", "open_operators .* text, operators separated by commas, not 3"),
        ("fewest_changed_operators = 0", "fewest_changed_operators .* from 1, not 0"),
        ("fewest_changed_operators = true", "whole number"),
        ("dominance_share = 85", "dominance_share .* from 0 to 1, not 85"),
    ],
)
def test_a_wrong_setting_is_said_when_the_city_is_opened(
    tmp_path: Path, line: str, says: str
) -> None:
    Workspace.create(tmp_path, "Zwillingen")
    with (tmp_path / SETTINGS).open("a", encoding="utf-8") as settings:
        settings.write(line + "\n")
    with pytest.raises(ParameterError, match=says):
        create_app(Settings(workspace=tmp_path))
