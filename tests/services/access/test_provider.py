"""Signing in with OpenID Connect, against a real provider."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from identity_provider import CLIENT, SECRET, Start, log_in
from pydantic import ValidationError

from stadtnetz.services.access.provider import NoRoleError, Person, Provider
from stadtnetz.services.access.settings import Grant, OidcSettings
from stadtnetz.services.access.visitor import Role

BASE = "http://stadtnetz.test"
CALLBACK = "/sign-in/provider/callback"
PEOPLE = {
    "anna": {"preferred_username": "Anna", "groups": ["staff", "netz-koordination"]},
    "rita": {"preferred_username": "Rita", "groups": ["rheinfaser"]},
    "paula": {"preferred_username": "paula", "groups": ["rheinfaser"]},
    "both": {"groups": ["rheinfaser", "stadtfaser"]},
    "boss": {"groups": ["rheinfaser", "netz-koordination", "it"]},
    "guest": {"preferred_username": "Guest", "groups": ["visitors"]},
    "bare": {"preferred_username": "Bare"},
}
ROLES = {
    "netz-koordination": Grant(role=Role.COORDINATOR),
    "it": Grant(role=Role.ADMINISTRATOR),
    "rheinfaser": Grant(role=Role.PARTNER, operator="rheinfaser"),
    "stadtfaser": Grant(role=Role.PARTNER, operator="stadtfaser"),
}
Browser = TestClient


@pytest.fixture(scope="module")
def discovery_url(start_provider: Start) -> str:
    return start_provider(PEOPLE, [BASE + CALLBACK])


def settings(discovery_url: str, **more: Any) -> OidcSettings:
    said = {"discovery_url": discovery_url, "client_id": CLIENT, "client_secret": SECRET}
    return OidcSettings(**said | {"roles": ROLES} | more)


@pytest.fixture
def oidc_app(service: Callable[..., FastAPI], discovery_url: str) -> FastAPI:
    return service(oidc=settings(discovery_url))


def browser(app: FastAPI) -> Browser:
    headers = {"accept": "text/html"}
    return TestClient(app, base_url=BASE, follow_redirects=False, headers=headers)


def leave(client: Browser, then: str = "") -> str:
    answer = client.get("/sign-in/provider", params={"next": then} if then else {})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def sign_in(client: Browser, login: str, then: str = "") -> Any:
    return client.get(log_in(leave(client, then), login, CALLBACK))


def test_way_of_a_person(oidc_app: FastAPI) -> None:
    client = browser(oidc_app)
    page = client.get("/sign-in?next=%2Faccount%3Flang%3Den")
    assert 'href="sign-in/provider?next=%2Faccount%3Flang%3Den"' in page.text
    address = leave(client, "/account?lang=en")
    query = parse_qs(urlsplit(address).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["response_type"] == ["code"]
    assert {"state", "nonce", "code_challenge"} <= query.keys()
    done = client.get(log_in(address, "anna", CALLBACK))
    assert (done.status_code, done.headers["location"]) == (303, "/account?lang=en")
    account = client.get(done.headers["location"])
    assert "anna" in account.text
    assert "Coordination" in account.text
    assert 'name="present"' not in account.text  # there is no password to change
    made = oidc_app.state.door.accounts.named("anna")
    assert (made.role, made.subject, made.password_hash) == ("coordinator", "anna", None)
    assert (
        made.issuer + "/.well-known/openid-configuration"
        == oidc_app.state.door.provider._client._server_metadata_url
    )
    again = browser(oidc_app)
    assert sign_in(again, "anna").status_code == 303
    names = [account.name for account in oidc_app.state.door.accounts.all()]
    assert names.count("anna") == 1


def test_partner_is_bound_to_its_operator(oidc_app: FastAPI) -> None:
    client = browser(oidc_app)
    assert sign_in(client, "rita").headers["location"] == "/account"
    assert "rheinfaser" in client.get("/account").text
    assert oidc_app.state.door.accounts.named("rita").operator == "rheinfaser"


def test_a_name_that_is_taken_gives_no_access_to_it(oidc_app: FastAPI) -> None:
    local = oidc_app.state.door.accounts.named("paula")
    client = browser(oidc_app)
    sign_in(client, "paula")
    made = oidc_app.state.door.accounts.named("paula+127.0.0.1")
    assert made.id != local.id
    assert oidc_app.state.door.accounts.named("paula") == local


def test_highest_role_counts(oidc_app: FastAPI) -> None:
    sign_in(browser(oidc_app), "boss")
    assert oidc_app.state.door.accounts.named("boss").role == "administrator"


@pytest.mark.parametrize("login", ["guest", "bare", "both", "stranger"])
def test_without_a_role_a_page_says_so(oidc_app: FastAPI, login: str) -> None:
    client = browser(oidc_app)
    answer = sign_in(client, login)
    assert answer.status_code == 403
    assert "keine Rolle zugeordnet" in answer.text
    assert client.get("/account").status_code == 303
    known = {account.name for account in oidc_app.state.door.accounts.all()}
    assert login not in known


def test_role_that_is_taken_away_ends_the_sessions(
    service: Callable[..., FastAPI], discovery_url: str
) -> None:
    app = service(oidc=settings(discovery_url))
    before = browser(app)
    sign_in(before, "rita")
    assert before.get("/account").status_code == 200
    changed = service(oidc=settings(discovery_url, roles={"it": ROLES["it"]}))
    assert sign_in(browser(changed), "rita").status_code == 403
    assert before.get("/account").status_code == 303


def test_disabled_here_stays_out(oidc_app: FastAPI) -> None:
    client = browser(oidc_app)
    sign_in(client, "anna")
    oidc_app.state.door.accounts.disable("anna", "tests")
    assert client.get("/account").status_code == 303
    answer = sign_in(browser(oidc_app), "anna")
    assert (answer.status_code, "gesperrt" in answer.text) == (403, True)


# --- what must not work -----------------------------------------------------------------------


def test_an_answer_is_good_once(oidc_app: FastAPI) -> None:
    client = browser(oidc_app)
    address = leave(client)
    pending = dict(client.cookies)
    back = log_in(address, "anna", CALLBACK)
    assert client.get(back).status_code == 303
    replayed = client.get(back)
    assert replayed.status_code == 400
    assert "abgelaufen oder wurde schon benutzt" in replayed.text
    thief = browser(oidc_app)  # even with the cookie, the provider gives a code only once
    thief.cookies.update(pending)
    assert thief.get(back).status_code == 403
    assert thief.get("/account").status_code == 303


def test_an_answer_belongs_to_the_browser_that_left(oidc_app: FastAPI) -> None:
    """Nobody can be signed in to somebody else's account by a link."""
    back = log_in(leave(browser(oidc_app)), "anna", CALLBACK)
    victim = browser(oidc_app)
    assert victim.get(back).status_code == 400
    leave(victim)  # with a sign-in of its own under way
    assert victim.get(back).status_code == 400
    assert victim.get("/account").status_code == 303


@pytest.mark.parametrize(
    "change",
    [
        lambda q: q | {"state": "other"},
        lambda q: {k: v for k, v in q.items() if k != "state"},
        lambda _: {},
        lambda q: q | {"state": ""},
    ],
)
def test_state_that_is_another(oidc_app: FastAPI, change: Callable[[Any], Any]) -> None:
    client = browser(oidc_app)
    back = urlsplit(log_in(leave(client), "anna", CALLBACK))
    query = {name: values[0] for name, values in parse_qs(back.query).items()}
    answer = client.get(CALLBACK, params=change(query))
    assert answer.status_code == 400
    assert client.get("/account").status_code == 303


@pytest.mark.parametrize(
    "change",
    [
        {"code": "nonsense"},
        {"code": ""},
        {"iss": "https://evil.example"},
        {"error": "access_denied", "error_description": "<script>alert(1)</script>"},
        {"error": "<script>alert(1)</script>"},
    ],
)
def test_answers_that_cannot_be_trusted(oidc_app: FastAPI, change: dict[str, str]) -> None:
    client = browser(oidc_app)
    back = urlsplit(log_in(leave(client), "anna", CALLBACK))
    query = {name: values[0] for name, values in parse_qs(back.query).items()} | change
    answer = client.get(CALLBACK, params=query)
    assert answer.status_code == 403
    assert "<script>" not in answer.text.partition("<main")[2]
    assert client.get("/account").status_code == 303


@pytest.mark.parametrize("cookie", ["", "x", "e30.x.y", "a" * 4000])
def test_malformed_cookie_of_a_sign_in(oidc_app: FastAPI, cookie: str) -> None:
    client = browser(oidc_app)
    client.cookies.set("stadtnetz_provider", cookie)
    assert client.get(CALLBACK, params={"code": "x", "state": "y"}).status_code == 400


def test_a_sign_in_lapses(oidc_app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser(oidc_app)
    back = log_in(leave(client), "anna", CALLBACK)
    monkeypatch.setattr("stadtnetz.services.access.provider.PENDING_S", -1)
    assert client.get(back).status_code == 400


def test_cookie_of_another_key_is_refused(
    service: Callable[..., FastAPI], discovery_url: str
) -> None:
    client = browser(service(oidc=settings(discovery_url)))
    back = log_in(leave(client), "anna", CALLBACK)
    other = browser(service(oidc=settings(discovery_url, client_secret="another")))
    other.cookies.update(client.cookies)
    assert other.get(back).status_code == 400


def test_wrong_client_secret_is_a_refusal(
    service: Callable[..., FastAPI], discovery_url: str
) -> None:
    client = browser(service(oidc=settings(discovery_url, client_secret="wrong")))
    assert sign_in(client, "anna").status_code == 403
    assert client.get("/account").status_code == 303


def test_client_without_secret(service: Callable[..., FastAPI], start_provider: Start) -> None:
    url = start_provider(
        PEOPLE,
        [BASE + CALLBACK],
        client_secret=None,
        token_endpoint_auth_method="none",
    )
    client = browser(service(oidc=settings(url, client_secret=None)))
    assert sign_in(client, "anna").status_code == 303
    assert client.get("/account").status_code == 200


def test_nobody_is_led_to_another_site(oidc_app: FastAPI) -> None:
    client = browser(oidc_app)
    assert sign_in(client, "anna", "//evil.example").headers["location"] == "/account"


def test_passwords_still_work_beside_the_provider(oidc_app: FastAPI) -> None:
    from signing_in import PASSWORD
    from signing_in import sign_in as with_password

    assert with_password(browser(oidc_app), "paula", PASSWORD).status_code == 303


# --- providers that are none ------------------------------------------------------------------


@pytest.fixture
def nonsense() -> Iterator[Callable[[bytes], str]]:
    """Serves one answer to everything."""
    servers = []

    def serve(body: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'"x"', b"\xff"])
def test_provider_that_answers_nonsense(
    service: Callable[..., FastAPI], nonsense: Callable[[bytes], str], body: bytes
) -> None:
    client = browser(service(oidc=settings(nonsense(body))))
    answer = client.get("/sign-in/provider")
    assert answer.status_code == 502
    assert "Anmeldedienst antwortet nicht" in answer.text


def test_provider_that_is_away(service: Callable[..., FastAPI]) -> None:
    client = browser(service(oidc=settings("http://127.0.0.1:9/x")))
    assert client.get("/sign-in/provider").status_code == 502
    assert client.get("/").status_code == 200


def test_without_a_provider_there_is_no_way_there(app: FastAPI) -> None:
    client = browser(app)
    assert "sign-in/provider" not in client.get("/sign-in").text
    for path in ("/sign-in/provider", CALLBACK):
        assert client.get(path).status_code == 404


# --- settings ---------------------------------------------------------------------------------


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STADTNETZ_OIDC_DISCOVERY_URL", "https://login.example/x")
    monkeypatch.setenv("STADTNETZ_OIDC_CLIENT_ID", "netz")
    monkeypatch.setenv("STADTNETZ_OIDC_CLIENT_SECRET", "hidden")
    roles = {"rf": {"role": "partner", "operator": "rheinfaser"}}
    monkeypatch.setenv("STADTNETZ_OIDC_ROLES", json.dumps(roles))
    found = OidcSettings()
    assert found.roles == {"rf": Grant(role=Role.PARTNER, operator="rheinfaser")}
    assert "hidden" not in repr(found)


@pytest.mark.parametrize(
    "wrong",
    [
        {"discovery_url": "https://login.example"},
        {"scope": "profile"},
        {"roles": {"x": {"role": "partner"}}},
        {"roles": {"x": {"role": "coordinator", "operator": "rheinfaser"}}},
        {"roles": {"x": {"role": "public"}}},
        {"roles": {"x": {"role": "king"}}},
    ],
)
def test_settings_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OidcSettings(**wrong)


@pytest.mark.parametrize(
    ("claim", "claims", "role"),
    [
        ("groups", {"groups": ["it"]}, Role.ADMINISTRATOR),
        ("groups", {"groups": "it"}, Role.ADMINISTRATOR),
        ("realm_access.roles", {"realm_access": {"roles": ["it"]}}, Role.ADMINISTRATOR),
        ("https://x.example/roles", {"https://x.example/roles": ["it"]}, Role.ADMINISTRATOR),
        ("groups", {"groups": [None, 1, {"it": 1}, ["it"]]}, None),
        ("realm_access.roles", {"realm_access": "it"}, None),
        ("groups", {}, None),
    ],
)
def test_claims_of_many_shapes(claim: str, claims: dict[str, Any], role: Role | None) -> None:
    provider = Provider(settings("https://login.example", role_claim=claim))
    person = Person("https://login.example", "s", "n", claims)
    if role is None:
        with pytest.raises(NoRoleError):
            provider.grant(person)
    else:
        assert provider.grant(person).role is role
