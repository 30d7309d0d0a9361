"""Who may do what: one table, from every route of the service to a rule.

`stadtnetz.services.access.guard` holds every request against it, and refuses what it does not name.
Beyond the role there is ownership, which the routes themselves look after: what somebody may not
see is answered like what does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .visitor import Role

EVERYONE = frozenset(Role)
SIGNED_IN = EVERYONE - {Role.PUBLIC}
PARTNERS = frozenset({Role.PARTNER})
REVIEWERS = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})

SCOPES: Mapping[str, frozenset[Role]] = {
    "figures:read": SIGNED_IN,
    "deliveries:read": SIGNED_IN,
    "deliveries:write": SIGNED_IN,
    "reviews:write": REVIEWERS,
    "disputes:read": SIGNED_IN,
    "disputes:write": SIGNED_IN,
    "audit:read": REVIEWERS,
}
"""What an API token may be made for, and by whom; `stadtnetz.maps.words` has the explanations."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may use a route.

    Parameters
    ----------
    roles : frozenset of Role
    scope : str or None
        What an API token must have been made for. ``None``: a token gives nothing here; its holder
        counts as the public, and where that is not among `roles`, a person has to sign in.
    form : bool
        Whether somebody who is not signed in must send the token of a form, too (signing in).
    """

    roles: frozenset[Role]
    scope: str | None = None
    form: bool = False


POLICY: Mapping[tuple[str, str], Rule] = {
    ("GET", "/health"): Rule(EVERYONE),
    ("GET", "/openapi.json"): Rule(EVERYONE),
    ("GET", "/docs"): Rule(EVERYONE),
    # figures and pages
    ("GET", "/v1/goals"): Rule(EVERYONE, "figures:read"),
    ("GET", "/v1/indicators"): Rule(EVERYONE, "figures:read"),
    ("GET", "/v1/indicators/{indicator_id}"): Rule(EVERYONE, "figures:read"),
    ("GET", "/"): Rule(EVERYONE),
    ("GET", "/report"): Rule(EVERYONE),
    ("GET", "/maps/assets/{name:path}"): Rule(EVERYONE),
    ("GET", "/maps/{map_id}"): Rule(EVERYONE),
    # signing in, and one's own account; nothing that a token could do
    ("GET", "/sign-in"): Rule(EVERYONE),
    ("POST", "/sign-in"): Rule(EVERYONE, form=True),
    ("GET", "/sign-in/provider"): Rule(EVERYONE),
    ("GET", "/sign-in/provider/callback"): Rule(EVERYONE),
    ("POST", "/sign-out"): Rule(SIGNED_IN),
    ("GET", "/account"): Rule(SIGNED_IN),
    ("POST", "/account/sessions/end"): Rule(SIGNED_IN),
    ("POST", "/account/password"): Rule(SIGNED_IN),
    ("POST", "/account/tokens"): Rule(SIGNED_IN),
    ("POST", "/account/tokens/{token_id}/revoke"): Rule(SIGNED_IN),
    ("GET", "/v1/tokens"): Rule(SIGNED_IN),
    ("POST", "/v1/tokens"): Rule(SIGNED_IN),
    ("DELETE", "/v1/tokens/{token_id}"): Rule(SIGNED_IN),
}
"""From method and path template of a route to its rule; ``HEAD`` follows ``GET``."""
