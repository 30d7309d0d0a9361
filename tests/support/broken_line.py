"""A line between a browser and a service, which can be slow and can break."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_CHUNK_BYTES = 1 << 16


class Line:
    """Passes bytes on to the service at an address, from a port of its own."""

    def __init__(self, service: str) -> None:
        place = urlsplit(service)
        self._service = (place.hostname, place.port)
        self._door = socket.create_server(("127.0.0.1", 0))
        # what waits in buffers has arrived, as the browser sees it
        self._door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _CHUNK_BYTES)
        self._ends: list[socket.socket] = []
        self._is_cut = False
        self.pause_s = 0.0
        """How long each piece from the browser takes."""
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._door.getsockname()[1]}"

    def cut(self) -> None:
        """Break all connections, and let none come about."""
        self._is_cut = True
        self._hang_up()

    def heal(self) -> None:
        self._is_cut, self.pause_s = False, 0.0

    def close(self) -> None:
        self.cut()
        self._door.close()

    def _accept(self) -> None:
        while True:
            try:
                browser, _ = self._door.accept()
            except OSError:
                return
            if self._is_cut:
                browser.close()
                continue
            service = socket.create_connection(self._service)
            self._ends += [browser, service]
            for way in ((browser, service, True), (service, browser, False)):
                threading.Thread(target=self._pass_on, args=way, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, slowly: bool) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK_BYTES):
                target.sendall(data)
                if slowly:
                    time.sleep(self.pause_s)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _hang_up(self) -> None:
        ends, self._ends = self._ends, []
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def line_to(service: str) -> Iterator[Line]:
    """Lay a line to a service for the length of a ``with`` block."""
    line = Line(service)
    try:
        yield line
    finally:
        line.close()
