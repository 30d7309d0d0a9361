"""A prediction as a job and as a process: progress, ends of all sorts, and going on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from predicted_city import DAY, City, gateways

from stadtnetz.data.jobs import PREDICT, Job, JobState
from stadtnetz.services.assembly import Assembly
from stadtnetz.services.jobs import Queue, recover, worker_queue
from stadtnetz.services.predicting import child
from stadtnetz.services.predicting.processes import Processes
from stadtnetz.services.settings import Settings

WISH = {"technology": "LoRaWAN", "pixel_m": 50.0, "radius_km": 1.0}


@pytest.fixture
def assembly(city: City) -> Iterator[Assembly]:
    city.with_ground().publish("lorawan_gateways", gateways(3), "stadt")
    opened = city.assembly
    yield opened
    opened.store.close()


def asked(assembly: Assembly, **wish: object) -> Job:
    said = {"wish": WISH | wish, "as_of": DAY.isoformat(), "who": "anna"}
    return assembly.store.new_job(PREDICT, None, said)


def predicted(assembly: Assembly) -> list[Any]:
    return assembly.store.publications(kind="predicted_lorawan")


def test_a_job_tells_how_far_it_is_and_publishes(
    assembly: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "_TELL_EVERY_S", 0.0)
    job, told = asked(assembly), []
    change = assembly.store.change_job

    def note(job_id: str, **changes: Any) -> None:
        told.append((changes["phase"], changes["done_share"]))
        change(job_id, **changes)

    monkeypatch.setattr(assembly.store, "change_job", note)
    child.run_job(assembly, job)
    done = assembly.store.job(job.id)
    assert (done.state, done.phase, done.done_share) == (JobState.DONE, "published", 1.0)
    assert [phase for phase, _ in told] == ["ground", *["predicting"] * 6, "resolving", "published"]
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert np.diff(shares)[1:6] == pytest.approx(0.95 / 7)
    (publication,) = predicted(assembly)
    assert assembly.store.events(publication.delivery)[-1].who == "anna"


def test_a_job_that_cannot_be_done_says_why(assembly: Assembly) -> None:
    job = asked(assembly, operator="nobody")
    child.run_job(assembly, job)
    failed = assembly.store.job(job.id)
    assert failed.state is JobState.FAILED
    assert failed.problem is not None
    assert failed.problem["code"] == "no_sites"
    assert "no sites of nobody" in failed.problem["detail"]


def test_a_job_that_was_interrupted_goes_on(
    assembly: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, steps = asked(assembly), []
    step = child._Telling.step

    def until_the_fourth(telling: Any, text: str) -> None:
        steps.append(text)
        if len(steps) == 5:
            raise KeyboardInterrupt
        step(telling, text)

    with monkeypatch.context() as patched:
        patched.setattr(child._Telling, "step", until_the_fourth)
        with pytest.raises(KeyboardInterrupt):
            child.run_job(assembly, job)
    assert [unfinished.id for unfinished in assembly.store.unfinished_jobs(PREDICT)] == [job.id]
    assert predicted(assembly) == []
    monkeypatch.setattr(
        "stadtnetz.services.predicting.losses.Losses._computed", once_more := _Counted()
    )
    child.run_job(assembly, job)
    assert assembly.store.job(job.id).state is JobState.DONE
    assert once_more.count == 6 - 3


class _Counted:
    """Computes losses as `Losses` does, and counts them."""

    def __init__(self) -> None:
        from stadtnetz.services.predicting.losses import Losses

        self.count, self._own = 0, Losses._computed

    def __get__(self, losses: Any, kind: type) -> Any:
        def computed(*inputs: Any) -> Any:
            self.count += 1
            return self._own(losses, *inputs)

        return computed


def test_what_was_queued_is_made_by_a_process_of_its_own(city: City, assembly: Assembly) -> None:
    """The web process queues, the worker takes it and does not wait for it."""
    job, settings = asked(assembly, second_opinion=False), Settings(workspace=city.folder)
    Queue.of(assembly.store).add("predict", job.id)
    queue = worker_queue(assembly, settings)
    for _ in range(2):  # also when it is found unfinished and queued again meanwhile
        queue.huey.execute(queue.huey.dequeue())
        assert not assembly.store.job(job.id).is_over
        recover(assembly.store, queue)
    end = time.monotonic() + 60
    while not (done := assembly.store.job(job.id)).is_over and time.monotonic() < end:
        time.sleep(0.05)
    assert (done.state, done.problem) == (JobState.DONE, None)
    assert len(predicted(assembly)) == 1
    Processes(assembly.store, settings).run(job.id)  # is over: nothing happens
    assert len(predicted(assembly)) == 1


def test_a_process_beyond_its_limits_is_a_failed_job(city: City, assembly: Assembly) -> None:
    job = asked(assembly)
    settings = Settings(workspace=city.folder, prediction_hours=1e-6, prediction_memory_gib=1)
    Processes(assembly.store, settings).run(job.id)
    failed = assembly.store.job(job.id)
    assert (failed.state, predicted(assembly)) == (JobState.FAILED, [])
    assert failed.problem is not None
    assert failed.problem["code"] == "prediction_ended"
    assert "may use 1 GiB of memory" in failed.problem["detail"]
