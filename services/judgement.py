"""What of the public's figures is withheld: worked out for all releases together, and kept.

It takes seconds, as many small programs are solved (`stadtnetz.coverage.disclosure`); so it is kept
in the store under a name that says all it follows from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..coverage import disclosure_tables as tables
from ..coverage.indicators import indicators
from .ground import digest_of
from .releases import Release, families
from .review_base import method_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..coverage.disclosure import Reason, Rule
    from ..coverage.disclosure_tables import DistrictId
    from ..data.store import Store
    from .figures import Evaluator
    from .releases import Family, Releases

JUDGEMENT = "1"
"""Changes whenever something else would be withheld of the same figures."""
_PREFIX = "withheld/"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is withheld.

    Parameters
    ----------
    districts : mapping of (kind of unit, level, code) to reason
        In all releases.
    readings : mapping of place to (mapping of reading to reason)
        By release; see `withheld_readings`.
    """

    districts: Mapping[DistrictId, Reason]
    readings: Mapping[str, Mapping[str, Reason]]

    def withheld_readings(self, indicator: str, release: Release) -> Mapping[str, Reason]:
        """Return the readings of an indicator that are withheld in a release.

        Raises
        ------
        KeyError
            If the release was never judged: better no answer than one that gives away.
        """
        return self.readings[_place(indicator, release)]


def dated_releases(releases: Releases) -> dict[Family, list[Release]]:
    """Return what is judged: every release, and the newest also on the city's layers of today."""
    today = releases.now.date()
    every = {family: releases.every(family) for family in families()}
    return {
        family: [*known, *(Release(today, newest.refs) for newest in known[-1:])]
        for family, known in every.items()
    }


def name_of(evaluator: Evaluator, releases: Releases, rule: Rule) -> str:
    """Name all that a judgement follows from."""
    judged = [
        (sorted(family), [_content(releases, release) for release in dated])
        for family, dated in dated_releases(releases).items()
    ]
    methods = [method_of(name) for name in indicators()]
    parameters = sorted(evaluator.publication.parameters.items())
    return digest_of(JUDGEMENT, astuple(rule), methods, parameters, json.dumps(judged))


def judge(evaluator: Evaluator, releases: Releases, rule: Rule) -> Judgement:
    """Work out what is withheld."""
    stages: list[tables.Release] = []
    readings: dict[str, dict[str, Reason]] = {}
    for family, dated in dated_releases(releases).items():
        computed = [_compute(evaluator, releases, family, release) for release in dated]
        stages += computed
        by_date = sorted(range(len(dated)), key=lambda n: dated[n].as_of)
        for name in _indicators_of(family):
            shares = [computed[number].shares[name] for number in by_date]
            found = tables.withheld_readings(name, shares, rule)
            for number, hidden in zip(by_date, found, strict=True):
                place = _place(name, dated[number])
                readings[place] = hidden | readings.get(place, {})
    return Judgement(tables.withheld_districts(stages, rule), readings)


def kept(store: Store, name: str) -> Judgement | None:
    """Return a judgement that was kept; ``None`` if there is none."""
    frame, details = store.derived_frame(_PREFIX + name), store.derived_details(_PREFIX + name)
    if frame is None or details is None:
        return None
    rows: Any = frame.itertuples(index=False, name=None)
    districts: dict[DistrictId, Reason] = {
        (kind, level, code): reason for kind, level, code, reason in rows
    }
    return Judgement(districts, details["readings"])


def keep(store: Store, name: str, judgement: Judgement) -> None:
    """Keep a judgement, for whoever serves."""
    rows = [(*district, reason) for district, reason in judgement.districts.items()]
    columns = ["kind", "level", "code", "reason"]
    frame = pd.DataFrame(rows, columns=columns).astype("str")
    readings = {place: dict(hidden) for place, hidden in judgement.readings.items()}
    store.derived_put(_PREFIX + name, frame, {"readings": readings})


def forget_all_but(store: Store, names: Iterable[str]) -> None:
    """Forget what was withheld of releases that are not seen any more."""
    store.derived_forget(_PREFIX, [_PREFIX + name for name in names])


def _compute(
    evaluator: Evaluator, releases: Releases, family: Family, release: Release
) -> tables.Release:
    """Compute the figures of a release, on the city's layers of its date."""
    snapshot = releases.snapshot_of(release)
    shares = evaluator.figures_of(snapshot).shares
    evidence = evaluator.publication.evidence(snapshot)
    return tables.Release(evidence, {name: shares[name] for name in _indicators_of(family)})


def _content(releases: Releases, release: Release) -> list[str]:
    today = release.as_of == releases.now.date()
    snapshot = releases.snapshot_of(release)
    return ["today" if today else release.as_of.isoformat(), *map(str, snapshot.content)]


def _place(indicator: str, release: Release) -> str:
    return f"{indicator}/{digest_of(*sorted({ref.version for ref in release.refs}))}"


def _indicators_of(family: Family) -> list[str]:
    return [
        name
        for name, indicator in indicators().items()
        if any(family & set(need.split("|")) for need in indicator.needs)
    ]
