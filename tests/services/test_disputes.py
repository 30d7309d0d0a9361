"""What a dispute changes: figures from then on, and never what was known before."""

import contextlib
import dataclasses
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from small_city import FIRST, THIRD, codes, fibre, found_city, frame, publish, put, stage

from stadtnetz.coverage.concessions import MASKS
from stadtnetz.data import audit
from stadtnetz.data.dispute_records import STEPS, DisputeState, DisputeStateError, reasons
from stadtnetz.data.disputes import AlreadyDisputedError, Disputes, UnknownDisputeError
from stadtnetz.services.access.visitor import PUBLIC, Role, Visitor
from stadtnetz.services.dispute_opening import (
    Claim,
    NoOfferError,
    UnknownAddressError,
    open_dispute,
    report_publicly,
)
from stadtnetz.services.disputes import (
    DisputeError,
    NotAllowedError,
    NotOverdueError,
    answer,
    dispute_for,
)
from stadtnetz.services.figures import indicator_entry
from stadtnetz.services.review import review_of

HOUSEHOLDS, GIGABIT = "fibre_offer_household_share", "gigabit_household_share"
COORDINATOR = Visitor(Role.COORDINATOR, "city", "c1")
OP1, OP2 = (Visitor(Role.PARTNER, name, name, name) for name in ("op1", "op2"))


@pytest.fixture
def city(tmp_path):
    """op1 has offers at A4 and A5 (60 of 100 households), op2 at A4 (20)."""
    assembly = found_city(tmp_path / "city")
    publish(assembly, "op1", fibre("A4 passed", "A5 connected"), FIRST)
    publish(assembly, "op2", fibre("A4 passed"), FIRST)
    yield assembly
    assembly.store.close()


def claim(address="A5", reason="provider_refuses", operator="op1", **more):
    return Claim(address, reason, "They said no.", operator, **more)


def opened(city, **more):
    return open_dispute(city, claim(**more), COORDINATOR, 30)


def conceded(city, **more):
    return answer(city, opened(city, **more).id, DisputeState.CONCEDED, OP1, "")


def part(city, known_at=None, indicator=HOUSEHOLDS):
    return city.evaluator.figures(THIRD, known_at).shares[indicator].part


def share(city, indicator=HOUSEHOLDS):
    return city.evaluator.figures(THIRD).shares[indicator]


def test_a_conceded_address_counts_no_more_from_then_on(city):
    dispute = opened(city)
    assert part(city) == 60
    before = datetime.now(UTC)
    answer(city, dispute.id, DisputeState.CONCEDED, OP1, "Not yet connected.")
    assert part(city) == 20
    assert part(city, before) == 60
    assert share(city).conceded_count == 1
    assert indicator_entry(HOUSEHOLDS, share(city))["conceded_count"] == 1
    # the same snapshot, asked again, is the same
    assert part(city, before) == 60
    # the line is there, only the offer is not
    assert {v.id: v.part for v in share(city).variants}["connected"] == 40


@pytest.mark.parametrize("seed", range(4))
def test_what_was_known_stays_known(city, seed):
    """Publications, withdrawals, concessions and liftings in any order never change the past."""
    chance = random.Random(seed)  # noqa: S311  dice
    reason_of = iter(reasons())
    standing, live, known = [], [], []

    def concede():
        name = next(reason_of, None)
        address = chance.choice(["A4", "A5"])
        if name:
            with contextlib.suppress(NoOfferError):
                standing.append(conceded(city, address=address, reason=name))

    def lift():
        if standing:
            chosen = standing.pop(chance.randrange(len(standing)))
            answer(city, chosen.id, DisputeState.LIFTED, COORDINATOR, "seen")

    def deliver():
        offers = [f"A{i} passed" for i in chance.sample(range(6), 4)]
        live.append(publish(city, "op1", fibre(*offers), chance.choice([FIRST, THIRD])))

    def withdraw():
        if live:
            city.store.withdraw(live.pop().id, "city", "wrong")

    for _ in range(12):
        chance.choice([concede, lift, deliver, withdraw])()
        moment = city.store.snapshot(THIRD).known_at
        known.append((moment, part(city), part(city, indicator=GIGABIT)))
    for moment, *parts in known:
        assert [part(city, moment), part(city, moment, GIGABIT)] == parts


def test_another_operators_offer_stays(city):
    conceded(city, address="A4")
    assert part(city) == 60
    # the number must not tell that somebody conceded where another one stands
    assert share(city).conceded_count == 0
    conceded(city, reason="nothing_built")
    assert share(city).conceded_count == 1
    assert share(city, "iot_area_share").conceded_count == 0


def test_a_later_delivery_stays_masked_until_it_is_lifted(city):
    dispute = conceded(city)
    again = stage(city, "op1", fibre("A4 passed", "A5 activated"))
    review = review_of(city, again)
    assert codes(review.alarms) == ["conceded_claimed_again"]
    assert review.alarms[0]["values"] == {"count": 1}
    effect = next(e for e in review.effects if e["indicator"] == HOUSEHOLDS)
    assert (effect["before"]["part"], effect["change"]) == (20, 0)
    city.store.publish(again.id, "city")
    assert part(city) == 20
    masked_until = datetime.now(UTC)
    answer(city, dispute.id, DisputeState.LIFTED, COORDINATOR, "Seen on site.")
    assert part(city) == 60
    assert part(city, masked_until) == 20
    assert share(city).conceded_count == 0


def test_what_does_not_count_follows_from_the_reason(city):
    conceded(city, reason="speed_not_offered")
    assert (part(city), part(city, indicator=GIGABIT)) == (60, 20)
    conceded(city, reason="nothing_built")
    assert (part(city), part(city, indicator=GIGABIT)) == (20, 20)
    assert {v.id: v.part for v in share(city).variants}["connected"] == 0
    # two concessions, one address
    assert share(city).conceded_count == 1


def test_schools_follow_their_address(city):
    school = frame(
        {"id": ["S1"], "name": ["Schule"], "address_id": ["A5"]}, [shapely.Point(1500, 500)]
    )
    put(city, "school_sites", school)
    assert part(city, indicator="school_fibre_share") == 1
    conceded(city, reason="provider_refuses")
    assert part(city, indicator="school_fibre_share") == 1
    conceded(city, reason="nothing_built")
    assert part(city, indicator="school_fibre_share") == 0


def test_a_rebuttal_is_decided_by_a_coordinator(city):
    dispute = opened(city)
    answer(city, dispute.id, DisputeState.REBUTTED, OP1, "We connected the neighbour.")
    assert part(city) == 60
    decided = answer(city, dispute.id, DisputeState.UPHELD, COORDINATOR, "The neighbour is not A5.")
    assert part(city) == 20
    # nothing that was said is lost
    assert (decided.answer, decided.answered_by) == ("We connected the neighbour.", "op1")
    assert decided.decision == "The neighbour is not A5."
    other = opened(city, reason="other_fee")
    answer(city, other.id, DisputeState.REBUTTED, OP1, "List price.")
    answer(city, other.id, DisputeState.DISMISSED, COORDINATOR, "Invoice seen.")
    with pytest.raises(DisputeStateError, match="that is final"):
        answer(city, other.id, DisputeState.CONCEDED, OP1, "")


def test_silence_is_decided_after_the_deadline_only(city, monkeypatch):
    dispute = opened(city)
    assert dispute.due == datetime.now(UTC).date() + timedelta(30)
    with pytest.raises(NotOverdueError, match=dispute.due.isoformat()):
        answer(city, dispute.id, DisputeState.UPHELD, COORDINATOR, "No answer.")
    late = datetime.now(UTC) + timedelta(31)
    monkeypatch.setattr(city.store, "_clock", lambda: late)
    answer(city, dispute.id, DisputeState.UPHELD, COORDINATOR, "No answer.")
    assert part(city) == 20


def test_every_step_is_in_the_audit_log(city):
    dispute = conceded(city)
    answer(city, dispute.id, DisputeState.LIFTED, COORDINATOR, "Seen on site.")
    events = [event for event in city.store.events() if event.subject == dispute.id]
    assert [(e.who, e.details["to"], e.why) for e in events] == [
        ("city", "open", "provider_refuses"), ("op1", "conceded", ""),
        ("city", "lifted", "Seen on site."),
    ]  # fmt: skip
    assert events[0].details["address_id"] == "A5"
    with city.store.database.read() as connection:
        assert audit.first_broken(connection) is None


def test_of_two_answers_at_once_one_counts(city):
    dispute = opened(city)
    states = [DisputeState.CONCEDED, DisputeState.REBUTTED] * 4

    def say(state):
        try:
            return answer(city, dispute.id, state, OP1, "so it is").state
        except DisputeStateError:
            return None

    with ThreadPoolExecutor(4) as pool:
        won = [state for state in pool.map(say, states) if state]
    assert won == [Disputes(city.store).find(dispute.id).state]
    assert len([event for event in city.store.events() if event.subject == dispute.id]) == 2


def test_everyone_does_only_what_is_theirs(city):
    dispute = opened(city)
    with pytest.raises(NotAllowedError, match="only coordinators"):
        open_dispute(city, claim(), OP1, 30)
    with pytest.raises(UnknownDisputeError):
        answer(city, dispute.id, DisputeState.CONCEDED, OP2, "")
    with pytest.raises(NotAllowedError, match="for the operator"):
        answer(city, dispute.id, DisputeState.CONCEDED, COORDINATOR, "")
    for state in (DisputeState.UPHELD, DisputeState.DISMISSED, DisputeState.LIFTED):
        with pytest.raises(NotAllowedError, match="for a coordinator"):
            answer(city, dispute.id, state, OP1, "x")
    with pytest.raises(NotAllowedError, match="sign in"):
        dispute_for(city, dispute.id, PUBLIC)
    with pytest.raises(DisputeError, match="say in words"):
        answer(city, dispute.id, DisputeState.REBUTTED, OP1, "  ")


def test_what_cannot_be_disputed_is_said(city):
    with pytest.raises(UnknownAddressError, match="'A99'"):
        opened(city, address="A99")
    with pytest.raises(NoOfferError, match="op2 claims neither"):
        opened(city, operator="op2")
    opened(city)
    with pytest.raises(AlreadyDisputedError, match="is open"):
        opened(city)


def test_the_public_asks_everybody_who_claims_the_address(city):
    report_publicly(city, Claim("A4", "other_fee", "500 euros"), 30)
    _, found = Disputes(city.store).page()
    assert sorted(row.operator for row in found) == ["op1", "op2"]
    assert len({row.receipt for row in found}) == 1
    # asked again, it is noted and asks nobody twice
    report_publicly(city, Claim("A4", "other_fee", "500 euros"), 30)
    _, noted = Disputes(city.store).page(state=DisputeState.NOTED)
    assert [row.operator for row in noted] == [""]


@pytest.mark.parametrize(
    ("asked", "operators"),
    [({"provider": "OP 1"}, ["op1"]), ({"provider": "Nobody"}, [""]),
     ({"technology": "Glasfaser"}, ["op1", "op2"]), ({"technology": "HFC"}, [""])],
)  # fmt: skip
def test_the_public_names_a_provider_or_a_technology(city, asked, operators):
    receipt = report_publicly(city, Claim("A4", "other_fee", "500 euros", **asked), 30)
    _, found = Disputes(city.store).page()
    assert sorted(row.operator for row in found) == operators
    assert {row.receipt for row in found} == {receipt}
    assert dict(found[0].asked) == asked


def test_states_lead_somewhere_and_reasons_are_told_in_both_languages():
    assert set(STEPS) == set(DisputeState)
    for row in reasons().values():
        assert row.masks in MASKS
        assert row.de
        assert row.en


def test_a_dispute_is_a_value(city):
    dispute = opened(city)
    assert Disputes(city.store).find(dispute.id) == dispute
    with pytest.raises(dataclasses.FrozenInstanceError):
        dispute.text = "x"
