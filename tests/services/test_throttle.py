"""How often somebody may try."""

import pytest
from fastapi import Request

from stadtnetz.services.throttle import Throttle, TooManyError, network_of


def test_every_key_has_its_own_window():
    throttle = Throttle("tries", "2/minute")
    for key in ("a", "b", "a", "b"):
        throttle.check(key)
    with pytest.raises(TooManyError, match="2 per 1 minute"):
        throttle.check("a")
    with pytest.raises(ValueError, match="nonsense"):
        Throttle("tries", "nonsense")


@pytest.mark.parametrize(
    ("host", "network"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"), ("unix", "unix")],
)
def test_a_customer_of_ipv6_is_a_network(host, network):
    scope = {"type": "http", "client": (host, 1), "headers": []}
    assert network_of(Request(scope)) == network
