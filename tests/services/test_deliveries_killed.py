"""Killed at any moment between the first byte and "published", a delivery is complete or absent."""

import json
import os
import random
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from databases import BACKENDS, Server
from delivering import make_town

NIGHTLY = "NIGHTLY" in os.environ
POINTS = {"sqlite": 50, "postgresql": 50 if NIGHTLY else 10}
"""How many kills on each kind of database; all of them at night."""

SCRIPT = """
# Forks somebody who hands in, checks and publishes, and who kills itself before the n-th thing that
# changes what lasts (an opened, linked, renamed or removed file, a statement, a commit); and then
# somebody who starts the service anew and looks.
import base64, json, os, signal, sys, warnings
from pathlib import Path
warnings.simplefilter("ignore")
from sqlalchemy import event
from sqlalchemy.engine import Engine
import stadtnetz.coverage.resolution, stadtnetz.data.reading, stadtnetz.services.figures
from delivering import hand_in, people, write_fibre
from stadtnetz.data import sandbox_pool
from stadtnetz.data.audit import first_broken
from stadtnetz.data.states import State
from stadtnetz.data.queries import referenced_objects
from stadtnetz.services.assembly import Assembly
from stadtnetz.services.jobs import Queue, check_delivery, recover, resolve_job

folder, scratch = Path(sys.argv[1]), Path(sys.argv[2])
points = json.loads(sys.argv[3])
TUS = {"Tus-Resumable": "1.0.0"}
LASTING = ("open", "os.", "shutil.", "sqlite3.", "fcntl.")
steps = {"count": 0, "kill_at": -1}

def step(*_args):
    steps["count"] += 1
    if steps["count"] == steps["kill_at"]:
        os.kill(os.getpid(), signal.SIGKILL)

def watch():
    sys.addaudithook(lambda name, _args: step() if name.startswith(LASTING) else None)
    event.listen(Engine, "before_cursor_execute", step)
    event.listen(Engine, "commit", step)

def upload(client, path):
    content = path.read_bytes()
    name = base64.b64encode(path.name.encode()).decode()
    begun = TUS | {"Upload-Length": str(len(content)), "Upload-Metadata": f"filename {name}"}
    url = client.post("/v1/uploads", headers=begun).headers["location"]
    half = len(content) // 2
    for at, piece in ((0, content[:half]), (half, content[half:])):
        more = {"Upload-Offset": str(at), "Content-Type": "application/offset+octet-stream"}
        assert client.patch(url, content=piece, headers=TUS | more).status_code == 204
    words = {"kind": "fibre_areas", "valid_from": "2026-06-30", "upload": url.rsplit("/", 1)[-1]}
    return client.post("/v1/deliveries", json=words)

def act(path, way, kill_at):
    steps["kill_at"] = kill_at
    watch()
    with people(folder) as client:
        answer = (upload if way == "tus" else hand_in)(client("paul"), path)
        assert answer.status_code == 202, answer.text
        delivery = answer.json()["delivery"]["id"]
        assembly = Assembly.open(folder)
        check_delivery(assembly, delivery)
        published = client("anna").post(f"/v1/deliveries/{delivery}/publish")
        assert published.status_code == 200, published.text
        resolve_job(assembly, published.json()["job"]["id"])
    return steps["count"]

def look(_name):
    assembly = Assembly.open(folder)
    store = assembly.store
    at_death = {d.id: d.state for d in store.deliveries()}
    queue = Queue.of(store)
    recover(store, queue)
    for delivery in store.deliveries(State.RECEIVED):
        check_delivery(assembly, delivery.id)
    store.uploads.expire(abandoned_s=0)
    store.collect_orphans(min_age_s=0)
    with store._database.read() as connection:
        broken = first_broken(connection)
        referenced = referenced_objects(connection)
    published = {p.delivery: p.ref.version for p in store.publications(live=False)}
    shown = store.snapshot(__import__("datetime").date(2030, 1, 1)).versions
    left = [
        str(p.relative_to(folder))
        for name in ("uploads", "scratch", "claims")
        for p in (folder / name).rglob("*") if p.is_file()
    ]
    print(json.dumps({
        "at_death": at_death,
        "deliveries": [[d.id, d.state, d.version, d.original] for d in store.deliveries()],
        "events": [[e.delivery, e.from_state, e.to_state] for e in store.events() if e.to_state],
        "jobs": [
            [j.delivery, j.what, j.state] for d in store.deliveries() for j in store.jobs(d.id)
        ],
        "published": published,
        "shown": [[ref.kind, ref.version] for ref in shown],
        "broken": broken,
        "problems": store.verify(),
        "left": left,
        "unknown": sorted(set(store.objects.digests()) - referenced),
        "incoming": [p.name for p in store.objects.folder.glob(".incoming-*")],
    }), flush=True)
    return 0

def apart(work, *args):
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.write(writer, str(work(*args)).encode())
            code = 0
        finally:
            sys.stdout.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        answer = pipe.read()
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else answer

def file(number):
    return write_fibre(scratch / f"netz{number}.gpkg", record_id=str(number))

# One reader of files for all of them: to start it takes longer than all the rest.
sandbox_pool.warm_up()
reader = sandbox_pool._server._running()
sandbox_pool._server._running = lambda: reader

counts = {}
for number, way in enumerate(("form", "tus")):
    counts[way] = int(apart(act, file(number), way, -1))
print(json.dumps(counts), flush=True)
apart(look, "before")
for number, share in enumerate(points):
    way = ("form", "tus")[number % 2]
    kill_at = 1 + int(share * counts[way])
    ended = apart(act, file(number + 2), way, kill_at)
    assert ended == -signal.SIGKILL or share > 0.97, (number, way, kill_at, ended)
    assert apart(look, number) == "0", number
sandbox_pool.stop()
"""


@pytest.fixture
def folder():
    # A killed process loses nothing that the kernel has, so memory will do, and is faster.
    memory = "/dev/shm"  # noqa: S108
    with tempfile.TemporaryDirectory(dir=memory if Path(memory).is_dir() else None) as name:
        yield Path(name)


@pytest.fixture(params=BACKENDS)
def backend(request):
    return request.param


@pytest.fixture
def database(backend, request):
    """URL of an empty store on a server; ``None``: the store is in the folder."""
    if backend == "sqlite":
        yield None
        return
    server: Server = request.getfixturevalue("postgresql_server")
    with server.database("store") as url:
        yield url


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_killed_at_any_moment_a_delivery_is_complete_or_absent(folder, backend, database):
    chosen = 20_260_630 if "CI" in os.environ else random.SystemRandom().randrange(10**6)
    seed = int(os.environ.get("KILL_SEED", chosen))  # to see a failure again
    chance = random.Random(seed)  # noqa: S311  no secret
    count = POINTS[backend]
    points = [(i + chance.random()) / count for i in range(count)]
    town = make_town(folder / "town", database)
    support = str(Path(__file__).parents[1] / "support")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([support, *sys.path])}
    command = [sys.executable, "-c", SCRIPT, str(town), str(folder), json.dumps(points)]
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    told = f"seed {seed}, points {points}\n{done.stderr[-3_000:]}"
    assert done.returncode == 0, told
    counts, *looks = map(json.loads, done.stdout.splitlines())
    assert min(counts.values()) > 100, told
    assert len(looks) == count + 1, told
    seen, known = set(), set(looks[0]["at_death"])
    for number, look in enumerate(looks[1:]):
        where = f"kill {number} at {points[number]}, {told}"
        new = set(look["at_death"]) - known
        assert len(new) <= 1, where
        seen |= {look["at_death"][one] for one in new} or {"absent"}
        known |= new
        check_whole(look, where)
    # the kills fell before the first row and into every state
    assert {"absent", "received", "checking", "staged", "published"} >= seen, told
    assert {"absent", "published"} <= seen, told
    assert count < 50 or {"checking", "staged"} <= seen, told


def check_whole(look, where):
    """Nothing is half-stored: each delivery has all that its state says, and nothing is left."""
    assert look["broken"] is None, where
    assert look["problems"] == [], where
    assert look["unknown"] == [], where
    assert look["incoming"] == [], where
    # an upload that was begun waits for its sender; nothing else lies about
    assert all(name.startswith("uploads/") for name in look["left"]), (look["left"], where)
    assert not any("incoming" in name for name in look["left"]), (look["left"], where)
    for delivery, state, version, original in look["deliveries"]:
        ways = [way[1:] for way in look["events"] if way[0] == delivery]
        assert ways[0][0] is None, where
        assert ways[-1][1] == state, where
        assert all(before[1] == after[0] for before, after in pairwise(ways))
        assert state in {"staged", "published", "superseded"}, (state, where)
        assert version, where
        assert (delivery in look["published"]) == (state in {"published", "superseded"}), where
        if original:  # the districts were generated and have none
            checks = [job[2] for job in look["jobs"] if job[:2] == [delivery, "check"]]
            assert checks == ["done"], where
    fibre = [row for row in look["deliveries"] if row[1] == "published" and row[3]]
    shown = [version for kind, version in look["shown"] if kind == "fibre_areas"]
    assert [row[2] for row in fibre] == shown, where
