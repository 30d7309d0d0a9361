"""Predictions beside the worker's other tasks: one after the other, each a process of its own."""

from __future__ import annotations

import logging
import os
import queue
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from ...data.jobs import JobState

if TYPE_CHECKING:
    from ...data.store import Store
    from ..settings import Settings

_log = logging.getLogger(__name__)
CHILD = "stadtnetz.services.predicting.child"


class Processes:
    """Runs predictions; deliveries are checked meanwhile.

    Whatever ends a process, its job says so: what could not be computed within the limits is not
    begun again and again. If this process ends, its child does, too, and the job is begun anew by
    the next one, from the losses that are kept.

    Parameters
    ----------
    store : Store
    settings : Settings
        Limits, and what the child has to know.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._waiting: queue.Queue[str] = queue.Queue()
        self._known: set[str] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, job_id: str) -> None:
        """Run a prediction as soon as those before it are over; once, however often it is said."""
        with self._lock:
            if job_id in self._known:
                return
            self._known.add(job_id)
            self._waiting.put(job_id)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="predictions", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            job_id = self._waiting.get()
            try:
                self.run(job_id)
            except Exception:  # noqa: BLE001  whatever it is: the next one is run
                _log.exception("the prediction %s could not be run", job_id)
            finally:
                with self._lock:
                    self._known.discard(job_id)

    def run(self, job_id: str) -> None:
        """Run a prediction and wait for its end."""
        if self._store.job(job_id).is_over:
            return
        environment = {**os.environ, **self._settings.environment}
        command = [sys.executable, "-m", CHILD, job_id]
        with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as process:  # noqa: S603  our own module
            code = process.wait()
        if code:
            problem = {"code": "prediction_ended", "detail": _why(code, self._settings)}
            self._store.change_job(job_id, state=JobState.FAILED, phase="failed", problem=problem)


def _why(code: int, settings: Settings) -> str:
    how = f"by signal {-code}" if code < 0 else f"with code {code}"
    return (
        f"the process ended {how}; it may use {settings.prediction_memory_gib:g} GiB of memory and "
        f"{settings.prediction_hours:g} hours of processor time. What it had computed is kept: ask "
        "again, for larger cells or a smaller radius if need be"
    )
