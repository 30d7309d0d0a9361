"""Text that is kept once: the same cells and findings, in less memory."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_files import CITY, TODAY, fibre_rows, points, write_csv

from stadtnetz.data import compact_text
from stadtnetz.data.compact_text import CompactColumn, written_out
from stadtnetz.data.corrections import write_corrected
from stadtnetz.data.csv_reading import read_csv
from stadtnetz.data.intake import check

CELLS = st.lists(st.sampled_from(["a", "b", "ab", "Straße", "", None]) | st.text(max_size=3))


def column_of(blocks):
    column = CompactColumn()
    for block in blocks:
        column.add(pa.array(block, pa.large_string()))
    return column


@given(blocks=st.lists(CELLS, max_size=4), small=st.sampled_from([0, 3, 1_000]))
def test_the_cells_are_those_that_were_added(blocks, small):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compact_text, "_SMALL_COUNT", small)
        column = column_of(blocks)
        expected = [cell for block in blocks for cell in block]
        assert len(column) == len(expected)
        assert column.is_empty == all(cell is None for cell in expected)
        rows, first = column.matching("a.?")
        assert rows.tolist() == [i for i, c in enumerate(expected) if c and re.search("a.?", c)]
        assert first == (expected[rows[0]] if len(rows) else "")
        cells = written_out(column.cells())
    assert cells.dtype == pd.StringDtype(na_value=np.nan)
    assert [None if pd.isna(cell) else cell for cell in cells] == expected


def test_what_repeats_is_kept_once():
    many = ["under_construction", "passed"] * 50_000
    cells = column_of([many, many]).cells()
    assert written_out(cells).tolist() == many * 2
    assert cells.memory_usage(deep=True) < 0.06 * written_out(cells).memory_usage(deep=True)
    ids = column_of([[f"T-{i}" for i in range(50_000)]]).cells()
    assert written_out(ids) is ids


def test_a_file_of_many_blocks_takes_less_memory_than_its_bytes(tmp_path):
    count = 260_000
    number = np.arange(count)
    frame = pd.DataFrame(
        {"record_id": number, "strasse": pd.Series(number // 40).map("Lange Straße {}".format),
         "hnr": number % 40, "status": "under_construction", "funding": "own", "confidence":
         "confirmed", "status_date": "2026-03-31", "technologie": "FTTH", "operator": "nordnetz"}
    )  # fmt: skip
    path = tmp_path / "large.csv"
    frame.to_csv(path, sep=";", index=False)
    assert path.stat().st_size > 20 << 20  # more than a block
    read = read_csv(path).frame
    assert read.memory_usage(deep=True).sum() < 0.5 * path.stat().st_size
    for name in frame:
        assert written_out(read[name]).tolist() == frame[name].astype("str").tolist()


def test_findings_layer_and_corrected_file_are_the_same_either_way(tmp_path, monkeypatch):
    rows = pd.concat([fibre_rows(60)] * 2, ignore_index=True)
    place = points(60)
    rows["ostwert"], rows["nordwert"] = [*place.x, *place.x], [*place.y, *place.y]
    rows["strasse"] = "Hauptstr."
    rows.loc[5, "strasse"] = "Am Str."
    rows.loc[7:9, "technologie"] = "Glasfaser?"
    rows.loc[11, "download_mbit"] = "viel"
    rows.loc[70:75, "status_date"] = "31.02.2025"
    rows.loc[80:, "status"] = "Passed"
    rows.loc[90, "operator"] = "op9"
    made = []
    for faulty in (rows, rows.assign(technologie="FTTH", download_mbit="1.000,0", operator="op1",
                                     status_date="31.12.2025")):  # fmt: skip
        path = write_csv(tmp_path / "f.csv", faulty)
        for small in (0, 20_000):
            monkeypatch.setattr(compact_text, "_SMALL_COUNT", small)
            intake = check(path, "fibre_addresses", CITY, operator="op1", today=TODAY)
            (tmp_path / str(small)).mkdir(exist_ok=True)
            corrected = write_corrected(intake.draft, intake.table, tmp_path / str(small))
            kept = corrected.path and corrected.path.read_bytes()
            frame = intake.layer and intake.layer.frame.to_dict("list")
            made.append((intake.report.to_dict(examples=200), str(frame), kept))
    assert made[0] == made[1]
    assert made[2] == made[3]
    assert not made[0][0]["accepted"]
    assert made[2][0]["counts"] != made[0][0]["counts"]
    assert made[0][2]
