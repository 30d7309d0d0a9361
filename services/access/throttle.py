"""Throttling of sign-in, by account name and by client address.

Every attempt counts before the password is looked at, so that attempts at the same time are no way
around it; whoever gets in clears the counter of the name. The counters live in the process: they
are empty after a restart, and several processes count each for itself.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from ..throttle import network, wait_s

if TYPE_CHECKING:
    from .settings import AccessSettings


class ThrottledError(ValueError):
    """There were too many attempts to sign in."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            f"too many attempts to sign in; try again in {math.ceil(retry_after_s / 60)} minutes"
        )
        self.retry_after_s = retry_after_s
        self.headers = {"Retry-After": str(retry_after_s)}


class Throttle:
    """Counts the attempts to sign in with a password."""

    def __init__(self, settings: AccessSettings) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._by_name = parse(settings.sign_in_limit_per_name)
        self._by_address = parse(settings.sign_in_limit_per_address)

    def attempt(self, name: str, address: str) -> None:
        """Count an attempt.

        Raises
        ------
        ThrottledError
            If there were too many; such an attempt does not count.
        """
        of_name = (self._by_name, "name", _key(name))
        of_address = (self._by_address, "address", network(address))
        for limit in (of_name, of_address):
            if not self._limiter.test(*limit):
                raise ThrottledError(wait_s(self._limiter, *limit))
        for limit in (of_name, of_address):
            self._limiter.hit(*limit)

    def succeeded(self, name: str) -> None:
        """Forget the attempts for a name."""
        self._limiter.clear(self._by_name, "name", _key(name))


def _key(name: str) -> str:
    """Bound what a visitor can put into memory."""
    return hashlib.sha256(name.strip().casefold().encode(errors="replace")).hexdigest()
