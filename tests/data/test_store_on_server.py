"""What is different when the database is a server: it can be away, and others use it, too."""

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, date, datetime

import pandas as pd
import pytest
from databases import AWAY_S
from refusals import refused
from sqlalchemy import NullPool, create_engine, event

from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data.database import StoreUnavailableError
from stadtnetz.data.lock import StoreLockedError
from stadtnetz.data.states import State
from stadtnetz.data.store import Store
from stadtnetz.data.workspace import Workspace

LATER = date(2030, 1, 1)

HOLD = """
import sys
from pathlib import Path
from stadtnetz.data.engines import url_of
from stadtnetz.data.store import Store
from stadtnetz.data.workspace import Workspace

city = Workspace(Path(sys.argv[1]), "Kleinstadt", database=url_of(sys.argv[2]))
with Store.open(city).lock("stadtnetz import addresses"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def city(postgresql_server, tmp_path):
    with postgresql_server.database("store") as url:
        yield Workspace(tmp_path, "Kleinstadt", database=url)


@pytest.fixture
def store(city):
    store = Store.open(city, wait_s=0.2)
    yield store
    store.close()


@pytest.fixture
def holder(city, tmp_path):
    """A process on another machine, say: it shares nothing but the database."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-W", "ignore", "-c", HOLD, tmp_path / "elsewhere"),
            city.database.render_as_string(hide_password=False),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def layer(content, operator="op1"):
    provenance = Provenance("test", operator, date(2025, 6, 30))
    return Layer("fibre_addresses", pd.DataFrame({"a": [content]}), provenance)


# --- away -----------------------------------------------------------------------------------------


def test_a_database_that_is_away_is_said_and_used_again_when_it_is_back(store, postgresql_server):
    delivery = store.stage(layer(1), {}, who="partner")
    snapshot = store.snapshot(LATER)
    questions = {
        "read the store": lambda: store.snapshot(LATER),
        "lock the store": lambda: store.publish(delivery.id, "coordinator"),
        "keep reach/a": lambda: store.derived_put("reach/a", pd.DataFrame({"a": [1]})),
    }
    postgresql_server.stop()
    try:
        end = time.monotonic() + AWAY_S
        while time.monotonic() < end:
            for action, question in questions.items():
                with pytest.raises(StoreUnavailableError) as caught:
                    question()
                told = str(caught.value)
                assert told.startswith(f"could not {action}: the database cannot be reached")
                assert "nothing was changed" in told
                assert "try again" in told
            time.sleep(AWAY_S / 4)
    finally:
        postgresql_server.start()
    assert store.snapshot(LATER) == snapshot
    ref = store.publish(delivery.id, "coordinator")
    assert store.snapshot(LATER).versions == (ref,)
    assert len(store.publications()) == 1
    assert store.verify_log().fault is None


def test_a_check_that_was_left_when_the_database_went_is_found_again(
    store, postgresql_server, tmp_path
):
    path = tmp_path / "a.csv"
    path.write_text("a")
    delivery = store.receive("fibre_addresses", "op1", path, who="partner")
    store.begin_check(delivery.id)
    assert store.interrupted() == []  # this process is at it
    postgresql_server.stop()
    try:
        with pytest.raises(StoreUnavailableError):
            store.give_up_check(delivery.id, "check_failed", "the database went away")
    finally:
        postgresql_server.start()
    assert [found.id for found in store.interrupted()] == [delivery.id]
    assert store.begin_check(delivery.id).state is State.CHECKING


def test_a_database_that_goes_in_the_midst_of_writing(store, postgresql_server):
    store.stage(layer(1), {}, who="partner")
    before = store.deliveries()

    def goes_away(*_):
        postgresql_server.stop()

    engine = store._database._write_engine
    event.listen(engine, "commit", goes_away)
    try:
        with pytest.raises(StoreUnavailableError, match=r"broke .*look first whether"):
            store.stage(layer(2), {}, who="partner")
    finally:
        event.remove(engine, "commit", goes_away)
        postgresql_server.start()
    assert store.deliveries() == before
    store.stage(layer(2), {}, who="partner")
    assert len(store.deliveries()) == 2
    assert store.verify_log().fault is None


def test_a_store_whose_database_is_away_cannot_be_opened(city):
    nowhere = city.database.update_query_dict({"host": str(city.folder)})
    with pytest.raises(StoreUnavailableError, match=r"open the store: .*cannot be reached"):
        Store.open(nowhere, objects=city.objects)
    absent = city.database.set(database="absent")
    with pytest.raises(StoreUnavailableError, match=r'database "absent" does not exist'):
        Store.open(absent, objects=city.objects)


def test_a_password_is_never_told(city):
    secret = "sesam-öffne/dich"
    url = city.database.set(password=secret).update_query_dict({"host": str(city.folder)})
    for where in (url, url.render_as_string(hide_password=False)):
        with pytest.raises(StoreUnavailableError) as caught:
            Store.open(where, objects=city.objects)
        assert "sesam" not in str(caught.value)
        assert "sesam" not in repr(caught.value.__cause__)
    assert "sesam" not in repr(Workspace(city.folder, "Kleinstadt", database=url))


# --- several machines -----------------------------------------------------------------------------


def test_a_writer_on_another_machine_is_named(store, holder):
    with pytest.raises(StoreLockedError, match=r"'stadtnetz import addresses @ .+' \(database pro"):
        store.stage(layer(1), {}, who="partner")
    assert store.deliveries() == []
    store.derived_put("reach/a", pd.DataFrame({"a": [1]}))  # needs no lock
    holder.kill()
    holder.wait()
    with store.lock(), store.lock("the same thread once more"):
        store.stage(layer(1), {}, who="partner")
    assert len(store.deliveries()) == 1


def test_whoever_waits_long_enough_gets_it(city, holder):
    patient = Store.open(city, wait_s=20)
    threading.Timer(0.3, holder.stdin.close).start()
    patient.stage(layer(1), {}, who="partner")
    assert len(patient.deliveries()) == 1
    patient.close()


def test_threads_of_one_process_keep_each_other_out(store, city):
    other, told = Store.open(city, wait_s=0.1), []

    def work():
        with suppress(StoreLockedError):
            other.stage(layer(2), {}, who="partner")
            told.append("written")

    with store.lock():
        other.stage(layer(1), {}, who="partner")  # the same thread, through another store
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert told == []
    work()
    assert told == ["written"]
    other.close()


def test_a_reader_sees_one_state_and_cannot_write(store):
    store.stage(layer(1), {}, who="partner")
    query = "SELECT count(*) FROM deliveries"
    with store._database.read() as connection:
        before = connection.exec_driver_sql(query).scalar()
        store.stage(layer(2), {}, who="partner")
        assert connection.exec_driver_sql(query).scalar() == before == 1
    with pytest.raises(ValueError, match="read-only"), store._database.read() as connection:
        connection.exec_driver_sql("DELETE FROM derived")
    assert len(store.deliveries()) == 2


# --- the same as in a file ------------------------------------------------------------------------


def test_moments_are_in_utc_wherever_the_server_stands(store, city):
    engine = create_engine(city.database, poolclass=NullPool)
    with engine.begin() as connection:
        name = city.database.database
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET TimeZone = 'Asia/Kathmandu'")
    delivery = store.stage(layer(1), {}, who="partner")
    other = Store.open(city)
    (found,) = other.deliveries()
    assert found.received_at == delivery.received_at
    assert found.received_at.tzinfo is UTC
    assert other.verify_log().fault is None
    other.close()


def test_both_keep_and_order_the_same(store, tmp_path):
    moment = datetime(2026, 1, 1, 1, 2, 3, 456789, UTC)
    report = {"big": 2**80, "tiny": 5e-324, "ß": ["\u0000", None, "Zürich", True], "z": 0.1}
    file_store = Store.open(tmp_path / "file", clock=lambda: moment)
    server_store = Store(
        store._database, store.objects, store._lock, lambda: moment, tmp_path / "server"
    )
    for one in (file_store, server_store):
        for _ in range(8):
            refused(one, report=report)
        found = one.deliveries()
        assert [d.id for d in found] == sorted(d.id for d in found)
        assert [d.received_at for d in found] == [moment] * 8
        assert all(d.report == report for d in found)
        assert type(found[0].report["big"]) is int
    file_store.close()


def test_text_that_a_server_cannot_keep_is_refused(store):
    with pytest.raises(ValueError, match=r"could not reject: .*NUL.*nothing was changed"):
        refused(store, why="a\x00b")
    assert [d.state for d in store.deliveries()] == [State.RECEIVED]
