"""The service behind a real socket."""

import threading
import time
from http.client import HTTPConnection
from pathlib import Path

import pytest
import uvicorn

from stadtnetz.data.workspace import Workspace
from stadtnetz.services.app import create_app
from stadtnetz.services.serving import bind
from stadtnetz.services.settings import Settings

DELAYED_ACKNOWLEDGEMENT_S = 0.04


@pytest.fixture
def address(tmp_path: Path):
    folder = Workspace.create(tmp_path / "city", "Kleinstadt").folder
    bound = bind("127.0.0.1", 0)
    server = uvicorn.Server(
        uvicorn.Config(create_app(Settings(workspace=folder)), log_level="error")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield bound.getsockname()
    server.should_exit = True
    thread.join()
    bound.close()


def test_answers_do_not_wait_for_an_acknowledgement(address) -> None:
    connection = HTTPConnection(*address, timeout=20)
    times = []
    for _ in range(40):  # at first, everything is acknowledged at once
        start = time.perf_counter()
        connection.request("GET", "/health")
        assert connection.getresponse().read()
        times.append(time.perf_counter() - start)
    connection.close()
    assert min(times[-20:]) < DELAYED_ACKNOWLEDGEMENT_S / 2


def test_a_port_that_is_taken_gives_another() -> None:
    with bind("127.0.0.1", 0) as first:
        first.listen()
        with bind("127.0.0.1", first.getsockname()[1]) as second:
            assert second.getsockname()[1] not in {0, first.getsockname()[1]}
