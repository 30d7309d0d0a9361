"""The mobile operators' deliveries: coverage as areas per technology and mode, and site lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from rasterio import Affine
from rasterio.features import shapes, sieve

from .delivery import DemoDelivery
from .frames import layer
from .radio_sites import Fields, Sites
from .waves import generator, waves

Array = npt.NDArray[Any]

DATES = (
    date(2021, 6, 30), date(2022, 6, 30), date(2023, 6, 30), date(2024, 6, 30),
    date(2025, 6, 30), date(2025, 12, 31), date(2026, 6, 30),
)
NEXT = date(2027, 6, 30)
RESOURCE_ELEMENTS_DB = {10: 27.8, 20: 30.8, 100: 35.2}


@dataclass(frozen=True, slots=True)
class Carrier:
    """One technology on one band.

    ``harder_db`` is how much more level it needs than 5G at 700 MHz in the same place.
    """

    technology: str
    mode: str | None
    band_mhz: int
    width_mhz: int
    eirp_dbm: float
    harder_db: float
    down_mbit: int
    up_mbit: int


CARRIERS = {
    "4g": Carrier("4G", None, 800, 10, 61.0, -7.0, 10, 2),
    "dss": Carrier("5G", "DSS", 700, 10, 62.0, 0.0, 20, 4),
    "nsa": Carrier("5G", "NSA", 3_600, 100, 77.0, 12.0, 300, 30),
    "sa": Carrier("5G", "SA", 700, 10, 62.0, 0.5, 30, 6),
}
OWN_SHARE = {
    # share of area with 5G of the operator's own, per delivery and as planned for a year later
    "wellenreich": (0.665, 0.75, 0.82, 0.870, 0.905, 0.915, 0.925, 0.945),
    "funkbruecke": (0.60, 0.69, 0.77, 0.835, 0.875, 0.885, 0.895, 0.920),
    "mobilring": (0.50, 0.60, 0.70, 0.780, 0.832, 0.845, 0.855, 0.890),
}
CARRIER_PART = {
    # part of the 5G sites that also carry it, per delivery
    "nsa": (0.25, 0.4, 0.5, 0.6, 0.7, 0.72, 0.78, 0.85),
    "sa": (0.0, 0.0, 0.2, 0.4, 0.62, 0.7, 0.78, 0.9),
}
ROAMING = ("mobilring", "wellenreich")
LEAST_CELLS = 7


def mobile_deliveries(
    seed: int, around: Fields, all_sites: dict[str, Sites], boundary: Any
) -> Iterator[DemoDelivery]:
    """Return coverage and site list of each operator for each date."""
    states = {name: _states(own, around) for name, own in all_sites.items()}
    drawn: dict[tuple[Any, ...], tuple[Array, Array]] = {}
    for step, day in enumerate(DATES):
        for name, own in all_sites.items():
            frame = _coverage(seed, around, all_sites, states, name, step, boundary, drawn)
            yield DemoDelivery("mobile_coverage", name, day, frame)
            yield DemoDelivery("mobile_sites", name, day, _site_list(own, states[name], step))


@dataclass(frozen=True, slots=True)
class States:
    """How many sites of an operator carry 5G on each date, and the level that counts there."""

    count: tuple[int, ...]
    needed_db: float


def _states(own: Sites, around: Fields) -> States:
    """Choose the level so that all sites reach the plan, then count sites until each share."""
    best = np.full(around.inside.shape, -300.0, dtype=np.float32)
    for i in range(len(own.xy)):
        _lay(best, None, own, i, around)
    shares = OWN_SHARE[own.operator]
    needed = float(np.quantile(best[around.inside], 1 - shares[-1]))
    best[:] = -300.0
    reached, whole = [], int(around.inside.sum())
    for i in range(len(own.xy)):
        _lay(best, None, own, i, around)
        reached.append(int(((best >= needed) & around.inside).sum()) / whole)
    count = np.searchsorted(np.maximum.accumulate(reached), np.array(shares) - 1e-9) + 1
    return States(tuple(np.minimum(count, len(own.xy)).tolist()), needed)


def _lay(best: Array, label: Array | None, own: Sites, i: int, around: Fields) -> None:
    """Lay one site's window over the levels so far."""
    rows, columns = around.inside.shape
    size = own.gain_db.shape[1]
    top, left = own.corner[i]
    here = (slice(max(top, 0), min(top + size, rows)),
            slice(max(left, 0), min(left + size, columns)))
    there = (slice(here[0].start - top, here[0].stop - top),
             slice(here[1].start - left, here[1].stop - left))
    better = own.gain_db[i][there] > best[here]
    best[here][better] = own.gain_db[i][there][better]
    if label is not None:
        label[here][better] = own.sector[i][there][better].astype(np.int32) + (3 * i + 1)


def _served(own: Sites, around: Fields, count: int, needed_db: float) -> Array:
    """Return the number of the best sector plus one per cell, 0 where none is good enough."""
    best = np.full(around.inside.shape, -300.0, dtype=np.float32)
    label = np.zeros(around.inside.shape, dtype=np.int32)
    for i in range(count):
        _lay(best, label, own, i, around)
    label[best < needed_db] = 0
    return label


def _active(states: States, carrier: str, step: int) -> int:
    if carrier == "4g":
        return states.count[-1]
    part = CARRIER_PART[carrier][step] if carrier in CARRIER_PART else 1.0
    return round(states.count[step] * part)


def _outlines(seed: int, around: Fields, label: Array, boundary: Any) -> tuple[Array, Array]:
    """Draw the areas of each sector with ragged borders; neighbours share them."""
    clean = sieve(label, LEAST_CELLS, connectivity=4)
    place = Affine(around.cell_m, 0, around.grid.west, 0, -around.cell_m, around.grid.north)
    found = list(shapes(clean, mask=clean > 0, transform=place))
    if not found:
        return np.array([], dtype=int), np.array([], dtype=object)
    areas = np.array([
        shapely.Polygon(shape["coordinates"][0], shape["coordinates"][1:]) for shape, _ in found
    ])
    number = np.array([int(value) - 1 for _, value in found])
    areas = shapely.coverage_simplify(areas, around.cell_m * 0.75)
    # Moved by a field, so that corners which neighbours share stay shared.
    rng = generator(seed, "ragged")
    field = [waves(rng, around.cell_m * 5) for _ in range(2)]
    areas = shapely.transform(areas, lambda points: np.round(points + around.cell_m * 0.2 * (
        np.column_stack([part(points[:, 0], points[:, 1]) for part in field])), 1))
    areas = shapely.make_valid(areas)
    inside = shapely.contains(boundary, areas)
    areas[~inside] = shapely.intersection(areas[~inside], boundary)
    parts, of = shapely.get_parts(areas, return_index=True)
    kept = (shapely.get_type_id(parts) == 3) & (shapely.area(parts) > around.cell_m**2)  # noqa: PLR2004
    return number[of[kept]], parts[kept]


def _coverage(
    seed: int, around: Fields, all_sites: dict[str, Sites], states: dict[str, States], name: str,
    step: int, boundary: Any, drawn: dict[tuple[Any, ...], tuple[Array, Array]],
) -> Any:
    """Return one operator's coverage on one date."""
    own, state, day = all_sites[name], states[name], DATES[step]
    groups: list[tuple[str, str, bool, Array]] = []
    for carrier, made in CARRIERS.items():
        needed = state.needed_db + made.harder_db
        counts = _active(state, carrier, step), _active(state, carrier, step + 1)
        key = (name, carrier, counts[0])
        if counts[0] and key not in drawn:
            drawn[key] = _outlines(seed, around, _served(own, around, counts[0], needed), boundary)
        if counts[0]:
            groups.append((carrier, "existing", True, drawn[key][1]))
        if carrier == "dss" and counts[1] > counts[0]:
            now = _served(own, around, counts[0], needed) > 0
            later = np.where(now, 0, _served(own, around, counts[1], needed))
            groups.append((carrier, "planned", True, _outlines(seed, around, later, boundary)[1]))
    if name == ROAMING[0]:
        host, host_state = all_sites[ROAMING[1]], states[ROAMING[1]]
        guest = _served(own, around, _active(state, "dss", step), state.needed_db) > 0
        lent = _served(host, around, host_state.count[step], host_state.needed_db)
        far = np.arange(around.inside.shape[1])[None, :] < around.inside.shape[1] * 0.42
        lent = np.where(far & ~guest, lent, 0)
        groups.append(("dss", "existing", False, _outlines(seed, around, lent, boundary)[1]))
    carriers = [CARRIERS[group[0]] for group in groups for _ in group[3]]
    status = np.array([group[1] for group in groups for _ in group[3]])
    needed_dbm = [
        round(made.eirp_dbm - RESOURCE_ELEMENTS_DB[made.width_mhz] + state.needed_db)
        for made in carriers
    ]
    count = len(carriers)
    following = DATES[step + 1] if step + 1 < len(DATES) else NEXT
    return layer(
        {
            "operator": np.full(count, name),
            "technology": [made.technology for made in carriers],
            "mode": pd.Series([made.mode for made in carriers], dtype="str"),
            "band_mhz": np.array([made.band_mhz for made in carriers]),
            "min_down_mbit": np.array([made.down_mbit for made in carriers]),
            "min_up_mbit": np.array([made.up_mbit for made in carriers]),
            "environment": np.full(count, "outdoor"),
            "rsrp_min_dbm": np.array(needed_dbm, dtype=float),
            "rx_height_m": np.full(count, 1.5),
            "cell_edge_prob": np.full(count, 0.9),
            "load": np.full(count, 0.5),
            "model_tool": np.full(count, "Demo"),
            "model_resolution_m": np.full(count, around.cell_m),
            "own_network": np.array([group[2] for group in groups for _ in group[3]], dtype=bool),
            "valid_on": np.full(count, np.datetime64(day)),
            "status": status,
            "available_from": np.where(status == "planned", np.datetime64(following),
                                       np.datetime64("NaT")),
        },
        np.concatenate([group[3] for group in groups]),
    )


def _site_list(own: Sites, state: States, step: int) -> Any:
    """Return one row per sector and carrier."""
    rows = []
    for carrier, made in CARRIERS.items():
        now, later = _active(state, carrier, step), _active(state, carrier, step + 1)
        rows += [(i, s, made, "existing" if i < now else "planned")
                 for i in range(max(now, later)) for s in range(3)]
    site, sector = (np.array([row[k] for row in rows]) for k in (0, 1))
    made_of = [row[2] for row in rows]
    short = own.operator[:3].upper()
    return layer(
        {
            "site_id": [f"{short}-{i + 1:03d}-{'ABC'[s]}-{made.technology}-{made.band_mhz}"
                        + (f"-{made.mode}" if made.mode == "SA" else "")
                        for i, s, made, _ in rows],
            "name": [f"{short} {i + 1:03d}" for i in site],
            "operator": np.full(len(rows), own.operator),
            "technology": [made.technology for made in made_of],
            "band_mhz": np.array([made.band_mhz for made in made_of]),
            "eirp_dbm": np.array([made.eirp_dbm for made in made_of]),
            "antenna_height_m": own.height_m[site],
            "azimuth_deg": own.azimuth_deg[site, sector],
            "downtilt_deg": own.downtilt_deg[site, sector],
            "status": [row[3] for row in rows],
        },
        shapely.points(own.xy[site]),
    )
