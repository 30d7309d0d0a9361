"""The goal board, the start page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .document import Document, Histories
    from .setting import Setting


def render(document: Document, histories: Histories, setting: Setting) -> str:
    """Return the start page: goals by action plan, then the other indicators."""
    raise NotImplementedError
