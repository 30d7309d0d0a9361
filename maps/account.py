"""Pages with forms: signing in, one's own account, and what is said instead of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .language import NOTHING, mark
from .page import TEMPLATES, frame, tidy
from .words import ROLES, SCOPES

if TYPE_CHECKING:
    from .language import Language
    from .setting import Setting

TOKEN_DAYS = (30, 90, 180, 366)
"""How long a new API token may hold, as the page offers it."""

MESSAGES = {
    "wrong": mark("Name or password is wrong, or the account is disabled."),
    "throttled": mark("Too many attempts. Please try again in %(minutes)s minutes."),
    "signed_out": mark("You are signed out."),
    "lapsed": mark("The sign-in has lapsed or was used already. Please begin again."),
    "unreachable": mark("The identity provider does not answer. Please try again later."),
    "provider_refused": mark("The identity provider did not confirm the sign-in."),
    "no_role": mark(
        "You are known to the identity provider, but your account has no role here. Please ask the "
        "coordination of the city to give it one."
    ),
    "disabled": mark("Your account is disabled. Please ask the coordination of the city."),
    "forged": mark(
        "This form is out of date or came from another site. Nothing was changed. Please load the "
        "page again and repeat what you did."
    ),
    "role": mark("Your account may not do this."),
    "failed": mark("This did not work, and nothing was changed."),
    "password_changed": mark("The password is changed; all other sessions have ended."),
    "password_wrong": mark("The present password is wrong."),
    "sessions_ended": mark("All other sessions have ended."),
    "token_revoked": mark("The token is revoked."),
}
"""What a page says about what was done, or why it was not."""


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as the page lists it; moments in UTC."""

    begun: datetime
    used: datetime
    ends: datetime
    here: bool


@dataclass(frozen=True, slots=True)
class TokenRow:
    """An API token as the page lists it; moments in UTC."""

    id: str
    name: str
    scopes: Sequence[str]
    ends: datetime
    used: datetime | None
    holds: bool


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose account a page shows.

    Parameters
    ----------
    name, role : str
    operator : str or None
    scopes : sequence of str
        What a new API token may be made for.
    has_password : bool
        Whether the account has a password of its own.
    """

    name: str
    role: str
    operator: str | None
    scopes: Sequence[str]
    has_password: bool


def sign_in(
    setting: Setting,
    *,
    form_token: str,
    then: str,
    provider: str | None,
    name: str = "",
    said: str = "",
) -> str:
    """Return the page to sign in; `provider` is the address that leads to the identity provider."""
    values = {
        "form_token": form_token,
        "then": then,
        "provider": provider,
        "name": name,
        "said": said,
    }
    return _page("sign_in.html", setting, setting.language("Sign in"), values)


def account(
    setting: Setting,
    holder: Holder,
    sessions: Sequence[SessionRow],
    tokens: Sequence[TokenRow],
    *,
    form_token: str,
    said: str = "",
    fault: str = "",
    new_token: str = "",
) -> str:
    """Return the page of one's own account; `new_token` is shown this once."""
    language = setting.language
    values = {
        "form_token": form_token,
        "holder": holder,
        "role": language(ROLES[holder.role]),
        "sessions": sessions,
        "tokens": tokens,
        "scope_words": {scope: language(SCOPES[scope]) for scope in SCOPES},
        "days": TOKEN_DAYS,
        "moment": lambda at: moment(at, language),
        "said": said,
        "fault": fault,
        "new_token": new_token,
    }
    return _page("account.html", setting, language("Account"), values)


def notice(setting: Setting, said: str) -> str:
    """Return a page that only says something, such as why nothing was done."""
    return _page("notice.html", setting, setting.language("Notice"), {"said": said})


def message(code: str, language: Language, **values: object) -> str:
    """Return the words of `MESSAGES`."""
    return language(MESSAGES[code], **values)


def moment(at: datetime | None, language: Language) -> str:
    """Write a moment as date and time, UTC."""
    if at is None:
        return NOTHING
    return f"{language.date(at.astimezone(UTC).date())}, {at.astimezone(UTC):%H:%M} UTC"


def _page(template: str, setting: Setting, title: str, values: dict[str, Any]) -> str:
    known = frame(setting, title) | {"header": "", "script": ""}
    return tidy(TEMPLATES.get_template(template).render(**known, **values))
