"""CSV in the dialects that offices and operators write, and what is wrong with it."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.data import csv_reading
from stadtnetz.data.csv_reading import layout_of, read_csv
from stadtnetz.data.findings import Rejected


@pytest.fixture
def written(tmp_path):
    def write(content, encoding="utf-8"):
        path = tmp_path / "data.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def rejected(path):
    """The findings of a file that is refused."""
    with pytest.raises(Rejected) as caught:
        read_csv(path)
    return caught.value.findings


def codes(findings):
    return [finding.code for finding in findings]


@pytest.mark.parametrize(
    ("separator", "title"), [(";", ";"), (",", ","), ("\t", "tab"), ("|", "|")]
)
def test_the_separator_is_recognised(written, separator, title):
    rows = [["strasse", "hausnr", "plz"], ["Am Wehrhahn", "1", "01067"], ["Hofgarten", "2a", ""]]
    table = read_csv(written("\n".join(separator.join(row) for row in rows)))
    assert table.format == f"CSV ({title}, UTF-8)"
    assert list(table.frame.columns) == rows[0]
    assert table.frame.plz[0] == "01067"
    assert table.frame.plz.isna().tolist() == [False, True]
    assert (table.crs, table.notes) == (None, ())


def test_decimal_commas_do_not_pass_for_separators(written):
    text = "id;ost;nord\na;354123,4;5678123,4\nb;354123,5;5678123,5\n"
    assert read_csv(written(text)).frame.ost.tolist() == ["354123,4", "354123,5"]


def test_commas_in_texts_do_not_pass_for_separators(written):
    text = "name;ort\nMüller, Schmidt, Meier;a\nMüller, Schmidt, Meier;b\n"
    assert list(read_csv(written(text)).frame.columns) == ["name", "ort"]


def test_quoted_fields_may_hold_separators_quotes_and_line_breaks(written):
    text = 'id;text;n\n1;"a;b";x\n2;"sagt ""ja""";y\n3;"zwei\nZeilen";z\n4;5" Rohr;w\n'
    frame = read_csv(written(text)).frame
    assert frame.text.tolist() == ["a;b", 'sagt "ja"', "zwei\nZeilen", '5" Rohr']
    assert frame.n.tolist() == list("xyzw")


def test_a_line_that_names_the_separator_is_followed(written):
    table = read_csv(written("sep=|\r\na;b|c\r\n1;2|3\r\n"))
    assert list(table.frame.columns) == ["a;b", "c"]
    assert len(table.frame) == 1


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_systems(written, newline):
    assert len(read_csv(written(newline.join(["a;b", "1;2", "3;4", ""]))).frame) == 2


def test_one_column_needs_no_separator(written):
    assert read_csv(written("gateway_id\neui-1\neui-2\n")).frame.gateway_id.tolist() == [
        "eui-1",
        "eui-2",
    ]


@pytest.mark.parametrize(
    ("encoding", "title", "noted"),
    [
        ("utf-8", "UTF-8", []),
        ("utf-8-sig", "UTF-8", []),
        ("utf-16", "UTF-16", ["encoding_detected"]),
        ("latin-1", "Latin-1", ["encoding_detected"]),
        ("cp1252", "Latin-1", ["encoding_detected"]),
    ],
)
def test_the_encoding_is_recognised_and_said(written, encoding, title, noted):
    letters = "Königsallee „5 €“" if encoding == "cp1252" else "Königsallee Straße"
    table = read_csv(written(f"strasse;nr\n{letters};1\n", encoding))
    assert table.frame.columns[0] == "strasse"
    assert table.frame.strasse[0] == letters
    assert table.format == f"CSV (;, {title})"
    assert codes(table.notes) == noted
    if noted:
        assert title in table.notes[0].message("de")


def test_an_encoding_is_not_judged_by_the_beginning_alone(written):
    text = "strasse;nr\n" + "Hauptstrasse;1\n" * 200_000 + "Königsallee;2\n"
    table = read_csv(written(text, "latin-1"))
    assert table.frame.strasse.iloc[-1] == "Königsallee"
    assert codes(table.notes) == ["encoding_detected"]


def test_pieces_in_two_encodings_are_read_as_what_they_are(written):
    utf8 = "name\n" + "Königsallee\nStraße\n" * 10
    table = read_csv(written(utf8.encode() + "Grünstraße\n".encode("latin-1")))
    assert table.frame.name.iloc[-1] == "Grünstraße"
    assert table.frame.name.iloc[0] == "Königsallee"
    assert codes(table.notes) == ["encoding_mixed"]


@pytest.mark.parametrize("wrong", ["latin-1", "cp1252"])
def test_letters_spoilt_before_are_a_warning(written, wrong):
    spoilt = "Straße Köln".encode().decode(wrong)
    table = read_csv(written(f"id;name\n1;Ähre\n2;{spoilt}\n3;{spoilt}\n"))
    assert [(n.code, n.severity, n.row, n.column, n.value) for n in table.notes] == [
        ("encoding_mojibake", "warning", 2, "name", spoilt)
    ]
    assert "2 rows" in table.notes[0].message()


def test_foreign_but_right_letters_are_no_fault(written):
    assert read_csv(written("name\nSÃO PAULO\nÂme\nCÔTE “A”\nPâté\n")).notes == ()


def test_lost_letters_are_a_warning(written):
    table = read_csv(written("id;name\n1;Stra\ufffde\n"))
    assert codes(table.notes) == ["encoding_lost"]


def test_rows_of_another_length_are_listed_with_their_number(written):
    text = 'a;b;c\n1;"x\ny";3\n1;2\n4;5;6\n\n1;2;3;4\n'
    findings = rejected(written(text))
    assert [(f.code, f.row, f.values["found"], f.values["expected"]) for f in findings] == [
        ("row_ragged", 2, 2, 3),
        ("row_ragged", 4, 4, 3),
    ]
    assert findings[0].value == "1;2"


def test_blank_lines_before_the_header_do_not_shift_the_numbers(written):
    assert [f.row for f in rejected(written("\n\nsep=;\na;b\n1;2\n3\n"))] == [2]


def test_of_many_wrong_rows_a_hundred_are_listed(written):
    findings = rejected(written("a;b;c\n" + "1;2;3\n" * 200 + "1;2\n" * 250))
    assert codes(findings) == ["row_ragged"] * 100 + ["more_findings"]
    assert findings[-1].values["count"] == 150


def test_a_quote_that_never_ends_is_named(written):
    findings = rejected(written('a;b;c\n1;2;3\n4;"5;6\n7;8;9\n'))
    assert (findings[0].code, findings[0].row) == ("quote_unclosed", 2)


def test_all_findings_of_the_header_come_at_once(written):
    findings = rejected(written("id;name;name;\n1;a;b;x\n2;c\n"))
    assert codes(findings) == ["column_name_twice", "column_name_blank", "row_ragged"]
    assert findings[0].column == "name"
    assert findings[1].values == {"position": 4}


@pytest.mark.parametrize(
    "text",
    [
        "N;DENW52HK000AAamr;C;05;365471.472;5721550.800;2026-07-01\nN;DENW1;C;05;1.5;2.5;x\n",
        "Am Rosengarten;93;352251,2;5647547,6\nAm Rosengarten;95;352235,1;5647519,0\n",
        "1;2;3\n4;5;6\n",
    ],
)
def test_a_missing_header_is_recognised(written, text):
    assert codes(rejected(written(text))) == ["header_missing"]


def test_a_header_may_hold_years_and_speeds(written):
    text = "AGS,FTTH ≥ 1000 Mbit/s,2021,2022\n05111000,4.72,1,2\n"
    assert read_csv(written(text)).frame["FTTH ≥ 1000 Mbit/s"][0] == "4.72"


def test_nameless_columns_and_last_rows_without_values_are_left_out(written):
    table = read_csv(written(" id ;name;;\n1;a;;\n;;;\n2;b;;\n;;;\n;;;\n"))
    assert list(table.frame.columns) == ["id", "name"]
    assert len(table.frame) == 3
    assert table.frame.iloc[1].isna().all()


@pytest.mark.parametrize("text", ["", "\n\n", "a;b;c", "a;b;c\n", "a;b;c\n;;\n", "sep=;\n"])
def test_a_file_without_rows_is_empty(written, text):
    assert codes(rejected(written(text))) == ["file_empty"]


@pytest.mark.parametrize("data", [b"\x00\x01\x02" * 100, b"a;b\n1;\x00\n", b"\xff\xfea"])
def test_bytes_that_are_no_text_are_refused(written, data):
    assert codes(rejected(written(data))) == ["file_not_text"]


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=8,
    )
)
def test_what_is_written_is_read(tmp_path_factory, rows):
    rows = [[f"x{cell}" for cell in row] for row in rows]  # no empty cells, no lone marks
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    lines = [";".join('"' + c.replace('"', '""') + '"' for c in row) for row in rows]
    path.write_text("\n".join(["a;b;c", *lines]) + "\n", encoding="utf-8", newline="")
    assert read_csv(path).frame.to_numpy().tolist() == rows


def test_a_large_file_is_read_at_once_and_in_little_memory(written):
    line = "Straße des 17. Juni;12;a;{:.1f};{:.1f}\n"
    random = np.random.default_rng(1)
    places = random.uniform(3e5, 4e5, (160_000, 2))
    path = written("strasse;nr;zusatz;x;y\n" + "".join(line.format(*p) for p in places))
    start = time.process_time()
    frame = read_csv(path).frame
    assert time.process_time() - start < 1
    assert len(frame) == 160_000


def test_the_layout_can_be_asked_for_alone(written):
    layout = layout_of(written("a|b\n1|2\n"))
    assert (layout.separator, layout.names, layout.skipped_lines) == ("|", ["a", "b"], 0)


@pytest.mark.real
def test_real_gateways(shared):
    table = read_csv(shared / "geodata" / "ulm_lorawan_gateways.csv")
    assert list(table.frame.columns) == ["gateway_id", "lat", "lon", "name"]
    assert len(table.frame) == 17
    assert table.notes == ()


def test_rows_longer_than_a_block_are_read_all_the_same(written, monkeypatch):
    monkeypatch.setattr(csv_reading, "_BLOCK_BYTES", (100, 1_000))
    long = "x" * 300
    table = read_csv(written("a;b\n1;2\n" + f"{long};3\n" + "4;5\n" * 50))
    assert table.frame["a"].tolist() == ["1", long, *["4"] * 50]
    assert codes(rejected(written("a;b\n1;2;3\n" + f"{long};3\n" + "4\n" * 120))) == [
        *["row_ragged"] * 100,
        "more_findings",
    ]


def test_wrong_letters_are_counted_over_all_blocks(written, monkeypatch):
    monkeypatch.setattr(csv_reading, "_BLOCK_BYTES", (64, 1_000))
    rows = ["Hauptstraße;1"] * 9 + ["HauptstraÃŸe;2", "Weg;3"] * 5
    (note,) = read_csv(written("strasse;nr\n" + "\n".join(rows))).notes
    assert (note.code, note.row, note.column, note.value) == (
        "encoding_mojibake", 10, "strasse", "HauptstraÃŸe",
    )  # fmt: skip
    assert note.values["count"] == 5


def test_empty_rows_at_the_end_are_left_out_however_many_blocks_they_fill(written, monkeypatch):
    monkeypatch.setattr(csv_reading, "_BLOCK_BYTES", (64, 1_000))
    table = read_csv(written("a;b\n;1\n;;\n".replace(";;", ";") + "2;\n" + ";\n" * 200))
    assert table.frame.fillna("").to_dict("list") == {"a": ["", "", "2"], "b": ["1", "", ""]}
