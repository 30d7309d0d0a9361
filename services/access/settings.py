"""Settings of access: sessions, throttling and the identity provider."""

from __future__ import annotations

from typing import Annotated, Self

from limits import parse
from pydantic import AfterValidator, BaseModel, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from .visitor import Role


def _checked_limit(text: str) -> str:
    parse(text)
    return text


Limit = Annotated[str, AfterValidator(_checked_limit)]
"""How often something may happen, as the library ``limits`` writes it: ``10/15 minutes``."""


class AccessSettings(BaseSettings):
    """Sessions and sign-in, from ``STADTNETZ_ACCESS_...``.

    ``public_url`` is the address under which browsers reach the service, where a proxy hides it.
    ``secure_cookies`` says whether cookies are for https only; without it, the request decides.
    A session ends ``session_idle_min`` after its last use, and ``session_max_h`` after its start at
    the latest. ``sign_in_limit_per_name`` and ``sign_in_limit_per_address`` bound the attempts to
    sign in with a password; the counters live in the process.
    """

    model_config = SettingsConfigDict(env_prefix="STADTNETZ_ACCESS_", frozen=True)

    public_url: str | None = Field(default=None, pattern=r"^https?://[^/\s]+$")
    secure_cookies: bool | None = None
    session_idle_min: float = Field(default=120, gt=0)
    session_max_h: float = Field(default=12, gt=0)
    sign_in_limit_per_name: Limit = "10/15 minutes"
    sign_in_limit_per_address: Limit = "60/15 minutes"


class Grant(BaseModel, frozen=True):
    """The role, and for partners the operator, that a value of a claim stands for."""

    role: Role
    operator: str | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.role is Role.PUBLIC:
            raise ValueError("role must be partner, coordinator or administrator")
        if (self.role is Role.PARTNER) != bool(self.operator):
            raise ValueError("a partner, and nobody else, has an operator")
        return self


class OidcSettings(BaseSettings):
    """The identity provider, from ``STADTNETZ_OIDC_...``; none without ``discovery_url``.

    ``role_claim`` is the claim that carries roles or groups; a dot leads into an object
    (``realm_access.roles``). ``roles`` maps its values to roles here, as JSON:
    ``{"netz-koordination": {"role": "coordinator"}, "rheinfaser": {"role": "partner", "operator":
    "rheinfaser"}}``.
    """

    model_config = SettingsConfigDict(env_prefix="STADTNETZ_OIDC_", frozen=True)

    discovery_url: str | None = None
    client_id: str = ""
    client_secret: SecretStr | None = None
    scope: str = "openid profile email"
    role_claim: str = "groups"
    roles: dict[str, Grant] = {}

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.discovery_url and not self.client_id:
            raise ValueError("STADTNETZ_OIDC_CLIENT_ID is missing beside the discovery URL")
        if "openid" not in self.scope.split():
            raise ValueError("STADTNETZ_OIDC_SCOPE must contain 'openid'")
        return self
