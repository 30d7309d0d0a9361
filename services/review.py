"""The review of a delivery: difference, effect if published, and alarms.

Made once per delivery and base snapshot, and kept in the store. Who may see what:

- The operator sees the difference of its own delivery to its own last version, and the alarms that
  speak of nothing else.
- Coordinators see that and the effect on indicators and goals. The operator does not: how much of
  its delivery is new to the city tells how far it overlaps with its competitors.
- Who is connected and who is a customer (``activated``) is told of an address to nobody but the
  operator: everybody else sees ``connected``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from ..coverage.concessions import claimed_count, conceded_units
from ..coverage.difference import ADDRESS_CHANGES, SITE_CHANGES, Difference, veiled
from ..coverage.effect import Effect, Readings, effect, goal_effect, reading_of
from ..coverage.evaluation import evaluate
from ..coverage.indicators import indicators
from ..coverage.plausibility import Alarm, Facts, alarms
from ..data.alarms import alarm_types, thresholds
from ..maps.delivery_words import THINGS, area_theme
from ..maps.language import Language, translator
from .comparison import Comparison
from .ground import digest_of
from .review_base import Base, base_of, method_of, published_readings

if TYPE_CHECKING:
    from datetime import date

    from ..data.records import Delivery
    from .assembly import Assembly

REVIEW = "1"
"""Changes whenever a review would look different."""

LANGUAGES: tuple[Literal["de", "en"], ...] = ("de", "en")
_CHANGES = {"addresses": ADDRESS_CHANGES, "sites": SITE_CHANGES, "none": ()}


@dataclass(frozen=True, slots=True)
class Review:
    """What a coordinator should know before publishing.

    ``difference`` is veiled, ``own_difference`` the operator's own; see `difference_of` for the
    list behind the numbers.
    """

    delivery: str
    kind: str
    operator: str
    as_of: str
    known_at: str
    last: Mapping[str, Any] | None
    difference: Mapping[str, Any]
    own_difference: Mapping[str, Any]
    areas: tuple[Mapping[str, Any], ...]
    effects: tuple[Mapping[str, Any], ...]
    goals: tuple[Mapping[str, Any], ...]
    alarms: tuple[Mapping[str, Any], ...]

    def to_dict(self, *, for_operator: bool = False) -> dict[str, Any]:
        """Return it as JSON, for coordinators or for the operator itself; see the module."""
        shown = {
            "delivery": self.delivery,
            "kind": self.kind,
            "operator": self.operator,
            "as_of": self.as_of,
            "last": self.last,
            "difference": self.own_difference if for_operator else self.difference,
            "areas": list(self.areas),
            "alarms": [
                dict(alarm)
                for alarm in self.alarms
                if not for_operator or alarm["audience"] == "operator"
            ],
        }
        if for_operator:
            return shown
        goals = {"effects": list(self.effects), "goals": list(self.goals)}
        return shown | {"known_at": self.known_at} | goals


def review_of(assembly: Assembly, delivery: Delivery) -> Review:
    """Return the review of a delivery against what counts now.

    Raises
    ------
    NoReviewError
        If it is the city's own, or was never staged.
    ThresholdError
        If the workspace sets an alarm's threshold that is no number.
    """
    found = ready_review(assembly, delivery)
    if found is not None:
        return found
    base = base_of(assembly.store, delivery)
    made, difference = _make(assembly, delivery, base)
    assembly.store.derived_put(_key(assembly, delivery, base), difference.items.reset_index(), made)
    return _review(made)


def ready_review(assembly: Assembly, delivery: Delivery) -> Review | None:
    """Return the review of a delivery, if it was made already; ``None`` if it is to be made.

    Raises
    ------
    NoReviewError, ThresholdError
        As `review_of`.
    """
    thresholds(assembly.publication.parameters)
    base = base_of(assembly.store, delivery)
    kept = assembly.store.derived_details(_key(assembly, delivery, base))
    return None if kept is None else _review(kept)


def difference_of(assembly: Assembly, delivery: Delivery, *, own: bool) -> Difference:
    """Return the list behind a review's numbers; veiled, unless it is the operator's `own`.

    Raises
    ------
    NoReviewError
        As `review_of`.
    ThresholdError
        As `review_of`.
    """
    review = review_of(assembly, delivery)
    key = _key(assembly, delivery, base_of(assembly.store, delivery))
    frame = assembly.store.derived_frame(key)
    said = review.own_difference
    if frame is None:
        # the file was lost, or the base changed this very moment
        found = comparison_of(assembly, delivery).difference()
    else:
        sizes = (said["before_count"], said["after_count"], said["unchanged_count"])
        items = frame.set_index("id")
        found = Difference(said["things"], items, _CHANGES[said["things"]], *sizes)
    return found if own else veiled(found)


def comparison_of(assembly: Assembly, delivery: Delivery) -> Comparison:
    """Return the delivery beside the operator's last version, on today's ground."""
    base = base_of(assembly.store, delivery)
    return _comparison(assembly, base)


def _comparison(assembly: Assembly, base: Base) -> Comparison:
    ground = assembly.publication.ground(base.now)
    return Comparison(assembly.publication, ground, base.version, base.last)


def _key(assembly: Assembly, delivery: Delivery, base: Base) -> str:
    chosen = sorted(assembly.publication.parameters.items())
    goals = [(goal.id, goal.indicator, goal.target, goal.due) for goal in assembly.evaluator.goals]
    methods = [method_of(name) for name in indicators()]
    digest = digest_of(REVIEW, base.digest, chosen, goals, methods, sorted(alarm_types().items()))
    return f"review/{delivery.id}/{digest}"


def _make(assembly: Assembly, delivery: Delivery, base: Base) -> tuple[dict[str, Any], Difference]:
    comparison = _comparison(assembly, base)
    own, areas = comparison.difference(), comparison.areas()
    effects = _effects(assembly, base)
    facts = replace(
        _facts(comparison, base, veiled(own)),
        changed_count=len(own.items),
        areas=areas,
        effects=tuple(effects.values()),
        digest=delivery.file_digest,
        last_digest=_file_digest(assembly, base),
        thresholds=thresholds(assembly.publication.parameters),
    )
    last = base.last
    review = Review(
        delivery=delivery.id,
        kind=delivery.kind,
        operator=str(delivery.operator),
        as_of=base.now.as_of.isoformat(),
        known_at=base.now.known_at.isoformat(),
        last={"version": last.version, "valid_from": _iso(last.valid_from)} if last else None,
        difference=_numbers(veiled(own), comparison),
        own_difference=_numbers(own, comparison),
        areas=tuple(asdict(row) for row in areas),
        effects=tuple(entry.to_dict() for entry in effects.values()),
        goals=tuple(
            goal_effect(goal, effects[goal.indicator]) for goal in assembly.evaluator.goals
        ),
        alarms=tuple(_alarm(alarm) for alarm in alarms(facts)),
    )
    return _details(review), own


def _details(review: Review) -> dict[str, Any]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(review).items()}


def _review(details: Mapping[str, Any]) -> Review:
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in details.items()
    }
    return Review(**fields)


def _effects(assembly: Assembly, base: Base) -> dict[str, Effect]:
    evidence = assembly.publication.evidence
    published = evaluate(evidence(base.published))
    now = published if base.now == base.published else evaluate(evidence(base.now))
    same = base.with_delivery == base.now
    readings = Readings(published, now, now if same else evaluate(evidence(base.with_delivery)))
    recorded = published_readings(assembly.store, base.published, published)
    # an indicator that is newer than what was written down has today's method only
    return {
        name: effect(
            name,
            *recorded.get(name, (reading_of(published[name]), method_of(name))),
            readings,
            method_of(name),
        )
        for name in indicators()
    }


def _facts(comparison: Comparison, base: Base, difference: Difference) -> Facts:
    """Gather what alarms look at of the delivery and the register."""
    facts = Facts(
        difference,
        first=base.last is None,
        valid_from=base.version.valid_from,
        last_valid_from=base.last.valid_from if base.last else None,
    )
    if difference.things != "addresses":
        return facts
    units = comparison.addresses
    after = comparison.claims(base.version)
    before = comparison.claims(base.last) if base.last else after.iloc[:0]
    households = units.weights.get("households")
    offered = before["unit"][before["offered"] & (before["unit"] >= 0)].to_numpy()
    reaches = comparison.publication.claims_on_addresses(base.with_delivery)
    conceded = conceded_units(base.version, base.now.concessions, units)
    again = [r.columns for r in reaches if r.version.version == base.version.version]
    return replace(
        facts,
        offers_before=int(before["offered"].sum()),
        offers_after=int(after["offered"].sum()),
        rates_before=int((before["down_mbit"] > 0).sum()),
        households=households,
        households_before=0 if households is None else int(households[offered].sum()),
        register_count=len(units) or None,
        claimed_again_count=claimed_count(again[0], conceded) if again else 0,
    )


def _numbers(difference: Difference, comparison: Comparison) -> dict[str, Any]:
    return {
        "things": difference.things,
        "before_count": difference.before_count,
        "after_count": difference.after_count,
        "unchanged_count": difference.unchanged_count,
        "counts": difference.counts,
        "by_district": [asdict(row) for row in _by_district(difference, comparison)],
    }


def _by_district(difference: Difference, comparison: Comparison) -> tuple[Any, ...]:
    if not difference.changes or not len(comparison.ground.districts):
        return ()
    return difference.by_district(comparison.ground.districts)


def _alarm(alarm: Alarm) -> dict[str, Any]:
    kind = alarm_types()[alarm.code]
    found: dict[str, Any] = {"code": alarm.code, "audience": kind.audience}
    found |= {"values": dict(alarm.values), "reason": kind.reason}
    for language in LANGUAGES:
        values = dict(alarm.values)
        if "indicator" in values:
            title = indicators()[values["indicator"]].title
            values["indicator"] = translator(language)(title)
        if "what" in values:
            values["what"] = _thing(str(values["what"]), Language(language))
        found[f"message_{language}"] = kind.message(values, language)
        found[f"proposal_{language}"] = getattr(kind, f"do_{language}")
    return found


def _thing(what: str, language: Language) -> str:
    """Name what a footprint is measured in: a theme of area, or things that are counted."""
    theme, comma, unit = what.partition(", ")
    return area_theme(theme, language) + comma + unit if comma else language(THINGS.get(what, what))


def _file_digest(assembly: Assembly, base: Base) -> str | None:
    """Digest of the file that the last version was published from."""
    if base.last is None:
        return None
    store = assembly.store
    for publication in reversed(store.publications(base.last.kind, base.last.operator, live=False)):
        if publication.ref.version == base.last.version:
            return publication.provenance.digest or None
    return None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
