"""Of which of its layers there are newer versions than a prediction was made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..coverage.radio.technologies import technology_of
from .predicting.ground import RASTERS, VECTORS

if TYPE_CHECKING:
    from ..coverage.model import Snapshot, VersionRef


def newer_layers(
    ref: VersionRef, inputs: Mapping[str, str], live: Snapshot, *, with_sites: bool
) -> Iterator[dict[str, Any]]:
    """Yield ``kind``, ``operator``, ``made_of`` and ``now`` of what is not what it was.

    Parameters
    ----------
    ref : VersionRef
        The prediction.
    inputs : mapping of layer kind, or ``sites``, to versions
        As its tags name them.
    with_sites : bool
        Whether whoever asks may know of the operator's sites.
    """
    for kind in RASTERS + VECTORS:
        now = ",".join(each.version for each in live.versions if each.kind == kind)
        if inputs.get(kind, "") != now:
            yield _layer(kind, None, inputs.get(kind), now)
    sites = technology_of(ref.kind).sites
    now = ",".join(
        each.version
        for each in live.versions
        if each.kind == sites and each.operator == ref.operator
    )
    if with_sites and inputs["sites"] != now:
        yield _layer(sites, ref.operator, inputs["sites"], now)


def _layer(kind: str, operator: str | None, made_of: str | None, now: str) -> dict[str, Any]:
    return {"kind": kind, "operator": operator, "made_of": made_of, "now": now or None}
