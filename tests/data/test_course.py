"""Files are judged block by block: with the same result, and in memory that does not grow."""

import json
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_files import BOUNDARY, CRS, MIN_X, MIN_Y, TODAY, write_csv, write_gpkg

from stadtnetz.data import (
    coordinate_columns,
    corrections,
    course,
    csv_reading,
    gathered,
    identity,
    parquet,
    positions,
    spilled_rows,
    whole,
)
from stadtnetz.data.draft import City
from stadtnetz.data.intake import check

REGISTER = gpd.GeoDataFrame(
    {
        "id": [f"A{i}" for i in range(6)],
        "street": ["Hauptstraße", "Hauptstraße", "Am Hof", "Am Hof", "Weg", "Weg"],
        "house_number": ["1", "2", "1", "2", "1", "1"],
        "suffix": pd.array([None] * 6, dtype="str"),
        "postcode": "40210",
    },
    geometry=shapely.points(MIN_X + 500.0 * np.arange(1, 7), MIN_Y + 1_000.0),
    crs=CRS,
)
"""The last two have one address, and lie far apart."""

COLUMNS = {
    "record_id": ["1", "2", "3", "4", "5", "6", "", ""],
    "address_id": ["", "", "", "A0", "A3", "Z9"],
    "strasse": ["Hauptstr.", "HAUPTSTRASSE", "Am Hof", "Weg", "Gasse", ""],
    "hnr": ["1", "2", "1 a", "1-3", "ohne", ""],
    "plz": ["40210", "4021", ""],
    "technologie": ["FTTH", "ftth", "Draht"],
    "download_mbit": ["1000", "1.000", "2.500", "1.000,0", "viel", "-5", ""],
    "upload_mbit": ["500", "1,5", "4000"],
    "status": ["passed", "planned", "Homes Passed"],
    "offer_available": ["ja", "nein", "1"],
    "status_date": ["2025-03-31", "31.03.2025", "2027-01-01", "31.02.2025"],
    "ostwert": ["345500", "345.500,5", "346000,25", "weit", "", "400000"],
    "nordwert": ["5673001", "5673000,5", "5.673.000,5", ""],
}
"""What may stand in a cell; the first of each is right."""

ROWS = st.lists(st.fixed_dictionaries({k: st.sampled_from(v) for k, v in COLUMNS.items()}),
                min_size=1, max_size=25)  # fmt: skip
RIGHT = {
    "strasse": COLUMNS["strasse"][:3],
    "hnr": ["1", "2"],
    "download_mbit": ["1000", "2.500"],
    "ostwert": ["345500", "345500,5", "400000"],
    "nordwert": ["5673001"],
}
RIGHT_ROWS = st.lists(
    st.fixed_dictionaries(
        {k: st.sampled_from(RIGHT.get(k, v[:1])) for k, v in COLUMNS.items() if k != "record_id"}
    ),
    min_size=20, max_size=25,
)  # fmt: skip


def cut_small(patch, count):
    """Have every step look at so many rows at a time."""
    for module in (course, corrections, identity):
        patch.setattr(module, "BLOCK_COUNT", count)
    for module in (spilled_rows, coordinate_columns, whole, positions):
        patch.setattr(module, "PIECE_COUNT", count)
    patch.setattr(parquet, "ROW_GROUP_COUNT", count)
    patch.setattr(gathered, "HELD_COUNT", count)
    patch.setattr(csv_reading, "_BLOCK_BYTES", (400, 1 << 20))


def result(path, register=REGISTER):
    """All that comes of a file, to be compared."""
    city = City(CRS, BOUNDARY)
    done = check(path, "fibre_addresses", city, operator="op1", register=register, today=TODAY)
    report = done.report.to_dict()
    if report["matches"]:
        report["matches"]["mean_score"] = round(report["matches"]["mean_score"], 12)
    layer = done.layer and pd.DataFrame(done.layer.frame).to_dict("list")
    corrected = done.corrected
    if corrected is not None:
        is_text = corrected.suffix == ".csv"
        corrected = corrected.read_text() if is_text else gpd.read_file(corrected).to_json()
    findings = pd.read_parquet(done.findings).to_dict("list")
    return json.dumps([report, layer, corrected, findings], default=str)


def assert_same_in_blocks(path, count):
    expected = result(path)
    with pytest.MonkeyPatch.context() as patch:
        cut_small(patch, count)
        assert result(path) == expected


@pytest.mark.parametrize("rows", [ROWS, RIGHT_ROWS], ids=["faulty", "right"])
def test_blocks_of_any_size_give_the_same_result(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("course")

    @settings(max_examples=5)
    @given(rows, st.integers(1, 9))
    def the_same(rows, count):
        assert_same_in_blocks(write_csv(folder / "f.csv", pd.DataFrame(rows)), count)

    the_same()


def test_typed_files_are_judged_in_blocks_too(tmp_path):
    count = 40
    rows = {name: [v[i % len(v)] for i in range(count)] for name, v in COLUMNS.items()}
    frame = pd.DataFrame(rows).drop(columns=["ostwert", "nordwert"])
    typed = frame.assign(
        download_mbit=np.where(np.arange(count) % 7, 1000.0, np.nan), hnr=np.arange(count) / 2
    )
    place = shapely.points(MIN_X + 500.0 * (np.arange(count) % 8), MIN_Y + 1_000.0)
    place[::9] = None
    path = write_gpkg(tmp_path / "f.gpkg", typed, gpd.GeoSeries(place, crs=CRS))
    assert_same_in_blocks(path, 7)


PEAK = """
import json, sys
from datetime import date
from pathlib import Path
import pyarrow as pa
from stadtnetz.data import (coordinate_columns, corrections, course, csv_reading, parquet,
                            positions, spilled_rows, whole)
from stadtnetz.data.draft import City
from stadtnetz.data.intake import check
for module in (course, corrections):
    module.BLOCK_COUNT = 4_096
for module in (spilled_rows, coordinate_columns, whole, positions):
    module.PIECE_COUNT = 4_096
parquet.ROW_GROUP_COUNT, csv_reading._BLOCK_BYTES = 4_096, (65_536,)
peaks = []
for path in sys.argv[1:]:
    pa.default_memory_pool().release_unused()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    day = date(2026, 6, 30)
    report = check(Path(path), "fibre_addresses", City(), operator="op1", today=day).report
    assert report.accepted, report.counts
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    peaks.append(int(status["VmHWM"].split()[0]) / 1024)
print(json.dumps(peaks))
"""


def large_csv(path, count):
    """A delivery without faults, but for addresses that are delivered twice."""
    number = np.arange(count)
    address = number % (count // 2)
    frame = pd.DataFrame({
        "record_id": pd.Series(number).map("T-{:09d}".format),
        "strasse": pd.Series(address // 40).map("Lange Straße {}".format),
        "hnr": address % 40 + 1, "plz": "40210", "technologie": "FTTH", "download_mbit": 1000,
        "upload_mbit": 500, "status": "passed", "offer_available": "ja",
        "status_date": "2025-03-31", "ostwert": 345_000 + address % 999 + 0.5,
        "nordwert": 5_677_000 + address % 997 + 0.25, "ort": "Musterstadt", "ortsteil": "Mitte",
        "bauabschnitt": "L001", "funding": "own", "confidence": "confirmed",
    })  # fmt: skip
    return write_csv(path, frame)


def test_memory_does_not_grow_with_the_file(tmp_path):
    paths = [large_csv(tmp_path / f"{n}.csv", n) for n in (5_000, 20_000, 70_000)]
    command = [sys.executable, "-c", PEAK, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    _, small_mb, large_mb = json.loads(done.stdout)
    grown_mb = (paths[2].stat().st_size - paths[1].stat().st_size) / (1 << 20)
    assert grown_mb > 5
    # all of it in memory, as text and typed, would be six times as much as the file
    assert large_mb - small_mb < grown_mb, (small_mb, large_mb)
