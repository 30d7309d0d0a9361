import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from stadtnetz.coverage.radio.checks import ArgumentRangeError
from stadtnetz.coverage.radio.servers import survey

NAN = math.nan
LEVELS = np.array([[-90.0, -70.0, NAN, -80.0], [-80.0, NAN, NAN, -80.0], [-100.0, -95.0, NAN, NAN]])

level_stacks = hnp.arrays(
    float,
    st.tuples(st.integers(1, 5), st.integers(1, 6)),
    elements=st.floats(-140, -40) | st.just(NAN),
)


def look(levels: Any, **change: Any) -> Any:
    return survey(levels, **({"threshold_dbm": -90.0, "noise_dbm": -120.0} | change))


def test_golden_survey() -> None:
    found = look(LEVELS, load_share=0.5)
    assert found.index.tolist() == [1, 0, -1, 0]  # the first of equals
    assert found.level_dbm.tolist()[:2] == [-80.0, -70.0]
    assert np.isnan(found.level_dbm[2])
    assert found.in_reach_count.tolist() == [2, 1, 0, 2]
    # first place: -80 - 10 log10(1e-12 + 0.5 * (1e-9 + 1e-10)) = -80 + 92.5885
    # last place: -80 - 10 log10(1e-12 + 0.5 * 1e-8) = -80 + 83.0094
    assert found.sinr_db[[0, 3]] == pytest.approx([12.5885, 3.0094], abs=1e-4)
    assert np.isnan(found.sinr_db[2])


def test_levels_may_come_one_by_one() -> None:
    together, one_by_one = look(LEVELS), look(level for level in LEVELS)
    for name in ("index", "level_dbm", "in_reach_count", "sinr_db"):
        assert np.array_equal(getattr(together, name), getattr(one_by_one, name), equal_nan=True)


def test_each_transmitter_may_have_its_load() -> None:
    # the second one serves the first place, so that its own load does not count there
    found = look(LEVELS[:, :1], load_share=[0.1, 1.0, 0.0])
    assert found.sinr_db[0] == pytest.approx(-80 - 10 * math.log10(1e-12 + 0.1 * 1e-9))


def test_alone_there_is_only_noise() -> None:
    assert look(LEVELS[:1, :1]).sinr_db[0] == pytest.approx(30.0)


@given(level_stacks)
def test_one_more_never_covers_less(levels: Any) -> None:
    all_of_them, without_last = look(levels), look(levels[:-1] if len(levels) > 1 else levels)
    assert np.all(all_of_them.in_reach_count >= without_last.in_reach_count)
    before, after = (np.nan_to_num(s.level_dbm, nan=-999) for s in (without_last, all_of_them))
    assert np.all(after >= before)


@given(level_stacks, st.randoms(use_true_random=False))
def test_order_does_not_matter(levels: Any, random: Any) -> None:
    order = list(range(len(levels)))
    random.shuffle(order)
    one, other = look(levels, load_share=0.7), look(levels[order], load_share=0.7)
    assert np.array_equal(one.in_reach_count, other.in_reach_count)
    assert np.array_equal(one.level_dbm, other.level_dbm, equal_nan=True)
    assert one.sinr_db == pytest.approx(other.sinr_db, abs=1e-6, nan_ok=True)


@given(level_stacks, st.floats(0, 1), st.floats(0, 1))
def test_more_load_is_never_better(levels: Any, load_1: float, load_2: float) -> None:
    less, more = sorted((load_1, load_2))
    quiet, busy = look(levels, load_share=less).sinr_db, look(levels, load_share=more).sinr_db
    known = ~np.isnan(quiet)
    assert np.all(busy[known] <= quiet[known] + 1e-6)


@pytest.mark.parametrize(
    ("levels", "change", "error", "message"),
    [
        ([], {}, ValueError, "there is no transmitter to compare; give the levels of at least one"),
        (
            [np.zeros(3), np.zeros(4)],
            {},
            ValueError,
            "the levels of transmitter 1 have the shape (4,), those before (3,); predict all on",
        ),
        (LEVELS, {"load_share": [0.5]}, ValueError, "there are 1 loads; give one per transmitter,"),
        (LEVELS, {"load_share": 1.5}, ArgumentRangeError, "load_share is 1.5; allowed is 0 to 1"),
        (LEVELS, {"noise_dbm": NAN}, ArgumentRangeError, "noise_dbm is nan dBm; allowed is -250"),
        (LEVELS, {"threshold_dbm": NAN}, ArgumentRangeError, "threshold_dbm is nan dBm; allowed"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    levels: Any, change: dict[str, Any], error: Any, message: str
) -> None:
    with pytest.raises(error) as raised:
        look(levels, **change)
    assert str(raised.value).startswith(message)
