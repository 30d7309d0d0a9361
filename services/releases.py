"""Releases: what the public may see by district, and from when.

The union over operators is public. But what one publication changes in it is what one operator has
built: whoever compares the districts before and after takes it out by subtraction. So the public
sees the layers of operators by district only in *releases*, and the rule is one sentence:

    Any two releases that the public ever sees differ in the layers of at least three operators
    (of all, where there are fewer).

It does not matter whether two releases are those of two dates, or what was known of one date at
two moments; so nobody's layers can be had by subtracting any two. A state that would break the rule
is passed over: the districts stay as they were, and the city's totals go on, until others have
delivered as well. Layers of the city, and of operators whose layers are open, never wait.

What an operator conceded in a dispute changes its layer at one address, and would show alone what
one operator has there. So concessions never make a release: they come along with the next one, and
a state that is shown again is shown with those of its first time. Where every publication is seen
(`fewest` is 1), so is every concession; those of open operators always are.

Publications that follow one another within `QUIET` count as one, and are seen once that time is
over; a coordinator who publishes all deliveries of a quarter together hides each among the others.
Only the very first ones are seen at once, as there is nothing to compare them with.

What is not protected: the city's total, which is public and changes with every publication; one of
three operators from the other two, if these tell each other what they delivered; and a place
where all know that only one of those who delivered has built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from ..coverage.counting import FIBRE_KINDS
from ..coverage.indicators import indicators
from ..coverage.model import Concession, Indicator, Snapshot, VersionRef
from ..data.queries import Known, newest

if TYPE_CHECKING:
    from ..data.store import Store

QUIET = timedelta(minutes=15)
FEWEST_CHANGED = 3

Refs = tuple[VersionRef, ...]
Family = frozenset[str]
State = dict[str | None, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Release:
    """Layer versions of one family that were released together, for a date.

    ``concessions`` are those of confidential operators that came along.
    """

    as_of: date
    refs: Refs
    concessions: tuple[Concession, ...] = ()


def families() -> tuple[Family, ...]:
    """Return the layer kinds that are counted together: alternatives of the same need."""
    found: list[Family] = []
    for indicator in indicators().values():
        for need in indicator.needs:
            kinds = frozenset(need.split("|"))
            touching = [family for family in found if family & kinds]
            found = [family for family in found if not family & kinds]
            found.append(kinds.union(*touching))
    return tuple(sorted(found, key=sorted))


class Releases:
    """Decides which versions of the operators' layers the public may see by district.

    Parameters
    ----------
    store : Store
    open_operators : set of str
        Operators whose layers are no secret: the city itself, and those that agreed.
    fewest : int
        Operators that must have changed something between two releases.
    clock : callable
        Tells the present moment, with time zone.
    known_at : datetime, optional
        Nothing that happened later is looked at; see `at`.
    """

    def __init__(
        self,
        store: Store,
        open_operators: Iterable[str] = (),
        fewest: int = FEWEST_CHANGED,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        known_at: datetime | None = None,
    ) -> None:
        self._store = store
        self._open = frozenset(open_operators)
        self._fewest = fewest
        self._clock = clock
        self._known_at = known_at
        self._read: tuple[datetime, list[Known]] | None = None
        self._walked: dict[tuple[Family, tuple[datetime, ...]], tuple[Release, ...]] = {}

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self._clock()

    @property
    def known_at(self) -> datetime:
        """When figures last changed, as far as that is looked at."""
        return self._known_at or self._store.snapshot(date.max).known_at

    def at(self, known_at: datetime, now: datetime) -> Releases:
        """Return the releases as they were at the moment `now`, with what was known at another.

        They stay as they are, whatever happens afterwards.
        """
        return Releases(self._store, self._open, self._fewest, lambda: now, known_at)

    def is_confidential(self, ref: VersionRef) -> bool:
        """Tell whether a version is an operator's that is not open."""
        return ref.operator is not None and ref.operator not in self._open

    def snapshot(self, as_of: date) -> Snapshot:
        """Return the versions that the public may see by district on a date."""
        live = self._store.snapshot(as_of, self._known_at)
        refs = [ref for ref in live.versions if not self.is_confidential(ref)]
        conceded: tuple[Concession, ...] = ()
        for family in families():
            release = self.latest(family, as_of)
            refs += release.refs if release else ()
            conceded += release.concessions if release and family & set(FIBRE_KINDS) else ()
        versions = tuple(sorted(refs, key=_layer))
        return Snapshot(as_of, live.known_at, versions, self._conceded(live, conceded))

    def snapshot_of(self, release: Release) -> Snapshot:
        """Return what the public saw by district of the family of a release, when it was made."""
        base = self._store.snapshot(release.as_of, self._known_at)
        kept = [ref for ref in base.versions if not self.is_confidential(ref)]
        conceded = self._conceded(base, release.concessions)
        return replace(base, versions=(*kept, *release.refs), concessions=conceded)

    def _conceded(self, live: Snapshot, released: tuple[Concession, ...]) -> tuple[Concession, ...]:
        """Return the concessions to be seen: of open operators those of today."""
        if self._fewest == 1:
            return live.concessions
        seen = [each for each in live.concessions if each.operator in self._open]
        return tuple(sorted({*seen, *released}, key=astuple))

    def latest(self, family: Family, as_of: date) -> Release | None:
        """Return the release of a family that is seen on a date; ``None`` where there is none."""
        dated = [each for each in self.every(family) if each.as_of <= as_of]
        # of several releases for a date the last one holds, and `max` takes the first
        return max(reversed(dated), key=lambda each: each.as_of, default=None)

    def every(self, family: Family) -> tuple[Release, ...]:
        """List everything of a family that was ever released, in order."""
        history = [
            (ref, end)
            for ref, end in self._history()
            if ref.kind in family and self.is_confidential(ref)
        ]
        moments = tuple(_moments(history, self._clock()))
        if (family, moments) not in self._walked:
            self._walked = {k: v for k, v in self._walked.items() if k[0] != family}
            self._walked[family, moments] = tuple(self._walk(history, moments))
        return self._walked[family, moments]

    def of(self, indicator: Indicator, as_of: date) -> Release | None:
        """Return the release that an indicator shows; ``None`` if none of its layers is secret."""
        needed = {kind for need in indicator.needs for kind in need.split("|")}
        found = (self.latest(family, as_of) for family in families() if family & needed)
        return next((release for release in found if release), None)

    def _history(self) -> list[Known]:
        """Return all publications that are known, read anew when there is another."""
        last = self.known_at
        if self._read is None or self._read[0] != last:
            found = self._store.publications(live=False)
            known = [(each.ref, each.withdrawn_at) for each in found]
            self._read = (last, list(_known_at(known, self._known_at)))
        return self._read[1]

    def _walk(self, history: list[Known], moments: Iterable[datetime]) -> Iterator[Release]:
        seen: list[tuple[State, tuple[Concession, ...]]] = []
        shown: dict[date, State] = {}
        for moment in moments:
            known = {ref.valid_from or date.min for ref, _ in history if ref.published_at <= moment}
            for day in sorted(known):
                refs = newest(history, day, moment)
                state = _state(refs)
                now = shown.get(max((d for d in shown if d <= day), default=date.min), {})
                if state == now:
                    continue
                again = next((conceded for other, conceded in seen if other == state), None)
                if again is not None:
                    shown[day] = state
                    yield Release(day, refs, again)
                elif all(self._apart(state, other) for other, _ in seen):
                    conceded = self._confidential_concessions(moment)
                    seen.append((state, conceded))
                    shown[day] = state
                    yield Release(day, refs, conceded)

    def _confidential_concessions(self, moment: datetime) -> tuple[Concession, ...]:
        conceded = self._store.snapshot(date.max, moment).concessions
        return tuple(each for each in conceded if each.operator not in self._open)

    def _apart(self, one: State, other: State) -> bool:
        """Tell whether so many operators differ that the difference is nobody's."""
        names = one.keys() | other.keys()
        changed = sum(one.get(name) != other.get(name) for name in names)
        return changed >= min(self._fewest, len(names))


def _state(refs: Refs) -> State:
    names = {ref.operator for ref in refs}
    return {name: frozenset(r.version for r in refs if r.operator == name) for name in names}


def _layer(ref: VersionRef) -> tuple[str, str, str]:
    return ref.kind, ref.operator or "", ref.part


def _known_at(history: list[Known], moment: datetime | None) -> Iterator[Known]:
    """Yield what was published and withdrawn until a moment; ``None``: everything."""
    for ref, end in history:
        if moment is None:
            yield ref, end
        elif ref.published_at <= moment:
            yield ref, end if end and end <= moment else None


def _moments(history: list[Known], now: datetime) -> Iterator[datetime]:
    """Yield the end of each batch of publications and withdrawals that is over, or the first."""
    events = sorted(at for ref, end in history for at in (ref.published_at, end) if at)
    later = (*events[1:], now)
    ends = [at for at, after in zip(events, later, strict=False) if after - at > QUIET]
    yield from ends or events[-1:]
