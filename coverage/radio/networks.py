"""Layers of sites as antennas: sectors of 5G, gateways of LoRaWAN, hotspots of WLAN.

What a row does not say is taken from `assumptions`, and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely

from ..sites import existing
from . import lorawan, nr
from .antenna import ParabolicPattern, Pattern
from .assumptions import assumed
from .link import eirp_from_erp_dbm
from .masts import EVEN, Antenna
from .sweep import Transmitter
from .thresholds import value_of

HIGHEST_MHZ = 6000.0
LOW_MHZ, HIGH_MHZ = 1000.0, 3000.0
LOWEST_M = 1.0
LORAWAN_GHZ = 0.868
WLAN_GHZ = {2.4: 2.442, 5.0: 5.6}
"""Band as lists name it, and the frequency at which it is computed."""

CHANNELS = {"low": (10, 15), "mid": (20, 15), "high": (100, 30)}
"""Bandwidth in MHz and subcarrier spacing in kHz of 5G below 1 GHz, up to 3 GHz and above.

Our setting: the usual channels in Germany; site lists do not say them.
"""


@dataclass(frozen=True, slots=True)
class Network:
    """The antennas of one operator and technology.

    Parameters
    ----------
    antennas : tuple of Antenna
    assumed : mapping of assumption id to number of antennas that rest on it
    left_out : mapping of reason to number of rows
    """

    antennas: tuple[Antenna, ...]
    assumed: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)


class _Rows:
    """Reads the existing sites of a layer, and counts what it has to assume."""

    def __init__(self, frame: Any, key: str) -> None:
        there = frame[existing(frame)]
        self.left_out: Counter[str] = Counter()
        if len(there) < len(frame):
            self.left_out["not in operation"] = len(frame) - len(there)
        self.frame = there.reset_index(drop=True)
        spots = shapely.point_on_surface(self.frame.geometry.to_numpy())
        self.x_m, self.y_m = shapely.get_x(spots), shapely.get_y(spots)
        self.ids = [str(value) for value in self.frame[key]] if key in self.frame else [
            str(number) for number in range(len(self.frame))
        ]  # fmt: skip
        self.assumed: Counter[str] = Counter()
        self._columns: dict[str, Any] = {}

    def number(self, row: int, column: str, assumption: str) -> float:
        """Return what a row states, else what is assumed."""
        stated = self.stated(row, column)
        if stated is not None:
            return stated
        self.assumed[assumption] += 1
        return assumed(assumption)

    def stated(self, row: int, column: str) -> float | None:
        """Return a number, ``None`` where there is none."""
        if column not in self._columns:
            values = (
                self.frame[column] if column in self.frame else pd.Series(index=self.frame.index)
            )
            numbers = pd.to_numeric(values).astype("Float64")
            self._columns[column] = numbers.to_numpy(float, na_value=np.nan)
        value = float(self._columns[column][row])
        return None if np.isnan(value) else value

    def network(self, antennas: Iterator[Antenna]) -> Network:
        """Return all antennas, with what was assumed of them."""
        found = tuple(antennas)  # first: it counts
        return Network(
            found, dict(sorted(self.assumed.items())), dict(sorted(self.left_out.items()))
        )


def mobile_network(frame: Any, technology: str = "5G") -> Network:
    """Return the sectors of one technology in a layer ``mobile_sites``; levels are SS-RSRP.

    A row without `technology` counts. Bands above 6 GHz are left out: P.1812 ends there.
    """
    rows = _Rows(frame, "site_id")

    def antennas() -> Iterator[Antenna]:
        for row, name in enumerate(rows.ids):
            stated = rows.frame["technology"][row] if "technology" in rows.frame else None
            if stated is not None and not pd.isna(stated) and stated != technology:
                rows.left_out["another technology"] += 1
                continue
            band_mhz = rows.number(row, "band_mhz", "mobile_band")
            if band_mhz > HIGHEST_MHZ:
                rows.left_out["above 6 GHz"] += 1
                continue
            yield _sector(rows, row, name, band_mhz)

    return rows.network(antennas())


def _sector(rows: _Rows, row: int, name: str, band_mhz: float) -> Antenna:
    kind = "low" if band_mhz < LOW_MHZ else "mid" if band_mhz <= HIGH_MHZ else "high"
    blocks = nr.resource_block_count(*CHANNELS[kind])
    height_m = max(rows.number(row, "antenna_height_m", "mobile_height"), LOWEST_M)
    place = float(rows.x_m[row]), float(rows.y_m[row])
    return Antenna(
        name,
        Transmitter(*place, height_m, band_mhz / 1000),
        rows.number(row, "eirp_dbm", f"mobile_eirp_{kind}"),
        float(nr.resource_element_share_db(blocks)),
        *_beam(rows, row),
    )


def _beam(rows: _Rows, row: int) -> tuple[float | None, Pattern]:
    """Return main direction and pattern; without direction even all around, if not in elevation."""
    azimuth_deg = rows.stated(row, "azimuth_deg")
    if azimuth_deg is None:
        rows.assumed["mobile_azimuth"] += 1
        upright_deg = rows.stated(row, "vertical_beamwidth_deg")
        if upright_deg is None:
            return None, EVEN
        tilt_deg = rows.number(row, "downtilt_deg", "mobile_tilt")
        return None, ParabolicPattern(0.0, None, upright_deg, tilt_deg)
    return azimuth_deg, ParabolicPattern(
        0.0,
        rows.number(row, "horizontal_beamwidth_deg", "horizontal_beamwidth"),
        rows.number(row, "vertical_beamwidth_deg", "vertical_beamwidth"),
        rows.number(row, "downtilt_deg", "mobile_tilt"),
    )


def gateway_network(frame: Any) -> Network:
    """Return the gateways of a layer ``lorawan_gateways``; levels are those of a device at them.

    By reciprocity the loss is the same in both directions. Gateways receive evenly all around.
    """
    rows = _Rows(frame, "gateway_id")
    device_dbm = float(eirp_from_erp_dbm(lorawan.DEVICE_ERP_DBM))

    def antennas() -> Iterator[Antenna]:
        for row, name in enumerate(rows.ids):
            height_m = max(rows.number(row, "antenna_height_m", "gateway_height"), LOWEST_M)
            gain_dbi = rows.number(row, "antenna_gain_dbi", "gateway_gain")
            place = float(rows.x_m[row]), float(rows.y_m[row])
            yield Antenna(name, Transmitter(*place, height_m, LORAWAN_GHZ), device_dbm + gain_dbi)

    return rows.network(antennas())


def hotspot_network(frame: Any) -> Network:
    """Return the hotspots outdoors of a layer ``wlan_hotspots``, with the highest legal EIRP.

    Known bias: walls beside a hotspot are in it only as far as the surface shows them, and few
    hotspots use the whole EIRP that they may.
    """
    rows = _Rows(frame, "hotspot_id")

    def antennas() -> Iterator[Antenna]:
        for row, name in enumerate(rows.ids):
            inside = rows.frame["indoor"][row] if "indoor" in rows.frame else None
            if inside is not None and not pd.isna(inside) and bool(inside):
                rows.left_out["indoors"] += 1
                continue
            height_m = rows.number(row, "antenna_height_m", "hotspot_height")
            place = float(rows.x_m[row]), float(rows.y_m[row])
            for band_ghz in _bands(rows, row):
                eirp_dbm = value_of("wlan_2400_eirp" if band_ghz < 3 else "wlan_5600_eirp")
                transmitter = Transmitter(*place, height_m, WLAN_GHZ[band_ghz])
                yield Antenna(f"{name} {band_ghz:g} GHz", transmitter, eirp_dbm)

    return rows.network(antennas())


def _bands(rows: _Rows, row: int) -> list[float]:
    stated = rows.frame["bands_ghz"][row] if "bands_ghz" in rows.frame else None
    words = "" if stated is None or pd.isna(stated) else str(stated).replace(",", ".")
    found = [band for band in WLAN_GHZ if f"{band:g}" in words.replace(";", " ").split()]
    if not found:
        rows.assumed["hotspot_band"] += 1
    return found or [assumed("hotspot_band")]
