"""Requests by signed-in people: a header names the person, who is signed in for real.

The account is made when it is first named; cookie and form token of its session go with every
request, so that each passes the guard as that of a browser does.
"""

from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from stadtnetz.data.accounts import UnknownAccountError
from stadtnetz.services.access.cookies import SESSION
from stadtnetz.services.access.forgery import HEADER as FORM_HEADER
from stadtnetz.services.access.secret import form_token
from stadtnetz.services.access.visitor import PUBLIC, Role, Visitor

HEADER = b"x-test-visitor"


def by(who: str) -> dict[str, str]:
    """Headers of a request by a coordinator, or by ``partner:op1``."""
    return {HEADER.decode(): who}


def named(said: str) -> Visitor:
    """Return the visitor that a header names, e.g. ``partner:op1``."""
    role, _, operator = said.partition(":")
    return Visitor(Role(role), f"{role}-{operator}", None, operator or None)


class SignedIn:
    """Signs people in at the door of an application, each once however often this is made."""

    def __init__(self, app: Any) -> None:
        self._app = app
        if not hasattr(app.state, "signed_in"):
            app.state.signed_in = {}
        self._secrets: dict[str, str] = app.state.signed_in

    def headers(self, visitor: Visitor) -> list[tuple[bytes, bytes]]:
        """Return the headers that a browser of this visitor sends."""
        if visitor.role is Role.PUBLIC:
            return []
        if visitor.name not in self._secrets:
            self._secrets[visitor.name] = self._sign_in(visitor)
        secret = self._secrets[visitor.name]
        return [
            (b"cookie", f"{SESSION}={secret}".encode()),
            (FORM_HEADER.encode(), form_token(secret).encode()),
        ]

    def _sign_in(self, visitor: Visitor) -> str:
        door = self._app.state.door
        try:
            account = door.accounts.named(visitor.name)
        except UnknownAccountError:
            account = door.accounts.add(visitor.name, visitor.role, visitor.operator, None, "test")
        return str(door.sessions.begin(account, "password"))


class Recognise:
    """ASGI middleware: puts the headers of the person that `HEADER` names into the request."""

    def __init__(self, app: ASGIApp, people: dict[str, Visitor] | None = None) -> None:
        self.app = app
        self.people = people or {}
        self._signed_in: SignedIn | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        said = dict(scope.get("headers", ())).get(HEADER, b"").decode("latin-1")
        if said:
            self._signed_in = self._signed_in or SignedIn(scope["app"])
            visitor = self.people.get(said) or (PUBLIC if self.people else named(said))
            scope["headers"] = [*scope["headers"], *self._signed_in.headers(visitor)]
        await self.app(scope, receive, send)
