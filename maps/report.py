"""The report: one file that needs nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .document import Document, Histories
    from .setting import Ground, Setting


def render_report(
    document: Document, histories: Histories, ground: Ground, setting: Setting
) -> str:
    """Return the report as one self-contained page."""
    raise NotImplementedError
