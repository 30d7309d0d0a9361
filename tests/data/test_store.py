import itertools
import time
from datetime import UTC, date, datetime, timedelta, timezone

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data import ledger
from stadtnetz.data.database import StoreError
from stadtnetz.data.ledger import UnknownDeliveryError
from stadtnetz.data.objects import ObjectError, digest_of
from stadtnetz.data.records import StoredRaster
from stadtnetz.data.states import IllegalTransitionError, State
from stadtnetz.data.store import Store, UnknownVersionError
from stadtnetz.data.workspace import Workspace

START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """A clock that goes on by a minute every time it is read."""

    def __init__(self):
        self.now = START

    def __call__(self):
        self.now += timedelta(minutes=1)
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(city, clock):
    store = Store.open(city, clock=clock)
    yield store
    store.close()


def layer(content=1, operator="op1", valid_from=date(2025, 6, 30), kind="fibre_addresses"):
    frame = pd.DataFrame({"record_id": [f"r{content}"], "download_mbit": [content]})
    return Layer(kind, frame, Provenance("test", operator, valid_from))


def staged(store, *args, **more):
    return store.stage(layer(*args, **more), {"findings": []}, who="partner")


def rejected(store, kind, operator, folder, report=None):
    (folder / "offer.csv").write_bytes(b"broken")
    delivery = store.receive(kind, operator, folder / "offer.csv", who="partner")
    store.begin_check(delivery.id)
    return store.finish_check(delivery.id, None, report or {})


def published(store, *args, **more):
    return store.publish(staged(store, *args, **more).id, "coordinator")


def content(store, ref):
    return int(store.layer(ref.version).frame["download_mbit"].iloc[0])


def shown(store, as_of=date(2030, 1, 1), known_at=None):
    return [content(store, ref) for ref in store.snapshot(as_of, known_at).versions]


# --- deliveries -----------------------------------------------------------------------------------


def test_a_delivery_is_staged_with_report_and_file(store, tmp_path):
    (tmp_path / "offer.csv").write_bytes(b"record_id\n1\n")
    report = {"findings": [{"code": "decimal_comma", "value": "1,5", "Größe": None}]}
    delivery = store.stage(layer(), report, file=tmp_path / "offer.csv", who="partner")
    assert store.delivery(delivery.id) == delivery
    assert delivery.state is State.STAGED
    assert delivery.report == report
    assert delivery.file_name == "offer.csv"
    assert delivery.file_digest == digest_of(tmp_path / "offer.csv")
    assert store.objects.path(delivery.original).read_bytes() == b"record_id\n1\n"
    assert delivery.received_at.tzinfo is not None
    assert store.snapshot(date(2030, 1, 1)).versions == ()


def test_ids_cannot_be_guessed(store):
    ids = {staged(store).id for _ in range(20)}
    assert len(ids) == 20
    assert all(len(i) == 32 and int(i, 16) for i in ids)
    assert len({i[:8] for i in ids}) == 20


def test_the_beginning_of_an_id_will_do(store):
    deliveries = [staged(store, i) for i in range(20)]
    for delivery in deliveries:
        assert store.delivery(delivery.id[:10]).id == delivery.id
        assert store.delivery(delivery.id[:10].upper()).id == delivery.id
    # among twenty, two begin with the same digit
    first = [delivery.id[0] for delivery in deliveries]
    double = next(digit for digit in first if first.count(digit) > 1)
    with pytest.raises(UnknownDeliveryError, match="add digits"):
        store.delivery(double)


@pytest.mark.parametrize("name", ["", " ", "%", "_", "xyz", "0123456789abcdef" * 2])
def test_no_such_delivery(store, name):
    staged(store)
    with pytest.raises(UnknownDeliveryError):
        store.delivery(name)
    with pytest.raises(UnknownDeliveryError):
        store.publish(name, "coordinator")


def test_deliveries_are_listed_oldest_first(store, tmp_path):
    one = staged(store, 1, operator="op1")
    two = staged(store, 2, operator="op2")
    three = rejected(store, "fibre_areas", "op1", tmp_path)
    store.publish(two.id, "coordinator")
    assert [d.id for d in store.deliveries()] == [one.id, two.id, three.id]
    assert [d.id for d in store.deliveries(state="published")] == [two.id]
    assert [d.id for d in store.deliveries(operator="op1")] == [one.id, three.id]
    assert [d.id for d in store.deliveries(kind="fibre_areas", state=State.REJECTED)] == [three.id]
    with pytest.raises(ValueError, match="lost"):
        store.deliveries(state="lost")


def test_a_refused_file_leaves_its_report_and_no_layer(store, tmp_path):
    report = {"findings": ["unknown_crs"]}
    delivery = rejected(store, "fibre_addresses", "op1", tmp_path, report)
    assert store.delivery(delivery.id) == delivery
    assert delivery.state is State.REJECTED
    assert delivery.version is None
    assert delivery.report == report
    assert store.objects.path(delivery.original).read_bytes() == b"broken"
    assert list(store.objects.digests()) == [delivery.original]
    with pytest.raises(IllegalTransitionError, match="rejected and cannot become published"):
        store.publish(delivery.id, "coordinator")


def test_a_file_that_changed_while_it_was_read(store, tmp_path):
    (tmp_path / "offer.csv").write_bytes(b"now")
    read = Provenance("test", "op1", digest="0" * 64)
    with pytest.raises(StoreError, match="changed while it was read"):
        store.stage(
            Layer("k", pd.DataFrame({"a": [1]}), read), {}, file=tmp_path / "offer.csv", who="p"
        )
    assert store.deliveries() == []


@pytest.mark.parametrize("report", [{"a": float("nan")}, {"a": object()}, {"a": {1}}])
def test_a_report_must_be_json(store, report):
    with pytest.raises(StoreError, match="JSON"):
        store.stage(layer(), report, who="partner")
    assert store.deliveries() == []


def test_every_change_says_when_who_and_why(store):
    first, second = staged(store, 1), staged(store, 2)
    store.publish(first.id, "anna")
    store.publish(second.id, "berta")
    store.withdraw(second.id, "carla", "wrong street")
    told = [(e.who, e.from_state, e.to_state) for e in store.events(first.id)]
    assert told == [
        ("partner", None, "staged"),
        ("anna", "staged", "published"),
        ("berta", "published", "superseded"),
        ("carla", "superseded", "published"),
    ]
    assert store.events(second.id)[-1].why == "wrong street"
    assert second.short_id in store.events(first.id)[-1].why
    moments = [event.at for event in store.events()]
    assert moments == sorted(moments)
    assert all(moment.tzinfo is UTC for moment in moments)


# --- publishing and withdrawing -------------------------------------------------------------------


def test_only_what_was_published_counts(store):
    delivery = staged(store, 7)
    assert shown(store) == []
    ref = store.publish(delivery.id, "coordinator")
    assert shown(store) == [7]
    assert store.delivery(delivery.id).state is State.PUBLISHED
    assert store.snapshot(date(2030, 1, 1)).versions == (ref,)
    assert (ref.kind, ref.operator, ref.valid_from) == (
        "fibre_addresses",
        "op1",
        date(2025, 6, 30),
    )


def test_the_newest_date_that_is_not_later_counts(store):
    for year in (2023, 2021, 2022):
        published(store, year, valid_from=date(year, 6, 30))
    assert shown(store, date(2021, 6, 29)) == []
    assert shown(store, date(2021, 6, 30)) == [2021]
    assert shown(store, date(2022, 12, 31)) == [2022]
    assert shown(store, date(2030, 1, 1)) == [2023]
    assert all(d.state is State.PUBLISHED for d in store.deliveries())


def test_a_layer_without_date_holds_always_but_yields_to_a_dated_one(store):
    published(store, 2024, operator=None, valid_from=date(2024, 1, 1))
    published(store, 1, operator=None, valid_from=None)
    assert shown(store, date(1990, 1, 1)) == [1]
    assert shown(store, date(2025, 1, 1)) == [2024]


def test_operators_kinds_and_parts_stand_side_by_side(store):
    published(store, 1, operator="op1")
    published(store, 2, operator="op2")
    published(store, 3, operator=None)
    published(store, 4, kind="fibre_areas")
    for part in ("stadtbezirk", "stadtteil"):
        store.import_city_layer(layer(5, None, None, "districts"), {}, part=part, who="city")
    versions = store.snapshot(date(2030, 1, 1)).versions
    assert [(v.kind, v.operator, v.part) for v in versions] == [
        ("districts", None, "stadtbezirk"),
        ("districts", None, "stadtteil"),
        ("fibre_addresses", None, ""),
        ("fibre_addresses", "op1", ""),
        ("fibre_addresses", "op2", ""),
        ("fibre_areas", "op1", ""),
    ]


def test_a_delivery_for_the_same_date_supersedes(store):
    first, second = staged(store, 1), staged(store, 2)
    store.publish(first.id, "coordinator")
    store.publish(second.id, "coordinator")
    assert shown(store) == [2]
    assert store.delivery(first.id).state is State.SUPERSEDED
    assert store.delivery(second.id).state is State.PUBLISHED


def test_withdrawing_shows_the_one_before_again(store):
    first, second, third = (staged(store, i) for i in (1, 2, 3))
    for delivery in (first, second, third):
        store.publish(delivery.id, "coordinator")
    store.withdraw(second.id, "partner", "never mind")
    assert shown(store) == [3]
    store.withdraw(third.id, "partner", "wrong")
    assert shown(store) == [1]
    assert store.delivery(first.id).state is State.PUBLISHED
    store.withdraw(first.id, "partner", "wrong too")
    assert shown(store) == []


def test_what_was_staged_can_be_withdrawn(store):
    delivery = staged(store)
    assert store.withdraw(delivery.id[:8], "partner", "typo").state is State.WITHDRAWN
    with pytest.raises(IllegalTransitionError, match="withdrawn and cannot become published"):
        store.publish(delivery.id, "coordinator")
    with pytest.raises(IllegalTransitionError, match="final"):
        store.withdraw(delivery.id, "partner", "again")


def test_publishing_twice_is_refused(store):
    delivery = staged(store)
    store.publish(delivery.id, "coordinator")
    with pytest.raises(IllegalTransitionError, match="superseded, withdrawn"):
        store.publish(delivery.id, "coordinator")
    assert len(store.publications()) == 1


def test_the_same_content_is_the_same_version(store):
    first = published(store, 1)
    second = published(store, 1)
    assert first.version == second.version
    assert first.published_at < second.published_at
    others = [
        published(store, 1, operator="op2"),
        published(store, 1, valid_from=date(2025, 7, 1)),
        published(store, 1, kind="fibre_areas"),
        published(store, 2),
        store.publish(store.stage(layer(1), {}, part="x", who="partner").id, "coordinator"),
    ]
    assert len({ref.version for ref in [first, *others]}) == 6


def test_content_can_be_published_again_after_its_withdrawal(store):
    delivery = staged(store, 1)
    ref = store.publish(delivery.id, "coordinator")
    gone = store.withdraw(delivery.id, "partner", "doubt")
    without = store.snapshot(date(2030, 1, 1)).known_at
    again = published(store, 1)
    assert gone.version == ref.version == again.version
    assert shown(store, known_at=ref.published_at) == [1]
    assert shown(store, known_at=without) == []
    assert shown(store) == [1]


def test_publications_tell_what_is_live(store):
    delivery = staged(store, 1, operator="op1")
    store.publish(delivery.id, "coordinator")
    other = published(store, 2, operator="op2")
    store.withdraw(delivery.id, "partner", "wrong")
    assert [p.ref for p in store.publications()] == [other]
    everything = store.publications(live=False)
    assert [p.ref.operator for p in everything] == ["op1", "op2"]
    assert everything[0].withdrawn_at is not None
    assert everything[0].delivery == delivery.id
    assert everything[0].row_count == 1
    assert everything[1].provenance == Provenance("test", "op2", date(2025, 6, 30))
    assert store.publications(operator="op1") == []
    assert store.publications(kind="fibre_areas") == []
    assert store.publications(kind="fibre_addresses", operator="op2") == everything[1:]


def test_dates_of_the_history(store):
    for day in (date(2025, 6, 30), date(2021, 6, 30), date(2025, 6, 30), None):
        published(store, 1, valid_from=day)
    published(store, 1, valid_from=date(2022, 1, 1), kind="fibre_areas")
    gone = staged(store, 1, valid_from=date(2020, 1, 1))
    store.publish(gone.id, "coordinator")
    store.withdraw(gone.id, "partner", "wrong")
    staged(store, 1, valid_from=date(2019, 1, 1))
    assert store.dates(["fibre_addresses"]) == [date(2021, 6, 30), date(2025, 6, 30)]
    assert store.dates() == [date(2021, 6, 30), date(2022, 1, 1), date(2025, 6, 30)]
    assert store.dates([]) == []


def test_a_city_layer_is_staged_and_published_in_one_step(store, tmp_path):
    (tmp_path / "d.gpkg").write_bytes(b"x")
    ref = store.import_city_layer(
        layer(3, None, None, "districts"), {}, part="stadtteil", file=tmp_path / "d.gpkg", who="c"
    )
    assert shown(store) == [3]
    assert ref.part == "stadtteil"
    (delivery,) = store.deliveries()
    assert [e.to_state for e in store.events(delivery.id)] == ["staged", "published"]
    assert store.layer(ref.version).provenance.digest == digest_of(tmp_path / "d.gpkg")


def test_an_operators_layer_is_no_city_layer(store):
    with pytest.raises(StoreError, match="deliver and publish it"):
        store.import_city_layer(layer(), {}, who="city")
    assert store.deliveries() == []


# --- what was known when --------------------------------------------------------------------------


def test_a_late_delivery_changes_today_and_not_what_was_known(store):
    published(store, 1, valid_from=date(2024, 1, 1))
    then = store.snapshot(date(2025, 1, 1))
    published(store, 2, valid_from=date(2024, 6, 30))
    assert shown(store, date(2025, 1, 1)) == [2]
    assert store.snapshot(date(2025, 1, 1), then.known_at) == then


def test_a_withdrawal_changes_today_and_not_what_was_known(store):
    delivery = staged(store, 1)
    store.publish(delivery.id, "coordinator")
    then = store.snapshot(date(2030, 1, 1))
    store.withdraw(delivery.id, "partner", "wrong")
    assert shown(store) == []
    assert store.snapshot(date(2030, 1, 1), then.known_at) == then


def test_snapshots_are_equal_as_long_as_nothing_changes(store):
    empty = store.snapshot(date(2030, 1, 1), START)
    assert empty.versions == ()
    published(store, 1)
    before = store.snapshot(date(2030, 1, 1))
    staged(store, 2)
    assert store.snapshot(date(2030, 1, 1)) == before
    published(store, 3)
    assert store.snapshot(date(2030, 1, 1)) != before


def test_known_at_in_another_time_zone(store):
    ref = published(store, 1)
    east = ref.published_at.astimezone(timezone(timedelta(hours=9)))
    assert shown(store, known_at=east) == [1]
    assert shown(store, known_at=east - timedelta(microseconds=1)) == []


def test_moments_need_a_time_zone(store, tmp_path):
    with pytest.raises(StoreError, match="time zone"):
        store.snapshot(date(2030, 1, 1), datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(StoreError, match="clock must tell the time zone"):
        Store.open(tmp_path / "naive", clock=lambda: datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_clock_that_stands_or_goes_back(city):
    moments = iter([START] * 5 + [START - timedelta(days=3)])
    store = Store.open(city, clock=lambda: next(moments, START - timedelta(days=9)))
    known = []
    for i in range(6):
        published(store, i)
        known.append((i, store.snapshot(date(2030, 1, 1))))
    for i, snapshot in known:
        assert store.snapshot(date(2030, 1, 1), snapshot.known_at) == snapshot
        assert shown(store, known_at=snapshot.known_at) == [i]
    stamps = [event.at for event in store.events()]
    assert stamps == sorted(stamps)
    store.close()


DAYS = st.one_of(st.none(), st.dates(date(2024, 1, 1), date(2024, 1, 4)))
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("publish"), st.integers(0, 3), st.sampled_from(["op1", "op2", None]), DAYS
        ),
        st.tuples(st.just("withdraw"), st.integers(0, 9)),
        st.tuples(st.just("back"), st.integers(0, 3)),
    ),
    max_size=9,
)


@pytest.mark.parametrize("cities", ["sqlite"], indirect=True)
@settings(max_examples=25)
@given(steps=STEPS)
def test_whatever_happens_what_was_known_stays_known(cities, steps):
    with cities() as city:
        check_what_stays_known(city, steps)


@pytest.mark.parametrize("cities", ["postgresql"], indirect=True)
@settings(max_examples=6)
@given(steps=STEPS)
def test_on_a_server_too_what_was_known_stays_known(cities, steps):
    with cities() as city:
        check_what_stays_known(city, steps)


def check_what_stays_known(city, steps):
    clock = Clock()
    store = Store.open(city, clock=clock)
    live, known = [], []
    for step in steps:
        if step[0] == "publish":
            _, value, operator, day = step
            delivery = staged(store, value, operator, day)
            store.publish(delivery.id, "coordinator")
            live.append((value, operator, day, delivery.id))
        elif step[0] == "withdraw" and live:
            gone = live.pop(step[1] % len(live))
            store.withdraw(gone[3], "partner", "wrong")
        elif step[0] == "back":
            clock.now -= timedelta(hours=step[1])
        for as_of in (date(2024, 1, 2), date(2024, 1, 9)):
            snapshot = store.snapshot(as_of)
            assert {(v.operator, content(store, v)) for v in snapshot.versions} == expected(
                live, as_of
            )
            known.append(snapshot)
    shown_at_last = {delivery[3] for delivery in last_of_each_date(live)}
    assert {d.id for d in store.deliveries(state="published")} == shown_at_last
    for snapshot in known:
        assert store.snapshot(snapshot.as_of, snapshot.known_at).versions == snapshot.versions
    other = Store.open(city, clock=clock)
    for snapshot in known:
        assert other.snapshot(snapshot.as_of, snapshot.known_at).versions == snapshot.versions
    other.close()
    store.close()


def last_of_each_date(live):
    return {(operator, day): step for step in live for _, operator, day, _ in [step]}.values()


def expected(live, as_of):
    best = {}
    for value, operator, day, _ in live:
        if day is None or day <= as_of:
            rank = day or date.min
            if operator not in best or rank >= best[operator][0]:
                best[operator] = (rank, value)
    return {(operator, value) for operator, (_, value) in best.items()}


# --- layers ---------------------------------------------------------------------------------------


def test_a_layer_comes_back(store):
    frame = gpd.GeoDataFrame(
        {"code": ["1"], "since": np.array(["2024-01-01"], "datetime64[s]")},
        geometry=[shapely.box(0, 0, 1, 1)],
        crs="EPSG:25833",
    )
    provenance = Provenance("the city", None, date(2024, 1, 1), "dl-de/by-2-0", "ab" * 32)
    ref = store.import_city_layer(Layer("districts", frame, provenance, "EPSG:25833"), {}, who="c")
    found = store.layer(ref.version)
    assert found.kind == "districts"
    assert found.crs == "EPSG:25833"
    assert found.provenance == provenance
    pd.testing.assert_frame_equal(pd.DataFrame(found.frame), pd.DataFrame(frame))


def test_changing_a_layer_changes_nothing_in_the_store(store):
    ref = published(store, 1)
    frame = store.layer(ref.version).frame
    frame.loc[0, "download_mbit"] = 99
    frame["more"] = 1
    assert content(store, ref) == 1
    assert list(store.layer(ref.version).frame.columns) == ["record_id", "download_mbit"]


def test_a_raster_comes_back(store, tmp_path):
    (tmp_path / "levels.tif").write_bytes(b"II*\0raster")
    raster = StoredRaster(
        "mobile_raster", tmp_path / "levels.tif", Provenance("test", "m1"), "EPSG:25832"
    )
    delivery = store.stage(raster, {}, who="partner")
    ref = store.publish(delivery.id, "coordinator")
    found = store.raster(ref.version)
    assert found.path.read_bytes() == b"II*\0raster"
    assert (found.kind, found.crs, found.provenance) == (
        "mobile_raster",
        "EPSG:25832",
        raster.provenance,
    )
    with pytest.raises(UnknownVersionError, match="is a raster, not a frame"):
        store.layer(ref.version)
    with pytest.raises(UnknownVersionError, match="is a frame, not a raster"):
        store.raster(published(store).version)


def test_an_unknown_version(store):
    with pytest.raises(UnknownVersionError, match="no layer version"):
        store.layer("ab" * 32)


def test_a_lost_file_is_named(store):
    ref = published(store, 1)
    digest = next(iter(store.objects.digests()))
    store.objects.path(digest).unlink()
    with pytest.raises(ObjectError, match=digest):
        store.layer(ref.version)


# --- what was derived -----------------------------------------------------------------------------


def test_derived_arrays_frames_and_details(store):
    assert store.derived_get("reach/a/b") is None
    assert store.derived_frame("area/a") is None
    assert store.derived_details("reach/a/b") is None
    store.derived_put("reach/a/b", {"stage": np.array([1, 2], "u1")}, {"bits": [None, "ä"]})
    assert store.derived_get("reach/a/b")["stage"].tolist() == [1, 2]
    assert store.derived_details("reach/a/b") == {"bits": [None, "ä"]}
    store.derived_put("area/a", pd.DataFrame({"area_m2": [1.5]}))
    assert store.derived_frame("area/a")["area_m2"].tolist() == [1.5]
    assert store.derived_get("area/a") is None
    assert store.derived_frame("reach/a/b") is None


def test_what_is_derived_anew_takes_the_place(store):
    for value in (1, 2, 2):
        store.derived_put("reach/a/b", {"stage": np.array([value])})
    assert store.derived_get("reach/a/b")["stage"].tolist() == [2]


def test_what_was_derived_and_lost_is_derived_again(store):
    store.derived_put("reach/a/b", {"stage": np.array([1])})
    for digest in list(store.objects.digests()):
        store.objects.path(digest).unlink()
    assert store.derived_get("reach/a/b") is None


# --- care -----------------------------------------------------------------------------------------


def test_a_sound_store_has_no_problems(store):
    published(store, 1)
    store.derived_put("reach/a/b", {"stage": np.array([1])})
    assert store.verify() == []


def test_damaged_and_missing_files_are_all_named(store):
    for i in (1, 2, 3):
        published(store, i)
    damaged, missing, _ = sorted(store.objects.digests())
    store.objects.path(damaged).write_bytes(b"")
    store.objects.path(missing).unlink()
    problems = store.verify()
    assert len(problems) == 2
    assert "damaged" in problems[0]
    assert damaged in problems[0]
    assert "missing" in problems[1]
    assert missing in problems[1]


def test_only_orphans_are_collected(store, tmp_path):
    (tmp_path / "offer.csv").write_bytes(b"x")
    store.stage(layer(), {}, file=tmp_path / "offer.csv", who="partner")
    store.derived_put("reach/a/b", {"stage": np.array([1])})
    known = set(store.objects.digests())
    assert len(known) == 3
    orphan = store.objects.put(b"orphan")
    assert store.collect_orphans() == 0
    assert store.collect_orphans(min_age_s=0) == len(b"orphan")
    assert set(store.objects.digests()) == known
    assert not store.objects.exists(orphan)


# --- opening --------------------------------------------------------------------------------------


def test_a_workspace_and_its_folder_are_the_same_store(tmp_path):
    workspace = Workspace.create(tmp_path / "köln", "Köln")
    first = Store.open(workspace)
    ref = published(first, 1)
    first.close()
    for place in (tmp_path / "köln", str(tmp_path / "köln")):
        store = Store.open(place)
        assert store.snapshot(date(2030, 1, 1)).versions == (ref,)
        store.close()


def test_a_url_needs_a_folder_for_the_files(tmp_path):
    url = f"sqlite:///{tmp_path / 'other.sqlite'}"
    with pytest.raises(StoreError, match="objects="):
        Store.open(url)
    store = Store.open(url, objects=tmp_path / "files" / "objects")
    ref = published(store, 1)
    assert content(store, ref) == 1
    assert (tmp_path / "other.sqlite").exists()
    store.close()


def test_something_else_is_no_url(tmp_path):
    with pytest.raises(StoreError, match="no database URL"):
        Store.open("sql ite://", objects=tmp_path / "objects")


def test_a_folder_with_any_name(tmp_path):
    store = Store.open(tmp_path / "a ?b%20#ü")
    published(store, 1)
    assert shown(store) == [1]
    assert (tmp_path / "a ?b%20#ü" / "store.sqlite").exists()
    store.close()


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "store.sqlite").write_text("no database at all, but quite a long text" * 99)
    with pytest.raises(StoreError, match=r"could not open the store.*not a database"):
        Store.open(tmp_path)


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="could not open the store"):
        Store.open(tmp_path / "file")


# --- speed ----------------------------------------------------------------------------------------


def test_a_snapshot_of_many_versions_takes_no_time(store):
    digest = store.objects.put_frame(layer().frame)
    with store._database.write() as connection:
        for operator, day in itertools.product([f"op{i}" for i in range(10)], range(50)):
            source = Provenance("test", operator, date(2025, 1, 1) + timedelta(day))
            content = ledger.Content("k", "", "frame", digest, "EPSG:25832", 1, source, None, None)
            delivery = ledger.enter(connection, content, {}, who="partner", now=store._now())
            ledger.publish(connection, delivery, who="coordinator", now=store._now())
    assert len(store.publications()) == 500
    times_s = []
    for _ in range(20):
        start = time.perf_counter()
        store.snapshot(date(2025, 2, 1))
        times_s.append(time.perf_counter() - start)
    assert min(times_s) < 0.005


def test_a_hundred_thousand_addresses_are_published_soon(store):
    count = 100_000
    random = np.random.default_rng(1)
    frame = gpd.GeoDataFrame(
        {
            "id": [f"a{i}" for i in range(count)],
            "street": random.choice(["Am Markt", "Lange Straße", "Ring"], count),
            "house_number": random.integers(1, 200, count).astype(str),
            "households": random.integers(0, 9, count),
        },
        geometry=shapely.points(random.uniform((3.4e5, 5.6e6), (3.6e5, 5.62e6), (count, 2))),
        crs="EPSG:25832",
    )
    start = time.perf_counter()
    store.import_city_layer(Layer("addresses", frame, Provenance("test")), {}, who="city")
    assert time.perf_counter() - start < 1.5


def test_what_was_derived_can_be_forgotten_by_its_prefix(store):
    for key in ("loss/a/1", "loss/a/2", "loss/b/1", "loss_a"):
        store.derived_put(key, {"x": np.arange(3)})
    assert store.derived_forget("loss/a/", {"loss/a/2"}) == 1
    assert store.derived_get("loss/a/1") is None
    for key in ("loss/a/2", "loss/b/1", "loss_a"):
        assert store.derived_get(key) is not None
    assert store.derived_forget("loss/", ()) == 2
