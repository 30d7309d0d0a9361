"""Jobs: how far the work on a delivery, or on a prediction, is, for whoever waits for it.

A job says what happens; the delivery's state says what has happened. Functions take an open
connection, so that both change together.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from .database import StoreError, explained
from .foundation import Foundation
from .schema import deliveries, jobs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

CHECK = "check"
RESOLVE = "resolve"
REVIEW = "review"
PREDICT = "predict"


class UnknownJobError(StoreError):
    """There is no job of that id."""


class JobState(StrEnum):
    """Where a job stands; ``done`` and ``failed`` are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """Work on a delivery, or on a prediction.

    Parameters
    ----------
    id : str
        32 hexadecimal digits that nobody can guess.
    what : str
        ``check``, ``resolve``, ``review`` or ``predict``.
    delivery : str or None
        Id of the delivery; predictions are about none.
    state : JobState
    phase : str
        What is being done; when it is over, the state of the delivery.
    done_share : float
        Between 0 and 1.
    created_at, changed_at : datetime
    problem : mapping or None
        ``code`` and ``detail`` of what went wrong last.
    said : mapping or None
        What is to be done, where no delivery says it.
    """

    id: str
    what: str
    delivery: str | None
    state: JobState
    phase: str
    done_share: float
    created_at: datetime
    changed_at: datetime
    problem: Mapping[str, Any] | None = None
    said: Mapping[str, Any] | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in {JobState.DONE, JobState.FAILED}


def create(
    connection: Connection,
    what: str,
    delivery: str | None,
    now: datetime,
    said: Mapping[str, Any] | None = None,
) -> Job:
    """Write down work that is to be done."""
    begun = (JobState.QUEUED, "waiting", 0.0, now, now)
    job = Job(secrets.token_hex(16), what, delivery, *begun, said=said)
    connection.execute(insert(jobs).values({c.name: getattr(job, c.name) for c in jobs.c}))
    return job


def find(connection: Connection, job_id: str, operator: str | None = None) -> Job:
    """Return a job; with an operator, only if it is about a delivery of theirs.

    Somebody else's is not even read, so it takes as long as one that does not exist.

    Raises
    ------
    UnknownJobError
        If there is none of that id.
    """
    conditions = [jobs.c.id == job_id]
    if operator is not None:
        own = select(deliveries.c.id).where(deliveries.c.operator == operator)
        conditions.append(jobs.c.delivery.in_(own))
    found = _where(connection, *conditions)
    if not found:
        raise UnknownJobError(f"there is no job {job_id!r}")
    return found[0]


def of_delivery(connection: Connection, delivery: str) -> list[Job]:
    """Return the jobs of a delivery, oldest first."""
    return _where(connection, jobs.c.delivery == delivery)


def unfinished(connection: Connection, what: str) -> list[Job]:
    """Return the jobs of a sort that are not over, oldest first."""
    still = jobs.c.state.in_([JobState.QUEUED, JobState.RUNNING])
    return _where(connection, jobs.c.what == what, still)


def latest(connection: Connection, what: str, count: int) -> list[Job]:
    """Return the last jobs of a sort, newest first."""
    return _where(connection, jobs.c.what == what)[: -count - 1 : -1]


def change(connection: Connection, job_id: str, now: datetime, **changes: Any) -> None:
    """Write down how far a job is; one that is over stays as it is."""
    still = jobs.c.state.in_([JobState.QUEUED, JobState.RUNNING])
    own = (jobs.c.id == job_id) & still
    connection.execute(update(jobs).where(own).values(**changes, changed_at=now))


def change_check(connection: Connection, delivery: str, now: datetime, **changes: Any) -> None:
    """Write down how far the check of a delivery is; nothing where it is over."""
    for job in of_delivery(connection, delivery):
        if job.what == CHECK:
            change(connection, job.id, now, **changes)


def _where(connection: Connection, *conditions: ColumnElement[bool]) -> list[Job]:
    query = select(*(jobs.c[field.name] for field in fields(Job))).where(*conditions)
    rows = connection.execute(query.order_by(jobs.c.created_at, jobs.c.id)).mappings()
    return [Job(**{**row, "state": JobState(row["state"])}) for row in rows]


class Jobs(Foundation):
    """The store's book of jobs."""

    def new_job(
        self, what: str, delivery_id: str | None, said: Mapping[str, Any] | None = None
    ) -> Job:
        """Write down work that is to be done."""
        with explained("note a job"), self._database.write() as connection:
            return create(connection, what, delivery_id, self._now(), said)

    def latest_jobs(self, what: str, count: int) -> list[Job]:
        """Return the last jobs of a sort, newest first."""
        with self._database.read() as connection:
            return latest(connection, what, count)

    def pending_job(self, what: str, delivery_id: str) -> tuple[Job, bool]:
        """Return the job of a sort that a delivery waits for, and whether it was written down now.

        However many ask at once, there is one.
        """
        with explained("note a job"), self._database.write() as connection:
            for job in of_delivery(connection, delivery_id):
                if job.what == what and not job.is_over:
                    return job, False
            return create(connection, what, delivery_id, self._now()), True

    def change_job(self, job_id: str, **changes: Any) -> None:
        """Write down how far a job is; see `change`."""
        with explained("note a job"), self._database.write() as connection:
            change(connection, job_id, self._now(), **changes)

    def job(self, job_id: str, operator: str | None = None) -> Job:
        """Return a job; with an operator, only if it is about a delivery of theirs.

        Raises
        ------
        UnknownJobError
            If there is none of that id.
        """
        with self._database.read() as connection:
            return find(connection, job_id, operator)

    def jobs(self, delivery_id: str) -> list[Job]:
        """Return the jobs of a delivery, oldest first."""
        with self._database.read() as connection:
            return of_delivery(connection, delivery_id)

    def last_job(self, what: str, delivery_id: str) -> Job | None:
        """Return the newest job of a sort of a delivery; ``None`` if there was none."""
        found = [job for job in self.jobs(delivery_id) if job.what == what]
        return found[-1] if found else None

    def unfinished_jobs(self, what: str) -> list[Job]:
        """Return the jobs of a sort that are not over, oldest first."""
        with self._database.read() as connection:
            return unfinished(connection, what)
