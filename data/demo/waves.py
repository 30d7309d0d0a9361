"""Smooth random fields: sums of plane waves, the same everywhere for the same seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def generator(seed: int, purpose: str) -> np.random.Generator:
    """Return random numbers of their own for one purpose.

    So a change in one part of the city does not shuffle the others.

    Examples
    --------
    >>> float(generator(1, "a").random()) == float(generator(1, "a").random())
    True
    >>> float(generator(1, "a").random()) == float(generator(1, "b").random())
    False
    """
    return np.random.default_rng([seed, *purpose.encode()])


@dataclass(frozen=True, slots=True)
class Waves:
    """A field with mean 0 and standard deviation about 1.

    Parameters
    ----------
    kx, ky : arrays (n,), wave numbers in 1/m
    phase : array (n,)
    """

    kx: Array
    ky: Array
    phase: Array

    def __call__(self, x: Array, y: Array) -> Array:
        """Evaluate at points; any shape that broadcasts."""
        total = np.zeros(np.broadcast(x, y).shape)
        for kx, ky, phase in zip(self.kx, self.ky, self.phase, strict=True):
            total += np.cos(kx * x + ky * y + phase)
        return np.asarray(total * np.sqrt(2.0 / len(self.kx)))


def waves(rng: np.random.Generator, length_m: float, count: int = 9) -> Waves:
    """Draw a field whose bumps are about ``length_m`` apart (0.7 to 1.6 times)."""
    angle = (np.arange(count) + rng.uniform(0.2, 0.8, count)) * np.pi / count
    number = 2 * np.pi / (length_m * rng.uniform(0.7, 1.6, count))
    return Waves(number * np.cos(angle), number * np.sin(angle), rng.uniform(0, 2 * np.pi, count))


def enlarge(coarse: Array, x: Array, y: Array) -> Array:
    """Interpolate a coarse grid bilinearly at fractional columns ``x`` and rows ``y``.

    Parameters
    ----------
    coarse : array (m, n)
    x, y : arrays (nx,) and (ny,), in cells of the coarse grid

    Returns
    -------
    array (ny, nx)
    """
    rows = _weights(y, coarse.shape[0])
    columns = _weights(x, coarse.shape[1])
    upper, part_y = rows
    left, part_x = columns
    lines = coarse[upper] * (1 - part_y)[:, None] + coarse[upper + 1] * part_y[:, None]
    result: Array = lines[:, left] * (1 - part_x) + lines[:, left + 1] * part_x
    return result


def _weights(at: Array, size: int) -> tuple[Array, Array]:
    below = np.clip(np.floor(at).astype(int), 0, size - 2)
    return below, np.clip(at - below, 0.0, 1.0).astype(np.float32)
