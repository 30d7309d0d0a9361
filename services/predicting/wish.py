"""What is to be predicted, and how."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...coverage.radio.checks import check_range
from ...coverage.radio.mast_loss import MODELS, Method
from ...coverage.radio.technologies import TECHNOLOGIES, Technology

PIXELS_M = (1.0, 100.0)
RADII_KM = (0.25, 100.0)


class PredictionError(ValueError):
    """Coverage cannot be predicted; the message says what is missing and what to do.

    Parameters
    ----------
    message : str
    code : str
        By which pages find their own words.
    """

    def __init__(self, message: str, code: str = "cannot_predict") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be predicted, and how.

    Parameters
    ----------
    technology : str or None
        ``None``: all for which there are sites.
    operator : str or None
        ``None``: all.
    radius_km : float or None
        0.25 to 100; ``None``: 3 km for 5G, 10 km for LoRaWAN, 0.3 km for WLAN.
    pixel_m : float
        1 to 100.
    reliability_percent : float
        Share of the places in a cell that have the level at least.
    model : str
        ``"p1812"`` or ``"tr38901"``.
    second_opinion : bool
        Whether the other model is computed as well.
    load_share : float
        Of interfering antennas, 0 to 1.
    """

    technology: str | None = None
    operator: str | None = None
    radius_km: float | None = None
    pixel_m: float = 10.0
    reliability_percent: float = 50.0
    model: Method = "p1812"
    second_opinion: bool = True
    load_share: float = 0.5

    def __post_init__(self) -> None:
        """Refuse what no prediction can be made with."""
        if self.technology is not None and self.technology not in TECHNOLOGIES:
            raise PredictionError(
                f"there is no technology {self.technology!r}; there are: {', '.join(TECHNOLOGIES)}"
            )
        if self.model not in MODELS:
            raise PredictionError(
                f"there is no model {self.model!r}; there are: {', '.join(MODELS)}"
            )
        check_range("pixel_m", self.pixel_m, *PIXELS_M, "m")
        check_range("reliability_percent", self.reliability_percent, 1, 99, "%")
        check_range("load_share", self.load_share, 0, 1, "")
        if self.radius_km is not None:
            check_range("radius_km", self.radius_km, *RADII_KM, "km")

    @property
    def technologies(self) -> Iterator[Technology]:
        """Those that are wished for."""
        for technology in TECHNOLOGIES.values():
            if self.technology in {None, technology.id}:
                yield technology

    @property
    def other_model(self) -> Method | None:
        """The model of the second opinion, if one is wished for."""
        if not self.second_opinion:
            return None
        return "tr38901" if self.model == "p1812" else "p1812"

    @property
    def models(self) -> tuple[Method, ...]:
        """All that are to be computed."""
        return (self.model, self.other_model) if self.other_model else (self.model,)

    def radius_m(self, technology: Technology) -> float:
        """Return how far an antenna is looked at."""
        return 1000 * (self.radius_km or technology.radius_km)
