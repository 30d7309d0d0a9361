"""What goes wrong with disk and database, in words that say what was not done and what to do.

StoreError                      refused; nothing was changed
    StoreFormatError            not a store of this Stadtnetz
    StoreFaultError             disk or database failed
        StoreUnavailableError   the database is away or busy: the same may work later
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCK_NOT_AVAILABLE = "55P03"


class StoreError(ValueError):
    """The store cannot be opened, or refused a change; nothing was changed."""


class StoreFormatError(StoreError):
    """The database holds something else than a store of this Stadtnetz or an older one."""


class StoreFaultError(StoreError):
    """Disk or database failed.

    Parameters
    ----------
    action : str
        What could not be done.
    reason : str
        Why, what became of it, and what to do.
    """

    def __init__(self, action: str, reason: str) -> None:
        super().__init__(f"could not {action}: {reason}")
        self.reason = reason


class StoreUnavailableError(StoreFaultError):
    """The database cannot be reached at the moment; the same may work later."""


@contextmanager
def explained(action: str) -> Iterator[None]:
    """Turn failures of disk and database into an error that says what was not done.

    Raises
    ------
    StoreFaultError
        In place of ``OSError`` and of the database's errors; `StoreUnavailableError` where the
        database cannot be reached.
    """
    try:
        yield
    except StoreFaultError as error:  # explained already, by somebody who knew less of the purpose
        raise type(error)(action, error.reason) from error.__cause__
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        reason = (error.strerror or str(error)) + where
        raise StoreFaultError(
            action,
            f"{reason}; nothing was changed. Check the disk's free space and the rights on the "
            "workspace",
        ) from error
    except UnicodeEncodeError as error:
        raise StoreFaultError(
            action, f"a text is no Unicode ({error.reason}); nothing was changed. Rename the file"
        ) from error
    except PoolTimeoutError as error:
        raise StoreUnavailableError(
            action, "all connections to the database are in use; nothing was changed. Try again"
        ) from error
    except DBAPIError as error:
        raise _fault(action, error) from error
    except StatementError as error:  # of a value that never got to the database, such as NaN
        raise StoreFaultError(
            action, f"a value cannot be kept ({error.orig}); nothing was changed"
        ) from error


def _fault(action: str, error: DBAPIError) -> StoreFaultError:
    reason = " ".join(str(error.orig).split())
    if _is_busy(error.orig):
        return StoreUnavailableError(
            action,
            f"{reason}; nothing was changed. Somebody else is writing for long; try again",
        )
    if error.connection_invalidated:
        return StoreUnavailableError(
            action,
            f"the connection to the database broke ({reason}). Try again when it is back, and "
            "look first whether the change was made after all",
        )
    if isinstance(error, OperationalError) and error.statement is None:
        return StoreUnavailableError(
            action,
            f"the database cannot be reached ({reason}); nothing was changed. Check that it runs, "
            "its address and the rights on it, and try again",
        )
    return StoreFaultError(
        action,
        f"{reason}; nothing was changed. Check the disk's free space, the rights on the workspace "
        "and that the database is there",
    )


def _is_busy(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.Error):
        # the lower byte is the kind of error, the upper ones tell more
        return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
    return getattr(error, "sqlstate", None) == _LOCK_NOT_AVAILABLE
