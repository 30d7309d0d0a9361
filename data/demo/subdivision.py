"""Cutting faces into quarters and quarters into street blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .mesh import Mesh

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Pattern:
    """How big the pieces become, metres, and how much chance there is in it.

    Parameters
    ----------
    depth_m, length_m : float
        Narrow and long side of a piece.
    jitter : float
        By what part of a piece's side a cut may move.
    tilt : float
        By how much a cut may turn, radians.
    """

    depth_m: float
    length_m: float
    jitter: float = 0.08
    tilt: float = 0.03


def subdivide(
    mesh: Mesh, rng: np.random.Generator, patterns: dict[int, Pattern]
) -> dict[int, int]:
    """Cut the faces that are keys of ``patterns`` until their pieces are small enough.

    Returns
    -------
    dict of int to int
        For every piece, the face that it was cut from.
    """
    origin = {face: face for face in patterns}
    waiting = [(face, 0) for face in patterns]
    while waiting:
        following = []
        for face, failures in waiting:
            new = _halve(mesh, rng, face, patterns[origin[face]], turned=failures > 0)
            if new is not None:
                origin[new] = origin[face]
                following += [(face, 0), (new, 0)]
            elif new is None and failures == 0 and _too_long(mesh, face, patterns[origin[face]]):
                following.append((face, 1))
        waiting = following
    return origin


def _frame(x: Array, y: Array) -> tuple[float, Array, Array]:
    """Return the direction of a ring's long side, and its corners along and across."""
    dx, dy = np.roll(x, -1) - x, np.roll(y, -1) - y
    angle = np.arctan2(dy, dx)
    length = np.hypot(dx, dy)
    axis = float(np.angle((length**1.5 * np.exp(4j * angle)).sum())) / 4
    along = x * np.cos(axis) + y * np.sin(axis)
    across = y * np.cos(axis) - x * np.sin(axis)
    if np.ptp(along) < np.ptp(across):
        axis += np.pi / 2
        along, across = across, -along
    return axis, along, across


def _too_long(mesh: Mesh, face: int, pattern: Pattern) -> bool:
    _, along, _ = _frame(*mesh.ring(face))
    return bool(np.ptp(along) > 1.8 * pattern.length_m)


def _area(x: Array, y: Array) -> float:
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def _halve(
    mesh: Mesh, rng: np.random.Generator, face: int, pattern: Pattern, *, turned: bool
) -> int | None:
    x, y = mesh.ring(face)
    axis, along, across = _frame(x, y)
    fill = _area(x, y) / (np.ptp(along) * np.ptp(across))
    rows = round(float(np.ptp(across)) * min(1.0, fill + 0.15) / pattern.depth_m)
    columns = round(float(np.ptp(along)) * min(1.0, fill + 0.15) / pattern.length_m)
    if max(rows, columns) < 2 or _area(x, y) < 0.8 * pattern.depth_m * pattern.length_m:  # noqa: PLR2004
        return None
    lengthwise = (rows > columns) != turned and rows > 1
    if lengthwise:
        cut_axis, lo, size, parts = axis, across.min(), float(np.ptp(across)), rows
        shift = (along.min() + along.max()) / 2
    else:
        cut_axis, lo, size, parts = axis + np.pi / 2, -along.max(), float(np.ptp(along)), columns
        shift = (across.min() + across.max()) / 2
    parts = max(parts, 2)
    share = (parts // 2 if rng.random() < 0.5 else (parts + 1) // 2) / parts  # noqa: PLR2004
    share += rng.uniform(-1, 1) * pattern.jitter / parts
    tilt = rng.normal(0, pattern.tilt)
    offset = lo + share * size
    centre_x, centre_y = (
        shift * np.cos(cut_axis) - offset * np.sin(cut_axis),
        shift * np.sin(cut_axis) + offset * np.cos(cut_axis),
    )
    cut_axis += tilt
    return mesh.cut(
        face,
        cut_axis,
        centre_y * np.cos(cut_axis) - centre_x * np.sin(cut_axis),
        centre_x * np.cos(cut_axis) + centre_y * np.sin(cut_axis),
    )
