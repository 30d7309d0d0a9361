"""Non-interference: what a visitor gets must not depend on what it may not know.

Two services are made that differ in a secret only. `answers` asks each for everything that can be
read, and `attempts` lists everything that can be tried, as the same visitor; `differences` returns
what differs. So a leak is found without thinking of it: a count, an id, a header, an error message.

Ids are written as names, such as ``<their staged delivery>``. In a service where there is no such
thing the name stands for an id that nothing ever had. So a thing that must not be seen is compared
with one that does not exist.

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
from fastapi.testclient import TestClient
from under_way import TUS, client_of

from stadtnetz.coverage.indicators import indicators
from stadtnetz.services.access.listing import listed_routes
from stadtnetz.services.access.visitor import Visitor
from stadtnetz.services.pages import map_ids

NOBODYS = "0123456789abcdef" * 2
"""An id that nothing has."""
OWNERS = ("my", "their")
IDS: dict[str, tuple[str, ...]] = {
    "delivery_id": ("staged", "rejected", "withdrawn", "published"),
    "job_id": ("checked", "failed"),
    "upload_id": ("", "unfinished"),
    "dispute_id": ("open", "rebutted"),
    "token_id": ("",),
}
"""Of what there are ids; see `under_way.begin`."""


def named(owner: str, parameter: str) -> tuple[str, ...]:
    """Return the names of the ids of one kind that somebody has."""
    what = parameter.removesuffix("_id")
    return tuple(f"<{' '.join(filter(None, (owner, which, what)))}>" for which in IDS[parameter])


SAMPLES: dict[str, tuple[str, ...]] = {
    **{
        parameter: (*(n for owner in OWNERS for n in named(owner, parameter)), NOBODYS, "no-id")
        for parameter in IDS
    },
    "kind": ("fibre_addresses", "no_such_kind"),
    "ending": ("csv", "exe"),
    "indicator_id": (*indicators(), "no_such_indicator"),
    "map_id": (*map_ids(), "no_such_map"),
    "name": ("stadtnetz.css", "no/such/file"),
    "prediction_id": ("mobile", "lorawan", "wlan", "no_such_prediction"),
    "z": ("14", "20"),
    "x": ("8504",),
    "y": ("5472",),
    "units_kind": ("addresses", "public_places", "areas"),
    "unit_id": ("a0003", "no_such_unit"),
    "technology": ("mobile", "lorawan", "no_such_technology"),
}
"""Values of the parameters in paths; the last one of each is refused, of tiles the last `z`."""

DATES = ("2025-07-01", "2026-01-01")
NO_DATE = "?as_of=yesterday"
QUERIES: dict[str, tuple[str, ...]] = {
    "": ("", *(f"?as_of={day}" for day in DATES)),
    "/v1/indicators/{indicator_id}": (
        "?as_of=2026-01-01&by=stadtteil",
        "?as_of=2026-01-01&by=nothing",
        "?known_at=2026-01-01T00:00:00Z",
    ),
    "/v1/goals": ("?known_at=2026-01-01T00:00:00Z",),
    "/v1/indicators": ("?known_at=2026-01-01T00:00:00Z",),
    "/report": ("?lang=en&as_of=2026-01-01",),
    "/v1/predictions/{prediction_id}/at": (
        *(f"?as_of={day}&lon=6.8665&lat=51.1696" for day in DATES),
        "?lon=400&lat=51",
    ),
    "/v1/deliveries": (
        "?limit=1",
        "?state=staged",
        "?state=received",
        "?operator=ostnetz",
        "?operator=nordnetz&kind=fibre_addresses",
        "?limit=2&after=<my staged delivery>",
        "?after=<their staged delivery>",
        "?after=<their published delivery>",
        f"?after={NOBODYS}",
    ),
    "/v1/disputes": ("?operator=ostnetz", "?state=open", "?limit=1&offset=1", "?address_id=a0003"),
    "/v1/deliveries/{delivery_id}/difference": ("?change=added&limit=2", "?district=01"),
    "/v1/deliveries/{delivery_id}/findings": ("?lang=en",),
    **dict.fromkeys(
        ("/v1/measurements/{technology}", "/v1/measurements/{technology}/cells.geojson"),
        ("?operator=ostnetz", "?operator=nordnetz&as_of=2026-01-01"),
    ),
    "/v1/uploads/{upload_id}/layers": ("?kind=fibre_addresses",),
}
"""What is put behind every path that names no id (``""``), and behind some.

`NO_DATE` is put behind one path of each route.
"""

VOLATILE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:[\d.]+)?(Z|[+-]\d\d:\d\d)?"), "<moment>"),
    (re.compile(r"\b[0-9a-f]{12}(?:[0-9a-f]{20}(?:[0-9a-f]{32})?)?\b"), "<id>"),
    (re.compile(r'(name="csrf_token" value=|name="csrf-token" content=)"[^"]*"'), "<form token>"),
    (re.compile(r"\d\d\.\d\d\.\d{4}, \d\d:\d\d UTC"), "<moment>"),
    (re.compile(r"(stadtnetz_\w+)=[\w-]{43}"), "<secret of a cookie>"),
)
VOLATILE_HEADERS = frozenset({"etag", "date", "last-modified", "upload-expires"})
LEFT_OUT: Mapping[str, str] = {}
"""Path templates of routes that are not asked, and why."""

_NAME = re.compile(r"<[a-z ]+>")
_NAMED_METHOD = re.compile(r"[A-Z]+ ")
_WITH_TEXT = (
    "/question",
    "/answer",
    "/concede",
    "/rebut",
    "/uphold",
    "/dismiss",
    "/lift",
    "/forget",
)
_NUMBER = re.compile(r"-?\d+\.\d{9,}(?:e-?\d+)?")


@dataclass(frozen=True)
class Answer:
    """What came back, without what may differ by nature."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str


as_visitor = client_of


def addresses(app: FastAPI) -> list[str]:
    """List everything that can be read: all GET routes with all samples.

    Raises
    ------
    AssertionError
        If a path has a parameter of which there is no sample.
    """
    found = ["/no/such/place"]
    for template in sorted(_templates(app, "GET") - LEFT_OUT.keys()):
        names = _parameters(template)
        behind = ("",) if set(names) & IDS.keys() else QUERIES[""]
        own = QUERIES.get(template, ())
        paths = list(_filled(template, SAMPLES))
        for path in paths:
            found += [path + query for query in ((*behind, *own) if _is_good(path) else ("", *own))]
        found.append(paths[0] + NO_DATE)
    return found


def _is_good(path: str) -> bool:
    """Tell whether a path has none of the samples that are refused whatever stands behind them."""
    return not any(bad in path for bad in ("no_such", "no/such", "no-id", ".exe"))


def attempts(app: FastAPI) -> list[str]:
    """List everything else that can be tried on what has an id: ``METHOD path``."""
    theirs = {parameter: (*named("their", parameter), NOBODYS) for parameter in IDS}
    found = []
    for method in ("HEAD", "OPTIONS", "POST", "PATCH", "PUT", "DELETE"):
        templates = _templates(app, method)
        if method in {"HEAD", "OPTIONS"}:
            templates = templates | _templates(app, "GET")
        for template in sorted(templates - LEFT_OUT.keys()):
            if set(_parameters(template)) & IDS.keys():
                found += [f"{method} {path}" for path in _filled(template, SAMPLES | theirs)]
    return found


def _templates(app: FastAPI, method: str) -> set[str]:
    return {route.path for route in listed_routes(app.routes) if method in route.methods}


def _parameters(template: str) -> list[str]:
    return re.findall(r"{(\w+)(?::\w+)?}", template)


def _filled(template: str, samples: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    names = _parameters(template)
    missing = [name for name in names if name not in samples]
    assert not missing, f"{template}: add {missing} to SAMPLES in {__file__}"
    for values in itertools.product(*(samples[name] for name in names)):
        path = template
        for name, value in zip(names, values, strict=True):
            path = re.sub(rf"{{{name}(:\w+)?}}", value, path)
        yield path


def answers(
    app: FastAPI,
    visitor: Visitor,
    paths: Iterable[str] | None = None,
    ids: Mapping[str, str] | None = None,
) -> dict[str, Answer]:
    """Ask for everything as a visitor; `ids` are those of the names in paths."""
    with as_visitor(app, visitor) as client:
        return {
            path: _answer(client, path, ids or {})
            for path in (addresses(app) if paths is None else paths)
        }


def differences(one: Mapping[str, Answer], other: Mapping[str, Answer]) -> list[str]:
    """Return the addresses at which whoever got these answers can tell two services apart."""
    assert one.keys() == other.keys()
    return [path for path, answer in one.items() if answer != other[path]]


def _answer(client: TestClient, path: str, ids: Mapping[str, str]) -> Answer:
    method, _, address = (path if _NAMED_METHOD.match(path) else f"GET {path}").partition(" ")
    asked = _NAME.sub(lambda found: ids.get(found[0], NOBODYS), address)
    sent: dict[str, Any] = {"headers": TUS}
    if method == "POST":
        # the pages' forms and the interface's bodies have the same words
        sent["json"] = {"text": "why not"} if asked.endswith(_WITH_TEXT) else {"reason": "why not"}
    answer = client.request(method, asked, follow_redirects=False, **sent)
    headers = sorted(
        (name, plain(_masked(value, asked, ids)))
        for name, value in answer.headers.items()
        if name not in VOLATILE_HEADERS
    )
    return Answer(answer.status_code, tuple(headers), plain(_masked(answer.text, asked, ids)))


def _masked(text: str, asked: str, ids: Mapping[str, str]) -> str:
    """Mask the id that was asked for, and write others that are known as their names."""
    for name, value in ids.items():
        mask = "<id>" if value in asked else name
        text = text.replace(value, mask).replace(value[:8], mask)
    return text.replace(NOBODYS, "<id>")


def plain(text: str) -> str:
    """Mask what may differ; sums of areas are compared to nine digits, as rounding goes."""
    for pattern, mask in VOLATILE:
        text = pattern.sub(mask, text)
    return _NUMBER.sub(lambda found: f"{float(found[0]):.9g}", text)


def named_by_nobody(path: str) -> str:
    """Return the same request with an id that nothing has."""
    return _NAME.sub(NOBODYS, path)
