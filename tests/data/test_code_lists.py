import pandas as pd
import pytest

from stadtnetz.coverage.model import Stage
from stadtnetz.data.code_lists import UnknownCodeListError, code_list, code_lists
from stadtnetz.data.kinds import kinds
from stadtnetz.data.names import fold


def test_every_list_that_a_column_names_exists_and_every_list_is_used():
    used = {column.codes for kind in kinds().values() for column in kind.columns if column.codes}
    assert used == {codes.name for codes in code_lists()}


def test_every_code_column_names_a_list():
    for kind in kinds().values():
        for column in kind.columns:
            assert (column.type == "code") == bool(column.codes), (kind.id, column.name)


@pytest.mark.parametrize("codes", code_lists(), ids=lambda codes: codes.name)
def test_no_spelling_means_two_codes(codes):
    meant = {}
    for code in codes.codes:
        own = (code.code, code.en, code.de, *code.aliases)
        for spelling in {fold(text.replace("+", " plus ")) for text in own}:
            assert meant.setdefault(spelling, code.code) == code.code, spelling


@pytest.mark.parametrize("codes", code_lists(), ids=lambda codes: codes.name)
def test_codes_are_named_in_both_languages_and_are_unique(codes):
    assert all(code.en and code.de for code in codes.codes)
    assert len(set(codes.values)) == len(codes.values)


def test_the_ranks_of_fibre_are_the_stages():
    codes = code_list("fibre_status")
    assert codes.rank("decommissioned") == codes.rank("proposed") == Stage.NONE
    for stage in list(Stage)[1:]:
        assert codes.rank(stage.name.lower()) == stage


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("fibre_status", "homes passed", "passed"),
        ("fibre_status", "HP", "passed"),
        ("fibre_status", "HP+", "passed_plus"),
        ("fibre_status", "geplant", "planned"),
        ("fibre_status", "in Bau", "under_construction"),
        ("fibre_status", "UNDER_CONSTRUCTION", "under_construction"),
        ("fibre_technology", "50", "FTTH"),
        ("fibre_technology", "40", "HFC"),
        ("fibre_technology", "71", "FWA"),
        ("mobile_technology", "500", "5G"),
        ("mobile_technology", "lte", "4G"),
        ("mobile_environment", "0", "outdoor"),
        ("coverage_status", "in Betrieb", "existing"),
        ("land_use", "GI", "industrial"),
        ("land_use", "Grün", "green"),
        ("land_use", "farmyard", "farmland"),
    ],
)
def test_spellings_are_understood(name, value, code):
    assert code_list(name).find(value) == code


def test_unknown_values_are_marked_and_the_nearest_is_proposed():
    codes, unknown = code_list("fibre_status").match(pd.Series(["passd", "HC", None], dtype="str"))
    assert unknown.tolist() == [True, False, False]
    assert codes.tolist()[1] == "connected"
    assert code_list("fibre_status").nearest("passd") == "passed"
    assert code_list("fibre_status").nearest("qqqqq") == ""


def test_an_unknown_list_is_an_error_of_the_program():
    with pytest.raises(UnknownCodeListError, match="fiber_status"):
        code_list("fiber_status")


def test_an_unknown_code_has_no_rank():
    with pytest.raises(KeyError):
        code_list("fibre_status").rank("done")
