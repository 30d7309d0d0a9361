import itertools

import pytest

from stadtnetz.data.states import TRANSITIONS, IllegalTransitionError, State, check_transition

WAYS = {
    (None, "received"),
    (None, "staged"),
    (None, "rejected"),
    ("received", "checking"),
    ("received", "rejected"),
    ("received", "withdrawn"),
    ("checking", "received"),
    ("checking", "staged"),
    ("checking", "rejected"),
    ("checking", "withdrawn"),
    ("staged", "published"),
    ("staged", "rejected"),
    ("staged", "withdrawn"),
    ("published", "superseded"),
    ("published", "withdrawn"),
    ("superseded", "published"),
    ("superseded", "withdrawn"),
}


@pytest.mark.parametrize(("before", "after"), list(itertools.product([None, *State], State)))
def test_only_the_named_ways_are_open(before, after):
    if (before, after) in WAYS:
        check_transition(before, after, "1234")
    else:
        with pytest.raises(IllegalTransitionError, match=f"cannot become {after}"):
            check_transition(before, after, "1234")


def test_every_state_can_be_reached():
    reached = set()
    following = set(TRANSITIONS[None])
    while following:
        reached |= following
        following = set().union(*(TRANSITIONS[state] for state in following)) - reached
    assert reached == set(State)


def test_the_refusal_says_what_would_be_possible():
    with pytest.raises(IllegalTransitionError, match="only become published, withdrawn"):
        check_transition(State.SUPERSEDED, State.STAGED, "1234")
    with pytest.raises(IllegalTransitionError, match=r"1234 is rejected .* deliver the file again"):
        check_transition(State.REJECTED, State.STAGED, "1234")
    with pytest.raises(IllegalTransitionError, match="not recorded"):
        check_transition(None, State.PUBLISHED, "1234")
