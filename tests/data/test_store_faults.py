"""Whatever goes wrong between two steps, the store is as it was before or after."""

import json
import os
import shutil
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import date
from itertools import pairwise

import pandas as pd
import pytest
from sqlalchemy import NullPool, create_engine

from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data import ledger
from stadtnetz.data.database import StoreUnavailableError
from stadtnetz.data.lock import StoreLockedError
from stadtnetz.data.objects import Objects
from stadtnetz.data.states import IllegalTransitionError, State
from stadtnetz.data.store import Store

LATER = date(2030, 1, 1)


@pytest.fixture
def store(city):
    store = Store.open(city, wait_s=0.2)
    yield store
    store.close()


def layer(content, operator="op1"):
    provenance = Provenance("test", operator, date(2025, 6, 30))
    return Layer("fibre_addresses", pd.DataFrame({"a": [content]}), provenance)


def state_of(store):
    """All that a reader can see."""
    return (
        store.deliveries(),
        store.events(),
        store.publications(live=False),
        store.snapshot(LATER),
        store.verify(),
    )


def address(city):
    return city.database.render_as_string(hide_password=False)


def run(script, *args, **options):
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-W", "ignore", "-c", script, *map(str, args)]
    return subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=120, check=False, **options
    )


# --- interrupted ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Objects, "put"),
        (Objects, "put_frame"),
        (Objects, "path"),
        (ledger, "enter"),
        (ledger, "record"),
        (ledger, "_note"),
        (ledger, "move"),
        (ledger, "publish"),
    ],
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_import_that_is_interrupted_never_was(store, monkeypatch, tmp_path, owner, name, when):
    (tmp_path / "file").write_bytes(b"x")
    store.import_city_layer(layer(1, None), {}, who="city")
    before = state_of(store)
    real = getattr(owner, name)

    def interrupted(*args, **more):
        if when == "after":
            real(*args, **more)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.import_city_layer(layer(2, None), {}, file=tmp_path / "file", who="city")
    assert state_of(store) == before
    store.collect_orphans(min_age_s=0)
    assert len(set(store.objects.digests())) == 1
    store.import_city_layer(layer(2, None), {}, file=tmp_path / "file", who="city")
    assert len(store.deliveries(state="published")) == 1


@pytest.mark.parametrize("name", ["move", "_note", "find"])
@pytest.mark.parametrize("call", [1, 2])
def test_a_withdrawal_that_is_interrupted_never_was(store, monkeypatch, name, call):
    first, second = (store.stage(layer(i), {}, who="partner") for i in (1, 2))
    for delivery in (first, second):
        store.publish(delivery.id, "coordinator")
    before = state_of(store)
    real, calls = getattr(ledger, name), []

    def interrupted(*args, **more):
        calls.append(name)
        if len(calls) == call:
            raise KeyboardInterrupt
        return real(*args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(ledger, name, interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.withdraw(second.id, "partner", "wrong")
    assert state_of(store) == before


KILLED = """
# Forks a writer for every point, which kills itself there, and then a reader that looks.
import json, os, signal, sys
from datetime import date
from pathlib import Path
import pandas as pd
from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data.engines import url_of
from stadtnetz.data.store import Store
from stadtnetz.data.workspace import Workspace

folder, points = Path(sys.argv[1]), int(sys.argv[2])
city = Workspace(folder, "Kleinstadt", database=url_of(sys.argv[3]))

def write(kill_at, city=city):
    count = 0
    def trace(frame, event, arg):
        nonlocal count
        if f"{os.sep}data{os.sep}" not in frame.f_code.co_filename:
            return None
        count += 1
        if count == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace
    store = Store.open(city)
    (folder / "file").write_bytes(b"%d" % kill_at)
    provenance = Provenance("test", "op1", date(2025, 6, 30))
    layer = Layer("fibre_addresses", pd.DataFrame({"a": [kill_at]}), provenance)
    sys.settrace(trace)
    delivery = store.stage(layer, {"point": kill_at}, file=folder / "file", who="partner")
    store.publish(delivery.id, "coordinator")
    sys.settrace(None)
    if kill_at > 0:
        os.kill(os.getpid(), signal.SIGKILL)
    store.close()
    return count

def look(count):
    store = Store.open(city)
    store.collect_orphans(min_age_s=0)
    print(json.dumps({
        "count": count,
        "deliveries": [[d.id, d.state, d.original, d.report] for d in store.deliveries()],
        "events": [[e.delivery, e.from_state, e.to_state] for e in store.events()],
        "publications": [[p.delivery, p.ref.version] for p in store.publications()],
        "shown": [int(store.layer(v.version).frame["a"][0])
                  for v in store.snapshot(date(2030, 1, 1)).versions],
        "objects": len(list(store.objects.digests())),
        "files": sum(path.is_file() for path in store.objects.folder.rglob("*")),
        "problems": store.verify(),
        "log": store.verify_log().fault,
    }), flush=True)

def apart(work, *args):
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.write(writer, str(work(*args)).encode())
        os._exit(0)
    _, status = os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        answer = pipe.read()
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else answer

write(-1, Workspace(folder / "warm", "Warm"))  # so every child starts with all modules
apart(write, -1)
lines = int(apart(write, -2))  # with one to supersede, as from now on
apart(look, lines)
for i in range(points):
    kill_at = 1 + i * lines // (points - 1)
    assert apart(write, kill_at) == signal.SIGKILL, kill_at
    apart(look, kill_at)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_killed_at_any_point_a_delivery_is_complete_or_absent(city):
    points = 50 if city.database.get_backend_name() == "sqlite" else 20
    done = run(KILLED, city.folder, points, address(city))
    assert done.returncode == 0, done.stderr
    looks = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(looks) == points + 1
    assert looks[0]["count"] > 100
    seen = set()
    for before, after in pairwise(looks):
        assert after["problems"] == []
        assert after["log"] is None
        new = after["deliveries"][len(before["deliveries"]) :]
        assert len(new) <= 1
        seen.add(new[0][1] if new else "absent")
        check_whole(after)
    # the kills fell before the first row, between staging and publishing, and after it
    assert seen == {"absent", "staged", "published"}


def check_whole(look):
    """Every delivery has all that its state says, and nothing else is there."""
    published = {delivery for delivery, _ in look["publications"]}
    assert len(published) == len(look["publications"])
    for delivery, state, original, report in look["deliveries"]:
        ways = [way[1:] for way in look["events"] if way[0] == delivery]
        assert ways[0] == [None, "staged"]
        assert ways[-1][1] == state
        assert (delivery in published) == (state in {"published", "superseded"})
        assert original
        assert report["point"]
    live = [row for row in look["deliveries"] if row[1] == State.PUBLISHED]
    assert [row[3]["point"] for row in live] == look["shown"]
    # a layer and an original each, and no file besides
    assert look["objects"] == 2 * len(look["deliveries"])
    assert look["files"] == look["objects"]


# --- disk full ------------------------------------------------------------------------------------

FULL = """
import resource, sys
from datetime import date
from pathlib import Path
import numpy as np
import pandas as pd
from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data.engines import url_of
from stadtnetz.data.store import Store
from stadtnetz.data.workspace import Workspace

folder, first, rows, letters, limit = Path(sys.argv[1]), *map(int, sys.argv[2:6])
store = Store.open(Workspace(folder, "Kleinstadt", database=url_of(sys.argv[6])))

def stage(rows):
    frame = pd.DataFrame({"a": np.random.default_rng(1).random(rows)})
    layer = Layer("fibre_addresses", frame, Provenance("test", "op1", date(2025, 6, 30)))
    return store.stage(layer, {"text": "x" * letters}, who="partner")

for _ in range(first):
    stage(10)
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    stage(rows)
except ValueError as error:
    print(type(error).__name__, error)
print(len(store.deliveries()), store.verify(), len(list(store.objects.digests())))
"""


@pytest.mark.parametrize(
    ("rows", "letters"), [(500_000, 1), (1, 3_000_000)], ids=["the layer", "the row"]
)
def test_a_file_that_cannot_grow(store, city, rows, letters):
    pytest.importorskip("resource")
    if letters > rows and city.database.get_backend_name() != "sqlite":
        pytest.skip("the file of the rows is the server's own")
    store.publish(store.stage(layer(1), {}, who="partner").id, "coordinator")
    before = state_of(store)
    done = run(FULL, city.folder, 0, rows, letters, 1_000_000, address(city))
    assert done.stdout.startswith("StoreFaultError could not stage fibre_addresses"), done.stderr
    assert "nothing was changed" in done.stdout
    assert state_of(store) == before
    store.collect_orphans(min_age_s=0)
    assert len(set(store.objects.digests())) == 1
    assert not list(store.objects.folder.glob(".incoming-*"))
    store.stage(layer(2), {}, who="partner")


def test_a_full_disk(tmp_path):
    if not shutil.which("unshare"):
        pytest.skip("no command 'unshare' to mount a small disk")
    (tmp_path / "disk").mkdir()
    script = 'mount -t tmpfs -o size=2m none "$0" || exit 77; "$@"'
    disk = str(tmp_path / "disk")
    url = f"sqlite:///{disk}/store.sqlite"
    python = [sys.executable, "-Wignore", "-c", FULL, disk, "2", "500000", "1", "0", url]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = ["unshare", "-m", "sh", "-c", script, disk, *python]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode == 77 or done.stderr.startswith("unshare"):
        pytest.skip("mounting a small disk is not permitted here")
    assert done.returncode == 0, done.stderr
    error, found = done.stdout.splitlines()
    assert error.startswith("StoreFaultError could not stage fibre_addresses")
    assert "space" in error
    assert found == "2 [] 1"


# --- several at once ------------------------------------------------------------------------------


def test_of_two_that_publish_at_once_one_wins(city):
    stores = [Store.open(city, wait_s=30) for _ in range(6)]
    delivery = stores[0].stage(layer(1), {}, who="partner")
    start, told = threading.Barrier(len(stores)), []

    def publish(store):
        start.wait()
        try:
            told.append(store.publish(delivery.id, "coordinator"))
        except IllegalTransitionError as error:
            told.append(error)

    threads = [threading.Thread(target=publish, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [answer for answer in told if isinstance(answer, IllegalTransitionError)]
    assert len(told) == 6
    assert len(refused) == 5
    assert len(stores[0].publications()) == 1
    assert stores[0].verify() == []
    for store in stores:
        store.close()


def test_many_write_at_once_and_nothing_is_lost(city):
    stores = [Store.open(city, wait_s=60) for _ in range(4)]

    def work(number, store):
        for i in range(5):
            value = number * 100 + i
            delivery = store.stage(layer(value, f"op{number}"), {}, who="partner")
            store.publish(delivery.id, "coordinator")
            store.derived_put(f"reach/{number}", {"a": pd.Series([value]).to_numpy()})
            store.snapshot(LATER)

    threads = [threading.Thread(target=work, args=item) for item in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, store in enumerate(stores):
        assert len(store.deliveries(operator=f"op{number}")) == 5
        assert len(store.publications()) == 20
        assert store.derived_get(f"reach/{number}")["a"].tolist() == [number * 100 + 4]
        assert store.snapshot(LATER) == stores[0].snapshot(LATER)
    for store in stores:
        store.close()


def test_opening_a_new_store_at_once(tmp_path, empty_database):
    found = []

    def work():
        store = Store.open(empty_database, objects=tmp_path / "objects")
        found.append(store.deliveries())
        store.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[]] * 6


def test_a_reader_needs_no_lock(store, city):
    store.publish(store.stage(layer(1), {}, who="partner").id, "coordinator")
    before = state_of(store)
    other = Store.open(city, wait_s=0.1)
    told = []

    def work():
        told.append(state_of(other) == before)
        other.derived_put("reach/a/b", {"a": pd.Series([1]).to_numpy()})
        told.append(other.derived_get("reach/a/b")["a"].tolist())
        with suppress(StoreLockedError):
            other.stage(layer(2), {}, who="partner")
            told.append("written")

    with store.lock("stadtnetz import addresses"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert told == [True, [1]]
    assert len(store.deliveries()) == 1
    other.close()


def test_several_steps_under_one_lock(store):
    with store.lock("stadtnetz import"):
        store.import_city_layer(layer(1, None), {}, who="city")
        store.import_city_layer(layer(2, None), {}, who="city")
    assert len(store.publications()) == 2


HOLD = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "SELECT value FROM meta WHERE key = 'founded' FOR UPDATE",
}


def test_a_database_that_stays_busy_is_named(city, monkeypatch):
    monkeypatch.setattr("stadtnetz.data.engines.BUSY_TIMEOUT_S", 0.1)
    hasty = Store.open(city)
    stranger = create_engine(city.database, poolclass=NullPool)
    with stranger.connect() as connection:
        connection.exec_driver_sql(HOLD[city.database.get_backend_name()])
        with pytest.raises(StoreUnavailableError, match=r"lock.*; nothing was changed") as caught:
            hasty.stage(layer(1), {}, who="partner")
        assert str(caught.value).startswith("could not stage fibre_addresses: ")
        assert hasty.deliveries() == []
    hasty.stage(layer(1), {}, who="partner")
    assert len(hasty.deliveries()) == 1
    hasty.close()


def test_an_object_that_was_collected_meanwhile(store, monkeypatch):
    # The collector may only come before the row is written; then there is no row.
    real = ledger.Content

    def collected(**more):
        for digest in list(store.objects.digests()):
            store.objects.path(digest).unlink()
        return real(**more)

    monkeypatch.setattr(ledger, "Content", collected)
    with pytest.raises(ValueError, match="missing"):
        store.stage(layer(1), {}, who="partner")
    assert store.deliveries() == []


PUBLISH = """
import sys
from pathlib import Path
from stadtnetz.data.engines import url_of
from stadtnetz.data.store import Store
from stadtnetz.data.workspace import Workspace

city = Workspace(Path(sys.argv[1]), "Kleinstadt", database=url_of(sys.argv[2]))
store = Store.open(city, wait_s=30)
print("ready", flush=True)
sys.stdin.readline()
try:
    store.publish(sys.argv[3], "coordinator")
    print("published")
except ValueError as error:
    print(type(error).__name__, error)
store.close()
"""


def test_of_two_processes_that_publish_at_once_one_wins(city):
    store = Store.open(city)
    delivery = store.stage(layer(1), {}, who="partner")
    command = [sys.executable, "-W", "ignore", "-c", PUBLISH]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    processes = [
        subprocess.Popen(
            [*command, city.folder, address(city), delivery.id],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=env,
            text=True,
        )
        for _ in range(2)
    ]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * 2
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    told = sorted(process.communicate(timeout=60)[0].strip() for process in processes)
    refused, published = told
    assert published == "published"
    assert refused == (
        f"IllegalTransitionError delivery {delivery.short_id} is published and cannot become "
        "published: it can only become superseded, withdrawn"
    )
    assert len(store.publications()) == 1
    assert [event.to_state for event in store.events()] == ["staged", "published"]
    assert store.verify_log().fault is None
    store.close()
