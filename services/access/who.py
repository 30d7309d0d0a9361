"""Who is asking, as a parameter of routes; apart, so that commands load no web framework."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from .visitor import PUBLIC, Visitor


def visitor_of(request: Request) -> Visitor:
    """Return who was recognised; the public where nobody was."""
    found: Visitor = getattr(request.state, "visitor", PUBLIC)
    return found


Who = Annotated[Visitor, Depends(visitor_of)]
"""Parameter of a route: who is asking."""
