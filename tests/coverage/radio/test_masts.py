"""Antennas, and what shares a mast."""

import pytest
from small_landscape import MAST

from stadtnetz.coverage.radio.checks import ArgumentRangeError
from stadtnetz.coverage.radio.masts import Antenna, by_mast


def test_sectors_share_a_loss_and_copies_count_once():
    one = Antenna("NSA", MAST, 60.0, azimuth_deg=0.0)
    groups = by_mast([one, Antenna("SA", MAST, 60.0, azimuth_deg=0.0),
                      Antenna("b", MAST, 60.0, azimuth_deg=120.0)])  # fmt: skip
    assert [[number for number, _ in group] for group in groups.values()] == [[0, 2]]


def test_impossible_powers_are_refused():
    with pytest.raises(ArgumentRangeError, match="eirp_dbm"):
        Antenna("a", MAST, 200.0)
