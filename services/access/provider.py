"""Signing in with an identity provider: OpenID Connect, code flow with PKCE, nonce and state.

What must be remembered between leaving and coming back (state, nonce, verifier) travels in a signed
cookie of the browser that left, and is good for ten minutes and one return; every process of the
service can check it, as the key is derived from the client's secret.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.base_client.errors import MismatchingStateError, OAuthError
from authlib.integrations.starlette_client import StarletteOAuth2App
from authlib.integrations.starlette_client.integration import StarletteIntegration
from itsdangerous import BadSignature, URLSafeTimedSerializer
from joserfc.errors import JoseError

from .settings import Grant
from .visitor import Role

if TYPE_CHECKING:
    from starlette.requests import Request

    from .settings import OidcSettings

PENDING_S = 600
_TIMEOUT_S = 10.0
_SUBJECT = re.compile(r"[\x20-\x7e]{1,255}")  # OpenID Connect Core 1.0, section 2
_CODE = re.compile(r"[a-z_]{1,64}")
_NONSENSE = (ValueError, KeyError, TypeError, AttributeError, RuntimeError)
"""What libraries raise when an answer is not of the form that the standard asks for."""
_RANK = (Role.PARTNER, Role.COORDINATOR, Role.ADMINISTRATOR)


class ProviderError(ValueError):
    """Signing in with the identity provider failed; the subclass says how.

    .. code-block:: text

        ProviderError
        ├── ProviderUnreachableError   the provider does not answer, or not as one
        ├── SignInLapsedError          the return belongs to no sign-in that this browser began
        ├── SignInRefusedError         the provider refused, or what it says cannot be trusted
        └── NoRoleError                the person is known, but no role is mapped to them
    """


class ProviderUnreachableError(ProviderError):
    """The provider does not answer, or not as one."""


class SignInLapsedError(ProviderError):
    """The return belongs to no sign-in that this browser began, or to one used or too old."""


class SignInRefusedError(ProviderError):
    """The provider refused, or what it says cannot be trusted."""


class NoRoleError(ProviderError):
    """The provider knows the person, but no role, or more than one operator, is mapped to them."""

    def __init__(self, message: str, person: Person) -> None:
        super().__init__(message)
        self.person = person


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody for whom the provider vouches.

    Parameters
    ----------
    issuer, subject : str
        Who says so, and under what the person is known there for good.
    name : str
        What the person is called; it may change.
    claims : mapping
    """

    issuer: str
    subject: str
    name: str
    claims: Mapping[str, Any]


class Provider:
    """The identity provider that the settings name; it is asked when somebody first signs in."""

    def __init__(self, settings: OidcSettings) -> None:
        self._settings = settings
        secret = settings.client_secret and settings.client_secret.get_secret_value()
        self._client = StarletteOAuth2App(
            StarletteIntegration("stadtnetz"),
            name="stadtnetz",
            client_id=settings.client_id,
            client_secret=secret,
            server_metadata_url=settings.discovery_url,
            client_kwargs={
                "scope": settings.scope,
                "code_challenge_method": "S256",
                "timeout": _TIMEOUT_S,
                **({} if secret else {"token_endpoint_auth_method": "none"}),
            },
        )
        key = hashlib.sha256(f"stadtnetz provider {secret or secrets.token_hex(32)}".encode())
        self._signer = URLSafeTimedSerializer(key.hexdigest(), salt="sign-in")

    async def leave(self, request: Request, back: str, then: str) -> tuple[str, str]:
        """Begin a sign-in.

        Parameters
        ----------
        request : Request
        back : str
            Address to which the provider sends the browser back.
        then : str
            Path that the person wanted to see.

        Returns
        -------
        address, pending : str
            Where to send the browser, and what it must keep until it comes back.

        Raises
        ------
        ProviderUnreachableError
            If the provider does not answer, or not as one.
        """
        session: dict[str, Any] = {}
        request.scope["session"] = session
        try:
            answer = await self._client.authorize_redirect(request, back)
        except (httpx2.HTTPError, AuthlibBaseError, *_NONSENSE) as error:
            raise _unreachable(error) from error
        kept = {"session": session, "then": then}
        return answer.headers["location"], str(self._signer.dumps(kept))

    async def welcome(self, request: Request, pending: str | None) -> tuple[Person, str]:
        """Finish a sign-in; return who it is, and the path that the person wanted to see.

        Raises
        ------
        ProviderError
            If that fails; the subclass says how.
        """
        try:
            kept = self._signer.loads(pending or "", max_age=PENDING_S)
        except BadSignature as error:
            raise SignInLapsedError("the sign-in has lapsed; begin again") from error
        request.scope["session"] = kept["session"]
        try:
            person = await self._ask(request)
        except MismatchingStateError as error:
            raise SignInLapsedError("this answers another sign-in; begin again") from error
        except OAuthError as error:
            code = error.error if _CODE.fullmatch(str(error.error)) else "unknown error"
            raise SignInRefusedError(f"the provider refused: {code}") from error
        except httpx2.HTTPError as error:
            raise _unreachable(error) from error
        except (AuthlibBaseError, JoseError, *_NONSENSE) as error:
            raise SignInRefusedError(
                f"what the provider said cannot be trusted ({type(error).__name__})"
            ) from error
        return person, str(kept["then"])

    async def _ask(self, request: Request) -> Person:
        token = await self._client.authorize_access_token(request)
        identity = token.get("userinfo")
        if not identity or not _SUBJECT.fullmatch(str(identity.get("sub", ""))):
            raise ValueError("no identity token with a subject")
        claims = dict(identity)
        metadata = await self._client.load_server_metadata()
        said = request.query_params.get("iss")
        if said is not None and said != metadata["issuer"]:
            raise ValueError("the answer names another issuer")  # RFC 9207, section 2.4
        if _claim(claims, self._settings.role_claim) is None and "userinfo_endpoint" in metadata:
            more = await self._client.userinfo(token=token)
            if more.get("sub") != claims["sub"]:
                raise ValueError("the user information is about somebody else")
            claims = {**more, **claims}
        name = claims.get("preferred_username") or claims.get("email") or claims["sub"]
        return Person(str(claims["iss"]), str(claims["sub"]), str(name), claims)

    def grant(self, person: Person) -> Grant:
        """Return the role that the settings map to a person: the highest of all that match.

        Raises
        ------
        NoRoleError
            If none matches, or several with different operators.
        """
        found = _claim(person.claims, self._settings.role_claim)
        values = found if isinstance(found, list | tuple) else [found]
        grants = {
            self._settings.roles[value]
            for value in values
            if isinstance(value, str) and value in self._settings.roles
        }
        if not grants:
            raise NoRoleError("no role is mapped to the account", person)
        best = max(_RANK.index(grant.role) for grant in grants)
        chosen = {grant for grant in grants if _RANK.index(grant.role) == best}
        if len(chosen) > 1:
            operators = ", ".join(sorted(str(grant.operator) for grant in chosen))
            raise NoRoleError(f"the account is mapped to several operators: {operators}", person)
        return chosen.pop()


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """Return a claim; a dot leads into an object, unless a claim has the whole name."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found


def _unreachable(error: Exception) -> ProviderUnreachableError:
    return ProviderUnreachableError(
        f"the identity provider does not answer as one ({type(error).__name__})"
    )
