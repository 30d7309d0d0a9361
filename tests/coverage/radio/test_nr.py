from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.radio.checks import ArgumentRangeError
from stadtnetz.coverage.radio.nr import (
    RESOURCE_BLOCK_COUNT,
    resource_block_count,
    resource_element_noise_dbm,
    resource_element_share_db,
    ss_rsrp_dbm,
)


@pytest.mark.parametrize(
    ("bandwidth", "spacing", "blocks", "share_db"), [(100, 30, 273, 35.2), (10, 15, 52, 28.0)]
)
def test_a_carrier_is_spread_over_its_subcarriers(
    bandwidth: int, spacing: int, blocks: int, share_db: float
) -> None:
    assert resource_block_count(bandwidth, spacing) == blocks
    assert resource_element_share_db(blocks) == pytest.approx(share_db, abs=0.05)


@pytest.mark.parametrize(
    ("bandwidth", "spacing", "blocks"),
    [(5, 15, 25), (50, 15, 270), (20, 30, 51), (90, 30, 245), (10, 60, 11), (100, 60, 135)],
)
def test_further_entries_of_the_table(bandwidth: int, spacing: int, blocks: int) -> None:
    assert resource_block_count(bandwidth, spacing) == blocks


def test_blocks_fit_into_their_channel() -> None:
    # twelve subcarriers per block fill 69 to 99 % of the channel, the more the wider it is
    for spacing, by_bandwidth in RESOURCE_BLOCK_COUNT.items():
        assert list(by_bandwidth) == sorted(by_bandwidth)
        for bandwidth, blocks in by_bandwidth.items():
            assert 0.69 < 12 * blocks * spacing / (1000 * bandwidth) < 0.99


def test_rsrp_golden_value() -> None:
    # 63 - 120 - 10 log10(12 * 273) = 63 - 120 - 35.1534
    assert ss_rsrp_dbm(63.0, 120.0, 273) == pytest.approx(-92.1534, abs=1e-4)
    # -174 + 10 log10(15000) + 9 = -174 + 41.7609 + 9
    assert resource_element_noise_dbm(15) == pytest.approx(-123.2391, abs=1e-4)


@given(st.floats(50, 200), st.floats(50, 200))
def test_more_loss_is_never_louder(loss_1: float, loss_2: float) -> None:
    less, more = sorted((loss_1, loss_2))
    level = ss_rsrp_dbm(60.0, [less, more], 273)
    assert level[1] <= level[0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: resource_block_count(100, 120),
            "subcarrier_spacing_khz is 120 kHz; allowed is one of 15, 30, 60 kHz",
        ),
        (
            lambda: resource_block_count(100, 15),
            "bandwidth_mhz is 100 MHz; allowed at 15 kHz is one of 3, 5, 10, 15, 20, 25, 30, 35,",
        ),
        (lambda: ss_rsrp_dbm(60, 100, 0), "block_count is 0; allowed is 1 to 275"),
        (lambda: resource_element_noise_dbm(15, -1), "noise_figure_db is -1 dB; allowed is 0 to"),
    ],
)
def test_what_is_out_of_range_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ArgumentRangeError) as error:
        call()
    assert str(error.value).startswith(message)
