"""What "covered" means: levels, margins and powers by service, each with its source.

Every figure of a prediction depends on these more than on the model, so that each carries its
source and whether an authority or standard states it for this use. The city may set its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from .checks import ArgumentRangeError

PROVISIONAL_SS_RSRP_DBM = -110.0


class UnconfirmedThresholdError(ValueError):
    """A preset whose value nobody has entered yet."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """One preset.

    Parameters
    ----------
    id : str
    service : str
        "5g", "lorawan" or "wlan".
    quantity : str
        What is compared or assumed.
    value : float or None
        None: known to exist, but not which.
    unit : str
    source : str
    confirmed : bool
        Whether an authority, law or standard states this value for this use. What is not
        confirmed must be shown as such beside every figure that rests on it.
    """

    id: str
    service: str
    quantity: str
    value: float | None
    unit: str
    source: str
    confirmed: bool


THRESHOLDS = (
    Threshold(
        "5g_official",
        "5g",
        "SS-RSRP outdoors at 1.5 m, per technology and band",
        None,
        "dBm",
        "Bundesnetzagentur, Mobilfunk-Monitoring: a minimum level exists, its value in dBm is not "
        "verified; to be entered by the city",
        confirmed=False,
    ),
    Threshold(
        "5g_provisional",
        "5g",
        "SS-RSRP outdoors at 1.5 m",
        PROVISIONAL_SS_RSRP_DBM,
        "dBm",
        "convention of network planning, on the scale of TS 38.215 and TS 38.133 (-140 to -44 "
        "dBm); stands in until the official value is entered",
        confirmed=False,
    ),
    Threshold(
        "lorawan_margin",
        "lorawan",
        "margin above the gateway's sensitivity",
        10.0,
        "dB",
        "convention of network planning",
        confirmed=False,
    ),
    Threshold(
        "lorawan_device_eirp",
        "lorawan",
        "EIRP of a device",
        16.15,
        "dBm",
        "14 dBm ERP: ERC Recommendation 70-03, Annex 1; LoRaWAN Regional Parameters, EU868",
        confirmed=False,
    ),
    Threshold(
        "wlan_voice",
        "wlan",
        "level at the device, for voice",
        -67.0,
        "dBm",
        "design guides of manufacturers for voice over WLAN",
        confirmed=False,
    ),
    Threshold(
        "wlan_data",
        "wlan",
        "level at the device, for data",
        -70.0,
        "dBm",
        "design guides of manufacturers",
        confirmed=False,
    ),
    Threshold(
        "wlan_2400_eirp",
        "wlan",
        "highest EIRP, 2400 to 2483.5 MHz",
        20.0,
        "dBm",
        "ETSI EN 300 328; general assignment of the Bundesnetzagentur",
        confirmed=False,
    ),
    Threshold(
        "wlan_5600_eirp",
        "wlan",
        "highest EIRP, 5470 to 5725 MHz",
        30.0,
        "dBm",
        "ETSI EN 301 893; general assignment of the Bundesnetzagentur",
        confirmed=False,
    ),
)


def threshold(preset: str) -> Threshold:
    """Return a preset by its id.

    Raises
    ------
    ArgumentRangeError
        If there is no such preset; lists those that there are.

    Examples
    --------
    >>> threshold("wlan_voice").value
    -67.0
    """
    for entry in THRESHOLDS:
        if entry.id == preset:
            return entry
    known = ", ".join(entry.id for entry in THRESHOLDS)
    raise ArgumentRangeError(f"preset is {preset!r}; allowed is one of {known}")


def value_of(preset: str) -> float:
    """Return the value of a preset, in its unit.

    Raises
    ------
    ArgumentRangeError
        If there is no such preset.
    UnconfirmedThresholdError
        If its value is not known yet.

    Examples
    --------
    >>> value_of("lorawan_device_eirp")
    16.15
    """
    entry = threshold(preset)
    if entry.value is None:
        raise UnconfirmedThresholdError(
            f"the preset {preset!r} has no value: {entry.source}. Give the threshold in "
            f"{entry.unit}, or choose a provisional preset"
        )
    return entry.value
