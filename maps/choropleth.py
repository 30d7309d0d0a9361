"""One indicator by district: a choropleth and the same figures as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:

    from .document import Document
    from .setting import Ground, Setting


def render(document: Document, indicator_id: str, ground: Ground, setting: Setting) -> str:
    """Return the page of one indicator."""
    raise NotImplementedError
