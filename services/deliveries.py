"""What people do with deliveries: hand in, look, ask, decide; each only what is theirs.

Whoever may not see a delivery is told what is told of one that does not exist.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import Timeout

from ..data import jobs
from ..data.jobs import JobState
from ..data.kinds import kind as kind_of
from ..data.ledger import UnknownDeliveryError
from ..data.objects import digest_of
from ..data.reception import IdempotencyError
from .access.visitor import NotAllowedError
from .forms import Form, plain_file_name
from .handing_in import Upload
from .holders import check_kind, check_signed_in, owner_of
from .receiving import BusyError, DigestError, IncompleteError, MalformedError
from .review import ready_review
from .words import InvalidWordsError, Words, words_of

if TYPE_CHECKING:
    from ..coverage.model import VersionRef
    from ..data.jobs import Job
    from ..data.records import Delivery
    from ..data.states import State
    from ..data.uploads import PendingUpload
    from .access.visitor import Visitor
    from .assembly import Assembly
    from .jobs import Queue
    from .review import Review

_ID = re.compile(r"[0-9a-f]{32}")
_WAIT_FOR_UPLOAD_S = 30.0
_TRY_AGAIN = timedelta(minutes=1)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class ReviewFailedError(ValueError):
    """The review of a delivery could not be made; it is tried again."""


class FilesGoneError(ValueError):
    """A file was deleted at the end of its retention, or there never was one."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where deliveries are handed in and decided on."""

    assembly: Assembly
    queue: Queue

    # --- handing in ---------------------------------------------------------------------------

    def hand_in_form(self, who: Visitor, form: Form, key: str | None) -> Delivery:
        """Take the file of a form; whatever happens, the form's file is gone afterwards.

        Raises
        ------
        InvalidWordsError
            If fields are wrong, or there is no file.
        NotSignedInError, NotAllowedError, WrongDoorError
            If it is not the sender's to hand in, or not here.
        DigestError
            If the file has another digest than was said.
        StoreError
            See `stadtnetz.data.checks.Checks.receive`.
        """
        if form.path is None:
            raise InvalidWordsError("file: send the file in the form's field 'file'")
        try:
            words = words_of(form.fields)
            if words.upload is not None:
                raise InvalidWordsError("upload: send a file or name an upload, not both")
            return self._receive(who, words, form.path, form.file_name, form.digest, key)
        finally:
            form.path.unlink(missing_ok=True)

    def hand_in_upload(self, who: Visitor, words: Words, key: str | None) -> Delivery:
        """Make a finished upload a delivery; once more, and it is the same delivery.

        Raises
        ------
        UnknownUploadError
            If the sender has no such upload.
        IncompleteError
            If bytes are missing.
        BusyError
            If another request has been busy with the upload for too long.
        NotSignedInError, NotAllowedError, DigestError, StoreError
            As `hand_in_form`.
        """
        check_signed_in(who)
        uploads = self.assembly.store.uploads
        lock = uploads.lock(uploads.find(words.upload or "", who.account))
        try:
            lock.acquire(timeout=_WAIT_FOR_UPLOAD_S)
        except Timeout:
            raise BusyError("another request is busy with this upload; wait for it") from None
        try:
            upload = uploads.find(words.upload or "", who.account)
            if upload.delivery is not None:
                return self._known(upload, words)
            arrived = uploads.offset_bytes(upload)
            if arrived != upload.size_bytes:
                raise IncompleteError(
                    f"{arrived:,} of {upload.size_bytes:,} bytes have arrived; send the rest first"
                )
            path = uploads.path(upload)
            digest = digest_of(path)
            return self._receive(who, words, path, upload.file_name, digest, key, upload)
        finally:
            lock.release()

    def _known(self, upload: PendingUpload, words: Words) -> Delivery:
        delivery = self.assembly.store.delivery(str(upload.delivery))
        said = _upload_of(words, Path()).said
        day = words.valid_from or delivery.valid_from
        if (delivery.kind, dict(delivery.said), delivery.valid_from) != (words.kind, said, day):
            raise IdempotencyError(
                f"this upload already is delivery {delivery.id}, with other words; "
                "upload the file again"
            )
        return delivery

    def _receive(
        self,
        who: Visitor,
        words: Words,
        path: Path,
        file_name: str | None,
        digest: str,
        key: str | None,
        upload: PendingUpload | None = None,
    ) -> Delivery:
        operator = owner_of(who, words)
        check_kind(words.kind)
        if words.sha256 and words.sha256.lower() != digest:
            raise DigestError(
                f"the file that arrived has the SHA-256 {digest}, not {words.sha256}; send it anew"
            )
        if key is not None and not _KEY.fullmatch(key):
            raise MalformedError("Idempotency-Key must be 1 to 255 visible ASCII characters")
        today = datetime.now(UTC).date()
        valid_from = words.valid_from or (today if operator is not None else None)
        delivery = self.assembly.store.receive(
            words.kind,
            operator,
            path,
            who=who.name,
            valid_from=valid_from,
            account=who.account,
            said=_upload_of(words, path).said,
            replaces=words.replaces,
            idempotency_key=key,
            again=words.again,
            upload=upload,
            file_name=plain_file_name(file_name),
            digest=digest,
        )
        self.queue.add(jobs.CHECK, delivery.id)
        return delivery

    # --- looking ------------------------------------------------------------------------------

    def find(self, who: Visitor, delivery_id: str) -> Delivery:
        """Return a delivery that the visitor may see.

        Raises
        ------
        UnknownDeliveryError
            If there is none, or it is somebody else's; the message is the same.
        """
        found = self._seen(who, delivery_id) if _ID.fullmatch(delivery_id) else None
        if found is None:
            raise UnknownDeliveryError("there is no such delivery")
        return found

    def _seen(self, who: Visitor, delivery_id: str) -> Delivery | None:
        if not _sees_any(who):
            return None
        operator = None if who.reviews else who.operator
        return self.assembly.store.exact_delivery(delivery_id, operator)

    def page(
        self,
        who: Visitor,
        count: int,
        after: str | None,
        state: State | None,
        kind: str | None,
        operator: str | None,
    ) -> list[Delivery]:
        """List deliveries that the visitor may see, newest first; `after` the id of one of them.

        Raises
        ------
        NotSignedInError
            If nobody is signed in.
        UnknownDeliveryError
            If there is no delivery `after`.
        """
        check_signed_in(who)
        last = None if after is None else self.find(who, after)
        if not who.reviews:
            if who.operator is None or operator not in {None, who.operator}:
                return []
            operator = who.operator
        return self.assembly.store.page(
            count, after=last, state=state, kind=kind, operator=operator
        )

    def job(self, who: Visitor, job_id: str) -> tuple[Job, Delivery | None]:
        """Return a job, and the delivery that it works on; predictions are for coordinators.

        Raises
        ------
        UnknownJobError
            If there is none, or it is about somebody else's delivery; the message is the same.
        """
        unknown = jobs.UnknownJobError("there is no such job")
        if not (_ID.fullmatch(job_id) and _sees_any(who)):
            raise unknown
        try:
            job = self.assembly.store.job(job_id, None if who.reviews else who.operator)
        except jobs.UnknownJobError:
            raise unknown from None
        if job.delivery is None:
            return job, None
        delivery = self._seen(who, job.delivery)
        if delivery is None:
            raise unknown
        return job, delivery

    def review(self, delivery: Delivery) -> Review | Job:
        """Return the review of a delivery, or the job of the worker that makes it.

        Raises
        ------
        NoReviewError, ThresholdError
            See `stadtnetz.services.review.review_of`.
        ReviewFailedError
            If it could not be made a moment ago.
        """
        found = ready_review(self.assembly, delivery)
        if found is not None:
            return found
        store = self.assembly.store
        last = store.last_job(jobs.REVIEW, delivery.id)
        failed = last is not None and last.state is JobState.FAILED
        if last and failed and store.now() - last.changed_at < _TRY_AGAIN:
            raise ReviewFailedError("the review could not be made; it is tried again")
        job, is_new = store.pending_job(jobs.REVIEW, delivery.id)
        if is_new:
            self.queue.add(jobs.REVIEW, job.id)
        return job

    def file(self, delivery: Delivery, what: str) -> Path:
        """Return a delivery's ``original``, ``corrected`` or ``findings`` file.

        Raises
        ------
        FilesGoneError
            If there is none, or no more.
        ObjectError
            If it should be there.
        """
        digest: str | None = getattr(delivery, what)
        if digest is None:
            reason = (
                "was deleted at the end of its retention"
                if delivery.files_deleted_at
                else "is not there"
            )
            raise FilesGoneError(f"the file '{what}' of this delivery {reason}")
        return self.assembly.store.objects.path(digest)

    # --- deciding -----------------------------------------------------------------------------

    def publish(self, who: Visitor, delivery_id: str) -> tuple[VersionRef, Job]:
        """Publish a delivery, and have the worker resolve it.

        Raises
        ------
        UnknownDeliveryError, NotAllowedError
            If it is not the visitor's to publish.
        IllegalTransitionError
            If it is not staged; of two who publish at once, the second.
        """
        delivery = self._to_review(who, delivery_id)
        ref = self.assembly.store.publish(delivery.id, who.name)
        job = self.assembly.store.new_job(jobs.RESOLVE, delivery.id)
        self.queue.add(jobs.RESOLVE, job.id)
        return ref, job

    def reject(self, who: Visitor, delivery_id: str, reason: str) -> Delivery:
        """Reject a delivery with a reason.

        Raises
        ------
        UnknownDeliveryError, NotAllowedError, IllegalTransitionError
            As `publish`.
        """
        delivery = self._to_review(who, delivery_id)
        return self.assembly.store.reject(delivery.id, who.name, reason)

    def ask(self, who: Visitor, delivery_id: str, text: str) -> Delivery:
        """Ask the sender something.

        Raises
        ------
        UnknownDeliveryError, NotAllowedError
            As `publish`.
        """
        delivery = self._to_review(who, delivery_id)
        self.assembly.store.note(delivery.id, "question", who.name, text)
        return delivery

    def answer(self, who: Visitor, delivery_id: str, text: str) -> Delivery:
        """Answer a question.

        Raises
        ------
        UnknownDeliveryError
            If it is not the visitor's.
        """
        delivery = self.find(who, delivery_id)
        self.assembly.store.note(delivery.id, "answer", who.name, text)
        return delivery

    def withdraw(self, who: Visitor, delivery_id: str, reason: str) -> Delivery:
        """Take a delivery back.

        Raises
        ------
        UnknownDeliveryError, IllegalTransitionError
            If it is not the visitor's, or is over.
        """
        delivery = self.find(who, delivery_id)
        return self.assembly.store.withdraw(delivery.id, who.name, reason)

    def mapping(self, who: Visitor, kind: str) -> dict[str, str]:
        """Return the partner's last column mapping of a kind that passed.

        Raises
        ------
        NotSignedInError
            If nobody is signed in.
        UnknownKindError
            If there is no such kind.
        """
        check_signed_in(who)
        known = kind_of(kind).id
        return self.assembly.store.mapping(who.operator, known) if who.operator else {}

    def _to_review(self, who: Visitor, delivery_id: str) -> Delivery:
        delivery = self.find(who, delivery_id)
        if not who.reviews:
            raise NotAllowedError("only the city's coordinators decide on deliveries")
        return delivery


def _sees_any(who: Visitor) -> bool:
    return who.account is not None and (who.reviews or who.operator is not None)


def _upload_of(words: Words, path: Path) -> Upload:
    return Upload(
        words.kind,
        path,
        words.layer,
        words.mapping,
        words.constants,
        words.crs,
        words.valid_from,
        words.preset,
    )
