"""Non-interference: what a visitor gets must not depend on what it may not know.

Two services are made that differ in a secret only. `answers` asks each for everything that can be
read, as the same visitor, and `differences` returns what differs. So a leak is found without
thinking of it: a count, an id, a header, an error message.

To extend it: a route with a new parameter in its path needs a row in `SAMPLES`, parameters behind
the ``?`` one in `QUERIES`; what may differ from one service to another by nature (moments, random
ids) is named in `VOLATILE`. A route that cannot be asked like this is named, with the reason, in
`LEFT_OUT`; a test counts what was asked.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from visitors import SignedIn

from stadtnetz.coverage.indicators import indicators
from stadtnetz.services.access.visitor import Visitor
from stadtnetz.services.pages import map_ids

SAMPLES: dict[str, tuple[str, ...]] = {
    "indicator_id": (*indicators(), "no_such_indicator"),
    "map_id": (*map_ids(), "no_such_map"),
    "name": ("stadtnetz.css", "no/such/file"),
    "prediction_id": ("mobile", "lorawan", "no_such_prediction"),
}
"""Values of the parameters in paths; the last one of each is refused."""

DATES = ("2025-07-01", "2026-01-01")
QUERIES: dict[str, tuple[str, ...]] = {
    "": ("", *(f"?as_of={day}" for day in DATES), "?as_of=yesterday"),
    "/v1/indicators/{indicator_id}": (
        "?as_of=2026-01-01&by=stadtteil",
        "?as_of=2026-01-01&by=nothing",
        "?known_at=2026-01-01T00:00:00Z",
    ),
    "/v1/goals": ("?known_at=2026-01-01T00:00:00Z",),
    "/v1/indicators": ("?known_at=2026-01-01T00:00:00Z",),
    "/report": ("?lang=en&as_of=2026-01-01",),
}
"""What is put behind every path (``""``), and behind some."""

VOLATILE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:[\d.]+)?(Z|[+-]\d\d:\d\d)?"), "<moment>"),
    (re.compile(r"\b[0-9a-f]{12}(?:[0-9a-f]{20}(?:[0-9a-f]{32})?)?\b"), "<id>"),
)
VOLATILE_HEADERS = frozenset({"etag", "date"})
LEFT_OUT: Mapping[str, str] = {}
"""Path templates of routes that are not asked, and why."""

_NUMBER = re.compile(r"-?\d+\.\d{9,}(?:e-?\d+)?")


@dataclass(frozen=True)
class Answer:
    """What came back, without what may differ by nature."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str


def as_visitor(app: FastAPI, visitor: Visitor) -> TestClient:
    """Return a client whose requests the application takes for this visitor's."""

    headers = SignedIn(app).headers(visitor)

    async def recognised(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope["headers"] = [*scope["headers"], *headers]
        await app(scope, receive, send)

    return TestClient(recognised, raise_server_exceptions=False)


def addresses(app: FastAPI) -> list[str]:
    """List everything that can be read: all GET routes with all samples.

    Raises
    ------
    AssertionError
        If a path has a parameter of which there is no sample.
    """
    found = ["/openapi.json", "/no/such/place"]
    for template in sorted(set(readable(app.routes)) - LEFT_OUT.keys()):
        names = re.findall(r"{(\w+)(?::\w+)?}", template)
        missing = [name for name in names if name not in SAMPLES]
        assert not missing, f"{template}: add {missing} to SAMPLES in {__file__}"
        for values in itertools.product(*(SAMPLES[name] for name in names)):
            path = template
            for name, value in zip(names, values, strict=True):
                path = re.sub(rf"{{{name}(:\w+)?}}", value, path)
            behind = (*QUERIES[""], *QUERIES.get(template, ()))
            found += [path + query for query in behind]
    return found


def readable(routes: Iterable[Any], prefix: str = "") -> Iterator[str]:
    """Yield the path templates of all GET routes, also those of routers that were included."""
    for route in routes:
        if (router := getattr(route, "original_router", None)) is not None:
            yield from readable(router.routes, prefix + route.include_context.prefix)
        elif isinstance(route, APIRoute) and "GET" in (route.methods or ()):
            yield prefix + route.path


def answers(
    app: FastAPI, visitor: Visitor, paths: Iterable[str] | None = None
) -> dict[str, Answer]:
    """Ask for everything as a visitor."""
    with as_visitor(app, visitor) as client:
        return {
            path: _answer(client, path) for path in (addresses(app) if paths is None else paths)
        }


def differences(one: Mapping[str, Answer], other: Mapping[str, Answer]) -> list[str]:
    """Return the addresses at which whoever got these answers can tell two services apart."""
    assert one.keys() == other.keys()
    return [path for path, answer in one.items() if answer != other[path]]


def _answer(client: TestClient, path: str) -> Answer:
    answer = client.get(path, follow_redirects=False)
    headers = sorted(
        (name, value) for name, value in answer.headers.items() if name not in VOLATILE_HEADERS
    )
    return Answer(answer.status_code, tuple(headers), plain(answer.text))


def plain(text: str) -> str:
    """Mask what may differ; sums of areas are compared to nine digits, as rounding goes."""
    for pattern, mask in VOLATILE:
        text = pattern.sub(mask, text)
    return _NUMBER.sub(lambda found: f"{float(found[0]):.9g}", text)
