"""The queue: work that a worker does, so that the web process does not.

The queue lives in the store's database and may be lost: what is to be done is written in the
deliveries and jobs themselves, and whoever starts a worker fills the queue from there. A task
claims its delivery, so one that is queued twice does no harm.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from huey import PostgresHuey, SqliteHuey, crontab
from huey import signals as S  # noqa: N812  as huey's documentation writes it
from huey.registry import Message
from huey.serializer import Serializer

from ..data import jobs
from ..data.alarms import ThresholdError
from ..data.faults import StoreUnavailableError
from ..data.jobs import JobState
from ..data.states import State
from .handing_in import check_received
from .predicting.processes import Processes
from .retention import clean_up
from .review import ready_review, review_of
from .review_base import NoReviewError, record_figures

if TYPE_CHECKING:
    from huey import Huey
    from huey.api import Task
    from sqlalchemy import URL

    from ..data.jobs import Job
    from ..data.store import Store
    from .assembly import Assembly
    from .settings import Settings

_log = logging.getLogger(__name__)
_BUSY_TIMEOUT_S = 30
TASKS = (jobs.CHECK, jobs.RESOLVE, jobs.REVIEW, jobs.PREDICT)
"""Names of the tasks."""


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
    tasks: Mapping[str, Callable[[str], Any]]

    @classmethod
    def of(cls, store: Store) -> Queue:
        """Open the queue of a store; what it takes is done by `run_tasks` elsewhere."""
        huey = huey_of(store.database.url)
        return cls(huey, {name: huey.task(name=name)(_elsewhere) for name in TASKS})

    def add(self, what: str, subject: str) -> None:
        """Queue work.

        Parameters
        ----------
        what : str
            ``check``, ``resolve``, ``review`` or ``predict``.
        subject : str
            Id of the delivery to be checked, of the job else.
        """
        # A connection that died while the database was away is noticed when it is used, and made
        # anew the next time.
        for attempt in (1, 2):
            try:
                self.tasks[what](subject)
            except Exception:  # noqa: BLE001  whatever it is: the work is written down
                if attempt == 2:
                    _log.warning(
                        "could not queue %s; the worker will find it", subject, exc_info=True
                    )
            else:
                return


@dataclass(frozen=True, slots=True)
class WorkerQueue(Queue):
    """The queue of a worker, whose tasks do what they are named after.

    Parameters
    ----------
    sweep : callable
        Queues the search for everything that was left undone.
    left : Event
        Set when a task had to leave its work because the database went away.
    """

    sweep: Callable[[], Any]
    left: threading.Event

    def sweep_if_left(self) -> None:
        """Have what was left begun anew; does nothing as long as the database is away."""
        if not self.left.is_set():
            return
        self.left.clear()
        try:
            self.sweep()
        except Exception:  # noqa: BLE001  away still; the next time may be better
            self.left.set()


def worker_queue(assembly: Assembly, settings: Settings) -> WorkerQueue:
    """Return the queue of a worker."""
    huey = huey_of(assembly.store.database.url)

    def check(delivery_id: str) -> None:
        check_delivery(assembly, delivery_id)

    def resolve(job_id: str) -> None:
        resolve_job(assembly, job_id)
        queue_reviews(assembly, queue)

    def review(job_id: str) -> None:
        review_job(assembly, job_id)

    processes = Processes(assembly.store, settings)

    def predict(job_id: str) -> None:
        processes.add(job_id)

    def sweep() -> None:
        recover(assembly.store, queue)
        queue_reviews(assembly, queue)
        # a release is seen some time after its last publication, and days change, too
        assembly.confidentiality.views.make_ready()

    def clean() -> None:
        clean_up(assembly.store, settings)

    def failed(_signal: str, _task: Task, error: Exception | None = None) -> None:
        if isinstance(error, StoreUnavailableError):
            queue.left.set()

    # huey knows a task by the module of its function, too: all are of this one
    tasks = zip(TASKS, (check, resolve, review, predict), strict=True)
    queue = WorkerQueue(
        huey,
        {name: huey.task(name=name)(task) for name, task in tasks},
        sweep=huey.periodic_task(crontab(minute="*"), name="sweep")(sweep),
        left=threading.Event(),
    )
    huey.periodic_task(crontab(minute="30"), name="clean")(clean)
    huey.signal(S.SIGNAL_ERROR)(failed)
    return queue


def recover(store: Store, queue: Queue) -> None:
    """Queue everything that is to be done, also what a process that died has left."""
    store.interrupted()
    waiting = {task.args[0] for task in queue.huey.pending() if task.args}
    for delivery in store.deliveries(State.RECEIVED):
        if delivery.id not in waiting:
            queue.add(jobs.CHECK, delivery.id)
    for what in (jobs.RESOLVE, jobs.REVIEW, jobs.PREDICT):
        for job in store.unfinished_jobs(what):
            if job.id not in waiting:
                queue.add(what, job.id)


def queue_reviews(assembly: Assembly, queue: Queue) -> None:
    """Queue the reviews of what is staged that are not up to date, as something was published."""
    for delivery in assembly.store.deliveries(State.STAGED):
        try:
            if ready_review(assembly, delivery) is not None:
                continue
        except (NoReviewError, ThresholdError):
            continue
        last = assembly.store.last_job(jobs.REVIEW, delivery.id)
        if last is not None and last.state is JobState.FAILED:
            continue  # it is tried again when somebody asks
        job, is_new = assembly.store.pending_job(jobs.REVIEW, delivery.id)
        if is_new:
            queue.add(jobs.REVIEW, job.id)


def check_delivery(assembly: Assembly, delivery_id: str) -> None:
    """Check a delivery, and say how far that is in its job; then review what is staged."""
    store = assembly.store
    job = next((job for job in store.jobs(delivery_id) if job.what == jobs.CHECK), None)

    def progress(phase: str, done_share: float) -> None:
        if job is not None:
            store.change_job(job.id, phase=phase, done_share=done_share)

    done = check_received(assembly, delivery_id, progress)
    if done is not None and done.state is State.STAGED and done.operator is not None:
        review_job(assembly, store.pending_job(jobs.REVIEW, done.id)[0].id)


def review_job(assembly: Assembly, job_id: str) -> None:
    """Make the review of a delivery, so that no page has to."""
    store = assembly.store
    job = store.job(job_id)
    if job.is_over or job.delivery is None:
        return
    delivery = store.delivery(job.delivery)
    store.change_job(job.id, state=JobState.RUNNING, phase="reviewing")
    try:
        review_of(assembly, delivery)
    except StoreUnavailableError:
        raise  # it is found unfinished
    except Exception:
        problem = {"code": "review_failed", "detail": "it is tried again when somebody asks"}
        store.change_job(job.id, state=JobState.FAILED, phase="failed", problem=problem)
        raise
    store.change_job(job.id, state=JobState.DONE, phase=delivery.state.value, done_share=1.0)


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
    record_figures(assembly.evaluator, today)
    assembly.confidentiality.views.make_ready()


def _elsewhere(subject: str) -> None:
    raise NotImplementedError(f"{subject} is the worker's business")
