import gzip
import zipfile

import pytest

from stadtnetz.data import importers
from stadtnetz.data.findings import Rejected
from stadtnetz.data.importers import ImportOptions
from stadtnetz.data.kinds import kinds

# the two real layouts
NEW = (
    "N;DENW52HK000AAamr;C;05;Nordrhein-Westfalen;5;Münster;62;Recklinghausen;024;Marl;0000;;07146;"
    "Polsumer Straße;2;;32;365471.472;5721550.800;2026-07-01"
)
OLD = (
    "N;DENW000002207504;A;05;1;58;028;0000;12741;6;;32349925,060;5685090,386;Minoritenstraße;"
    "2022-01-01"
)


def new(oid="DENW52HK000AAamr", *, gmd="024;Marl", hnr="2", adz="", rest=None):
    place = rest or "32;365471.472;5721550.800"
    return (
        f"N;{oid};A;05;Nordrhein-Westfalen;5;Münster;62;Recklinghausen;{gmd};0000;;07146;"
        f"Polsumer Straße;{hnr};{adz};{place};2026-07-01"
    )


def write(path, *lines, bom=False, ending="\r\n", encoding="utf-8"):
    text = "".join(line + ending for line in lines)
    path.write_bytes((b"\xef\xbb\xbf" if bom else b"") + text.encode(encoding))
    return path


def read(path, ags=None):
    importer = importers.find(path, "addresses")
    assert importer is not None
    assert importer.id == "gebref"
    table = importer.read(path, "addresses", ImportOptions(ags=ags))
    known = {column.name for column in kinds()["addresses"].columns}
    assert set(table.frame.columns) - {"geometry"} <= known
    return table


def rejected(path, ags=None):
    with pytest.raises(Rejected) as error:
        read(path, ags)
    return error.value.findings


def codes(table):
    return [note.code for note in table.notes]


def test_the_new_layout_of_21_fields(tmp_path):
    table = read(write(tmp_path / "x", NEW.replace(";C;", ";A;")), ags="05562024")
    assert len(table.frame) == 1
    row = table.frame.iloc[0]
    assert (row["id"], row["street"]) == ("DENW52HK000AAamr", "Polsumer Straße")
    assert row["house_number"] == "2"
    assert table.frame["suffix"].isna().all()
    assert (row.geometry.x, row.geometry.y) == (365471.472, 5721550.800)
    assert table.crs == table.frame.crs.to_string() == "EPSG:25832"
    assert table.format == "gebref.txt, 21 fields (;, UTF-8)"


def test_the_old_layout_of_15_fields_has_the_zone_in_the_easting(tmp_path):
    table = read(write(tmp_path / "x", OLD), ags="05158028")
    row = table.frame.iloc[0]
    assert (row["id"], row["street"]) == ("DENW000002207504", "Minoritenstraße")
    assert (row.geometry.x, row.geometry.y) == (349925.060, 5685090.386)
    assert table.crs == "EPSG:25832"
    assert "15 fields" in table.format


@pytest.mark.parametrize("bom", [True, False])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_byte_order_mark_and_line_endings_are_no_data(tmp_path, bom, ending):
    lines = [new(oid="DENW52HK000AAaa1"), new(oid="DENW52HK000AAaa2", hnr="12", adz="a")]
    frame = read(write(tmp_path / "x", *lines, bom=bom, ending=ending)).frame
    assert frame["id"].tolist() == ["DENW52HK000AAaa1", "DENW52HK000AAaa2"]
    assert frame["house_number"].tolist() == ["2", "12"]
    assert frame["suffix"].tolist()[1] == "a"


def test_a_header_is_no_address(tmp_path):
    header = (
        "nba;oid;qua;landschl;land;regbezschl;regbez;kreisschl;kreis;gmdschl;gmd;ottschl;ott;"
        "strschl;str;hnr;adz;zone;ostwert;nordwert;datum"
    )
    assert len(read(write(tmp_path / "x", header, new())).frame) == 1


def test_it_is_found_inside_the_official_zip_and_gz_whatever_their_names(tmp_path):
    with zipfile.ZipFile(tmp_path / "anything.bin", "w") as archive:
        archive.writestr("read me.pdf", b"%PDF-1.4")
        archive.writestr("gebref/gebref.txt", (OLD + "\r\n").encode())
    (tmp_path / "other.dat").write_bytes(gzip.compress(OLD.encode()))
    for name in ("anything.bin", "other.dat"):
        assert read(tmp_path / name).frame["id"].tolist() == ["DENW000002207504"]


def test_quotation_marks_are_characters(tmp_path):
    line = new().replace("Polsumer Straße", 'Gut "Hof')
    frame = read(write(tmp_path / "x", line, new(oid="DENW52HK000AAaa2"))).frame
    assert frame["street"].tolist() == ['Gut "Hof', "Polsumer Straße"]


def test_artificial_addresses_are_left_out_and_counted(tmp_path):
    table = read(write(tmp_path / "x", NEW, new(oid="DENW52HK000AAaa2"), NEW))
    assert table.frame["id"].tolist() == ["DENW52HK000AAaa2"]
    assert codes(table) == ["addresses_artificial"]
    assert table.notes[0].message().startswith("2 artificial addresses")


def test_only_the_chosen_municipality_is_kept(tmp_path):
    path = write(tmp_path / "x", new(), new(oid="DENW52HK000AAaa2", gmd="008;Haltern"), new())
    frame = read(path, ags="05562008").frame
    assert frame["id"].tolist() == ["DENW52HK000AAaa2"]


def test_several_municipalities_without_a_choice_are_listed(tmp_path):
    lines = [new(gmd=f"{n:03};Ort {n}") for n in range(1, 8)]
    (finding,) = rejected(write(tmp_path / "x", *lines))
    assert finding.code == "municipality_unsaid"
    assert "05562001 Ort 1, " in finding.message()
    assert "05562005 Ort 5, ..." in finding.message()
    assert "Ort 6" not in finding.message()
    assert "AGS" in finding.proposal()


def test_a_municipality_that_is_not_there(tmp_path):
    (finding,) = rejected(write(tmp_path / "x", new()), ags="05111000")
    assert finding.code == "municipality_absent"
    assert "05111000" in finding.message()
    assert "05562024 Marl" in finding.message()


def test_all_rows_with_a_wrong_number_of_fields_are_named(tmp_path):
    path = write(tmp_path / "x", new(), "N;DENW52HK000AAaa2;A;05", new(), new() + ";more")
    findings = rejected(path)
    assert [(f.code, f.row) for f in findings] == [("field_count_wrong", n) for n in (2, 4)]
    assert "Row 2 has 4 fields instead of 21" in findings[0].message()


def test_a_layout_with_another_number_of_fields_is_refused(tmp_path):
    (finding,) = rejected(write(tmp_path / "x", OLD + ";;"))
    assert finding.code == "field_count_wrong"
    assert "17 fields instead of 21 or 15" in finding.message()


def test_wrong_coordinates_and_zones_are_named_by_their_row_in_the_file(tmp_path):
    path = write(
        tmp_path / "x",
        new(gmd="008;Haltern"),
        "N;DENW52HK000AAaa2;A;05",
        new(rest="32;36547l.472;5721550.800"),
        new(rest="35;365471.472;"),
    )
    found = {(f.code, f.row, f.column, f.value) for f in rejected(path, ags="05562024")}
    assert found == {
        ("field_count_wrong", 2, None, "N;DENW52HK000AAaa2;A;05"),
        ("coordinate_unreadable", 3, "ostwert", "36547l.472"),
        ("coordinate_unreadable", 4, "nordwert", ""),
        ("zone_unknown", 4, "zone", "35"),
    }


def test_many_faults_are_counted_after_the_first_twenty(tmp_path):
    findings = rejected(write(tmp_path / "x", new(), *["N;x"] * 70))
    assert [f.code for f in findings] == ["field_count_wrong"] * 20 + ["more_findings"]
    assert findings[-1].message().startswith("50 more")


def test_two_zones_cannot_be_one_city(tmp_path):
    path = write(tmp_path / "x", new(), new(rest="33;365471.472;5721550.800"))
    (finding,) = rejected(path)
    assert finding.code == "zones_mixed"
    assert "32, 33" in finding.message()


@pytest.mark.parametrize("separator", [",", "\t"])
def test_another_separator_is_named(tmp_path, separator):
    (finding,) = rejected(write(tmp_path / "x", new().replace(";", separator)))
    assert finding.code == "separator_wrong"
    assert ("tab" if separator == "\t" else ",") in finding.message()


def test_latin_1_is_read_and_said(tmp_path):
    table = read(write(tmp_path / "x", new(), encoding="latin-1"))
    assert table.frame["street"].tolist() == ["Polsumer Straße"]
    assert codes(table) == ["encoding_detected"]


def test_a_file_pieced_together_from_two_encodings_is_not_guessed(tmp_path):
    one, other = (new().encode(encoding) for encoding in ("utf-8", "latin-1"))
    (tmp_path / "x").write_bytes(b"\n".join([one, one, one, other]))
    (finding,) = rejected(tmp_path / "x")
    assert finding.code == "file_unreadable"
    assert "UTF8" in finding.message()


def test_a_truncated_gz_is_unreadable(tmp_path):
    lines = "\n".join(new(oid=f"DENW52HK{n:08x}") for n in range(20_000))
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(lines.encode())[:-200])
    (finding,) = rejected(path)
    assert finding.code == "file_unreadable"
    assert "ended before" in finding.message()


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"id;street\n1;x\n", b"\x00\x01binary", b"PK\x03\x04"]
)
def test_other_files_are_not_recognised(tmp_path, content):
    (tmp_path / "gebref.txt").write_bytes(content)
    assert importers.find(tmp_path / "gebref.txt", "addresses") is None


def test_a_file_of_many_blocks_keeps_the_order(tmp_path, monkeypatch):
    monkeypatch.setattr("stadtnetz.data.importers._rows.BLOCK_BYTES", 1000)
    lines = [new(oid=f"DENW52HK{n:08d}", gmd=f"{n % 2:03};Ort {n % 2}") for n in range(500)]
    frame = read(write(tmp_path / "x", *lines), ags="05562001").frame
    assert frame["id"].tolist() == [f"DENW52HK{n:08d}" for n in range(1, 500, 2)]
