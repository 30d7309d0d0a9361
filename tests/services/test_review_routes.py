"""``/v1/deliveries/{id}/review`` and ``/difference``, as their visitors see them."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from refusals import refused as a_refused_one
from small_city import FIRST, fibre, found_city, publish, squares, stage
from visitors import Recognise, by

from stadtnetz.services import jobs as worker_jobs
from stadtnetz.services.app import create_app
from stadtnetz.services.jobs import Queue, queue_reviews, recover, review_job
from stadtnetz.services.review import review_of
from stadtnetz.services.settings import Settings

PATHS = ("review", "difference", "difference.csv", "difference.geojson")


@pytest.fixture
def client(tmp_path):
    found_city(tmp_path / "city").store.close()
    app = create_app(Settings(workspace=tmp_path / "city"))
    app.add_middleware(Recognise)
    with TestClient(app) as client:
        yield client
    app.state.assembly.store.close()


@pytest.fixture
def delivery(client):
    city = client.app.state.assembly
    publish(city, "op1", fibre("A0 connected", "A1 passed", "A4 passed"), FIRST)
    publish(city, "op2", fibre("A5 passed"), FIRST)
    staged = stage(city, "op1", fibre("A0 activated", "A1 planned -", "A3 passed", "X9 passed"))
    review_of(city, staged)
    return staged


def get(client, delivery, path, who, **query):
    return client.get(f"/v1/deliveries/{delivery.id}/{path}", headers=by(who), params=query)


def test_coordinators_see_the_effect_and_partners_their_own(client, delivery):
    shown = get(client, delivery, "review", "coordinator").json()
    own = get(client, delivery, "review", "partner:op1").json()
    assert {"effects", "goals"} <= shown.keys()
    assert not {"effects", "goals", "known_at"} & own.keys()
    assert shown["difference"]["counts"]["upgraded"] == 0
    assert own["difference"]["counts"]["upgraded"] == 1
    assert shown["difference"]["counts"]["added"] == own["difference"]["counts"]["added"] == 2


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("who", "status", "code"),
    [("partner:op2", 404, "unknown_delivery"), ("public", 401, "not_signed_in")],
)
def test_others_get_what_they_get_for_nothing(client, delivery, path, who, status, code):
    answer = get(client, delivery, path, who)
    missing = client.get(f"/v1/deliveries/{'0' * 32}/{path}", headers=by(who))
    assert answer.status_code == missing.status_code == status
    body, nothing = answer.text, missing.text
    assert body.replace(delivery.id, "0" * 32) == nothing
    assert answer.json()["type"].endswith(code)
    # the beginning of an id is no id
    short = client.get(f"/v1/deliveries/{delivery.id[:8]}/{path}", headers=by("partner:op1"))
    assert short.status_code == 422


def test_the_list_is_paged_and_filtered(client, delivery):
    body = get(client, delivery, "difference", "coordinator").json()
    assert body["count"] == 4
    assert [item["id"] for item in body["items"]] == ["A1", "A3", "A4", "record:rX9"]
    first = body["items"][0]
    assert first["address"] == "Hauptstraße 2 01234"
    assert (first["district"], first["district_name"]) == ("11", "West")
    assert first["changes"] == ["downgraded", "offer_lost", "bandwidth_lowered"]
    assert first["before"] == {
        "stage": "passed", "other_stage": "none", "offered": True, "down_mbit": 1000,
        "technologies": ["FTTH"], "planned_from": None,
    }  # fmt: skip
    assert body["items"][1]["before"] is None
    assert body["items"][3]["matched"] is False
    page = get(client, delivery, "difference", "coordinator", limit=1, offset=1).json()
    assert [item["id"] for item in page["items"]] == ["A3"]
    east = get(client, delivery, "difference", "coordinator", district="12").json()
    assert [item["id"] for item in east["items"]] == ["A3", "A4"]
    added = get(client, delivery, "difference", "coordinator", change="added").json()
    assert [item["id"] for item in added["items"]] == ["A3", "record:rX9"]


def test_customers_are_told_to_nobody_but_the_operator(client, delivery):
    for path in PATHS:
        assert "activated" not in get(client, delivery, path, "coordinator").text, path
        assert "activated" not in get(client, delivery, path, "administrator").text, path
    assert "activated" in get(client, delivery, "difference", "partner:op1").text


def test_csv(client, delivery):
    answer = get(client, delivery, "difference.csv", "coordinator")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["id"] for row in table] == ["A1", "A3", "A4", "record:rX9"]
    assert table[0]["before_stage"] == "passed"
    assert table[1]["before_stage"] == ""
    assert table[1]["changes"] == "added offer_gained"


def test_geojson(client, delivery):
    answer = get(client, delivery, "difference.geojson", "coordinator")
    assert answer.headers["content-type"] == "application/geo+json"
    found = json.loads(answer.text)["features"]
    # the row without an address has no place
    assert [feature["properties"]["id"] for feature in found] == ["A1", "A3", "A4"]
    longitude, latitude = found[0]["geometry"]["coordinates"]
    assert -180 < longitude < 180
    assert -90 < latitude < 90


def test_area_on_the_map(client):
    city = client.app.state.assembly
    publish(city, "m1", squares((0, 0, 500, 1000)), FIRST, kind="mobile_coverage")
    delivery = stage(city, "m1", squares((200, 0, 1200, 1000)), kind="mobile_coverage")
    review_of(city, delivery)
    for _ in range(2):
        body = json.loads(get(client, delivery, "difference.geojson", "coordinator").text)
        changes = [feature["properties"]["changes"] for feature in body["features"]]
        assert sorted(changes) == [["gained"], ["gained"], ["lost"]]
    assert get(client, delivery, "difference", "coordinator").json()["items"] == []
    assert get(client, delivery, "difference.csv", "coordinator").text.count("\n") == 1


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [({"change": "better"}, 400, "downgraded"), ({"district": "99"}, 400, "no code"),
     ({"limit": 0}, 422, "limit"), ({"offset": -1}, 422, "offset")],
)  # fmt: skip
def test_what_makes_no_sense_is_said(client, delivery, query, status, says):
    answer = get(client, delivery, "difference", "coordinator", **query)
    assert answer.status_code == status
    assert says in answer.json()["detail"]


def test_a_review_is_made_by_the_worker_and_anew_when_something_is_published(client, delivery):
    city = client.app.state.assembly
    queue = Queue.of(city.store)
    queue.huey.flush()
    publish(city, "op2", fibre("A4 passed", "A5 passed"))
    for path in PATHS:
        answer = get(client, delivery, path, "partner:op1")
        assert answer.status_code == 202, path
        job = answer.json()["job"]
        assert (job["what"], job["state"]) == ("review", "queued")
        assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
        assert answer.headers["retry-after"]
        page = client.get(f"/deliveries/{delivery.id}", headers=by("coordinator"))
        assert "Unterschied und Wirkung werden berechnet" in page.text
        assert f'v1/jobs/{job["id"]}" data-phases' in page.text
    queue_reviews(city, queue)
    assert [list(task.args) for task in queue.huey.pending()] == [[job["id"]]], "one for all"
    queue.huey.flush()
    recover(city.store, queue)  # the queue may be lost
    assert [list(task.args) for task in queue.huey.pending()] == [[job["id"]]]
    review_job(city, job["id"])
    for path in PATHS:
        assert get(client, delivery, path, "partner:op1").status_code == 200, path
    assert city.store.job(job["id"]).state == "done"
    queue.huey.flush()
    queue_reviews(city, queue)
    assert queue.huey.pending_count() == 0


def test_a_review_that_fails_is_said_and_tried_again_later(client, delivery, monkeypatch):
    city = client.app.state.assembly
    publish(city, "op2", fibre("A4 passed", "A5 passed"))
    job = get(client, delivery, "review", "coordinator").json()["job"]["id"]

    def broken(*_):
        raise OSError("No space left")

    with monkeypatch.context() as patch:
        patch.setattr(worker_jobs, "review_of", broken)
        with pytest.raises(OSError, match="No space"):
            review_job(city, job)
    queue = Queue.of(city.store)
    queue.huey.flush()
    queue_reviews(city, queue)
    assert queue.huey.pending_count() == 0, "not again and again by itself"
    answer = get(client, delivery, "review", "coordinator")
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("review_failed")
    page = client.get(f"/deliveries/{delivery.id}", headers=by("coordinator"))
    assert page.status_code == 200
    assert "konnten nicht berechnet werden" in page.text
    assert "data-job" not in page.text
    city.store._clock = lambda: datetime.now(UTC) + timedelta(minutes=2)
    again = get(client, delivery, "review", "coordinator")
    assert again.status_code == 202
    review_job(city, again.json()["job"]["id"])
    assert get(client, delivery, "review", "coordinator").status_code == 200


def test_a_refused_delivery_has_no_review(client):
    refused = a_refused_one(client.app.state.assembly.store, "fibre_addresses")
    answer = get(client, refused, "review", "partner:op1")
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("no_review")
    assert "rejected" in answer.json()["detail"]
