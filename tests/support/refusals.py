"""A delivery that was refused, for tests that need one."""

from pathlib import Path

from stadtnetz.data.records import Delivery
from stadtnetz.data.store import Store


def refused(
    store: Store,
    kind: str = "fibre_areas",
    *,
    operator: str = "op1",
    who: str = "partner",
    why: str = "",
    report: dict[str, object] | None = None,
    file: Path = Path(__file__),
) -> Delivery:
    """Hand a file in and refuse it: by its check, or, with `why`, by a coordinator before that."""
    received = store.receive(kind, operator, file, who=who, again=True)
    if why:
        return store.reject(received.id, who, why)
    store.begin_check(received.id)
    return store.finish_check(received.id, None, report or {})
