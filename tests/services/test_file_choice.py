"""What the forms of the upload page offer."""

import pytest

from stadtnetz.data.kinds import kinds
from stadtnetz.services.access.visitor import Role, Visitor
from stadtnetz.services.file_choice import column_choices, kind_choices, preset_choices

PARTNER = Visitor(Role.PARTNER, "paul", "1" * 32, "op1")
COORDINATOR = Visitor(Role.COORDINATOR, "anna", "2" * 32)


def test_partners_hand_in_layers_of_operators_only():
    offered = {choice.id for choice in kind_choices(PARTNER)}
    assert offered == {kind.id for kind in kinds().values() if kind.holder == "operator"}


def test_coordinators_hand_in_the_citys_too_but_no_tiles_and_nothing_computed():
    offered = {choice.id for choice in kind_choices(COORDINATOR)}
    assert {"addresses", "districts", "fibre_areas"} <= offered
    assert not {"terrain", "surface"} & offered
    assert not {kind.id for kind in kinds().values() if kind.holder == "model"} & offered


def test_every_preset_is_of_a_kind_that_partners_hand_in():
    offered = {choice.id for choice in kind_choices(PARTNER)}
    assert {preset.kind for preset in preset_choices()} <= offered
    assert [preset.id for preset in preset_choices()] == ["network_agency"]


@pytest.mark.parametrize(
    ("names", "remembered", "source", "how"),
    [
        (["Anmerkung", "technologie"], {}, "", ""),
        (["status"], {}, "status", "name"),
        (["statuss"], {}, "statuss", "similar"),
        (["status", "zustand"], {"status": "zustand"}, "zustand", "remembered"),
    ],
)
def test_columns_are_proposed(names, remembered, source, how):
    choices = {c.name: c for c in column_choices("fibre_areas", names, remembered)}
    assert (choices["status"].source, choices["status"].how) == (source, how)


def test_a_column_is_proposed_once_and_required_ones_come_first():
    choices = column_choices("fibre_areas", ["technologie", "status", "download"], {})
    sources = [choice.source for choice in choices if choice.source]
    assert len(sources) == len(set(sources))
    required = [choice.required for choice in choices]
    assert required == sorted(required, reverse=True)
