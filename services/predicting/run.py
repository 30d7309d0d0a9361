"""Predicting coverage: sites, terrain and surface in, one layer version per operator out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from ...coverage.radio.masts import by_mast
from .ground import check_ground, read_ground
from .making import Making, Outcome, Step, Task
from .wish import PredictionError, Wish

if TYPE_CHECKING:
    from ...coverage.model import VersionRef
    from ..assembly import Assembly


def predict(
    assembly: Assembly, wish: Wish, as_of: date, who: str, step: Step = lambda _: None
) -> list[Outcome]:
    """Predict coverage and publish it, a layer version per operator and technology.

    Parameters
    ----------
    as_of : date
        The sites of this date count.
    step : callable
        Called before each mast, with words.

    Raises
    ------
    PredictionError
        If there are no sites.
    NoGroundError
        If there is no terrain, or no boundary.
    """
    snapshot = assembly.store.snapshot(as_of)
    tasks = _some_tasks(assembly, wish, as_of)
    margin_m = max(wish.radius_m(task.technology) for task in tasks)
    ground = read_ground(assembly, snapshot, wish.pixel_m, margin_m, step)
    return [Making(assembly, wish, task, ground, as_of, who, step).run() for task in tasks]


def check(assembly: Assembly, wish: Wish, as_of: date) -> None:
    """Refuse what `predict` would refuse, before anybody waits for it.

    Raises
    ------
    PredictionError, NoGroundError
        As `predict`, except for a terrain model that does not reach the city.
    """
    _some_tasks(assembly, wish, as_of)
    check_ground(assembly, assembly.store.snapshot(as_of))


def mast_count(assembly: Assembly, wish: Wish, as_of: date) -> int:
    """Return how many steps `predict` will tell beside the ground, for a progress bar."""
    tasks = _tasks(assembly, wish, assembly.store.snapshot(as_of).versions)
    return len(wish.models) * sum(len(by_mast(task.network.antennas)) for task in tasks)


def _some_tasks(assembly: Assembly, wish: Wish, as_of: date) -> list[Task]:
    tasks = list(_tasks(assembly, wish, assembly.store.snapshot(as_of).versions))
    if tasks:
        return tasks
    kinds = ", ".join(technology.sites for technology in wish.technologies)
    of = f" of {wish.operator}" if wish.operator else ""
    raise PredictionError(
        f"there are no sites{of} to predict from on {as_of}; deliver one of: {kinds}",
        "no_sites",
    )


def _tasks(assembly: Assembly, wish: Wish, versions: tuple[VersionRef, ...]) -> Iterator[Task]:
    for technology in wish.technologies:
        for ref in versions:
            if ref.kind != technology.sites or wish.operator not in {None, ref.operator}:
                continue
            network = technology.network(assembly.store.layer(ref.version).frame)
            if network.antennas:
                yield Task(technology, ref, network)
