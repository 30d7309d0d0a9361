"""Predicted levels taken to points."""

from dataclasses import replace

import numpy as np
import pytest
from builders import address_units, evidence, ref

from stadtnetz.coverage.evaluation import compute
from stadtnetz.coverage.indicators import indicator
from stadtnetz.coverage.model import Evidence, Reach, Units
from stadtnetz.coverage.radio.landscape import CellGrid
from stadtnetz.coverage.radio.margins import best_margin, margin_at_units

GRID = CellGrid(1000.0, 500.0, 10.0, 2, 3)
LEVEL = np.array([[-60, -70, np.nan], [-80, -90, -100]], np.float32)


def places(x: list[float], y: list[float]) -> Units:
    made = address_units([1] * len(x), [1] * len(x))
    return replace(made, kind="public_places", x=np.array(x), y=np.array(y), weights={})


def test_a_unit_has_the_level_of_its_cell_above_the_threshold() -> None:
    units = places([1000.0, 1015.0, 1025.0, 1009.9, 1029.9], [500.0, 495.0, 495.0, 480.1, 485.0])
    margin_db = margin_at_units(LEVEL, GRID, units, -70.0)
    np.testing.assert_array_equal(margin_db, [10, 0, np.nan, -10, -30])
    np.testing.assert_array_equal(margin_at_units(LEVEL, GRID, units)[:2], [-60, -70])


@pytest.mark.parametrize(("x", "y"), [(999.9, 490), (1030, 490), (1010, 500.1), (1010, 480)])
def test_beyond_the_grid_nothing_is_known(x: float, y: float) -> None:
    assert np.isnan(margin_at_units(LEVEL, GRID, places([x], [y]), -70.0)).all()


def reach(kind: str, operator: str, name: str, values: list[float]) -> Reach:
    return Reach(ref(kind, operator), "public_places", {name: np.array(values)})


def city(*reaches: Reach) -> Evidence:
    found = evidence(places([500.0] * 4, [500.0] * 4), *reaches)
    return replace(found, versions=(*found.versions, ref("public_places")))


PREDICTED = (
    reach("predicted_wlan", "a", "margin_db", [5.0, -1.0, np.nan, np.nan]),
    reach("predicted_wlan", "b", "margin_db", [-9.0, 0.0, -3.0, np.nan]),
)
DECLARED = reach("wlan_hotspots", "a", "hotspot_count", [0, 0, 2, 0])


def test_the_best_of_all_operators_counts() -> None:
    np.testing.assert_array_equal(best_margin(PREDICTED, 4), [5, 0, -3, np.nan])
    assert np.isnan(best_margin((), 2)).all()


def test_predicted_wlan_stands_beside_the_declared() -> None:
    share = compute(indicator("wlan_public_place_share"), city(DECLARED, *PREDICTED))
    assert (share.part, share.whole, share.basis) == (1, 4, "declared")
    assert {v.id: v.part for v in share.variants} == {"at_least_2_hotspots": 1, "predicted": 2}
    assert not any(v.separates_operators for v in share.variants)


def test_where_nobody_declares_hotspots_the_prediction_is_the_figure() -> None:
    share = compute(indicator("wlan_public_place_share"), city(*PREDICTED))
    assert (share.part, share.whole, share.basis) == (2, 4, "predicted")
    assert [v.id for v in share.variants] == ["predicted"]
    alone = compute(indicator("wlan_public_place_share"), city(DECLARED))
    assert (alone.part, alone.basis) == (1, "declared")
    assert [v.id for v in alone.variants] == ["at_least_2_hotspots"]
