"""Real files with a few bytes changed: always a report, never an exception.

300 files by default; ``make fuzz`` takes 10,000. A crash of a library is none of ours and becomes a
finding in the sandbox, which is tried at once; but it is rare, and counted.
"""

import io
import json
import os
import select
import subprocess
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_files import CITY, CRS, TODAY, fibre_area_rows, fibre_rows, points, squares

from stadtnetz.data.sandbox import Limits, check_file

COUNT = int(os.environ.get("STADTNETZ_FUZZ_COUNT", "300"))
ANSWER_S = 120
CHILD = Path(__file__).parents[1] / "support" / "fuzz_child.py"
ENDINGS = ("", ".gpkg", ".fgb", ".json", ".kml", ".parquet", ".zip", ".csv", ".xlsx", ".shp", ".gz")
CRASHES_SHARE = 0.01
TOKENS = (
    *(b"\0", b"\0" * 16, b"\xff" * 4, b"\xff" * 8, b"\x7f\xff\xff\xff", b"\xe2\x80\x93", b"\n"),
    *(b'"', b";", b"{", b"}", b"[", b"<", b"&x;", b"/vsicurl/", b"SELECT", b"null"),
    *(b"-1", b"1e999", b"NaN", b"99999999999999999999", b"\xf0\x9f\x98\x80"),
)


class Seeds(dict[str, tuple[str, bytes]]):
    """Kind and content of good files by name; not to be printed with a failing example."""

    def __repr__(self) -> str:
        return "seeds"


def seeds(folder: Path) -> Seeds:
    """Small good files of every format, with the kind that they hold."""
    areas = gpd.GeoDataFrame(fibre_area_rows(5), geometry=squares(5).to_numpy(), crs=CRS)
    rows = gpd.GeoDataFrame(fibre_rows(5), geometry=points(5).to_numpy(), crs=CRS)
    found = Seeds()

    def keep(name: str, kind: str) -> None:
        found[name] = kind, (folder / name).read_bytes()

    for name, driver, crs in (
        ("a.gpkg", "GPKG", CRS), ("a.fgb", "FlatGeobuf", CRS),
        ("a.geojson", "GeoJSON", "EPSG:4326"), ("a.kml", "KML", "EPSG:4326"),
    ):  # fmt: skip
        areas.to_crs(crs).to_file(folder / name, driver=driver)
        keep(name, "fibre_areas")
    areas.to_parquet(folder / "a.parquet")
    keep("a.parquet", "fibre_areas")
    (folder / "shape").mkdir()
    areas.rename(columns=lambda c: c[:10] if c != "geometry" else c).to_file(
        folder / "shape" / "a.shp", engine="pyogrio"
    )
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        for part in sorted((folder / "shape").iterdir()):
            archive.write(part, part.name)
    keep("a.zip", "fibre_areas")
    table = rows.drop(columns="geometry")
    table["ostwert"], table["nordwert"] = rows.geometry.x, rows.geometry.y
    table.to_csv(folder / "a.csv", sep=";", index=False)
    table.to_excel(folder / "a.xlsx", index=False)
    keep("a.csv", "fibre_addresses")
    keep("a.xlsx", "fibre_addresses")
    with rasterio.open(
        folder / "a.tif", "w", driver="GTiff", dtype="float32", count=1, crs=CRS, width=120,
        height=150, transform=rasterio.Affine(100, 0, 340_000, 0, -100, 5_685_000), nodata=-9999,
        compress="deflate",
    ) as raster:  # fmt: skip
        raster.write(np.full((150, 120), -90, "float32"), 1)
        raster.update_tags(1, technology="5G")
    keep("a.tif", "mobile_raster")
    return found


FORMATS = (
    "a.gpkg",
    "a.fgb",
    "a.geojson",
    "a.kml",
    "a.parquet",
    "a.zip",
    "a.csv",
    "a.xlsx",
    "a.tif",
)
PLACE = st.one_of(st.integers(0, 200), st.floats(0, 1))
MUTATION = st.tuples(
    st.sampled_from(["flip", "insert", "cut", "copy", "end"]),
    PLACE,
    st.integers(1, 64),
    st.one_of(st.sampled_from(TOKENS), st.binary(min_size=1, max_size=8)),
)


def mutated(data: bytes, mutations: list[tuple[str, float, int, bytes]]) -> bytes:
    """Change bytes of a file; places are numbers from the start, or shares of the whole."""
    for what, place, length, token in mutations:
        at = min(place if isinstance(place, int) else int(place * len(data)), len(data))
        rest = data[at:]
        if what == "flip":
            changed = bytes(a ^ b for a, b in zip(rest, token, strict=False))
            data = data[:at] + changed + rest[len(changed) :]
        elif what == "insert":
            data = data[:at] + token + rest
        elif what == "cut":
            data = data[:at] + rest[length:]
        elif what == "copy":
            data = data[:at] + rest[:length] + rest
        elif place > 0:
            data = data[:at]
    return data


class Reader:
    """A child that checks one file after the other, and is started again when it breaks down."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.child, self.crashes = folder, None, []

    def check(self, path: Path, kind: str) -> tuple[str, str]:
        if self.child is None or self.child.poll() is not None:
            paths = os.pathsep.join(filter(None, sys.path))
            self.child = subprocess.Popen(
                [sys.executable, "-W", "ignore", CHILD, self.folder],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                env={**os.environ, "PYTHONPATH": paths, "CPL_LOG": os.devnull}, cwd="/",
            )  # fmt: skip
        self.child.stdin.write(f"{kind} {path}\n")
        self.child.stdin.flush()
        ready, _, _ = select.select([self.child.stdout], [], [], ANSWER_S)
        line = self.child.stdout.readline() if ready else ""
        if not line:
            self.close()
            self.crashes.append(path.read_bytes())
            return "crash" if ready else "time", ""
        return tuple(json.loads(line))

    def close(self) -> None:
        if self.child:
            self.child.kill()
            self.child.communicate()
            self.child = None


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return seeds(tmp_path_factory.mktemp("seeds"))


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    made = Reader(tmp_path_factory.mktemp("reader"))
    yield made
    made.close()


def test_the_seeds_are_good_files(files, reader):
    for name in FORMATS:
        kind, data = files[name]
        path = reader.folder / name
        path.write_bytes(data)
        assert reader.check(path, kind) == ("report", ""), name


@settings(
    max_examples=COUNT, deadline=None, print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(name=st.sampled_from(FORMATS), mutations=st.lists(MUTATION, min_size=1, max_size=6))
def test_a_damaged_file_is_always_a_report(files, reader, name, mutations):
    kind, data = files[name]
    path = reader.folder / name
    path.write_bytes(mutated(data, mutations))
    what, said = reader.check(path, kind)
    assert what != "exception", said
    if what != "report":
        checked = check_file(path, kind, CITY, operator="op1", today=TODAY,
                             limits=Limits(memory_mb=2_048, cpu_s=60))  # fmt: skip
        assert not checked.report.accepted
        assert len(reader.crashes) <= max(3, CRASHES_SHARE * COUNT), said


@settings(max_examples=max(COUNT // 10, 30), deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(data=st.binary(max_size=400), ending=st.sampled_from(ENDINGS))
def test_any_bytes_are_a_report(reader, data, ending):
    path = reader.folder / f"any{ending}"
    path.write_bytes(data)
    what, said = reader.check(path, "fibre_addresses")
    assert what == "report", said


def test_damaged_files_through_the_sandbox(files, tmp_path):
    """Some of the same, in the way that deliveries take: one child per file."""
    random = np.random.default_rng(5)
    for name in FORMATS:
        kind, data = files[name]
        changed = bytearray(data)
        for at in random.integers(0, len(data), 12):
            changed[at] ^= 0xFF
        path = tmp_path / name
        path.write_bytes(bytes(changed))
        checked = check_file(path, kind, CITY, operator="op1", today=TODAY)
        assert checked.report.to_dict()["accepted"] == (checked.layer is not None)


def test_a_zip_in_a_zip_and_a_bomb(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("f.csv", b"a;b\n" * 1000)
    nested = tmp_path / "nested.zip"
    with zipfile.ZipFile(nested, "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
        archive.writestr("../../etc/f.csv", "a;b\n1;2\n")
    report = check_file(nested, "fibre_addresses", CITY, operator="op1", today=TODAY).report
    assert set(report.counts) == {"archive_nested", "archive_unsafe"}
    bomb = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("f.csv", "w", force_zip64=True) as member,
    ):
        for _ in range(2_100):
            member.write(b"\0" * (1 << 20))
    assert bomb.stat().st_size < 5 << 20
    report = check_file(bomb, "fibre_addresses", CITY, operator="op1", today=TODAY).report
    assert set(report.counts) == {"archive_too_large"}
