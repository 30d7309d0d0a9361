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
from ..coverage.disclosure_tables import DistrictId
from ..coverage.indicators import indicators
from ..coverage.model import Share, Snapshot, VersionRef
from ..data.secret import keyed_id, secret_of
from .access.visitor import Role
from .figures import (
    Document,
    district_entry,
    indicator_entry,
    layer_entry,
    variant_entry,
)
from .public_view import PublicViews
from .releases import FEWEST_CHANGED, Releases

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
        self.releases = Releases(
            evaluator.publication.store, _open_operators(parameters), _fewest_changed(parameters)
        )
        self._rule = rule_of(parameters)
        self.views = PublicViews(evaluator, self.releases, self._rule)

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
            "goals": self._evaluator.goal_entries(as_of, self.seen_at(visitor, known_at)),
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

    def seen_at(self, visitor: Visitor, known_at: datetime | None = None) -> datetime | None:
        """Return the moment as of which a visitor sees the city's totals; ``None``: now.

        All but coordinators see what was made ready for them last, which mostly is the present.
        """
        return known_at if visitor.reviews else self.views.current.releases.known_at

    def indicator(
        self, visitor: Visitor, name: str, as_of: date, known_at: datetime | None = None
    ) -> Document:
        """Return one indicator as far as a visitor may see it."""
        self.check_moment(visitor, known_at)
        seen_at = self.seen_at(visitor, known_at)
        live = self._evaluator.figures(as_of, seen_at).shares[name]
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
        return self.views.current.releases.snapshot(as_of)

    def withheld(self, visitor: Visitor) -> Mapping[DistrictId, Reason]:
        """Return the districts whose figures a visitor may not see."""
        return {} if visitor.reviews else self.views.current.judgement.districts

    @property
    def fewest_units(self) -> int:
        """How many there must be of what is counted for a figure to be public."""
        return self._rule.fewest_units

    def layers(self, visitor: Visitor, refs: Iterable[VersionRef]) -> list[Document]:
        """List layers that went into something, as far as a visitor may tell them apart."""
        if visitor.reviews:
            return [layer_entry(ref) for ref in refs]
        return list(self._layers(refs))

    def may_be_placed(self, visitor: Visitor, ref: VersionRef) -> bool:
        """Tell whether a visitor may see where the single things of a layer are."""
        return visitor.reviews or not self.releases.is_confidential(ref)

    def _public(self, name: str, live: Share, as_of: date) -> Document:
        view = self.views.current
        released = self._evaluator.figures_of(view.releases.snapshot(as_of)).shares[name]
        release = view.releases.of(indicators()[name], as_of)
        hidden = view.judgement.withheld_readings(name, release) if release else {}
        districts = view.judgement.districts if release else {}
        readings = [v for v in live.variants if not v.separates_operators]
        readings += [v for v in released.variants if v.separates_operators and not v.operator]
        return indicator_entry(name, live) | {
            "variants": [_masked(variant_entry(v), hidden.get(v.id)) for v in readings],
            "districts_as_of": release and release.as_of.isoformat(),
            "by_district": [
                _masked(
                    district_entry(row),
                    districts.get((indicators()[name].units, row.level, row.code)),
                )
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
