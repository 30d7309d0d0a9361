"""The routes of an application in one flat list, as the policy table names them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

ANY_METHOD = "*"
"""Of an application below a path that does not say which routes it has."""
WEBSOCKET = "WEBSOCKET"


@dataclass(frozen=True, slots=True)
class ListedRoute:
    """One route: its methods (``HEAD`` left out), path template, and the paths that match."""

    methods: frozenset[str]
    path: str
    pattern: re.Pattern[str]

    def takes(self, method: str) -> bool:
        """Tell whether the route answers a method."""
        return method in self.methods or ANY_METHOD in self.methods


def listed_routes(routes: Sequence[BaseRoute], prefix: str = "") -> Iterator[ListedRoute]:
    """Yield all routes in the order in which they are tried, those of mounted applications too."""
    for route in iter_route_contexts(routes):
        path = prefix + (route.path or "")
        below: Sequence[BaseRoute] | None = _attribute(route, "routes")
        if below:
            yield from listed_routes(below, path)
        elif route.methods:
            yield _listed(route.methods - {"HEAD"} or {"HEAD"}, path)
        elif _attribute(route, "app") is not None and route.endpoint is None:
            yield _listed({ANY_METHOD}, path + "/{path:path}")
        else:
            yield _listed({WEBSOCKET}, path)


def _listed(methods: set[str], path: str) -> ListedRoute:
    return ListedRoute(frozenset(methods), path, compile_path(path)[0])


def _attribute(route: Any, name: str) -> Any:
    return getattr(route, name, None)
