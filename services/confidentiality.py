"""Who may see which figures: the one place through which every door goes.

=============  ====================================================================
public         the city's totals; its districts as of the newest release
               (`stadtnetz.services.releases`), without small ones and what would
               give them away; readings that separate operators where enough of
               them share in it (`stadtnetz.coverage.disclosure`); no name and no
               version of an operator's layer
partner        the same, and beside it the figures of its own layers alone
coordinator,   everything, as the command line of the city
administrator
=============  ====================================================================

`docs/confidentiality.md` says the same to those whom it concerns, and what is not protected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from ..coverage.disclosure import Reason, Rule
from ..coverage.disclosure_tables import Release, Withheld, withheld
from ..coverage.indicators import indicators
from ..coverage.model import Evidence, Share, Snapshot, VersionRef
from ..data.secret import keyed_id, secret_of
from .access.visitor import Role
from .figures import (
    Document,
    district_entry,
    indicator_entry,
    layer_entry,
    variant_entry,
)
from .releases import FEWEST_CHANGED, Family, Releases, families

if TYPE_CHECKING:
    from pathlib import Path

    from .access.visitor import Visitor
    from .figures import Evaluator

OPEN_OPERATORS = "open_operators"
"""Parameter of the workspace: slugs of operators whose layers are no secret, by commas."""
FEWEST = "fewest_changed_operators"


class ConfidentialError(ValueError):
    """What is asked for would tell operators apart, and who asks may not see that."""


class ParameterError(ValueError):
    """A parameter of disclosure control in ``stadtnetz.toml`` makes no sense."""


class Confidentiality:
    """Hands out figures to each as far as they may be seen.

    Parameters
    ----------
    evaluator : Evaluator
    folder : Path
        The workspace; its secret keys the ids of layers.
    parameters : mapping
        The workspace's own choices: ``open_operators``, ``fewest_changed_operators`` and the
        fields of `stadtnetz.coverage.disclosure.Rule`.

    Raises
    ------
    ParameterError
        If one of them makes no sense.
    """

    def __init__(
        self, evaluator: Evaluator, folder: Path, parameters: Mapping[str, Any] | None = None
    ) -> None:
        parameters = parameters or {}
        self._evaluator = evaluator
        self._folder = folder
        self._rule = rule_of(parameters)
        self.releases = Releases(
            evaluator.publication.store, _open_operators(parameters), _fewest_changed(parameters)
        )
        self._withheld: tuple[Any, Withheld] | None = None

    def document(self, visitor: Visitor, as_of: date, known_at: datetime | None = None) -> Document:
        """Return the evaluation document as far as a visitor may see it.

        Raises
        ------
        ConfidentialError
            If somebody else than a coordinator asks for what was known earlier.
        """
        self.check_moment(visitor, known_at)
        return {
            "as_of": as_of.isoformat(),
            "known_at": (known_at or datetime.now(UTC)).isoformat(timespec="seconds"),
            "confidential": visitor.reviews,
            "indicators": [self.indicator(visitor, name, as_of, known_at) for name in indicators()],
            "goals": self._evaluator.goal_entries(as_of, known_at),
        }

    def check_moment(self, visitor: Visitor, known_at: datetime | None) -> None:
        """Refuse an earlier moment to all who may not see single publications.

        Raises
        ------
        ConfidentialError
        """
        if known_at is not None and not visitor.reviews:
            raise ConfidentialError(
                "known_at tells single publications apart, and with them operators; only "
                "coordinators may use it. Leave it out, and use as_of for past dates"
            )

    def indicator(
        self, visitor: Visitor, name: str, as_of: date, known_at: datetime | None = None
    ) -> Document:
        """Return one indicator as far as a visitor may see it."""
        self.check_moment(visitor, known_at)
        live = self._evaluator.figures(as_of, known_at).shares[name]
        if visitor.reviews:
            return indicator_entry(name, live)
        entry = self._public(name, live, as_of)
        if visitor.role is Role.PARTNER and visitor.operator is not None:
            entry["own"] = self._own(name, visitor.operator, as_of)
            entry["layers"] += [
                layer_entry(ref)
                for ref in live.versions
                if self.releases.is_confidential(ref) and ref.operator == visitor.operator
            ]
        return entry

    def snapshot(self, visitor: Visitor, as_of: date) -> Snapshot:
        """Return the layer versions of which a visitor may see the union by place."""
        if visitor.reviews:
            return self._evaluator.publication.store.snapshot(as_of)
        return self.releases.snapshot(as_of)

    def withheld(self, visitor: Visitor) -> Withheld:
        """Return the districts and readings that a visitor may not see."""
        return Withheld({}, {}) if visitor.reviews else self._all_withheld()

    def may_be_placed(self, visitor: Visitor, ref: VersionRef) -> bool:
        """Tell whether a visitor may see where the single things of a layer are."""
        return visitor.reviews or not self.releases.is_confidential(ref)

    def _public(self, name: str, live: Share, as_of: date) -> Document:
        released = self._evaluator.figures_of(self.releases.snapshot(as_of)).shares[name]
        hidden = self._all_withheld()
        indicator = indicators()[name]
        shown = self.releases.of(indicator, as_of)
        readings = [v for v in live.variants if not v.separates_operators]
        readings += [v for v in released.variants if v.separates_operators and not v.operator]
        return indicator_entry(name, live) | {
            "variants": [
                _masked(variant_entry(each), hidden.readings.get((name, each.id)))
                for each in readings
            ],
            "districts_as_of": shown and shown.isoformat(),
            "by_district": [
                _masked(district_entry(row), hidden.district(indicator, row.level, row.code))
                for row in released.by_district
            ],
            "layers": list(self._layers(live.versions)),
        }

    def _layers(self, refs: Iterable[VersionRef]) -> Iterable[Document]:
        """Yield open layers as they are, and one row for all others of a kind together.

        The row's id changes with the versions and leads the city back to them, but it cannot be
        made from a guess at their content, and does not say how many or whose they are.
        """
        together: dict[str, list[str]] = {}
        for ref in refs:
            if self.releases.is_confidential(ref):
                together.setdefault(ref.kind, []).append(ref.version)
            else:
                yield layer_entry(ref) | {"together": False}
        for kind, versions in together.items():
            yield {
                "version": keyed_id(secret_of(self._folder), kind, *sorted(versions)),
                "kind": kind,
                "operator": None,
                "valid_from": None,
                "together": True,
            }

    def _own(self, name: str, operator: str, as_of: date) -> Document:
        """Return the figures that one operator's layers give alone, with those of the city."""
        live = self._evaluator.publication.store.snapshot(as_of)
        refs = tuple(ref for ref in live.versions if ref.operator in {None, operator})
        share = self._evaluator.figures_of(replace(live, versions=refs)).shares[name]
        return {
            "part": share.part,
            "whole": share.whole,
            "value": share.value,
            "by_district": [district_entry(row) for row in share.by_district],
        }

    def _all_withheld(self) -> Withheld:
        store = self._evaluator.publication.store
        stages = [(family, self._stages(family)) for family in families()]
        live = store.snapshot(date.max).known_at
        key = (live, tuple(len(snapshots) for _, snapshots in stages), datetime.now(UTC).date())
        if self._withheld is None or self._withheld[0] != key:
            found = [self._release(family, s) for family, all_ in stages for s in all_]
            self._withheld = (key, withheld(found, self._rule))
        return self._withheld[1]

    def _stages(self, family: Family) -> list[Snapshot]:
        """Return all that the public ever saw of a family, on the city's layers of that date."""
        every = self.releases.every(family)
        today = datetime.now(UTC).date()
        dated = [(release.as_of, release.refs) for release in every]
        dated += [(today, every[-1].refs if every else ())]
        return [self._on_city_layers(day, refs) for day, refs in dated]

    def _on_city_layers(self, day: date, refs: tuple[VersionRef, ...]) -> Snapshot:
        base = self.releases.snapshot(day)
        kept = [ref for ref in base.versions if not self.releases.is_confidential(ref)]
        return replace(base, versions=(*kept, *refs))

    def _release(self, family: Family, snapshot: Snapshot) -> Release:
        shares = self._evaluator.figures_of(snapshot).shares
        names = [
            name
            for name, indicator in indicators().items()
            if any(family & set(need.split("|")) for need in indicator.needs)
        ]
        evidence: Evidence = self._evaluator.publication.evidence(snapshot)
        return Release(evidence, {name: shares[name] for name in names})


def _masked(entry: Document, reason: Reason | None) -> Document:
    """Take the figure away where there is a reason to; how much there is to count is no secret."""
    if reason is None:
        return entry | {"suppressed": None}
    return entry | {"part": None, "value": None, "suppressed": reason}


def rule_of(parameters: Mapping[str, Any]) -> Rule:
    """Return the rule with the workspace's own thresholds.

    Raises
    ------
    ParameterError
        If one is no number, or not in its range.
    """
    names = [field.name for field in fields(Rule)]
    given = {name: parameters[name] for name in names if name in parameters}
    for name, value in given.items():
        least, most = (1, 1_000) if name.startswith("fewest") else (0, 1)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not least <= value <= most
        ):
            raise ParameterError(
                f"{name} under [parameters] in stadtnetz.toml must be a number from {least} to "
                f"{most}, not {value!r}"
            )
    return Rule(**given)


def _fewest_changed(parameters: Mapping[str, Any]) -> int:
    value = parameters.get(FEWEST, FEWEST_CHANGED)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ParameterError(
            f"{FEWEST} under [parameters] in stadtnetz.toml must be a whole number from 1, "
            f"not {value!r}"
        )
    return value


def _open_operators(parameters: Mapping[str, Any]) -> frozenset[str]:
    value = parameters.get(OPEN_OPERATORS, "")
    if not isinstance(value, str):
        raise ParameterError(
            f"{OPEN_OPERATORS} under [parameters] in stadtnetz.toml must be text, operators "
            f"separated by commas, not {value!r}"
        )
    return frozenset(name.strip() for name in value.split(",") if name.strip())
