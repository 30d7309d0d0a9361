"""The memory: deliveries, layer versions and what was derived from them.

Rows are kept in a database, layers and reaches as content-addressed files. A write puts the files
first and then, in one transaction, the rows that refer to them: it is complete or absent, and what
an interruption leaves behind are files that nobody refers to.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd
from sqlalchemy import URL, delete, insert, select

from ..coverage.model import Layer, Provenance, Snapshot, VersionRef
from . import ledger, queries
from .database import Database, StoreError, explained
from .lock import StoreLock
from .objects import ObjectError, Objects, digest_of
from .records import Delivery, Event, Publication, StoredRaster, provenance_of
from .schema import deliveries, derived, layer_versions
from .states import State
from .workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from .parquet import Array

Clock = Callable[[], datetime]
_FRAMES_IN_MEMORY = 16
_VERSIONS_IN_MEMORY = 4096
_HOUR_S = 3600.0
_NEVER = datetime.min.replace(tzinfo=UTC)


class UnknownVersionError(StoreError):
    """The store holds no layer version of that name, or it is a table instead of a raster."""


class RasterFile(Protocol):
    """A layer that is a GeoTIFF in a file, such as terrain or signal levels."""

    @property
    def kind(self) -> str:
        """Layer kind."""

    @property
    def path(self) -> Path:
        """Where the file lies; it is copied."""

    @property
    def provenance(self) -> Provenance:
        """Where it came from."""

    @property
    def crs(self) -> str:
        """CRS of the raster."""


class Store:
    """All that is known of one city. Open it with `Store.open`.

    Reading needs no lock. Every method that writes layers takes the store's lock while it writes;
    take `lock` around several that belong together. Moments are in UTC.
    """

    def __init__(self, database: Database, objects: Objects, lock: StoreLock, clock: Clock) -> None:
        self.objects = objects
        self._database = database
        self._lock = lock
        self._clock = clock
        self._known: tuple[datetime, tuple[queries.Known, ...]] = (_NEVER, ())
        self._frame = lru_cache(maxsize=_FRAMES_IN_MEMORY)(objects.get_frame)
        self._version = lru_cache(maxsize=_VERSIONS_IN_MEMORY)(self._read_version)

    @classmethod
    def open(
        cls,
        where: Workspace | Path | str,
        *,
        objects: Path | None = None,
        clock: Clock | None = None,
        wait_s: float = 10.0,
    ) -> Store:
        """Open a store; make an empty one where there is none.

        Parameters
        ----------
        where : Workspace, Path or str
            A workspace, a folder, or the URL of a database.
        objects : Path, optional
            Folder of the files; needed with a URL, otherwise ``objects`` in the folder.
        clock : callable, optional
            Tells the present moment, with time zone.
        wait_s : float
            Seconds to wait for another writer before giving up.

        Raises
        ------
        StoreError
            If it cannot be opened, or the clock tells no time zone.
        StoreFormatError
            If a newer Stadtnetz wrote it.
        """
        url, folder = _place(where, objects)
        clock = clock or (lambda: datetime.now(UTC))
        with explained("open the store"):
            folder.parent.mkdir(parents=True, exist_ok=True)
        return cls(
            database=Database(url, _utc(clock)),
            objects=Objects(folder),
            lock=StoreLock(folder.parent / "store.lock", wait_s),
            clock=clock,
        )

    def close(self) -> None:
        """Close the database's connections."""
        self._database.close()

    def lock(self, command: str | None = None) -> AbstractContextManager[None]:
        """Keep other writers out of a ``with`` block; `command` tells them why.

        Raises
        ------
        StoreLockedError
            On entering, if somebody else writes for longer than the waiting time.
        """
        return self._lock.hold(command)

    # --- deliveries ---------------------------------------------------------------------------

    def stage(
        self,
        layer: Layer | RasterFile,
        report: Mapping[str, Any],
        *,
        part: str = "",
        file: Path | None = None,
        who: str,
    ) -> Delivery:
        """Keep a checked layer, to be published later; whole, or not at all.

        Operator and date are those of the layer's provenance. `part` tells apart what one holder
        delivers of a kind in several files (the levels of the districts). `file`, the file as it
        was handed in, is kept beside the layer.

        Raises
        ------
        StoreError
            If it cannot be written, the report is no JSON, or the file is no longer the one that
            the provenance names.
        ParquetError
            If the layer's frame cannot be kept.
        StoreLockedError
            If somebody else is writing.
        """
        _check_report(report)
        with self.lock(), explained(f"stage {layer.kind}"):
            content = self._put(layer, part, file)
            with self._database.write() as connection:
                return self._enter(connection, content, report, who)

    def import_city_layer(
        self,
        layer: Layer | RasterFile,
        report: Mapping[str, Any],
        *,
        part: str = "",
        file: Path | None = None,
        who: str,
    ) -> VersionRef:
        """Keep and publish a layer of the city's own in one step; whole, or not at all.

        Raises
        ------
        StoreError
            As `stage`; also if the layer is an operator's, which is published by `publish`.
        ParquetError
            If the layer's frame cannot be kept.
        StoreLockedError
            If somebody else is writing.
        """
        if layer.provenance.operator is not None:
            raise StoreError(
                f"{layer.kind} of {layer.provenance.operator} is no layer of the city; "
                "deliver and publish it"
            )
        _check_report(report)
        with self.lock(), explained(f"import {layer.kind}"):
            content = self._put(layer, part, file)
            with self._database.write() as connection:
                delivery = self._enter(connection, content, report, who)
                return ledger.publish(connection, delivery, who=who, now=self._now())

    def reject(
        self,
        kind: str,
        report: Mapping[str, Any],
        *,
        operator: str | None = None,
        part: str = "",
        valid_from: date | None = None,
        file: Path | None = None,
        who: str,
        why: str = "",
    ) -> Delivery:
        """Record a file that was refused, with its report; neither layer nor file are kept.

        Raises
        ------
        StoreError
            If it cannot be written.
        StoreLockedError
            If somebody else is writing.
        """
        _check_report(report)
        with self.lock(), explained("record a refusal"), self._database.write() as connection:
            return ledger.refuse(
                connection,
                kind,
                report,
                operator=operator,
                part=part,
                valid_from=valid_from,
                file_name=file.name if file else None,
                file_digest=digest_of(file) if file else None,
                who=who,
                why=why,
                now=self._now(),
            )

    def publish(self, delivery_id: str, who: str) -> VersionRef:
        """Make a staged delivery count from now on.

        A publication for the same date of the same layer is superseded by it.

        Raises
        ------
        UnknownDeliveryError
            If there is no such delivery.
        IllegalTransitionError
            If it is not staged.
        StoreLockedError
            If somebody else is writing.
        """
        with self.lock(), explained("publish"), self._database.write() as connection:
            delivery = ledger.find(connection, delivery_id)
            return ledger.publish(connection, delivery, who=who, now=self._now())

    def withdraw(self, delivery_id: str, who: str, why: str) -> Delivery:
        """Make a delivery count no more from now on; what was known before stays known.

        If it had superseded another one for the same date, that one is published again.

        Raises
        ------
        UnknownDeliveryError
            If there is no such delivery.
        IllegalTransitionError
            If it was rejected or withdrawn before.
        StoreLockedError
            If somebody else is writing.
        """
        with self.lock(), explained("withdraw"), self._database.write() as connection:
            delivery = ledger.find(connection, delivery_id)
            return ledger.withdraw(connection, delivery, who=who, why=why, now=self._now())

    def deliveries(
        self, state: State | str | None = None, kind: str | None = None, operator: str | None = None
    ) -> list[Delivery]:
        """List deliveries, oldest first.

        Raises
        ------
        ValueError
            If there is no such state.
        """
        wanted = {"state": state and State(state), "kind": kind, "operator": operator}
        conditions = [deliveries.c[name] == value for name, value in wanted.items() if value]
        with self._database.read() as connection:
            return queries.deliveries_where(connection, *conditions)

    def delivery(self, delivery_id: str) -> Delivery:
        """Return the delivery whose id begins with `delivery_id`.

        Raises
        ------
        UnknownDeliveryError
            If there is none, or more than one.
        """
        with self._database.read() as connection:
            return ledger.find(connection, delivery_id)

    def events(self, delivery_id: str | None = None) -> list[Event]:
        """List all changes in their order, or those of one delivery (full id)."""
        with self._database.read() as connection:
            return queries.events_of(connection, delivery_id)

    # --- layers -------------------------------------------------------------------------------

    def snapshot(self, as_of: date, known_at: datetime | None = None) -> Snapshot:
        """Return the newest version of every layer for a date, as it was known at a moment.

        The same two moments give the same snapshot, forever. Without `known_at` it is what is
        known now, and says as its `known_at` when the last publication or withdrawal was (before
        the first: when the store began). Two such snapshots are equal as long as nothing is
        published or withdrawn.

        Raises
        ------
        StoreError
            If `known_at` has no time zone.
        """
        if known_at is not None and known_at.tzinfo is None:
            raise StoreError(f"known_at needs a time zone: {known_at.isoformat()}")
        last, history = self._history()
        moment = known_at or last
        versions = queries.newest(history, as_of, moment)
        return Snapshot(as_of=as_of, known_at=moment, versions=versions)

    def dates(self, kinds: Iterable[str] | None = None) -> list[date]:
        """List the dates that layers of these kinds (default: all) describe, ascending.

        Layers that hold for every date, and withdrawn ones, have none.
        """
        wanted = None if kinds is None else set(kinds)
        _, history = self._history()
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

    # --- what was derived ---------------------------------------------------------------------

    def derived_put(
        self,
        key: str,
        value: Mapping[str, Array] | pd.DataFrame,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep what was computed from layers, in place of what `key` held before.

        `value` are aligned arrays ``(n,)`` by name, or a frame; `details` is kept as JSON. It
        needs no lock: everything derived can be derived again.

        Raises
        ------
        StoreError
            If it cannot be written.
        ParquetError
            If arrays or frame cannot be kept.
        """
        with explained(f"keep {key}"):
            if isinstance(value, pd.DataFrame):
                form, digest = "frame", self.objects.put_frame(value)
            else:
                form, digest = "arrays", self.objects.put_arrays(value)
            row = {"key": key, "form": form, "object": digest, "details": dict(details or {})}
            with self._database.write() as connection:
                self.objects.path(digest)  # nobody collected it meanwhile; from now on nobody will
                connection.execute(delete(derived).where(derived.c.key == key))
                connection.execute(insert(derived).values(row))

    def derived_get(self, key: str) -> dict[str, Array] | None:
        """Return the arrays that were kept, read-only; ``None`` if there are none."""
        digest = self._derived(key, "arrays")
        return self.objects.get_arrays(digest) if digest else None

    def derived_frame(self, key: str) -> pd.DataFrame | None:
        """Return the frame that was kept; ``None`` if there is none."""
        digest = self._derived(key, "frame")
        return self._frame(digest).copy(deep=False) if digest else None

    def derived_details(self, key: str) -> dict[str, Any] | None:
        """Return the details that were kept; ``None`` if nothing was kept."""
        with self._database.read() as connection:
            return connection.scalar(select(derived.c.details).where(derived.c.key == key))

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

    def _now(self) -> datetime:
        return _utc(self._clock)

    def _history(self) -> tuple[datetime, tuple[queries.Known, ...]]:
        # Every publication and withdrawal has a later moment than the one before, so the last
        # one tells whether what is in memory is still all there is.
        with self._database.read() as connection:
            last, known = queries.last_change(connection), self._known
            if known[0] != last:
                known = self._known = (last, queries.history_of(connection))
        return known

    def _put(self, layer: Layer | RasterFile, part: str, file: Path | None) -> ledger.Content:
        provenance, original = layer.provenance, self.objects.put(file) if file else None
        if original and provenance.digest and provenance.digest != original:
            raise StoreError(f"'{file}' changed while it was read; deliver it again")
        if isinstance(layer, Layer):
            form, digest = "frame", self.objects.put_frame(layer.frame)
        else:
            form, digest = "raster", self.objects.put(layer.path)
        return ledger.Content(
            kind=layer.kind,
            part=part,
            form=form,
            digest=digest,
            crs=layer.crs,
            row_count=len(layer.frame) if isinstance(layer, Layer) else 0,
            provenance=replace(provenance, digest=original) if original else provenance,
            original=original,
            file_name=file.name if file else None,
        )

    def _enter(
        self, connection: Connection, content: ledger.Content, report: Mapping[str, Any], who: str
    ) -> Delivery:
        for digest in filter(None, (content.digest, content.original)):
            self.objects.path(digest)  # nobody collected it meanwhile; from now on nobody will
        return ledger.enter(connection, content, report, who=who, now=self._now())

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

    def _derived(self, key: str, form: str) -> str | None:
        query = select(derived.c.object).where(derived.c.key == key, derived.c.form == form)
        with self._database.read() as connection:
            digest = connection.scalar(query)
        # A lost file is no loss here: whoever asks derives it again.
        return digest if digest and self.objects.exists(digest) else None


def _place(where: Workspace | Path | str, objects: Path | None) -> tuple[URL | str, Path]:
    if isinstance(where, str) and "://" in where:
        if objects is None:
            raise StoreError("with a database's URL, say in which folder the files are: objects=")
        return where, objects
    workspace = where if isinstance(where, Workspace) else Workspace(Path(where), city="")
    url = URL.create("sqlite", database=str(workspace.database))
    return url, objects or workspace.objects


def _utc(clock: Clock) -> datetime:
    now = clock()
    if now.tzinfo is None:
        raise StoreError("the store's clock must tell the time zone")
    return now.astimezone(UTC)


def _check_report(report: Mapping[str, Any]) -> None:
    try:
        json.dumps(dict(report), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise StoreError(f"the report cannot be kept as JSON: {error}") from error
