"""Counting attempts to sign in."""

import pytest

from stadtnetz.services.access.settings import AccessSettings
from stadtnetz.services.access.throttle import Throttle, ThrottledError


def throttle(name: str = "100/minute", address: str = "100/minute") -> Throttle:
    return Throttle(AccessSettings(sign_in_limit_per_name=name, sign_in_limit_per_address=address))


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("testclient", "testclient", True),
        ("", "", True),
    ],
)
def test_what_counts_as_one_address(first: str, second: str, same: bool) -> None:
    counter = throttle(address="1/minute")
    counter.attempt("a", first)
    if same:
        with pytest.raises(ThrottledError):
            counter.attempt("b", second)
    else:
        counter.attempt("b", second)


def test_waiting_time_is_told() -> None:
    counter = throttle(name="1/minute")
    counter.attempt("a", "192.0.2.1")
    with pytest.raises(ThrottledError, match="try again in 1 minutes") as error:
        counter.attempt("A ", "192.0.2.2")
    assert 1 <= error.value.retry_after_s <= 60


def test_refused_attempts_do_not_prolong_the_wait() -> None:
    counter = throttle(name="1/second", address="3/minute")
    counter.attempt("a", "192.0.2.1")
    for _ in range(10):
        with pytest.raises(ThrottledError):
            counter.attempt("a", "192.0.2.1")
    counter.attempt("b", "192.0.2.1")  # of three per address, ten refused ones took none


@pytest.mark.parametrize("name", ["", "\x00", "\ud800", "x" * 1_000_000])
def test_any_name_can_be_counted(name: str) -> None:
    counter = throttle(name="1/minute")
    counter.attempt(name, "192.0.2.1")
    with pytest.raises(ThrottledError):
        counter.attempt(name, "192.0.2.1")


@pytest.mark.parametrize("limit", ["", "many", "5", "5/fortnight"])
def test_limits_that_make_no_sense(limit: str) -> None:
    with pytest.raises(ValueError, match="sign_in_limit_per_name"):
        AccessSettings(sign_in_limit_per_name=limit)
