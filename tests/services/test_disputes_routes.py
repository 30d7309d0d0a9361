"""``/v1/disputes`` by everybody who may and may not."""

import pytest
from fastapi.testclient import TestClient
from small_city import FIRST, fibre, found_city, publish
from visitors import Recognise, by

from stadtnetz.services.app import create_app
from stadtnetz.services.settings import Settings

PDF = b"%PDF-1.7\n" + b"x" * 100
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100
STEPS = ("concede", "rebut", "uphold", "dismiss", "lift", "forget")


def serve(folder, **settings):
    found_city(folder).store.close()
    app = create_app(Settings(workspace=folder, **settings))
    app.add_middleware(Recognise)
    city = app.state.assembly
    publish(city, "op1", fibre("A4 passed", "A5 connected"), FIRST)
    publish(city, "op2", fibre("A4 passed"), FIRST)
    return app


@pytest.fixture
def client(tmp_path):
    app = serve(tmp_path / "city", public_disputes=True, evidence_mb=1)
    with TestClient(app, client=("192.0.2.1", 50000)) as client:
        yield client
    app.state.assembly.store.close()


def send(client, who="coordinator", file=None, **fields):
    form = {"address_id": "A5", "reason": "provider_refuses", "text": "They said no."}
    form |= {"operator": "op1"} if who == "coordinator" else {}
    files = {"evidence": file} if file else {"": ("", b"")}
    return client.post("/v1/disputes", data=form | fields, files=files, headers=by(who))


def step(client, dispute_id, name, who, text="because"):
    path = f"/v1/disputes/{dispute_id}/{name}"
    return client.post(path, json={"text": text}, headers=by(who))


def figure(client):
    path = "/v1/indicators/fibre_offer_household_share"
    return client.get(path, headers=by("coordinator")).json()


def test_the_whole_way(client):
    answer = send(client)
    assert answer.status_code == 201
    dispute = answer.json()
    assert answer.headers["location"] == f"/v1/disputes/{dispute['id']}"
    assert (dispute["state"], dispute["opened_by"]) == ("open", "coordinator-")
    assert figure(client)["part"] == 60
    moment = figure(client)["known_at"]
    assert step(client, dispute["id"], "concede", "partner:op1", "").json()["state"] == "conceded"
    assert figure(client)["part"] == 20
    assert figure(client)["conceded_count"] == 1
    assert moment <= figure(client)["known_at"]
    lifted = step(client, dispute["id"], "lift", "coordinator").json()
    assert (lifted["state"], lifted["in_force"]) == ("lifted", False)
    assert figure(client)["part"] == 60


def test_operators_see_disputes_about_themselves_only(client):
    mine, other = send(client).json(), send(client, operator="op2", address_id="A4").json()
    body = client.get("/v1/disputes", headers=by("partner:op1")).json()
    assert [row["id"] for row in body["disputes"]] == [mine["id"]]
    assert body["count"] == 1
    # asking for another operator's gives one's own
    body = client.get("/v1/disputes?operator=op2", headers=by("partner:op1")).json()
    assert [row["id"] for row in body["disputes"]] == [mine["id"]]
    missing = client.get(f"/v1/disputes/{'0' * 32}", headers=by("partner:op1"))
    assert missing.status_code == 404
    for path in ("", "/evidence"):
        answer = client.get(f"/v1/disputes/{other['id']}{path}", headers=by("partner:op1"))
        assert answer.status_code == 404
        assert answer.json()["detail"].replace(other["id"], "0" * 32) == missing.json()["detail"]
    for name in ("concede", "rebut"):
        assert step(client, other["id"], name, "partner:op1").status_code == 404
    for name in STEPS[2:]:
        assert step(client, other["id"], name, "partner:op1").status_code == 403
    assert client.get("/v1/disputes", headers=by("coordinator")).json()["count"] == 2


def test_operators_do_not_learn_who_opened_or_decided(client):
    dispute = send(client).json()
    step(client, dispute["id"], "rebut", "partner:op1")
    step(client, dispute["id"], "uphold", "coordinator")
    shown = client.get(f"/v1/disputes/{dispute['id']}", headers=by("partner:op1")).json()
    assert not {"opened_by", "asked", "receipt", "version"} & shown.keys()
    assert shown["origin"] == "city"
    assert "who" not in shown["decision"]
    assert "coordinator-" not in str(shown)


def test_the_public_learns_nothing_from_its_answer(client):
    claimed = send(client, "public", address_id="A4", provider="op1")
    nobody = send(client, "public", address_id="A0", provider="op1")
    again = send(client, "public", address_id="A4", provider="op1")
    for answer in (claimed, nobody, again):
        assert answer.status_code == 202
        assert answer.json().keys() == {"receipt", "status"}
        assert answer.json()["status"] == "received"
    states = [
        row["state"]
        for row in client.get("/v1/disputes", headers=by("coordinator")).json()["disputes"]
    ]
    assert sorted(states) == ["noted", "noted", "open"]
    # an operator named by the public in the form of coordinators is not asked for
    send(client, "public", address_id="A4", operator="op2", reason="other_fee")
    rows = client.get("/v1/disputes?state=open", headers=by("coordinator")).json()["disputes"]
    assert sorted(row["operator"] for row in rows) == ["op1", "op1", "op2"]
    seen = client.get("/v1/disputes", headers=by("partner:op1")).json()["disputes"]
    assert {row["origin"] for row in seen} == {"public"}
    assert "op2" not in str(seen)


def test_the_public_sees_and_decides_nothing(client):
    dispute = send(client).json()
    assert client.get("/v1/disputes").status_code == 401
    assert client.get(f"/v1/disputes/{dispute['id']}").status_code == 401
    assert client.get(f"/v1/disputes/{dispute['id']}/evidence").status_code == 401
    for name in STEPS:
        assert step(client, dispute["id"], name, "public").status_code == 401
    assert send(client, "partner:op2", operator="op1").status_code == 403


def test_the_public_may_only_where_the_city_says_so(tmp_path):
    app = serve(tmp_path / "city")
    with TestClient(app) as client:
        answer = send(client, "public")
        assert answer.status_code == 403
        assert answer.json()["type"].endswith("not_allowed")
    app.state.assembly.store.close()


def test_the_public_may_only_so_often(client):
    answers = [send(client, "public", address_id="A0") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [202] * 5 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 3600
    assert answers[-1].json()["type"].endswith("too_many_requests")
    assert send(client).status_code == 201


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [({"address_id": "A99"}, 404, "unknown_address"), ({"operator": "op2"}, 409, "no_offer"),
     ({"reason": "bad_mood"}, 422, "unknown_reason"), ({"text": "x" * 2001}, 422, "incomplete"),
     ({"text": " "}, 422, "incomplete"), ({"text": "a\x00b"}, 422, "incomplete"),
     ({"address_id": ""}, 422, "incomplete"), ({"operator": ""}, 422, "incomplete"),
     ({"address_id": "A" * 129}, 422, "incomplete"),
     ({"technology": "carrier pigeon"}, 422, "incomplete")],
)  # fmt: skip
def test_what_cannot_be_taken_is_said(client, fields, status, code):
    answer = send(client, **fields)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith(code)
    assert client.get("/v1/disputes", headers=by("coordinator")).json()["count"] == 0


@pytest.mark.parametrize(
    ("content", "media", "ending"),
    [(PDF, "application/pdf", "pdf"), (PNG, "image/png", "png"),
     (b"\xff\xd8\xff\xe0" + b"x", "image/jpeg", "jpg")],
)  # fmt: skip
def test_evidence_is_a_download_of_what_it_is(client, content, media, ending):
    name = "../../Straße <script>.html"
    dispute = send(client, file=(name, content, "text/html")).json()
    assert dispute["evidence"] == f"Straße script.{ending}"
    for who in ("partner:op1", "coordinator"):
        answer = client.get(f"/v1/disputes/{dispute['id']}/evidence", headers=by(who))
        assert answer.content == content
        assert answer.headers["content-type"] == media
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
    assert client.app.state.assembly.store.verify() == []
    assert client.app.state.assembly.store.collect_orphans(0) == 0


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"PK\x03\x04", b"MZ", b" %PDF-1.7"])
def test_other_files_are_no_evidence(client, content):
    answer = send(client, file=("letter.pdf", content, "application/pdf"))
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("evidence_refused")
    assert client.get("/v1/disputes", headers=by("coordinator")).json()["count"] == 0


def test_too_large_is_refused_before_it_is_read(client):
    answer = send(client, file=("a.pdf", PDF + b"x" * 1_200_000, "application/pdf"))
    assert answer.status_code == 413
    just = send(client, file=("a.pdf", b"%PDF-" + b"x" * 1_000_000, "application/pdf"))
    assert just.status_code == 413
    assert "1 MB" in just.json()["detail"]
    fits = send(client, file=("a.pdf", b"%PDF-" + b"x" * 999_995, "application/pdf"))
    assert fits.status_code == 201

    def chunks():
        yield b"--b\r\n"

    headers = by("coordinator") | {"Content-Type": "multipart/form-data; boundary=b"}
    answer = client.post("/v1/disputes", content=chunks(), headers=headers)
    assert answer.status_code == 411


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"{}", "application/json"), (b"nothing of a form", "multipart/form-data; boundary=b"),
     (b"a=1", "application/x-www-form-urlencoded"), (b"x", "multipart/form-data")],
)  # fmt: skip
def test_other_bodies_are_problems(client, content, kind):
    headers = by("coordinator") | {"Content-Type": kind}
    answer = client.post("/v1/disputes", content=content, headers=headers)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"


def test_steps_out_of_order_are_conflicts(client):
    dispute = send(client).json()
    assert step(client, dispute["id"], "lift", "coordinator").status_code == 409
    early = step(client, dispute["id"], "uphold", "coordinator")
    assert (early.status_code, early.json()["type"][-11:]) == (409, "not_overdue")
    assert send(client).json()["type"].endswith("already_disputed")
    assert step(client, dispute["id"], "rebut", "partner:op1", "").status_code == 422
    assert step(client, dispute["id"], "rebut", "partner:op1").status_code == 200
    assert step(client, dispute["id"], "concede", "partner:op1").status_code == 409


def test_what_people_sent_can_be_deleted_once_it_is_settled(client):
    send(client, "public", address_id="A4", provider="op1", file=("a.pdf", PDF, "application/pdf"))
    (dispute,) = client.get("/v1/disputes", headers=by("coordinator")).json()["disputes"]
    assert step(client, dispute["id"], "forget", "coordinator").status_code == 409
    assert step(client, dispute["id"], "dismiss", "coordinator").status_code == 200
    assert step(client, dispute["id"], "forget", "partner:op1").status_code == 403
    assert step(client, dispute["id"], "forget", "coordinator", "").status_code == 422
    assert step(client, dispute["id"], "forget", "coordinator", "asked for").status_code == 200
    path = f"/v1/disputes/{dispute['id']}"
    left = client.get(path, headers=by("coordinator")).json()
    assert (left["text"], left["asked"], left["evidence"]) == ("", {}, None)
    assert (left["state"], left["decision"]["text"]) == ("dismissed", "because")
    assert client.get(f"{path}/evidence", headers=by("coordinator")).status_code == 404
    store = client.app.state.assembly.store
    assert store.collect_orphans(0) == len(PDF)
    assert "They said no." not in str([(e.why, e.details) for e in store.events()])
    assert store.events()[-1].what == "dispute_forget"


def test_pages_and_reasons(client):
    for reason in ("other_fee", "not_in_time", "provider_refuses"):
        assert send(client, reason=reason).status_code == 201
    page = client.get("/v1/disputes?limit=2&offset=2", headers=by("coordinator")).json()
    assert (page["count"], len(page["disputes"])) == (3, 1)
    assert client.get("/v1/disputes?operator=%00", headers=by("coordinator")).status_code == 422
    assert client.get("/v1/disputes?state=lost", headers=by("coordinator")).status_code == 422
    reasons = client.get("/v1/dispute-reasons").json()["reasons"]
    assert {"provider_refuses", "not_in_time"} <= {row["code"] for row in reasons}
