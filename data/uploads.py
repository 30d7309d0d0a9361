"""Uploads: files that arrive piece by piece, before they become deliveries.

How much of a file has arrived is the length of the file on disk, and nothing else: there is no
second number that could differ from it after an interruption. Names that clients give never become
names of files here.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from filelock import FileLock
from sqlalchemy import delete, func, insert, select

from .database import Database, StoreError, explained
from .schema import uploads

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqlalchemy import Connection

_ABANDONED_S = 3600.0


class UnknownUploadError(StoreError):
    """The account has no upload of that id."""


class UploadExpiredError(StoreError):
    """The upload was not finished, or not delivered, in time."""


class TooManyUploadsError(StoreError):
    """The account has as many unfinished uploads, or bytes in them, as it may have."""


@dataclass(frozen=True, slots=True)
class PendingUpload:
    """A file on its way.

    Parameters
    ----------
    id : str
        32 hexadecimal digits that nobody can guess.
    account : str
        Whose it is; nobody else may know of it.
    file_name : str
        As the client says; for people only.
    size_bytes : int
        Of the whole file.
    said : mapping
        What the client said about it.
    created_at, expires_at : datetime
    delivery : str or None
        What it became.
    """

    id: str
    account: str
    file_name: str
    size_bytes: int
    said: Mapping[str, Any]
    created_at: datetime
    expires_at: datetime
    delivery: str | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """What one account may have under way at a time.

    Parameters
    ----------
    count : int
        Uploads that are no delivery yet.
    size_bytes : int
        Of all of them together.
    lifetime : timedelta
        After that they are removed.
    """

    count: int
    size_bytes: int
    lifetime: timedelta


class Uploads:
    """The uploads of one store.

    Parameters
    ----------
    database : Database
    folder : Path
        Where the files are; on the same disk as the objects. Made when it is needed.
    now : callable
        Tells the present moment.
    """

    def __init__(self, database: Database, folder: Path, now: Callable[[], datetime]) -> None:
        self.folder = folder
        self._database = database
        self._now = now

    def create(
        self,
        account: str,
        file_name: str,
        size_bytes: int,
        said: Mapping[str, Any],
        quota: Quota,
    ) -> PendingUpload:
        """Announce a file.

        Raises
        ------
        TooManyUploadsError
            If the account's quota does not allow it.
        StoreError
            If it cannot be written down.
        """
        now = self._now()
        upload = PendingUpload(
            id=secrets.token_hex(16),
            account=account,
            file_name=file_name,
            size_bytes=size_bytes,
            said=dict(said),
            created_at=now,
            expires_at=now + quota.lifetime,
        )
        with explained("begin the upload"):
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._database.write() as connection:
                _check_quota(connection, upload, quota, now)
                row = {column.name: getattr(upload, column.name) for column in uploads.c}
                connection.execute(insert(uploads).values(row))
            self.path(upload).touch()
        return upload

    def find(self, upload_id: str, account: str | None) -> PendingUpload:
        """Return an upload of an account.

        Raises
        ------
        UnknownUploadError
            If there is none, or it is somebody else's; the message is the same.
        UploadExpiredError
            If its time is over.
        """
        query = select(*(uploads.c[field.name] for field in fields(PendingUpload))).where(
            uploads.c.id == upload_id, uploads.c.account == account
        )
        with self._database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        if row is None:
            raise UnknownUploadError("there is no such upload; begin it anew")
        upload = PendingUpload(**row)
        if upload.expires_at <= self._now() and upload.delivery is None:
            raise UploadExpiredError("the time of this upload is over; begin it anew")
        return upload

    def path(self, upload: PendingUpload) -> Path:
        """Return where the bytes of an upload are."""
        return self.folder / upload.id

    def offset_bytes(self, upload: PendingUpload) -> int:
        """Return how much of the file has arrived."""
        if upload.delivery is not None:
            return upload.size_bytes
        try:
            return self.path(upload).stat().st_size
        except FileNotFoundError:
            return 0

    def lock(self, upload: PendingUpload) -> FileLock:
        """Return the lock that whoever writes to an upload must hold."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self.folder / f"{upload.id}.lock", timeout=0, thread_local=False)

    def incoming(self) -> Path:
        """Return the path of a new file for bytes that arrive in one go."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / f"incoming-{secrets.token_hex(16)}"

    def remove(self, upload: PendingUpload) -> None:
        """Remove the bytes of an upload and forget it."""
        with explained("remove the upload"):
            self.remove_bytes(upload)  # first: on a full disk that makes room for the rest
            with self._database.write() as connection:
                connection.execute(delete(uploads).where(uploads.c.id == upload.id))

    def remove_bytes(self, upload: PendingUpload) -> None:
        """Remove the bytes of an upload that became a delivery."""
        for suffix in ("", ".part", ".lock"):
            self.path(upload).with_name(upload.id + suffix).unlink(missing_ok=True)

    def expire(self, abandoned_s: float = _ABANDONED_S) -> int:
        """Forget uploads whose time is over, and remove bytes that belong to none.

        Files younger than `abandoned_s` stay, since somebody may be writing to them. Returns the
        bytes freed.

        Raises
        ------
        StoreError
            If they cannot be removed.
        """
        with explained("remove old uploads"), self._database.write() as connection:
            connection.execute(delete(uploads).where(uploads.c.expires_at <= self._now()))
            waiting = uploads.c.delivery.is_(None)
            known = set(connection.scalars(select(uploads.c.id).where(waiting)))
        freed, oldest = 0, time.time() - abandoned_s
        for path in self.folder.glob("*"):
            if path.name.partition(".")[0] in known:
                continue
            try:
                status = path.stat()
                if status.st_mtime <= oldest:
                    path.unlink()
                    freed += status.st_size
            except FileNotFoundError:
                continue  # it was just delivered
        return freed


def _check_quota(
    connection: Connection, upload: PendingUpload, quota: Quota, now: datetime
) -> None:
    query = select(func.count(), func.coalesce(func.sum(uploads.c.size_bytes), 0)).where(
        uploads.c.account == upload.account,
        uploads.c.delivery.is_(None),
        uploads.c.expires_at > now,
    )
    count, size_bytes = connection.execute(query).one()
    if count >= quota.count:
        raise TooManyUploadsError(
            f"{count} uploads are under way, and no more are allowed; finish or delete one"
        )
    if int(size_bytes) + upload.size_bytes > quota.size_bytes:
        raise TooManyUploadsError(
            f"with this file {int(size_bytes) + upload.size_bytes:,} bytes would be under way, "
            f"and {quota.size_bytes:,} are allowed; finish or delete an upload"
        )
