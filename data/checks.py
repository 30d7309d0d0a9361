"""From a file that was handed in to a checked layer, and how far that is.

The files are put first; then one transaction writes the rows that refer to them, the entry in the
audit log and how far the job is. So each step is complete or absent.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from ..coverage.model import Layer
from . import ledger, mappings, queries, reception
from .database import StoreError, explained
from .foundation import check_report
from .jobs import Jobs
from .layer_file import LayerFile
from .schema import deliveries
from .states import State, check_transition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from sqlalchemy import Connection

    from ..coverage.model import Provenance
    from .records import Delivery
    from .uploads import PendingUpload


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


class ClaimedError(StoreError):
    """Another process checks the delivery."""


class Checks(Jobs):
    """Takes files in, and keeps what became of their checks."""

    def receive(
        self,
        kind: str,
        operator: str | None,
        file: Path,
        *,
        who: str,
        part: str = "",
        valid_from: date | None = None,
        account: str | None = None,
        said: Mapping[str, Any] | None = None,
        replaces: str | None = None,
        idempotency_key: str | None = None,
        again: bool = False,
        upload: PendingUpload | None = None,
        file_name: str | None = None,
        digest: str | None = None,
    ) -> Delivery:
        """Keep a file that was handed in, to be checked; whole, or not at all.

        The same account's same key, or the same upload, gives the same delivery once more.

        Parameters
        ----------
        file : Path
            It is copied; a file in the folder of the uploads is taken over as it is.
        again : bool
            Allow the same file with the same words once more.
        upload : PendingUpload, optional
            The upload that the file was.
        file_name : str, optional
            As the sender calls the file; the name of `file` without it.
        digest : str, optional
            SHA-256 that the file must have.

        Raises
        ------
        IdempotencyError, AlreadyDeliveredError, CannotReplaceError
            See `stadtnetz.data.reception.receive`.
        StoreError
            If it cannot be written, or the file has another digest.
        StoreLockedError
            If somebody else is writing.
        """
        with explained("keep the file"):
            size_bytes = file.stat().st_size
            original = self._keep(file)
            if digest is not None and digest != original:
                raise StoreError(f"'{file.name}' changed while it was read; hand it in again")
            received = reception.Received(
                kind=kind,
                operator=operator,
                file_name=file_name or file.name,
                digest=original,
                size_bytes=size_bytes,
                who=who,
                part=part,
                valid_from=valid_from,
                account=account,
                said=dict(said or {}),
                replaces=replaces,
                idempotency_key=idempotency_key,
                again=again,
                upload=upload.id if upload else None,
            )
            with self.lock(), self._database.write() as connection:
                self.objects.path(original)  # nobody collected it meanwhile
                delivery = reception.receive(connection, received, self._now())
        if upload is not None:
            self.uploads.remove_bytes(upload)
        return delivery

    def begin_check(self, delivery_id: str) -> Delivery:
        """Claim a delivery that waits for its check.

        The claim lasts until `finish_check` or until this process ends.

        Raises
        ------
        UnknownDeliveryError
            If there is no such delivery.
        IllegalTransitionError
            If it does not wait for a check: somebody else was faster, or it was withdrawn.
        ClaimedError
            If the process that checked it is still at work.
        StoreLockedError
            If somebody else is writing.
        """
        with self.lock(), explained("begin the check"):
            delivery = self._delivery(delivery_id)
            check_transition(delivery.state, State.CHECKING, delivery.short_id)
            if not self._claims.take(delivery.id):
                raise ClaimedError(f"delivery {delivery.short_id} is being checked")
            try:
                with self._database.write() as connection:
                    delivery = ledger.find(connection, delivery.id)
                    return reception.begin(connection, delivery, self._now())
            except BaseException:
                self._claims.end(delivery.id)
                raise

    def finish_check(
        self,
        delivery_id: str,
        layer: Layer | RasterFile | None,
        report: Mapping[str, Any],
        *,
        part: str = "",
        findings: Path | None = None,
        corrected: Path | None = None,
        publish: bool = False,
    ) -> Delivery:
        """Keep the result of a check: staged with a layer, rejected without; whole or not at all.

        Parameters
        ----------
        part : str
            Tells apart what one holder delivers of a kind in several files.
        findings, corrected : Path, optional
            Files with all findings and with all safe repairs; they are copied.
        publish : bool
            Publish the layer in the same transaction.

        Raises
        ------
        StoreError
            If it cannot be written, the report is no JSON, or it speaks of another file than the
            one that was received.
        IllegalTransitionError
            If the delivery is not being checked; it may have been withdrawn meanwhile.
        StoreLockedError
            If somebody else is writing.
        """
        check_report(report)
        with explained("keep the result of the check"):
            delivery = self._delivery(delivery_id)
            _check_unchanged(delivery, report, layer)
            content = None if layer is None else self._content(layer, part, delivery)
            result: dict[str, Any] = {
                "report": dict(report),
                "findings": self.objects.put(findings) if findings else None,
                "corrected": self.objects.put(corrected) if corrected else None,
            }
            kept = [content.digest if content else None, result["findings"], result["corrected"]]
            with self.lock():
                with self._database.write() as connection:
                    for digest in filter(None, kept):
                        self.objects.path(digest)  # nobody collected it meanwhile
                    delivery = ledger.find(connection, delivery.id)
                    done = reception.finish(connection, delivery, content, result, self._now())
                    self._remember(connection, done)
                    if publish and done.state is State.STAGED:
                        ledger.publish(connection, done, who=done.who, now=self._now())
                        done = replace(done, state=State.PUBLISHED)
                self._claims.end(done.id)
        return done

    @contextmanager
    def scratch(self, delivery: Delivery) -> Iterator[Path]:
        """Lend a copy of a delivery's file, under the sender's name, in a folder of its own.

        What a process that died left there is gone when the next check begins.

        Raises
        ------
        ObjectError
            If the file is missing.
        StoreError
            If it cannot be copied.
        """
        folder = self._scratch / delivery.id
        with explained("copy the file"):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        try:
            path = folder / (delivery.file_name or "file")
            with explained("copy the file"):
                shutil.copyfile(self.objects.path(delivery.original or ""), path)
            yield path
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def give_up_check(self, delivery_id: str, code: str, detail: str) -> Delivery:
        """Put a delivery back whose check came to no result; too many times, and it is rejected.

        Where the database is away it stays as it is, and `interrupted` finds it.

        Raises
        ------
        UnknownDeliveryError
            If there is no such delivery.
        StoreLockedError
            If somebody else is writing.
        """
        problem = {"code": code, "detail": detail}
        try:
            with self.lock(), explained("give up the check"):
                with self._database.write() as connection:
                    delivery = ledger.find(connection, delivery_id)
                    if delivery.state is State.CHECKING:
                        delivery = reception.interrupt(connection, delivery, self._now(), problem)
                self._claims.end(delivery_id)
        finally:
            self._claims.let_go(delivery_id)
        return delivery

    def interrupted(self) -> list[Delivery]:
        """Put deliveries back that are in check, but whose checker is no more; return them.

        Raises
        ------
        StoreLockedError
            If somebody else is writing.
        """
        problem = {
            "code": "check_interrupted",
            "detail": "the check was interrupted; it begins anew",
        }
        found = []
        with self.lock(), explained("look for interrupted checks"):
            for delivery in self._in_check():
                if self._claims.holds(delivery.id) or not self._claims.take(delivery.id):
                    continue
                try:
                    with self._database.write() as connection:
                        found.append(
                            reception.interrupt(connection, delivery, self._now(), problem)
                        )
                finally:
                    self._claims.end(delivery.id)
            alive = {delivery.id for delivery in self._in_check()}
            self._claims.tidy(alive)
            for folder in self._scratch.glob("*"):
                if folder.name not in alive:
                    shutil.rmtree(folder, ignore_errors=True)
        return found

    # --- inside -------------------------------------------------------------------------------

    def _delivery(self, delivery_id: str) -> Delivery:
        with self._database.read() as connection:
            return ledger.find(connection, delivery_id)

    def _in_check(self) -> list[Delivery]:
        with self._database.read() as connection:
            return queries.deliveries_where(connection, deliveries.c.state == State.CHECKING)

    def _keep(self, file: Path) -> str:
        if file.parent != self.uploads.folder:
            return self.objects.put(file)

        def take_over(place: Path) -> None:
            try:
                os.link(file, place)
            except OSError:  # a file system without links, or the disk is full: that shows again
                shutil.copyfile(file, place)
            os.utime(place)  # its age tells the collector that somebody is about to refer to it

        return self.objects.put(take_over)

    def _remember(self, connection: Connection, delivery: Delivery) -> None:
        mapping = delivery.said.get("mapping")
        if delivery.state is State.STAGED and delivery.operator and mapping:
            mappings.remember(connection, delivery.operator, delivery.kind, mapping, self._now())

    def _content(self, layer: Layer | RasterFile, part: str, delivery: Delivery) -> ledger.Content:
        content = self._put(layer, part, None)
        return replace(content, original=delivery.original, file_name=delivery.file_name)

    def _put(self, layer: Layer | RasterFile, part: str, file: Path | None) -> ledger.Content:
        provenance, original = layer.provenance, self.objects.put(file) if file else None
        if original and provenance.digest and provenance.digest != original:
            raise StoreError(f"'{file}' changed while it was read; deliver it again")
        form, row_count = "raster", 0
        if isinstance(layer, Layer):
            form, row_count = "frame", len(layer.frame)
            digest = self.objects.put_frame(layer.frame)
        else:
            if isinstance(layer, LayerFile):
                form, row_count = "frame", layer.info.row_count
            digest = self.objects.put(layer.path)
        return ledger.Content(
            kind=layer.kind,
            part=part,
            form=form,
            digest=digest,
            crs=layer.crs,
            row_count=row_count,
            provenance=replace(provenance, digest=original) if original else provenance,
            original=original,
            file_name=file.name if file else None,
        )


def _check_unchanged(
    delivery: Delivery, report: Mapping[str, Any], layer: Layer | RasterFile | None
) -> None:
    digests = {report.get("digest"), layer.provenance.digest if layer else None}
    if digests - {None, "", delivery.file_digest}:
        raise StoreError(f"'{delivery.file_name}' changed while it was read; hand it in again")
