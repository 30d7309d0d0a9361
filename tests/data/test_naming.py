import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.data.kinds import kind
from stadtnetz.data.naming import match_names, nearest, propose_mapping

FIBRE = kind("fibre_addresses")


def codes(naming):
    return [finding.code for finding in naming.findings]


def finding(naming, code):
    return next(f for f in naming.findings if f.code == code)


AREA = ["record_id", "operator", "technology", "download_mbit", "upload_mbit", "status",
        "offer_available", "status_date"]  # fmt: skip


def test_canonical_german_and_alias_names_are_understood_in_any_spelling():
    names = ["ID", "Straße", "Haus-Nr", "PLZ", "ADZ", "Geschossfläche m2"]
    assert match_names(kind("addresses"), names).sources == {
        "id": "ID", "street": "Straße", "house_number": "Haus-Nr", "postcode": "PLZ",
        "suffix": "ADZ", "floor_area_m2": "Geschossfläche m2",
    }  # fmt: skip


def test_fcc_names_are_understood():
    names = ["providerid", "brandname", "technology", "mindown", "minup", "minsignal", "environmnt"]
    sources = match_names(kind("mobile_coverage"), names).sources
    assert sources["operator"] == "brandname"
    assert sources["min_down_mbit"] == "mindown"
    assert sources["rsrp_min_dbm"] == "minsignal"
    assert sources["environment"] == "environmnt"


def test_own_names_come_before_aliases_of_other_columns():
    # "id" is an alias of site_id, "name" the own name of another column
    sources = match_names(kind("mobile_sites"), ["id", "name", "site_id", "operator"]).sources
    assert sources["site_id"] == "site_id"


def test_a_mapping_comes_first_and_may_use_german_names():
    names = ["STT_NR", "STT_NAME", "nummer"]
    naming = match_names(
        kind("districts"), names, {"schluessel": "STT_NR", "name": "stt_name"}, {"level"}
    )
    assert naming.sources == {"code": "STT_NR", "name": "STT_NAME"}
    assert codes(naming) == ["columns_unused"]
    assert "nummer" in finding(naming, "columns_unused").message()


def test_one_column_may_be_mapped_twice():
    mapping = {"code": "stadtbezirk", "name": "stadtbezirk"}
    sources = match_names(kind("districts"), ["stadtbezirk"], mapping).sources
    assert sources == {"code": "stadtbezirk", "name": "stadtbezirk"}


def test_a_mapping_to_a_column_that_the_kind_has_not():
    naming = match_names(kind("districts"), ["a", "b"], {"cod": "a", "name": "b"})
    assert finding(naming, "map_unknown_similar").value == "cod"
    assert "'code'" in finding(naming, "map_unknown_similar").proposal("de")
    assert "code" not in naming.sources


def test_a_mapping_to_a_column_that_the_file_has_not():
    naming = match_names(kind("districts"), ["STT_NR", "n"], {"code": "STT_NO", "name": "n"})
    assert "--map code=STT_NR" in finding(naming, "map_absent_similar").proposal()
    far = match_names(kind("districts"), ["a", "n"], {"code": "zzzzzz", "name": "n"})
    assert "a, n" in finding(far, "map_absent").proposal()


def test_a_missing_column_is_named_with_the_nearest_that_is_unused():
    names = [*AREA, "tecnologie"]
    names.remove("technology")
    missing = finding(match_names(kind("fibre_areas"), names), "column_missing_similar")
    assert missing.values["name"] == "technology"
    assert missing.values["nearest"] == "tecnologie"
    assert "--map technology=tecnologie" in missing.proposal()


def test_a_missing_column_without_a_similar_one_lists_the_unused():
    names = [name for name in AREA if name != "status"]
    missing = finding(match_names(kind("fibre_areas"), [*names, "zzz"]), "column_missing")
    assert missing.values["name"] == "status"
    assert "zzz" in missing.proposal()


def test_all_missing_columns_are_named_at_once():
    missing = [f for f in match_names(kind("fibre_areas"), ["x"]).findings
               if f.code.startswith("column_missing")]  # fmt: skip
    assert {f.values["name"] for f in missing} == {*AREA} - {"record_id"}


def test_what_is_given_otherwise_is_not_missing():
    names = [name for name in AREA if name != "operator"]
    assert codes(match_names(kind("fibre_areas"), names, given={"operator"})) == []


def test_names_cut_by_a_shapefile_are_matched_and_said():
    cut = [name[:10] for name in AREA] + ["available_"]
    naming = match_names(kind("fibre_areas"), cut)
    assert naming.sources == {**{name: name[:10] for name in AREA}, "available_from": "available_"}
    assert finding(naming, "column_cut").values["target"] == "download_mbit"
    assert codes(naming).count("column_cut") == 4


@pytest.mark.parametrize("name", ["offer", "offer_a", "offer_available_now"])
def test_other_abbreviations_are_not_guessed(name):
    sources = match_names(kind("fibre_areas"), [name]).sources
    assert name == "offer" or "offer_available" not in sources


def test_a_cut_name_that_two_columns_could_have_had_is_left_alone():
    # antenna_height_m and its alias antenna_height_agl_m are one column; antenna_gain another
    sources = match_names(kind("lorawan_gateways"), ["antenna_he", "antenna_ga"]).sources
    assert sources["antenna_height_m"] == "antenna_he"
    assert "antenna_" not in match_names(kind("lorawan_gateways"), ["antenna_"]).sources.values()


def test_two_columns_of_the_same_name_are_said():
    naming = match_names(kind("districts"), ["code", "Code", "name"])
    assert naming.sources["code"] == "code"
    assert finding(naming, "column_twice").column == "Code"


def test_recommended_columns_are_warned_about_once_each():
    naming = match_names(kind("mobile_coverage"), ["operator", "technology", "status"])
    missing = [f.values["name"] for f in naming.findings if f.code == "column_recommended"]
    assert "rsrp_min_dbm" in missing
    assert len(missing) == len(set(missing)) == 13
    assert "available_from" not in missing


def test_nearest():
    assert nearest("Strasse", ["straße", "x"]) == "straße"
    assert nearest("abc", ["xyz"]) == ""


def test_a_mapping_is_proposed_with_its_confidence():
    header = ["record_id", "Straßenname", "hnr", "Technolgie", "max_advert", "Bemerkung"]
    found = {p.column: (p.source, p.confidence) for p in propose_mapping(header, FIBRE)}
    assert found["record_id"] == ("record_id", 1.0)
    assert found["street"] == ("Straßenname", 0.9)
    assert found["house_number"] == ("hnr", 1.0)
    source, confidence = found["technology"]
    assert source == "Technolgie"
    assert 0.5 < confidence < 0.7
    assert "Bemerkung" not in {source for source, _ in found.values()}


@given(st.lists(st.sampled_from(["strasse", "Strase", "street", "plz", "x", "y", "Status"]),
                unique=True))  # fmt: skip
def test_no_column_is_proposed_twice_and_what_is_certain_is_kept(header):
    found = propose_mapping(header, FIBRE)
    assert len({p.source for p in found}) == len(found)
    certain = {p.column: p.source for p in found if p.confidence >= 0.8}
    assert certain == match_names(FIBRE, header).sources
