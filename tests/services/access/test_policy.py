"""The policy table: every route of the service, held against every kind of visitor."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from starlette.responses import PlainTextResponse

from stadtnetz.data.workspace import Workspace
from stadtnetz.maps import words
from stadtnetz.services.access import cookies
from stadtnetz.services.access.listing import listed_routes
from stadtnetz.services.access.policy import POLICY, SCOPES, Rule
from stadtnetz.services.access.secret import form_token, new_secret
from stadtnetz.services.access.settings import AccessSettings, OidcSettings
from stadtnetz.services.access.visitor import Role
from stadtnetz.services.app import create_app
from stadtnetz.services.settings import Settings

REFUSALS = {
    "not_signed_in": 401,
    "invalid_token": 401,
    "wrong_role": 403,
    "missing_scope": 403,
    "unlisted_route": 403,
    "forged_request": 403,
}
PEOPLE = {role.value: role for role in Role if role is not Role.PUBLIC}
VISITORS = (
    "public",
    *PEOPLE,
    *(f"token of {name}" for name in PEOPLE),
    "token without scope",
    "expired token",
    "revoked token",
)


class City:
    """A service with one account per role, asked as any kind of visitor."""

    def __init__(self, folder: Path) -> None:
        Workspace.create(folder, "Kleinstadt")
        self.app = create_app(Settings(workspace=folder), AccessSettings(), OidcSettings())
        self.door = self.app.state.door
        self.accounts = {
            role: self.door.accounts.add(
                role.value, role, "rheinfaser" if role is Role.PARTNER else None, None, "tests"
            )
            for role in PEOPLE.values()
        }
        self.tokens = {f"token of {name}": self._token(role) for name, role in PEOPLE.items()}
        self.tokens["token without scope"] = self._token(Role.ADMINISTRATOR, ["audit:read"])
        self.tokens["revoked token"] = self._token(Role.ADMINISTRATOR, revoked=True)
        self.tokens["expired token"] = self._token(Role.ADMINISTRATOR, days=1e-9)

    def _token(
        self, role: Role, scopes: list[str] | None = None, days: float = 1, *, revoked: bool = False
    ) -> str:
        scopes = scopes or [scope for scope, roles in SCOPES.items() if role in roles]
        token, text = self.door.tokens.add(role.value, "walk", scopes, days, "tests")
        if revoked:
            self.door.tokens.revoke(token.id, "tests")
        return str(text)

    def ask(self, visitor: str, method: str, path: str) -> str:
        """Return the code with which a request is refused; empty if it is let through."""
        headers = {"accept": "application/json"}
        jar = {}
        if visitor in self.tokens:
            headers["authorization"] = f"Bearer {self.tokens[visitor]}"
        else:
            secret, cookie = new_secret(), cookies.FORM
            if visitor != "public":
                account = self.accounts[PEOPLE[visitor]]
                secret, cookie = self.door.sessions.begin(account, "password"), cookies.SESSION
            jar = {cookie: secret}
            headers["x-csrf-token"] = form_token(secret)
        client = TestClient(self.app, raise_server_exceptions=False, follow_redirects=False)
        client.cookies.update(jar)
        answer = client.request(method, path, headers=headers)
        assert answer.status_code < 500, answer.text
        code = refusal_in(answer, method)
        if code not in REFUSALS:
            return ""
        assert answer.status_code == REFUSALS[code]
        assert ("www-authenticate" in answer.headers) == (
            answer.status_code == 401 or code == "missing_scope"
        )
        return str(code)


def refusal_in(answer: Any, method: str) -> str:
    """Return the code of a problem; of an answer without a body, what its status stands for."""
    if answer.headers.get("content-type") != "application/problem+json":
        return ""
    if method != "HEAD":
        return str(answer.json()["type"].rpartition(":")[2])
    assert answer.content == b"", "HEAD has no body"
    challenge = answer.headers.get("www-authenticate", "")
    if answer.status_code == 401:
        return "invalid_token" if "invalid_token" in challenge else "not_signed_in"
    if answer.status_code == 403:
        return "missing_scope" if "insufficient_scope" in challenge else "wrong_role"
    return ""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return City(tmp_path_factory.mktemp("policy") / "city")


def routes(app: FastAPI) -> list[tuple[str, str]]:
    return [(m, route.path) for route in listed_routes(app.routes) for m in sorted(route.methods)]


def expected(rule: Rule, visitor: str) -> str:
    """What the table says, read as its docstring does."""
    if visitor in {"expired token", "revoked token"}:
        return "invalid_token"
    if visitor == "public":
        return "" if Role.PUBLIC in rule.roles else "not_signed_in"
    if visitor in PEOPLE:
        return "" if PEOPLE[visitor] in rule.roles else "wrong_role"
    if rule.scope is None:
        return "" if Role.PUBLIC in rule.roles else "wrong_role"
    role = Role.ADMINISTRATOR if visitor == "token without scope" else PEOPLE[visitor[9:]]
    if role not in rule.roles:
        return "wrong_role"
    held = rule.scope == "audit:read" if "without" in visitor else role in SCOPES[rule.scope]
    return "" if held else "missing_scope"


def filled(path: str) -> str:
    """A path of the template, with ids that nothing has."""
    return re.sub(r"(?<=/){[^}]+}", "0" * 32, path)


def test_the_table_names_every_route_and_no_other(city: City) -> None:
    assert sorted(routes(city.app)) == sorted(POLICY)


@pytest.mark.parametrize("visitor", VISITORS)
def test_every_route_answers_as_the_table_says(city: City, visitor: str) -> None:
    wrong = {}
    for method, path in routes(city.app):
        found = city.ask(visitor, method, filled(path))
        if found != expected(POLICY[method, path], visitor):
            wrong[method, path] = found or "let through"
    assert wrong == {}


def test_what_must_hold_whatever_the_table_says() -> None:
    """Written out by hand, so that a slip in the table is seen."""
    open_to_all = {path for (m, path), rule in POLICY.items() if Role.PUBLIC in rule.roles}
    assert {"/", "/report", "/maps/{map_id}", "/v1/goals", "/v1/indicators", "/sign-in"} <= (
        open_to_all
    )
    changing = {
        (m, path)
        for (m, path), rule in POLICY.items()
        if m not in {"GET", "HEAD"} and Role.PUBLIC in rule.roles and not rule.form
    }
    # asking what the protocol may do changes nothing; a report by the public needs a setting
    assert changing == {("OPTIONS", "/v1/uploads"), ("POST", "/v1/disputes")}
    for path in ("/account", "/v1/tokens"):
        assert POLICY["GET", path].roles == {*PEOPLE.values()}
    # a token can never make another one, nor act on people's sessions
    assert {rule.scope for (_, path), rule in POLICY.items() if "token" in path} == {None}


def test_the_public_may_report_a_dispute_only_where_the_city_takes_them(tmp_path: Path) -> None:
    for switched_on, code in ((False, "not_allowed"), (True, "length_required")):
        Workspace.create(tmp_path / str(switched_on), "Kleinstadt")
        settings = Settings(workspace=tmp_path / str(switched_on), public_disputes=switched_on)
        app = create_app(settings, AccessSettings(), OidcSettings())
        answer = TestClient(app).post("/v1/disputes", content=iter([b"x"]))
        assert answer.json()["type"].endswith(f":{code}")


def test_every_scope_is_explained_and_every_rule_uses_one() -> None:
    assert set(words.SCOPES) == set(SCOPES)
    assert {rule.scope for rule in POLICY.values()} - {None} <= set(SCOPES)
    assert set(words.ROLES) == {role.value for role in Role}


def extended(city: City) -> FastAPI:
    app = create_app(city.app.state.settings, AccessSettings(), OidcSettings())
    router = APIRouter(prefix="/v1")

    @router.get("/forgotten")
    def forgotten() -> dict[str, str]:
        return {"secret": "told"}

    router.head("/only-head")(forgotten)
    inner = APIRouter(prefix="/deep")
    inner.post("/forgotten/{x}")(forgotten)
    router.include_router(inner)
    app.include_router(router)
    below = FastAPI()
    below.get("/forgotten")(forgotten)
    app.mount("/mounted", below)
    app.mount("/opaque", PlainTextResponse("told"))
    return app


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/forgotten"),
        ("HEAD", "/v1/forgotten"),
        ("HEAD", "/v1/only-head"),
        ("POST", "/v1/deep/forgotten/1"),
        ("GET", "/mounted/forgotten"),
        ("GET", "/mounted/openapi.json"),
        ("GET", "/opaque"),
        ("HEAD", "/opaque"),
        ("PUT", "/opaque/x/y"),
    ],
)
def test_a_route_that_the_table_does_not_name_is_refused(
    city: City, method: str, path: str
) -> None:
    app = extended(city)
    assert sorted(routes(app)) != sorted(POLICY)
    answer = TestClient(app).request(method, path)
    assert (answer.status_code, "told" in answer.text) == (403, False)
    if method != "HEAD":
        assert answer.json()["type"].endswith("unlisted_route")


def test_unknown_paths_and_methods_stay_what_they_are(city: City) -> None:
    client = TestClient(city.app, follow_redirects=False)
    assert client.get("/no/such/path").status_code == 404
    assert client.get("/v1/tokens/x/y").status_code == 404
    assert client.patch("/health").status_code == 405
    assert client.options("/v1/tokens").status_code == 405
    assert client.get("/health/").status_code in {307, 404}


def test_websockets_are_refused(city: City) -> None:
    from starlette.websockets import WebSocketDisconnect

    with (
        pytest.raises(WebSocketDisconnect) as refused,
        TestClient(city.app).websocket_connect("/v1/goals"),
    ):
        pass
    assert refused.value.code == 1008


def test_pages_lead_to_signing_in_and_programs_get_401(city: City) -> None:
    client = TestClient(city.app, follow_redirects=False)
    page = client.get("/account?lang=en", headers={"accept": "text/html,*/*"})
    assert page.status_code == 303
    assert page.headers["location"] == "/sign-in?next=%2Faccount%3Flang%3Den&lang=en"
    data = client.get("/v1/tokens", headers={"accept": "text/html,*/*"})
    assert data.status_code == 401
    assert data.headers["www-authenticate"] == 'Bearer realm="stadtnetz"'
    sent = client.post("/sign-out", headers={"accept": "text/html"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in")


def test_a_token_names_what_it_lacks(city: City) -> None:
    bearer = {"authorization": f"Bearer {city.tokens['token without scope']}"}
    answer = TestClient(city.app).get("/v1/goals", headers=bearer)
    assert answer.status_code == 403
    assert 'scope="figures:read"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    "credentials",
    [
        "Bearer",
        "Bearer ",
        "bearer x",
        "Bearer stn_x_y",
        "Bearer stn_" + "0" * 32 + "_" + "A" * 43,
        "Bearer " + "x" * 10_000,
        "Bearer stn_\u00e9".encode("latin-1"),
        "Bearer a b c",
    ],
)
def test_malformed_tokens_are_401_everywhere(city: City, credentials: str | bytes) -> None:
    for path in ("/v1/goals", "/account", "/"):
        headers = {"authorization": credentials, "accept": "text/html"}
        answer = TestClient(city.app).get(path, headers=headers)  # type: ignore[arg-type]
        assert answer.status_code == 401
        assert "invalid_token" in answer.headers["www-authenticate"]


@pytest.mark.parametrize("kind", ["Basic YTpi", "Digest x", "", "stn_x"])
def test_other_credentials_are_nobodys(city: City, kind: str) -> None:
    client = TestClient(city.app)
    assert client.get("/health", headers={"authorization": kind}).status_code == 200
    assert client.get("/v1/tokens", headers={"authorization": kind}).status_code == 401


def test_tokens_expire_to_the_moment(city: City) -> None:
    token, text = city.door.tokens.add("partner", "short", ["figures:read"], 1, "tests")
    assert city.door.tokens.recognise(text) is not None
    assert token.holds(token.expires_at - timedelta(microseconds=1))
    assert not token.holds(token.expires_at)
