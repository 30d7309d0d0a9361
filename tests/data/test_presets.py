"""Lists that operators have anyway."""

from datetime import date

import pandas as pd
import pytest
from intake_files import hand_in, points, write_csv

from stadtnetz.data.columns import Kind
from stadtnetz.data.kinds import kind
from stadtnetz.data.naming import columns_of
from stadtnetz.data.presets import UnknownPresetError, preset_of, presets, recognised
from stadtnetz.data.values import parsed

VALID_FROM = date(2025, 12, 31)


def agency_rows(count: int = 3) -> pd.DataFrame:
    """The address list for the network agency, with its optional columns."""
    return pd.DataFrame(
        {"strasse": "Hauptstraße", "hnr": [str(i + 1) for i in range(count)], "plz": "01234",
         "ort": "Musterstadt", "technologie": "FTTH", "download": "1000", "upload": "500",
         "lat": points(count, "EPSG:4326").y, "lon": points(count, "EPSG:4326").x,
         "hnr_z": "", "ortsteil": "Mitte", "nutzungstyp": "privat"}
    )  # fmt: skip


@pytest.fixture
def path(tmp_path):
    return write_csv(tmp_path / "bnetza.csv", agency_rows())


@pytest.mark.parametrize("preset", presets().values(), ids=str)
def test_presets_name_columns_and_values_of_their_kind(preset):
    own: Kind = kind(preset.kind)
    columns = {column.name: column for column in columns_of(own)}
    assert set(preset.mapping) | set(preset.constants) <= set(columns)
    assert set(preset.mapping.values()) <= {*preset.header, *preset.optional}
    assert preset.recognises(preset.header)
    for name, text in preset.constants_of(VALID_FROM).items():
        _, bad = parsed(columns[name], pd.Series([text], dtype="str"))
        assert not bad.any()
    needed = {column.name for column in own.columns if column.required} - {"operator"}
    assert needed <= set(preset.mapping) | set(preset.constants)


def test_the_list_for_the_network_agency_is_recognised(path):
    intake = hand_in(path, "fibre_addresses", operator="op1", valid_from=VALID_FROM)
    assert intake.report.accepted, intake.report.to_dict("en")
    frame = intake.layer.frame
    assert frame["status"].tolist() == ["passed"] * 3
    assert frame["offer_available"].tolist() == [False] * 3  # not said, so not counted
    assert frame["status_date"].dt.date.tolist() == [VALID_FROM] * 3
    assert frame["download_mbit"].tolist() == [1000] * 3
    assert frame["easting_m"].tolist() == pytest.approx(points(3).x.tolist(), abs=0.01)
    (group,) = (g for g in intake.report.groups if g.code == "preset_recognised")
    assert group.severity == "warning"
    (finding,) = group
    assert "status = passed" in finding.message("de")
    assert "offer_available = false" in finding.message()


def test_a_preset_that_was_chosen_is_a_note_and_gives_way_to_what_is_said(path):
    intake = hand_in(
        path, "fibre_addresses", operator="op1", valid_from=VALID_FROM, preset="network_agency",
        constants={"offer_available": "ja"},
    )  # fmt: skip
    assert intake.layer.frame["offer_available"].tolist() == [True] * 3
    assert intake.report.counts["preset_applied"] == 1
    assert intake.report.count("warning") == 0


def test_without_a_date_the_status_date_is_asked_for(path):
    report = hand_in(path, "fibre_addresses", operator="op1").report
    (missing,) = (f for f in report.findings if f.code.startswith("column_missing"))
    assert "status_date" in missing.message()


def test_a_list_that_says_more_is_not_taken_for_the_preset(tmp_path):
    rows = agency_rows().assign(status="connected")
    report = hand_in(write_csv(tmp_path / "f.csv", rows), "fibre_addresses", operator="op1").report
    assert "preset_recognised" not in report.counts
    assert recognised(rows.columns, "fibre_addresses") is None
    assert recognised(agency_rows().columns, "addresses") is None


def test_an_unknown_preset_says_which_there_are(path):
    with pytest.raises(UnknownPresetError, match="network_agency"):
        preset_of("bnetza", "fibre_addresses")
    with pytest.raises(UnknownPresetError, match="none"):
        hand_in(path, "streets", preset="network_agency")
