"""The queue: work that a worker does, so that the web process does not.

The queue lives in the store's database and may be lost: what is to be done is written in the
deliveries and jobs themselves, and whoever starts a worker fills the queue from there. A task
claims its delivery, so one that is queued twice does no harm.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from huey import PostgresHuey, SqliteHuey, crontab
from huey.registry import Message
from huey.serializer import Serializer

from ..data import jobs
from ..data.jobs import JobState
from ..data.states import State
from .handing_in import check_received
from .predicting.processes import Processes
from .retention import clean_up
from .review_base import record_figures

if TYPE_CHECKING:
    from huey import Huey
    from sqlalchemy import URL

    from ..data.jobs import Job
    from ..data.store import Store
    from .assembly import Assembly
    from .settings import Settings

_log = logging.getLogger(__name__)
_BUSY_TIMEOUT_S = 30
TASKS = (jobs.CHECK, jobs.RESOLVE, jobs.PREDICT)
"""Names of the tasks, in the order in which `Queue` has them."""


class _Json(Serializer):
    """Messages as JSON: what stands in the database is read, never run as pickled code would be."""

    def _serialize(self, data: Message) -> bytes:
        return json.dumps(list(data)).encode()

    def _deserialize(self, data: bytes) -> Message:
        return Message(*json.loads(bytes(data)))


def huey_of(url: URL) -> Huey:
    """Return the queue that lives in a database; makes its tables where there are none."""
    options = {"name": "stadtnetz", "results": False, "serializer": _Json()}
    if url.get_backend_name() == "sqlite":
        # As careful as the store: whoever writes to the file may be the one who checkpoints it.
        return SqliteHuey(filename=url.database, timeout=_BUSY_TIMEOUT_S, fsync=True, **options)
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return PostgresHuey(dsn=dsn, **options)


@dataclass(frozen=True, slots=True)
class Queue:
    """Hands work over to the worker.

    Parameters
    ----------
    huey : Huey
    tasks : mapping of name to a callable that queues it
    """

    huey: Huey
    check: Callable[[str], Any]
    resolve: Callable[[str], Any]
    predict: Callable[[str], Any]

    @classmethod
    def of(cls, store: Store) -> Queue:
        """Open the queue of a store; what it takes is done by `run_tasks` elsewhere."""
        huey = huey_of(store.database.url)
        tasks = (huey.task(name=name)(_elsewhere) for name in TASKS)
        return cls(huey, *tasks)

    def add_check(self, delivery_id: str) -> None:
        """Queue the check of a delivery."""
        self._add(self.check, delivery_id)

    def add_resolve(self, job_id: str) -> None:
        """Queue the resolving of what was published."""
        self._add(self.resolve, job_id)

    def add_predict(self, job_id: str) -> None:
        """Queue a prediction."""
        self._add(self.predict, job_id)

    def _add(self, task: Callable[[str], Any], subject: str) -> None:
        try:
            task(subject)
        except Exception:  # noqa: BLE001  whatever it is: the work is written down
            _log.warning("could not queue %s; the worker will find it", subject, exc_info=True)


def worker_queue(assembly: Assembly, settings: Settings) -> Queue:
    """Return the queue of a worker: its tasks do what they are named after."""
    huey = huey_of(assembly.store.database.url)

    def check(delivery_id: str) -> None:
        check_delivery(assembly, delivery_id)

    def resolve(job_id: str) -> None:
        resolve_job(assembly, job_id)

    processes = Processes(assembly.store, settings)

    def predict(job_id: str) -> None:
        processes.add(job_id)

    # huey knows a task by the module of its function, too: all are of this one
    tasks = (check, resolve, predict)
    named = (huey.task(name=name)(task) for name, task in zip(TASKS, tasks, strict=True))
    queue = Queue(huey, *named)

    def sweep() -> None:
        recover(assembly.store, queue)

    def clean() -> None:
        clean_up(assembly.store, settings)

    huey.periodic_task(crontab(minute="*"), name="sweep")(sweep)
    huey.periodic_task(crontab(minute="30"), name="clean")(clean)
    return queue


def recover(store: Store, queue: Queue) -> None:
    """Queue everything that is to be done, also what a process that died has left."""
    store.interrupted()
    waiting = {task.args[0] for task in queue.huey.pending() if task.args}
    for delivery in store.deliveries(State.RECEIVED):
        if delivery.id not in waiting:
            queue.add_check(delivery.id)
    for what, add in ((jobs.RESOLVE, queue.add_resolve), (jobs.PREDICT, queue.add_predict)):
        for job in store.unfinished_jobs(what):
            if job.id not in waiting:
                add(job.id)


def check_delivery(assembly: Assembly, delivery_id: str) -> None:
    """Check a delivery, and say how far that is in its job."""
    store = assembly.store
    job = next((job for job in store.jobs(delivery_id) if job.what == jobs.CHECK), None)

    def progress(phase: str, done_share: float) -> None:
        if job is not None:
            store.change_job(job.id, phase=phase, done_share=done_share)

    check_received(assembly, delivery_id, progress)


def resolve_job(assembly: Assembly, job_id: str) -> None:
    """Resolve what was published, so that no page has to."""
    store = assembly.store
    job = store.job(job_id)
    if job.is_over:
        return
    store.change_job(job.id, state=JobState.RUNNING, phase="resolving")
    try:
        _resolve(assembly, job)
    except Exception:
        problem = {"code": "resolve_failed", "detail": "pages will resolve it when they need it"}
        store.change_job(job.id, state=JobState.FAILED, phase="failed", problem=problem)
        raise
    store.change_job(job.id, state=JobState.DONE, phase="published", done_share=1.0)


def _resolve(assembly: Assembly, job: Job) -> None:
    if job.delivery is None:
        raise ValueError(f"job {job.id} is about no delivery; there is nothing to resolve")
    delivery = assembly.store.delivery(job.delivery)
    today = assembly.store.now().date()
    days = {today, delivery.valid_from}
    for number, day in enumerate(sorted(filter(None, days)), start=1):
        assembly.evaluator.figures(day)
        assembly.store.change_job(job.id, done_share=number / (len(days) + 1))
    record_figures(assembly, today)


def _elsewhere(subject: str) -> None:
    raise NotImplementedError(f"{subject} is the worker's business")
