"""The whole service, with its processes, on a database server: a partner's way and mishaps.

What a page or a rule does is tested elsewhere, on SQLite; here it is all that speaks to a database:
routes, queue, worker, and their connections.
"""

import base64
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import httpx2
import pytest
import shapely
from databases import AWAY_S, Server
from delivering import CRS, PEOPLE, make_town, write_fibre
from serving import Service, serving, wait_for

from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.services.access.door import Door
from stadtnetz.services.access.policy import SCOPES
from stadtnetz.services.access.settings import AccessSettings, OidcSettings
from stadtnetz.services.assembly import Assembly

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc to find the worker")

TUS = {"Tus-Resumable": "1.0.0"}
INDICATOR = "fibre_offer_household_share"
HOUSEHOLDS = 10
"""Of each of ten addresses; a layer of `write_fibre` covers eight of them."""


class Person:
    """Somebody with a token, at whatever address the service is now."""

    def __init__(self, service: Service, name: str, token: str) -> None:
        self.name = name
        self._service = service
        self._client = httpx2.Client(
            headers={"Authorization": f"Bearer {token}"}, timeout=60.0, trust_env=False
        )

    def __getattr__(self, method: str) -> Any:
        ask = getattr(self._client, method)
        return lambda path, *more, **options: ask(self._service.address + path, *more, **options)

    def stream(self, path: str, **headers: str) -> Any:
        return self._client.stream("GET", self._service.address + path, headers=headers)

    def state(self, delivery_id: str) -> str:
        return str(self.get(f"/v1/deliveries/{delivery_id}").json()["state"])

    def hand_in(self, path: Path, day: str) -> Any:
        with path.open("rb") as file:
            return self.post(
                "/v1/deliveries",
                data={"kind": "fibre_areas", "valid_from": day},
                files={"file": (path.name, file)},
            )

    def staged(self, path: Path, day: str) -> str:
        """Hand in a file, and wait until it is checked."""
        answer = self.hand_in(path, day)
        assert answer.status_code == 202, answer.text
        delivery_id = str(answer.json()["delivery"]["id"])
        wait_for(lambda: self.state(delivery_id) == "staged")
        return delivery_id

    def close(self) -> None:
        self._client.close()


@pytest.fixture(scope="module")
def town(postgresql_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with postgresql_server.database("store") as url:
        yield make_town(tmp_path_factory.mktemp("on-server") / "town", url)


@pytest.fixture(scope="module")
def tokens(town: Path) -> dict[str, str]:
    """Tokens of the people of the town, which has a register of addresses from here on."""
    assembly = Assembly.open(town)
    register = gpd.GeoDataFrame(
        {
            "id": [f"A{n}" for n in range(10)],
            "street": "Hauptstraße",
            "house_number": [str(n + 1) for n in range(10)],
            "postcode": "12345",
            "households": HOUSEHOLDS,
        },
        geometry=[shapely.Point(350_050 + 100 * n, 5_680_500) for n in range(10)],
        crs=CRS,
    )
    assembly.store.import_city_layer(Layer("addresses", register, Provenance("t")), {}, who="city")
    door = Door.open(assembly.store.database, AccessSettings(), OidcSettings())
    made = {
        name: door.tokens.add(
            name, "tests", [s for s, roles in SCOPES.items() if who.role in roles], 1, "tests"
        )[1]
        for name, who in PEOPLE.items()
    }
    assembly.store.close()
    return made


@pytest.fixture(scope="module")
def service(town: Path, tokens: dict[str, str]) -> Iterator[Service]:
    del tokens  # made before it starts
    with serving(town) as service:
        yield service


@pytest.fixture
def person(service: Service, tokens: dict[str, str]) -> Iterator[Any]:
    people: dict[str, Person] = {}

    def of(name: str) -> Person:
        return people.setdefault(name, Person(service, name, tokens[name]))

    yield of
    for each in people.values():
        each.close()


def share(who: Person) -> float | None:
    """The share of households with an offer, as a coordinator sees it at once."""
    value: float | None = who.get(f"/v1/indicators/{INDICATOR}").json()["value"]
    return value


def upload(who: Person, path: Path, day: str) -> Any:
    """Send a file in two pieces, and make it a delivery."""
    content = path.read_bytes()
    name = base64.b64encode(path.name.encode()).decode()
    begun = TUS | {"Upload-Length": str(len(content)), "Upload-Metadata": f"filename {name}"}
    url = who.post("/v1/uploads", headers=begun).headers["location"]
    half = len(content) // 2
    for at, piece in ((0, content[:half]), (half, content[half:])):
        more = {"Upload-Offset": str(at), "Content-Type": "application/offset+octet-stream"}
        assert who.patch(url, content=piece, headers=TUS | more).status_code == 204
    words = {"kind": "fibre_areas", "valid_from": day, "upload": url.rsplit("/", 1)[-1]}
    return who.post("/v1/deliveries", json=words)


def test_a_partners_way_to_the_figure_and_back(person: Any, tmp_path: Path) -> None:
    paul, anna = person("paul"), person("anna")
    answer = upload(paul, write_fibre(tmp_path / "Ausbau.gpkg"), "2026-06-30")
    assert answer.status_code == 202, answer.text
    delivery_id = answer.json()["delivery"]["id"]
    url = f"/v1/deliveries/{delivery_id}"
    wait_for(lambda: paul.state(delivery_id) == "staged")
    assert paul.get(f"{url}/report").json()["accepted"] is True
    assert paul.get(f"{url}/original").content == (tmp_path / "Ausbau.gpkg").read_bytes()
    assert person("rosa").get(url).status_code == 404
    assert share(anna) is None
    wait_for(lambda: anna.get(f"{url}/review").status_code == 200)
    assert anna.get(f"{url}/review").json()["last"] is None
    published = anna.post(f"{url}/publish")
    assert published.status_code == 200, published.text
    job = published.json()["job"]["id"]
    wait_for(lambda: anna.get(f"/v1/jobs/{job}").json()["state"] == "done")
    assert share(anna) == pytest.approx(0.8)
    assert paul.post(f"{url}/withdraw", json={"reason": "too early"}).status_code == 200
    assert share(anna) is None
    history = [entry["to_state"] for entry in paul.get(url).json()["history"]]
    assert history == ["received", "checking", "staged", "published", "withdrawn"]


def test_of_two_coordinators_who_publish_at_once_one_does(person: Any, tmp_path: Path) -> None:
    paul, anna = person("paul"), person("anna")
    delivery_id = paul.staged(write_fibre(tmp_path / "a.gpkg", record_id="2"), "2025-06-30")
    ready, answers = threading.Barrier(2), []

    def publish(who: Person) -> None:
        who.get("/health")  # connected
        ready.wait()
        answers.append(who.post(f"/v1/deliveries/{delivery_id}/publish"))

    threads = [threading.Thread(target=publish, args=(person(n),)) for n in ("anna", "otto")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    late = next(answer for answer in answers if answer.status_code == 409)
    assert late.json()["type"] == "urn:stadtnetz:problem:wrong_state"
    history = anna.get(f"/v1/deliveries/{delivery_id}").json()["history"]
    assert [entry["to_state"] for entry in history].count("published") == 1


def read_events(who: Person, path: str, count: int, **headers: str) -> list[dict[str, str]]:
    """Read so many server-sent events and hang up, or all until the service does."""
    events: list[dict[str, str]] = [{}]
    with who.stream(path, **headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if ": " in line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                events[-1][name] = value
            elif not line and events[-1]:
                if len(events) == count:
                    return events
                events.append({})
    return [event for event in events if event]


def test_events_go_on_after_a_connection_that_broke(
    person: Any, service: Service, tmp_path: Path
) -> None:
    paul, worker = person("paul"), service.worker()
    file = write_fibre(tmp_path / "a.gpkg", record_id="20")
    os.kill(worker, signal.SIGSTOP)
    try:
        answer = paul.hand_in(file, "2025-12-31")
        while answer.status_code == 503:  # it was stopped while it held the lock of the store
            os.kill(worker, signal.SIGCONT)
            time.sleep(0.2)
            os.kill(worker, signal.SIGSTOP)
            answer = paul.hand_in(file, "2025-12-31")
        path = f"/v1/jobs/{answer.json()['job']['id']}/events"
        (first,) = read_events(paul, path, 1)
    finally:
        os.kill(worker, signal.SIGCONT)
    assert json.loads(first["data"])["state"] == "queued"
    assert int(first["retry"]) > 0
    rest = read_events(paul, path, 100, **{"Last-Event-ID": first["id"]})
    assert first["id"] not in {event["id"] for event in rest}
    assert [event["event"] for event in rest][-1] == "done"
    assert json.loads(rest[-1]["data"])["delivery_state"] == "staged"
    assert read_events(paul, path, 100, **{"Last-Event-ID": rest[-1]["id"]}) == []
    with person("rosa").stream(path) as refused:
        assert refused.status_code == 404


def test_work_that_a_killed_service_left_is_done(
    person: Any, service: Service, tmp_path: Path
) -> None:
    paul, anna = person("paul"), person("anna")
    first = paul.staged(write_fibre(tmp_path / "a.gpkg", record_id="3"), "2025-07-31")
    os.kill(service.worker(), signal.SIGKILL)
    files = [write_fibre(tmp_path / f"{n}.gpkg", record_id=str(n)) for n in range(4, 7)]
    left = [paul.hand_in(path, "2025-08-31").json()["delivery"]["id"] for path in files]
    job = anna.post(f"/v1/deliveries/{first}/publish").json()["job"]["id"]
    service.kill()
    service.start()
    wait_for(lambda: {paul.state(each) for each in left} == {"staged"})
    wait_for(lambda: anna.get(f"/v1/jobs/{job}").json()["state"] == "done")
    assert share(anna) == pytest.approx(0.8)
    for each in left:
        entries = paul.get(f"/v1/deliveries/{each}").json()["jobs"]
        assert [e["state"] for e in entries if e["what"] == "check"] == ["done"]


def test_the_database_goes_and_comes_back(
    person: Any, service: Service, postgresql_server: Server, tmp_path: Path
) -> None:
    paul, anna = person("paul"), person("anna")
    files = [write_fibre(tmp_path / f"{n}.gpkg", record_id=str(n)) for n in range(10, 16)]
    # the worker is in the midst of these when it happens
    left = [paul.hand_in(path, "2025-09-30").json()["delivery"]["id"] for path in files[:4]]
    worker = service.worker()
    postgresql_server.stop()
    slowest_s = 0.0
    try:
        end = time.monotonic() + AWAY_S
        while time.monotonic() < end:
            for ask in (
                lambda: paul.get("/health"),
                lambda: paul.hand_in(files[4], "2025-10-31"),
                lambda: paul.get(f"/v1/deliveries/{left[0]}"),
                lambda: anna.post(f"/v1/deliveries/{left[0]}/publish"),
            ):
                began = time.monotonic()
                answer = ask()
                slowest_s = max(slowest_s, time.monotonic() - began)
                assert answer.status_code == 503, answer.text
                assert answer.json()["type"] == "urn:stadtnetz:problem:store_unavailable"
                assert answer.headers["retry-after"]
                assert "the database does not answer" in answer.json()["detail"]
                assert "postgresql" not in answer.text
            time.sleep(AWAY_S / 8)
    finally:
        postgresql_server.start()
    assert slowest_s < 5.0
    began = time.monotonic()
    # what is handed in now is checked at once, and what was left is begun anew; nothing is twice
    delivery_id = paul.staged(files[5], "2025-11-30")
    assert time.monotonic() - began < 20.0
    wait_for(lambda: {paul.state(each) for each in left} == {"staged"}, 90.0)
    assert service.worker() == worker
    found = paul.get("/v1/deliveries", params={"limit": 200}).json()["deliveries"]
    assert [each["id"] for each in found][:5] == [delivery_id, *reversed(left)]
    assert json.loads(paul.get("/health").text)["status"] == "ok"
