import gzip
import zipfile

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.data import importers
from stadtnetz.data.findings import Rejected
from stadtnetz.data.importers import ImportOptions, zensus
from stadtnetz.data.importers.zensus import SUPPRESSED
from stadtnetz.data.kinds import kinds

HOUSEHOLDS = (
    "GITTER_ID_100m;x_mp_100m;y_mp_100m;Insgesamt_Haushalte;1_Person;2_Personen;3_Personen;"
    "4_Personen;5_Personen;6_Personen_und_mehr;werterlaeuternde_Zeichen"
)
INHABITANTS = "GITTER_ID_100m;x_mp_100m;y_mp_100m;Einwohner"
SIZES = "GITTER_ID_100m;x_mp_100m;y_mp_100m;DurchschnHHGroesse;werterlaeuternde_Zeichen"
# one cell each in the middle of Düsseldorf (E 345,000 N 5,677,000) and of Munich
HERE, THERE = (4096500, 3131000), (4437000, 2781000)
BOX = ImportOptions(bounds=(338_000.0, 5_666_000.0, 357_000.0, 5_691_500.0))


def row(place, *values):
    x, y = place
    return ";".join([f"CRS3035RES100mN{y}E{x}", str(x + 50), str(y + 50), *map(str, values)])


def next_to(place, cells):
    return place[0] + 100 * cells, place[1]


def write(path, *lines):
    path.write_bytes(("\n".join(lines) + "\n").encode())
    return path


def households(*values):
    return [
        HOUSEHOLDS,
        *(row(next_to(HERE, n), v, 1, 2, *[SUPPRESSED] * 4, "") for n, v in enumerate(values)),
    ]


def read(path, options=BOX):
    importer = importers.find(path, "households")
    assert importer is not None
    assert importer.id == "zensus"
    table = importer.read(path, "households", options)
    known = {column.name for column in kinds()["households"].columns}
    assert set(table.frame.columns) - {"geometry"} <= known
    return table


def rejected(path, options=BOX):
    with pytest.raises(Rejected) as error:
        read(path, options)
    return error.value.findings


def codes(table):
    return [note.code for note in table.notes]


def test_cells_carry_their_grid(tmp_path):
    frame = read(write(tmp_path / "x", *households(31, 7))).frame
    assert frame.columns.tolist() == ["cell_id", "households"]
    assert frame["cell_id"].tolist() == [
        "EPSG3035/100mN31310E40965",
        "EPSG3035/100mN31310E40966",
    ]
    assert frame["households"].tolist() == ["31", "7"]


def test_only_cells_that_overlap_the_city_are_kept(tmp_path):
    path = write(tmp_path / "x", HOUSEHOLDS, row(THERE, 5, *"1234567"), row(HERE, 6, *"1234567"))
    assert read(path).frame["households"].tolist() == ["6"]
    assert read(path, ImportOptions()).frame["households"].tolist() == ["5", "6"]


def test_a_cell_is_kept_if_any_part_of_it_overlaps_the_box(tmp_path):
    x, y = HERE
    path = write(tmp_path / "x", *households(1, 2, 3))
    box = (x + 99.0, y + 10.0, x + 200.0, y + 20.0)
    kept = read(path, ImportOptions(bounds=box, crs="EPSG:3035")).frame
    # touching the third cell's border is no overlap
    assert kept["households"].tolist() == ["1", "2"]


def test_the_boundary_leaves_out_more_than_its_box(tmp_path):
    x, y = HERE
    path = write(tmp_path / "x", *households(1, 2, 3))
    triangle = shapely.Polygon([(x + 150, y + 10), (x + 150, y + 300), (x + 300, y + 300)])
    options = ImportOptions(boundary=triangle, bounds=triangle.bounds, crs="EPSG:3035")
    assert read(path, options).frame["households"].tolist() == ["2"]


def test_suppressed_is_not_zero_and_is_counted(tmp_path):
    table = read(write(tmp_path / "x", *households(31, SUPPRESSED, SUPPRESSED)))
    assert table.frame["households"].dropna().tolist() == ["31"]
    assert len(table.frame) == 3
    assert codes(table) == ["cells_suppressed"]
    assert "2 of 3 cells" in table.notes[0].message()


def test_inhabitants_alone_are_taken_with_a_warning(tmp_path):
    table = read(write(tmp_path / "x", INHABITANTS, row(HERE, 12)))
    assert table.frame["inhabitants"].tolist() == ["12"]
    assert table.frame["households"].isna().all()
    assert codes(table) == ["households_not_in_file"]


def test_household_sizes_keep_their_decimal_comma_and_lose_the_annotations(tmp_path):
    path = write(tmp_path / "x", SIZES, row(HERE, "1,95", "KLAMMERN"))
    frame = read(path).frame
    assert frame["household_size"].tolist() == ["1,95"]
    assert "werterlaeuternde_zeichen" not in frame


def test_three_files_in_one_zip_fill_the_suppressed_cells(tmp_path):
    place = [next_to(HERE, n) for n in range(4)]
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.csv", "\n".join(households(31, SUPPRESSED, SUPPRESSED)))
        archive.writestr("b.csv", "\n".join([INHABITANTS, *(row(p, 9) for p in place)]))
        sizes = ["2,0", "2,0", SUPPRESSED, "3,0"]
        archive.writestr(
            "c.csv",
            "\n".join([SIZES, *(row(p, s, "") for p, s in zip(place, sizes, strict=True))]),
        )
    table = read(tmp_path / "x.zip")
    # published; 9/2 rounded up; size unknown; absent from the households file, 9/3
    assert table.frame["households"].fillna("unknown").tolist() == ["31", "5", "unknown", "3"]
    assert codes(table) == ["cells_suppressed", "cells_suppressed", "cells_estimated"]
    assert table.notes[2].message().startswith("2 suppressed cells")


def test_the_official_zip_holds_larger_cells_too(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("1km.csv", HOUSEHOLDS.replace("100m", "1km"))
        archive.writestr("100m.csv", "\n".join(households(3)))
    assert read(tmp_path / "x.zip").frame["households"].tolist() == ["3"]


def test_larger_cells_alone_are_refused(tmp_path):
    (finding,) = rejected(write(tmp_path / "x", HOUSEHOLDS.replace("100m", "1km")))
    assert finding.code == "cells_too_large"
    assert "GITTER_ID_1km" in finding.message()


def test_a_table_of_something_else_is_refused(tmp_path):
    header = "GITTER_ID_100m;x_mp_100m;y_mp_100m;Eigentuemerquote"
    (finding,) = rejected(write(tmp_path / "x", header, row(HERE, "12,5")))
    assert finding.code == "values_not_in_file"
    assert "Eigentuemerquote" in finding.message()
    assert "Insgesamt_Haushalte" in finding.message()


def test_malformed_ids_are_named_by_their_rows(tmp_path):
    lines = households(1, 2, 3, 4)
    lines[2] = lines[2].replace("CRS3035", "CRS25832")
    lines[4] = lines[4].replace("RES100m", "RES1000m")
    findings = rejected(write(tmp_path / "x", *lines))
    assert [(f.code, f.row) for f in findings] == [
        ("cell_id_malformed", 2),
        ("cell_id_malformed", 4),
    ]
    assert "CRS25832RES100mN3131000E4096600" in findings[0].message()


def test_rows_with_a_wrong_number_of_fields_are_named(tmp_path):
    lines = households(1, 2, 3)
    lines[2] += ";;"
    findings = rejected(write(tmp_path / "x", *lines))
    assert [(f.code, f.row) for f in findings] == [("field_count_wrong", 2)]


def test_a_city_that_is_not_in_the_file(tmp_path):
    (finding,) = rejected(write(tmp_path / "x.csv", HOUSEHOLDS, row(THERE, 5, *"1234567")))
    assert finding.code == "cells_none_in_city"
    assert "x.csv" in finding.message()


def test_another_separator_is_named(tmp_path):
    lines = [line.replace(";", ",") for line in households(1)]
    (finding,) = rejected(write(tmp_path / "x", *lines))
    assert finding.code == "separator_wrong"


def test_a_header_alone_is_an_empty_file(tmp_path):
    (finding,) = rejected(write(tmp_path / "x", HOUSEHOLDS))
    assert finding.code == "file_empty"


def test_a_truncated_gz_is_unreadable(tmp_path):
    lines = households(*range(20_000))
    (tmp_path / "x").write_bytes(gzip.compress("\n".join(lines).encode())[:-100])
    (finding,) = rejected(tmp_path / "x")
    assert finding.code == "file_unreadable"


@pytest.mark.parametrize("content", ["", "a;b;c\n", "x_mp_100m;GITTER_ID_100m\n"])
def test_other_files_are_not_recognised(tmp_path, content):
    path = write(tmp_path / "Zensus2022_100m-Gitter.csv", content)
    assert importers.find(path, "households") is None


POSITIVE = st.floats(1, 20, allow_nan=False)


@given(people=st.integers(0, 5000), size=POSITIVE)
def test_households_are_never_more_than_people_and_at_least_one_where_people_live(people, size):
    (estimate,) = zensus.households_from([people], [size])
    assert min(people, 1) <= estimate <= people
    assert abs(estimate - people / size) <= max(0.5, 1 - people / size)


def test_what_is_unknown_stays_unknown():
    estimate = zensus.households_from([np.nan, 5, 5, 5], [2, np.nan, 0, 0.5])
    assert np.isnan(estimate).all()
