"""The way of a delivery: received, checked, published, replaced, withdrawn, forgotten."""

import itertools
import threading
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import insert

from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data import audit, reception
from stadtnetz.data.checks import ClaimedError
from stadtnetz.data.database import StoreError
from stadtnetz.data.jobs import JobState, UnknownJobError
from stadtnetz.data.objects import digest_of
from stadtnetz.data.reception import (
    AlreadyDeliveredError,
    CannotReplaceError,
    IdempotencyError,
)
from stadtnetz.data.schema import accounts
from stadtnetz.data.states import IllegalTransitionError, State
from stadtnetz.data.store import Store

START = datetime(2026, 1, 1, tzinfo=UTC)
JUNE, JULY = date(2026, 6, 30), date(2026, 7, 31)
ACCOUNT = "a" * 32


class Clock:
    """Stands still until it is moved."""

    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    store = Store.open(tmp_path / "city", clock=clock)
    add_account(store, ACCOUNT)
    yield store
    store.close()


def add_account(store, account, operator="op1"):
    row = {
        "id": account,
        "name": account[:4],
        "role": "partner",
        "operator": operator,
        "created_at": START,
    }
    with store._database.write() as connection:
        connection.execute(insert(accounts).values(row))


counter = itertools.count()


@pytest.fixture
def file(tmp_path):
    def make(content=None):
        path = tmp_path / f"file{next(counter)}.csv"
        path.write_text(str(next(counter)) if content is None else content)
        return path

    return make


def receive(store, path, *, valid_from=JUNE, **more):
    operator = more.pop("operator", "op1")
    return store.receive(
        "fibre_areas", operator, path, who="partner", valid_from=valid_from, **more
    )


def layer(delivery, content=1):
    provenance = Provenance(
        "test", delivery.operator, delivery.valid_from, "", delivery.file_digest
    )
    return Layer(delivery.kind, pd.DataFrame({"a": [content]}), provenance)


def staged(store, path, content=1, **more):
    delivery = receive(store, path, **more)
    store.begin_check(delivery.id)
    return store.finish_check(delivery.id, layer(delivery, content), {"accepted": True})


def published(store, path, content=1, **more):
    delivery = staged(store, path, content, **more)
    store.publish(delivery.id, "coordinator")
    return store.delivery(delivery.id)


def shown(store, day=JULY):
    return [int(store.layer(v.version).frame["a"][0]) for v in store.snapshot(day).versions]


def is_whole(store):
    with store._database.read() as connection:
        return audit.first_broken(connection) is None


# --- the way --------------------------------------------------------------------------------------


def test_the_way_from_a_file_to_a_publication(store, file, tmp_path):
    path = file("record_id\n1\n")
    said = {"layer": "a", "mapping": {"street": "Straße"}}
    delivery = receive(store, path, said=said, account=ACCOUNT, file_name="Angebot Süd.csv")
    assert store.delivery(delivery.id) == delivery
    assert delivery.state is State.RECEIVED
    assert delivery.file_name == "Angebot Süd.csv"
    assert delivery.file_digest == digest_of(path)
    assert store.objects.path(delivery.original).read_bytes() == path.read_bytes()
    (job,) = store.jobs(delivery.id)
    assert (job.what, job.state, job.phase) == ("check", JobState.QUEUED, "waiting")

    assert store.begin_check(delivery.id).state is State.CHECKING
    assert store.job(job.id).state is JobState.RUNNING
    (tmp_path / "findings").write_bytes(b"f")
    (tmp_path / "corrected").write_bytes(b"c")
    done = store.finish_check(
        delivery.id,
        layer(delivery),
        {"accepted": True},
        findings=tmp_path / "findings",
        corrected=tmp_path / "corrected",
    )
    assert done == store.delivery(delivery.id)
    assert done.state is State.STAGED
    assert store.objects.path(done.findings).read_bytes() == b"f"
    assert store.objects.path(done.corrected).read_bytes() == b"c"
    assert (store.job(job.id).state, store.job(job.id).phase) == (JobState.DONE, "staged")
    assert shown(store) == []

    store.publish(delivery.id, "coordinator")
    assert shown(store) == [1]
    assert store.mapping("op1", "fibre_areas") == {"street": "Straße"}
    ways = [(e.from_state, e.to_state, e.who) for e in store.events(delivery.id)]
    assert ways == [
        (None, "received", "partner"),
        ("received", "checking", "stadtnetz"),
        ("checking", "staged", "stadtnetz"),
        ("staged", "published", "coordinator"),
    ]
    first = store.events(delivery.id)[0].details
    assert first == {
        "file_name": "Angebot Süd.csv",
        "sha256": digest_of(path),
        "size_bytes": path.stat().st_size,
    }
    assert is_whole(store)
    assert store.verify() == []


def test_a_rejected_file_teaches_no_mapping(store, file):
    delivery = receive(store, file(), said={"mapping": {"a": "b"}})
    store.begin_check(delivery.id)
    assert store.finish_check(delivery.id, None, {"accepted": False}).state is State.REJECTED
    assert store.mapping("op1", "fibre_areas") == {}


def test_a_layer_of_the_city_is_published_with_its_check(store, file):
    delivery = store.receive("boundary", None, file(), who="city")
    store.begin_check(delivery.id)
    done = store.finish_check(delivery.id, layer(delivery), {}, publish=True)
    assert done.state is State.PUBLISHED
    assert store.delivery(done.id).state is State.PUBLISHED
    assert shown(store) == [1]


def test_only_one_can_check(store, file, tmp_path):
    delivery = receive(store, file())
    other = Store.open(tmp_path / "city")
    assert store.begin_check(delivery.id)
    for one in (store, other):
        with pytest.raises(IllegalTransitionError, match="checking"):
            one.begin_check(delivery.id)
    other.close()


def test_of_many_workers_one_gets_the_delivery(tmp_path, file):
    stores = [Store.open(tmp_path / "city", wait_s=30) for _ in range(5)]
    delivery = receive(stores[0], file())
    start, told = threading.Barrier(len(stores)), []

    def claim(store):
        start.wait()
        try:
            told.append(store.begin_check(delivery.id))
        except (IllegalTransitionError, ClaimedError) as error:
            told.append(error)

    threads = [threading.Thread(target=claim, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(not isinstance(answer, Exception) for answer in told) == 1
    assert [e.to_state for e in stores[0].events(delivery.id)] == ["received", "checking"]
    for store in stores:
        store.close()


def test_a_check_whose_file_changed_is_not_kept(store, file):
    path = file()
    delivery = receive(store, path)
    store.begin_check(delivery.id)
    changed = Provenance("test", "op1", JUNE, "", "0" * 64)
    frame = pd.DataFrame({"a": [1]})
    with pytest.raises(StoreError, match="changed while it was read"):
        store.finish_check(delivery.id, Layer("fibre_areas", frame, changed), {})
    with pytest.raises(StoreError, match="changed while it was read"):
        store.finish_check(delivery.id, None, {"digest": "0" * 64})
    assert store.delivery(delivery.id).state is State.CHECKING
    with pytest.raises(StoreError, match="changed while it was read"):
        receive(store, path, digest="0" * 64)
    assert len(store.deliveries()) == 1


def test_withdrawn_while_it_is_checked(store, file):
    delivery = receive(store, file())
    store.begin_check(delivery.id)
    store.withdraw(delivery.id, "partner", "wrong file")
    with pytest.raises(IllegalTransitionError, match="withdrawn"):
        store.finish_check(delivery.id, layer(delivery), {})
    assert store.give_up_check(delivery.id, "x", "y").state is State.WITHDRAWN
    (job,) = store.jobs(delivery.id)
    assert (job.state, job.phase) == (JobState.DONE, "withdrawn")


# --- interrupted ----------------------------------------------------------------------------------


def test_what_a_dead_checker_left_begins_anew(store, file, tmp_path):
    alive, dead = receive(store, file()), receive(store, file())
    store.begin_check(alive.id)
    other = Store.open(tmp_path / "city")
    other.begin_check(dead.id)
    other._claims.end(dead.id)  # what the operating system does when a process ends
    other.close()
    third = Store.open(tmp_path / "city")
    assert [d.id for d in third.interrupted()] == [dead.id]
    assert third.interrupted() == []
    assert third.delivery(alive.id).state is State.CHECKING
    assert third.delivery(dead.id).state is State.RECEIVED
    (job,) = third.jobs(dead.id)
    assert job.state is JobState.QUEUED
    assert job.problem["code"] == "check_interrupted"
    third.begin_check(dead.id)
    third.finish_check(dead.id, layer(dead), {})
    third.close()


def test_what_is_left_of_a_claim_is_removed(store, file, tmp_path):
    done, busy = staged(store, file()), receive(store, file())
    store.begin_check(busy.id)
    claims = tmp_path / "city" / "claims"
    (claims / done.id).touch()  # killed after the result was kept
    assert store.interrupted() == []
    assert [path.name for path in claims.iterdir()] == [busy.id]


def test_a_check_that_never_comes_to_a_result_ends(store, file):
    delivery = receive(store, file())
    for attempt in range(reception.ATTEMPTS):
        store.begin_check(delivery.id)
        given_up = store.give_up_check(delivery.id, "disk_full", "the disk is full")
        last = attempt == reception.ATTEMPTS - 1
        assert given_up.state is (State.REJECTED if last else State.RECEIVED)
    event = store.events(delivery.id)[-1]
    assert "5 times (the disk is full)" in event.why
    (job,) = store.jobs(delivery.id)
    assert job.state is JobState.FAILED
    assert job.problem["code"] == "disk_full"


# --- the same again -------------------------------------------------------------------------------


def test_the_same_key_is_the_same_delivery(store, file):
    path = file()
    first = receive(store, path, account=ACCOUNT, idempotency_key="k")
    again = receive(store, path, account=ACCOUNT, idempotency_key="k")
    assert again == first
    assert len(store.deliveries()) == 1
    assert len(store.jobs(first.id)) == 1
    for other in ({"path": file()}, {"valid_from": JULY}, {"said": {"layer": "b"}}):
        more = {"path": path, "account": ACCOUNT, "idempotency_key": "k", **other}
        with pytest.raises(IdempotencyError, match=first.id):
            receive(store, **more)
    add_account(store, "b" * 32, "op2")
    mine = receive(store, path, account="b" * 32, operator="op2", idempotency_key="k")
    assert mine.id != first.id


def test_the_same_file_is_recognised(store, file):
    path = file()
    first = receive(store, path)
    with pytest.raises(AlreadyDeliveredError, match="again=true") as refused:
        receive(store, path)
    assert refused.value.delivery == first.id
    assert receive(store, path, operator="op2").operator == "op2"
    assert receive(store, path, valid_from=JULY)
    assert receive(store, path, said={"layer": "b"})
    assert receive(store, path, again=True)
    for delivery in store.deliveries():
        store.withdraw(delivery.id, "partner", "all wrong")
    assert receive(store, path)


def test_of_the_same_file_many_times_at_once_one_is_taken(tmp_path, file):
    stores = [Store.open(tmp_path / "city", wait_s=30) for _ in range(5)]
    path, start, told = file(), threading.Barrier(5), []

    def hand_in(store):
        start.wait()
        try:
            told.append(receive(store, path).id)
        except AlreadyDeliveredError as error:
            told.append(error.delivery)

    threads = [threading.Thread(target=hand_in, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (delivery,) = stores[0].deliveries()
    assert told == [delivery.id] * 5
    for store in stores:
        store.close()


# --- replacing ------------------------------------------------------------------------------------


def test_only_ones_own_of_the_same_kind_can_be_replaced(store, file):
    first = receive(store, file())
    for other in ({"operator": "op2"}, {"replaces": "0" * 32}):
        with pytest.raises(CannotReplaceError):
            receive(store, file(), **{"replaces": first.id, **other})
    with pytest.raises(CannotReplaceError):
        store.receive("addresses", "op1", file(), who="p", replaces=first.id)
    assert receive(store, file(), replaces=first.id).replaces == first.id


def test_replacing_the_same_date_supersedes(store, file):
    first = published(store, file(), 1)
    second = published(store, file(), 2, replaces=first.id)
    assert store.delivery(first.id).state is State.SUPERSEDED
    assert shown(store) == [2]
    store.withdraw(second.id, "partner", "wrong")
    assert shown(store) == [1]


def test_replacing_another_date_withdraws(store, file):
    wrong = published(store, file(), 1, valid_from=JULY)
    right = published(store, file(), 2, valid_from=JUNE, replaces=wrong.id)
    gone = store.delivery(wrong.id)
    assert gone.state is State.WITHDRAWN
    assert right.short_id in store.events(wrong.id)[-1].why
    assert shown(store) == [2]
    assert store.publications(live=False)[0].withdrawn_at is not None


@pytest.mark.parametrize("before", ["received", "checking", "staged", "superseded"])
def test_replacing_what_was_not_shown(store, file, before):
    first = receive(store, file(), valid_from=JULY)
    if before != "received":
        store.begin_check(first.id)
    if before in {"staged", "superseded"}:
        store.finish_check(first.id, layer(first), {})
    if before == "superseded":
        store.publish(first.id, "coordinator")
        published(store, file(), 3, valid_from=JULY)
    published(store, file(), 2, valid_from=JUNE, replaces=first.id)
    assert store.delivery(first.id).state is State.WITHDRAWN
    assert shown(store) == ([3] if before == "superseded" else [2])


@pytest.mark.parametrize("end", ["rejected", "withdrawn"])
def test_replacing_what_is_over_changes_it_not(store, file, end):
    first = receive(store, file())
    getattr(store, {"rejected": "reject", "withdrawn": "withdraw"}[end])(first.id, "who", "why")
    published(store, file(), 2, replaces=first.id)
    assert store.delivery(first.id).state == end
    assert store.events(first.id)[-1].why == "why"


# --- decisions ------------------------------------------------------------------------------------


def test_rejected_with_a_reason(store, file):
    delivery = staged(store, file())
    assert store.reject(delivery.id, "coordinator", "wrong quarter").state is State.REJECTED
    event = store.events(delivery.id)[-1]
    assert (event.who, event.why, event.to_state) == ("coordinator", "wrong quarter", "rejected")
    with pytest.raises(IllegalTransitionError, match="final"):
        store.publish(delivery.id, "coordinator")
    with pytest.raises(IllegalTransitionError):
        store.reject(published(store, file()).id, "coordinator", "too late")


def test_question_and_answer_change_no_state(store, file):
    delivery = staged(store, file())
    store.note(delivery.id, "question", "coordinator", "Which quarter?")
    store.note(delivery.id, "answer", "partner", "The second.")
    assert store.delivery(delivery.id) == delivery
    notes = [(e.what, e.who, e.why, e.to_state) for e in store.events(delivery.id)[-2:]]
    assert notes == [
        ("question", "coordinator", "Which quarter?", None),
        ("answer", "partner", "The second.", None),
    ]
    assert is_whole(store)


def test_a_clock_that_goes_back_breaks_nothing(store, file, clock):
    first = published(store, file(), 1)
    clock.now -= timedelta(days=400)
    second = published(store, file(), 2)
    moments = [event.at for event in store.events()]
    assert moments == sorted(moments)
    one, two = store.publications(live=False)
    assert one.ref.published_at < two.ref.published_at
    assert shown(store) == [2]
    assert [d.id for d in store.page(9)] == [second.id, first.id]
    assert is_whole(store)


# --- forgetting -----------------------------------------------------------------------------------


def test_files_are_forgotten_after_their_time(store, file, clock, tmp_path):
    (tmp_path / "findings").write_bytes(b"f")
    delivery = receive(store, file())
    store.begin_check(delivery.id)
    store.finish_check(delivery.id, None, {"a": 1}, findings=tmp_path / "findings")
    kept = staged(store, file(), 2)
    clock.now += timedelta(days=10)
    assert store.forget_files(State.REJECTED, clock.now - timedelta(days=11), "old") == []
    (gone,) = store.forget_files(State.REJECTED, clock.now - timedelta(days=9), "after 9 days")
    assert gone.id == delivery.id
    after = store.delivery(delivery.id)
    assert (after.original, after.findings, after.corrected) == (None, None, None)
    assert after.files_deleted_at == clock.now
    assert (after.report, after.file_digest) == ({"a": 1}, delivery.file_digest)
    assert store.events(delivery.id)[-1].why == "after 9 days"
    store.collect_orphans(min_age_s=0)
    assert set(store.objects.digests()) == {
        kept.original,
        store._version(kept.version)["object"],
    }
    assert store.forget_files(State.REJECTED, clock.now, "again") == []
    assert is_whole(store)
    assert store.verify() == []


# --- listing and jobs -----------------------------------------------------------------------------


def test_pages_newest_first(store, file, clock):
    made = []
    for i in range(7):
        made.append(receive(store, file(), operator=f"op{i % 2}").id)
        if i % 3:  # some at the very same moment
            clock.now += timedelta(minutes=1)
    seen, after = [], None
    while page := store.page(3, after=after):
        seen += [d.id for d in page]
        after = page[-1]
    assert sorted(seen) == sorted(made)
    moments = [store.delivery(i).received_at for i in seen]
    assert moments == sorted(moments, reverse=True)
    assert {d.operator for d in store.page(9, operator="op1")} == {"op1"}
    assert store.page(9, state=State.STAGED) == []


def test_a_job_that_is_over_stays_as_it_is(store, file):
    delivery = staged(store, file())
    job = store.new_job("resolve", delivery.id)
    assert [j.id for j in store.unfinished_jobs("resolve")] == [job.id]
    store.change_job(job.id, state=JobState.DONE, done_share=1.0)
    store.change_job(job.id, state=JobState.RUNNING, done_share=0.5)
    assert store.job(job.id).state is JobState.DONE
    assert store.unfinished_jobs("resolve") == []
    with pytest.raises(UnknownJobError):
        store.job("0" * 32)
