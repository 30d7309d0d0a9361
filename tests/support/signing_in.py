"""What a browser does to sign in, for tests of the service."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

PASSWORD = "eine lange Kette von Wörtern"
FORM_TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]{64})"')


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def go(self, **time: float) -> None:
        self.now += timedelta(**time)


def form_token(html: str) -> str:
    found = FORM_TOKEN.search(html)
    assert found, html
    return found[1]


def sign_in(client: Any, name: str, password: str, **more: str) -> Any:
    """Load the page, fill in its form and send it."""
    page = client.get("/sign-in")
    token = form_token(page.text)
    data = {"name": name, "password": password, "csrf_token": token} | more
    return client.post("/sign-in", data=data)


def account_token(client: Any) -> str:
    """Token of the forms of whoever is signed in."""
    return form_token(client.get("/account").text)
