"""The guard at the door: recognises who asks, and holds every request against the policy table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from starlette._utils import get_route_path
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection

from ...data.database import StoreError
from . import cookies as names
from .cookies import Cookies
from .forgery import SAFE_METHODS, ForgeryError, check_origin, check_token
from .listing import ListedRoute, listed_routes
from .policy import POLICY, Rule
from .visitor import PUBLIC, Role, Visitor

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .door import Door

REALM = 'Bearer realm="stadtnetz"'


class RefusedError(ValueError):
    """A request is not let through; the subclass says why.

    .. code-block:: text

        RefusedError
        ├── NobodyRecognisedError   nobody is signed in, but somebody must be
        │   └── InvalidTokenError   an API token was shown, but it does not hold
        ├── WrongRoleError          the role may not do this
        ├── MissingScopeError       the API token was not made for this
        └── UnlistedRouteError      the policy table does not name the route
    """

    headers: Mapping[str, str] = {}


class NobodyRecognisedError(RefusedError):
    """Nobody is signed in, but somebody must be."""

    headers = {"WWW-Authenticate": REALM}  # noqa: RUF012  (one value for all)


class InvalidTokenError(NobodyRecognisedError):
    """An API token does not hold; whether it never did, has expired or was revoked is not said."""

    headers = {"WWW-Authenticate": f'{REALM}, error="invalid_token"'}  # noqa: RUF012


class WrongRoleError(RefusedError):
    """The role may not do this."""


class MissingScopeError(RefusedError):
    """The API token was not made for this."""

    def __init__(self, scope: str) -> None:
        super().__init__(
            f"the API token lacks the scope {scope!r}; make one that has it: see docs/access.md"
        )
        self.headers = {"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{scope}"'}


class UnlistedRouteError(RefusedError):
    """The policy table does not name the route, so nobody may use it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request shows to be recognised by, and whom that makes its sender."""

    visitor: Visitor = PUBLIC
    secret: str | None = None
    bearer: bool = False


Refusal = Callable[[HTTPConnection, ValueError], "Response"]


class Guard:
    """Middleware that lets a request through to its route, or answers it instead.

    ``request.state`` gets the ``visitor``, and as ``form_secret`` the secret that the tokens of
    this browser's forms are bound to.

    Parameters
    ----------
    app : ASGIApp
    routes : callable
        Returns the routes of the whole application.
    door : Door
    refusal : callable
        Makes the answer to a request that is not let through.
    policy : mapping
    """

    def __init__(
        self,
        app: ASGIApp,
        routes: Callable[[], Any],
        door: Door,
        refusal: Refusal,
        policy: Mapping[tuple[str, str], Rule] = POLICY,
    ) -> None:
        self._app = app
        self._all_routes = routes
        self._door = door
        self._refusal = refusal
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] == "websocket":
            # none of our routes is one, and the checks below are those of requests
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        try:
            receive = await self._checked(request, receive)
        except (RefusedError, ForgeryError, StoreError) as error:
            await self._refusal(request, error)(scope, receive, send)
            return
        await self._app(scope, receive, _kept_private(send, request.state.visitor))

    async def _checked(self, request: HTTPConnection, receive: Receive) -> Receive:
        rule = self._rule(request.scope)
        shown = await self._recognise(request)
        visitor = shown.visitor
        request.state.form_secret = shown.secret
        if rule is None:
            request.state.visitor = visitor
            return receive  # there is no such route, which the router answers
        if visitor.scopes is not None and rule.scope is None:
            visitor = PUBLIC
        request.state.visitor = visitor
        _check_role(rule, visitor, shown)
        if request.scope["method"] in SAFE_METHODS or shown.bearer:
            return receive
        check_origin(request, self._door.settings)
        if rule.form or visitor.account is not None:
            return await check_token(request, receive, shown.secret)
        return receive

    def _rule(self, scope: Scope) -> Rule | None:
        path = get_route_path(scope)
        # ``HEAD`` follows ``GET``, but for a route that takes nothing else
        methods = ("HEAD", "GET") if scope["method"] == "HEAD" else (scope["method"],)
        for route in self._routes:
            method = next(filter(route.takes, methods), None)
            if method is not None and route.pattern.match(path):
                rule = self._policy.get((method, route.path))
                if rule is None:
                    raise UnlistedRouteError(
                        f"{method} {route.path} is not in the policy table, so nobody may use it"
                    )
                return rule
        return None

    @cached_property
    def _routes(self) -> tuple[ListedRoute, ...]:
        return tuple(listed_routes(self._all_routes()))

    async def _recognise(self, request: HTTPConnection) -> Shown:
        request.state.visitor = PUBLIC
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            machine = await run_in_threadpool(self._machine, text.strip())
            return Shown(machine, bearer=True)
        cookies = Cookies(self._door.settings, request)
        secret = cookies.secret(names.SESSION)
        if secret is not None:
            person = await run_in_threadpool(self._door.sessions.recognise, secret)
            if person is not None:
                return Shown(person, secret)
        return Shown(secret=cookies.secret(names.FORM))

    def _machine(self, text: str) -> Visitor:
        machine = self._door.tokens.recognise(text)
        if machine is None:
            raise InvalidTokenError("the API token is unknown, expired or revoked; make a new one")
        return machine


def _check_role(rule: Rule, visitor: Visitor, shown: Shown) -> None:
    if visitor.role not in rule.roles:
        if shown.bearer and visitor is PUBLIC:
            raise WrongRoleError("an API token cannot be used for this; a person must sign in")
        if visitor.role is Role.PUBLIC:
            raise NobodyRecognisedError("this needs an account; sign in, or send an API token")
        needed = ", ".join(role for role in Role if role in rule.roles)
        raise WrongRoleError(f"the role {visitor.role} may not do this; it needs: {needed}")
    if rule.scope and visitor.scopes is not None and rule.scope not in visitor.scopes:
        raise MissingScopeError(rule.scope)


def _kept_private(send: Send, visitor: Visitor) -> Send:
    """Keep what an account sees out of caches, unless the route says more about them."""
    if visitor.account is None:
        return send

    async def private(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).setdefault("Cache-Control", "private, no-store")
        await send(message)

    return private
