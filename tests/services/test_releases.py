"""Releases: no two things that the public ever sees differ by few operators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.counting import FIBRE_KINDS
from stadtnetz.coverage.indicators import indicator
from stadtnetz.coverage.model import Concession, Snapshot, VersionRef
from stadtnetz.data.disputes import in_force
from stadtnetz.data.queries import newest
from stadtnetz.services.releases import QUIET, Releases, families

START = datetime(2026, 1, 1, tzinfo=UTC)
FIBRE = next(family for family in families() if "fibre_areas" in family)
OFFER = indicator("fibre_offer_household_share")


@dataclass(frozen=True)
class Published:
    ref: VersionRef
    withdrawn_at: datetime | None = None


@dataclass
class Shelf:
    """As much of a store as releases look at, on a clock that the test sets."""

    now: datetime = START
    everything: list[Published] = field(default_factory=list)
    conceded: list[tuple[Concession, datetime, None]] = field(default_factory=list)

    def publish(self, operator: str | None, day: str, kind: str = "fibre_areas") -> None:
        self.now += timedelta(seconds=1)
        name = f"{operator}-{len(self.everything)}"
        ref = VersionRef(name, kind, operator, date.fromisoformat(day), self.now)
        self.everything.append(Published(ref))

    def wait(self) -> None:
        self.now += QUIET + timedelta(seconds=1)

    def publications(self, *, live: bool = True) -> list[Published]:
        return [p for p in self.everything if not (live and p.withdrawn_at)]

    def concede(self, operator: str, address_id: str) -> Concession:
        self.now += timedelta(seconds=1)
        concession = Concession(operator, address_id, "everything")
        self.conceded.append((concession, self.now, None))
        return concession

    def snapshot(self, as_of: date, known_at: datetime | None = None) -> Snapshot:
        moments = [p.ref.published_at for p in self.everything]
        last = max([START, *moments, *(begin for _, begin, _ in self.conceded)])
        history = [(p.ref, p.withdrawn_at) for p in self.everything]
        conceded = in_force(self.conceded, known_at or last)
        return Snapshot(as_of, last, newest(history, as_of, known_at or last), conceded)

    def releases(self, **options: object) -> Releases:
        return Releases(self, clock=lambda: self.now, **options)  # type: ignore[arg-type]


def seen(releases: Releases, day: str = "2030-01-01") -> set[str]:
    refs = releases.snapshot(date.fromisoformat(day)).versions
    return {ref.version for ref in refs}


def first_quarter() -> Shelf:
    shelf = Shelf()
    for name in "abc":
        shelf.publish(name, "2026-03-31")
    shelf.wait()
    return shelf


def test_the_first_publications_are_seen_at_once() -> None:
    shelf = Shelf()
    releases = shelf.releases()
    shelf.publish("a", "2026-03-31")
    assert seen(releases) == {"a-0"}
    shelf.publish("b", "2026-03-31")
    assert seen(releases) == {"a-0", "b-1"}


def test_one_publication_waits_for_two_others() -> None:
    shelf = first_quarter()
    releases = shelf.releases()
    before = {"a-0", "b-1", "c-2"}
    shelf.publish("a", "2026-06-30")
    shelf.wait()
    assert seen(releases) == before
    shelf.publish("b", "2026-06-30")
    shelf.wait()
    assert seen(releases) == before
    shelf.publish("c", "2026-06-30")
    assert seen(releases) == before, "not while others may follow"
    shelf.wait()
    assert seen(releases) == {"a-3", "b-4", "c-5"}
    assert releases.of(OFFER, date(2030, 1, 1)).as_of == date(2026, 6, 30)
    assert seen(releases, "2026-05-01") == before


def test_a_late_correction_of_an_old_date_waits_as_well() -> None:
    shelf = first_quarter()
    releases = shelf.releases()
    for name in "abc":
        shelf.publish(name, "2026-06-30")
    shelf.publish("a", "2026-03-31")
    shelf.wait()
    assert seen(releases, "2026-04-01") == {"a-0", "b-1", "c-2"}


def test_open_layers_and_those_of_the_city_never_wait() -> None:
    shelf = first_quarter()
    releases = shelf.releases(open_operators={"a"})
    shelf.publish("a", "2026-06-30")
    shelf.publish(None, "2026-06-30", "districts")
    assert {"a-3", "None-4"} <= seen(releases)


def test_with_two_operators_both_must_have_changed() -> None:
    shelf = Shelf()
    shelf.publish("a", "2026-03-31")
    shelf.publish("b", "2026-03-31")
    shelf.wait()
    releases = shelf.releases()
    shelf.publish("a", "2026-06-30")
    shelf.wait()
    assert seen(releases) == {"a-0", "b-1"}
    shelf.publish("b", "2026-06-30")
    shelf.wait()
    assert seen(releases) == {"a-2", "b-3"}


def test_a_city_may_choose_to_wait_for_nobody() -> None:
    shelf = first_quarter()
    releases = shelf.releases(fewest=1)
    shelf.publish("a", "2026-06-30")
    shelf.wait()
    assert seen(releases) == {"a-3", "b-1", "c-2"}


DAYS = ("2026-03-31", "2026-06-30", "2026-09-30")
ACTIONS = st.lists(
    st.one_of(
        st.just(None),
        st.tuples(st.sampled_from("abcd"), st.sampled_from(DAYS)),
        st.integers(0, 30),
    ),
    max_size=25,
)


def watch(actions: list[object]) -> Iterator[dict[str, str]]:
    """Do what a coordinator does, and yield all that the public sees meanwhile, of all dates."""
    shelf = first_quarter()
    releases = shelf.releases()
    for action in actions:
        if action is None:
            shelf.wait()
        elif isinstance(action, tuple):
            shelf.publish(*action)
        elif shelf.everything:
            shelf.now += timedelta(seconds=1)
            place = int(str(action)) % len(shelf.everything)
            old = shelf.everything[place]
            if not old.withdrawn_at:
                shelf.everything[place] = Published(old.ref, shelf.now)
                shelf.publish("z", "2026-03-31", "other")  # the store's last change moves
        for day in DAYS:
            refs = releases.snapshot(date.fromisoformat(day)).versions
            yield {str(r.operator): r.version for r in refs if r.kind == "fibre_areas"}


@given(ACTIONS)
def test_any_two_sights_differ_by_three_operators_or_not_at_all(actions: list[object]) -> None:
    sights: list[dict[str, str]] = []
    for sight in watch(actions):
        if sight not in sights:
            sights.append(sight)
    for number, one in enumerate(sights):
        for other in sights[:number]:
            names = one.keys() | other.keys()
            changed = [name for name in names if one.get(name) != other.get(name)]
            assert len(changed) >= min(3, len(names)), (one, other)


@given(ACTIONS)
def test_nothing_is_kept_back_for_ever(actions: list[object]) -> None:
    shelf = first_quarter()
    for action in actions:
        if isinstance(action, tuple):
            shelf.publish(*action)
    shelf.wait()
    for name in "abcd":
        shelf.publish(name, "2026-12-31")
    shelf.wait()
    assert seen(shelf.releases()) == {p.ref.version for p in shelf.everything[-4:]}


# --- concessions ----------------------------------------------------------------------------------


def seen_concessions(releases: Releases) -> tuple[Concession, ...]:
    return releases.snapshot(date(2030, 1, 1)).concessions


def test_a_concession_alone_is_never_seen_by_district() -> None:
    shelf = first_quarter()
    releases = shelf.releases()
    for number, name in enumerate("aabbcc"):
        shelf.concede(name, f"A{number}")
        shelf.wait()
        assert seen_concessions(releases) == ()


def test_concessions_come_along_with_a_release_of_others() -> None:
    shelf = first_quarter()
    releases = shelf.releases()
    conceded = shelf.concede("a", "A1")
    for name in "bc":
        shelf.publish(name, "2026-06-30")
        shelf.wait()
        assert seen_concessions(releases) == ()
    shelf.publish("a", "2026-06-30")
    shelf.wait()
    assert seen_concessions(releases) == (conceded,)
    # what was seen before stays as it was
    assert releases.snapshot(date(2026, 3, 31)).concessions == ()
    assert releases.snapshot_of(releases.every(FIBRE)[0]).concessions == ()


def test_a_state_that_comes_back_brings_no_concession() -> None:
    """Otherwise the two times that it is seen would differ by the concession alone."""
    shelf = first_quarter()
    releases = shelf.releases()
    for name in "abc":
        shelf.publish(name, "2026-06-30")
    shelf.wait()
    shelf.concede("a", "A1")
    for number in (-1, -2, -3):
        shelf.now += timedelta(seconds=1)
        shelf.everything[number] = replace(shelf.everything[number], withdrawn_at=shelf.now)
    shelf.wait()
    assert seen(releases) == {"a-0", "b-1", "c-2"}
    assert seen_concessions(releases) == ()


def test_concessions_of_open_operators_and_of_open_cities_are_seen_at_once() -> None:
    shelf = first_quarter()
    shelf.concede("a", "A1")
    conceded = shelf.concede("b", "A2")
    assert seen_concessions(shelf.releases(open_operators=["b"])) == (conceded,)
    assert len(seen_concessions(shelf.releases(fewest=1))) == 2


def test_all_kinds_in_which_offers_are_conceded_are_released_together() -> None:
    assert [set(FIBRE_KINDS) <= family for family in families()].count(True) == 1
    assert sum(bool(set(FIBRE_KINDS) & family) for family in families()) == 1
