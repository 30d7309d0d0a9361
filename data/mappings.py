"""Column mappings that passed, remembered for an operator's next file of the same kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from .schema import mappings

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import Connection


def remember(
    connection: Connection, operator: str, kind: str, mapping: Mapping[str, str], now: datetime
) -> None:
    """Keep a mapping of canonical names to a file's own, in place of the one before."""
    own = (mappings.c.operator == operator) & (mappings.c.kind == kind)
    connection.execute(delete(mappings).where(own))
    row = {"operator": operator, "kind": kind, "columns": dict(mapping), "changed_at": now}
    connection.execute(insert(mappings).values(row))


def remembered(connection: Connection, operator: str, kind: str) -> dict[str, str]:
    """Return the last mapping that passed; empty where there is none."""
    own = (mappings.c.operator == operator) & (mappings.c.kind == kind)
    found: dict[str, str] | None = connection.scalar(select(mappings.c["columns"]).where(own))
    return found or {}


def fits(mapping: Mapping[str, str], header: Collection[str]) -> bool:
    """Tell whether a file has all the columns that a mapping speaks of."""
    return bool(mapping) and set(mapping.values()) <= set(header)
