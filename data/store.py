"""The memory: deliveries, layer versions and what was derived from them.

Rows are kept in a database, layers and reaches as content-addressed files. A write puts the files
first and then, in one transaction, the rows that refer to them: it is complete or absent, and what
an interruption leaves behind are files that nobody refers to.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd
from sqlalchemy import URL, Connection, delete, insert, select, update
from sqlalchemy.engine import make_url

from ..coverage.model import Layer, Provenance, Snapshot, VersionRef
from . import queries
from .database import Database, StoreError, explained
from .lock import StoreLock
from .objects import ObjectError, Objects, digest_of
from .records import (
    Delivery,
    Event,
    Publication,
    content_address,
    provenance_of,
    provenance_row,
)
from .schema import deliveries, derived, events, layer_versions, publications
from .states import State, check_transition
from .workspace import Workspace

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from .parquet import Array

Clock = Callable[[], datetime]
_ID_BYTES = 16
_FRAMES_IN_MEMORY = 16


class UnknownDeliveryError(StoreError):
    """No delivery, or more than one, has an id that begins like this."""


class UnknownVersionError(StoreError):
    """The store holds no layer version of that name, or it has another form."""


class RasterFile(Protocol):
    """A layer that is a GeoTIFF in a file, such as terrain or signal levels."""

    @property
    def kind(self) -> str: ...

    @property
    def path(self) -> Path: ...

    @property
    def provenance(self) -> Provenance: ...

    @property
    def crs(self) -> str: ...


@dataclass(frozen=True, slots=True)
class _Content:
    """What was put into the object store for one delivery."""

    form: str
    digest: str
    row_count: int
    original: str | None
    file_name: str | None
    provenance: Provenance


class Store:
    """All that is known of one city. Open it with `Store.open`.

    Reading needs no lock. Every method that writes takes the store's lock while it writes; take
    `lock` around several that belong together. Moments are in UTC.
    """

    def __init__(self, database: Database, objects: Objects, lock: StoreLock, clock: Clock) -> None:
        self.objects = objects
        self._database = database
        self._lock = lock
        self._clock = clock
        self._frame = lru_cache(maxsize=_FRAMES_IN_MEMORY)(objects.get_frame)
        self._version_row = lru_cache(maxsize=4096)(self._read_version_row)

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
            If it cannot be opened.
        StoreFormatError
            If a newer Stadtnetz wrote it.
        """
        url, folder = _place(where, objects)
        with explained("open the store"):
            folder.parent.mkdir(parents=True, exist_ok=True)
        return cls(
            database=Database(url),
            objects=Objects(folder),
            lock=StoreLock(folder.parent / "store.lock", wait_s),
            clock=clock or (lambda: datetime.now(UTC)),
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
        StoreLockedError
            If somebody else is writing.
        """
        with self.lock(), explained(f"stage {layer.kind}"):
            content = self._put(layer, report, file)
            with self._database.write() as connection:
                return self._enter(connection, layer, content, report, part, who)

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
        with (
            self.lock(),
            explained(f"record the refused {kind}"),
            self._database.write() as connection,
        ):
            delivery = Delivery(
                id=secrets.token_hex(_ID_BYTES),
                kind=kind,
                operator=operator,
                part=part,
                valid_from=valid_from,
                file_name=file.name if file else None,
                file_digest=digest_of(file) if file else None,
                original=None,
                received_at=queries.moment_of_event(connection, self._now()),
                state=State.REJECTED,
                who=who,
                report=report,
                version=None,
            )
            return self._record(connection, delivery, why)

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
            return self._publish(connection, _find(connection, delivery_id), who)

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
            delivery = _find(connection, delivery_id)
            moment = queries.moment_of_change(connection, self._now())
            withdrawn = _move(connection, delivery, State.WITHDRAWN, moment, who, why)
            connection.execute(
                update(publications)
                .where(publications.c.delivery == delivery.id)
                .values(withdrawn_at=moment)
            )
            if delivery.state is State.PUBLISHED:
                shown_again = queries.newest_superseded(connection, delivery)
                if shown_again:
                    reason = f"{delivery.short_id}, which superseded it, was withdrawn"
                    other = _find(connection, shown_again)
                    _move(connection, other, State.PUBLISHED, moment, who, reason)
            return withdrawn

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
        StoreLockedError
            If somebody else is writing.
        """
        if layer.provenance.operator is not None:
            raise StoreError(
                f"{layer.kind} of {layer.provenance.operator} is no layer of the city; "
                "deliver and publish it"
            )
        with self.lock(), explained(f"import {layer.kind}"):
            content = self._put(layer, report, file)
            with self._database.write() as connection:
                delivery = self._enter(connection, layer, content, report, part, who)
                return self._publish(connection, delivery, who)

    def deliveries(
        self, state: State | str | None = None, kind: str | None = None, operator: str | None = None
    ) -> list[Delivery]:
        """List deliveries, oldest first."""
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
            return _find(connection, delivery_id)

    def events(self, delivery_id: str | None = None) -> list[Event]:
        """List all changes in their order, or those of one delivery (full id)."""
        with self._database.read() as connection:
            return queries.events_of(connection, delivery_id)

    # --- layers -------------------------------------------------------------------------------

    def snapshot(self, as_of: date, known_at: datetime | None = None) -> Snapshot:
        """Return the newest version of every layer for a date, as it was known at a moment.

        The same two moments give the same snapshot, forever. Without `known_at` it is what is
        known now, and says as its `known_at` when the last publication or withdrawal was: two
        such snapshots are equal as long as nothing is published or withdrawn.

        Raises
        ------
        StoreError
            If `known_at` has no time zone.
        """
        if known_at is not None and known_at.tzinfo is None:
            raise StoreError(f"known_at needs a time zone: {known_at.isoformat()}")
        with self._database.read() as connection:
            moment = known_at or queries.last_change(connection) or self._now()
            versions = queries.versions_at(connection, as_of, moment)
        return Snapshot(as_of=as_of, known_at=moment, versions=versions)

    def dates(self, kinds: Iterable[str] | None = None) -> list[date]:
        """List the dates that layers of these kinds (default: all) describe, ascending.

        Layers that hold for every date, and withdrawn ones, have none.
        """
        with self._database.read() as connection:
            return queries.live_dates(connection, kinds)

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
        row = self._row_of_form(version, "frame")
        return Layer(
            kind=row["kind"],
            frame=self._frame(row["object"]).copy(deep=False),
            provenance=provenance_of(row["provenance"]),
            crs=row["crs"],
        )

    def raster_path(self, version: str) -> Path:
        """Return the GeoTIFF of a version; nobody may write there.

        Raises
        ------
        UnknownVersionError
            If there is none, or it is a table.
        ObjectError
            If its file is missing.
        """
        return self.objects.path(self._row_of_form(version, "raster")["object"])

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
        framed = isinstance(value, pd.DataFrame)
        with explained(f"keep {key}"):
            digest = self.objects.put_frame(value) if framed else self.objects.put_arrays(value)
            with self._database.write() as connection:
                self._must_exist(digest)
                connection.execute(delete(derived).where(derived.c.key == key))
                connection.execute(
                    insert(derived).values(
                        key=key,
                        form="frame" if framed else "arrays",
                        object=digest,
                        details=dict(details or {}),
                    )
                )

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

    def collect_orphans(self, min_age_s: float = 3600.0) -> int:
        """Remove files that nothing refers to, left by interrupted writers; return bytes freed.

        Raises
        ------
        StoreLockedError
            If somebody else is writing.
        """
        with self.lock(), explained("collect orphans"), self._database.write() as connection:
            known = queries.referenced_objects(connection)
            return self.objects.collect(self.objects.orphans(known, min_age_s), min_age_s)

    # --- inside -------------------------------------------------------------------------------

    def _now(self) -> datetime:
        now = self._clock()
        if now.tzinfo is None:
            raise StoreError("the store's clock must tell the time zone")
        return now.astimezone(UTC)

    def _put(
        self, layer: Layer | RasterFile, report: Mapping[str, Any], file: Path | None
    ) -> _Content:
        _check_report(report)
        original = self.objects.put(file) if file else None
        provenance = layer.provenance
        if original and provenance.digest and provenance.digest != original:
            raise StoreError(f"'{file}' changed while it was read; deliver it again")
        if isinstance(layer, Layer):
            form, digest = "frame", self.objects.put_frame(layer.frame)
        else:
            form, digest = "raster", self.objects.put(layer.path)
        return _Content(
            form=form,
            digest=digest,
            row_count=len(layer.frame) if isinstance(layer, Layer) else 0,
            original=original,
            file_name=file.name if file else None,
            provenance=replace(provenance, digest=original) if original else provenance,
        )

    def _must_exist(self, *digests: str | None) -> None:
        # Inside the writing transaction, so that nobody can collect them any more.
        for digest in filter(None, digests):
            self.objects.path(digest)

    def _enter(
        self,
        connection: Connection,
        layer: Layer | RasterFile,
        content: _Content,
        report: Mapping[str, Any],
        part: str,
        who: str,
    ) -> Delivery:
        self._must_exist(content.digest, content.original)
        operator, valid_from = content.provenance.operator, content.provenance.valid_from
        version = content_address(layer.kind, operator, part, valid_from, content.digest)
        known = select(layer_versions.c.version).where(layer_versions.c.version == version)
        if connection.scalar(known) is None:
            connection.execute(
                insert(layer_versions).values(
                    version=version,
                    kind=layer.kind,
                    operator=operator,
                    part=part,
                    valid_from=valid_from,
                    form=content.form,
                    object=content.digest,
                    crs=str(layer.crs),
                    row_count=content.row_count,
                    provenance=provenance_row(content.provenance),
                )
            )
        delivery = Delivery(
            id=secrets.token_hex(_ID_BYTES),
            kind=layer.kind,
            operator=operator,
            part=part,
            valid_from=valid_from,
            file_name=content.file_name,
            file_digest=content.provenance.digest or None,
            original=content.original,
            received_at=queries.moment_of_event(connection, self._now()),
            state=State.STAGED,
            who=who,
            report=report,
            version=version,
        )
        return self._record(connection, delivery, "")

    def _record(self, connection: Connection, delivery: Delivery, why: str) -> Delivery:
        check_transition(None, delivery.state, delivery.short_id)
        row = {column.name: getattr(delivery, column.name) for column in deliveries.c}
        connection.execute(insert(deliveries).values(**row | {"report": dict(delivery.report)}))
        _note(connection, delivery, None, delivery.received_at, delivery.who, why)
        return delivery

    def _publish(self, connection: Connection, delivery: Delivery, who: str) -> VersionRef:
        moment = queries.moment_of_change(connection, self._now())
        _move(connection, delivery, State.PUBLISHED, moment, who, "")
        older = (queries.same_date(delivery), deliveries.c.state == State.PUBLISHED)
        for other in queries.deliveries_where(connection, *older, deliveries.c.id != delivery.id):
            reason = f"{delivery.short_id} was published for the same date"
            _move(connection, other, State.SUPERSEDED, moment, who, reason)
        connection.execute(
            insert(publications).values(
                version=delivery.version, delivery=delivery.id, published_at=moment
            )
        )
        return VersionRef(
            version=str(delivery.version),
            kind=delivery.kind,
            operator=delivery.operator,
            valid_from=delivery.valid_from,
            published_at=moment,
            part=delivery.part,
        )

    def _read_version_row(self, version: str) -> Mapping[str, Any]:
        with self._database.read() as connection:
            query = select(layer_versions).where(layer_versions.c.version == version)
            row = connection.execute(query).mappings().one_or_none()
        if row is None:
            raise UnknownVersionError(f"the store holds no layer version {version!r}")
        return row

    def _row_of_form(self, version: str, form: str) -> Mapping[str, Any]:
        row = self._version_row(version)
        if row["form"] != form:
            raise UnknownVersionError(
                f"version {version[:12]} of {row['kind']} is a {row['form']}, not a {form}"
            )
        return row

    def _derived(self, key: str, form: str) -> str | None:
        with self._database.read() as connection:
            digest = connection.scalar(
                select(derived.c.object).where(derived.c.key == key, derived.c.form == form)
            )
        # A lost file is no loss here: whoever asks derives it again.
        return digest if digest and self.objects.exists(digest) else None


def _place(where: Workspace | Path | str, objects: Path | None) -> tuple[URL, Path]:
    if isinstance(where, str) and "://" in where:
        if objects is None:
            raise StoreError("with a database's URL, say in which folder the files are: objects=")
        return make_url(where), objects
    workspace = where if isinstance(where, Workspace) else Workspace(Path(where), city="")
    url = URL.create("sqlite", database=str(workspace.database))
    return url, objects or workspace.objects


def _check_report(report: Mapping[str, Any]) -> None:
    try:
        json.dumps(dict(report), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise StoreError(f"the report cannot be kept as JSON: {error}") from error


def _find(connection: Connection, delivery_id: str) -> Delivery:
    prefix = delivery_id.strip().lower()
    if not prefix or set(prefix) - set("0123456789abcdef"):
        raise UnknownDeliveryError(f"{delivery_id!r} is no id of a delivery, or the begin of one")
    found = queries.deliveries_where(connection, deliveries.c.id.startswith(prefix))
    if not found:
        raise UnknownDeliveryError(f"no delivery has an id that begins with {delivery_id!r}")
    if len(found) > 1:
        raise UnknownDeliveryError(
            f"{len(found)} deliveries have an id that begins with {delivery_id!r}; add digits"
        )
    return found[0]


def _move(
    connection: Connection, delivery: Delivery, state: State, at: datetime, who: str, why: str
) -> Delivery:
    check_transition(delivery.state, state, delivery.short_id)
    connection.execute(update(deliveries).where(deliveries.c.id == delivery.id).values(state=state))
    moved = replace(delivery, state=state)
    _note(connection, moved, delivery.state, at, who, why)
    return moved


def _note(
    connection: Connection,
    delivery: Delivery,
    before: State | None,
    at: datetime,
    who: str,
    why: str,
) -> None:
    connection.execute(
        insert(events).values(
            at=at,
            who=who,
            what=delivery.state,
            delivery=delivery.id,
            from_state=before,
            to_state=delivery.state,
            why=why,
        )
    )
