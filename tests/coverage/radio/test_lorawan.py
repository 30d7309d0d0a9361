import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from stadtnetz.coverage.radio.checks import ArgumentRangeError
from stadtnetz.coverage.radio.link import eirp_from_erp_dbm
from stadtnetz.coverage.radio.lorawan import (
    DEVICE_ERP_DBM,
    SPREADING_FACTORS,
    best_spreading_factor,
    sensitivities_dbm,
    uplink,
)

NAN = math.nan
levels = st.floats(-160, -40) | st.just(NAN)
level_stacks = hnp.arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 6)), elements=levels)


@pytest.mark.real
def test_tables_are_those_of_the_data_sheets(shared: Path) -> None:
    tables = json.loads((shared / "vectors" / "lora_sensitivity.json").read_text(encoding="utf-8"))
    for receiver in ("SX1272", "SX1276"):
        (name,) = [key for key in tables if key.startswith(receiver)]
        for factor in SPREADING_FACTORS:
            assert factor.sensitivity_dbm[receiver] == tables[name][f"SF{factor.number}"]
    (name,) = [key for key in tables if key.startswith("required_SNR")]
    snr = {f"SF{factor.number}": factor.required_snr_db for factor in SPREADING_FACTORS}
    assert snr == tables[name]
    assert tables["EU868"]["max_ERP_dBm"] == DEVICE_ERP_DBM
    assert tables["EU868"]["EIRP_dBm"] == eirp_from_erp_dbm(DEVICE_ERP_DBM)


def test_sensitivity_by_formula() -> None:
    # -174 + 10 log10(125000) + 6 - 7.5 = -174 + 50.9691 + 6 - 7.5, and 12.5 dB less at SF12
    by_formula = sensitivities_dbm(noise_figure_db=6.0)
    assert by_formula[[0, 5]] == pytest.approx([-124.5309, -137.0309], abs=1e-4)
    # the data sheet's receiver has a noise figure of about 6 dB
    assert np.abs(by_formula - sensitivities_dbm("SX1272")).max() < 1.1


def test_best_spreading_factor_keeps_the_margin() -> None:
    level = [-114.0, -114.1, -117.1, -120.1, -123.1, -125.1, -127.0, -127.1, NAN]
    found = best_spreading_factor(level, sensitivities_dbm())
    assert found.tolist() == [7, 8, 9, 10, 11, 12, 12, 0, 0]
    assert best_spreading_factor(-137.0, sensitivities_dbm(), margin_db=0.0) == 12


@given(st.floats(-160, -40), st.floats(-160, -40), st.floats(0, 60))
def test_a_stronger_level_is_never_slower(l1: float, l2: float, margin: float) -> None:
    weak, strong = sorted((l1, l2))
    slow, fast = best_spreading_factor([weak, strong], sensitivities_dbm(), margin_db=margin)
    assert fast > 0 or slow == 0
    assert slow == 0 or fast <= slow


def test_golden_uplink() -> None:
    stack = np.array([[-120.0, -127.0, -128.0, NAN], [-118.0, -127.0, -150.0, NAN]])
    heard = uplink(stack, sensitivities_dbm())
    assert heard.gateway.tolist() == [1, 0, 0, -1]
    assert heard.spreading_factor.tolist() == [9, 12, 0, 0]
    assert heard.gateway_count.tolist() == [2, 2, 0, 0]
    assert heard.margin_db[:3].tolist() == [19.0, 10.0, 9.0]
    assert np.isnan(heard.margin_db[3])


@given(level_stacks, st.floats(0, 30))
def test_covered_is_the_same_in_every_answer(stack: Any, margin: float) -> None:
    heard = uplink(stack, sensitivities_dbm(), margin_db=margin)
    assert np.array_equal(heard.spreading_factor > 0, heard.gateway_count > 0)


@given(level_stacks, hnp.arrays(float, 6, elements=levels))
def test_one_more_gateway_never_covers_less(stack: Any, added: Any) -> None:
    before = uplink(stack, sensitivities_dbm())
    after = uplink([*stack, added[: stack.shape[1]]], sensitivities_dbm())
    assert np.all(after.gateway_count >= before.gateway_count)
    known = ~np.isnan(before.margin_db)
    assert np.all(after.margin_db[known] >= before.margin_db[known])
    served = before.spreading_factor > 0
    assert np.all(after.spreading_factor[served] <= before.spreading_factor[served])
    assert np.all(after.spreading_factor[served] > 0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: sensitivities_dbm("SX1301"),  # type: ignore[arg-type]
            "receiver is 'SX1301'; allowed is one of SX1272, SX1276",
        ),
        (
            lambda: sensitivities_dbm(noise_figure_db=-1),
            "noise_figure_db is -1 dB; allowed is 0 to 50 dB",
        ),
        (
            lambda: best_spreading_factor(-100, sensitivities_dbm(), margin_db=-1),
            "margin_db is -1 dB; allowed is 0 to 60 dB",
        ),
        (
            lambda: uplink([np.zeros(2)], sensitivities_dbm(), margin_db=NAN),
            "margin_db is nan dB; allowed is 0 to 60 dB",
        ),
    ],
)
def test_what_is_out_of_range_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ArgumentRangeError) as error:
        call()
    assert str(error.value) == message
