"""The parent's side of the sandbox server: starting it, asking it, giving up on a child."""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

_START_S = 120.0
_ANSWER_BYTES = 65_536
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "PROJ_DATA", "PROJ_LIB", "GDAL_DATA", "TMPDIR")
"""What of the environment the server may know; secrets are not among it."""

_SETTINGS = {
    # malloc instead of Arrow's pool, which reserves more address space than it uses
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "4194304",  # columns go back to the system when they are dropped
    "OMP_NUM_THREADS": "2",
    "OPENBLAS_NUM_THREADS": "1",
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "CPL_LOG": os.devnull,  # GDAL names each driver that it was told to leave out and never had
    "PROJ_NETWORK": "OFF",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
}


@dataclass(frozen=True, slots=True)
class Ending:
    """How a child ended: `fault` is empty, ``time``, ``cpu``, or what killed it."""

    fault: str = ""
    cpu_s: float = 0.0
    memory_kb: int = 0


class ReaderError(OSError):
    """The process that reads files cannot be started; nothing is wrong with the file."""


class _Server:
    """One warm process; started at the first request, and again when it is gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._owner = 0

    def request(self, folder: Path, job: socket.socket) -> None:
        """Have a child forked for the request in a folder; it answers on `job`."""
        with self._lock:
            for attempt in (0, 1):
                own = self._running()
                try:
                    socket.send_fds(own, [str(folder).encode()], [job.fileno()])
                except OSError:
                    self._stop()
                    if attempt:
                        raise
                else:
                    return

    def stop(self) -> None:
        """End the server and its children."""
        with self._lock:
            self._stop()

    def _running(self) -> socket.socket:
        if self._owner != os.getpid():  # a fork of ours must not share the socket
            self._process = self._socket = None
        if self._socket is None or self._process is None or self._process.poll() is not None:
            self._stop()
            self._start()
        assert self._socket is not None  # noqa: S101  for the type checker; _start() set it
        return self._socket

    def _start(self) -> None:
        # messages with bounds: one request is one message
        own, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        paths = os.pathsep.join(entry for entry in sys.path if entry)
        with other, tempfile.TemporaryFile() as remarks:
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and module
                [sys.executable, "-P", "-m", "stadtnetz.data.sandbox_server", str(other.fileno())],
                pass_fds=[other.fileno()],
                env={**environment, **_SETTINGS, "PYTHONPATH": paths},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=remarks,
                start_new_session=True,
            )
            other.close()
            own.settimeout(_START_S)
            try:
                ready = own.recv(16)
            except OSError:
                ready = b""
            if ready != b"ready":
                own.close()
                self._process.kill()
                self._process.wait()
                self._process = None
                remarks.seek(0)
                said = remarks.read().decode(errors="replace").strip().splitlines()
                raise ReaderError(f"the reader did not start: {(said or ['no message'])[-1]}")
        own.settimeout(None)
        self._socket, self._owner = own, os.getpid()

    def _stop(self) -> None:
        if self._socket is not None:
            self._socket.close()
        if self._process is not None and self._owner == os.getpid():
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = self._socket = None


_server = _Server()
atexit.register(_server.stop)


def warm_up() -> None:
    """Start the server now, so that the first file need not wait for it."""
    with _server._lock:  # noqa: SLF001  of this module
        _server._running()  # noqa: SLF001


def stop() -> None:
    """End the server; the next request starts another."""
    _server.stop()


def run(folder: Path, wall_s: float) -> Ending:
    """Have the request in a folder done by a child, and wait for it that long.

    Raises
    ------
    ReaderError
        If no process can be started that reads files.
    """
    own, job = socket.socketpair()
    with own, job:
        try:
            _server.request(folder, job)
        except ReaderError:
            raise
        except OSError as error:
            return Ending(str(error))
        job.close()
        own.settimeout(wall_s)
        try:
            answer = own.recv(_ANSWER_BYTES)
        except TimeoutError:
            return Ending("time")
        except OSError:
            answer = b""
    if not answer:
        return Ending("the reader is gone")
    row = json.loads(answer)
    code = int(row["exit"])
    fault = "" if code == 0 else f"exit code {code}"
    if code < 0:
        killed = signal.Signals(-code).name
        fault = "cpu" if killed == "SIGXCPU" else killed
    return Ending(fault, float(row["cpu_s"]), int(row["memory_kb"]))
