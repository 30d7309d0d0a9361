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

from typing import TYPE_CHECKING, Any
from unicodedata import category

from ..data.dispute_records import IN_FORCE, Dispute, DisputeState, reason
from ..data.disputes import Disputes, UnknownDisputeError
from ..data.evidence import media_type
from .access.visitor import NotAllowedError, Role

if TYPE_CHECKING:
    from pathlib import Path

    from .access.visitor import Visitor
    from .assembly import Assembly

TEXT_LENGTH = 2000
_ANSWERS = frozenset({DisputeState.CONCEDED, DisputeState.REBUTTED})


class DisputeError(ValueError):
    """What was said in a dispute is missing, too long or not to be read."""


class NotOverdueError(ValueError):
    """The operator still has time to answer."""


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
    if not (who.reviews or who.operator):
        raise UnknownDisputeError(f"there is no dispute {dispute_id!r}")
    return Disputes(assembly.store).find(dispute_id, None if who.reviews else who.operator)


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
    said = checked_text(text, required=state is not DisputeState.CONCEDED)
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
    only_reviewers(who, "delete what was said in a dispute")
    why = checked_text(text, required=True)
    return Disputes(assembly.store).forget(dispute_id, who=who.name, why=why)


def evidence_of(assembly: Assembly, dispute_id: str, who: Visitor) -> tuple[Dispute, Path, str]:
    """Return a dispute, and path and media type of its evidence.

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
    return found, path, kind


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


def only_reviewers(who: Visitor, what: str) -> None:
    """Refuse everybody but coordinators.

    Raises
    ------
    NotAllowedError
        If the visitor is none.
    """
    if not who.reviews:
        raise NotAllowedError(f"only coordinators may {what}")


def _only_members(who: Visitor) -> None:
    if who.role is Role.PUBLIC:
        raise NotAllowedError("sign in to see disputes")


def checked_text(text: str, *, required: bool) -> str:
    """Return a text that people wrote, without space around it.

    Raises
    ------
    DisputeError
        If it is missing, too long, or holds control characters.
    """
    text = text.strip()
    if required and not text:
        raise DisputeError("say in words what is wrong, or why: text")
    if len(text) > TEXT_LENGTH:
        raise DisputeError(f"the text may have at most {TEXT_LENGTH} characters, not {len(text)}")
    if any(category(c) in {"Cc", "Cs"} and c not in "\n\r\t" for c in text):
        raise DisputeError("the text holds control characters; send plain text")
    return text
