"""Gateways and hotspots."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from stadtnetz.coverage.model import Units
from stadtnetz.coverage.sites import gateway_sheets, hotspots_at_places


def test_only_existing_gateways_with_a_reach_count() -> None:
    frame = gpd.GeoDataFrame(
        {"reach_m": [100.0, None, 100.0], "status": ["existing", "existing", "planned"]},
        geometry=gpd.points_from_xy([500, 500, 500], [500, 500, 500]),
        crs="EPSG:25832",
    )
    sheets = list(gateway_sheets(frame, "stadt"))
    assert len(sheets) == 1
    assert shapely.area(sheets[0].geometry).sum() == pytest.approx(np.pi * 100**2, rel=2e-4)


def test_hotspots_reach_places_up_to_their_radius() -> None:
    places = Units(
        "public_places",
        "v",
        np.array(["p", "q"], dtype=object),
        np.zeros(2, int),
        np.zeros(2),
        np.zeros(2),
        geometry=np.array([shapely.Point(0, 0), shapely.box(100, 0, 200, 100)]),
    )
    frame = gpd.GeoDataFrame(
        {"radius_m": [30.0, None]}, geometry=gpd.points_from_xy([30, 60], [0, 0]), crs="EPSG:25832"
    )
    assert hotspots_at_places(frame, places).tolist() == [1, 1]
    assert hotspots_at_places(frame.iloc[:0], places).tolist() == [0, 0]
