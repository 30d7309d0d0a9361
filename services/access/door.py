"""Everything about access in one place, put together once for a service or a command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anyio import CapacityLimiter

from .accounts import Accounts
from .provider import Provider
from .sessions import Sessions
from .settings import AccessSettings, OidcSettings
from .throttle import Throttle
from .tokens import Tokens

if TYPE_CHECKING:
    from ...data.database import Database
    from .register import Clock

_PASSWORDS_AT_ONCE = 2  # each takes 64 MiB while it is hashed


@dataclass(frozen=True, slots=True)
class Door:
    """Accounts, sessions and tokens of a store, and how one gets in.

    Parameters
    ----------
    settings : AccessSettings
    accounts : Accounts
    sessions : Sessions
    tokens : Tokens
    throttle : Throttle
    provider : Provider or None
        The identity provider, where there is one.
    hashing : CapacityLimiter
        How many passwords are hashed at the same time.
    """

    settings: AccessSettings
    accounts: Accounts
    sessions: Sessions
    tokens: Tokens
    throttle: Throttle
    provider: Provider | None
    hashing: CapacityLimiter

    @classmethod
    def open(
        cls,
        database: Database,
        settings: AccessSettings | None = None,
        oidc: OidcSettings | None = None,
        clock: Clock | None = None,
    ) -> Door:
        """Put it together; settings that are not given come from the environment."""
        settings = settings or AccessSettings()
        oidc = oidc or OidcSettings()
        return cls(
            settings,
            Accounts(database, clock),
            Sessions(database, settings, clock),
            Tokens(database, clock),
            Throttle(settings),
            Provider(oidc) if oidc.discovery_url else None,
            CapacityLimiter(_PASSWORDS_AT_ONCE),
        )
