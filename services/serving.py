"""Serving: bind a port that is free, say the address when the service can answer."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvicorn

from .worker import Supervisor

if TYPE_CHECKING:
    from fastapi import FastAPI

_WAIT_FOR_WORKER_S = 900.0
"""How long the public sees what it saw before, while the worker makes the next view ready."""


def bind(host: str, port: int) -> socket.socket:
    """Bind a socket to the port, or to a free one if somebody else has it.

    Raises
    ------
    OSError
        If the host is no address of this machine.
    """
    for candidate in (port, 0):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # asyncio sends small packets at once (TCP_NODELAY) where the socket says that it is TCP;
        # else head and body of an answer are 40 ms apart, until the other side acknowledges
        bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, candidate))
        except OSError as error:
            bound.close()
            if candidate == 0 or error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
        else:
            return bound
    raise AssertionError("unreachable: the second bind returns or raises")


class _Server(uvicorn.Server):
    """Tells when the service can answer."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def serve(app: FastAPI, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until interrupted, with a worker beside the server.

    Calls `ready` with the address once the service can answer.
    """
    bound = bind(host, port)
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{bound.getsockname()[1]}"
    app.state.assembly.confidentiality.views.patience_s = _WAIT_FOR_WORKER_S
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    with Supervisor(app.state.settings):
        _Server(config, lambda: ready(address)).run(sockets=[bound])
