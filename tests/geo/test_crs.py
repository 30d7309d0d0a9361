"""CRS: names, the plane part, transformation, and which one coordinates really are in."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.geo.crs import (
    CANDIDATES,
    CITY_CRS,
    CrsError,
    crs_name,
    crs_of,
    diagnose,
    horizontal,
    same_crs,
    to_city_crs,
    transform,
)

BOUNDS = (338_267.0, 5_666_188.0, 356_548.0, 5_691_007.0)
FALSE_EASTING = (
    'PROJCS["Stadt",GEOGCS["GCS_ETRS_1989",DATUM["D_ETRS_1989",'
    'SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["False_Easting",2500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",6.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)


def town(count=200, seed=1):
    """Points spread over the bounds."""
    random = np.random.default_rng(seed)
    return (
        random.uniform(BOUNDS[0], BOUNDS[2], count),
        random.uniform(BOUNDS[1], BOUNDS[3], count),
    )


def as_crs(crs):
    return transform(*town(), CITY_CRS, crs)


def test_a_code_is_named_shortly_and_degrees_in_any_order_are_4326():
    assert crs_name(25832) == "EPSG:25832"
    assert crs_name("OGC:CRS84") == "EPSG:4326"
    assert crs_name(crs_of("EPSG:25832").to_wkt("WKT1_ESRI")) == "EPSG:25832"


def test_a_crs_with_other_parameters_does_not_get_the_code_of_its_name():
    utm = crs_of("EPSG:25832").to_wkt("WKT1_ESRI")
    shifted = utm.replace('"False_Easting",500000.0', '"False_Easting",2500000.0')
    assert shifted != utm
    assert not crs_name(shifted).startswith("EPSG:")


@pytest.mark.parametrize(
    ("crs", "plane"), [("EPSG:5555", 25832), ("EPSG:4979", 4326), ("EPSG:4937", 4258)]
)
def test_heights_are_cut_off(crs, plane):
    assert horizontal(crs).to_epsg() == plane


@pytest.mark.parametrize("crs", ["EPSG:7837", 'LOCAL_CS["Plan",UNIT["metre",1]]'])
def test_a_crs_that_is_nowhere_on_earth_is_refused(crs):
    with pytest.raises(CrsError, match="where on earth"):
        horizontal(crs)


def test_an_unknown_crs_is_refused_by_name():
    with pytest.raises(CrsError, match="EPSG:99999"):
        crs_of("EPSG:99999")


def test_a_frame_without_crs_is_refused():
    with pytest.raises(CrsError, match="no CRS"):
        to_city_crs(gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(1, 2)]))


def test_a_frame_in_the_city_crs_is_left_alone():
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(1, 2)], crs=CITY_CRS)
    assert to_city_crs(frame) is frame


@pytest.mark.parametrize("crs", [*CANDIDATES, FALSE_EASTING, "EPSG:5555"])
def test_there_and_back_is_the_same_place(crs):
    x, y = town()
    back = transform(*transform(x, y, CITY_CRS, crs), crs, CITY_CRS)
    np.testing.assert_allclose(back, (x, y), atol=0.002)


def test_a_frame_with_a_false_easting_of_its_own_is_transformed():
    x, y = as_crs(FALSE_EASTING)
    assert 2_520_000 < x.min() < x.max() < 2_580_000
    frame = gpd.GeoDataFrame(
        {"a": np.arange(len(x)), "empty": None},
        geometry=gpd.points_from_xy(x, y),
        crs=FALSE_EASTING,
    )
    moved = to_city_crs(frame)
    assert same_crs(moved.crs, CITY_CRS)
    np.testing.assert_allclose(moved.geometry.x, town()[0], atol=0.002)
    assert list(moved.columns) == list(frame.columns)


def test_a_compound_crs_is_brought_to_the_plane_and_missing_geometry_stays_missing():
    frame = gpd.GeoDataFrame(
        {"a": [1, 2]}, index=[5, 9], geometry=[shapely.Point(345_000, 5_680_000), None], crs=5555
    )
    moved = to_city_crs(frame)
    assert list(moved.index) == [5, 9]
    assert moved.geometry[5].equals(shapely.Point(345_000, 5_680_000))
    assert moved.geometry[9] is None


@pytest.mark.parametrize(
    "crs", ["EPSG:25832", "EPSG:32632", "EPSG:31466", "EPSG:4258", "EPSG:5555"]
)
def test_what_is_said_truly_fits(crs):
    found = diagnose(*as_crs(crs), BOUNDS, declared=crs)
    assert (found.fits, found.fault, found.candidates) == (True, "none", ())
    assert found.share_inside == pytest.approx(1)


@pytest.mark.parametrize("crs", [c for c in CANDIDATES if c not in {CITY_CRS, "EPSG:4258"}])
@pytest.mark.parametrize("swapped", [False, True])
def test_each_signature_is_recognised_without_a_label(crs, swapped):
    x, y = as_crs(crs)
    found = diagnose(*((y, x) if swapped else (x, y)), BOUNDS)
    assert (found.fits, found.fault) == (False, "unlabelled")
    best = found.candidates[0]
    assert (best.crs, best.swapped) == (crs, swapped)
    assert best.share_inside == pytest.approx(1)


@pytest.mark.parametrize(
    ("easting", "northing", "crs"),
    [
        (32_344_542, 5_678_000, "EPSG:4647"),
        (2_554_073, 5_678_000, "EPSG:31466"),
        (763_446, 5_682_000, "EPSG:25831"),
        (754_023, 6_661_670, "EPSG:3857"),
        (4_098_000, 3_130_000, "EPSG:3035"),
        (344_542, 5_678_000, "EPSG:25832"),
        (6.8, 51.2, "EPSG:4326"),
    ],
)
def test_known_signatures_of_a_city_on_the_rhine(easting, northing, crs):
    declared = "EPSG:25832" if crs != "EPSG:25832" else "EPSG:31467"
    found = diagnose(np.array([easting]), np.array([northing]), BOUNDS, declared=declared)
    assert not found.fits
    assert (found.candidates[0].crs, found.candidates[0].swapped) == (crs, False)
    assert len(found.candidates) == 1


@pytest.mark.parametrize(
    ("true", "declared", "swapped", "fault"),
    [
        ("EPSG:4647", "EPSG:25832", False, "other_crs"),
        ("EPSG:25832", "EPSG:25832", True, "swapped"),
        ("EPSG:4326", "EPSG:4326", True, "swapped"),
        ("EPSG:4326", "EPSG:25832", False, "degrees_as_metres"),
        ("EPSG:4326", "EPSG:25832", True, "degrees_as_metres"),
        ("EPSG:25832", "EPSG:4326", False, "metres_as_degrees"),
        ("EPSG:3857", "EPSG:4326", False, "metres_as_degrees"),
    ],
)
def test_the_fault_is_named(true, declared, swapped, fault):
    x, y = as_crs(true)
    found = diagnose(*((y, x) if swapped else (x, y)), BOUNDS, declared=declared)
    assert (found.fits, found.fault) == (False, fault)
    best = found.candidates[0]
    assert (best.crs, best.swapped) == (true, swapped)
    assert best.title.endswith("axes swapped") == swapped


def test_the_citys_own_crs_goes_before_one_with_the_same_numbers():
    assert diagnose(*town(), BOUNDS, "EPSG:32632").candidates[0].crs == "EPSG:32632"
    assert diagnose(*town(), BOUNDS).candidates[0].crs == "EPSG:25832"


def test_realisations_of_one_datum_are_named_once():
    assert [c.crs for c in diagnose(*as_crs("EPSG:4258"), BOUNDS).candidates] == ["EPSG:4326"]


def test_a_city_in_another_zone_is_judged_by_its_own_bounds():
    x, y = np.array([388_000.0]), np.array([5_820_000.0])
    bounds = (370_000.0, 5_800_000.0, 415_000.0, 5_837_000.0)
    assert diagnose(x, y, bounds, "EPSG:25833", declared="EPSG:25833").fits
    zone_5 = transform(x, y, "EPSG:25833", "EPSG:31469")
    best = diagnose(*zone_5, bounds, "EPSG:25833", declared="EPSG:25833").candidates[0]
    assert best.crs == "EPSG:31469"


def test_a_file_of_the_whole_region_fits_though_most_of_it_is_elsewhere():
    random = np.random.default_rng(2)
    x, y = random.uniform(280_000, 530_000, 3000), random.uniform(5_580_000, 5_820_000, 3000)
    found = diagnose(x, y, BOUNDS, declared=CITY_CRS)
    assert found.fits
    assert found.share_inside < 0.05


def test_coordinates_of_another_place_are_said_to_be_elsewhere():
    found = diagnose(np.array([1000.0]), np.array([1000.0]), BOUNDS, declared=CITY_CRS)
    assert (found.fits, found.fault, found.candidates) == (False, "elsewhere", ())
    assert diagnose(np.array([1e9]), np.array([1e9]), BOUNDS).fault == "elsewhere"


def test_without_a_number_there_is_nothing_to_diagnose():
    nothing = np.array([np.nan, np.inf]), np.array([1.0, np.nan])
    assert diagnose(*nothing, BOUNDS, declared=CITY_CRS).fault == "no_coordinates"


def test_single_wrong_coordinates_do_not_decide():
    x, y = as_crs("EPSG:4647")
    x[:20], y[:20] = 0, np.nan
    assert diagnose(x, y, BOUNDS, declared=CITY_CRS).candidates[0].crs == "EPSG:4647"


@given(
    st.floats(BOUNDS[0], BOUNDS[2]), st.floats(BOUNDS[1], BOUNDS[3]), st.sampled_from(CANDIDATES)
)
def test_any_single_point_of_the_city_is_recognised(x, y, crs):
    there = transform(np.array([x]), np.array([y]), CITY_CRS, crs)
    found = diagnose(*there, BOUNDS)
    expected = "EPSG:4326" if crs == "EPSG:4258" else crs
    assert any(same_crs(c.crs, expected) and not c.swapped for c in found.candidates)
