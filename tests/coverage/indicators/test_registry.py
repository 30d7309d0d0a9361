"""The registry of indicators."""

import pytest

from stadtnetz.coverage.indicators import UnknownIndicatorError, indicator, indicators


def test_ids() -> None:
    assert sorted(indicators()) == [
        "business_area_fibre_share",
        "fibre_area_share",
        "fibre_offer_household_share",
        "gigabit_household_share",
        "iot_area_share",
        "mobile_5g_area_share",
        "school_fibre_share",
        "wlan_public_place_share",
    ]


def test_each_module_is_named_after_its_indicator_and_says_its_bias() -> None:
    for name, each in indicators().items():
        assert each.id == name
        assert "Known bias" in (__import__(each.compute.__module__, fromlist=["x"]).__doc__ or "")


def test_unknown_id_proposes_the_nearest() -> None:
    with pytest.raises(UnknownIndicatorError, match="did you mean 'iot_area_share'"):
        indicator("iot_area_shar")
