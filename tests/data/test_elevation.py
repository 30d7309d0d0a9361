"""Terrain and surface: from tiles to one raster."""

import gzip
import json
import zipfile

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import Affine, xy
from rasterio.warp import transform

from stadtnetz.data.draft import City
from stadtnetz.data.elevation import check_elevation
from stadtnetz.data.kinds import kind

CRS = "EPSG:25832"
WEST, SOUTH = 340_000, 5_670_000
TERRAIN = kind("terrain")
CITY = City(CRS, shapely.box(WEST, SOUTH, WEST + 2000, SOUTH + 2000))


def ground(x, y):
    """A sloping plane, which bilinear resampling keeps."""
    return 40 + (x - WEST) / 100 + (y - SOUTH) / 200


def tile(path, column, row, *, crs=CRS, pixel_m=10, side_m=1000, nodata=-9999.0, change=None,
         dtype="float32", bands=1):  # fmt: skip
    """A tile of 1 km, so many to the east and north of the city's corner."""
    west, north = WEST + 1000 * column, SOUTH + 1000 * row + side_m
    count = int(side_m / pixel_m)
    x = west + (np.arange(count) + 0.5) * pixel_m
    y = north - (np.arange(count) + 0.5) * pixel_m
    heights = ground(x, y[:, None]).astype(dtype)
    if change is not None:
        heights = change(heights)
    with rasterio.open(path, "w", driver="GTiff", width=count, height=count, count=bands, crs=crs,
                       dtype=dtype, nodata=nodata,
                       transform=Affine(pixel_m, 0, west, 0, -pixel_m, north)
                       ) as raster:  # fmt: skip
        for band in range(bands):
            raster.write(heights, band + 1)
    return path


def four(folder, **changes):
    folder.mkdir(exist_ok=True)
    return [tile(folder / f"dgm_{c}_{r}.tif", c, r, **changes) for c in (0, 1) for r in (0, 1)]


def made(paths, folder, city=CITY, **said):
    out = folder / "out"
    out.mkdir(exist_ok=True)
    return check_elevation(paths, TERRAIN, city, out, **said)


def codes(result, severity=None):
    groups = result.report.groups
    return {g.code for g in groups if severity is None or g.severity == severity}


def the(result, code):
    (group,) = [g for g in result.report.groups if g.code == code]
    return group


def read(result):
    with rasterio.open(result.layer.path) as raster:
        return (
            raster.read(1, masked=True).astype("f8").filled(np.nan),
            raster.profile,
            raster.tags(),
        )


def test_tiles_become_one_raster(tmp_path):
    result = made(four(tmp_path / "tiles"), tmp_path, margin_m=0)
    heights, profile, tags = read(result)
    assert codes(result) == set()
    assert heights.shape == (200, 200)
    assert profile["transform"] == Affine(10, 0, WEST, 0, -10, SOUTH + 2000)
    x, y = WEST + 5 + 10 * np.arange(200), SOUTH + 1995 - 10 * np.arange(200)
    np.testing.assert_allclose(heights, ground(x, y[:, None]), atol=1e-4)
    assert [s["name"] for s in json.loads(tags["SOURCES"])] == sorted(
        f"dgm_{c}_{r}.tif" for c in (0, 1) for r in (0, 1)
    )
    with rasterio.open(result.layer.path) as raster:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.crs.to_string() == CRS


def test_a_folder_and_a_zip_give_the_same_raster(tmp_path):
    paths = four(tmp_path / "tiles")
    (tmp_path / "tiles" / "readme.txt").write_text("Digital terrain model")
    with zipfile.ZipFile(tmp_path / "tiles.zip", "w") as archive:
        for path in paths:
            archive.write(path, f"dgm/{path.name}")
    alone = read(made(paths, tmp_path, margin_m=0))[0]
    for given in (tmp_path / "tiles", tmp_path / "tiles.zip"):
        result = made([given], tmp_path, margin_m=0)
        np.testing.assert_array_equal(read(result)[0], alone)
    assert codes(made([tmp_path / "tiles"], tmp_path, margin_m=0)) == {"elevation_files_skipped"}


def test_the_raster_is_the_same_to_the_last_byte_in_any_order(tmp_path):
    paths = four(tmp_path / "tiles")
    first = made(paths, tmp_path).layer.path.read_bytes()
    assert made(paths[::-1], tmp_path).layer.path.read_bytes() == first


def test_the_surroundings_are_kept_up_to_the_margin(tmp_path):
    tiles = [tile(tmp_path / f"{c}{r}.tif", c - 3, r - 3) for c in range(8) for r in range(8)]
    result = made(tiles, tmp_path, margin_m=1500)
    heights, profile, _ = read(result)
    assert heights.shape == (500, 500)
    assert profile["transform"][2] == WEST - 1500
    assert the(result, "elevation_outside").values["count"] == 64 - 36
    assert codes(result) == {"elevation_outside"}


def test_a_missing_tile_is_told_with_its_place(tmp_path):
    result = made(four(tmp_path / "tiles")[:3], tmp_path, margin_m=0)
    assert result.report.accepted
    (gap,) = the(result, "elevation_gap")
    assert gap.values["percent"] == pytest.approx(25)
    (square,) = the(result, "elevation_gap_square")
    assert (square.x, square.y) == (WEST + 1500, SOUTH + 1500)
    assert square.values["hectares"] == pytest.approx(100)


def test_voids_stay_without_height(tmp_path):
    def void(heights):
        heights[3:5, 7] = -9999
        return heights

    result = made(four(tmp_path / "tiles", change=void), tmp_path, margin_m=0)
    assert np.isnan(read(result)[0]).sum() == 8
    assert codes(result, "warning") == {"elevation_gap", "elevation_gap_square"}


def test_tiles_that_contradict_each_other_are_named(tmp_path):
    paths = four(tmp_path / "tiles")
    paths.append(tile(tmp_path / "later.tif", 1, 1, change=lambda h: h + 3))
    result = made(paths, tmp_path, margin_m=0)
    (found,) = the(result, "elevation_overlap_differs")
    assert found.value == "later.tif"
    assert found.values["metres"] == pytest.approx(3, abs=1e-3)
    assert found.values["count"] == 96 * 96  # its edge is not judged
    heights, _, _ = read(result)
    assert heights[0, -1] == pytest.approx(ground(WEST + 1995, SOUTH + 1995), abs=1e-3)


def test_the_same_tile_twice_and_overlaps_that_agree_are_notes(tmp_path):
    paths = four(tmp_path / "tiles")
    copy = tmp_path / "copy.tif"
    copy.write_bytes(paths[0].read_bytes())
    assert codes(made([*paths, copy], tmp_path, margin_m=0)) == {"elevation_again"}
    wide = tile(tmp_path / "wide.tif", 0, 0, side_m=2000)
    assert codes(made([paths[0], wide], tmp_path, margin_m=0)) == {"elevation_overlap"}


def test_a_coarse_model_fills_the_surroundings_of_a_fine_one(tmp_path):
    fine = tile(tmp_path / "a_fine.tif", 0, 0, pixel_m=10)
    coarse = tile(tmp_path / "coarse.tif", 0, 0, pixel_m=50, side_m=2000, change=lambda h: h + 100)
    result = made([coarse, fine], tmp_path, margin_m=0)
    heights, profile, _ = read(result)
    assert profile["transform"].a == 10
    assert codes(result) == {"elevation_pixels_mixed"}
    assert heights[150, 50] == pytest.approx(ground(WEST + 505, SOUTH + 495), abs=1e-3)
    assert heights[50, 50] == pytest.approx(100 + ground(WEST + 505, SOUTH + 1495), abs=1e-3)


def test_larger_pixels_are_averages(tmp_path):
    result = made(four(tmp_path / "tiles", pixel_m=5), tmp_path, margin_m=0, pixel_m=20)
    heights, profile, _ = read(result)
    assert profile["transform"].a == 20
    assert heights[0, 0] == pytest.approx(ground(WEST + 10, SOUTH + 1990), abs=1e-3)


def srtm(path, corner_lon, corner_lat, count=1201, void=False):
    """A tile as the mission publishes it: big-endian, samples on the grid lines."""
    step = 1 / (count - 1)
    lon = corner_lon + step * np.arange(count)
    lat = corner_lat + 1 - step * np.arange(count)
    heights = np.round(100 + 1000 * (lon - 6) + 500 * (lat[:, None] - 50))
    if void:
        heights[600:603, 600:603] = -32768
    path.write_bytes(heights.astype(">i2").tobytes())
    return path


def test_flat_srtm_tiles_are_not_taken_for_each_other(tmp_path):
    for name in ("N50E006.hgt", "N51E006.hgt"):
        (tmp_path / name).write_bytes(bytes(2 * 1201 * 1201))
    result = made(sorted(tmp_path.glob("*.hgt")), tmp_path, near(6.5, 51.0))
    assert codes(result) == set()
    assert (read(result)[0] == 0).all()


def near(lon, lat, half_m=2000):
    x, y = transform("EPSG:4326", CRS, [lon], [lat])
    return City(CRS, shapely.box(x[0] - half_m, y[0] - half_m, x[0] + half_m, y[0] + half_m))


@pytest.mark.parametrize(("count", "pixel_m"), [(1201, 90), (3601, 30)])
def test_srtm_is_brought_into_the_citys_crs(tmp_path, count, pixel_m):
    path = srtm(tmp_path / "N51E006.hgt", 6, 51, count)
    result = made([path], tmp_path, near(6.7, 51.3))
    heights, profile, _ = read(result)
    assert result.report.format == "SRTM"
    assert profile["transform"].a == pixel_m
    assert codes(result) == set()
    row, column = 17, 23
    x, y = xy(profile["transform"], row, column)
    lon, lat = transform(CRS, "EPSG:4326", [x], [y])
    assert heights[row, column] == pytest.approx(1000 * (lon[0] - 6) + 500 * (lat[0] - 50) + 100,
                                                 abs=1)  # fmt: skip


def test_srtm_joins_over_the_edge_of_tiles(tmp_path):
    paths = [srtm(tmp_path / "N50E006.hgt", 6, 50), srtm(tmp_path / "N51E006.hgt", 6, 51)]
    edge = near(6.5, 51.0)
    result = made(paths, tmp_path, edge)
    assert codes(result) == set()
    assert not np.isnan(read(result)[0]).any()
    assert codes(made(paths[:1], tmp_path, edge), "warning") == {
        "elevation_gap", "elevation_gap_square"
    }  # fmt: skip


def test_srtm_may_be_packed_and_its_voids_are_no_heights(tmp_path):
    path = srtm(tmp_path / "n51e006.hgt", 6, 51, void=True)
    packed = tmp_path / "n51e006.hgt.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.write(path, "N51E006.SRTMGL3.hgt")
    (tmp_path / "folder" / "deeper").mkdir(parents=True)
    (tmp_path / "folder" / "deeper" / "y.zip").write_bytes((tmp_path / "x.zip").read_bytes())
    for given in (packed, tmp_path / "x.zip", tmp_path / "folder"):
        result = made([given], tmp_path, near(6.5, 51.5), margin_m=0)
        heights, _, _ = read(result)
        assert 1 <= np.isnan(heights).sum() <= 9
        assert np.nanmin(heights) > 0
        assert "elevation_gap" in codes(result)


def test_xyz_and_ascii_grids_are_recognised_by_where_they_lie(tmp_path):
    path = tmp_path / "dgm.xyz"
    rows = [(x, y, ground(x, y)) for y in range(SOUTH, SOUTH + 2000, 20)
            for x in range(WEST, WEST + 2000, 20)]  # fmt: skip
    path.write_text("\n".join(f"{x} {y} {z:.2f}" for x, y, z in rows))
    grid = tmp_path / "dgm.asc"
    lines = [" ".join(f"{z:.2f}" for _, _, z in rows[i : i + 100]) for i in range(9900, -1, -100)]
    grid.write_text(
        f"ncols 100\nnrows 100\nxllcorner {WEST - 10}\nyllcorner {SOUTH - 10}\ncellsize 20\n"
        "NODATA_value -9999\n" + "\n".join(lines)
    )
    for given in (path, grid):
        result = made([given], tmp_path, margin_m=0, pixel_m=10)
        assert "crs_recognised" in codes(result)
        assert result.report.accepted
        heights, _, _ = read(result)
        assert heights[100, 100] == pytest.approx(ground(WEST + 1005, SOUTH + 995), abs=0.02)


def feet(path):
    tile(path, 0, 0)
    with rasterio.open(path, "r+") as raster:
        raster.units = ("ft",)
    return path


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda p: p.write_text("no raster") and p, "elevation_unknown"),
        (lambda p: p.write_bytes(b"II*\0" + bytes(50)) and p, "elevation_unreadable"),
        (lambda p: p, "file_missing"),
        (lambda p: tile(p, 0, 0, crs=None, change=lambda h: h), None),
        (lambda p: tile(p, 900, 900, crs=None), "crs_missing"),
        (lambda p: tile(p, 0, 0, bands=3, dtype="uint8", nodata=None), "elevation_bands"),
        (feet, "elevation_feet"),
        (lambda p: tile(p, 0, 0, crs="EPSG:2263"), "elevation_feet"),
        (lambda p: tile(p, 0, 0, change=lambda h: h * 1000), "elevation_range"),
        (lambda p: tile(p, 0, 0, nodata=None, change=lambda h: h - 40_000), "elevation_range"),
        (lambda p: tile(p, 0, 0, change=lambda h: h * 0 - 9999), "elevation_empty"),
        (lambda p: tile(p, 60, 0), "raster_outside"),
        (lambda p: tile(p, 6, 0), "raster_outside"),
        (lambda p: tile(p, 0, 0, pixel_m=200), "elevation_pixel_size"),
    ],
)
def test_what_is_wrong_with_a_tile(tmp_path, make, code):
    result = made([make(tmp_path / "t.tif")], tmp_path)
    assert codes(result, "error") == ({code} if code else set())
    assert (result.layer is None) == bool(code)


def test_all_faults_of_all_tiles_come_at_once(tmp_path):
    folder = tmp_path / "tiles"
    four(folder)
    feet(folder / "feet.tif")
    (folder / "N51E006.hgt").write_bytes(b"short")
    (folder / "broken.tif").write_bytes(b"II*\0")
    result = made([folder], tmp_path)
    assert codes(result, "error") == {
        "elevation_feet", "elevation_srtm_size", "elevation_unreadable"
    }  # fmt: skip
    (unreadable,) = the(result, "elevation_unreadable")
    assert unreadable.value == "broken.tif"
    assert str(tmp_path) not in unreadable.message()


def test_a_broken_archive_in_a_folder_does_not_hide_the_rest(tmp_path):
    folder = tmp_path / "tiles"
    four(folder)
    (folder / "a.zip").write_bytes(b"PK\x03\x04 broken")
    feet(folder / "z.tif")
    result = made([folder], tmp_path)
    assert codes(result, "error") == {"elevation_unreadable", "elevation_feet"}


def test_tiles_of_the_same_name_are_told_apart(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    good = tile(tmp_path / "a" / "t.tif", 0, 0)
    bad = tile(tmp_path / "b" / "t.tif", 1, 0, change=lambda h: h * 1000)
    (found,) = the(made([bad, good], tmp_path), "elevation_range")
    assert found.values["low"] > 9000


def test_a_tile_that_begins_in_the_south(tmp_path):
    north_up = tile(tmp_path / "n.tif", 0, 0)
    with rasterio.open(north_up) as raster:
        heights, profile = raster.read(1)[::-1], raster.profile
    profile["transform"] = Affine(10, 0, WEST, 0, 10, SOUTH)
    with rasterio.open(tmp_path / "s.tif", "w", **profile) as raster:
        raster.write(heights, 1)
    expected = read(made([north_up], tmp_path, margin_m=0))[0]
    np.testing.assert_array_equal(
        read(made([tmp_path / "s.tif"], tmp_path, margin_m=0))[0], expected
    )


def test_pixels_below_a_metre_are_averaged(tmp_path):
    small = City(CRS, shapely.box(WEST, SOUTH, WEST + 50, SOUTH + 50))
    path = tile(tmp_path / "t.tif", 0, 0, pixel_m=0.5, side_m=50)
    heights, profile, _ = read(made([path], tmp_path, small, margin_m=0))
    assert profile["transform"].a == 1
    assert heights[0, 0] == pytest.approx(ground(WEST + 0.5, SOUTH + 49.5), abs=1e-4)


def test_a_whole_state_needs_the_city(tmp_path):
    tiles = [tile(tmp_path / "a.tif", 0, 0, pixel_m=1, side_m=10),
             tile(tmp_path / "b.tif", 70, 70, pixel_m=1, side_m=10)]  # fmt: skip
    assert codes(made(tiles, tmp_path, City(CRS)), "error") == {"elevation_too_large"}
    assert made(tiles[:1], tmp_path, CITY, margin_m=0).report.accepted


def test_a_raster_without_any_place(tmp_path):
    path = tmp_path / "t.tif"
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning), rasterio.open(
        path, "w", driver="GTiff", width=9, height=9, count=1, dtype="float32"
    ) as raster:  # fmt: skip
        raster.write(np.ones((9, 9), "float32"), 1)
    assert codes(made([path], tmp_path), "error") == {"crs_missing"}


def test_a_folder_without_a_tile(tmp_path):
    (tmp_path / "empty").mkdir()
    assert codes(made([tmp_path / "empty"], tmp_path)) == {"elevation_nothing"}


def test_a_tile_cannot_make_gdal_read_another_file(tmp_path):
    tile(tmp_path / "secret.tif", 0, 0)
    vrt = tmp_path / "t.vrt"
    vrt.write_text(
        '<VRTDataset rasterXSize="100" rasterYSize="100"><VRTRasterBand dataType="Float32" '
        f'band="1"><SimpleSource><SourceFilename>{tmp_path}/secret.tif</SourceFilename>'
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )
    assert codes(made([vrt], tmp_path)) == {"elevation_unknown"}


def test_without_a_boundary_all_tiles_are_kept(tmp_path):
    result = made(four(tmp_path / "tiles"), tmp_path, City(CRS))
    assert read(result)[0].shape == (200, 200)
    assert codes(result) == set()


def test_provenance_names_one_file_and_counts_many(tmp_path):
    paths = four(tmp_path / "tiles")
    one = made(paths[:1], tmp_path)
    assert one.layer.provenance.source == "dgm_0_0.tif"
    assert one.original == paths[0]
    many = made(paths, tmp_path)
    assert many.layer.provenance.source == "dgm_0_0.tif and 3 more"
    assert many.original is None
    assert len(many.layer.provenance.digest) == 64


@pytest.mark.slow
def test_memory_does_not_grow_with_the_area(tmp_path):
    import subprocess
    import sys

    big = tmp_path / "big.tif"
    side = 10_000
    with rasterio.open(big, "w", driver="GTiff", width=side, height=side, count=1, crs=CRS,
                       dtype="int16", nodata=-9999, tiled=True, compress="deflate", sparse_ok=True,
                       transform=Affine(1, 0, WEST, 0, -1, SOUTH + side)) as r:  # fmt: skip
        r.write(np.full((1, 256, 256), 50, "int16"), window=((0, 256), (0, 256)))
    program = (
        "import sys, resource, pathlib\n"
        "from stadtnetz.data.elevation import check_elevation\n"
        "from stadtnetz.data.draft import City\n"
        "from stadtnetz.data.kinds import kind\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"r = check_elevation([pathlib.Path({str(big)!r})], kind('terrain'), City({CRS!r}), "
        f"pathlib.Path({str(tmp_path)!r}))\n"
        "assert r.layer is not None, r.report.counts\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          check=True, timeout=300)  # fmt: skip
    # the whole takes 400 MB as float32
    assert int(done.stdout) < 250_000


@pytest.mark.real
def test_bayreuth_from_two_srtm_tiles(shared, tmp_path):
    paths = [shared / "geodata" / f"srtm3_N{lat}E011.hgt.zip" for lat in (49, 50)]
    city = near(11.58, 50.0, half_m=5000)
    result = made(paths, tmp_path, city)
    heights, profile, _ = read(result)
    assert result.report.accepted
    assert codes(result, "warning") == set()
    assert profile["transform"].a == 90
    # Bayreuth lies at about 340 m, the Fichtelgebirge to the north-east rises to 1,051 m
    middle = heights[heights.shape[0] // 2, heights.shape[1] // 2]
    assert 330 < middle < 480
    assert 250 < np.nanmin(heights) < 340
    assert 500 < np.nanmax(heights) < 1051
