"""Asking for a prediction: who may, what is refused at once, and the job that it becomes."""

from __future__ import annotations

import json

import pytest
from delivering import people
from predicted_city import COORDINATOR, DAY, PIXEL_M, City, gateways, sectors

from stadtnetz.data.jobs import PREDICT, JobState
from stadtnetz.services.assembly import Assembly
from stadtnetz.services.jobs import Queue, recover
from stadtnetz.services.predicting.asking import WishWords, ask, words_of_form
from stadtnetz.services.predicting.run import predict
from stadtnetz.services.predicting.wish import PredictionError, Wish
from stadtnetz.services.prediction_listing import listing_of

WISH = {"technology": "LoRaWAN", "pixel_m": 50, "radius_km": 1, "as_of": DAY.isoformat()}


@pytest.fixture
def ready(city: City) -> City:
    city.with_ground().publish("lorawan_gateways", gateways(1), "stadt")
    return city


def test_a_coordinator_gets_a_job_that_others_do_not_see(ready: City) -> None:
    with people(ready.folder) as client:
        answer = client("anna").post("/v1/predictions", json=WISH)
        assert answer.status_code == 202, answer.text
        job = answer.json()["job"]
        path = answer.headers["location"]
        assert path == f"/v1/jobs/{job['id']}"
        assert (job["what"], job["delivery"], job["state"]) == ("predict", None, "queued")
        assert job["said"]["wish"]["technology"] == "LoRaWAN"
        assert client("otto").get(path).json()["delivery_state"] is None
        foreign, unknown = (client("paul").get(p) for p in (path, f"/v1/jobs/{'0' * 32}"))
        assert foreign.status_code == unknown.status_code == 404
        assert foreign.json()["detail"] == unknown.json()["detail"]
        assert client("paul").post("/v1/predictions", json=WISH).status_code == 403
        assert client().post("/v1/predictions", json=WISH).status_code == 401


def test_a_job_whose_place_in_the_queue_was_lost_is_found_again(ready: City) -> None:
    with people(ready.folder) as client:
        job = client("anna").post("/v1/predictions", json=WISH).json()["job"]
    assembly = Assembly.open(ready.folder)
    queue = Queue.of(assembly.store)
    queue.huey.flush()
    for _ in range(2):
        recover(assembly.store, queue)
        (task,) = queue.huey.pending()
        assert (task.name, list(task.args)) == (PREDICT, [job["id"]])
    assembly.store.close()


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ({"technology": "5G"}, 422, "there are no sites to predict from"),
        ({"technology": "radar"}, 422, "there is no technology 'radar'"),
        ({"model": "circle"}, 422, "there is no model 'circle'"),
        ({"pixel_m": 0.5}, 422, "pixel_m"),
        ({"radius": 1}, 422, "radius"),
    ],
)
def test_what_cannot_be_predicted_is_said_at_once(
    ready: City, words: dict[str, object], status: int, said: str
) -> None:
    with people(ready.folder) as client:
        answer = client("anna").post("/v1/predictions", json=WISH | words)
    assert answer.status_code == status
    assert said in json.dumps(answer.json(), ensure_ascii=False)


def test_without_terrain_nothing_is_queued(city: City) -> None:
    city.publish("lorawan_gateways", gateways(1), "stadt")
    with people(city.folder) as client:
        answer = client("anna").post("/v1/predictions", json=WISH)
        assert (answer.status_code, answer.json()["title"]) == (422, "no ground")
        assert client.app.state.assembly.store.latest_jobs(PREDICT, 5) == []


def test_a_form_may_have_decimal_commas_and_empty_fields() -> None:
    form = {"technology": "", "operator": " ", "pixel_m": "12,5", "radius_km": ""}
    words = words_of_form(form)
    assert (words.technology, words.operator, words.pixel_m) == (None, None, 12.5)
    assert (words.radius_km, words.second_opinion) == (None, False)
    assert words_of_form({"second_opinion": "yes"}).second_opinion
    with pytest.raises(PredictionError, match="pixel_m: ") as caught:
        words_of_form({"pixel_m": "klein"})
    assert caught.value.code == "wrong_pixel_m"


def test_the_page_lists_what_there_is_and_follows_what_was_asked_for(ready: City) -> None:
    ready.publish("mobile_sites", sectors(0.0), "m1")
    predict(ready.assembly, Wish("LoRaWAN", None, 1.0, PIXEL_M, second_opinion=False), DAY, "t")
    ready.publish("lorawan_gateways", gateways(2), "stadt")
    assembly = ready.assembly
    listing = listing_of(assembly, DAY, COORDINATOR)
    assert listing.operators == ("m1", "stadt")
    told = {(row.technology, row.operator): row for row in listing.rows}
    assert told["5G", "m1"].version == ""
    gone = told["LoRaWAN", "stadt"]
    assert [layer["kind"] for layer in gone.outdated] == ["lorawan_gateways"]
    assert (gone.pixel_m, gone.model) == (PIXEL_M, "p1812")
    job = ask(assembly, Queue.of(assembly.store), WishWords(**WISH), COORDINATOR)
    assert [asked.id for asked in listing_of(assembly, DAY, COORDINATOR).jobs] == [job.id]
    problem = {"code": "no_sites", "detail": "none"}
    assembly.store.change_job(job.id, state=JobState.FAILED, phase="failed", problem=problem)
    after = listing_of(assembly, DAY, COORDINATOR)
    assert (after.jobs, after.problem) == ((), problem)
    assembly.store.close()
