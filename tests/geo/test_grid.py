import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from stadtnetz.geo import grid as grids
from stadtnetz.geo.grid import MONITORING_100M, ZENSUS_100M, CellIdError, Grid

GRIDS = st.sampled_from(
    [ZENSUS_100M, MONITORING_100M, Grid("EPSG:3035", 1000), Grid("EPSG:25833", 10)]
)
FORMS = st.sampled_from(["qualified", "long", "short"])
METRES = st.floats(0, 9_999_999, allow_nan=False)


def test_zensus_id_is_the_south_west_corner_in_metres():
    x, y = grids.corners(["CRS3035RES100mN2691700E4341100", "100mN26917E43411"], ZENSUS_100M)
    assert x.tolist() == [4341100, 4341100]
    assert y.tolist() == [2691700, 2691700]


def test_monitoring_id_is_the_south_west_corner_in_hundreds_of_metres():
    x, y = grids.corners(["100mN58735E4942"], MONITORING_100M)
    assert (x[0], y[0]) == (494_200, 5_873_500)
    x, y = grids.centres(["100mN58735E4942"], MONITORING_100M)
    assert (x[0], y[0]) == (494_250, 5_873_550)


def test_the_same_short_id_names_two_places():
    ids = ["100mN31300E40950"]
    there = grids.qualified(ids, ZENSUS_100M)[0]
    here = grids.qualified(ids, MONITORING_100M)[0]
    assert there == "EPSG3035/100mN31300E40950"
    assert here == "EPSG25832/100mN31300E40950"
    assert there != here


def test_boxes_are_squares_of_the_grid():
    cells = grids.boxes(["100mN58735E4942", "100mN58735E4943"], MONITORING_100M)
    assert shapely.area(cells).tolist() == [10_000, 10_000]
    assert cells[0].bounds == (494_200, 5_873_500, 494_300, 5_873_600)
    assert shapely.area(shapely.intersection(*cells)) == 0


def test_a_cell_owns_its_southern_and_western_border():
    ids = grids.cell_ids([200, 300, 299.999], [100, 100, 199.999], MONITORING_100M, "short")
    assert ids.tolist() == ["100mN1E2", "100mN1E3", "100mN1E2"]


def test_kilometres_are_written_as_such_in_the_short_form():
    grid = Grid("EPSG:3035", 1000)
    ids = [grids.cell_ids([4341100], [2691700], grid, form)[0] for form in ("short", "long")]
    assert ids == ["1kmN2691E4341", "CRS3035RES1000mN2691000E4341000"]


@given(grid=GRIDS, form=FORMS, points=st.lists(st.tuples(METRES, METRES), min_size=1, max_size=20))
def test_the_cell_of_a_point_contains_it_and_reads_back(grid, form, points):
    x, y = np.array(points).T
    ids = grids.cell_ids(x, y, grid, form)
    west, south = grids.corners(ids, grid)
    assert ((west <= x) & (x < west + grid.size_m)).all()
    assert ((south <= y) & (y < south + grid.size_m)).all()
    assert grids.cell_ids(west, south, grid, form).tolist() == ids.tolist()
    assert grids.cell_ids(*grids.centres(ids, grid), grid, form).tolist() == ids.tolist()
    assert grids.qualified(ids, grid).tolist() == grids.cell_ids(x, y, grid).tolist()


@given(grid=GRIDS, form=st.sampled_from(["qualified", "long"]), x=METRES, y=METRES)
def test_an_id_tells_its_grid(grid, form, x, y):
    assert grids.grid_of(grids.cell_ids([x], [y], grid, form)[0]) == grid


@pytest.mark.parametrize("cell_id", ["100mN26917E43411", "", "EPSG3035/100mN26917", "N1E1"])
def test_a_short_or_malformed_id_tells_no_grid(cell_id):
    with pytest.raises(CellIdError, match=r"does not say its grid.*EPSG3035/100mN26917E43411"):
        grids.grid_of(cell_id)


@pytest.mark.parametrize(
    "wrong",
    [
        "100mE43411N26917",
        "N26917E43411",
        "100mN26917",
        "100mN-26917E43411",
        "100mN26917E43411 ",
        "",
        None,
        "1kmN2691E4341",
        "EPSG25832/100mN26917E43411",
        "CRS25832RES100mN2691700E4341100",
        "CRS3035RES100mN2691750E4341100",
    ],
)
def test_the_first_wrong_id_is_named_with_how_it_should_look(wrong):
    ids = ["100mN26917E43411", wrong, "rubbish"]
    with pytest.raises(CellIdError) as error:
        grids.corners(ids, ZENSUS_100M)
    assert f"value 2, {wrong!r}" in str(error.value)
    assert "'EPSG3035/100mN26917E43411'" in str(error.value)
    assert "'CRS3035RES100mN2691700E4341100'" in str(error.value)
    x, y = grids.corners(ids, ZENSUS_100M, strict=False)
    assert np.isnan(x).tolist() == np.isnan(y).tolist() == [False, True, True]


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -0.5])
def test_a_place_outside_the_grid_has_no_id(wrong):
    with pytest.raises(ValueError, match="lies in no cell: give metres in EPSG:25832"):
        grids.cell_ids([1.0, wrong], [1.0, 1.0], MONITORING_100M)


@pytest.mark.parametrize(("crs", "size_m"), [("3035", 100), ("EPSG:3035", 250), ("EPSG:3035", 0)])
def test_a_grid_that_ids_cannot_express_is_refused(crs, size_m):
    with pytest.raises(ValueError, match=r"EPSG:3035|power of ten"):
        Grid(crs, size_m)


def test_pandas_text_and_nothing_at_all_are_taken():
    x, _ = grids.corners(pd.Series(["100mN1E2"], dtype="str"), MONITORING_100M)
    assert x.tolist() == [200]
    x, y = grids.corners([], MONITORING_100M)
    assert x.shape == y.shape == (0,)
    assert grids.boxes([], MONITORING_100M).shape == (0,)


def test_the_two_grids_do_not_nest():
    into_zensus = Transformer.from_crs("EPSG:25832", "EPSG:3035", always_xy=True)
    corner = grids.corners(["100mN56770E3450"], MONITORING_100M)
    inside = [into_zensus.transform(corner[0][0] + dx, corner[1][0] + 50) for dx in (1, 99)]
    ids = {grids.cell_ids([x], [y], ZENSUS_100M)[0] for x, y in inside}
    assert len(ids) == 2


@pytest.mark.real
def test_every_cell_of_the_bremen_sample_reads_back(shared):
    path = next((shared / "geodata").glob("bremen_*_sample.csv"))
    ids = pd.read_csv(path)["id"]
    x, y = grids.corners(ids, MONITORING_100M)
    assert grids.cell_ids(x, y, MONITORING_100M, "short").tolist() == ids.tolist()
    assert (x.min(), y.min()) >= (460_000, 5_870_000)
