"""A disk that is full, a connection that ends, a file that changes, and any odd request."""

import json
import os
import shutil
import socket
import string
import subprocess
import sys
import threading
import time
from datetime import date
from http.client import HTTPResponse
from pathlib import Path

import pytest
import uvicorn
from delivering import app_of, hand_in, make_town, people, write_fibre
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from stadtnetz.data.database import StoreError
from stadtnetz.data.states import State
from stadtnetz.services import handing_in
from stadtnetz.services.assembly import Assembly
from stadtnetz.services.serving import bind

# --- a full disk ----------------------------------------------------------------------------------

FULL = """
import json, sys, warnings
from pathlib import Path
warnings.simplefilter("ignore")
from delivering import hand_in, make_town, people, write_fibre
folder, scratch = Path(sys.argv[1]), Path(sys.argv[2])
town = make_town(folder / "town")
small = write_fibre(scratch / "small.gpkg")
large = scratch / "large.gpkg"
large.write_bytes(small.read_bytes() + b"x" * 8_000_000)
tus = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
told = []
with people(town) as client:
    paul = client("paul")
    store = client.app.state.desk.assembly.store
    first = hand_in(paul, large)
    told += [first.status_code, first.json()["type"], first.json()["detail"]]
    length = large.stat().st_size
    url = paul.post("/v1/uploads", headers=tus | {"Upload-Length": str(length)}).headers["location"]
    piece = paul.patch(url, content=large.read_bytes(), headers=tus | {"Upload-Offset": "0"})
    told += [piece.status_code, piece.json()["type"]]
    arrived = paul.head(url, headers=tus).headers["upload-offset"]
    told += [0 <= int(arrived) < length, paul.delete(url, headers=tus).status_code]
    told += [len(paul.get("/v1/deliveries").json()["deliveries"])]
    told += [[p.name for p in (town / "uploads").glob("*")]]
    told += [[p.name for p in store.objects.folder.glob(".incoming-*")], store.verify()]
    told += [hand_in(paul, small).status_code]
print(json.dumps(told))
"""


def test_a_full_disk(tmp_path):
    if not shutil.which("unshare"):
        pytest.skip("no command 'unshare' to mount a small disk")
    (tmp_path / "disk").mkdir()
    script = 'mount -t tmpfs -o size=4m none "$0" || exit 77; "$@"'
    disk = str(tmp_path / "disk")
    python = [sys.executable, "-Wignore", "-c", FULL, disk, str(tmp_path)]
    support = str(Path(__file__).parents[1] / "support")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([support, *sys.path])}
    command = ["unshare", "-m", "sh", "-c", script, disk, *python]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode == 77 or done.stderr.startswith("unshare"):
        pytest.skip("mounting a small disk is not permitted here")
    assert done.returncode == 0, done.stderr
    full = "urn:stadtnetz:problem:disk_full"
    status, kind, detail, *rest = json.loads(done.stdout)
    assert (status, kind) == (507, full)
    assert "/" not in detail
    assert rest == [507, full, True, 204, 0, [], [], [], 202]


def test_a_database_that_is_away(tmp_path, monkeypatch):
    town, path = make_town(tmp_path / "town"), write_fibre(tmp_path / "a.gpkg")
    with people(town) as client:
        delivery_id = hand_in(client("paul"), path).json()["delivery"]["id"]
        assert client("anna").get("/v1/deliveries").status_code == 200  # signed in from here on
        database = client.app.state.desk.assembly.store._database

        def away():
            raise OperationalError("select", {}, Exception("could not connect to 10.0.0.1"))

        with monkeypatch.context() as patch:
            patch.setattr(database, "read", away)
            patch.setattr(database, "write", away)
            for answer in (
                client("paul").get(f"/v1/deliveries/{delivery_id}"),
                client("paul").get("/v1/deliveries"),
                hand_in(client("paul"), path, again="true"),
                client("anna").post(f"/v1/deliveries/{delivery_id}/publish"),
            ):
                assert answer.status_code == 503
                assert answer.json()["type"] == "urn:stadtnetz:problem:store_unavailable"
                assert answer.headers["retry-after"]
                assert "10.0.0.1" not in answer.text
        assert list((town / "uploads").glob("*")) == []
        assert client("paul").get(f"/v1/deliveries/{delivery_id}").status_code == 200


def test_a_body_that_is_too_long_is_not_read(tmp_path):
    with people(make_town(tmp_path / "town")) as client:
        url = f"/v1/deliveries/{'0' * 32}/reject"
        answer = client("anna").post(url, json={"reason": "x" * 2_000_000})
        assert answer.status_code == 413
        assert answer.json()["type"] == "urn:stadtnetz:problem:file_too_large"


# --- a connection that ends -----------------------------------------------------------------------


@pytest.fixture
def served(tmp_path):
    """A town behind a real server."""
    town = make_town(tmp_path / "town")
    bound = bind("127.0.0.1", 0)
    app = app_of(town, upload_patience_s=1.0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield town, bound.getsockname()
    server.should_exit = True
    thread.join()
    bound.close()
    app.state.desk.assembly.store.close()


def raw(address, head, body, *, wait):
    """Send bytes as they are, and hang up, or wait for an answer: its status and its body."""
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + body)
        if not wait:
            return None
        with HTTPResponse(connection) as answer:
            answer.begin()
            return answer.status, json.loads(answer.read())


HEAD = """POST /v1/deliveries HTTP/1.1
Host: localhost
X-Test-Visitor: paul
Content-Type: multipart/form-data; boundary=b
Content-Length: 5000

"""
BODY = (
    b'--b\r\nContent-Disposition: form-data; name="kind"\r\n\r\nfibre_areas\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.gpkg"\r\n\r\n' + b"x" * 1_000
)


@pytest.mark.parametrize("wait", [False, True], ids=["gone", "silent"])
def test_a_sender_who_stops_leaves_nothing(served, wait):
    town, address = served
    answer = raw(address, HEAD, BODY, wait=wait)
    if wait:
        status, said = answer
        assert status == said["status"] == 400
        assert said["type"] == "urn:stadtnetz:problem:upload_truncated"
    end = time.monotonic() + 10
    while list((town / "uploads").glob("*")) and time.monotonic() < end:
        time.sleep(0.05)
    assert list((town / "uploads").glob("*")) == []
    assembly = Assembly.open(town)
    assert assembly.store.deliveries(kind="fibre_areas") == []
    assembly.store.close()


# --- a file that changes --------------------------------------------------------------------------


def test_a_file_that_changes_while_it_is_read(tmp_path, monkeypatch):
    assembly = Assembly.open(make_town(tmp_path / "town"))
    path = write_fibre(tmp_path / "netz.gpkg")
    real = handing_in._check

    def changing(*args, **more):
        path.write_bytes(path.read_bytes() + b"more")
        return real(*args, **more)

    upload = handing_in.Upload("fibre_areas", path, valid_from=date(2026, 6, 30))
    with monkeypatch.context() as patch:
        patch.setattr(handing_in, "_check", changing)
        with pytest.raises(StoreError, match="changed while it was read; hand it in again"):
            handing_in.deliver(assembly, upload, "op1", "paul", date(2026, 7, 1))
    (delivery,) = assembly.store.deliveries(kind="fibre_areas")
    assert delivery.state is State.WITHDRAWN
    assert delivery.version is None
    again = handing_in.deliver(assembly, upload, "op1", "paul", date(2026, 7, 1))
    assert again.delivery.state is State.STAGED
    assembly.store.close()


def test_a_check_that_is_broken_off_at_the_command_line(tmp_path, monkeypatch):
    assembly = Assembly.open(make_town(tmp_path / "town"))
    path = write_fibre(tmp_path / "netz.gpkg")

    def broken_off(*_args, **_more):
        raise KeyboardInterrupt

    upload = handing_in.Upload("fibre_areas", path, valid_from=date(2026, 6, 30))
    monkeypatch.setattr(handing_in, "_check", broken_off)
    with pytest.raises(KeyboardInterrupt):
        handing_in.deliver(assembly, upload, "op1", "paul", date(2026, 7, 1))
    (delivery,) = assembly.store.deliveries(kind="fibre_areas")
    assert delivery.state is State.WITHDRAWN
    assert assembly.store.interrupted() == []
    assembly.store.close()


def test_a_kept_file_that_is_damaged_becomes_no_layer(tmp_path):
    town = make_town(tmp_path / "town")
    with people(town) as client:
        delivery_id = hand_in(client("paul"), write_fibre(tmp_path / "a.gpkg")).json()["delivery"][
            "id"
        ]
    assembly = Assembly.open(town)
    original = assembly.store.objects.path(assembly.store.delivery(delivery_id).original)
    original.write_bytes(write_fibre(tmp_path / "b.gpkg", record_id="2").read_bytes())
    with pytest.raises(StoreError, match="changed while it was read"):
        handing_in.check_received(assembly, delivery_id)
    assert assembly.store.delivery(delivery_id).state is State.RECEIVED
    assembly.store.close()


# --- any odd request ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzzed")
    with people(make_town(folder / "town"), max_open_uploads=10_000) as client:
        delivery = hand_in(client("paul"), write_fibre(folder / "a.gpkg")).json()
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "10"}
        url = client("paul").post("/v1/uploads", headers=headers).headers["location"]
        ids = (delivery["delivery"]["id"], delivery["job"]["id"], url.rsplit("/", 1)[-1])
        yield client, ids


ROUTES = (
    "/v1/deliveries", "/v1/deliveries/{}", "/v1/deliveries/{}/report", "/v1/deliveries/{}/findings",
    "/v1/deliveries/{}/original", "/v1/deliveries/{}/corrected", "/v1/deliveries/{}/receipt",
    "/v1/deliveries/{}/publish", "/v1/deliveries/{}/reject", "/v1/deliveries/{}/question",
    "/v1/deliveries/{}/answer", "/v1/jobs/{}", "/v1/uploads", "/v1/uploads/{}",
    "/v1/uploads/{}/layers", "/v1/kinds/{}/template.csv", "/v1/kinds/{}/code-lists.csv",
    "/v1/mappings/{}",
)  # fmt: skip
NAMES = (
    "Content-Type", "Idempotency-Key", "Upload-Length", "Upload-Offset", "Upload-Metadata",
    "Upload-Checksum", "Tus-Resumable", "Last-Event-ID", "Content-Length-Hint", "Range", "Accept",
)  # fmt: skip
WORDS = st.one_of(
    st.sampled_from(
        ["1.0.0", "application/json", "multipart/form-data; boundary=b", "0", "10", "-1", "9" * 400,
         "application/offset+octet-stream", "sha256 AAAA", "filename AAAA", "bytes=5-1", "text/csv"]
    ),
    st.text(string.printable.strip() + " ", max_size=40).map(str.strip),
    st.text("äß€\x7f\xa0", max_size=5).map(lambda text: text.encode().decode("latin-1")),
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["kind", "valid_from", "layer", "mapping", "upload", "replaces", "again", "text", "reason"]
)
BODIES = st.one_of(
    st.binary(max_size=300),
    st.dictionaries(FIELDS, JSON, max_size=5).map(lambda body: json.dumps(body).encode()),
    st.binary(max_size=60).map(lambda data: BODY[:200] + data + b"\r\n--b--\r\n"),
    st.integers(0, len(BODY)).map(lambda cut: BODY[:cut] + b"\r\n--b--\r\n"),
)
QUERIES = st.dictionaries(
    st.sampled_from(["state", "kind", "operator", "limit", "after", "lang"]),
    st.text(max_size=10) | st.integers().map(str),
    max_size=3,
)


@settings(
    max_examples=300 if "NIGHTLY" not in os.environ else 10_000,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    method=st.sampled_from(["GET", "POST", "PATCH", "HEAD", "DELETE", "PUT", "OPTIONS"]),
    route=st.sampled_from(ROUTES),
    subject=st.one_of(
        st.integers(0, 2),
        st.sampled_from(["fibre_areas", "0" * 32, "..", "%00", "a" * 300, "ü", "%ff"]),
        st.text(string.ascii_letters + string.digits + "%_-", min_size=1, max_size=40),
    ),
    who=st.sampled_from(["paul", "rosa", "anna", None]),
    headers=st.dictionaries(st.sampled_from(NAMES), WORDS, max_size=5),
    query=QUERIES,
    content=BODIES,
)
def test_no_request_is_an_accident(fuzzed, method, route, subject, who, headers, query, content):
    client, ids = fuzzed
    url = route.format(ids[subject] if isinstance(subject, int) else subject)
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    # the client raises whatever the service does not handle
    answer = client(who).request(method, url, params=query, headers=encoded, content=content)
    assert answer.status_code < 500, (answer.status_code, answer.text)
    if answer.status_code >= 400 and method != "HEAD":
        assert answer.headers["content-type"] == "application/problem+json"
        body = answer.json()
        assert body["type"].startswith("urn:stadtnetz:problem:")
        assert body["status"] == answer.status_code
    if who == "rosa" and method in {"GET", "HEAD"}:
        assert "op1" not in answer.text
