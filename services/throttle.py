"""How often somebody may do something: a moving window in the memory of the process."""

from __future__ import annotations

import math
import time
from ipaddress import ip_network
from typing import TYPE_CHECKING

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

if TYPE_CHECKING:
    from fastapi import Request

_IPV6_NETWORK = 64
"""Bits of an IPv6 address that tell customers apart; the others each of them may choose."""


class TooManyError(Exception):
    """Somebody asked too often; ``retry_after_s`` says when to come back."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.headers = {"Retry-After": str(retry_after_s)}


class Throttle:
    """Lets each key pass at most `rate` times, e.g. ``"5/hour"``.

    Raises
    ------
    ValueError
        If the rate cannot be read.
    """

    def __init__(self, what: str, rate: str) -> None:
        self._what = what
        self._rate: RateLimitItem = parse(rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def check(self, key: str) -> None:
        """Count one more, or refuse.

        Raises
        ------
        TooManyError
            If the key has passed often enough.
        """
        if self._limiter.hit(self._rate, self._what, key):
            return
        reset = self._limiter.get_window_stats(self._rate, self._what, key).reset_time
        wait_s = max(1, math.ceil(reset - time.time()))
        raise TooManyError(
            f"no more than {self._rate} {self._what}; try again in {wait_s} seconds", wait_s
        )


def network_of(request: Request) -> str:
    """Return the network address that a request came from; behind a proxy, what that says."""
    host = request.client.host if request.client else ""
    try:
        version = ip_network(host).version
    except ValueError:
        return host
    return host if version == 4 else str(ip_network(f"{host}/{_IPV6_NETWORK}", strict=False))
