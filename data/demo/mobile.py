"""The mobile operators' deliveries: coverage as areas per technology and mode, and site lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from .delivery import DemoDelivery
from .frames import NO_DATE, layer, text
from .radio_sites import SITE_COUNT, Field, Sites, sites
from .radio_sites import field as radio_field
from .served_areas import Levels, areas, on_air, ragged
from .terrain import Ground
from .town import Town
from .waves import Waves

Array = npt.NDArray[Any]

DATES = (
    date(2021, 6, 30), date(2022, 6, 30), date(2023, 6, 30), date(2024, 6, 30),
    date(2025, 6, 30), date(2025, 12, 31), date(2026, 6, 30),
)  # fmt: skip
NEXT = date(2027, 6, 30)
RESOURCE_ELEMENTS_DB = {10: 27.8, 100: 35.2}
"""Total power over that of one resource element, per bandwidth in MHz."""
OWN_SHARE = {
    "wellenreich": (0.685, 0.755, 0.815, 0.868, 0.905, 0.915, 0.925, 0.945),
    "funkbruecke": (0.61, 0.685, 0.755, 0.83, 0.875, 0.885, 0.895, 0.920),
    "mobilring": (0.505, 0.59, 0.67, 0.76, 0.832, 0.845, 0.855, 0.890),
}
"""Share of area with 5G of the operator's own, on each date and as planned after the last."""
HOST, GUEST = "wellenreich", "mobilring"
"""The guest's customers may use the host's 5G in the west, where the guest has none."""
ROAMING_WEST = 0.42


@dataclass(frozen=True, slots=True)
class Carrier:
    """One technology on one band.

    Parameters
    ----------
    technology, mode : str
        ``mode`` is empty for 4G.
    band_mhz, width_mhz : int
    eirp_dbm : float
    harder_db : float
        How much more level it needs than 5G at 700 MHz in the same place.
    down_mbit, up_mbit : int
    part : tuple of float
        Part of the 5G sites that have it, on each date and as planned after the last.
    by_sector : bool
        Whether its areas are told per sector or per site.
    """

    technology: str
    mode: str
    band_mhz: int
    width_mhz: int
    eirp_dbm: float
    harder_db: float
    down_mbit: int
    up_mbit: int
    part: tuple[float, ...] = (1.0,) * 8
    by_sector: bool = False


LTE = Carrier("4G", "", 800, 10, 61.0, -7.0, 10, 2)
DSS = Carrier("5G", "DSS", 700, 10, 62.0, 0.0, 20, 4)
NSA = Carrier("5G", "NSA", 3_600, 100, 77.0, 12.0, 300, 30,
              (0.25, 0.4, 0.5, 0.6, 0.7, 0.72, 0.78, 0.85), by_sector=True)  # fmt: skip
SA = Carrier("5G", "SA", 700, 10, 62.0, 0.5, 30, 6, (0.0, 0.0, 0.2, 0.4, 0.62, 0.7, 0.78, 0.9))
CARRIERS = (LTE, DSS, NSA, SA)


@dataclass(frozen=True, slots=True)
class Network:
    """One operator's sites, how many carry 5G on each date, and the level that counts."""

    own: Sites
    active: tuple[int, ...]
    needed_db: float

    def sites_with(self, carrier: Carrier, step: int) -> int:
        """Return how many sites carry it on a date; 4G is everywhere from the beginning."""
        if carrier is LTE:
            return max(self.active)
        return round(self.active[step] * carrier.part[step])

    def level_dbm(self, carrier: Carrier) -> float:
        """Return the reference signal level at the edge of its areas."""
        power = carrier.eirp_dbm - RESOURCE_ELEMENTS_DB[carrier.width_mhz]
        return float(round(power + self.needed_db))


@dataclass(frozen=True, slots=True)
class _Studio:
    """Draws areas, each but once."""

    around: Field
    networks: dict[str, Network]
    boundary: Any
    moves: tuple[Waves, Waves]
    levels: dict[tuple[str, int], Levels] = field(default_factory=dict)
    drawn: dict[tuple[str, str, int], Array] = field(default_factory=dict)

    def served(self, operator: str, carrier: Carrier, step: int) -> Array:
        """Return who serves each cell: site or sector plus one, 0 for nobody."""
        network = self.networks[operator]
        count = network.sites_with(carrier, step)
        if (operator, count) not in self.levels:
            self.levels[operator, count] = on_air(network.own, self.around, count)
        server = self.levels[operator, count].served(network.needed_db + carrier.harder_db)
        return server if carrier.by_sector else (server + 2) // 3

    def forget(self, operator: str) -> None:
        """Forget the levels of all but an operator and the host, to save memory."""
        for key in [key for key in self.levels if key[0] not in (operator, HOST)]:
            del self.levels[key]

    def existing(self, operator: str, carrier: Carrier, step: int) -> Array:
        """Return what an operator serves on a date."""
        key = (operator, carrier.technology + carrier.mode,
               self.networks[operator].sites_with(carrier, step))  # fmt: skip
        if key not in self.drawn:
            self.drawn[key] = self._areas(self.served(operator, carrier, step))
        return self.drawn[key]

    def planned(self, operator: str, carrier: Carrier, step: int) -> Array:
        """Return what an operator serves on the next date and does not on this."""
        now, later = (self.served(operator, carrier, at) for at in (step, step + 1))
        return self._areas(np.where(now > 0, 0, later))

    def lent(self, step: int) -> Array:
        """Return where the guest uses the host's 5G."""
        host, guest = (self.served(name, DSS, step) for name in (HOST, GUEST))
        column = np.arange(host.shape[1]) < ROAMING_WEST * host.shape[1]
        return self._areas(np.where((guest == 0) & column, host, 0))

    def _areas(self, label: Array) -> Array:
        return areas(self.around, label, self.moves, self.boundary)


def mobile_deliveries(place: Town, ground: Ground, boundary: Any) -> Iterator[DemoDelivery]:
    """Return coverage and site list of each operator for each date."""
    around = radio_field(place, ground)
    shapely.prepare(boundary)
    networks = {name: _network(sites(place, around, name), around) for name in SITE_COUNT}
    studio = _Studio(around, networks, boundary, ragged(place.random("ragged"), around))
    for name, network in networks.items():
        studio.forget(name)
        for step, day in enumerate(DATES):
            yield DemoDelivery("mobile_coverage", name, day, _coverage(studio, name, step))
            yield DemoDelivery("mobile_sites", name, day, _site_list(network, step))


def _network(own: Sites, around: Field) -> Network:
    """Choose the level so that all sites reach the plan, then count sites until each share."""
    wanted = np.array(OWN_SHARE[own.operator])
    full = on_air(own, around, len(own))
    needed_db = float(np.quantile(full.best_db[around.inside], 1 - wanted[-1]))
    levels, reached = Levels(own, around), []
    for site in range(len(own)):
        levels.add(site)
        reached.append(float((levels.best_db[around.inside] >= needed_db).mean()))
    count = np.searchsorted(np.array(reached), wanted - 1e-9) + 1
    return Network(own, tuple(np.minimum(count, len(own)).tolist()), needed_db)


def _coverage(studio: _Studio, name: str, step: int) -> Any:
    """Return one operator's coverage on one date."""
    network = studio.networks[name]
    groups = [
        (carrier, "existing", True, studio.existing(name, carrier, step)) for carrier in CARRIERS
    ]
    groups.append((DSS, "planned", True, studio.planned(name, DSS, step)))
    if name == GUEST:
        groups.append((DSS, "existing", False, studio.lent(step)))
    repeat = [len(found) for _, _, _, found in groups]

    def each(values: Any) -> Array:
        return np.repeat(np.array(values), repeat)

    carriers = [carrier for carrier, _, _, _ in groups]
    status = each([status for _, status, _, _ in groups])
    count = len(status)
    next_day = (*DATES, NEXT)[step + 1]
    return layer(
        {
            "operator": np.full(count, name),
            "technology": each([carrier.technology for carrier in carriers]),
            "mode": text(each([carrier.mode for carrier in carriers])),
            "band_mhz": each([carrier.band_mhz for carrier in carriers]),
            "min_down_mbit": each([carrier.down_mbit for carrier in carriers]),
            "min_up_mbit": each([carrier.up_mbit for carrier in carriers]),
            "environment": np.full(count, "outdoor"),
            "rsrp_min_dbm": each([network.level_dbm(carrier) for carrier in carriers]),
            "rx_height_m": np.full(count, 1.5),
            "cell_edge_prob": np.full(count, 0.9),
            "load": np.full(count, 0.5),
            "model_tool": np.full(count, "Demo"),
            "model_resolution_m": np.full(count, studio.around.cell_m),
            "own_network": each([own for _, _, own, _ in groups]),
            "valid_on": np.full(count, np.datetime64(DATES[step])),
            "status": status,
            "available_from": np.where(status == "planned", np.datetime64(next_day), NO_DATE),
        },
        np.concatenate([found for _, _, _, found in groups]),
    )


def _site_list(network: Network, step: int) -> Any:
    """Return one row per sector and carrier; what comes with the next date is planned."""
    own, short = network.own, network.own.operator[:3].upper()
    rows = [
        (site, sector, carrier, site < network.sites_with(carrier, step))
        for carrier in CARRIERS
        for site in range(network.sites_with(carrier, step + 1))
        for sector in range(3)
    ]
    site, sector = (np.array([row[k] for row in rows]) for k in (0, 1))
    carriers = [carrier for _, _, carrier, _ in rows]
    return layer(
        {
            "site_id": [
                f"{short}{at + 1:03d}{'ABC'[facing]}-{made.technology}{made.mode}-{made.band_mhz}"
                for at, facing, made, _ in rows
            ],
            "name": [f"{short} {at + 1:03d}" for at in site],
            "operator": np.full(len(rows), own.operator),
            "technology": [carrier.technology for carrier in carriers],
            "band_mhz": np.array([carrier.band_mhz for carrier in carriers]),
            "eirp_dbm": np.array([carrier.eirp_dbm for carrier in carriers]),
            "antenna_height_m": own.height_m[site],
            "azimuth_deg": own.azimuth_deg[site, sector],
            "downtilt_deg": own.downtilt_deg[site, sector],
            "status": ["existing" if built else "planned" for _, _, _, built in rows],
        },
        shapely.points(own.xy[site]),
    )
