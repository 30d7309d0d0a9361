"""How often somebody may do something: a moving window in the memory of the process."""

from __future__ import annotations

import math
import time
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

if TYPE_CHECKING:
    from fastapi import Request

_IPV6_NETWORK_BITS = 64
"""What tells customers apart; the other bits of an IPv6 address each of them may choose."""


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
        seconds = wait_s(self._limiter, self._rate, self._what, key)
        raise TooManyError(
            f"no more than {self._rate} {self._what}; try again in {seconds} seconds", seconds
        )


def network_of(request: Request) -> str:
    """Return the network that a request came from; behind a proxy, what that says."""
    return network(request.client.host if request.client else "")


def network(address: str) -> str:
    """Return what tells customers apart: an IPv4 address, or the network of an IPv6 address.

    What is no address is cut, so that nobody can put much into memory.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(ip_network((parsed, _IPV6_NETWORK_BITS), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def wait_s(limiter: MovingWindowRateLimiter, rate: RateLimitItem, *key: str) -> int:
    """Return after how many seconds there is room again, at least 1."""
    reset_time_s = limiter.get_window_stats(rate, *key).reset_time
    return max(1, math.ceil(reset_time_s - time.time()))
