"""The cookies: one for the session, one for the form of somebody who is not signed in yet.

Over https their names begin with ``__Host-``: a browser takes such a cookie from this very host
only, so that no neighbour of the same domain can plant one (RFC 6265bis, section 4.1.3.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .secret import is_secret

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.responses import Response

    from .settings import AccessSettings

SESSION = "stadtnetz_session"
FORM = "stadtnetz_form"
PROVIDER = "stadtnetz_provider"


class Cookies:
    """Reads and writes the cookies of one request, as the settings and its scheme want them."""

    def __init__(self, settings: AccessSettings, request: HTTPConnection) -> None:
        self._request = request
        said = settings.secure_cookies
        self.secure = request.url.scheme in {"https", "wss"} if said is None else said

    def secret(self, cookie: str) -> str | None:
        """Return the secret in a cookie; ``None`` where there is none, or something else."""
        found = self.text(cookie)
        return found if found is not None and is_secret(found) else None

    def text(self, cookie: str) -> str | None:
        """Return what a cookie holds."""
        return self._request.cookies.get(self._name(cookie))

    def put(self, response: Response, cookie: str, text: str, max_age_s: int | None = None) -> None:
        """Have the browser keep a cookie, until it is closed or for `max_age_s`."""
        response.set_cookie(
            self._name(cookie),
            text,
            max_age=max_age_s,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def drop(self, response: Response, cookie: str) -> None:
        """Have the browser forget a cookie."""
        response.delete_cookie(
            self._name(cookie), path="/", secure=self.secure, httponly=True, samesite="lax"
        )

    def _name(self, cookie: str) -> str:
        return f"__Host-{cookie}" if self.secure else cookie
