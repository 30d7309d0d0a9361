"""Cutting faces into quarters and quarters into street blocks."""

from __future__ import annotations

import cmath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .mesh import Mesh

Array = npt.NDArray[Any]

TOO_LONG = 1.8
"""A piece longer than this many times the wanted length is cut somehow."""
SMALLEST = 0.8
"""Pieces smaller than this part of the wanted area are not cut."""
EVEN = 0.5


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
    mesh: Mesh, rng: np.random.Generator, patterns: Mapping[int, Pattern]
) -> dict[int, int]:
    """Cut faces until their pieces are small enough.

    Parameters
    ----------
    mesh : Mesh
        Is changed.
    rng : numpy.random.Generator
    patterns : mapping of face to Pattern

    Returns
    -------
    dict of int to int
        For every piece, the face that it was cut from.
    """
    origin = {face: face for face in patterns}
    waiting = list(patterns)
    while waiting:
        pieces = []
        for face in waiting:
            new = _halve(mesh, rng, face, patterns[origin[face]])
            if new is not None:
                origin[new] = origin[face]
                pieces += [face, new]
        waiting = pieces
    return origin


def _halve(mesh: Mesh, rng: np.random.Generator, face: int, pattern: Pattern) -> int | None:
    """Cut a face across or along, so that both parts hold whole pieces; ``None`` if small."""
    ring = mesh.ring(face)
    step = np.append(ring[1:], ring[0]) - ring
    area = float(np.vdot(ring - ring[0], step).imag) / 2
    if area < SMALLEST * pattern.depth_m * pattern.length_m:
        return None
    axis = _axis(step)
    turned = ring * cmath.exp(-1j * axis)
    low, high = (complex(f(turned.real), f(turned.imag)) for f in (np.min, np.max))
    size = high - low
    full = min(1.0, area / (size.real * size.imag) + 0.15)
    columns = round(size.real * full / pattern.length_m)
    rows = round(size.imag * full / pattern.depth_m)
    if max(rows, columns) <= 1:
        return None
    ways = [rows > columns]
    if size.real > TOO_LONG * pattern.length_m:
        ways.append(not ways[0])
    for lengthwise in ways:
        parts = max(rows if lengthwise else columns, 2)
        share = ((parts + (rng.random() < EVEN)) // 2) / parts
        share += rng.uniform(-1, 1) * pattern.jitter / parts
        if lengthwise:
            through = complex(low.real + size.real / 2, low.imag + share * size.imag)
        else:
            through = complex(low.real + share * size.real, low.imag + size.imag / 2)
        way = axis + (0 if lengthwise else cmath.pi / 2) + rng.normal(0, pattern.tilt)
        new = mesh.cut(face, way, through * cmath.exp(1j * axis))
        if new is not None:
            return new
    return None


def _axis(step: Array) -> float:
    """Return the direction of a ring's long side.

    The sides vote by length; a fourfold angle makes opposite and right-angled sides agree.
    """
    squared = step * step
    fourfold = complex((squared * squared * np.abs(step) ** -2.5).sum())
    axis = cmath.phase(fourfold) / 4
    turned = np.cumsum(step) * cmath.exp(-1j * axis)
    return axis if np.ptp(turned.real) >= np.ptp(turned.imag) else axis + cmath.pi / 2
