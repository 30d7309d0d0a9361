"""What a delivery is reviewed against: its last version, and the figures that are published.

A delivery that waits is compared with what counts now; one that was published, with what counted
just before.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..coverage.effect import Reading
from ..coverage.indicators import indicators
from ..coverage.model import Scenario, Snapshot, VersionRef
from ..data.disputes import Disputes
from .ground import METHOD, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..coverage.model import Share
    from ..data.records import Delivery
    from ..data.store import Store
    from .figures import Evaluator

_TICK = timedelta(microseconds=1)


class NoReviewError(ValueError):
    """A delivery holds nothing that could be reviewed."""


@dataclass(frozen=True, slots=True)
class Base:
    """The snapshots of a review.

    Parameters
    ----------
    version : VersionRef
        The delivery's.
    last : VersionRef or None
        The operator's newest published version of the same kind, whatever its date.
    published : Snapshot
        As of the last change by an operator (publication, withdrawal, concession): what the figures
        that were published last rest on.
    now : Snapshot
        With the city layers that were imported since.
    with_delivery : Snapshot
        With the delivery laid over; equal to `now` where a later date hides it.
    """

    version: VersionRef
    last: VersionRef | None
    published: Snapshot
    now: Snapshot
    with_delivery: Snapshot

    @property
    def digest(self) -> str:
        """Names all that a review follows from, but for method and thresholds."""
        snapshots = (self.published, self.now, self.with_delivery)
        last = self.last.version if self.last else None
        return digest_of(last, *(snapshot.content for snapshot in snapshots))


def base_of(store: Store, delivery: Delivery) -> Base:
    """Find what a delivery is reviewed against.

    Raises
    ------
    NoReviewError
        If it is the city's own, or was never staged.
    """
    if delivery.operator is None or delivery.version is None:
        raise NoReviewError(
            f"delivery {delivery.short_id} is {delivery.state} and holds no operator's layer, so "
            "there is nothing to compare; only what was staged is reviewed"
        )
    moment = _published_at(store, delivery)
    known_at = moment - _TICK if moment else None
    day = (moment or store.now()).date()
    as_of = max(day, delivery.valid_from or day)
    now = store.snapshot(as_of, known_at)
    version = VersionRef(
        delivery.version,
        delivery.kind,
        delivery.operator,
        delivery.valid_from,
        now.known_at,
        delivery.part,
    )
    shown = _same_layer(now, version)
    hidden = shown is not None and _day(shown) > _day(version)
    return Base(
        version,
        _same_layer(store.snapshot(date.max, known_at), version),
        store.snapshot(as_of, _last_operator_change(store, now)),
        now,
        now if hidden else Scenario(now, versions=(version,)).snapshot,
    )


def published_readings(
    store: Store, snapshot: Snapshot, shares: Mapping[str, Share]
) -> dict[str, tuple[Reading, str]]:
    """Return the figures of a snapshot as they were first written down, with their method.

    What was never written down is written down now, by today's method.
    """
    key = _figures_key(snapshot)
    frame = store.derived_frame(key)
    if frame is None:
        frame = _frame_of(shares)
        store.derived_put(key, frame)
    return {
        str(name): (Reading(_known(part), _known(whole)), str(method))
        for name, part, whole, method in frame.itertuples(index=False)
    }


def record_figures(evaluator: Evaluator, as_of: date) -> None:
    """Write down the figures that were just published, so that a later method can be told apart.

    To be called after every publication; costs nothing where they are written down already.
    """
    figures = evaluator.figures(as_of)
    published_readings(evaluator.publication.store, figures.snapshot, figures.shares)


def are_recorded(store: Store, as_of: date) -> bool:
    """Tell whether the figures of a date were written down, and so are at hand."""
    return store.derived_details(_figures_key(store.snapshot(as_of))) is not None


def _figures_key(snapshot: Snapshot) -> str:
    # names the layers and no method, so that a later one finds what was written down
    content = json.dumps(sorted(map(str, snapshot.content)))
    return f"figures/{hashlib.sha256(content.encode()).hexdigest()}"


def method_of(indicator: str) -> str:
    """Return the version of an indicator's method, with that of resolving layers."""
    return f"{indicators()[indicator].method_version}.{METHOD}"


def _frame_of(shares: Mapping[str, Share]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "indicator": pd.array(list(shares), dtype="str"),
            "part": [_number(share.part) for share in shares.values()],
            "whole": [_number(share.whole) for share in shares.values()],
            "method": pd.array([method_of(name) for name in shares], dtype="str"),
        }
    )


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


def _known(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)


def _published_at(store: Store, delivery: Delivery) -> datetime | None:
    """Moment of the delivery's publication."""
    for publication in store.publications(delivery.kind, delivery.operator, live=False):
        if publication.delivery == delivery.id:
            return publication.ref.published_at
    return None


def _last_operator_change(store: Store, now: Snapshot) -> datetime:
    """Moment of the last change by an operator's layer or a concession, as known in a snapshot."""

    def moments() -> Iterator[datetime | None]:
        for publication in store.publications(live=False):
            if publication.ref.operator is not None:
                yield publication.ref.published_at
                yield publication.withdrawn_at
        yield from Disputes(store).moments()

    known = [moment for moment in moments() if moment and moment <= now.known_at]
    return max(known, default=now.known_at)


def _same_layer(snapshot: Snapshot, version: VersionRef) -> VersionRef | None:
    layer = (version.kind, version.operator, version.part)
    for ref in snapshot.versions:
        if (ref.kind, ref.operator, ref.part) == layer:
            return ref
    return None


def _day(ref: VersionRef) -> date:
    return ref.valid_from or date.min
