"""The memory: deliveries, layer versions and what was derived from them.

Rows are kept in a database, layers and reaches as content-addressed files. A write puts the files
first and then, in one transaction, the rows that refer to them: it is complete or absent, and what
an interruption leaves behind are files that nobody refers to.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, select

from ..coverage.model import Concession, Layer, Snapshot
from . import audit, disputes, ledger, queries
from .checks import RasterFile
from .database import Database, StoreError, explained
from .deliveries import Deliveries
from .derivations import Derivations
from .foundation import Clock, utc_of
from .objects import ObjectError, Objects
from .records import Publication, StoredRaster, provenance_of
from .schema import layer_versions
from .workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .lock import Lock

__all__ = ["RasterFile", "Store", "UnknownVersionError"]

_Conceded = tuple[Concession, datetime, datetime | None]
_History = tuple[datetime, tuple[queries.Known, ...], tuple[_Conceded, ...]]
_VERSIONS_IN_MEMORY = 4096
_HOUR_S = 3600.0
_NEVER = datetime.min.replace(tzinfo=UTC)


class UnknownVersionError(StoreError):
    """The store holds no layer version of that name, or it is a table instead of a raster."""


class Store(Deliveries, Derivations):
    """All that is known of one city. Open it with `Store.open`.

    Reading needs no lock. Every method that writes layers takes the store's lock while it writes;
    take `lock` around several that belong together. Moments are in UTC.
    """

    def __init__(
        self, database: Database, objects: Objects, lock: Lock, clock: Clock, folder: Path
    ) -> None:
        super().__init__(database, objects, lock, clock, folder)
        self._known: _History = (_NEVER, (), ())
        self._version = lru_cache(maxsize=_VERSIONS_IN_MEMORY)(self._read_version)

    @classmethod
    def open(
        cls,
        where: Workspace | Path | URL | str,
        *,
        objects: Path | None = None,
        clock: Clock | None = None,
        wait_s: float = 10.0,
    ) -> Store:
        """Open a store; make an empty one where there is none.

        Parameters
        ----------
        where : Workspace, Path, URL or str
            A workspace, a folder, or the URL of a database on SQLite or PostgreSQL.
        objects : Path, optional
            Folder of the files; needed with a URL, otherwise that of the workspace.
        clock : callable, optional
            Tells the present moment, with time zone.
        wait_s : float
            Seconds to wait for another writer before giving up.

        Raises
        ------
        StoreError
            If it cannot be opened, or the clock tells no time zone.
        StoreFormatError
            If a newer Stadtnetz wrote it, or the database is somebody else's.
        """
        url, folder = _place(where, objects)
        clock = clock or (lambda: datetime.now(UTC))
        with explained("open the store"):
            folder.parent.mkdir(parents=True, exist_ok=True)
        database = Database(url, utc_of(clock))
        lock = database.lock(folder.parent / "store.lock", wait_s)
        return cls(database, Objects(folder), lock, clock, folder.parent)

    # --- layers -------------------------------------------------------------------------------

    def snapshot(self, as_of: date, known_at: datetime | None = None) -> Snapshot:
        """Return the newest version of every layer for a date, as it was known at a moment.

        The same two moments give the same snapshot, forever. Without `known_at` it is what is
        known now, and says as its `known_at` when figures last changed, by a publication, a
        withdrawal or a concession (before the first: when the store began). Two such snapshots
        are equal as long as nothing changes.

        Raises
        ------
        StoreError
            If `known_at` has no time zone.
        """
        if known_at is not None and known_at.tzinfo is None:
            raise StoreError(f"known_at needs a time zone: {known_at.isoformat()}")
        last, history, conceded = self._history()
        moment = known_at or last
        return Snapshot(
            as_of=as_of,
            known_at=moment,
            versions=queries.newest(history, as_of, moment),
            concessions=disputes.in_force(conceded, moment),
        )

    def dates(self, kinds: Iterable[str] | None = None) -> list[date]:
        """List the dates that layers of these kinds (default: all) describe, ascending.

        Layers that hold for every date, and withdrawn ones, have none.
        """
        wanted = None if kinds is None else set(kinds)
        _, history, _ = self._history()
        days = (
            ref.valid_from
            for ref, withdrawn_at in history
            if not withdrawn_at and (wanted is None or ref.kind in wanted)
        )
        return sorted({day for day in days if day})

    def publications(
        self, kind: str | None = None, operator: str | None = None, *, live: bool = True
    ) -> list[Publication]:
        """List what was published, in order; with ``live=False`` also what was withdrawn."""
        with self._database.read() as connection:
            return queries.publications_of(connection, kind, operator, live=live)

    def layer(self, version: str) -> Layer:
        """Return the table of a version; changing its frame changes nothing in the store.

        Its provenance is that of the first delivery with this content.

        Raises
        ------
        UnknownVersionError
            If there is none, or it is a raster.
        ObjectError
            If its file is missing.
        """
        row = self._version_of_form(version, "frame")
        return Layer(
            kind=row["kind"],
            frame=self._frame(row["object"]).copy(deep=False),
            provenance=provenance_of(row["provenance"]),
            crs=row["crs"],
        )

    def raster(self, version: str) -> StoredRaster:
        """Return the raster of a version.

        Raises
        ------
        UnknownVersionError
            If there is none, or it is a table.
        ObjectError
            If its file is missing.
        """
        row = self._version_of_form(version, "raster")
        return StoredRaster(
            kind=row["kind"],
            path=self.objects.path(row["object"]),
            provenance=provenance_of(row["provenance"]),
            crs=row["crs"],
        )

    def layer_file(self, version: str) -> Path:
        """Return where the table of a version lies, for a process that has no store.

        Raises
        ------
        UnknownVersionError
            If there is none, or it is a raster.
        ObjectError
            If its file is missing.
        """
        return self.objects.path(self._version_of_form(version, "frame")["object"])

    # --- care ---------------------------------------------------------------------------------

    def verify(self) -> list[str]:
        """Read every file that is referred to; return what is missing or damaged, as sentences."""
        with self._database.read() as connection:
            digests = queries.referenced_objects(connection)
        problems = []
        for digest in sorted(digests):
            try:
                self.objects.verify(digest)
            except (ObjectError, OSError) as error:
                problems.append(str(error))
        return problems

    def verify_log(
        self, known_hash: str | None = None, since: audit.Verdict | None = None
    ) -> audit.Verdict:
        """Follow the audit log to its last entry; see `stadtnetz.data.audit.verify`."""
        with self._database.read() as connection:
            return audit.verify(connection, known_hash, since)

    def log(self, delivery_id: str | None = None) -> Iterator[audit.Entry]:
        """Yield the entries of the audit log, or those of one delivery, never all in memory.

        Raises
        ------
        UnknownDeliveryError
            If there is no such delivery.
        """
        with self._database.read() as connection:
            delivery = delivery_id and ledger.find(connection, delivery_id).id
            yield from audit.entries(connection, delivery)

    def log_page(self, count: int, **narrowed: Any) -> list[audit.Entry]:
        """Return some entries of the audit log; see `stadtnetz.data.audit.page`."""
        with self._database.read() as connection:
            return audit.page(connection, count, **narrowed)

    def log_sorts(self) -> list[str]:
        """Return what sorts of entries the audit log has."""
        with self._database.read() as connection:
            return audit.sorts(connection)

    def collect_orphans(self, min_age_s: float = _HOUR_S) -> int:
        """Remove files that nothing refers to, left by interrupted writers; return bytes freed.

        Files younger than `min_age_s` stay: somebody may be about to refer to them.

        Raises
        ------
        StoreError
            If they cannot be removed.
        StoreLockedError
            If somebody else is writing.
        """
        with self.lock(), explained("collect orphans"), self._database.write() as connection:
            known = queries.referenced_objects(connection)
            return self.objects.collect(self.objects.orphans(known, min_age_s), min_age_s)

    # --- inside -------------------------------------------------------------------------------

    def _history(self) -> _History:
        # Every publication, withdrawal and concession has a later moment than the one before, so
        # the last one tells whether what is in memory is still all there is.
        with self._database.read() as connection:
            last, known = queries.last_change(connection), self._known
            if known[0] != last:
                conceded = disputes.history(connection)
                known = self._known = (last, queries.history_of(connection), conceded)
        return known

    def _read_version(self, version: str) -> dict[str, Any]:
        query = select(layer_versions).where(layer_versions.c.version == version)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        if row is None:
            raise UnknownVersionError(f"the store holds no layer version {version!r}")
        return dict(row)

    def _version_of_form(self, version: str, form: str) -> dict[str, Any]:
        row = self._version(version)
        if row["form"] != form:
            raise UnknownVersionError(
                f"version {version[:12]} of {row['kind']} is a {row['form']}, not a {form}"
            )
        return row


def _place(where: Workspace | Path | URL | str, objects: Path | None) -> tuple[URL | str, Path]:
    if isinstance(where, URL) or (isinstance(where, str) and "://" in where):
        if objects is None:
            raise StoreError("with a database's URL, say in which folder the files are: objects=")
        return where, objects
    workspace = where if isinstance(where, Workspace) else Workspace(Path(where), city="")
    return workspace.database, objects or workspace.objects
