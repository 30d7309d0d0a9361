"""Antennas, and the masts that they share: what a list of sites becomes before it is predicted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .antenna import ParabolicPattern
from .checks import check_range

if TYPE_CHECKING:
    from .antenna import Pattern
    from .sweep import Transmitter

EVEN = ParabolicPattern(0.0)


@dataclass(frozen=True, slots=True)
class Antenna:
    """One sector, gateway or hotspot on one band.

    Parameters
    ----------
    id : str
    transmitter : Transmitter
        Place, height and band; by which antennas share a loss.
    eirp_dbm : float
        In its main direction, -50 to 120. For an uplink that of the device, plus the gain here.
    carrier_db : float
        By how much what is measured is weaker than the carrier, such as one resource element.
    azimuth_deg : float or None
        Main direction; ``None`` radiates evenly all around.
    pattern : Pattern
        Its gain is in the EIRP already and not counted again.
    """

    id: str
    transmitter: Transmitter
    eirp_dbm: float
    carrier_db: float = 0.0
    azimuth_deg: float | None = None
    pattern: Pattern = EVEN

    def __post_init__(self) -> None:
        """Refuse what cannot be a power."""
        check_range("eirp_dbm", self.eirp_dbm, -50, 120, "dBm")
        check_range("carrier_db", self.carrier_db, 0, 60, "dB")


def by_mast(antennas: Iterable[Antenna]) -> dict[Transmitter, list[tuple[int, Antenna]]]:
    """Group antennas by the loss that they share, each with its number, in their order.

    Antennas that are the same but for their id, such as two modes on one carrier, count once.
    """
    groups: dict[Transmitter, list[tuple[int, Antenna]]] = {}
    seen: set[tuple[object, ...]] = set()
    for number, antenna in enumerate(antennas):
        what = (antenna.transmitter, antenna.eirp_dbm, antenna.carrier_db,
                antenna.azimuth_deg, antenna.pattern)  # fmt: skip
        if what not in seen:
            seen.add(what)
            groups.setdefault(antenna.transmitter, []).append((number, antenna))
    return groups
