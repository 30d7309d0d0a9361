"""What deliveries mean for units: stages, offers, plans."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from stadtnetz.coverage.fibre import STAGE_OF_STATUS, as_columns, row_values
from stadtnetz.coverage.model import NEVER, Stage, Units
from stadtnetz.coverage.resolution import resolve_layer

DAY = (pd.Timestamp("2027-01-31") - pd.Timestamp("1970-01-01")).days


def rows(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame(columns)


def test_stage_offer_gigabit_and_plan_of_a_row() -> None:
    frame = rows(
        technology=["FTTH", "FTTH", "HFC", "FTTB", "FTTH"],
        status=["passed", "connected", "activated", "planned", "planned"],
        offer_available=[True, False, True, True, None],
        download_mbit=[500, 1000, 1000, 1000, None],
        available_from=[pd.NaT, pd.NaT, pd.NaT, pd.Timestamp("2027-01-31"), pd.NaT],
    )
    columns = as_columns(row_values(frame))
    assert columns["stage"].tolist() == [3, 6, 0, 1, 1]
    assert columns["offered_stage"].tolist() == [3, 0, 0, 0, 0]
    assert columns["gigabit_stage"].tolist() == [0, 0, 7, 0, 0]
    assert columns["down_mbit"].tolist() == [500, 0, 1000, 0, 0]
    assert columns["planned_from"].tolist() == [NEVER, NEVER, NEVER, DAY, NEVER]


def test_every_status_of_the_code_list_has_the_stage_of_its_rank() -> None:
    from stadtnetz.data.code_lists import code_list

    ranks = {code.code: code.rank for code in code_list("fibre_status").codes}
    assert ranks == {status: int(stage) for status, stage in STAGE_OF_STATUS.items()}


def addresses() -> Units:
    return Units(
        "addresses",
        "v",
        np.array(["a", "b", "c"], dtype=object),
        np.zeros(3, int),
        np.array([5.0, 10.0, 50.0]),
        np.array([5.0, 5.0, 5.0]),
    )


def areas(*boxes: shapely.Polygon, status: list[str]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"technology": "FTTH", "status": status, "offer_available": True, "download_mbit": 1000},
        geometry=list(boxes),
        crs="EPSG:25832",
    )


def test_overlapping_polygons_give_the_highest_stage_and_borders_belong() -> None:
    frame = areas(
        shapely.box(0, 0, 10, 10), shapely.box(0, 0, 7, 7), status=["passed", "connected"]
    )
    resolved = resolve_layer("fibre_areas", frame, {"addresses": addresses()}, lambda: None)
    assert resolved["addresses"]["stage"].tolist() == [Stage.CONNECTED, Stage.PASSED, Stage.NONE]


def test_schools_take_their_addresss_reach_else_where_they_stand() -> None:
    schools = Units(
        "school_sites",
        "v",
        np.array(["s1", "s2"], dtype=object),
        np.zeros(2, int),
        np.array([6.0, 6.0]),
        np.array([6.0, 6.0]),
        links={"addresses": np.array([[0, 2]])},
    )
    frame = areas(shapely.box(0, 0, 10, 10), status=["connected"])
    units = {"addresses": addresses(), "school_sites": schools}
    resolved = resolve_layer("fibre_areas", frame, units, lambda: None)
    # s1 is linked to address c, outside the polygon; s2 has no address and stands inside
    assert resolved["school_sites"]["stage"].tolist() == [Stage.NONE, Stage.CONNECTED]


@pytest.mark.parametrize(("width", "stage"), [(9, Stage.NONE), (10, Stage.PASSED)])
def test_business_area_without_addresses_needs_a_tenth_of_its_area(width: int, stage: int) -> None:
    business = Units(
        "business_areas",
        "v",
        np.array(["b"], dtype=object),
        np.zeros(1, int),
        np.array([50.0]),
        np.array([50.0]),
        {"area_m2": np.array([10_000.0])},
        {},
        np.array([shapely.box(0, 0, 100, 100)]),
    )
    frame = areas(shapely.box(0, 0, width, 100), status=["passed"])
    resolved = resolve_layer("fibre_areas", frame, {"business_areas": business}, lambda: None)
    assert resolved["business_areas"]["stage"].tolist() == [stage]


def test_citys_own_list_of_schools() -> None:
    schools = Units(
        "school_sites",
        "v",
        np.array(["s1", "s2"], dtype=object),
        np.zeros(2, int),
        np.zeros(2),
        np.zeros(2),
    )
    frame = rows(
        school_id=["s2", "unknown"], technology=["FTTH", "FTTH"], status=["connected", "connected"]
    )
    resolved = resolve_layer("school_connections", frame, {"school_sites": schools}, lambda: None)
    assert resolved["school_sites"]["stage"].tolist() == [Stage.NONE, Stage.CONNECTED]


def test_kinds_that_say_nothing_about_units() -> None:
    assert resolve_layer("mobile_sites", rows(), {"addresses": addresses()}, lambda: None) == {}
