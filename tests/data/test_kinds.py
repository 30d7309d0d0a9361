import pytest

from stadtnetz.data import findings
from stadtnetz.data.columns import Kind
from stadtnetz.data.kinds import UnknownKindError, kind, kinds
from stadtnetz.data.names import fold
from stadtnetz.data.naming import columns_of

ALL = list(kinds().values())


def test_these_are_the_kinds():
    assert list(kinds()) == [
        "addresses", "boundary", "breitbandatlas", "buildings", "business_areas", "districts",
        "fibre_addresses", "fibre_areas", "households", "land_use", "lorawan_gateways",
        "measurements", "mobile_coverage", "mobile_grid", "mobile_raster", "mobile_sites",
        "predicted_lorawan", "predicted_mobile", "predicted_wlan",
        "public_places", "school_connections", "school_sites", "streets", "surface", "terrain",
        "wlan_hotspots",
    ]  # fmt: skip


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_a_kind_is_described_in_both_languages(one: Kind):
    assert one.title
    assert one.titel
    assert one.description
    assert one.beschreibung
    for column in one.columns:
        assert column.description, column.name
        assert column.beschreibung, column.name


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_no_name_in_a_file_can_mean_two_columns(one: Kind):
    own = {}
    for column in columns_of(one):
        for name in {fold(column.name), fold(column.german or column.name)}:
            assert own.setdefault(name, column.name) == column.name
    meant = dict(own)
    for column in columns_of(one):
        for alias in {fold(alias) for alias in column.aliases} - set(own):
            assert meant.setdefault(alias, column.name) == column.name, alias


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_keys_and_identities_are_columns(one: Kind):
    for name in (one.key, *one.identity):
        if name:
            one.column(name)
    if one.geometry == ("none",) and one.key:
        assert one.column(one.key).required  # an id could be made of nothing


def test_numbers_with_a_unit_say_it_in_their_name():
    units = {"m": "_m", "Mbit/s": "_mbit", "dBm": "_dbm", "MHz": "_mhz", "m²": "_m2",
             "dBi": "_dbi", "dB": "_db"}  # fmt: skip
    for one in ALL:
        for column in one.columns:
            if column.unit in units:
                assert column.name.endswith(units[column.unit]), (one.id, column.name)


def test_a_misspelt_kind_is_answered_with_the_nearest():
    with pytest.raises(UnknownKindError, match="did you mean 'fibre_addresses'"):
        kind("fiber_adresses")
    with pytest.raises(UnknownKindError, match="there are addresses, boundary"):
        kind("xyz")


def test_a_column_that_a_kind_has_not_is_an_error_of_the_program():
    with pytest.raises(KeyError):
        kind("addresses").column("colour")


def test_every_finding_has_texts_that_can_be_filled():
    for row in findings.finding_types().values():
        assert row.severity in {"error", "warning", "note"}
        assert row.en
        assert row.de
        assert row.do_en
        assert row.do_de
