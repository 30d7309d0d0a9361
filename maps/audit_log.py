"""The audit log as a page: what was done when and by whom, and whether the log is whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import delivery_words as names
from .deliveries import moment_of
from .page import TEMPLATES, frame, tidy

if TYPE_CHECKING:
    from .setting import Setting

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chain:
    """State of the log: how many entries follow from one another, and what is wrong after them.

    `new_count` of them were looked at now, all of them at the moment `fully_at` (ISO).
    """

    count: int
    last_hash: str
    fault: str | None = None
    new_count: int = 0
    fully_at: str = ""


@dataclass(frozen=True, slots=True)
class Log:
    """One page of the log, newest first.

    Parameters
    ----------
    rows : sequence of Row
        ``number``, ``at``, ``who``, ``what``, ``delivery``, ``subject``, ``from_state``,
        ``to_state``, ``why``, ``details``, ``hash``.
    filters : mapping
        ``who``, ``what`` and ``delivery``, as they stand in the fields.
    sorts : sequence of str
        What there is to narrow the log to.
    following : str or None
        Query of the next page.
    """

    rows: Sequence[Row]
    chain: Chain
    filters: Mapping[str, str] = field(default_factory=dict)
    sorts: Sequence[str] = ()
    following: str | None = None


def render(log: Log, setting: Setting) -> str:
    """Return the page."""
    language = setting.language
    values = frame(setting, language("Audit log"), "audit") | {
        "log": log,
        "names": names,
        "sorts": sorted(
            ((sort, language(names.EVENTS.get(sort, sort))) for sort in log.sorts),
            key=lambda pair: pair[1],
        ),
        "moment": lambda at: moment_of(at, language),
        "why": lambda row: names.why_words(row["why"], language),
        "header": "",
        "script": "",
    }
    return tidy(TEMPLATES.get_template("audit_log.html").render(**values))
