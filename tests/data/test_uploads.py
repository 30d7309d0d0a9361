"""Uploads under way: whose they are, how much has arrived, and when their time is over."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from stadtnetz.data.schema import accounts
from stadtnetz.data.store import Store
from stadtnetz.data.uploads import (
    Quota,
    TooManyUploadsError,
    UnknownUploadError,
    UploadExpiredError,
)

ME, OTHER = "a" * 32, "b" * 32
QUOTA = Quota(3, 1_000, timedelta(hours=1))


class Clock:
    def __init__(self):
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    store = Store.open(tmp_path / "city", clock=clock)
    with store._database.write() as connection:
        for account in (ME, OTHER):
            row = {"id": account, "name": account[0], "role": "partner", "created_at": clock()}
            connection.execute(insert(accounts).values(row))
    yield store
    store.close()


def test_whose_it_is(store):
    upload = store.uploads.create(ME, "../../etc/passwd", 10, {}, QUOTA)
    assert len(upload.id) == 32
    assert store.uploads.find(upload.id, ME) == upload
    assert store.uploads.path(upload) == store.uploads.folder / upload.id
    told = set()
    for upload_id, account in ((upload.id, OTHER), (upload.id, None), ("0" * 32, ME), ("..", ME)):
        with pytest.raises(UnknownUploadError) as refused:
            store.uploads.find(upload_id, account)
        told.add(str(refused.value))
    assert len(told) == 1


def test_what_has_arrived_is_the_length_of_the_file(store):
    upload = store.uploads.create(ME, "a", 10, {}, QUOTA)
    assert store.uploads.offset_bytes(upload) == 0
    store.uploads.path(upload).write_bytes(b"1234")
    assert store.uploads.offset_bytes(upload) == 4


def test_an_account_has_a_quota(store, clock):
    first = store.uploads.create(ME, "a", 900, {}, QUOTA)
    with pytest.raises(TooManyUploadsError, match="1,000 are allowed"):
        store.uploads.create(ME, "a", 101, {}, QUOTA)
    store.uploads.create(OTHER, "a", 1_000, {}, QUOTA)
    store.uploads.create(ME, "a", 1, {}, QUOTA)
    store.uploads.create(ME, "a", 1, {}, QUOTA)
    with pytest.raises(TooManyUploadsError, match="3 uploads"):
        store.uploads.create(ME, "a", 1, {}, QUOTA)
    store.uploads.remove(first)
    store.uploads.create(ME, "a", 900, {}, QUOTA)
    clock.now += timedelta(hours=1)
    store.uploads.create(ME, "a", 1_000, {}, QUOTA)


def test_after_its_time_it_is_removed(store, clock):
    upload = store.uploads.create(ME, "a", 10, {}, QUOTA)
    store.uploads.path(upload).write_bytes(b"12345")
    clock.now += timedelta(hours=1)
    with pytest.raises(UploadExpiredError, match="begin it anew"):
        store.uploads.find(upload.id, ME)
    assert store.uploads.expire(abandoned_s=0) == 5
    with pytest.raises(UnknownUploadError):
        store.uploads.find(upload.id, ME)
    assert list(store.uploads.folder.iterdir()) == []


def test_bytes_that_belong_to_nothing_are_removed_when_they_are_old(store):
    upload = store.uploads.create(ME, "a", 10, {}, QUOTA)
    for path in (store.uploads.path(upload), store.uploads.incoming(), store.uploads.incoming()):
        path.write_bytes(b"123")
        old = path
    os.utime(old, (1, 1))
    os.utime(store.uploads.path(upload), (1, 1))
    assert store.uploads.expire() == 3
    assert not old.exists()
    assert store.uploads.path(upload).exists()
    assert len(list(store.uploads.folder.iterdir())) == 2


def test_an_upload_becomes_a_delivery_once(store, clock):
    upload = store.uploads.create(ME, "Netz.csv", 3, {}, QUOTA)
    path = store.uploads.path(upload)
    path.write_bytes(b"abc")

    def hand_in():
        return store.receive(
            "fibre_areas",
            "op1",
            path,
            who="me",
            account=ME,
            upload=store.uploads.find(upload.id, ME),
            file_name=upload.file_name,
        )

    delivery = hand_in()
    assert not path.exists()
    assert store.objects.path(delivery.original).read_bytes() == b"abc"
    known = store.uploads.find(upload.id, ME)
    assert known.delivery == delivery.id
    assert store.uploads.offset_bytes(known) == 3
    path.write_bytes(b"abc")  # whoever was a moment too late
    assert hand_in() == delivery
    assert len(store.deliveries()) == 1
    clock.now += timedelta(hours=2)
    store.uploads.expire(abandoned_s=0)
    assert store.verify() == []
