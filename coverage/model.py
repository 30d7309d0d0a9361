"""The shared pieces: what a layer, a unit, a reach, an indicator and a snapshot are.

Everything here is a frozen value. Nothing reads a file, a clock or a database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import IntEnum
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..geo.crs import CITY_CRS, CrsError, same_crs

Array = npt.NDArray[Any]
Basis = Literal["declared", "predicted", "measured"]
"""On what a figure rests."""

UnitsKind = Literal["addresses", "business_areas", "school_sites", "public_places", "area"]


class Stage(IntEnum):
    """How far fibre has come to an address, in order; see the code list ``fibre_status``.

    ``proposed`` and ``decommissioned`` count as nothing.
    """

    NONE = 0
    PLANNED = 1
    UNDER_CONSTRUCTION = 2
    PASSED = 3
    PASSED_PLUS = 4
    PREPARED = 5
    CONNECTED = 6
    ACTIVATED = 7


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a layer came from.

    ``valid_from`` is the date that it describes (``None``: holds for every date), ``digest`` the
    SHA-256 of the delivered file.
    """

    source: str
    operator: str | None = None
    valid_from: date | None = None
    licence: str | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """A table of one kind, in the city's CRS where it has a geometry.

    ``frame`` is a ``geopandas.GeoDataFrame``, or a ``pandas.DataFrame`` for kinds without geometry.

    Raises
    ------
    CrsError
        If the frame is in another CRS than the city's.
    """

    kind: str
    frame: Any
    provenance: Provenance
    crs: str = CITY_CRS

    def __post_init__(self) -> None:
        found = getattr(self.frame, "crs", self.crs)
        if not same_crs(found, self.crs):
            raise CrsError(f"a layer of kind {self.kind} must be in {self.crs}, not in {found}")


@dataclass(frozen=True, slots=True)
class Districts:
    """The city's districts as a tree of levels, coarse first, e.g. Stadtbezirk and Stadtteil.

    Arrays are aligned ``(n,)``; ``parent`` is the index of the district above, or -1.
    Units point at the finest level, which covers the city.
    """

    levels: tuple[str, ...]
    level: Array
    codes: Array
    names: Array
    parent: Array
    geometry: Array

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def finest(self) -> str | None:
        """Name of the finest level, to which units belong; ``None`` without districts."""
        return self.levels[-1] if self.levels else None


@dataclass(frozen=True, slots=True)
class Units:
    """Things that are counted, in a fixed order.

    Parameters
    ----------
    ids : array (n,) of str
    district : array (n,) of int
        Index into `Districts` of the finest district, -1 where in none.
    weights : mapping of str to array (n,)
        Addresses: ``households``, ``business_sites``; business areas: ``area_m2``.
    x, y : arrays (n,), metres in the city's CRS
        Position; representative point of an area.
    geometry : array (n,) of shapely geometries, for areas only
    links : mapping of str to array (k, 2) of int
        Pairs (index here, index there) to another kind of unit: business areas to the
        ``addresses`` inside, school sites to the ``addresses`` whose reach they take.
    version : str
        Digest of the layers that it was made of.
    """

    kind: UnitsKind
    version: str
    ids: Array
    district: Array
    x: Array
    y: Array
    weights: Mapping[str, Array] = field(default_factory=dict)
    links: Mapping[str, Array] = field(default_factory=dict)
    geometry: Array | None = None

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class VersionRef:
    """One published layer version: ``version`` is its content address.

    ``part`` tells apart what one holder delivers of a kind in several files, such as the levels
    of the districts; empty where there is one.
    """

    version: str
    kind: str
    operator: str | None
    valid_from: date | None
    published_at: datetime
    part: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """One layer version resolved on one kind of unit; columns are aligned to the units.

    Fibre: ``stage``, ``offered_stage`` (highest stage of a row that also has an offer),
    ``gigabit_stage`` (same for any technology with at least 1000 Mbit/s; not only fibre),
    ``down_mbit`` (highest download rate on offer), ``planned_from`` (days since 1970-01-01, the
    earliest date for which an offer is announced; ``NEVER`` where none is).
    Predicted radio, at points: ``margin_db``, level minus threshold (LoRaWAN: minus the sensitivity
    at SF12), NaN where nothing was computed. Places of declared WLAN: ``hotspot_count``.
    """

    version: VersionRef
    units_kind: UnitsKind
    columns: Mapping[str, Array]


NEVER = np.iinfo(np.int32).max
"""``planned_from`` where nothing is announced."""


@dataclass(frozen=True, slots=True)
class Bit:
    """What one bit of an area pattern stands for."""

    operator: str | None
    mode: str | None = None
    own_network: bool | None = None


@dataclass(frozen=True, slots=True)
class AreaTable:
    """The city's area, split by district, land use and what covers it.

    ``pattern`` has bit ``i`` set where ``bits[i]`` covers, or, without ``bits``, is the number of
    sites in whose reach the area lies. Arrays ``(n,)``; rows add up to the city's area.

    Parameters
    ----------
    district : array (n,) of int
        Index into `Districts`, -1 outside all of them.
    land_use : array (n,) of str
        Code of the list ``land_use``; empty where unknown.
    pattern : array (n,) of uint64
    area_m2 : array (n,) of float, square metres
    """

    district: Array
    land_use: Array
    pattern: Array
    area_m2: Array
    bits: tuple[Bit, ...] = ()
    versions: tuple[VersionRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Variant:
    """Another reading of the same indicator.

    ``separates_operators`` tells that it depends on which operator covers what, not only on what
    all of them cover together. Such a reading says in ``by_operator`` what each operator adds to
    it, doubles included, in no order; and in ``operator`` whose it is if it is that of one alone.
    `stadtnetz.coverage.disclosure` decides from that who may see it.
    """

    id: str
    part: float
    whole: float
    separates_operators: bool = False
    by_operator: tuple[float, ...] = ()
    operator: str | None = None

    @property
    def value(self) -> float | None:
        """Share between 0 and 1; ``None`` where the whole is empty."""
        return share(self.part, self.whole)


@dataclass(frozen=True, slots=True)
class DistrictShare:
    """Part and whole of one district."""

    level: str
    code: str
    name: str
    part: float
    whole: float

    @property
    def value(self) -> float | None:
        """Share between 0 and 1; ``None`` where the whole is empty."""
        return share(self.part, self.whole)


@dataclass(frozen=True, slots=True)
class Measured:
    """What readings on the ground say, beside a figure and never instead of it.

    Parameters
    ----------
    reading_count, covered_count : int
        Readings, and those at or above the threshold.
    cell_count, covered_cell_count : int
        Cells of 100 m with readings, and those of which at least half of the readings are covered.
    is_complete : bool
        Whether all campaigns record what was not received, too; else the share says nothing about
        where there is no coverage.
    versions : tuple of VersionRef
        The layers of measurements.
    """

    reading_count: int
    covered_count: int
    cell_count: int
    covered_cell_count: int
    is_complete: bool
    versions: tuple[VersionRef, ...] = ()

    @property
    def value(self) -> float | None:
        """Share of the readings that are covered."""
        return share(self.covered_count, self.reading_count)


@dataclass(frozen=True, slots=True)
class Share:
    """The result of an indicator. ``missing`` names the layer kinds without which there is none.

    ``conceded_count`` as in `Evidence`, where the indicator rests on fibre; ``basis`` says on what
    the main figure rests: what operators declare, what a model predicts, or what was measured.
    ``measured`` stands beside it where there are readings.
    """

    part: float | None
    whole: float | None
    by_district: tuple[DistrictShare, ...] = ()
    variants: tuple[Variant, ...] = ()
    versions: tuple[VersionRef, ...] = ()
    missing: tuple[str, ...] = ()
    conceded_count: int = 0
    basis: Basis = "declared"
    measured: Measured | None = None

    @property
    def value(self) -> float | None:
        """Share between 0 and 1; ``None`` without data or where the whole is empty."""
        if self.part is None or self.whole is None:
            return None
        return share(self.part, self.whole)


def share(part: float, whole: float) -> float | None:
    """Divide, with ``None`` where the whole is empty.

    Examples
    --------
    >>> share(1, 4), share(0, 0)
    (0.25, None)
    """
    return float(part) / float(whole) if whole else None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that indicators may look at for one snapshot.

    ``reaches`` holds, per kind of unit and layer kind, one reach per operator;
    ``areas`` the area tables ``"mobile_5g"`` and ``"lorawan"``; ``versions`` all of the snapshot.
    ``conceded_count`` is how many addresses count for less since operators conceded offers there;
    an address that others reach as well is none of them, so the number tells nobody apart.
    ``measured`` holds, by technology, what readings say.
    """

    districts: Districts
    units: Mapping[str, Units]
    reaches: Mapping[tuple[str, str], Sequence[Reach]]
    areas: Mapping[str, AreaTable]
    versions: tuple[VersionRef, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    conceded_count: int = 0
    measured: Mapping[str, Measured] = field(default_factory=dict)

    def of(self, units_kind: UnitsKind, *layer_kinds: str) -> list[Reach]:
        """Return the reaches of these layer kinds on this kind of unit."""
        return [r for kind in layer_kinds for r in self.reaches.get((units_kind, kind), ())]


@dataclass(frozen=True, slots=True)
class Indicator:
    """A definition that turns reaches into part, whole and share, by district.

    Parameters
    ----------
    id : str
        Stable name, snake case, ends with ``_share``.
    title : str
        English; translated where it is shown.
    unit : str
        What part and whole are counted in: ``households``, ``m2``, ...
    definition : str
        One sentence that can be printed below the figure.
    method_version : str
        Changes whenever the same snapshot would give another figure.
    units : UnitsKind
    needs : tuple of str
        Layer kinds or alternatives ``"a|b"`` without which there is no figure.
    compute : callable
    uses : tuple of str
        Layer kinds that change the figure where they are there.
    plan : callable or None
        Share that the dated plans in the layers announce for a later date.
    technology : str or None
        What readings that stand beside the figure are of; see the code list
        ``measurement_technology``.
    """

    id: str
    title: str
    unit: str
    definition: str
    method_version: str
    units: UnitsKind
    needs: tuple[str, ...]
    compute: Callable[[Evidence], Share]
    uses: tuple[str, ...] = ()
    plan: Callable[[Evidence, date], float | None] | None = None
    technology: str | None = None


@dataclass(frozen=True, slots=True)
class Concession:
    """What an operator claims at an address and, after a dispute, does not hold.

    ``masks`` says what does not count: ``everything``, the ``offer``, or its ``speed``.
    """

    operator: str
    address_id: str
    masks: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The newest version of every (kind, operator) for a date, as it was known at a time.

    ``concessions`` are those in force at that time. Snapshots of one `content` have the same
    figures, by the same method.
    """

    as_of: date
    known_at: datetime
    versions: tuple[VersionRef, ...]
    concessions: tuple[Concession, ...] = ()

    @property
    def content(self) -> tuple[object, ...]:
        """All that figures follow from: the versions and the concessions."""
        return (*(ref.version for ref in self.versions), *self.concessions)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A snapshot with layers laid over it; the base is never touched.

    ``overlays`` are drawn; ``versions`` are kept but not published, such as a staged delivery, and
    each takes the place of the base's version of the same kind, operator and part.
    """

    base: Snapshot
    overlays: tuple[Layer, ...] = ()
    versions: tuple[VersionRef, ...] = ()

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot with the kept versions in place, as if they were published."""
        chosen = {(ref.kind, ref.operator or "", ref.part): ref for ref in self.base.versions}
        chosen |= {(ref.kind, ref.operator or "", ref.part): ref for ref in self.versions}
        return replace(self.base, versions=tuple(chosen[layer] for layer in sorted(chosen)))


@dataclass(frozen=True, slots=True)
class Goal:
    """An indicator with a target and a due date, as a strategy sets it.

    Parameters
    ----------
    id : str
        Stable name, e.g. ``fibre_offer_2025``.
    indicator : str
        Id of the `Indicator` that measures it.
    title, titel : str
        English and German name.
    target : float
        Share above 0 and up to 1 that the indicator must reach.
    due : date
        Last day on which reaching it is in time.
    programme : str
        Programme of the strategy, in the strategy's words.
    action_plan : str or None
        Action plan that works towards it; ``None`` where the strategy names none.
    goal_dimensions : tuple of str
        Goal dimensions that the strategy names for the action plan, in its words.
    source, quote : str
        Document and heading where it stands, and its wording there.
    baseline : (date, float) or None
        Share from which progress is counted; the first figure above 0 without it.
    operator : str
        How value and target are compared.
    """

    id: str
    indicator: str
    title: str
    titel: str
    target: float
    due: date
    programme: str
    action_plan: str | None = None
    goal_dimensions: tuple[str, ...] = ()
    source: str = ""
    quote: str = ""
    baseline: tuple[date, float] | None = None
    operator: Literal[">="] = ">="
