"""Technologies: layer kinds, thresholds and what only each of them has."""

import numpy as np
import pytest

from stadtnetz.coverage.radio.levels import Levels
from stadtnetz.coverage.radio.technologies import (
    LORAWAN,
    MOBILE,
    TECHNOLOGIES,
    WLAN,
    technology_of,
)


def levels(*level_dbm: float) -> Levels:
    shape = (1, len(level_dbm))
    level = np.array([level_dbm], np.float32)
    return Levels(level, np.zeros(shape, int), np.ones(shape, int), np.zeros(shape), level + 100)


def test_each_is_found_by_its_result():
    assert [technology_of(each.result) for each in TECHNOLOGIES.values()] == [MOBILE, LORAWAN, WLAN]
    with pytest.raises(KeyError):
        technology_of("mobile_coverage")


def test_thresholds_are_presets_unless_the_city_sets_its_own():
    assert MOBILE.threshold_dbm({}) == -110.0
    assert MOBILE.threshold_dbm({"mobile_threshold_dbm": -105}) == -105.0
    assert LORAWAN.threshold_dbm({"mobile_threshold_dbm": -105}) == -137.0 + 10.0
    assert WLAN.threshold_dbm({}) == -70.0


def test_a_threshold_as_it_is_shown_and_whether_it_is_the_preset():
    shown, preset = LORAWAN.stated(-127.0)
    assert shown == 10.0
    assert preset is not None
    assert preset.id == "lorawan_margin"
    assert MOBILE.stated(-105.0) == (-105.0, None)


def test_the_bands_that_only_one_of_them_has():
    assert MOBILE.products(levels(-90.0))["sinr_db"].tolist() == [[10.0]]
    gateway = LORAWAN.products(levels(-120.0, -150.0, np.nan))
    np.testing.assert_allclose(gateway["margin_db"], [[17.0, -13.0, np.nan]])
    assert np.isnan(gateway["spreading_factor"]).tolist() == [[False, True, True]]
    rates = WLAN.products(levels(-40.0, -75.0, np.nan))["rate_class"]
    assert rates[0, 0] > rates[0, 1]
    assert np.isnan(rates[0, 2])
