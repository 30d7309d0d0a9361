"""For whom somebody hands in."""

import pytest

from stadtnetz.services.access.visitor import PUBLIC, ForeignOperatorError, Role, Visitor

PARTNER = Visitor(Role.PARTNER, "paula", "1", "rheinfaser")
REVIEWERS = [Visitor(role, "x", "1") for role in (Role.COORDINATOR, Role.ADMINISTRATOR)]


@pytest.mark.parametrize("said", [None, "", "rheinfaser"])
def test_partner_hands_in_for_its_own_operator(said: str | None) -> None:
    assert PARTNER.hands_in_for(said) == "rheinfaser"


@pytest.mark.parametrize("said", ["stadtfaser", "Rheinfaser", " rheinfaser", "rheinfaser\x00"])
def test_and_for_no_other(said: str) -> None:
    with pytest.raises(ForeignOperatorError, match="'rheinfaser', not for another"):
        PARTNER.hands_in_for(said)


@pytest.mark.parametrize("who", REVIEWERS)
def test_reviewers_say_for_whom(who: Visitor) -> None:
    assert who.hands_in_for("stadtfaser") == "stadtfaser"
    for said in (None, ""):
        with pytest.raises(ForeignOperatorError, match="say for which operator"):
            who.hands_in_for(said)


def test_public_hands_in_for_nobody() -> None:
    for said in (None, "", "rheinfaser"):
        with pytest.raises(ForeignOperatorError):
            PUBLIC.hands_in_for(said)


def test_partner_without_operator_hands_in_for_nobody() -> None:
    for said in (None, "", "rheinfaser"):
        with pytest.raises(ForeignOperatorError):
            Visitor(Role.PARTNER, "x", "1").hands_in_for(said)
