"""The way of deliveries through the store: staged, published, withdrawn, forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import ledger, mappings, queries
from .checks import Checks, RasterFile
from .database import StoreError, explained
from .foundation import check_report
from .schema import deliveries
from .states import State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

    from ..coverage.model import Layer, VersionRef
    from .records import Delivery, Event


class Deliveries(Checks):
    """Keeps what was handed in, and says what became of it."""

    # --- without a check ----------------------------------------------------------------------

    def stage(
        self,
        layer: Layer | RasterFile,
        report: Mapping[str, Any],
        *,
        part: str = "",
        file: Path | None = None,
        who: str,
    ) -> Delivery:
        """Keep a layer that needs no check any more, to be published later; whole or not at all.

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
        check_report(report)
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
        check_report(report)
        with self.lock(), explained(f"import {layer.kind}"):
            content = self._put(layer, part, file)
            with self._database.write() as connection:
                delivery = self._enter(connection, content, report, who)
                return ledger.publish(connection, delivery, who=who, now=self._now())

    # --- decisions ----------------------------------------------------------------------------

    def publish(self, delivery_id: str, who: str) -> VersionRef:
        """Make a staged delivery count from now on.

        A publication for the same date of the same layer is superseded by it; the delivery that
        it names to replace is withdrawn.

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

    def reject(self, delivery_id: str, who: str, why: str) -> Delivery:
        """Refuse a delivery that is not published.

        Raises
        ------
        UnknownDeliveryError
            If there is no such delivery.
        IllegalTransitionError
            If it was published, rejected or withdrawn before.
        StoreLockedError
            If somebody else is writing.
        """
        with self.lock(), explained("reject"):
            with self._database.write() as connection:
                delivery = ledger.find(connection, delivery_id)
                done = ledger.reject(connection, delivery, who=who, why=why, now=self._now())
            self._claims.end(done.id)
        return done

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
        with self.lock(), explained("withdraw"):
            with self._database.write() as connection:
                delivery = ledger.find(connection, delivery_id)
                done = ledger.withdraw(connection, delivery, who=who, why=why, now=self._now())
            self._claims.end(done.id)
        return done

    def note(self, delivery_id: str, what: str, who: str, why: str) -> None:
        """Add a ``question`` to the sender, or an ``answer``, to the log; no state changes.

        Raises
        ------
        UnknownDeliveryError
            If there is no such delivery.
        StoreLockedError
            If somebody else is writing.
        """
        with self.lock(), explained("keep the note"), self._database.write() as connection:
            delivery = ledger.find(connection, delivery_id)
            ledger.note(connection, delivery, what, who=who, why=why, now=self._now())

    def forget_files(self, state: State, reached_before: datetime, why: str) -> list[Delivery]:
        """Let go of the files of deliveries that reached a state before a moment; return them.

        Rows, reports, layer versions and the log stay; `collect_orphans` removes the files.

        Raises
        ------
        StoreLockedError
            If somebody else is writing.
        """
        with self.lock(), explained("forget files"), self._database.write() as connection:
            found = queries.with_old_files(connection, state, reached_before)
            for delivery in found:
                ledger.forget_files(connection, delivery, why=why, now=self._now())
        return found

    # --- asking -------------------------------------------------------------------------------

    def deliveries(
        self, state: State | str | None = None, kind: str | None = None, operator: str | None = None
    ) -> list[Delivery]:
        """List deliveries, oldest first.

        Raises
        ------
        ValueError
            If there is no such state.
        """
        conditions = queries.selected(state, kind, operator)
        with self._database.read() as connection:
            return queries.deliveries_where(connection, *conditions)

    def page(
        self,
        count: int,
        *,
        after: Delivery | None = None,
        state: State | None = None,
        kind: str | None = None,
        operator: str | None = None,
    ) -> list[Delivery]:
        """List deliveries, newest first, without their reports; `after` one that was listed."""
        conditions = queries.selected(state, kind, operator)
        with self._database.read() as connection:
            return queries.newest_deliveries(connection, count, after, *conditions)

    def delivery(self, delivery_id: str) -> Delivery:
        """Return the delivery whose id begins with `delivery_id`.

        Raises
        ------
        UnknownDeliveryError
            If there is none, or more than one.
        """
        with self._database.read() as connection:
            return ledger.find(connection, delivery_id)

    def exact_delivery(self, delivery_id: str, operator: str | None = None) -> Delivery | None:
        """Return the delivery of this very id; with an operator, only if it is theirs.

        Somebody else's is not even read, so it takes as long as one that does not exist.
        """
        conditions = [deliveries.c.id == delivery_id, *queries.selected(None, None, operator)]
        with self._database.read() as connection:
            found = queries.deliveries_where(connection, *conditions)
        return found[0] if found else None

    def events(self, delivery_id: str | None = None) -> list[Event]:
        """List all changes in their order, or those of one delivery (full id)."""
        with self._database.read() as connection:
            return queries.events_of(connection, delivery_id)

    def mapping(self, operator: str, kind: str) -> dict[str, str]:
        """Return the operator's last column mapping that passed; empty where there is none."""
        with self._database.read() as connection:
            return mappings.remembered(connection, operator, kind)

    # --- inside -------------------------------------------------------------------------------

    def _enter(
        self, connection: Connection, content: ledger.Content, report: Mapping[str, Any], who: str
    ) -> Delivery:
        for digest in filter(None, (content.digest, content.original)):
            self.objects.path(digest)  # nobody collected it meanwhile; from now on nobody will
        return ledger.enter(connection, content, report, who=who, now=self._now())
