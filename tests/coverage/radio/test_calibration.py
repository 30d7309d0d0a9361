"""Offsets are found where they can be found, and refused where they cannot."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.radio.calibration import CalibrationError, Sample, calibrate
from stadtnetz.coverage.radio.checks import ArgumentRangeError

SENSITIVITY_DBM = -125.0
NAN = np.nan


def drive_test(offset_db, *, sigma_db=7.0, count=4000, seed=1, environment="residential"):
    """Readings whose truth is known: predicted level plus an offset, and log-normal shadowing."""
    rng = np.random.default_rng(seed)
    predicted = rng.uniform(-140, -80, count)
    truth = predicted + offset_db + rng.normal(0, sigma_db, count)
    received = truth >= SENSITIVITY_DBM
    return Sample(
        technology="5G",
        level_dbm=np.where(received, truth, NAN),
        received=received,
        predicted_dbm=predicted,
        sensitivity_dbm=np.full(count, SENSITIVITY_DBM),
        environment=np.full(count, environment, dtype=object),
        tx_power_dbm=np.full(count, 60.0),
        transmitter_height_m=np.full(count, 25.0),
    )


@pytest.mark.parametrize("offset_db", [-25.0, -8.0, 0.0, 12.0])
def test_a_known_offset_is_found(offset_db):
    (found,) = calibrate(drive_test(offset_db))
    assert found.offset_db == pytest.approx(offset_db, abs=0.6)
    assert found.residual_db == pytest.approx(7, abs=0.6)
    assert found.error_db < 0.4
    assert abs(found.offset_db - offset_db) < 4 * found.error_db
    assert found.lost_count > 0
    assert found.count > 600


def test_received_packets_alone_would_give_a_biased_offset_and_are_refused():
    sample = drive_test(-8.0)
    arrived = sample.level_dbm[sample.received] - sample.predicted_dbm[sample.received]
    naive_db = float(np.median(arrived))
    # the model would be corrected by much too little: coverage that does not exist
    assert naive_db > -8.0 + 1.0
    far = sample.received & (sample.predicted_dbm < SENSITIVITY_DBM)
    assert np.median(sample.level_dbm[far] - sample.predicted_dbm[far]) > 5
    with pytest.raises(CalibrationError, match="only what was received is recorded") as caught:
        calibrate(replace(sample, received=None))
    assert len(caught.value.reasons) == 1


def test_outliers_do_not_bend_it():
    sample = drive_test(-8.0)
    wild = np.arange(len(sample)) % 12 == 0
    level = np.where(wild & sample.received, -30.0, sample.level_dbm)
    (found,) = calibrate(replace(sample, level_dbm=level))
    assert found.offset_db == pytest.approx(-8, abs=1.5)
    assert 0.03 < found.outlier_share < 0.12
    mean_db = np.nanmean(level - sample.predicted_dbm)
    assert abs(mean_db + 8) > 4


def joined(*samples):
    def column(name):
        return np.concatenate([getattr(sample, name) for sample in samples])

    names = ("level_dbm", "received", "predicted_dbm", "sensitivity_dbm", "environment",
             "tx_power_dbm", "transmitter_height_m")  # fmt: skip
    return Sample("5G", **{name: column(name) for name in names})


def test_each_environment_has_its_own_offset_or_says_why_not():
    few = drive_test(0, count=20, seed=3, environment="water")
    sample = joined(
        drive_test(-10, environment="forest"), drive_test(3, seed=2, environment="meadow"), few
    )
    forest, meadow, water = calibrate(sample)
    assert forest.offset_db == pytest.approx(-10, abs=0.6)
    assert meadow.offset_db == pytest.approx(3, abs=0.6)
    assert water.offset_db is None
    assert "fewer than 30" in water.why_not


def test_where_most_is_lost_nothing_is_guessed():
    sample = drive_test(-100.0)
    with pytest.raises(CalibrationError, match="not received where they should be"):
        calibrate(sample)


def test_too_few_readings():
    with pytest.raises(CalibrationError, match="known of 29 of 29"):
        calibrate(drive_test(0, count=29))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("tx_power_dbm", "the transmit power is known of 0 of 4000"),
        ("transmitter_height_m", "the height of the transmitter's antenna is known of 0 of 4000"),
        ("predicted_dbm", "the prediction is known of 0"),
        ("sensitivity_dbm", "the sensitivity of the receiver is known of 0"),
    ],
)
def test_what_must_be_known(name, reason):
    with pytest.raises(CalibrationError, match=reason):
        calibrate(replace(drive_test(-8), **{name: np.full(4000, NAN)}))


def test_readings_of_which_too_little_is_known_are_left_out():
    sample = drive_test(-8)
    power = sample.tx_power_dbm.copy()
    power[: len(power) // 2] = NAN
    wrong = np.where(np.isnan(power), sample.level_dbm + 30, sample.level_dbm)
    (found,) = calibrate(replace(sample, tx_power_dbm=power, level_dbm=wrong))
    assert found.offset_db == pytest.approx(-8, abs=0.7)


def lorawan(sample, snr_db=None, spreading_factor=None):
    count = len(sample)
    return replace(
        sample,
        technology="LoRaWAN",
        snr_db=snr_db,
        spreading_factor=np.full(count, spreading_factor or NAN),
    )


def test_lorawan_needs_spreading_factor_and_snr():
    sample = drive_test(-8)
    with pytest.raises(CalibrationError) as caught:
        calibrate(lorawan(sample))
    assert [reason.split(" is known")[0] for reason in caught.value.reasons] == [
        "the spreading factor",
        "the SNR, without which weak levels are those of the noise,",
    ]


def test_lorawan_levels_are_those_of_the_packet_and_not_of_the_noise():
    sample = drive_test(-8)
    noise_dbm = -117.0
    rssi = 10 * np.log10(10 ** (sample.level_dbm / 10) + 10 ** (noise_dbm / 10))
    snr = sample.level_dbm - noise_dbm
    (found,) = calibrate(replace(lorawan(sample, snr, 12.0), level_dbm=rssi))
    assert found.offset_db == pytest.approx(-8, abs=0.6)


def test_all_reasons_come_at_once():
    unknown = np.full(4000, NAN)
    sample = replace(
        lorawan(drive_test(-8)), received=None, tx_power_dbm=unknown, transmitter_height_m=unknown
    )
    with pytest.raises(CalibrationError) as caught:
        calibrate(sample)
    assert len(caught.value.reasons) == 5


def test_arguments_have_ranges():
    with pytest.raises(ArgumentRangeError, match="min_count is 3"):
        calibrate(drive_test(0), min_count=3)
    with pytest.raises(ArgumentRangeError, match="clear_db is 0"):
        calibrate(drive_test(0), clear_db=0)


@given(st.floats(-20, 20), st.randoms())
def test_offsets_move_with_the_model_and_not_with_the_order(shift_db, random):
    sample = drive_test(-8, count=600)
    (plain,) = calibrate(sample)
    order = list(range(600))
    random.shuffle(order)
    names = ("level_dbm", "received", "sensitivity_dbm", "environment", "tx_power_dbm",
             "transmitter_height_m")  # fmt: skip
    moved = replace(
        sample,
        predicted_dbm=(sample.predicted_dbm - shift_db)[order],
        **{name: getattr(sample, name)[order] for name in names},
    )
    (found,) = calibrate(moved)
    assert found.offset_db == pytest.approx(plain.offset_db + shift_db, abs=0.05)
