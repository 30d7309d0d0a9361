"""The table of findings: every code is used, and every message can be written."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_files import CITY, CRS, MIN_X, MIN_Y, hand_in, write_csv
from shapely import LineString, Point, Polygon, box

from stadtnetz.data.findings import finding_types
from stadtnetz.data.findings_file import write_findings
from stadtnetz.data.kinds import kinds
from stadtnetz.data.templates import template_columns

TABLES = [kind.id for kind in kinds().values() if not kind.is_raster]
CELLS = ("", " ", "x", "-1", "0", "1", "12", "12a", "12-16", "1e9", "1,5", "0.5", "ja", "passed",
         "planned", "5G", "FTTH", "existing", "stadtteil", "2025-06-30", "2031-01-01", "2025-13-01",
         "\u2013", "=1+1", "Straße", "345000", "5677000", "6.8", "51.2")  # fmt: skip
SHAPES = (None, Point(), Point(MIN_X + 1, MIN_Y + 1), Point(6.8, 51.2),
          LineString([(MIN_X, MIN_Y), (MIN_X + 50, MIN_Y + 50)]),
          box(MIN_X - 10, MIN_Y - 10, MIN_X + 50, MIN_Y + 50),
          Polygon([(MIN_X, MIN_Y), (MIN_X + 9, MIN_Y + 9), (MIN_X + 9, MIN_Y), (MIN_X, MIN_Y + 9)]),
          box(0, 0, 5, 5))  # fmt: skip


def test_every_code_is_used(root):
    source = "\n".join(path.read_text(encoding="utf-8") for path in (root / "data").rglob("*.py"))
    words = set(re.findall(r'["\']([a-z0-9_]+)["\']', source))
    assert set(finding_types()) - words == set()


@pytest.mark.parametrize("code", finding_types())
def test_texts_end_as_sentences_and_name_the_same_values(code):
    found = finding_types()[code]
    for english, german in ((found.en, found.de), (found.do_en, found.do_de)):
        values = [set(re.findall(r"\{(\w+)", text)) - {"german"} for text in (english, german)]
        # German names columns by their German name as well
        assert values[0] - {"nearest"} == values[1] - {"nearest"}, code


@pytest.mark.parametrize("kind_id", TABLES)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_a_file_holds_becomes_findings(kind_id, tmp_path, data):
    count = data.draw(st.integers(1, 4))
    cells = st.lists(st.sampled_from(CELLS), min_size=count, max_size=count)
    columns = template_columns(kinds()[kind_id])
    chosen = data.draw(st.lists(st.sampled_from(columns), unique=True)) if columns else []
    rows = pd.DataFrame({column.name: data.draw(cells) for column in chosen} | {"other": "x"},
                        index=range(count))  # fmt: skip
    shapes = data.draw(st.none() | st.lists(st.sampled_from(SHAPES), min_size=count,
                                            max_size=count))  # fmt: skip
    crs = data.draw(st.sampled_from([CRS, "EPSG:4326", "EPSG:31466"]))
    if shapes is None:
        path = write_csv(tmp_path / "f.csv", rows)
    else:
        path = tmp_path / "f.parquet"
        gpd.GeoDataFrame(rows, geometry=np.array(shapes, dtype=object), crs=crs).to_parquet(path)
    operator = data.draw(st.sampled_from([None, "op1"]))
    report = hand_in(path, kind_id, CITY, operator=operator).report
    document = report.to_dict()
    assert document["accepted"] == (not report.count("error"))
    path = tmp_path / "findings.parquet"
    assert write_findings(report.groups, path) == sum(report.counts.values())
    written = pd.read_parquet(path)
    told = [finding for group in report.groups for finding in group]
    for name, texts in (
        ("message_de", [f.message("de") for f in told]),
        ("message_en", [f.message("en") for f in told]),
        ("proposal_de", [f.proposal("de") for f in told]),
        ("proposal_en", [f.proposal("en") for f in told]),
    ):
        assert written[name].tolist() == texts
