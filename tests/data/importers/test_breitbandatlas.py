import gzip

import pytest
from openpyxl import Workbook

from stadtnetz.data import importers
from stadtnetz.data.findings import Rejected
from stadtnetz.data.importers import ImportOptions

FOLDER = "breitbandatlas_2021"
DUESSELDORF = ImportOptions(ags="05111000")
COLUMNS = ["ags", "measure", "technology", "min_down_mbit", "share", "land_use", "as_of"]
HOUSEHOLDS = [
    '"AGS","alle Technologien ≥ 16 Mbit/s","FTTH/B ≥ 1000 Mbit/s"',
    '"01001000",99.5,5.47',
]
BUSINESS = ['"AGS","DSL ≥ 16 Mbit/s","FTTH/B ≥ 1000 Mbit/s"', '"01001000",99.5,5.47']
MOBILE = [
    '"AGS";"Technologie";"Flaechenart";"Flaechen Gruppe";"Flaechen Gruppe Name";"Verfügbarkeit"',
    '"01001";"5G2";Gewässer;20;Gemeindefläche;93.87',
    '"01001";Mobil Alle;Wald-, Wiesenflächen;20;Gemeindefläche;100.00',
    '"01001";LTE10;Bahnstrecken;30;Infrastruktur;NA',
]


def write(path, *lines, encoding="utf-8"):
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path


def read(path, options=None):
    importer = importers.find(path, "breitbandatlas")
    assert importer is not None
    assert importer.id == "breitbandatlas"
    return importer.read(path, "breitbandatlas", options or ImportOptions())


def rejected(path, options=None):
    with pytest.raises(Rejected) as error:
        read(path, options)
    return error.value.findings


def share(frame, technology, mbit, measure="households"):
    row = frame[
        (frame["technology"] == technology)
        & (frame["min_down_mbit"] == mbit)
        & (frame["measure"] == measure)
    ]
    assert len(row) == 1
    return round(row["share"].iloc[0], 6)


def test_a_wide_table_becomes_rows(tmp_path):
    table = read(write(tmp_path / "x", *HOUSEHOLDS))
    assert table.frame.columns.tolist() == COLUMNS
    assert table.frame["technology"].tolist() == ["all", "FTTH/B"]
    assert table.frame["min_down_mbit"].tolist() == [16, 1000]
    assert table.frame["share"].round(6).tolist() == [0.995, 0.0547]
    assert table.frame["measure"].unique().tolist() == ["households"]
    assert table.frame["as_of"].isna().all()
    assert table.notes == ()


@pytest.mark.parametrize(
    ("name", "measure"),
    [
        ("gemeinde_bezirke_gew_2021_mitte.csv", "business_sites"),
        ("gemeinde_bezirke_gewerbe_gwg_2021_mitte.csv", "business_parks"),
        ("gemeinde_privat.csv", "households"),
        ("gemeinde_schulen_2021_mitte.csv", "schools"),
    ],
)
def test_what_a_table_without_all_technologies_counts_is_told_by_its_name(tmp_path, name, measure):
    table = read(write(tmp_path / name, *BUSINESS))
    assert table.frame["measure"].unique().tolist() == [measure]


@pytest.mark.parametrize("name", ["ausgewählt.csv", "meine_gewünschten_werte.csv", "x"])
def test_under_another_name_all_technologies_mean_households(tmp_path, name):
    table = read(write(tmp_path / name, *HOUSEHOLDS))
    assert table.frame["measure"].unique().tolist() == ["households"]


def test_what_is_counted_must_be_known(tmp_path):
    (finding,) = rejected(write(tmp_path / "tabelle.csv", *BUSINESS))
    assert finding.code == "measure_unknown"
    assert "tabelle.csv" in finding.message()
    assert "_gwg_" in finding.proposal()


@pytest.mark.parametrize(
    ("name", "as_of"),
    [
        ("a_2021_mitte.csv", "2021-06-30"),
        ("a_2018_ende.csv", "2018-12-31"),
        ("kreis_2021_1.csv", "2021-06-30"),
        ("kreis_2020_2.csv", "2020-12-31"),
    ],
)
def test_the_name_tells_the_date(tmp_path, name, as_of):
    table = read(write(tmp_path / name, *HOUSEHOLDS))
    assert table.frame["as_of"].unique().tolist() == [as_of]
    assert [note.code for note in table.notes] == ["date_from_name"]
    assert as_of in table.notes[0].message()


@pytest.mark.parametrize("name", ["2021_BBA.csv", "a_2021_12.csv", "mitte.csv"])
def test_a_year_alone_is_no_date(tmp_path, name):
    assert read(write(tmp_path / name, *HOUSEHOLDS)).frame["as_of"].isna().all()


def test_mobile_tables_have_areas_and_routes(tmp_path):
    frame = read(write(tmp_path / "x", *MOBILE)).frame
    assert frame["measure"].tolist() == ["water", "forest_and_meadow", "railways"]
    assert frame["technology"].tolist() == ["5G", "mobile", "LTE"]
    assert frame["min_down_mbit"].fillna(-1).tolist() == [2, -1, 10]
    assert frame["land_use"].fillna("-").tolist() == ["water", "-", "-"]
    # not stated is not 0
    assert frame["share"].fillna(-1).round(6).tolist() == [0.9387, 1, -1]


def test_latin_1_is_read_and_said(tmp_path):
    table = read(write(tmp_path / "x", *MOBILE, encoding="latin-1"))
    assert table.frame["measure"].tolist()[0] == "water"
    assert [note.code for note in table.notes] == ["encoding_detected"]


def test_a_workbook_may_begin_below_its_first_row_and_on_another_sheet(tmp_path):
    book = Workbook()
    book.active.append(["Hinweise"])
    sheet = book.create_sheet("Daten")
    sheet.append(["Breitbandatlas"])
    sheet.append(["krs", "lan", "name", "priv_ftthb_1000", "schulen_alle_tech_400"])
    sheet.append(["01001", "01", "Flensburg", 13, 92])
    book.save(tmp_path / "x.xlsx")
    table = read(tmp_path / "x.xlsx")
    assert table.format == "Breitbandatlas, workbook, sheet Daten"
    assert share(table.frame, "FTTH/B", 1000) == 0.13
    assert share(table.frame, "all", 400, "schools") == 0.92
    assert [note.code for note in table.notes] == ["shares_rounded"]


def test_keys_get_back_the_zero_that_a_spreadsheet_took(tmp_path):
    path = write(tmp_path / "x", "AGS;verf_300_1000", "1001000;93,5", "5111000;95,68")
    assert read(path).frame["ags"].tolist() == ["01001000", "05111000"]
    assert share(read(path, DUESSELDORF).frame, "all", 1000) == 0.9568


def test_keys_that_are_none_are_named(tmp_path):
    path = write(tmp_path / "x", "AGS;verf_300_1000", "01001000;93.5", "Kiel;1", ";2")
    assert [(f.code, f.row, f.value) for f in rejected(path)] == [
        ("ags_malformed", 2, "Kiel"),
        ("ags_malformed", 3, ""),
    ]


def test_percentages_that_are_none_are_named(tmp_path):
    path = write(
        tmp_path / "x", "AGS;verf_300_16;verf_300_1000", "01001000;93.5;101.5", "01002000;x;"
    )
    assert {(f.code, f.row, f.column, f.value) for f in rejected(path)} == {
        ("share_unreadable", 1, "verf_300_1000", "101.5"),
        ("share_unreadable", 2, "verf_300_16", "x"),
    }


def test_a_municipality_that_is_not_there(tmp_path):
    (finding,) = rejected(write(tmp_path / "x", *HOUSEHOLDS), DUESSELDORF)
    assert finding.code == "municipality_absent"
    assert "05111000" in finding.message()
    assert "01001000" in finding.message()


def test_a_row_with_missing_fields_is_named(tmp_path):
    (finding,) = rejected(write(tmp_path / "x", *HOUSEHOLDS, '"01002000",1'))
    assert (finding.code, finding.row) == ("field_count_wrong", 2)


def test_a_header_alone_is_an_empty_file(tmp_path):
    (finding,) = rejected(write(tmp_path / "x", HOUSEHOLDS[0]))
    assert finding.code == "file_empty"


def test_a_truncated_gz_is_unreadable(tmp_path):
    rows = [f'"{n:08}",{n % 97}.{n % 89},{n % 83}' for n in range(30_000)]
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress("\n".join([HOUSEHOLDS[0], *rows]).encode())[:-100])
    (finding,) = rejected(path)
    assert finding.code == "file_unreadable"


@pytest.mark.parametrize(
    "content", [b"", b"AGS;Name\n05111000;x\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"]
)
def test_other_files_are_not_recognised(tmp_path, content):
    path = tmp_path / "2021_BBA_Kreisdaten.xls"
    path.write_bytes(content)
    assert importers.find(path, "breitbandatlas") is None


@pytest.mark.real
def test_duesseldorf_fibre_and_gigabit_are_different_figures(shared):
    path = shared / "geodata" / FOLDER / "gemeinde_bezirke_privat_2021_mitte.csv.gz"
    table = read(path, DUESSELDORF)
    assert share(table.frame, "FTTH/B", 1000) == 0.0472
    assert share(table.frame, "FTTH/B", 100) == 0.0498
    assert share(table.frame, "wired", 1000) == 0.9568
    assert share(table.frame, "all", 1000) == 0.9568
    assert table.frame["as_of"].unique().tolist() == ["2021-06-30"]
    assert table.frame["ags"].unique().tolist() == ["05111000"]


@pytest.mark.real
def test_the_whole_table_has_shares_above_one_hundred_percent(shared):
    path = shared / "geodata" / FOLDER / "gemeinde_bezirke_privat_2021_mitte.csv.gz"
    table = read(path)
    assert len(table.frame) == 11_388 * 53
    assert table.frame["ags"].nunique() == 11_388
    assert table.frame["share"].max() == 1
    above = [note for note in table.notes if note.code == "shares_above_whole"]
    # counted with awk over the file
    assert above[0].message().startswith("36 ")


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "measure", "gigabit"),
    [
        ("gemeinde_bezirke_gew_2021_mitte.csv.gz", "business_sites", 0.0929),
        ("gemeinde_bezirke_gewerbe_gwg_2021_mitte.csv.gz", "business_parks", 0.3481),
    ],
)
def test_duesseldorf_business(shared, name, measure, gigabit):
    table = read(shared / "geodata" / FOLDER / name, DUESSELDORF)
    assert share(table.frame, "FTTH/B", 1000, measure) == gigabit


@pytest.mark.real
def test_districts_are_found_by_the_municipality_in_them(shared):
    path = shared / "geodata" / FOLDER / "landkreis_privat_2021_1.csv.gz"
    frame = read(path, DUESSELDORF).frame
    assert frame["ags"].unique().tolist() == ["05111"]
    assert share(frame, "FTTH/B", 1000) == 0.0472
    assert share(frame, "wired", 1000) == 0.9568
    assert share(frame, "5G", 2) == 0.9937


@pytest.mark.real
def test_district_workbook_has_whole_percent(shared):
    table = read(shared / "geodata" / FOLDER / "2021_BBA_Kreisdaten.xls", DUESSELDORF)
    assert table.format == "Breitbandatlas, workbook, sheet krs_geom_tbl"
    assert share(table.frame, "FTTH/B", 1000) == 0.05
    assert share(table.frame, "wired", 1000) == 0.96
    assert share(table.frame, "FTTH/B", 1000, "business_sites") == 0.09
    assert share(table.frame, "all", 1000, "schools") == 0.89
    assert "as_of" in table.frame
    assert table.frame["as_of"].isna().all()


@pytest.mark.real
def test_duesseldorf_5g_by_area(shared):
    path = shared / "geodata" / FOLDER / "landkreis_mobilfunk_stats_2021_1.csv.gz"
    frame = read(path, DUESSELDORF).frame
    of_5g = frame[frame["technology"] == "5G"].set_index("measure")["share"].round(6)
    assert of_5g["forest_and_meadow"] == 0.8509
    assert of_5g["farmland"] == 0.9551
    assert of_5g["water"] == 0.9611
    assert of_5g["residential"] == 0.9916
    assert of_5g["motorways"] == 0.9971
