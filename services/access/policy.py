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
    # predictions: everybody what all operators together give; single ones as far as they are open
    ("GET", "/v1/predictions"): Rule(EVERYONE, "figures:read"),
    ("POST", "/v1/predictions"): Rule(REVIEWERS, "reviews:write"),
    ("GET", "/v1/predictions/{prediction_id}"): Rule(EVERYONE, "figures:read"),
    ("GET", "/v1/predictions/{prediction_id}/sensitivity"): Rule(EVERYONE, "figures:read"),
    ("GET", "/v1/predictions/{prediction_id}/raster.tif"): Rule(EVERYONE, "figures:read"),
    ("GET", "/v1/predictions/{prediction_id}/at"): Rule(EVERYONE, "figures:read"),
    ("GET", "/v1/predictions/{prediction_id}/tiles/{z}/{x}/{y}.png"): Rule(
        EVERYONE, "figures:read"
    ),
    ("GET", "/v1/units/{units_kind}/{unit_id}"): Rule(EVERYONE, "figures:read"),
    # measurements: everybody against all operators together; calibration tells of single sites
    ("GET", "/v1/measurements"): Rule(EVERYONE, "figures:read"),
    ("GET", "/v1/measurements/{technology}"): Rule(EVERYONE, "figures:read"),
    ("GET", "/v1/measurements/{technology}/cells.geojson"): Rule(EVERYONE, "figures:read"),
    ("GET", "/v1/measurements/{technology}/calibration"): Rule(REVIEWERS, "figures:read"),
    ("GET", "/"): Rule(EVERYONE),
    ("GET", "/report"): Rule(EVERYONE),
    ("GET", "/maps/assets/{name:path}"): Rule(EVERYONE),
    ("GET", "/maps/{map_id}"): Rule(EVERYONE),
    # deliveries: partners those of their own operator, everybody else none
    ("GET", "/v1/kinds"): Rule(EVERYONE, "deliveries:read"),
    ("GET", "/v1/kinds/{kind}/template.{ending}"): Rule(EVERYONE, "deliveries:read"),
    ("GET", "/v1/kinds/{kind}/code-lists.csv"): Rule(EVERYONE, "deliveries:read"),
    ("GET", "/v1/mappings/{kind}"): Rule(SIGNED_IN, "deliveries:read"),
    ("POST", "/v1/deliveries"): Rule(SIGNED_IN, "deliveries:write"),
    ("GET", "/v1/deliveries"): Rule(SIGNED_IN, "deliveries:read"),
    ("GET", "/v1/deliveries/{delivery_id}"): Rule(SIGNED_IN, "deliveries:read"),
    ("GET", "/v1/deliveries/{delivery_id}/report"): Rule(SIGNED_IN, "deliveries:read"),
    ("GET", "/v1/deliveries/{delivery_id}/findings"): Rule(SIGNED_IN, "deliveries:read"),
    ("GET", "/v1/deliveries/{delivery_id}/original"): Rule(SIGNED_IN, "deliveries:read"),
    ("GET", "/v1/deliveries/{delivery_id}/corrected"): Rule(SIGNED_IN, "deliveries:read"),
    ("GET", "/v1/deliveries/{delivery_id}/receipt"): Rule(SIGNED_IN, "deliveries:read"),
    ("GET", "/v1/deliveries/{delivery_id}/review"): Rule(SIGNED_IN, "deliveries:read"),
    ("GET", "/v1/deliveries/{delivery_id}/difference"): Rule(SIGNED_IN, "deliveries:read"),
    ("GET", "/v1/deliveries/{delivery_id}/difference.csv"): Rule(SIGNED_IN, "deliveries:read"),
    ("GET", "/v1/deliveries/{delivery_id}/difference.geojson"): Rule(SIGNED_IN, "deliveries:read"),
    ("POST", "/v1/deliveries/{delivery_id}/publish"): Rule(REVIEWERS, "reviews:write"),
    ("POST", "/v1/deliveries/{delivery_id}/reject"): Rule(REVIEWERS, "reviews:write"),
    ("POST", "/v1/deliveries/{delivery_id}/question"): Rule(REVIEWERS, "reviews:write"),
    ("POST", "/v1/deliveries/{delivery_id}/answer"): Rule(SIGNED_IN, "deliveries:write"),
    ("POST", "/v1/deliveries/{delivery_id}/withdraw"): Rule(SIGNED_IN, "deliveries:write"),
    ("OPTIONS", "/v1/uploads"): Rule(EVERYONE, "deliveries:write"),
    ("POST", "/v1/uploads"): Rule(SIGNED_IN, "deliveries:write"),
    ("HEAD", "/v1/uploads/{upload_id}"): Rule(SIGNED_IN, "deliveries:write"),
    ("PATCH", "/v1/uploads/{upload_id}"): Rule(SIGNED_IN, "deliveries:write"),
    ("DELETE", "/v1/uploads/{upload_id}"): Rule(SIGNED_IN, "deliveries:write"),
    ("GET", "/v1/uploads/{upload_id}/layers"): Rule(SIGNED_IN, "deliveries:write"),
    ("GET", "/v1/jobs/{job_id}"): Rule(SIGNED_IN, "deliveries:read"),
    ("GET", "/v1/jobs/{job_id}/events"): Rule(SIGNED_IN, "deliveries:read"),
    # disputes: everybody may report one where the setting says so; operators see their own
    ("GET", "/v1/dispute-reasons"): Rule(EVERYONE, "disputes:read"),
    ("POST", "/v1/disputes"): Rule(EVERYONE, "disputes:write"),
    ("GET", "/v1/disputes"): Rule(SIGNED_IN, "disputes:read"),
    ("GET", "/v1/disputes/{dispute_id}"): Rule(SIGNED_IN, "disputes:read"),
    ("GET", "/v1/disputes/{dispute_id}/evidence"): Rule(SIGNED_IN, "disputes:read"),
    ("POST", "/v1/disputes/{dispute_id}/concede"): Rule(PARTNERS, "disputes:write"),
    ("POST", "/v1/disputes/{dispute_id}/rebut"): Rule(PARTNERS, "disputes:write"),
    ("POST", "/v1/disputes/{dispute_id}/uphold"): Rule(REVIEWERS, "disputes:write"),
    ("POST", "/v1/disputes/{dispute_id}/dismiss"): Rule(REVIEWERS, "disputes:write"),
    ("POST", "/v1/disputes/{dispute_id}/lift"): Rule(REVIEWERS, "disputes:write"),
    ("POST", "/v1/disputes/{dispute_id}/forget"): Rule(REVIEWERS, "disputes:write"),
    ("GET", "/v1/audit"): Rule(REVIEWERS, "audit:read"),
    ("GET", "/v1/audit/verdict"): Rule(REVIEWERS, "audit:read"),
    # the same as pages
    ("GET", "/deliveries"): Rule(SIGNED_IN),
    ("POST", "/deliveries"): Rule(SIGNED_IN),
    ("GET", "/deliveries/new"): Rule(SIGNED_IN),
    ("GET", "/deliveries/uploads/{upload_id}"): Rule(SIGNED_IN),
    ("POST", "/deliveries/uploads/{upload_id}"): Rule(SIGNED_IN),
    ("GET", "/deliveries/{delivery_id}"): Rule(SIGNED_IN),
    ("POST", "/deliveries/{delivery_id}/publish"): Rule(REVIEWERS),
    ("POST", "/deliveries/{delivery_id}/reject"): Rule(REVIEWERS),
    ("POST", "/deliveries/{delivery_id}/question"): Rule(REVIEWERS),
    ("POST", "/deliveries/{delivery_id}/answer"): Rule(SIGNED_IN),
    ("POST", "/deliveries/{delivery_id}/withdraw"): Rule(SIGNED_IN),
    ("GET", "/disputes"): Rule(SIGNED_IN),
    ("POST", "/disputes"): Rule(EVERYONE, form=True),
    ("GET", "/disputes/new"): Rule(EVERYONE),
    ("GET", "/disputes/{dispute_id}"): Rule(SIGNED_IN),
    ("POST", "/disputes/{dispute_id}/concede"): Rule(PARTNERS),
    ("POST", "/disputes/{dispute_id}/rebut"): Rule(PARTNERS),
    ("POST", "/disputes/{dispute_id}/uphold"): Rule(REVIEWERS),
    ("POST", "/disputes/{dispute_id}/dismiss"): Rule(REVIEWERS),
    ("POST", "/disputes/{dispute_id}/lift"): Rule(REVIEWERS),
    ("POST", "/disputes/{dispute_id}/forget"): Rule(REVIEWERS),
    ("GET", "/predictions"): Rule(REVIEWERS),
    ("POST", "/predictions"): Rule(REVIEWERS),
    ("GET", "/audit"): Rule(REVIEWERS),
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
"""From method and path template of a route to its rule.

``HEAD`` follows ``GET``, but for a route that takes nothing else.
"""
