"""What readings are held against: claims at places, and the best of several predictions."""

import geopandas as gpd
import numpy as np
import shapely

from stadtnetz.coverage.radio.landscape import CellGrid
from stadtnetz.coverage.radio.reference import (
    Prediction,
    in_circles,
    in_polygons,
    joined,
    nothing_known,
    reference,
    transmitters_of,
)

CRS = "EPSG:25832"
GRID = CellGrid(0, 100, 50, 2, 2)
X, Y = np.array([25.0, 75, 25, 75, 500]), np.array([75.0, 75, 25, 25, 25])
CLAIMED = np.array([True, False, True, False, False])


def sites(ids, key="gateway_id", **columns):
    places = shapely.points([[100.0 * n, 0] for n in range(len(ids))])
    return gpd.GeoDataFrame({key: ids, **columns}, geometry=places, crs=CRS)


def prediction(levels, server, operator):
    values = np.array(levels, np.float32)
    return Prediction(GRID, values, np.full((2, 2), 4.0, np.float32), 50.0,
                      np.full((2, 2), server, np.float32), ["a", "b"], operator)  # fmt: skip


def test_the_strongest_prediction_counts_with_its_server():
    transmitters = transmitters_of(
        [("lorawan_gateways", "one", sites(["a", "b"])), ("lorawan_gateways", "two", sites(["b"]))]
    )
    first = prediction([[-90, -100], [np.nan, -100]], 0, "one")
    second = prediction([[-95, -80], [np.nan, np.nan]], 1, "two")
    found = reference(CLAIMED, [first, second], transmitters, X, Y)
    np.testing.assert_array_equal(found.level_dbm, [-90, -80, np.nan, -100, np.nan])
    # both operators have a gateway "b": each prediction names its own
    assert found.transmitter.tolist() == [0, 2, -1, 0, -1]
    assert found.may_refute_claim.all()


def test_the_median_is_taken_back_from_the_reliability():
    one = prediction([[-100, -100], [-100, -100]], 0, "one")
    cautious = Prediction(GRID, one.level_dbm, one.deviation_db, 90.0)
    found = reference(CLAIMED[:1], [cautious], transmitters_of([]), X[:1], Y[:1])
    np.testing.assert_allclose(found.median_dbm, -100 + 1.2816 * 4, atol=0.001)
    assert found.transmitter.tolist() == [-1]


def test_another_network_than_the_measured_one_is_covered_but_not_compared():
    one = prediction([[-100, -100], [-100, -100]], 0, "one")
    found = reference(
        CLAIMED, [one], transmitters_of([]), X, Y, is_own_claim=False, is_own_prediction=False
    )
    assert np.isfinite(found.level_dbm[:4]).all()
    assert np.isnan(found.median_dbm).all()
    assert not found.may_refute_claim.any()
    assert not found.may_refute_prediction.any()


def test_parts_are_put_where_their_readings_are():
    chosen = np.array([False, True, False])
    part = reference(np.array([True]), [], transmitters_of([]), X[:1], Y[:1])
    whole = joined(3, [(chosen, part)])
    assert whole.claimed.tolist() == [False, True, False]
    assert whole.may_refute_claim.tolist() == [False, True, False]
    assert nothing_known(2).transmitter.tolist() == [-1, -1]


def test_hotspots_without_a_radius_claim_the_usual_one_and_gateways_nothing():
    x, y = np.array([30.0, 60, 130]), np.zeros(3)
    hotspots = sites(["a", "b"], "hotspot_id", radius_m=[np.nan, 40.0])
    assert in_circles("wlan_hotspots", hotspots, x, y).tolist() == [True, True, True]
    gateways = sites(["a", "b"], reach_m=[np.nan, 40.0], status=["existing", "planned"])
    assert in_circles("lorawan_gateways", gateways, x, y).tolist() == [False] * 3


def test_places_in_polygons():
    squares = shapely.box([0, 200], 0, [50, 300], 100)
    assert in_polygons(squares, X, Y).tolist() == [True, False, True, False, False]
    assert in_polygons(np.zeros(0, dtype=object), X, Y).tolist() == [False] * 5


def test_only_sites_that_exist_are_transmitters():
    found = transmitters_of([
        ("lorawan_gateways", "one", sites(["a", "b"], status=["planned", "existing"],
                                          antenna_height_m=[10.0, 20.0])),
        ("lorawan_gateways", "two", sites(["c"])),
    ])  # fmt: skip
    assert found.id.tolist() == ["b", "c"]
    assert found.operator.tolist() == ["one", "two"]
    np.testing.assert_array_equal(found.height_m, [20, np.nan])
    assert np.isnan(found.eirp_dbm).all()


def test_a_hotspot_is_found_by_the_antenna_of_either_band():
    transmitters = transmitters_of([("wlan_hotspots", "one", sites(["w"], "hotspot_id"))])
    one = prediction([[-60, -60], [-60, -60]], 1, "one")
    both = Prediction(one.grid, one.level_dbm, one.deviation_db, 50.0, one.server,
                      ["w 2.4 GHz", "w 5 GHz"], "one")  # fmt: skip
    assert reference(CLAIMED, [both], transmitters, X, Y).transmitter[:4].tolist() == [0] * 4
