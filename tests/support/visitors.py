"""Who sends a request, told by a header, in place of signing in."""

from starlette.types import ASGIApp, Receive, Scope, Send

from stadtnetz.services.access.visitor import Role, Visitor

HEADER = b"x-test-visitor"


class Recognise:
    """Sets the visitor that the header names, e.g. ``partner:op1``; the public without it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        said = dict(scope.get("headers", ())).get(HEADER, b"").decode()
        if said:
            role, _, operator = said.partition(":")
            visitor = Visitor(Role(role), f"{role}-{operator}", said, operator or None)
            scope.setdefault("state", {})["visitor"] = visitor
        await self.app(scope, receive, send)


def by(who: str) -> dict[str, str]:
    """Headers of a request by a coordinator, or by ``partner:op1``."""
    return {HEADER.decode(): who}
