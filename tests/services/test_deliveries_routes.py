"""``/v1/deliveries``: the way of a delivery, whose it is, and everything that can be wrong."""

import hashlib
import threading

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from delivering import hand_in, make_town, people, work, write_fibre

from stadtnetz.data.audit import first_broken


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write_fibre(tmp_path_factory.mktemp("files") / "Ausbau Süd.gpkg")


@pytest.fixture
def town(tmp_path):
    return make_town(tmp_path / "town")


@pytest.fixture
def client(town):
    with people(town) as client:
        yield client


def handed_in(client, path, **fields):
    answer = hand_in(client, path, **fields)
    assert answer.status_code == 202, answer.text
    return answer.json()["delivery"]["id"]


def problem(answer, status, code):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == f"urn:stadtnetz:problem:{code}"
    assert body["status"] == status
    assert body["detail"]
    return body


def uploads_left(town):
    return sorted(path.name for path in (town / "uploads").glob("*"))


# --- the way --------------------------------------------------------------------------------------


def test_the_way_of_a_delivery(client, town, file):
    paul, anna = client("paul"), client("anna")
    answer = hand_in(paul, file)
    assert answer.status_code == 202
    delivery_id = answer.json()["delivery"]["id"]
    assert answer.headers["location"] == f"/v1/deliveries/{delivery_id}"
    url = answer.headers["location"]
    job = answer.json()["job"]
    assert (job["state"], job["done_share"]) == ("queued", 0.0)
    problem(anna.post(f"{url}/publish"), 409, "wrong_state")

    work(town)
    entry = paul.get(url).json()
    assert entry["state"] == "staged"
    assert entry["report"]["accepted"]
    assert entry["report"]["row_count"] == 1
    assert entry["jobs"][0]["state"] == "done"
    assert entry["files"] == {"original": True, "corrected": False, "findings": True}
    assert paul.get(f"{url}/report").json()["accepted_count"] == 1

    problem(paul.post(f"{url}/publish"), 403, "wrong_role")
    anna.post(f"{url}/question", json={"text": "Which quarter?"})
    paul.post(f"{url}/answer", json={"text": "The second."})
    published = anna.post(f"{url}/publish")
    assert published.status_code == 200
    assert published.json()["delivery"]["state"] == "published"
    resolve = anna.get(f"/v1/jobs/{published.json()['job']['id']}").json()
    assert (resolve["what"], resolve["delivery_state"]) == ("resolve", "published")

    history = [(e["what"], e["who"], e["to_state"]) for e in paul.get(url).json()["history"]]
    assert history == [
        ("delivery", "paul", "received"),
        ("delivery", "stadtnetz", "checking"),
        ("delivery", "stadtnetz", "staged"),
        ("question", "anna", None),
        ("answer", "paul", None),
        ("delivery", "anna", "published"),
    ]
    assert paul.post(f"{url}/withdraw", json={"reason": "wrong"}).status_code == 200
    problem(paul.post(f"{url}/withdraw", json={"reason": "again"}), 409, "wrong_state")


def test_the_receipt_names_the_bytes_and_the_entry_in_the_log(client, file):
    paul = client("paul")
    delivery_id = handed_in(paul, file)
    receipt = paul.get(f"/v1/deliveries/{delivery_id}/receipt").json()
    content = file.read_bytes()
    store = client.app.state.desk.assembly.store
    assert receipt == {
        "delivery": delivery_id,
        "file_name": "Ausbau Süd.gpkg",
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "kind": "fibre_areas",
        "operator": "op1",
        "received_at": store.delivery(delivery_id).received_at.isoformat(),
        "account": "paul",
        "audit_hash": store.events(delivery_id)[0].hash,
    }
    with store._database.read() as connection:
        assert first_broken(connection) is None


def test_files_come_back_as_they_were(client, file, tmp_path):
    paul = client("paul")
    delivery_id = handed_in(paul, file)
    url = f"/v1/deliveries/{delivery_id}"
    original = paul.get(f"{url}/original")
    assert original.content == file.read_bytes()
    assert "Ausbau%20S%C3%BCd.gpkg" in original.headers["content-disposition"]
    assert original.headers["x-content-type-options"] == "nosniff"
    problem(paul.get(f"{url}/corrected"), 410, "file_gone")

    store = client.app.state.desk.assembly.store
    found = {
        "severity": ["error", "note"],
        "code": ["a", "b"],
        "row": [1, None],
        "column": ["x", None],
        "value": ["=cmd()", "Süd"],
        "message_de": ["schlecht", "gut"],
        "message_en": ["bad", "good"],
        "proposal_de": ["ändern", ""],
        "proposal_en": ["change", ""],
        "x": [350000.5, None],
        "y": [5680000.0, None],
    }
    pq.write_table(pa.table(found), tmp_path / "findings")
    (tmp_path / "netz_corrected.csv").write_bytes(b"1")
    store.begin_check(delivery_id)
    report = {"accepted": False, "corrected_name": "netz_corrected.csv"}
    store.finish_check(
        delivery_id,
        None,
        report,
        findings=tmp_path / "findings",
        corrected=tmp_path / "netz_corrected.csv",
    )
    table = paul.get(f"{url}/findings?lang=en").content.decode("utf-8-sig")
    assert table.splitlines() == [
        "severity;code;row;column;value;problem;what_to_do;x;y",
        "error;a;1;x;'=cmd();bad;change;350000.5;5680000.0",
        "note;b;;;Süd;good;;;",
    ]
    assert "Schwere" in paul.get(f"{url}/findings").text
    corrected = paul.get(f"{url}/corrected")
    assert corrected.content == b"1"
    assert "netz_corrected.csv" in corrected.headers["content-disposition"]


def test_all_findings_as_csv(client, town, tmp_path):
    paul = client("paul")
    bad = write_fibre(tmp_path / "bad.gpkg", status="fertig")
    url = f"/v1/deliveries/{handed_in(paul, bad)}"
    work(town)
    assert paul.get(url).json()["state"] == "rejected"
    rows = paul.get(f"{url}/findings").text.splitlines()
    assert any(";status;fertig;" in row for row in rows)


def test_a_mapping_that_passed_is_remembered(client, town, tmp_path):
    paul = client("paul")
    odd = write_fibre(tmp_path / "odd.gpkg", zustand="passed")
    assert paul.get("/v1/mappings/fibre_areas").json()["mapping"] == {}
    mapping = '{"status": "zustand"}'
    handed_in(paul, odd, mapping=mapping)
    work(town)
    assert paul.get("/v1/mappings/fibre_areas").json()["mapping"] == {"status": "zustand"}
    assert client("rosa").get("/v1/mappings/fibre_areas").json()["mapping"] == {}
    problem(paul.get("/v1/mappings/nonsense"), 422, "unknown_kind")
    problem(client().get("/v1/mappings/fibre_areas"), 401, "not_signed_in")


def test_templates(client):
    kinds = client("paul").get("/v1/kinds").json()["kinds"]
    areas = next(kind for kind in kinds if kind["id"] == "fibre_areas")
    assert areas["templates"] == ["gpkg"]
    for kind in kinds:
        for ending in kind["templates"]:
            answer = client("paul").get(f"/v1/kinds/{kind['id']}/template.{ending}")
            assert answer.status_code == 200
            assert f'{kind["id"]}.{ending}"' in answer.headers["content-disposition"]
            assert kind["columns"][0]["german"].encode() in answer.content or ending == "xlsx"
    problem(client("paul").get("/v1/kinds/fibre_areas/template.csv"), 404, "unknown_template")
    problem(client("paul").get("/v1/kinds/fibre_areas/template.exe"), 422, "invalid_parameter")
    assert "FTTH" in client("paul").get("/v1/kinds/fibre_areas/code-lists.csv").text


# --- whose it is ----------------------------------------------------------------------------------


def test_somebody_elses_is_as_if_it_were_not_there(client, file):
    url = f"/v1/deliveries/{handed_in(client('paul'), file)}"
    job_id = client("paul").get(url).json()["jobs"][0]["id"]
    nowhere = f"/v1/deliveries/{'0' * 32}"
    decisions = ("/publish", "/reject", "/question")  # which no partner may take at all
    for stranger, at_the_door in ((client("rosa"), None), (client(), "not_signed_in")):
        for ending in ("", "/report", "/findings", "/original", "/corrected", "/receipt"):
            theirs, none = stranger.get(url + ending), stranger.get(nowhere + ending)
            _refused(theirs, at_the_door or "unknown_delivery")
            assert _without_place(theirs) == _without_place(none)
        for ending, body in (
            ("/publish", None),
            ("/reject", {"reason": "x"}),
            ("/question", {"text": "x"}),
            ("/answer", {"text": "x"}),
            ("/withdraw", {"reason": "x"}),
        ):
            theirs, none = (stranger.post(u + ending, json=body) for u in (url, nowhere))
            role = "wrong_role" if ending in decisions else "unknown_delivery"
            _refused(theirs, at_the_door or role)
            assert _without_place(theirs) == _without_place(none)
        for ending in ("", "/events"):
            theirs = stranger.get(f"/v1/jobs/{job_id}{ending}")
            _refused(theirs, at_the_door or "unknown_job")
            none = stranger.get(f"/v1/jobs/{'0' * 32}{ending}")
            assert _without_place(theirs) == _without_place(none)
    assert client("pia").get(url).status_code == 200
    assert client("anna").get(url).status_code == 200


def _refused(answer, code):
    problem(answer, {"not_signed_in": 401, "wrong_role": 403}.get(code, 404), code)


def _without_place(answer):
    return {name: value for name, value in answer.json().items() if name != "instance"}


def test_the_beginning_of_an_id_opens_nothing(client, file):
    delivery_id = handed_in(client("paul"), file)
    for name in (delivery_id[:8], delivery_id.upper(), f"{delivery_id}0", "%25", "a" * 5_000):
        if name != delivery_id:
            problem(client("paul").get(f"/v1/deliveries/{name}"), 404, "unknown_delivery")


def test_lists_hold_ones_own(client, file, tmp_path):
    mine = [handed_in(client("paul"), file, valid_from=f"2026-0{i}-01") for i in range(1, 6)]
    theirs = handed_in(client("rosa"), write_fibre(tmp_path / "r.gpkg", "op2"))
    assert _ids(client("rosa").get("/v1/deliveries")) == [theirs]
    assert _ids(client("rosa").get("/v1/deliveries?operator=op1")) == []
    assert "op1" not in client("rosa").get("/v1/deliveries").text
    everybodys = _ids(client("anna").get("/v1/deliveries"))
    assert everybodys[:-1] == [theirs, *reversed(mine)]  # the last one are the districts
    assert _ids(client("anna").get("/v1/deliveries?operator=op2&state=received")) == [theirs]
    assert _ids(client("anna").get("/v1/deliveries?kind=addresses")) == []
    seen, url = [], "/v1/deliveries?limit=2&kind=fibre_areas"
    while url:
        page = client("paul").get(url)
        assert len(page.json()["deliveries"]) <= 2
        seen += _ids(page)
        url = page.json()["next"]
    assert seen == list(reversed(mine))
    # a place in somebody else's list is no place in one's own
    problem(client("rosa").get(f"/v1/deliveries?after={mine[0]}"), 404, "unknown_delivery")
    problem(client().get("/v1/deliveries"), 401, "not_signed_in")
    for query in ("state=lost", "limit=0", "limit=100000", f"limit={'9' * 5000}"):
        problem(client("paul").get(f"/v1/deliveries?{query}"), 422, "invalid_parameter")


def _ids(answer):
    assert answer.status_code == 200
    return [delivery["id"] for delivery in answer.json()["deliveries"]]


def test_whose_layer_is_handed_in(client, file):
    problem(hand_in(client(), file), 401, "not_signed_in")
    problem(hand_in(client("paul"), file, operator="op2"), 403, "not_allowed")
    problem(hand_in(client("paul"), file, kind="districts"), 403, "not_allowed")
    problem(hand_in(client("anna"), file), 403, "not_allowed")
    by_city = hand_in(client("anna"), file, operator="op1").json()["delivery"]
    assert (by_city["operator"], by_city["who"]) == ("op1", "anna")
    district = hand_in(client("anna"), file, kind="districts").json()["delivery"]
    assert district["operator"] is None
    problem(client("paul").get(f"/v1/deliveries/{district['id']}"), 404, "unknown_delivery")


def test_the_name_in_the_file_must_be_the_accounts(client, town, tmp_path):
    strange = write_fibre(tmp_path / "s.gpkg", "op2")
    url = f"/v1/deliveries/{handed_in(client('paul'), strange)}"
    work(town)
    assert client("paul").get(url).json()["state"] == "rejected"


# --- the same again -------------------------------------------------------------------------------


def test_the_same_key(client, town, file, tmp_path):
    paul = client("paul")
    first = handed_in(paul, file, key="k-1")
    assert handed_in(paul, file, key="k-1") == first
    other = write_fibre(tmp_path / "other.gpkg", record_id="2")
    problem(hand_in(paul, other, key="k-1"), 422, "idempotency_key_reused")
    problem(hand_in(paul, file, key="k-1", layer="x"), 422, "idempotency_key_reused")
    problem(hand_in(paul, other, key="ü".encode()), 400, "malformed_request")
    problem(hand_in(paul, other, key="k" * 256), 400, "malformed_request")
    work(town)
    assert handed_in(paul, file, key="k-1") == first
    assert len(_ids(paul.get("/v1/deliveries"))) == 1
    assert uploads_left(town) == []


def test_the_same_file(client, town, file):
    paul = client("paul")
    first = handed_in(paul, file)
    refused = hand_in(client("pia"), file)
    assert problem(refused, 409, "already_delivered")["delivery"] == first
    assert refused.headers["location"] == f"/v1/deliveries/{first}"
    assert handed_in(paul, file, again="true") != first
    assert uploads_left(town) == []


def test_replacing(client, town, file, tmp_path):
    paul, anna = client("paul"), client("anna")
    first = handed_in(paul, file, valid_from="2026-05-31")
    work(town)
    anna.post(f"/v1/deliveries/{first}/publish")
    better = write_fibre(tmp_path / "better.gpkg", record_id="2")
    second = handed_in(paul, better, replaces=first)
    work(town)
    anna.post(f"/v1/deliveries/{second}/publish")
    assert paul.get(f"/v1/deliveries/{first}").json()["state"] == "withdrawn"
    strange = hand_in(client("rosa"), write_fibre(tmp_path / "r.gpkg", "op2"), replaces=second)
    assert second in problem(strange, 422, "cannot_replace")["detail"]
    nowhere = hand_in(client("rosa"), tmp_path / "r.gpkg", replaces="0" * 32)
    told = [
        a.json()["detail"].replace(second, "").replace("0" * 32, "") for a in (strange, nowhere)
    ]
    assert told[0] == told[1]


def test_of_two_who_publish_at_once_one_wins(client, town, file):
    url = f"/v1/deliveries/{handed_in(client('paul'), file)}"
    work(town)
    start, told = threading.Barrier(2), {}

    def publish(name):
        start.wait()
        told[name] = client(name).post(f"{url}/publish")

    threads = [threading.Thread(target=publish, args=(name,)) for name in ("anna", "otto")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in told.values()) == [200, 409]
    store = client.app.state.desk.assembly.store
    assert len(store.publications(kind="fibre_areas", live=False)) == 1


# --- what is wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "code", "word"),
    [
        ({"kind": "fibre_area"}, "unknown_kind", "fibre_areas"),
        ({"kind": ""}, "invalid_parameter", "kind"),
        ({"valid_from": "30.06.2026"}, "invalid_parameter", "2026-06-30"),
        ({"valid_from": "1782777600"}, "invalid_parameter", "valid_from"),
        ({"valid_from": "2026-02-30"}, "invalid_parameter", "valid_from"),
        ({"mapping": "{"}, "invalid_parameter", "mapping"),
        ({"mapping": "[" * 10_000}, "invalid_parameter", "mapping"),
        ({"mapping": "[1]"}, "invalid_parameter", "mapping"),
        ({"mapping": '{"a": {}}'}, "invalid_parameter", "mapping"),
        ({"mapping": '{"a": "\\ud800"}'}, "invalid_parameter", "mapping"),
        ({"layer": "a\0b"}, "invalid_parameter", "layer"),
        ({"layer": "x" * 201}, "invalid_parameter", "layer"),
        ({"replaces": "1"}, "invalid_parameter", "replaces"),
        ({"again": "perhaps"}, "invalid_parameter", "again"),
        ({"colour": "blue"}, "invalid_parameter", "colour"),
        ({"sha256": "0" * 64}, "digest_mismatch", "SHA-256"),
        ({"upload": "0" * 32}, "invalid_parameter", "upload"),
    ],
)
def test_fields_that_make_no_sense(client, town, file, fields, code, word):
    told = problem(hand_in(client("paul"), file, **fields), 422, code)
    assert word in told["detail"]
    assert uploads_left(town) == []
    assert client("paul").get("/v1/deliveries").json()["deliveries"] == []


def form(*parts, end=b"--b--\r\n"):
    head = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    return b"".join(head % part for part in parts) + end


KIND = (b"kind", b"", b"fibre_areas")
FILE = (b"file", b'; filename="a.gpkg"', b"x" * 1_000)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (form(KIND, FILE, end=b""), 400, "upload_truncated"),
        (form(KIND, FILE)[:-4], 400, "upload_truncated"),
        (form(KIND, FILE)[:200], 400, "upload_truncated"),
        (b"", 400, "upload_truncated"),
        (form(KIND), 422, "invalid_parameter"),
        (form(FILE), 422, "invalid_parameter"),
        (form(KIND, FILE, FILE), 400, "malformed_request"),
        (form(KIND, KIND, FILE), 400, "malformed_request"),
        (form(KIND, (b"other", FILE[1], b"x")), 400, "malformed_request"),
        (form(KIND, (b"layer", b"", b"\xff"), FILE), 400, "malformed_request"),
        (form((b"kind", b"", b"x" * 70_000), FILE), 400, "malformed_request"),
        (form(*((b"f%d" % i, b"", b"1") for i in range(40)), FILE), 400, "malformed_request"),
        (b"no form at all" * 10, 400, "malformed_request"),
    ],
)
def test_forms_that_are_broken(client, town, content, status, code):
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    problem(client("paul").post("/v1/deliveries", content=content, headers=headers), status, code)
    assert uploads_left(town) == []
    assert client("paul").get("/v1/deliveries").json()["deliveries"] == []


@pytest.mark.parametrize(
    ("content_type", "content", "status", "code"),
    [
        ("multipart/form-data", b"x", 400, "malformed_request"),
        ("multipart/form-data; boundary=" + "x" * 300, b"x", 400, "malformed_request"),
        ("text/plain", b"x", 415, "wrong_media_type"),
        ("", b"x", 415, "wrong_media_type"),
        ("application/json", b"{", 400, "malformed_request"),
        ("application/json", b"[" * 100_000, 400, "malformed_request"),
        ("application/json", b"[]", 400, "malformed_request"),
        ("application/json", b"\xff", 400, "malformed_request"),
        ("application/json", b" " * 300_000, 413, "file_too_large"),
        ("application/json", b'{"kind": "fibre_areas"}', 422, "invalid_parameter"),
        ("application/json", b'{"kind": "fibre_areas", "upload": "%s"}' % (b"0" * 32), 404,
         "unknown_upload"),
        ("application/json", b'{"kind": 1e999, "upload": null}', 422, "invalid_parameter"),
    ],
)  # fmt: skip
def test_bodies_that_are_no_delivery(client, content_type, content, status, code):
    headers = {"Content-Type": content_type}
    problem(client("paul").post("/v1/deliveries", content=content, headers=headers), status, code)


@pytest.mark.parametrize("kind", ["terrain", "surface"])
def test_layers_made_of_tiles_are_refused_at_once(client, town, file, kind):
    tus = {"Tus-Resumable": "1.0.0"}
    url = (
        client("anna").post("/v1/uploads", headers=tus | {"Upload-Length": "1"}).headers["location"]
    )
    piece = tus | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    assert client("anna").patch(url, content=b"x", headers=piece).status_code == 204
    body = {"upload": url.rsplit("/", 1)[-1], "kind": kind}
    for answer in (
        hand_in(client("anna"), file, kind=kind),
        client("anna").post("/v1/deliveries", json=body),
    ):
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:stadtnetz:problem:wrong_door"
        assert f"stadtnetz import {kind}" in answer.json()["detail"]
    assert hand_in(client("paul"), file, kind=kind).status_code == 403
    url = "/v1/deliveries"
    assert client("anna").get(url, params={"kind": kind}).json()["deliveries"] == []
    assert [path.suffix for path in (town / "uploads").glob("*.gpkg")] == []


def test_names_of_files_are_only_names(client, file):
    for name, shown in (
        ("../../etc/passwd", "passwd"),
        ("C:\\Daten\\Netz.gpkg", "Netz.gpkg"),
        ("..", "file"),
        (".bashrc", "bashrc"),
        ("a" * 500 + ".gpkg", "a" * 196 + ".gpkg"),
        ("über\u202egpj.gpkg", "übergpj.gpkg"),
    ):
        with file.open("rb") as content:
            answer = client("paul").post(
                "/v1/deliveries",
                data={"kind": "fibre_areas", "again": "true"},
                files={"file": (name, content)},
            )
        assert answer.status_code == 202, answer.text
        got = answer.json()["delivery"]["file_name"]
        assert got == shown or got.startswith(shown[:100])
        assert len(got.encode()) <= 255
        assert "/" not in got


def test_a_reason_is_needed(client, file):
    url = f"/v1/deliveries/{handed_in(client('paul'), file)}"
    for what in ("reject", "withdraw"):
        for body in ({}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 5_000}, {"why": "x"}):
            problem(client("anna").post(f"{url}/{what}", json=body), 422, "invalid_parameter")
    assert client("anna").post(f"{url}/reject", json={"reason": "No."}).status_code == 200
    assert client("paul").get(url).json()["history"][-1]["why"] == "No."


def test_too_large(town, file):
    with people(town, max_file_bytes=10_000) as client:
        problem(hand_in(client("paul"), file), 413, "file_too_large")
        assert uploads_left(town) == []

        content = form(KIND, (FILE[0], FILE[1], b"x" * 20_000))
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        answer = client("paul").post("/v1/deliveries", content=content, headers=headers)
        problem(answer, 413, "file_too_large")
        assert uploads_left(town) == []


def test_a_store_that_is_locked_or_full(client, town, file, monkeypatch):
    store = client.app.state.desk.assembly.store

    def full(_source):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store.objects, "put", full)
        problem(hand_in(client("paul"), file), 507, "disk_full")
    monkeypatch.setattr(store._lock, "wait_s", 0.1)
    held, done = threading.Event(), threading.Event()

    def hold():
        with store.lock("stadtnetz import addresses"):
            held.set()
            done.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(20)
    answer = hand_in(client("paul"), file)
    done.set()
    thread.join()
    problem(answer, 503, "store_locked")
    assert answer.headers["retry-after"]
    assert uploads_left(town) == []
    assert handed_in(client("paul"), file)
