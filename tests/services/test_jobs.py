"""Jobs: the queue, the worker process, its end and its beginning, and events for who waits."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from delivering import hand_in, make_town, people, work, write_fibre

from stadtnetz.data.jobs import JobState
from stadtnetz.data.states import State
from stadtnetz.services.assembly import Assembly
from stadtnetz.services.jobs import Queue, check_delivery, recover, resolve_job, worker_queue
from stadtnetz.services.retention import clean_up
from stadtnetz.services.settings import Settings
from stadtnetz.services.worker import Supervisor


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write_fibre(tmp_path_factory.mktemp("files") / "Ausbau.gpkg")


@pytest.fixture
def town(tmp_path):
    return make_town(tmp_path / "town")


@pytest.fixture
def client(town):
    with people(town) as client:
        yield client


@pytest.fixture
def assembly(town):
    assembly = Assembly.open(town)
    yield assembly
    assembly.store.close()


def wait_for(true, seconds=30.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.1)
    raise AssertionError("it never came about")


# --- the queue ------------------------------------------------------------------------------------


def test_what_is_queued_is_no_code(client, town, file):
    delivery_id = hand_in(client("paul"), file).json()["delivery"]["id"]
    with sqlite3.connect(town / "store.sqlite") as database:
        ((data,),) = database.execute("select data from task").fetchall()
    assert delivery_id in json.loads(data)[6]
    database.close()


def test_a_queue_that_was_lost_is_filled_again(client, town, file, assembly):
    delivery_id = hand_in(client("paul"), file).json()["delivery"]["id"]
    queue = worker_queue(assembly, Settings(workspace=town))
    queue.huey.flush()
    assert queue.huey.pending_count() == 0
    for _ in range(3):
        recover(assembly.store, queue)
        assert [task.args for task in queue.huey.pending()] == [(delivery_id,)] or [
            list(task.args) for task in queue.huey.pending()
        ] == [[delivery_id]]
    task = queue.huey.dequeue()
    queue.huey.execute(task)
    assert assembly.store.delivery(delivery_id).state is State.STAGED
    recover(assembly.store, queue)
    assert queue.huey.pending_count() == 0


def test_a_database_that_cannot_queue_loses_nothing(client, file, monkeypatch, assembly):
    queue = client.app.state.desk.queue

    def broken(*_args):
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(queue.huey.storage, "enqueue", broken)
    answer = hand_in(client("paul"), file)
    assert answer.status_code == 202
    monkeypatch.undo()
    other = Queue.of(assembly.store)
    recover(assembly.store, other)
    assert other.huey.pending_count() == 1


def test_twice_in_the_queue_does_no_harm(client, file, assembly):
    delivery_id = hand_in(client("paul"), file).json()["delivery"]["id"]
    for _ in range(3):
        check_delivery(assembly, delivery_id)
    states = [event.to_state for event in assembly.store.events(delivery_id)]
    assert states == ["received", "checking", "staged"]
    assembly.store.withdraw(delivery_id, "paul", "wrong")
    check_delivery(assembly, delivery_id)
    assert assembly.store.delivery(delivery_id).state is State.WITHDRAWN


def test_a_check_that_fails_is_tried_again_and_then_told(client, file, assembly, monkeypatch):
    paul = client("paul")
    delivery_id = hand_in(paul, file).json()["delivery"]["id"]
    job_id = paul.get(f"/v1/deliveries/{delivery_id}").json()["jobs"][0]["id"]

    def full(_frame):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(assembly.store.objects, "put", full)
    for attempt in range(5):
        with pytest.raises(ValueError, match="No space left"):
            check_delivery(assembly, delivery_id)
        job = paul.get(f"/v1/jobs/{job_id}").json()
        assert job["state"] == ("failed" if attempt == 4 else "queued")
        assert "No space left" in job["problem"]["detail"]
        assert "/" not in job["problem"]["detail"]
    assert paul.get(f"/v1/deliveries/{delivery_id}").json()["state"] == "rejected"
    assert not list((assembly.workspace.folder / "scratch").glob("*"))


def test_withdrawn_while_it_is_checked(client, file, assembly, monkeypatch):
    delivery_id = hand_in(client("paul"), file).json()["delivery"]["id"]
    real = assembly.store.finish_check

    def late(*args, **more):
        url = f"/v1/deliveries/{delivery_id}/withdraw"
        assert client("paul").post(url, json={"reason": "wrong"}).status_code == 200
        return real(*args, **more)

    monkeypatch.setattr(assembly.store, "finish_check", late)
    check_delivery(assembly, delivery_id)
    assert assembly.store.delivery(delivery_id).state is State.WITHDRAWN
    assert assembly.store.jobs(delivery_id)[0].state is JobState.DONE


def test_what_is_published_is_resolved(client, town, file, assembly):
    delivery_id = hand_in(client("paul"), file).json()["delivery"]["id"]
    work(town)
    job = client("anna").post(f"/v1/deliveries/{delivery_id}/publish").json()["job"]
    queue = Queue.of(assembly.store)
    queue.huey.flush()
    recover(assembly.store, queue)
    assert [list(task.args) for task in queue.huey.pending()] == [[job["id"]]]
    resolve_job(assembly, job["id"])
    assert assembly.store.job(job["id"]).state is JobState.DONE
    resolve_job(assembly, job["id"])
    (ref,) = (p.ref for p in assembly.store.publications(kind="fibre_areas"))
    assert ref in assembly.store.snapshot(datetime.now(UTC).date()).versions


# --- events ---------------------------------------------------------------------------------------


def read_events(client, url, **headers):
    with client.stream("GET", url, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        return [
            dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            for block in answer.read().decode().replace("\r\n", "\n").split("\n\n")
            if block.strip() and not block.startswith(":")
        ]


def test_events_until_it_is_over(client, town, file):
    paul = client("paul")
    job_id = hand_in(paul, file).json()["job"]["id"]
    thread = threading.Timer(0.8, work, args=(town,))
    thread.start()
    events = read_events(paul, f"/v1/jobs/{job_id}/events")
    thread.join()
    told = [json.loads(event["data"]) for event in events]
    assert told[0]["state"] == "queued"
    assert [event["event"] for event in events[:-1]] == ["progress"] * (len(events) - 1)
    assert events[-1]["event"] == "done"
    assert (told[-1]["state"], told[-1]["delivery_state"]) == ("done", "staged")
    assert told[-1]["done_share"] == 1.0
    shares = [entry["done_share"] for entry in told]
    assert shares == sorted(shares)
    # who comes back after the last one is told nothing twice, and not kept waiting
    last = events[-1]["id"]
    assert read_events(paul, f"/v1/jobs/{job_id}/events", **{"Last-Event-ID": last}) == []
    assert len(read_events(paul, f"/v1/jobs/{job_id}/events", **{"Last-Event-ID": "x"})) == 1


# --- the worker -----------------------------------------------------------------------------------


def commands_of_children(pid):
    """Return the command lines of a process's children: the reader of files is started at once."""
    told = subprocess.run(
        ["ps", "--ppid", str(pid), "-o", "args="], capture_output=True, text=True, check=False
    )
    return told.stdout


def test_a_worker_process_checks_and_survives_its_death(client, town, file, tmp_path):
    paul = client("paul")
    with Supervisor(Settings(workspace=town)) as supervisor:
        wait_for(lambda: "sandbox_server" in commands_of_children(supervisor.pid))
        first = hand_in(paul, file).json()["delivery"]["id"]
        state = lambda i: paul.get(f"/v1/deliveries/{i}").json()["state"]  # noqa: E731
        wait_for(lambda: state(first) == "staged")
        pid = supervisor.pid
        os.kill(pid, signal.SIGKILL)
        other = write_fibre(tmp_path / "other.gpkg", record_id="2")
        second = hand_in(paul, other).json()["delivery"]["id"]
        wait_for(lambda: state(second) == "staged")
        assert supervisor.pid != pid
        url = f"/v1/deliveries/{first}/publish"
        job = client("anna").post(url).json()["job"]["id"]
        wait_for(lambda: paul.get(f"/v1/jobs/{job}").json()["state"] == "done")
        last = supervisor.pid
    assert supervisor.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(last, 0)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc to look for the worker")
def test_the_worker_ends_with_its_server(town):
    code = "from stadtnetz.services.cli import main; main()"
    command = [sys.executable, "-W", "ignore", "-c", code, "serve", "-w", str(town), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert "Ready" in server.stdout.readline()
            children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
            (worker,) = [pid for pid in children if b"worker" in _command_of(pid)]
        finally:
            server.kill()
    wait_for(lambda: b"worker" not in _command_of(worker))


def _command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


# --- retention ------------------------------------------------------------------------------------


def test_files_are_deleted_after_their_time(client, town, file, assembly):
    paul = client("paul")
    delivery_id = hand_in(paul, file).json()["delivery"]["id"]
    url = f"/v1/deliveries/{delivery_id}"
    paul.post(f"{url}/withdraw", json={"reason": "wrong"})
    later = datetime.now(UTC) + timedelta(days=31)
    keep = Settings(workspace=town, retention_days_withdrawn=0)
    assert clean_up(assembly.store, keep, later).deliveries == ()
    longer = Settings(workspace=town, retention_days_withdrawn=32)
    assert clean_up(assembly.store, longer, later).deliveries == ()
    shorter = Settings(workspace=town, retention_days_withdrawn=30)
    original = assembly.store.objects.path(assembly.store.delivery(delivery_id).original)
    os.utime(original, (1, 1))
    cleaned = clean_up(assembly.store, shorter, later)
    assert cleaned.deliveries == (delivery_id,)
    assert cleaned.freed_bytes == file.stat().st_size
    assert not original.exists()
    for ending in ("original", "findings"):
        assert paul.get(f"{url}/{ending}").status_code == 410
    entry = paul.get(url).json()
    assert entry["files_deleted_at"]
    assert entry["history"][-1]["why"] == "30 days after it was withdrawn"
    assert paul.get(f"{url}/receipt").json()["sha256"] == entry["sha256"]
