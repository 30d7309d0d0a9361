"""Which register addresses a delivered layer means; see `stadtnetz.geo.address_matching`."""

from ..geo.address_matching import METHODS, POSITION_M, Matches, match, positions

__all__ = ["METHODS", "POSITION_M", "Matches", "match", "positions"]
