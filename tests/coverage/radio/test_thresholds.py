import pytest

from stadtnetz.coverage.mobile import THRESHOLD_RSRP_DBM
from stadtnetz.coverage.radio import lorawan
from stadtnetz.coverage.radio.checks import ArgumentRangeError
from stadtnetz.coverage.radio.link import eirp_from_erp_dbm
from stadtnetz.coverage.radio.thresholds import (
    THRESHOLDS,
    UnconfirmedThresholdError,
    threshold,
    value_of,
)


def test_every_preset_says_where_it_comes_from() -> None:
    assert len({entry.id for entry in THRESHOLDS}) == len(THRESHOLDS)
    for entry in THRESHOLDS:
        assert threshold(entry.id) is entry
        assert len(entry.source) > 10
        assert entry.unit in {"dBm", "dB"}
        assert entry.service in {"5g", "lorawan", "wlan"}
        assert entry.value is not None or not entry.confirmed


@pytest.mark.parametrize(
    ("preset", "value", "confirmed"),
    [
        ("5g_provisional", -110.0, False),
        ("lorawan_margin", 10.0, False),
        ("lorawan_device_eirp", 16.15, False),
        ("wlan_voice", -67.0, False),
        ("wlan_data", -70.0, False),
        ("wlan_2400_eirp", 20.0, False),
        ("wlan_5600_eirp", 30.0, False),
    ],
)
def test_presets(preset: str, value: float, confirmed: bool) -> None:
    assert value_of(preset) == value
    assert threshold(preset).confirmed is confirmed


def test_one_figure_is_the_same_in_every_module() -> None:
    assert value_of("5g_provisional") == THRESHOLD_RSRP_DBM
    assert value_of("lorawan_margin") == lorawan.MARGIN_DB
    assert value_of("lorawan_device_eirp") == eirp_from_erp_dbm(lorawan.DEVICE_ERP_DBM)


def test_the_official_level_must_be_entered_first() -> None:
    assert threshold("5g_official").confirmed is False
    with pytest.raises(UnconfirmedThresholdError) as error:
        value_of("5g_official")
    assert str(error.value).startswith("the preset '5g_official' has no value: Bundesnetzagentur")
    assert "Give the threshold in dBm, or choose a provisional preset" in str(error.value)


def test_unknown_presets_are_refused() -> None:
    with pytest.raises(ArgumentRangeError, match="preset is '6g'; allowed is one of 5g_official, "):
        threshold("6g")
