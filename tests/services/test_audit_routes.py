"""``/v1/audit``: whoever may read the log can follow its chain without us."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from delivering import hand_in, make_town, people, work, write_fibre
from sqlalchemy import update

from stadtnetz.data.schema import events
from stadtnetz.services.access.door import Door
from stadtnetz.services.assembly import Assembly

SAID = ("at", "who", "what", "delivery", "from_state", "to_state", "why", "subject", "details")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town with a history: a delivery with its questions, and accounts that came and went."""
    folder = make_town(tmp_path_factory.mktemp("audited") / "town")
    with people(folder) as client:
        path = write_fibre(folder.parent / "Ausbau.gpkg")
        url = hand_in(client("paul"), path).headers["location"]
        work(folder)
        client("anna").post(f"{url}/question", json={"text": "Größe?"})
        client("anna").post(f"{url}/publish")
    return folder


@pytest.fixture
def client(town: Path) -> Iterator[Any]:
    with people(town) as client:
        yield client


def everything(client: Any, limit: int) -> list[dict[str, Any]]:
    """Follow the pages to the end."""
    found: list[dict[str, Any]] = []
    url = f"/v1/audit?limit={limit}"
    while url:
        page = client.get(url).json()
        assert len(page["entries"]) <= limit
        found += page["entries"]
        url = page["next"]
    return found


def test_others_can_follow_the_chain(client: Any) -> None:
    entries = everything(client("anna"), 3)
    assert [entry["number"] for entry in entries] == list(range(1, len(entries) + 1))
    assert len(entries) > 6
    before = client("anna").get("/v1/audit?limit=1").json()["genesis"]
    for entry in entries:  # as docs/operations.md says
        said = {name: entry[name] for name in SAID}
        text = json.dumps([before, said], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        before = hashlib.sha256(text.encode()).hexdigest()
        assert entry["hash"] == before, entry
    verdict = client("anna").get("/v1/audit/verdict").json()
    assert verdict["whole"] is True
    assert (verdict["entries"], verdict["last_hash"]) == (len(entries), before)
    assert verdict["broken"] is None


def test_it_is_narrowed_to_an_object(client: Any) -> None:
    every = everything(client("anna"), 100)
    delivery = next(entry["delivery"] for entry in every if entry["what"] == "question")
    own = client("anna").get("/v1/audit", params={"delivery": delivery}).json()["entries"]
    assert own == [entry for entry in every if entry["delivery"] == delivery]
    assert {entry["to_state"] for entry in own} >= {"received", "staged", "published"}
    query = {"what": "question", "who": "anna"}
    (asked,) = client("anna").get("/v1/audit", params=query).json()["entries"]
    assert asked["why"] == "Größe?"
    subject = next(entry["subject"] for entry in every if entry["subject"])
    about = client("anna").get("/v1/audit", params={"subject": subject}).json()["entries"]
    assert {entry["subject"] for entry in about} == {subject}
    page = client("anna").get("/v1/audit", params={"delivery": delivery, "limit": 2}).json()
    assert f"delivery={delivery}" in page["next"]
    following = client("anna").get(page["next"]).json()["entries"]
    assert following[0] == own[2]


@pytest.mark.parametrize(
    ("query", "says"),
    [("limit=0", "limit"), ("limit=5000", "limit"), ("after=-1", "after"), ("delivery=X", "deliv"),
     ("who=%00", "who")],
)  # fmt: skip
def test_what_makes_no_sense_is_said(client: Any, query: str, says: str) -> None:
    answer = client("anna").get(f"/v1/audit?{query}")
    assert answer.status_code == 422
    assert says in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/v1/audit", "/v1/audit/verdict"])
def test_it_is_for_coordinators_and_for_tokens_made_for_it(client: Any, path: str) -> None:
    assert client().get(path).status_code == 401
    assert client("paul").get(path).status_code == 403
    door: Door = client.app.state.door
    answers = []
    for scope in ("audit:read", "deliveries:read"):
        _, text = door.tokens.add("anna", "watch", [scope], 1, "tests")
        headers = {"Authorization": f"Bearer {text}"}
        answers.append(client().get(path, headers=headers).status_code)
    assert answers == [200, 403]


def test_what_was_changed_is_found_at_once_if_new_and_by_the_next_full_check_if_old(
    client: Any,
) -> None:
    anna = client("anna")
    anna.get("/audit")  # signed in from here on, which is an entry, too
    assembly: Assembly = client.app.state.assembly
    watch = client.app.state.log_watch
    whole = watch.check(full=True)
    assert whole.new_count == whole.verdict.count
    assert watch.check().new_count == 0
    deliveries = assembly.store.deliveries(kind="fibre_areas")
    anna.post(f"/v1/deliveries/{deliveries[0].id}/question", json={"text": "And this?"})
    assert watch.check().new_count == 1
    page = anna.get("/audit").text
    assert "von den neuesten wurden eben 0 geprüft" in page
    assert 'href="audit?full=1"' in page
    with assembly.store.database.write() as connection:
        for trigger in ("update", "delete", "insert"):
            connection.exec_driver_sql(f"DROP TRIGGER events_refuses_{trigger}")
        old = update(events).where(events.c.id == 2)
        connection.execute(old.values(why="something else"))
    # said on the page, and in the documentation: it is not read again each time
    assert anna.get("/v1/audit/verdict").json()["whole"] is True
    broken = anna.get("/v1/audit/verdict?full=true").json()
    assert broken["whole"] is False
    assert broken["broken"]["number"] == 2
    assert "Das Protokoll ist lückenlos" not in anna.get("/audit").text  # it stays broken
    assert anna.get("/v1/audit/verdict").json() == broken
    # by itself, a day later
    client.app.state.log_watch._last = whole
    assembly.store._clock = lambda: datetime.now(UTC) + timedelta(days=2)
    assert watch.check().verdict.count == 1
