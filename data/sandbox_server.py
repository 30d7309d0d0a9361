"""A warm process that forks one child per file: ``python -m stadtnetz.data.sandbox_server FD``.

Importing what reads files takes seconds, forking milliseconds. The process starts with a scrubbed
environment, leaves GDAL only the drivers that are needed, reads no file itself, and is told over a
socket in which folder a request lies. It is of one thread, as forking and namespaces demand.

Over the socket of each request it answers with how the child ended; who closes that socket before
ends the child. When the other side of its own socket is closed it ends itself and all children.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

ALLOWED_DRIVERS = frozenset(
    {"GPKG", "GeoJSON", "FlatGeobuf", "ESRI Shapefile", "KML", "LIBKML", "GTiff", "MEM", "Memory"}
)
"""What GDAL may open. ``MEM`` and ``Memory`` hold what is made in memory; they open no file."""

_MESSAGE_BYTES = 8_192


def keep_drivers() -> None:
    """Start this program again without the drivers that are too many, if there are any.

    GDAL can only leave drivers out when it starts, and which ones it has differs from build to
    build; pyogrio and rasterio each bring their own.
    """
    too_many = drivers() - ALLOWED_DRIVERS
    if not too_many:
        return
    if "GDAL_SKIP" in os.environ:
        raise SystemExit(f"GDAL keeps drivers that it was told to leave out: {sorted(too_many)}")
    skipped = ",".join(sorted(too_many))
    environment = {**os.environ, "GDAL_SKIP": skipped, "OGR_SKIP": skipped}
    arguments = [sys.executable, "-P", "-m", "stadtnetz.data.sandbox_server", *sys.argv[1:]]
    os.execve(sys.executable, arguments, environment)  # noqa: S606  no shell is wanted


def drivers() -> set[str]:
    """Return the names of all drivers of both GDALs, but for those that only describe others."""
    import pyogrio  # noqa: PLC0415  both register their drivers when they are imported
    from rasterio.env import Env  # noqa: PLC0415

    with Env() as env:
        return {*pyogrio.list_drivers(), *env.drivers()}


@dataclass
class Children:
    """The children that run now: by the handle of the process, its id and its socket."""

    selector: selectors.BaseSelector
    running: dict[int, tuple[int, socket.socket]] = field(default_factory=dict)

    def start(self, folder: Path, job: socket.socket, own: socket.socket) -> None:
        """Fork a child for one request."""
        pid = os.fork()
        if pid == 0:
            _child(folder, [own, job, *(s for _, s in self.running.values())], self.running)
        handle = os.pidfd_open(pid)
        self.running[handle] = pid, job
        self.selector.register(handle, selectors.EVENT_READ, "ended")
        self.selector.register(job, selectors.EVENT_READ, handle)

    def ended(self, handle: int) -> None:
        """Answer how a child ended."""
        pid, job = self.running.pop(handle)
        _end(pid)  # what it may have left behind
        _, status, used = os.wait4(pid, 0)
        answer = {
            "exit": os.waitstatus_to_exitcode(status),
            "cpu_s": used.ru_utime + used.ru_stime,
            "memory_kb": used.ru_maxrss,
        }
        self.selector.unregister(handle)
        if job in self.selector.get_map():
            self.selector.unregister(job)
        os.close(handle)
        with job:
            try:
                job.sendall(json.dumps(answer).encode())
            except OSError:  # nobody waits any more
                return

    def given_up(self, handle: int, job: object) -> None:
        """End a child for which nobody waits any more."""
        pid, own = self.running[handle]
        if own is job:  # else the number of a handle that was closed just now is in use again
            self.selector.unregister(own)
            _end(pid)


def _child(folder: Path, sockets: list[socket.socket], handles: Iterable[int]) -> None:
    """Be the child; never returns."""
    code = 1
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for handle in (0, 1, 2):  # what libraries print is no answer, and a full pipe would wait
            os.dup2(nothing, handle)
        for one in sockets:
            one.close()
        for handle in handles:
            os.close(handle)
        from .sandbox_child import serve  # noqa: PLC0415  imported long before the fork

        serve(folder)
        code = 0
    finally:
        os._exit(code)


def _end(pid: int) -> None:
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def serve(own: socket.socket) -> None:
    """Take requests until the other side closes the socket."""
    selector = selectors.DefaultSelector()
    selector.register(own, selectors.EVENT_READ, "request")
    children = Children(selector)
    while True:
        for key, _ in selector.select():
            if key.data == "request":
                message, handles, _, _ = socket.recv_fds(own, _MESSAGE_BYTES, 1)
                if not message:
                    for pid, _ in children.running.values():
                        _end(pid)
                    return
                job = socket.socket(fileno=handles[0])
                children.start(Path(message.decode()), job, own)
            elif key.data == "ended":
                if key.fd in children.running:
                    children.ended(key.fd)
            elif key.data in children.running:
                children.given_up(key.data, key.fileobj)


def main() -> None:
    """Run the server on the socket whose number is the first argument."""
    keep_drivers()
    # what children need is imported once, and not before the drivers are chosen
    from . import sandbox_child  # noqa: F401, PLC0415

    own = socket.socket(fileno=int(sys.argv[1]))
    gc.collect()
    gc.freeze()  # so that children do not copy what they never change
    own.sendall(b"ready")
    serve(own)


if __name__ == "__main__":
    main()
