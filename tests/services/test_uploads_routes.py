"""``/v1/uploads``: files in pieces, by the tus protocol."""

import base64
import hashlib
import threading

import pytest
from delivering import app_of, make_town, people, write_fibre
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from visitors import HEADER

TUS = {"Tus-Resumable": "1.0.0"}
ONE = TUS | {"Upload-Length": "1"}
PIECE = TUS | {"Content-Type": "application/offset+octet-stream"}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write_fibre(tmp_path_factory.mktemp("files") / "Ausbau.gpkg")


@pytest.fixture
def town(tmp_path):
    return make_town(tmp_path / "town")


@pytest.fixture
def client(town):
    with people(town, max_open_uploads=3) as client:
        yield client


def problem(answer, status, code):
    assert answer.status_code == status, answer.text
    assert answer.json()["type"] == f"urn:stadtnetz:problem:{code}"
    return answer.json()


def named(name):
    return {"Upload-Metadata": f"filename {base64.b64encode(name.encode()).decode()}"}


def begin(client, length, name="Ausbau.gpkg"):
    answer = client.post("/v1/uploads", headers=TUS | {"Upload-Length": str(length)} | named(name))
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


def send(client, url, content, offset, **headers):
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    headers = PIECE | {"Upload-Offset": str(offset)} | more
    return client.patch(url, content=content, headers=headers)


def offset(client, url):
    answer = client.head(url, headers=TUS)
    assert answer.status_code == 200
    return int(answer.headers["upload-offset"])


def deliver(client, url, **words):
    body = {"upload": url.rsplit("/", 1)[-1], "kind": "fibre_areas", "valid_from": "2026-06-30"}
    return client.post("/v1/deliveries", json=body | words)


def checksum(content, name="sha256"):
    return f"{name} {base64.b64encode(hashlib.new(name, content).digest()).decode()}"


def test_what_the_protocol_may_do(client):
    answer = client("paul").options("/v1/uploads")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,expiration,checksum,termination"
    assert answer.headers["tus-checksum-algorithm"] == "sha1,sha256"
    assert int(answer.headers["tus-max-size"]) > 1e9


def test_a_file_in_pieces_becomes_a_delivery(client, town, file):
    paul, content = client("paul"), file.read_bytes()
    url = begin(paul, len(content), "Ausbau Süd.gpkg")
    head = paul.head(url, headers=TUS)
    assert head.headers["upload-length"] == str(len(content))
    assert head.headers["cache-control"] == "no-store"
    assert head.headers["upload-metadata"] == named("Ausbau Süd.gpkg")["Upload-Metadata"]
    assert head.headers["upload-expires"].endswith("GMT")
    half = len(content) // 2
    assert send(paul, url, content[:half], 0).headers["upload-offset"] == str(half)
    problem(deliver(paul, url), 409, "upload_incomplete")
    assert send(paul, url, content[half:], half).status_code == 204
    assert offset(paul, url) == len(content)

    layers = paul.get(f"{url}/layers?kind=fibre_areas").json()["layers"]
    assert [(layer["name"], layer["row_count"]) for layer in layers] == [("Ausbau", 1)]
    assert "status" in layers[0]["columns"]

    answer = deliver(paul, url, sha256=hashlib.sha256(content).hexdigest())
    assert answer.status_code == 202, answer.text
    delivery = answer.json()["delivery"]
    assert delivery["file_name"] == "Ausbau Süd.gpkg"
    assert delivery["sha256"] == hashlib.sha256(content).hexdigest()
    assert paul.get(f"/v1/deliveries/{delivery['id']}/original").content == content
    assert [path.name for path in (town / "uploads").glob("*")] == []

    assert deliver(paul, url).json()["delivery"]["id"] == delivery["id"]
    assert offset(paul, url) == len(content)
    problem(deliver(paul, url, layer="other"), 422, "idempotency_key_reused")


def test_after_an_interruption_it_goes_on_where_the_file_ends(client, town, file):
    paul, content = client("paul"), file.read_bytes()
    url = begin(paul, len(content))
    send(paul, url, content[:1_000], 0)
    # what a process that was killed had written, but not answered
    with (town / "uploads" / url.rsplit("/", 1)[-1]).open("ab") as path:
        path.write(content[1_000:1_500])
    problem(send(paul, url, content[1_000:], 1_000), 409, "wrong_offset")
    at = offset(paul, url)
    assert at == 1_500
    send(paul, url, content[at:], at)
    assert deliver(paul, url).json()["delivery"]["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_sender_who_goes_leaves_what_has_arrived(town, file):
    import anyio

    app, content = app_of(town), file.read_bytes()
    with people(town) as client:
        url = begin(client("paul"), len(content))
        for name, kept in ((None, 700), (checksum(content[700:]), 700)):
            start = offset(client("paul"), url)
            anyio.run(_leave, app, url, content[start : start + 700], start, name)
            assert offset(client("paul"), url) == kept
        send(client("paul"), url, content[700:], 700)
        assert deliver(client("paul"), url).status_code == 202
    app.state.desk.assembly.store.close()


async def _leave(app, url, content, start, checksum):
    """Send a part of a piece and hang up."""
    headers = PIECE | {"Upload-Offset": str(start), HEADER.decode(): "paul"}
    if checksum:
        headers["Upload-Checksum"] = checksum
    scope = {
        "type": "http", "method": "PATCH", "path": url, "raw_path": url.encode(),
        "query_string": b"", "http_version": "1.1", "scheme": "http", "root_path": "",
        "headers": [(n.lower().encode(), v.encode()) for n, v in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    messages = iter(
        [
            {"type": "http.request", "body": content, "more_body": True},
            {"type": "http.disconnect"},
        ]
    )

    async def receive():
        return next(messages)

    async def drop(_message):
        return None

    await app(scope, receive, drop)


def test_checksums(client, file):
    paul, content = client("paul"), file.read_bytes()
    url = begin(paul, len(content))
    wrong = checksum(b"something else")
    problem(send(paul, url, content[:500], 0, Upload_Checksum=wrong), 460, "checksum_mismatch")
    assert offset(paul, url) == 0
    for unknown in ("crc32 AAAA", "sha256 ???", "sha256", ""):
        answer = send(paul, url, content[:500], 0, Upload_Checksum=unknown)
        assert answer.status_code in {400, 460}
        assert offset(paul, url) == 0
    right = checksum(content[:500], "sha1")
    assert send(paul, url, content[:500], 0, Upload_Checksum=right).status_code == 204
    rest = checksum(content[500:])
    assert send(paul, url, content[500:], 500, Upload_Checksum=rest).status_code == 204
    assert deliver(paul, url).status_code == 202


def test_another_file_than_was_meant(client, file):
    paul, content = client("paul"), file.read_bytes()
    url = begin(paul, len(content))
    send(paul, url, content, 0)
    problem(deliver(paul, url, sha256="0" * 64), 422, "digest_mismatch")
    assert deliver(paul, url).status_code == 202


def test_more_than_was_announced(client):
    url = begin(client("paul"), 10)
    send(client("paul"), url, b"1234", 0)
    problem(send(client("paul"), url, b"x" * 100, 4), 413, "file_too_large")
    assert offset(client("paul"), url) == 4


def test_somebody_elses_upload_is_as_if_it_were_not_there(client, file):
    paul, rosa = client("paul"), client("rosa")
    content = file.read_bytes()
    url = begin(paul, len(content))
    nowhere = f"/v1/uploads/{'0' * 32}"
    for stranger in (rosa, client("pia"), client("anna")):
        assert stranger.head(url, headers=TUS).status_code == 404
        for target in (url, nowhere, "/v1/uploads/..%2f..%2fstore.sqlite"):
            assert send(stranger, target, b"x", 0).status_code == 404
            assert stranger.delete(target, headers=TUS).status_code == 404
            assert stranger.get(f"{target}/layers").status_code == 404
    for target in (url, nowhere):
        problem(send(client(), target, b"x", 0), 401, "not_signed_in")
    problem(deliver(rosa, url), 404, "unknown_upload")
    problem(deliver(client(), url), 401, "not_signed_in")
    assert offset(paul, url) == 0


def test_giving_up(client, town):
    paul = client("paul")
    url = begin(paul, 10)
    send(paul, url, b"1234", 0)
    assert paul.delete(url, headers=TUS).status_code == 204
    assert paul.head(url, headers=TUS).status_code == 404
    assert list((town / "uploads").glob("*")) == []


def test_two_who_write_at_once(client):
    url = begin(client("paul"), 10)
    uploads = client.app.state.desk.assembly.store.uploads
    upload = uploads.find(url.rsplit("/", 1)[-1], "1" * 32)
    with uploads.lock(upload):
        problem(send(client("paul"), url, b"1234", 0), 423, "upload_busy")
        problem(client("paul").delete(url, headers=TUS), 423, "upload_busy")
    assert send(client("paul"), url, b"1234", 0).status_code == 204


def test_many_who_deliver_the_same_upload_at_once(client, town, file):
    paul, content = client("paul"), file.read_bytes()
    url = begin(paul, len(content))
    send(paul, url, content, 0)
    start, told = threading.Barrier(4), []

    def hand_in():
        start.wait()
        told.append(deliver(paul, url))

    threads = [threading.Thread(target=hand_in) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in told] == [202] * 4
    assert len({answer.json()["delivery"]["id"] for answer in told}) == 1
    assert [p.name for p in (town / "uploads").glob("*") if p.suffix != ".lock"] == []


def test_a_quota(client):
    for _ in range(3):
        begin(client("paul"), 10)
    headers = TUS | {"Upload-Length": "10"}
    problem(client("paul").post("/v1/uploads", headers=headers), 429, "too_many_uploads")
    begin(client("pia"), 10)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Upload-Length": "10"}, 412, "tus_version"),
        ({"Tus-Resumable": "0.2.2", "Upload-Length": "10"}, 412, "tus_version"),
        (TUS, 400, "malformed_request"),
        (TUS | {"Upload-Length": "-1"}, 400, "malformed_request"),
        (TUS | {"Upload-Length": "ten"}, 400, "malformed_request"),
        (TUS | {"Upload-Length": "9" * 5_000}, 400, "malformed_request"),
        (TUS | {"Upload-Length": "9" * 18}, 413, "file_too_large"),
        (ONE | {"Upload-Metadata": "filename !"}, 400, "malformed_request"),
        (ONE | {"Upload-Metadata": "filename /w=="}, 400, "malformed_request"),
        (ONE | {"Upload-Metadata": "a " * 5_000}, 400, "malformed_request"),
    ],
)
def test_announcements_that_make_no_sense(client, headers, status, code):
    problem(client("paul").post("/v1/uploads", headers=headers), status, code)


def test_pieces_that_make_no_sense(client):
    paul = client("paul")
    url = begin(paul, 10)
    headers = TUS | {"Upload-Offset": "0"}
    problem(paul.patch(url, content=b"x", headers=headers), 415, "wrong_media_type")
    problem(paul.patch(url, content=b"x", headers=PIECE), 400, "malformed_request")
    for odd in ("-1", "1e3", "9" * 5_000, "0x0"):
        problem(send(paul, url, b"x", odd), 400, "malformed_request")
    problem(send(paul, url, b"x", 5), 409, "wrong_offset")
    problem(paul.patch(url, content=b"x", headers={"Upload-Offset": "0"}), 412, "tus_version")
    problem(client().post("/v1/uploads", headers=TUS | {"Upload-Length": "1"}), 401,
            "not_signed_in")  # fmt: skip


def test_a_damaged_file_cannot_be_looked_into(client):
    paul = client("paul")
    content = b"SQLite format 3\0" + b"x" * 1_000
    url = begin(paul, len(content))
    problem(paul.get(f"{url}/layers"), 409, "upload_incomplete")
    send(paul, url, content, 0)
    problem(paul.get(f"{url}/layers"), 422, "unreadable_file")
    problem(paul.get(f"{url}/layers?kind=nonsense"), 422, "unknown_kind")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), size=st.integers(0, 500))
def test_however_it_is_cut_the_file_is_the_same(client, data, size):
    content = bytes(i % 251 for i in range(size))
    paul = client("paul")
    url = begin(paul, size)
    try:
        at = 0
        while at < size:
            at = _send_some(paul, url, content, at, data)
        folder = client.app.state.desk.assembly.store.uploads.folder
        assert (folder / url.rsplit("/", 1)[-1]).read_bytes() == content
    finally:
        paul.delete(url, headers=TUS)


def _send_some(client, url, content, at, data):
    end = data.draw(st.integers(at + 1, len(content)))
    piece = content[at:end]
    if data.draw(st.booleans()):  # the same piece twice, as after a lost answer
        assert send(client, url, piece, at).status_code == 204
        again = send(client, url, piece, at).status_code
        assert again == 409
    else:
        assert send(client, url, piece, at, Upload_Checksum=checksum(piece)).status_code == 204
    assert offset(client, url) == end
    return end
