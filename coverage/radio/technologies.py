"""The technologies that are predicted: from which sites, into what, and when it suffices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from . import link, lorawan, nr, wlan
from .networks import Network, gateway_network, hotspot_network, mobile_network
from .sensitivity import LORAWAN_MARGINS_DB, MOBILE_THRESHOLDS_DBM, WLAN_THRESHOLDS_DBM
from .thresholds import Threshold, threshold, value_of

if TYPE_CHECKING:
    from ..model import Array
    from .levels import Levels

SUBCARRIER_KHZ = 30
"""Of the noise that 5G is compared with: the usual spacing above 3 GHz."""
WLAN_CHANNEL_HZ, WLAN_NOISE_FIGURE_DB = 20e6, 7.0
"""Our setting: the narrowest channel, and a usual device. Nothing that is kept rests on it."""


@dataclass(frozen=True, slots=True)
class Technology:
    """What a technology is predicted from and into.

    Parameters
    ----------
    id : str
        As results name it.
    sites, result : str
        Layer kinds.
    network : callable
        Makes antennas of the sites.
    radius_km : float
        How far an antenna is looked at, unless said otherwise.
    preset : str
        Threshold from which a place is covered, see `thresholds`.
    quantity, unit : str
        What is compared with the threshold.
    thresholds : sequence of float
        Those of the table of sensitivity.
    noise_dbm : float
        In the bandwidth of the levels.
    products : callable
        Makes the bands that only this technology has of its `Levels`.
    zero_dbm : float
        From where levels are counted: LoRaWAN's are margins above the sensitivity at SF12.
    parameter : str or None
        Name under which the city may set its own threshold.
    draws_weakest : bool
        Whether levels far below the threshold are drawn: around hotspots they would be all that
        is seen.
    """

    id: str
    sites: str
    result: str
    network: Callable[[Any], Network]
    radius_km: float
    preset: str
    quantity: str
    unit: str
    thresholds: Sequence[float]
    noise_dbm: float
    products: Callable[[Levels], dict[str, Array]]
    zero_dbm: float = 0.0
    parameter: str | None = None
    draws_weakest: bool = True

    def threshold_dbm(self, parameters: Mapping[str, Any]) -> float:
        """Return the level from which an antenna is in reach; `parameters` are the city's own."""
        own = parameters.get(self.parameter) if self.parameter else None
        return float(self.zero_dbm + value_of(self.preset) if own is None else own)

    def stated(self, threshold_dbm: float) -> tuple[float, Threshold | None]:
        """Return a threshold as it is shown, and the preset that it is, if it is one."""
        shown, known = threshold_dbm - self.zero_dbm, threshold(self.preset)
        return shown, known if shown == known.value else None


def _of_mobile(found: Levels) -> dict[str, Array]:
    return {"sinr_db": found.sinr_db}


def _of_gateways(found: Levels) -> dict[str, Array]:
    sensitivity = lorawan.sensitivities_dbm()
    factor = lorawan.best_spreading_factor(found.level_dbm, sensitivity)
    return {
        "margin_db": found.level_dbm - np.float32(sensitivity[-1]),
        "spreading_factor": np.where(factor == 0, np.nan, factor),
    }


def _of_hotspots(found: Levels) -> dict[str, Array]:
    rate = wlan.rate_class(found.level_dbm)
    return {"rate_class": np.where(rate < 0, np.nan, rate)}


_SF12_DBM = float(lorawan.sensitivities_dbm()[-1])

MOBILE = Technology(
    id="5G",
    sites="mobile_sites",
    result="predicted_mobile",
    network=mobile_network,
    radius_km=3.0,
    preset="5g_provisional",
    parameter="mobile_threshold_dbm",
    quantity="SS-RSRP",
    unit="dBm",
    thresholds=MOBILE_THRESHOLDS_DBM,
    noise_dbm=float(nr.resource_element_noise_dbm(SUBCARRIER_KHZ)),
    products=_of_mobile,
)
LORAWAN = Technology(
    id="LoRaWAN",
    sites="lorawan_gateways",
    result="predicted_lorawan",
    network=gateway_network,
    radius_km=10.0,
    preset="lorawan_margin",
    quantity="margin at SF12",
    unit="dB",
    thresholds=LORAWAN_MARGINS_DB,
    noise_dbm=_SF12_DBM,
    products=_of_gateways,
    zero_dbm=_SF12_DBM,
)
WLAN = Technology(
    id="WLAN",
    sites="wlan_hotspots",
    result="predicted_wlan",
    network=hotspot_network,
    radius_km=0.3,
    preset="wlan_data",
    quantity="level",
    unit="dBm",
    thresholds=WLAN_THRESHOLDS_DBM,
    noise_dbm=float(link.noise_dbm(WLAN_CHANNEL_HZ, WLAN_NOISE_FIGURE_DB)),
    products=_of_hotspots,
    draws_weakest=False,
)

TECHNOLOGIES: Mapping[str, Technology] = {each.id: each for each in (MOBILE, LORAWAN, WLAN)}


def technology_of(result: str) -> Technology:
    """Return the technology of a layer kind of predictions.

    Raises
    ------
    KeyError
        If it is none.

    Examples
    --------
    >>> technology_of("predicted_wlan").id
    'WLAN'
    """
    return _BY_RESULT[result]


_BY_RESULT = {each.result: each for each in TECHNOLOGIES.values()}
