"""Two operators at one city: neither learns what the other has handed in, nor that it has."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import interference
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from interference import NOBODYS
from sqlalchemy import Engine, event, func, select
from two_worlds import EAST, NORTH, OPERATORS, WEST, World, make
from under_way import COORDINATOR, TUS, Hands, Ids, begin, partner, rows

from stadtnetz.data import schema
from stadtnetz.data.audit import first_broken
from stadtnetz.data.states import State
from stadtnetz.services.access.visitor import PUBLIC, Visitor
from stadtnetz.services.app import create_app
from stadtnetz.services.settings import Settings

MAPPING = '{"record_id": "Kennung"}'
OTHERS = {"public": PUBLIC, "partner": partner(NORTH)}


class City:
    """A city with what the operators have under way there: `ids` by name."""

    def __init__(self, folder: Path, world: World, under_way: dict[str, str]) -> None:
        self.app: FastAPI = create_app(Settings(workspace=make(folder, world)))
        self.ids: Ids = {}
        self._told: dict[str, dict[str, interference.Answer]] = {}
        for operator, whose in under_way.items():
            self.ids |= begin(self.app, operator, whose)

    def told(self, visitor: Visitor) -> dict[str, interference.Answer]:
        """Ask for everything and try everything as a visitor, once."""
        if visitor.name not in self._told:
            paths = [*interference.addresses(self.app), *interference.attempts(self.app)]
            self._told[visitor.name] = interference.answers(self.app, visitor, paths, self.ids)
        return self._told[visitor.name]

    @property
    def log(self) -> list[Any]:
        """All that the operators' things consist of, row by row."""
        tables = (schema.events, schema.deliveries, schema.uploads, schema.disputes, schema.jobs)
        with self.app.state.assembly.store.database.read() as connection:
            return [sorted(map(repr, connection.execute(select(table)))) for table in tables]


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Nobody but the one who asks has anything under way."""
    return City(tmp_path_factory.mktemp("quiet") / "city", World(), {NORTH: "my"})


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> City:
    """The others have, before and after; and they have split what is published otherwise."""
    world = World(seed=1, cut_m=1300.0)
    under_way = {EAST: "their", NORTH: "my", WEST: "third"}
    return City(tmp_path_factory.mktemp("busy") / "city", world, under_way)


@pytest.mark.parametrize("visitor", OTHERS.values(), ids=OTHERS.keys())
def test_what_others_have_under_way_makes_no_difference(
    quiet: City, busy: City, visitor: Visitor
) -> None:
    before = busy.log
    told = busy.told(visitor)
    assert busy.log == before, "nothing was changed, and nothing of it was written into the log"
    assert interference.differences(quiet.told(visitor), told) == []


def test_what_is_others_is_answered_as_what_never_was(busy: City) -> None:
    """In one and the same service, too: there is nothing that tells a right guess."""
    told = busy.told(partner(NORTH))
    guesses = [path for path in told if "<their " in path]
    assert len(guesses) > 150
    for path in guesses:
        never = interference.named_by_nobody(path)
        assert (path, told[path]) == (path, told[never])
        # 415 and 422: the form of a request is looked at first
        assert told[path].status in {401, 403, 404, 405, 415, 422}, path
        assert told[path].status != 422 or "ending" in path or "no_such" in path, path


def test_operators_and_the_city_do_get_what_is_theirs(quiet: City, busy: City) -> None:
    """The comparison compares something: whoever may know gets other answers."""
    mine = busy.told(partner(NORTH))
    for name in ("staged delivery", "checked job", "open dispute"):
        template = {"delivery": "/v1/deliveries", "job": "/v1/jobs", "dispute": "/v1/disputes"}
        path = f"{template[name.rpartition(' ')[2]]}/<my {name}>"
        assert mine[path].status == 200
    original = "/v1/deliveries/<their staged delivery>/original"
    theirs = interference.answers(busy.app, partner(EAST), [original], busy.ids)
    assert theirs[original].status == 200
    paths = ["/v1/deliveries", "/v1/disputes", "/v1/deliveries/<their staged delivery>/review"]
    told = [interference.answers(c.app, COORDINATOR, paths, c.ids) for c in (quiet, busy)]
    assert interference.differences(*told) == paths


def test_predictions_are_among_what_is_compared(quiet: City) -> None:
    told = {visitor: quiet.told(who) for visitor, who in OTHERS.items()}
    at = next(path for path in told["public"] if "/mobile/at?as_of=2026-01-01&lon=" in path)
    public, own = (json.loads(told[visitor][at].body) for visitor in ("public", "partner"))
    assert public["value"] == own["value"] < 0
    assert (public["server"], public["in_reach_count"]) == (None, None)
    tile = next(p for p in told["public"] if "/mobile/tiles/14/8504/5472" in p and "2026" in p)
    assert told["public"][tile].status == 200
    unit = next(p for p in told["public"] if "/units/addresses/a0003" in p and "2026" in p)
    entries = json.loads(told["partner"][unit].body)["predictions"]
    assert [entry["operator"] for entry in entries] == [None, NORTH]


@pytest.mark.parametrize("visitor", OTHERS.values(), ids=OTHERS.keys())
def test_no_answer_names_another_operator(busy: City, visitor: Visitor) -> None:
    for path, answer in busy.told(visitor).items():
        found = [name for name in (EAST, WEST) if name in answer.body and name not in path]
        assert not found, path
        assert not [n for n in (EAST, WEST) if n in str(answer.headers) and n not in path], path


def test_the_interface_describes_itself_alike_to_all(busy: City) -> None:
    told = {
        busy_client.get("/openapi.json").text
        for visitor in (PUBLIC, COORDINATOR, *map(partner, OPERATORS))
        for busy_client in [interference.as_visitor(busy.app, visitor)]
    }
    assert len(told) == 1


# --- the work behind an answer ------------------------------------------------------------------


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect what is asked of the database: a class of time that no machine disturbs."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        # now and then the use of the session is noted, whatever is asked for
        if statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")) and (
            "sessions" not in statement
        ):
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield asked
    event.remove(Engine, "before_cursor_execute", note)


def test_a_right_guess_takes_the_same_work_as_a_wrong_one(busy: City) -> None:
    paths = [p for p in interference.addresses(busy.app) if "<their " in p]
    paths += [p for p in interference.attempts(busy.app) if "<their " in p]
    for path in paths:
        work = []
        for asked_for in (path, interference.named_by_nobody(path)):
            with statements() as asked:
                interference.answers(busy.app, partner(NORTH), [asked_for], busy.ids)
            work.append(asked)
        assert work[0] == work[1], path


# --- ids ----------------------------------------------------------------------------------------


def test_ids_tell_neither_order_nor_time(busy: City) -> None:
    hands = Hands(busy.app, WEST)
    made = [hands.hand_in(rows(f"a{n}")) for n in range(100)]
    for ids in ([each["delivery"] for each in made], [each["job"] for each in made]):
        numbers = [int(each, 16) for each in ids]
        assert {len(each) for each in ids} == {32}
        assert len(set(ids)) == len(ids)
        # six standard deviations around what chance gives
        rising = sum(one < two for one, two in pairwise(numbers))
        assert 32 <= rising <= 67
        for bit in range(128):
            assert 20 <= sum(number >> bit & 1 for number in numbers) <= 80, bit


def test_lists_and_cursors_hold_ones_own_alone(busy: City) -> None:
    mine = interference.as_visitor(busy.app, partner(NORTH))
    url, found = "/v1/deliveries?limit=2", []
    while url:
        page = mine.get(url).json()
        assert len(page["deliveries"]) == 2 or page["next"] is None
        found += page["deliveries"]
        url = page["next"]
    assert {row["operator"] for row in found} == {NORTH}
    store = busy.app.state.assembly.store
    with store.database.read() as connection:
        own = schema.deliveries.c.operator == NORTH
        count = connection.scalar(select(func.count()).select_from(schema.deliveries).where(own))
    assert len({row["id"] for row in found}) == len(found) == count


# --- the same things at two operators -----------------------------------------------------------


@pytest.fixture
def both(tmp_path: Path) -> tuple[Hands, Hands]:
    app = create_app(Settings(workspace=make(tmp_path / "city", World())))
    return Hands(app, EAST), Hands(app, NORTH)


def _plain(answer: Any) -> Any:
    body = interference.plain(answer.text).replace(EAST, "<operator>").replace(NORTH, "<operator>")
    return answer.status_code, body


def test_the_same_file_and_key_at_two_operators(both: tuple[Hands, Hands]) -> None:
    """The second is answered as the first; nothing says that the file is known."""
    content = rows("a0000", "a0001")
    told, ids = [], []
    for hands in both:
        asked = {
            "data": {"kind": "fibre_addresses", "valid_from": "2026-06-30"},
            "files": {"file": ("Ausbau.csv", content.encode())},
            "headers": {"Idempotency-Key": "quarter-2"},
        }
        first, again = (hands.own.post("/v1/deliveries", **asked) for _ in range(2))
        other_key = asked | {"headers": {"Idempotency-Key": "quarter-2b"}}
        double = hands.own.post("/v1/deliveries", **other_key)
        assert (first.status_code, double.status_code) == (202, 409)
        delivery_id = first.json()["delivery"]["id"]
        assert again.json()["delivery"]["id"] == double.json()["delivery"] == delivery_id
        ids.append(delivery_id)
        told.append([_plain(first), _plain(again), _plain(double)])
    assert ids[0] != ids[1]
    assert told[0] == told[1]


def test_the_same_content_is_two_layers(both: tuple[Hands, Hands]) -> None:
    entries = []
    for hands in both:
        delivery = hands.hand_in(rows("a0000"), mapping=MAPPING)["delivery"]
        assert hands.check(delivery) == "staged"
        entries.append(hands.own.get(f"/v1/deliveries/{delivery}").json())
    assert entries[0]["sha256"] == entries[1]["sha256"]
    assert entries[0]["version"] != entries[1]["version"]
    for hands, entry in zip(both, entries, strict=True):
        assert hands.city.post(f"/v1/deliveries/{entry['id']}/publish").status_code == 200
        store = hands.app.state.assembly.store
        assert (
            store.publications("fibre_addresses", hands.operator)[-1].ref.version
            == (entry["version"])
        )


def test_a_file_that_somebody_else_hands_in_again_stays_as_old_as_it_was(
    both: tuple[Hands, Hands],
) -> None:
    """Equal files are kept once; neither age nor tag of one's own changes with another's."""
    one, other = both
    content = rows("a0000", "a0001")
    delivery = one.hand_in(content, mapping=MAPPING)
    one.check(delivery["delivery"])
    dispute = one.dispute(one.claimed()[0])
    paths = [
        f"/v1/deliveries/{delivery['delivery']}/original",
        f"/v1/deliveries/{delivery['delivery']}/corrected",
        f"/v1/deliveries/{delivery['delivery']}/findings",
        f"/v1/disputes/{dispute}/evidence",
    ]
    before = {path: _headers(one.own, path) for path in paths}
    time.sleep(1.1)  # that header knows seconds
    other.check(other.hand_in(content, mapping=MAPPING)["delivery"])
    other.dispute(other.claimed()[0])
    assert {path: _headers(one.own, path) for path in paths} == before
    tag = before[paths[0]]["etag"]
    again = one.own.get(paths[0], headers={"range": "bytes=0-6", "if-range": tag})
    assert (again.status_code, again.text) == (206, content[:7])


def test_one_who_is_cleaned_up_takes_nothing_from_the_other(both: tuple[Hands, Hands]) -> None:
    one, other = both
    content = rows("a0000", "a0001")
    mine, theirs = (hands.hand_in(content)["delivery"] for hands in both)
    other.own.post(f"/v1/deliveries/{theirs}/withdraw", json={"reason": "wrong"})
    store = one.app.state.assembly.store
    assert store.forget_files(State.WITHDRAWN, store.now() + timedelta(days=1), "retention is over")
    store.collect_orphans(min_age_s=0)
    assert other.own.get(f"/v1/deliveries/{theirs}/original").status_code == 410
    assert one.own.get(f"/v1/deliveries/{mine}/original").text == content


@pytest.mark.parametrize("what", ["replaces", "upload"])
def test_what_is_said_of_others_things_is_not_known(both: tuple[Hands, Hands], what: str) -> None:
    other, mine = both
    content = rows("a0000").encode()
    theirs = {
        "replaces": lambda: other.hand_in(content.decode())["delivery"],
        "upload": lambda: other.upload(content, len(content)),
    }[what]()
    told = []
    for an_id in (theirs, NOBODYS):
        words = {"kind": "fibre_addresses", "valid_from": "2026-06-30", what: an_id}
        if what == "upload":
            answer = mine.own.post("/v1/deliveries", json=words)
        else:
            files = {"file": ("Ausbau.csv", content)}
            answer = mine.own.post("/v1/deliveries", data=words, files=files)
        assert answer.status_code in {404, 422}
        told.append(_plain(answer))
    assert told[0] == told[1]


def test_a_mapping_is_remembered_for_its_operator_alone(both: tuple[Hands, Hands]) -> None:
    other, mine = both
    assert other.check(other.hand_in(rows("a0000"), mapping=MAPPING)["delivery"]) == "staged"
    url = "/v1/mappings/fibre_addresses"
    assert other.own.get(url).json()["mapping"]["record_id"] == "Kennung"
    assert mine.own.get(url).json()["mapping"] == {}
    content = rows("a0000").encode()
    upload = mine.upload(content, len(content))
    layers = mine.own.get(f"/v1/uploads/{upload}/layers?kind=fibre_addresses", headers=TUS)
    assert layers.json()["layers"][0]["mapping"] == {}


def test_the_log_is_whole_after_all_this(busy: City) -> None:
    with busy.app.state.assembly.store.database.read() as connection:
        assert first_broken(connection) is None


def _headers(client: TestClient, path: str) -> dict[str, str]:
    answer = client.get(path)
    assert answer.status_code == 200
    return {name: value for name, value in answer.headers.items() if name != "date"}
