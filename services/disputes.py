"""Disputes: an offer at an address is doubted, the operator answers, a coordinator decides.

A coordinator disputes the offer of one operator. The public, where the setting allows it, names an
address and, if it likes, a provider and a technology; whose offer it is that gets disputed, and
whether there is any, is not told. Operators see the disputes about themselves, and not by whom they
were opened.

The operator concedes or rebuts. A coordinator decides what was rebutted, and what was not answered
in time; and lifts what was conceded, when the line is there. Conceded addresses count no more from
that moment on, whatever is delivered meanwhile; what was known before stays as it was.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unicodedata import category

import numpy as np

from ..coverage.concessions import offers_at
from ..data.code_lists import code_list
from ..data.database import explained
from ..data.dispute_records import IN_FORCE, Dispute, DisputeState, reason
from ..data.disputes import AlreadyDisputedError, Disputes, UnknownDisputeError
from ..data.evidence import media_type, safe_name
from ..data.names import fold
from .access.visitor import Role

if TYPE_CHECKING:
    from pathlib import Path

    from ..coverage.model import VersionRef
    from .access.visitor import Visitor
    from .assembly import Assembly

TEXT_LENGTH = 2000
NAME_LENGTH = 128
_ID_BYTES = 16
_ANSWERS = frozenset({DisputeState.CONCEDED, DisputeState.REBUTTED})


class DisputeError(ValueError):
    """What was said in a dispute is missing, too long or not to be read."""


class NotAllowedError(ValueError):
    """The visitor may not do this."""


class UnknownAddressError(ValueError):
    """The register has no address of this id."""


class NoOfferError(ValueError):
    """The operator says of the address neither that it is passed nor that there is an offer."""


class NotOverdueError(ValueError):
    """The operator still has time to answer."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file as it was sent, with the name it was sent under."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody doubts.

    Parameters
    ----------
    operator : str or None
        Slug of the operator; coordinators only.
    provider, technology : str or None
        As the public names them.
    """

    address_id: str
    reason: str
    text: str
    operator: str | None = None
    provider: str | None = None
    technology: str | None = None
    evidence: Evidence | None = None


def open_dispute(assembly: Assembly, claim: Claim, who: Visitor, days: int) -> Dispute:
    """Dispute the offer of one operator, as a coordinator.

    Raises
    ------
    NotAllowedError
        If the visitor is no coordinator.
    DisputeError, UnknownReasonError, EvidenceError
        If something of the claim cannot be taken.
    UnknownAddressError
        If the register has no such address.
    NoOfferError
        If the operator does not claim the address.
    AlreadyDisputedError
        If the same is disputed already.
    """
    _only_reviewers(who, "dispute the offer of an operator")
    if not claim.operator:
        raise DisputeError("say whose offer is disputed: operator")
    technology = _checked(claim)
    found = [
        ref
        for ref in _offers(assembly, claim.address_id, technology)
        if ref.operator == claim.operator
    ]
    if not found:
        raise NoOfferError(
            f"{claim.operator} claims neither a line nor an offer at address {claim.address_id}"
        )
    evidence = _kept(assembly, claim)
    receipt = secrets.token_hex(_ID_BYTES)
    return Disputes(assembly.store).enter(
        _dispute(assembly, claim, found[0], receipt, who.name, days, evidence)
    )


def report_publicly(assembly: Assembly, claim: Claim, days: int) -> str:
    """Dispute an offer as the public; return a receipt that tells nothing else.

    Every operator that claims the address is asked, or the one whose name the provider's is, or
    those that claim this technology. Where there is none, or it is disputed already, the report is
    kept for the coordinators, and the answer is the same.

    Raises
    ------
    DisputeError, UnknownReasonError, EvidenceError
        If something of the claim cannot be taken.
    UnknownAddressError
        If the register has no such address.
    """
    technology = _checked(claim)
    claiming: dict[str, VersionRef] = {
        str(ref.operator): ref for ref in _offers(assembly, claim.address_id, technology)
    }
    if claim.provider:
        claiming = {
            name: ref for name, ref in claiming.items() if fold(name) == fold(claim.provider)
        }
    evidence = _kept(assembly, claim)
    receipt = secrets.token_hex(_ID_BYTES)
    opened = 0
    for _, ref in sorted(claiming.items()):
        dispute = _dispute(assembly, claim, ref, receipt, "public", days, evidence)
        try:
            Disputes(assembly.store).enter(dispute)
        except AlreadyDisputedError:
            continue
        opened += 1
    if not opened:
        dispute = _dispute(assembly, claim, None, receipt, "public", days, evidence)
        Disputes(assembly.store).enter(dispute)
    return receipt


def dispute_for(assembly: Assembly, dispute_id: str, who: Visitor) -> Dispute:
    """Return a dispute that the visitor may see.

    Raises
    ------
    NotAllowedError
        If the visitor is the public.
    UnknownDisputeError
        If there is none, or it is about another operator; there is no difference.
    """
    _only_members(who)
    unknown = UnknownDisputeError(f"there is no dispute {dispute_id!r}")
    try:
        found = Disputes(assembly.store).find(dispute_id)
    except UnknownDisputeError:
        raise unknown from None
    if not who.sees(found.operator):
        raise unknown
    return found


def disputes_for(
    assembly: Assembly,
    who: Visitor,
    *,
    operator: str | None = None,
    state: str | None = None,
    address_id: str | None = None,
    limit: int,
    offset: int,
) -> dict[str, Any]:
    """Return a page of the disputes that the visitor may see, newest first.

    Raises
    ------
    NotAllowedError
        If the visitor is the public.
    """
    _only_members(who)
    if not who.reviews:
        operator = who.operator
    count, page = Disputes(assembly.store).page(
        operator=operator,
        state=DisputeState(state) if state else None,
        address_id=address_id,
        limit=limit,
        offset=offset,
    )
    return {"count": count, "offset": offset, "disputes": [entry(row, who) for row in page]}


def answer(
    assembly: Assembly, dispute_id: str, state: DisputeState, who: Visitor, text: str
) -> Dispute:
    """Answer, decide or lift a dispute.

    Operators concede and rebut; coordinators uphold what was rebutted or not answered in time,
    dismiss, and lift.

    Raises
    ------
    NotAllowedError
        If it is not the visitor's to do.
    UnknownDisputeError
        If there is none that the visitor may see.
    DisputeError
        If the text is missing or too long.
    NotOverdueError
        If a coordinator upholds what the operator may still answer.
    DisputeStateError
        If its state does not allow it.
    """
    found = dispute_for(assembly, dispute_id, who)
    if (state in _ANSWERS) != (who.role is Role.PARTNER):
        whose = "the operator" if state in _ANSWERS else "a coordinator"
        raise NotAllowedError(f"it is for {whose} to say that a dispute is {state}")
    said = _checked_text(text, required=state is not DisputeState.CONCEDED)
    today = assembly.store.now().date()
    if state is DisputeState.UPHELD and found.state is DisputeState.OPEN and today <= found.due:
        raise NotOverdueError(
            f"the operator may answer until {found.due.isoformat()}; decide it after that day"
        )
    return Disputes(assembly.store).move(found.id, state, who=who.name, text=said)


def forget(assembly: Assembly, dispute_id: str, who: Visitor, text: str) -> Dispute:
    """Delete what people wrote and sent when they opened a settled dispute, as a coordinator.

    Raises
    ------
    NotAllowedError
        If the visitor is no coordinator.
    UnknownDisputeError
        If there is none.
    DisputeError
        If no reason is given, or it is too long.
    DisputeStateError
        If it is not settled.
    """
    _only_reviewers(who, "delete what was said in a dispute")
    why = _checked_text(text, required=True)
    return Disputes(assembly.store).forget(dispute_id, who=who.name, why=why)


def evidence_of(assembly: Assembly, dispute_id: str, who: Visitor) -> tuple[Path, str, str]:
    """Return path, media type and name of a dispute's evidence.

    Raises
    ------
    NotAllowedError
        If the visitor is the public.
    UnknownDisputeError
        If there is no dispute that the visitor may see, or it has no evidence.
    """
    found = dispute_for(assembly, dispute_id, who)
    if found.evidence is None:
        raise UnknownDisputeError(f"dispute {found.id} has no evidence file")
    path = assembly.store.objects.path(found.evidence)
    with path.open("rb") as file:
        kind, _ = media_type(file.read(16))
    return path, kind, str(found.evidence_name)


def entry(dispute: Dispute, who: Visitor) -> dict[str, Any]:
    """Return a dispute as the visitor may see it.

    Operators are not told who opened or decided it, only whether it was the city or the public; and
    nothing of what the public asked besides.
    """
    why = reason(dispute.reason)
    shown: dict[str, Any] = {
        "id": dispute.id,
        "operator": dispute.operator or None,
        "address_id": dispute.address_id,
        "reason": {"code": why.code, "en": why.en, "de": why.de},
        "masks": dispute.masks,
        "text": dispute.text,
        "state": dispute.state,
        "origin": "public" if dispute.opened_by == Role.PUBLIC else "city",
        "opened_at": dispute.opened_at.isoformat(),
        "due": dispute.due.isoformat(),
        "evidence": dispute.evidence_name,
        "answer": _step(dispute.answered_at, dispute.answered_by, dispute.answer),
        "decision": _step(dispute.decided_at, dispute.decided_by, dispute.decision),
        "lifted": _step(dispute.lifted_at, dispute.lifted_by, dispute.lifted_why),
        "in_force": dispute.state in IN_FORCE,
    }
    if who.reviews:
        return shown | {
            "opened_by": dispute.opened_by,
            "asked": dict(dispute.asked),
            "receipt": dispute.receipt,
            "version": dispute.version,
        }
    for step in ("decision", "lifted"):
        if shown[step]:
            shown[step].pop("who")
    return shown


def _step(at: Any, who: str | None, text: str | None) -> dict[str, Any] | None:
    return {"at": at.isoformat(), "who": who, "text": text} if at else None


def _only_reviewers(who: Visitor, what: str) -> None:
    if not who.reviews:
        raise NotAllowedError(f"only coordinators may {what}")


def _only_members(who: Visitor) -> None:
    if who.role is Role.PUBLIC:
        raise NotAllowedError("sign in to see disputes")


def _checked(claim: Claim) -> str | None:
    """Refuse what cannot be taken of a claim; return the code of the technology."""
    reason(claim.reason)
    _checked_text(claim.text, required=True)
    for name in ("address_id", "operator", "provider", "technology"):
        value = getattr(claim, name) or ""
        if len(value) > NAME_LENGTH or not value.isprintable():
            raise DisputeError(f"{name} may have at most {NAME_LENGTH} characters, all printable")
    if not claim.technology:
        return None
    technology = code_list("fibre_technology").find(claim.technology)
    if technology is None:
        known = ", ".join(code_list("fibre_technology").values)
        raise DisputeError(f"there is no technology {claim.technology!r}; there are {known}")
    return technology


def _checked_text(text: str, *, required: bool) -> str:
    text = text.strip()
    if required and not text:
        raise DisputeError("say in words what is wrong, or why: text")
    if len(text) > TEXT_LENGTH:
        raise DisputeError(f"the text may have at most {TEXT_LENGTH} characters, not {len(text)}")
    if any(category(c) in {"Cc", "Cs"} and c not in "\n\r\t" for c in text):
        raise DisputeError("the text holds control characters; send plain text")
    return text


def _offers(assembly: Assembly, address_id: str, technology: str | None) -> list[VersionRef]:
    """Find the versions that claim an address today, conceded or not."""
    snapshot = assembly.store.snapshot(assembly.store.now().date())
    units = assembly.publication.ground(snapshot).units.get("addresses")
    index = [] if units is None else np.flatnonzero(units.ids == address_id).tolist()
    if not index:
        raise UnknownAddressError(f"the address register has no id {address_id!r}")
    claims = assembly.publication.claims_on_addresses(snapshot)
    return offers_at(claims, index[0], technology)


def _kept(assembly: Assembly, claim: Claim) -> tuple[str, str] | None:
    """Keep the evidence as an object; return its digest and a name to save it under."""
    if claim.evidence is None:
        return None
    _, ending = media_type(claim.evidence.content)
    with explained("keep the evidence"):
        digest = assembly.store.objects.put(claim.evidence.content)
    return digest, safe_name(claim.evidence.name, ending)


def _dispute(
    assembly: Assembly,
    claim: Claim,
    ref: VersionRef | None,
    receipt: str,
    opened_by: str,
    days: int,
    evidence: tuple[str, str] | None,
) -> Dispute:
    now = assembly.store.now()
    asked: Mapping[str, Any] = {"provider": claim.provider, "technology": claim.technology}
    digest, name = evidence or (None, None)
    return Dispute(
        id=secrets.token_hex(_ID_BYTES),
        receipt=receipt,
        operator=str(ref.operator) if ref else "",
        address_id=claim.address_id,
        version=ref.version if ref else None,
        reason=claim.reason,
        masks=reason(claim.reason).masks,
        text=claim.text.strip(),
        opened_at=now,
        opened_by=opened_by,
        due=now.date() + timedelta(days=days),
        state=DisputeState.OPEN if ref else DisputeState.NOTED,
        asked={name: value for name, value in asked.items() if value},
        evidence=digest,
        evidence_name=name,
    )
