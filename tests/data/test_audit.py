"""Whatever is done to the log behind the store's back is found."""

import tracemalloc
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta, timezone
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from stadtnetz.data import audit
from stadtnetz.data.database import Database, StoreError
from stadtnetz.data.engines import engines
from stadtnetz.data.schema import events, meta

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
COUNT = 7
UNGUARD = {
    "sqlite": [f"DROP TRIGGER events_refuses_{a}" for a in ("update", "delete", "insert")],
    "postgresql": ["DROP TRIGGER events_refuses ON events"],
}


@contextmanager
def log_of(city, count=COUNT):
    """A log of some entries, and a connection that may do with it whatever it likes."""
    database = Database(city.database, START)
    with database.write() as connection:
        for number in range(count):
            audit.append(
                connection,
                at=START + timedelta(minutes=number),
                who=f"who{number}",
                what="question",
                why="Größe?" if number % 2 else "",
                from_state="staged" if number % 3 else None,
                to_state="published",
                subject="account" if number % 2 else None,
                details={"number": number, "big": 2**70, "n": [None, 1.5, "ß"]},
            )
    _, engine = engines(city.database)
    with engine.connect() as connection:
        for statement in UNGUARD[engine.dialect.name]:
            connection.exec_driver_sql(statement)
        yield connection
        connection.rollback()
    engine.dispose()
    database.close()


@pytest.fixture(scope="module")
def shared_log(cities):
    with cities() as city, log_of(city) as connection:
        yield connection


@pytest.fixture
def log(shared_log):
    with shared_log.begin_nested() as savepoint:
        yield shared_log
        savepoint.rollback()


def rows(connection):
    return [dict(row) for row in audit.entries(connection)]


def test_a_log_that_nobody_touched_is_whole(log):
    verdict = audit.verify(log)
    assert (verdict.count, verdict.fault, verdict.broken) == (COUNT, None, None)
    assert verdict.last_hash == audit.last_hash(log) == rows(log)[-1]["hash"]
    assert audit.first_broken(log) is None
    assert [row["id"] for row in rows(log)] == list(range(1, COUNT + 1))
    assert rows(log)[3]["details"]["big"] == 2**70


@pytest.mark.parametrize("known", range(COUNT + 1))
def test_a_check_that_goes_on_ends_like_one_of_everything(log, known):
    whole = audit.verify(log)
    hashes = [audit.GENESIS, *(row["hash"] for row in rows(log))]
    since = audit.Verdict(known, hashes[known])
    assert audit.verify(log, since=since) == whole
    last = update(events).where(events.c.id == COUNT)
    log.execute(last.values(why="another"))
    assert audit.verify(log, since=since).fault == (None if known == COUNT else whole_fault(log))
    # the entry with which the earlier check ended is looked at again
    log.execute(update(events).where(events.c.id == known).values(hash="0" * 63 + "1"))
    assert audit.verify(log, since=since) == audit.verify(log)


def whole_fault(log):
    return audit.verify(log).fault


def test_a_check_that_goes_on_finds_what_is_missing_at_the_end(log):
    since = audit.verify(log)
    log.execute(delete(events).where(events.c.id == COUNT))
    verdict = audit.verify(log, since=since)
    assert verdict.fault is not None
    assert verdict.count == COUNT - 1


def test_an_empty_log_is_whole(city):
    with log_of(city, 0) as connection:
        verdict = audit.verify(connection)
        assert (verdict.count, verdict.last_hash, verdict.fault) == (0, audit.GENESIS, None)


def test_the_zone_in_which_a_moment_is_told_changes_nothing():
    entry = dict.fromkeys(("who", "what", "why"), "x") | dict.fromkeys(
        ("delivery", "from_state", "to_state", "subject", "details")
    )
    east = START.astimezone(timezone(timedelta(hours=9)))
    assert audit.chained("a", entry | {"at": START}) == audit.chained("a", entry | {"at": east})


texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8)
CHANGES = st.one_of(
    st.tuples(st.sampled_from(["who", "what", "why"]), texts),
    st.tuples(st.sampled_from(["from_state", "to_state", "subject"]), st.none() | texts),
    st.tuples(st.just("at"), st.integers(1, 10**12).map(lambda n: START + timedelta(0, 0, n))),
    st.tuples(
        st.just("details"),
        st.dictionaries(texts, st.none() | st.booleans() | st.integers() | texts, max_size=2),
    ),
    st.tuples(st.just("hash"), st.binary(min_size=32, max_size=32).map(bytes.hex)),
    st.tuples(st.just("id"), st.integers(COUNT + 1, 99) | st.integers(-5, 0)),
)


@settings(max_examples=60)
@given(number=st.integers(1, COUNT), change=CHANGES)
def test_any_changed_value_is_found(shared_log, number, change):
    name, value = change
    with shared_log.begin_nested() as savepoint:
        before = rows(shared_log)[number - 1]
        own = update(events).where(events.c.id == number)
        shared_log.execute(own.values({name: value}))
        verdict = audit.verify(shared_log)
        if before[name] == value and type(before[name]) is type(value):
            assert verdict.fault is None
        elif name == "id" and value <= 0:
            assert (verdict.count, verdict.broken["id"]) == (0, value)
        elif name == "id" and number < COUNT:
            assert (verdict.count, verdict.broken["id"]) == (number - 1, number + 1)
        else:
            assert verdict.fault
            assert verdict.count == number - 1
            assert verdict.broken[name] == value
            assert audit.first_broken(shared_log) == number
        savepoint.rollback()


@pytest.mark.parametrize("number", range(1, COUNT + 1))
def test_any_removed_entry_is_found(log, number):
    log.execute(delete(events).where(events.c.id == number))
    verdict = audit.verify(log)
    assert verdict.fault
    assert verdict.count == number - 1
    if number == COUNT:
        assert "some are missing" in verdict.fault
        assert verdict.broken is None
    else:
        assert verdict.broken["who"] == f"who{number}"


@pytest.mark.parametrize("number", range(1, COUNT + 1))
def test_removed_and_numbered_anew_it_is_found_too(log, number):
    log.execute(delete(events).where(events.c.id == number))
    for later in range(number + 1, COUNT + 1):
        log.execute(update(events).where(events.c.id == later).values(id=later - 1))
    verdict = audit.verify(log)
    assert verdict.fault
    assert verdict.count == number - 1


@pytest.mark.parametrize("number", range(1, COUNT + 2))
def test_any_inserted_entry_is_found(log, number):
    kept = rows(log)
    for later in range(COUNT, number - 1, -1):
        log.execute(update(events).where(events.c.id == later).values(id=later + 1))
    before = kept[number - 2]["hash"] if number > 1 else audit.GENESIS
    forged = kept[0] | {"id": number, "who": "nobody", "at": START + timedelta(minutes=number)}
    log.execute(insert(events).values(forged | {"hash": audit.chained(before, forged)}))
    verdict = audit.verify(log)
    assert verdict.fault
    assert verdict.count == number


@pytest.mark.parametrize(("first", "other"), [*combinations(range(1, COUNT + 1), 2)])
def test_any_swapped_entries_are_found(log, first, other):
    for number, to in ((first, 99), (other, first), (99, other)):
        log.execute(update(events).where(events.c.id == number).values(id=to))
    assert audit.verify(log).count == first - 1
    assert audit.first_broken(log) == first


def test_what_the_store_remembers_cannot_be_changed_alone(log):
    log.execute(update(meta).where(meta.c.key == "last_entry").values(value="0" * 64))
    assert "remembers another" in audit.verify(log).fault
    log.execute(delete(meta).where(meta.c.key == "last_entry"))
    assert "remembers another" in audit.verify(log).fault


def test_a_log_rewritten_as_a_whole_is_found_by_a_hash_handed_out_before(log):
    receipt = rows(log)[4]["hash"]
    assert audit.verify(log, receipt).fault is None
    last = audit.GENESIS
    for row in rows(log):
        said = row | {"who": "nobody"}
        last = audit.chained(last, said)
        log.execute(update(events).where(events.c.id == row["id"]).values(said | {"hash": last}))
    log.execute(update(meta).where(meta.c.key == "last_entry").values(value=last))
    assert audit.verify(log).fault is None
    assert "all was rewritten" in audit.verify(log, receipt).fault


@pytest.mark.parametrize("cities", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "change",
    ["at = 'yesterday'", "at = 7", "details = '{half'", "details = 'NaN'", "who = x'ff'"],
)
def test_what_cannot_be_read_is_found_and_not_fatal(city, change):
    with log_of(city) as connection:
        connection.exec_driver_sql(f"UPDATE events SET {change} WHERE id = 3")  # noqa: S608
        verdict = audit.verify(connection)
        assert verdict.count == 2
        assert verdict.fault


def test_details_are_kept_as_they_will_be_read(city):
    database = Database(city.database, START)
    with database.write() as connection:
        audit.append(connection, at=START, who="a", what="b", details={2: (1, 2), 10: {}, 1: None})
    with database.read() as connection:
        assert audit.verify(connection).fault is None
        assert rows(connection)[0]["details"] == {"1": None, "2": [1, 2], "10": {}}
    for details in ({"a": float("nan")}, {"a": float("inf")}):
        with pytest.raises(ValueError, match="not JSON compliant"), database.write() as connection:
            audit.append(connection, at=START, who="a", what="b", details=details)
    with pytest.raises(StoreError, match="no Unicode"), database.write() as connection:
        audit.append(connection, at=START, who="\udcff", what="b")
    with pytest.raises(ValueError, match="JSON"), database.write() as connection:
        connection.execute(update(events).values(details={"a": float("nan")}))
    with database.read() as connection:
        assert audit.verify(connection).count == 1
    database.close()


def test_an_entry_that_was_undone_leaves_no_gap(city):
    database = Database(city.database, START)
    for number in range(3):
        with suppress(KeyboardInterrupt), database.write() as connection:
            audit.append(connection, at=START, who="undone", what="b")
            raise KeyboardInterrupt
        with database.write() as connection:
            audit.append(connection, at=START, who=f"who{number}", what="b")
    with database.read() as connection:
        assert audit.verify(connection).count == 3
        assert connection.scalars(select(events.c.who).order_by(events.c.id)).all() == [
            "who0", "who1", "who2",
        ]  # fmt: skip
    database.close()


def test_a_long_log_is_never_in_memory_as_a_whole(city):
    database = Database(city.database, START)
    count, last = 8000, audit.GENESIS
    entries = []
    for number in range(1, count + 1):
        entry = {
            "id": number, "at": START, "who": "who", "what": "b", "delivery": None,
            "from_state": None, "to_state": None, "why": "x" * 1000, "subject": None,
            "details": {},
        }  # fmt: skip
        last = audit.chained(last, entry)
        entries.append(entry | {"hash": last})
    with database.write() as connection:
        connection.execute(insert(events), entries)
        connection.execute(update(meta).where(meta.c.key == "last_entry").values(value=last))
    del entries
    with database.read() as connection:
        tracemalloc.start()
        assert audit.verify(connection).count == count
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 6_000_000  # all of them are more than 8 MB
    database.close()


def test_a_page_of_the_log_is_narrowed_and_newest_first(log):
    before = len(rows(log))
    for number in range(6):
        audit.append(
            log,
            at=datetime(2026, 1, 1, number, tzinfo=UTC),
            who="ada" if number % 2 else "karl",
            what="token" if number == 5 else "account",
        )
    numbers = [entry["id"] for entry in audit.page(log, 1000)]
    assert numbers == list(range(before + 6, 0, -1))
    assert [entry["id"] for entry in audit.page(log, 2)] == numbers[:2]
    assert [entry["id"] for entry in audit.page(log, 1000, before=numbers[1])] == numbers[2:]
    own = [entry["id"] for entry in audit.page(log, 3, who="ada")]
    assert own == [numbers[0], numbers[2], numbers[4]]
    assert audit.page(log, 1, what="token")[0]["id"] == numbers[0]
    assert audit.page(log, 9, delivery="%") == []
    assert {"account", "token"} <= set(audit.sorts(log))
