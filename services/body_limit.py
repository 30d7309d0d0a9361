"""A limit for the bodies of all requests but those that bring files and count by themselves."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LIMIT_BYTES = 1 << 20


class BodyLimit:
    """ASGI middleware: nobody fills the memory with a reason.

    Parameters
    ----------
    app : ASGI application
    limit_bytes : int
    """

    def __init__(self, app: ASGIApp, limit_bytes: int = LIMIT_BYTES) -> None:
        self._app = app
        self._limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count its body where it is read."""
        if scope["type"] != "http" or _brings_a_file(scope):
            await self._app(scope, receive, send)
            return
        count = 0

        async def counted() -> Message:
            nonlocal count
            message = await receive()
            count += len(message.get("body", b""))
            if count > self._limit_bytes:
                raise HTTPException(413, f"a body may have {self._limit_bytes:,} bytes here")
            return message

        await self._app(scope, counted, send)


def _brings_a_file(scope: Scope) -> bool:
    method, path = scope["method"], scope["path"]
    return (method == "POST" and path == "/v1/deliveries") or (
        method == "PATCH" and path.startswith("/v1/uploads/")
    )
