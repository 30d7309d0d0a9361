"""One prediction as a process: ``python -m stadtnetz.services.predicting.child JOB``."""

from __future__ import annotations

import resource
import sys
import time
from datetime import date
from typing import TYPE_CHECKING

from ...data.jobs import JobState
from ..assembly import Assembly
from ..parent import end_with_parent
from ..settings import Settings
from .run import mast_count, predict
from .wish import PredictionError, Wish

if TYPE_CHECKING:
    from ...data.jobs import Job

_WAIT_FOR_LOCK_S = 600.0
_TELL_EVERY_S = 0.5
_PREDICTED_SHARE = 0.95
"""Of the work, as far as the bar is concerned; the rest is resolving."""


def run_job(assembly: Assembly, job: Job) -> None:
    """Predict what a job says, and say in the job how far that is.

    What cannot be predicted is said there, too.
    """
    store, said = assembly.store, job.said or {}
    day, wish = date.fromisoformat(said["as_of"]), Wish(**said["wish"])
    try:
        telling = _Telling(assembly, job.id, mast_count(assembly, wish, day) + 1)
        predict(assembly, wish, day, said["who"], telling.step)
        store.change_job(job.id, phase="resolving", done_share=_PREDICTED_SHARE)
        assembly.evaluator.figures(day)
    except ValueError as error:
        code = error.code if isinstance(error, PredictionError) else "cannot_predict"
        problem = {"code": code, "detail": str(error)}
        store.change_job(job.id, state=JobState.FAILED, phase="failed", problem=problem)
        return
    store.change_job(job.id, state=JobState.DONE, phase="published", done_share=1.0)


class _Telling:
    """Tells a job how many of its steps are done, not more often than somebody can read it."""

    def __init__(self, assembly: Assembly, job_id: str, step_count: int) -> None:
        self._store = assembly.store
        self._job_id = job_id
        self._step_count = step_count
        self._done = 0
        self._told_at = 0.0

    def step(self, _text: str) -> None:
        """Note that another step begins."""
        now = time.monotonic()
        if self._done == 0 or now - self._told_at > _TELL_EVERY_S:
            self._told_at = now
            share = _PREDICTED_SHARE * self._done / self._step_count
            phase = "predicting" if self._done else "ground"
            self._store.change_job(
                self._job_id, state=JobState.RUNNING, phase=phase, done_share=share
            )
        self._done += 1


def _limit(settings: Settings) -> None:
    memory = int(settings.prediction_memory_gib * 2**30)
    seconds = int(settings.prediction_hours * 3600) + 1
    for what, amount in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        _, most = resource.getrlimit(what)
        least = amount if most == resource.RLIM_INFINITY else min(amount, most)
        resource.setrlimit(what, (least, most))


def main() -> None:
    """Run as the child of a worker: settings from the environment, end with the parent."""
    end_with_parent()
    settings = Settings()
    _limit(settings)
    assembly = Assembly.open(settings.workspace, wait_s=_WAIT_FOR_LOCK_S)
    run_job(assembly, assembly.store.job(sys.argv[1]))
    assembly.store.close()


if __name__ == "__main__":
    main()
