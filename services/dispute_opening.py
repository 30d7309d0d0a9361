"""Opening disputes: whose offer at an address is doubted, and by whom.

The public is not told whose offer it disputes, and whether there is any; see `.disputes`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from ..coverage.concessions import offers_at
from ..data.code_lists import code_list
from ..data.database import explained
from ..data.dispute_records import Dispute, DisputeState, reason
from ..data.disputes import AlreadyDisputedError, Disputes
from ..data.evidence import media_type, safe_name
from ..data.names import fold
from .disputes import DisputeError, checked_text, only_reviewers

if TYPE_CHECKING:
    from ..coverage.model import VersionRef
    from .access.visitor import Visitor
    from .assembly import Assembly

NAME_LENGTH = 128
_ID_BYTES = 16


class UnknownAddressError(ValueError):
    """The register has no address of this id."""


class NoOfferError(ValueError):
    """The operator says of the address neither that it is passed nor that there is an offer."""


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
    only_reviewers(who, "dispute the offer of an operator")
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


def operators_at(assembly: Assembly, address_id: str) -> list[str]:
    """Return whose offers at an address can be disputed today, in alphabetical order.

    Raises
    ------
    UnknownAddressError
        If the register has no such address.
    """
    return sorted({str(ref.operator) for ref in _offers(assembly, address_id, None)})


def _checked(claim: Claim) -> str | None:
    """Refuse what cannot be taken of a claim; return the code of the technology."""
    reason(claim.reason)
    checked_text(claim.text, required=True)
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
