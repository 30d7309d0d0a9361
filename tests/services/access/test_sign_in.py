"""Signing in with a password, sessions in the browser, and forms that cannot be forged."""

import time
from collections.abc import Callable
from statistics import median

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from signing_in import PASSWORD, account_token, form_token, sign_in

from stadtnetz.data.database import StoreError
from stadtnetz.services.access.secret import form_token as token_for
from stadtnetz.services.access.secret import new_secret

SESSION = "stadtnetz_session"
WRONG = "Name oder Passwort ist falsch"


def browser(app: FastAPI, base_url: str = "http://testserver") -> TestClient:
    headers = {"accept": "text/html"}
    return TestClient(app, base_url=base_url, follow_redirects=False, headers=headers)


def test_the_public_needs_no_account(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "set-cookie" not in page.headers
    assert 'href="sign-in"' in page.text
    assert client.get("/v1/goals").status_code == 200
    assert client.get("/health").status_code == 200


def test_way_of_a_person(client: TestClient) -> None:
    led = client.get("/account")
    assert (led.status_code, led.headers["location"]) == (303, "/sign-in?next=%2Faccount")
    done = sign_in(client, "paula", PASSWORD, next="/account")
    assert (done.status_code, done.headers["location"]) == (303, "/account")
    cookie = done.headers["set-cookie"].split(";")[0]
    assert cookie.startswith(f"{SESSION}=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= {
        part.strip() for part in done.headers["set-cookie"].split(",")[0].split(";")
    }
    page = client.get("/account")
    assert page.status_code == 200
    assert all(text in page.text for text in ("paula", "rheinfaser", "Partner"))
    assert page.headers["cache-control"] == "private, no-store"
    assert client.get("/sign-in").headers["location"] == "/account"
    out = client.post("/sign-out", data={"csrf_token": form_token(page.text)})
    assert (out.status_code, out.headers["location"]) == (303, "/sign-in?signed-out")
    assert SESSION not in client.cookies
    assert "Sie sind abgemeldet" in client.get(out.headers["location"]).text
    client.cookies.set(SESSION, cookie.partition("=")[2])
    assert client.get("/account").status_code == 303  # the session itself has ended


def test_english(client: TestClient) -> None:
    page = client.get("/sign-in?lang=en")
    assert '<html lang="en"' in page.text
    data = {"name": "x", "password": "y", "csrf_token": form_token(page.text)}
    wrong = client.post("/sign-in?lang=en", data=data)
    assert "Name or password is wrong" in wrong.text


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("paula", "falsch"),
        ("paula", ""),
        ("", PASSWORD),
        ("nobody", PASSWORD),
        ("x" * 10_000, PASSWORD),
        ("paula", "x" * 60_000),
        ("paula\x00", PASSWORD),
        ("' OR 1=1 --", "' OR 1=1 --"),
        ("päula", PASSWORD),
        ("<script>", "<script>"),
        ("\u202epaula", PASSWORD),
    ],
)
def test_wrong_names_and_passwords_say_the_same(
    client: TestClient, name: str, password: str
) -> None:
    answer = sign_in(client, name, password)
    if len(password) > 50_000:
        assert answer.status_code in {403, 413}
        return
    assert answer.status_code == 403
    assert WRONG in answer.text
    assert "<script>" not in answer.text.partition("<main")[2]
    assert SESSION not in client.cookies


def test_name_is_read_without_case_and_spaces(client: TestClient) -> None:
    assert sign_in(client, "  Paula ", PASSWORD).status_code == 303


def test_disabled_account_says_the_same_as_a_wrong_password(
    app: FastAPI, client: TestClient
) -> None:
    app.state.door.accounts.disable("paula", "tests")
    answer = sign_in(client, "paula", PASSWORD)
    assert (answer.status_code, WRONG in answer.text) == (403, True)


def test_time_does_not_tell_which_names_exist(app: FastAPI) -> None:
    accounts = app.state.door.accounts
    accounts.with_password("warm", "up")
    spent: dict[str, list[float]] = {"paula": [], "nobody": [], "not a name": []}
    for _ in range(7):
        for name, times in spent.items():
            begun = time.process_time()
            assert accounts.with_password(name, "falsches Passwort") is None
            times.append(time.process_time() - begun)
    known = median(spent.pop("paula"))
    for name, times in spent.items():
        assert 0.6 < median(times) / known < 1.6, name


def test_a_session_that_was_planted_is_not_used(app: FastAPI, client: TestClient) -> None:
    planted = new_secret()
    client.cookies.set(SESSION, planted)
    assert sign_in(client, "paula", PASSWORD).status_code == 303
    assert client.cookies.get(SESSION, domain="testserver.local") != planted
    other = browser(app)
    other.cookies.set(SESSION, planted)
    assert other.get("/account").status_code == 303


def test_signing_in_again_ends_the_session_before(app: FastAPI, client: TestClient) -> None:
    sign_in(client, "paula", PASSWORD)
    first = client.cookies[SESSION]
    headers = {"x-csrf-token": token_for(first)}
    again = client.post("/sign-in", data={"name": "karl", "password": PASSWORD}, headers=headers)
    assert again.status_code == 303
    assert client.cookies[SESSION] != first
    other = browser(app)
    other.cookies.set(SESSION, first)
    assert other.get("/account").status_code == 303


@pytest.mark.parametrize(
    "value", ["", "x", "a" * 43, "a" * 44, "a" * 4000, "../etc", '"; DROP TABLE', "%00", "\u00e4"]
)
def test_malformed_cookies_are_nobodys(app: FastAPI, value: str) -> None:
    client = browser(app)
    headers = {"cookie": f"{SESSION}={value}".encode()}
    assert client.get("/account", headers=headers).status_code == 303
    assert client.get("/", headers=headers).status_code == 200


def test_disabled_in_the_middle_of_a_session(app: FastAPI, client: TestClient) -> None:
    sign_in(client, "paula", PASSWORD)
    _, text = app.state.door.tokens.add("paula", "t", ["figures:read"], 1, "tests")
    bearer = {"authorization": f"Bearer {text}"}
    assert client.get("/account").status_code == 200
    assert browser(app).get("/v1/goals", headers=bearer).status_code == 200
    app.state.door.accounts.disable("paula", "tests")
    assert client.get("/account").status_code == 303
    assert browser(app).get("/v1/goals", headers=bearer).status_code == 401
    app.state.door.accounts.enable("paula", "tests")
    assert client.get("/account").status_code == 303
    assert browser(app).get("/v1/goals", headers=bearer).status_code == 401
    assert sign_in(client, "paula", PASSWORD).status_code == 303


def test_new_password_ends_all_other_sessions(app: FastAPI, client: TestClient) -> None:
    other = browser(app)
    for one in (client, other):
        sign_in(one, "paula", PASSWORD)
    data = {
        "csrf_token": account_token(client),
        "present": PASSWORD,
        "new": "ganz anders, 24 Zeichen",
    }
    assert "Das Passwort ist geändert" in client.post("/account/password", data=data).text
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 303
    assert sign_in(other, "paula", PASSWORD).status_code == 403
    assert sign_in(other, "paula", "ganz anders, 24 Zeichen").status_code == 303


@pytest.mark.parametrize(
    ("present", "new", "said", "status"),
    [
        ("falsch", "ganz anders, 24 Zeichen", "bisherige Passwort ist falsch", 403),
        (PASSWORD, "kurz", "it needs 12 or more", 422),
        (PASSWORD, "x" * 1025, "longer than 1024", 422),
    ],
)
def test_new_passwords_that_are_refused(
    app: FastAPI, client: TestClient, present: str, new: str, said: str, status: int
) -> None:
    sign_in(client, "paula", PASSWORD)
    data = {"csrf_token": account_token(client), "present": present, "new": new}
    answer = client.post("/account/password", data=data)
    assert (answer.status_code, said in answer.text) == (status, True)
    assert app.state.door.accounts.with_password("paula", PASSWORD) is not None


def test_over_https_cookies_are_bound_to_the_host(app: FastAPI) -> None:
    client = browser(app, "https://testserver")
    done = sign_in(client, "paula", PASSWORD)
    assert f"__Host-{SESSION}=" in done.headers["set-cookie"]
    assert "Secure" in done.headers["set-cookie"]
    assert client.get("/account").status_code == 200
    # the same secret under the name that anybody in the domain could set
    other = browser(app, "https://testserver")
    other.cookies.set(SESSION, client.cookies[f"__Host-{SESSION}"])
    assert other.get("/account").status_code == 303


def test_secure_cookies_behind_a_proxy_that_ends_https(service: Callable[..., FastAPI]) -> None:
    done = sign_in(browser(service(secure_cookies=False)), "paula", PASSWORD)
    assert "Secure" not in done.headers["set-cookie"]
    page = browser(service(secure_cookies=True)).get("/sign-in")
    assert "__Host-stadtnetz_form=" in page.headers["set-cookie"]
    assert "Secure" in page.headers["set-cookie"]


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a\r\nb", "/\x00", ""],
)
def test_nobody_is_led_to_another_site(client: TestClient, path: str) -> None:
    done = sign_in(client, "paula", PASSWORD, next=path)
    assert (done.status_code, done.headers["location"]) == (303, "/account")


def test_pages_with_a_name_are_for_nobody_else(app: FastAPI, client: TestClient) -> None:
    public = client.get("/")
    sign_in(client, "paula", PASSWORD)
    own = client.get("/")
    assert ">paula</a>" in own.text
    assert own.headers["cache-control"] == "private, no-cache"
    assert own.headers["etag"] != public.headers["etag"]
    stale = client.get("/", headers={"if-none-match": public.headers["etag"]})
    assert stale.status_code == 200
    other = browser(app)
    assert "paula" not in other.get("/").text
    assert other.get("/").text == public.text
    sign_in(other, "karl", PASSWORD)
    for path in ("/", "/maps/fibre_offer_household_share", "/sign-in", "/account"):
        assert "paula" not in other.get(path).text
    assert "Cookie" in public.headers["vary"]


# --- forgery ----------------------------------------------------------------------------------


def test_forms_without_their_token_change_nothing(app: FastAPI, client: TestClient) -> None:
    sign_in(client, "paula", PASSWORD)
    foreign = browser(app)
    sign_in(foreign, "karl", PASSWORD)
    for token in (None, "", "0" * 64, account_token(foreign), "é", "\x00"):
        data = {} if token is None else {"csrf_token": token}
        answer = client.post("/sign-out", data=data)
        assert answer.status_code == 403
        assert "Dieses Formular ist veraltet" in answer.text
    assert client.get("/account").status_code == 200


def test_api_without_the_token_changes_nothing(client: TestClient) -> None:
    sign_in(client, "paula", PASSWORD)
    new = {"name": "t", "scopes": ["figures:read"]}
    refused = client.post("/v1/tokens", json=new, headers={"accept": "*/*"})
    assert refused.status_code == 403
    assert refused.json()["type"].endswith("forged_request")
    as_text = client.post(
        "/v1/tokens",
        content='{"name":"t","scopes":["figures:read"]}',
        headers={"content-type": "text/plain"},
    )
    assert as_text.status_code == 403
    assert client.get("/v1/tokens").json() == {"tokens": []}
    token = {"x-csrf-token": account_token(client)}
    assert client.post("/v1/tokens", json=new, headers=token).status_code == 201


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://testserver.evil.example"},
        {"origin": "https://testserver"},
        {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
    ],
)
def test_pages_of_other_sites_change_nothing(client: TestClient, headers: dict[str, str]) -> None:
    page = client.get("/sign-in")
    data = {"name": "paula", "password": PASSWORD, "csrf_token": form_token(page.text)}
    assert client.post("/sign-in", data=data, headers=headers).status_code == 403
    assert SESSION not in client.cookies
    own = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
    assert client.post("/sign-in", data=data, headers=own).status_code == 303


def test_own_address_behind_a_proxy(service: Callable[..., FastAPI]) -> None:
    client = browser(service(public_url="https://netz.example", secure_cookies=False))
    page = client.get("/sign-in")
    data = {"name": "paula", "password": PASSWORD, "csrf_token": form_token(page.text)}
    for origin, status in (("http://testserver", 403), ("https://netz.example", 303)):
        answer = client.post("/sign-in", data=data, headers={"origin": origin})
        assert answer.status_code == status


def test_signing_in_needs_the_cookie_of_its_form(app: FastAPI, client: TestClient) -> None:
    """Nobody can be signed in to somebody else's account by a form on another site."""
    token = form_token(client.get("/sign-in").text)
    other = browser(app)
    data = {"name": "paula", "password": PASSWORD, "csrf_token": token}
    assert other.post("/sign-in", data=data).status_code == 403


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"\xff\xfe=1", "application/x-www-form-urlencoded", 400),
        (b"a=1&" * 200, "application/x-www-form-urlencoded", 400),
        (b"x" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"{}", "application/json", 415),
        (b"--b\r\nx", "multipart/form-data; boundary=b", 415),
        (b"", "multipart/form-data", 415),
    ],
)
def test_forms_that_are_none(
    client: TestClient, content: bytes, media_type: str, status: int
) -> None:
    client.get("/sign-in")
    secret = client.cookies["stadtnetz_form"]
    headers = {"content-type": media_type, "x-csrf-token": token_for(secret)}
    assert client.post("/sign-in", content=content, headers=headers).status_code == status
    headers.pop("x-csrf-token")
    assert client.post("/sign-in", content=content, headers=headers).status_code == 403


# --- throttling -------------------------------------------------------------------------------


def test_throttling_by_name_is_the_same_for_unknown_names(
    service: Callable[..., FastAPI],
) -> None:
    app = service(sign_in_limit_per_name="3/15 minutes")
    seen = {}
    for name in ("paula", "nobody"):
        client = browser(app)
        answers = [sign_in(client, name, "falsch") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [403, 403, 403, 429, 429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 900
        assert "Zu viele Versuche" in answers[-1].text
        seen[name] = answers[-1].text.partition("<form")[0]
    assert seen["paula"] == seen["nobody"]
    assert sign_in(browser(app), "paula", PASSWORD).status_code == 429
    assert sign_in(browser(app), " PAULA ", PASSWORD).status_code == 429
    assert sign_in(browser(app), "karl", PASSWORD).status_code == 303


def test_throttling_by_address(service: Callable[..., FastAPI]) -> None:
    app = service(sign_in_limit_per_address="4/15 minutes")
    codes = [sign_in(browser(app), f"name{n}", "falsch").status_code for n in range(6)]
    assert codes == [403] * 4 + [429] * 2


def test_getting_in_clears_the_counter_of_the_name(service: Callable[..., FastAPI]) -> None:
    app = service(sign_in_limit_per_name="3/15 minutes")
    for _ in range(3):
        assert sign_in(browser(app), "paula", "falsch").status_code == 403
        assert sign_in(browser(app), "paula", PASSWORD).status_code == 303


def test_changing_the_password_is_throttled_too(service: Callable[..., FastAPI]) -> None:
    client = browser(service(sign_in_limit_per_name="2/15 minutes"))
    sign_in(client, "paula", PASSWORD)
    data = {"csrf_token": account_token(client), "present": "falsch", "new": "x" * 20}
    codes = [client.post("/account/password", data=data).status_code for _ in range(3)]
    assert codes == [403, 403, 429]


# --- the database is away ---------------------------------------------------------------------


def test_database_away(app: FastAPI, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(client, "paula", PASSWORD)

    def away(_secret: str) -> None:
        raise StoreError("could not recognise the session: the database is away")

    monkeypatch.setattr(app.state.door.sessions, "recognise", away)
    answer = client.get("/v1/tokens")
    assert answer.status_code >= 500
    assert answer.json()["type"].endswith("store_error")
    assert client.get("/health", headers={"cookie": ""}).status_code == 200
