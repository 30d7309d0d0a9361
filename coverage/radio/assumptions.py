"""What is assumed of antennas whose lists do not say it; a table, each row with its source.

A prediction says how many of its antennas rest on which of these.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assumption:
    """One value that stands in for what is not stated.

    Parameters
    ----------
    id : str
    text : str
        What is assumed.
    value : float
    unit : str
    source : str
    """

    id: str
    text: str
    value: float
    unit: str
    source: str


OUR_SETTING = "our setting, to be replaced by the operator's own value"

ASSUMPTIONS = (
    Assumption("mobile_height", "antenna height of a mobile site", 25.0, "m",
               "base height of UMa, 3GPP TR 38.901, Table 7.2-1"),
    Assumption("mobile_band", "band of a 5G site", 3600.0, "MHz", OUR_SETTING),
    Assumption("mobile_eirp_low", "EIRP of a carrier below 1 GHz", 61.0, "dBm", OUR_SETTING),
    Assumption("mobile_eirp_mid", "EIRP of a carrier from 1 to 3 GHz", 63.0, "dBm", OUR_SETTING),
    Assumption("mobile_eirp_high", "EIRP of a carrier above 3 GHz", 75.0, "dBm", OUR_SETTING),
    Assumption("mobile_azimuth", "main direction: evenly all around", 360.0, "degrees",
               "nothing better is known of an antenna without one"),
    Assumption("mobile_tilt", "tilt below the horizon", 4.0, "degrees", OUR_SETTING),
    Assumption("horizontal_beamwidth", "horizontal beamwidth of a sector", 65.0, "degrees",
               "antenna element of 3GPP TR 38.901, Table 7.3-1"),
    Assumption("vertical_beamwidth", "vertical beamwidth of a sector", 10.0, "degrees",
               "3GPP TR 36.814, Table A.2.1.1-2"),
    Assumption("gateway_height", "antenna height of a gateway", 15.0, "m", OUR_SETTING),
    Assumption("gateway_gain", "antenna gain of a gateway", 2.15, "dBi", "half-wave dipole"),
    Assumption("hotspot_height", "antenna height of a hotspot outdoors", 4.0, "m", OUR_SETTING),
    Assumption("hotspot_band", "band of a hotspot", 2.4, "GHz",
               "every device has it; IEEE 802.11ax-2021"),
)  # fmt: skip


def assumed(name: str) -> float:
    """Return the value of an assumption.

    Raises
    ------
    KeyError
        If there is none of that id.

    Examples
    --------
    >>> assumed("mobile_height")
    25.0
    """
    return _BY_ID[name].value


_BY_ID = {row.id: row for row in ASSUMPTIONS}
