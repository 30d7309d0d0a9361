"""What the pages of deliveries show: gathered here, drawn by `stadtnetz.maps`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.dispute_records import DisputeState
from ..data.disputes import Disputes
from ..data.jobs import Job
from ..data.kinds import kinds
from ..data.states import TRANSITIONS, State
from ..maps.deliveries import Filters, Listing, Waiting
from ..maps.delivery import Powers, Sheet
from ..maps.delivery_map import Places
from .deliveries import ReviewFailedError
from .delivery_entries import delivery_entry, full_entry, job_entry, receipt
from .difference_rows import rows
from .pages import Pages
from .review import comparison_of, difference_of
from .review_base import NoReviewError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..data.records import Delivery, Event
    from ..maps.setting import Ground
    from .access.visitor import Visitor
    from .assembly import Assembly
    from .deliveries import Desk

PAGE = 50
MAP_PLACES = 500
"""Changed things on the map; a browser draws each as an element of its own."""
_NOTES = ("question", "answer")
_REPLACEABLE = frozenset({State.STAGED, State.PUBLISHED, State.REJECTED})


def listing_for(desk: Desk, who: Visitor, filters: Filters, after: str | None) -> Listing:
    """Return a page of the list, and what waits for the visitor.

    Raises
    ------
    UnknownDeliveryError
        If there is no delivery `after`.
    """
    state = State(filters.state) if filters.state else None
    found = desk.page(who, PAGE + 1, after, state, filters.kind or None, filters.operator or None)
    shown = found[:PAGE]
    whole = not filters.is_set and after is None
    return Listing(
        rows=[delivery_entry(delivery) for delivery in shown],
        waiting=_waiting(desk, who) if whole else (),
        disputes_count=_disputes(desk.assembly, who) if whole else 0,
        filters=filters,
        kinds=tuple(kinds()),
        following=shown[-1].id if len(found) > PAGE else None,
    )


def _waiting(desk: Desk, who: Visitor) -> list[Waiting]:
    staged = desk.page(who, PAGE, None, State.STAGED, None, None)
    asked = {delivery.id: _last_note(desk.assembly, delivery) for delivery in staged}
    if who.reviews:
        whys = {None: "publish", "answer": "answered"}
        return [
            Waiting(delivery_entry(delivery), whys[asked[delivery.id]])
            for delivery in staged
            if asked[delivery.id] in whys
        ]
    found = [
        Waiting(delivery_entry(delivery), "question")
        for delivery in staged
        if asked[delivery.id] == "question"
    ]
    newest: dict[str, Delivery] = {}
    for delivery in desk.page(who, PAGE, None, None, None, None):
        newest.setdefault(delivery.kind, delivery)
    refused = [each for each in newest.values() if each.state is State.REJECTED]
    return [*found, *(Waiting(delivery_entry(delivery), "rejected") for delivery in refused)]


def _last_note(assembly: Assembly, delivery: Delivery) -> str | None:
    """Tell whether a question or an answer came last; ``None`` where there is neither."""
    notes = [event.what for event in assembly.store.events(delivery.id) if event.what in _NOTES]
    return notes[-1] if notes else None


def _disputes(assembly: Assembly, who: Visitor) -> int:
    state = DisputeState.REBUTTED if who.reviews else DisputeState.OPEN
    operator = None if who.reviews else who.operator
    count, _ = Disputes(assembly.store).page(operator=operator, state=state, limit=1, offset=0)
    return count


def sheet_for(desk: Desk, who: Visitor, delivery: Delivery) -> Sheet:
    """Return everything that the page of a delivery shows to a visitor who may see it."""
    store = desk.assembly.store
    review, failed = _review(desk, delivery, who)
    events, known = store.events(delivery.id), store.jobs(delivery.id)
    running = [job for job in known if not job.is_over]
    return Sheet(
        delivery=full_entry(delivery, events, known),
        report=dict(delivery.report),
        receipt=receipt(delivery, events[0]),
        places=_places(desk.assembly, delivery, who, reviewed=review is not None),
        powers=powers_of(delivery, who),
        review=review,
        review_failed=failed,
        job=job_entry(running[-1]) if running else None,
        question=_question(events, delivery),
        replaced_by=_replaced_by(desk, who, delivery),
    )


def powers_of(delivery: Delivery, who: Visitor) -> Powers:
    """Tell what a visitor who sees a delivery may do with it in its state."""
    follow = TRANSITIONS[delivery.state]
    own = delivery.operator is not None and not who.reviews
    alive = bool(follow)
    return Powers(
        publish=who.reviews and State.PUBLISHED in follow and delivery.state is State.STAGED,
        reject=who.reviews and State.REJECTED in follow and delivery.state is State.STAGED,
        ask=who.reviews and alive and delivery.operator is not None,
        answer=own and alive,
        withdraw=State.WITHDRAWN in follow,
        replace=delivery.state in _REPLACEABLE and (own or delivery.operator is None),
    )


def ground_of(assembly: Assembly) -> Ground:
    """Return today's ground below a map."""
    return Pages(assembly, datetime.now(UTC).date()).ground


def _question(events: list[Event], delivery: Delivery) -> str:
    notes = [event for event in events if event.what in _NOTES]
    open_ = bool(notes) and notes[-1].what == "question" and bool(TRANSITIONS[delivery.state])
    return notes[-1].why if open_ else ""


def _replaced_by(desk: Desk, who: Visitor, delivery: Delivery) -> dict[str, Any] | None:
    found = desk.page(who, PAGE, None, None, delivery.kind, delivery.operator)
    return next((delivery_entry(each) for each in found if each.replaces == delivery.id), None)


def _review(desk: Desk, delivery: Delivery, who: Visitor) -> tuple[dict[str, Any] | None, bool]:
    """Return the review, if it is there, and whether it could not be made."""
    if delivery.state not in {State.STAGED, State.PUBLISHED}:
        return None, False
    try:
        found = desk.review(delivery)
    except NoReviewError:
        return None, False
    except ReviewFailedError:
        return None, True
    return (None if isinstance(found, Job) else found.to_dict(for_operator=not who.reviews)), False


def _places(assembly: Assembly, delivery: Delivery, who: Visitor, *, reviewed: bool) -> Places:
    crs = assembly.workspace.crs
    findings = [
        example | {"severity": group["severity"]}
        for group in delivery.report.get("findings", ())
        for example in group["examples"]
        if example.get("x") is not None
    ]
    if not reviewed:
        return Places(crs, findings)
    difference = difference_of(assembly, delivery, own=not who.reviews)
    comparison = comparison_of(assembly, delivery)
    items = difference.items
    placed = items[np.isfinite(items["x"]) & np.isfinite(items["y"])]
    shown = _rare_first(placed, difference.changes).iloc[:MAP_PLACES]
    changed = [
        row | {"x": x, "y": y}
        for row, x, y in zip(
            rows(shown, difference, comparison),
            shown["x"].tolist(),
            shown["y"].tolist(),
            strict=True,
        )
    ]
    return Places(crs, findings, changed, comparison.places(), len(placed))


def _rare_first(items: Any, changes: Sequence[str]) -> Any:
    """Put things with a rare change first, since the common ones are seen anyway."""
    if not len(items) or not changes:
        return items
    flags = items[list(changes)].to_numpy(dtype=bool)
    counts = np.where(flags, flags.sum(axis=0), len(items) + 1)
    return items.iloc[np.argsort(counts.min(axis=1), kind="stable")]
