"""Invented names and random numbers."""

from __future__ import annotations

import numpy as np
import pytest

from stadtnetz.data.demo import names
from stadtnetz.data.demo.addresses import largest_remainder
from stadtnetz.data.demo.waves import enlarge, generator, waves


def test_street_names_are_different() -> None:
    found = names.street_names(7, 5_000)
    assert len(set(found)) == 5_000
    assert (names.street_names(7, 5_000) == found).all()


def test_names_run_out() -> None:
    with pytest.raises(ValueError, match="add stems"):
        names.street_names(7, 100_000)


def test_no_name_stands_for_two_districts() -> None:
    every = [*names.INNER, *names.OUTER, names.STATION_STADTTEIL]
    assert len(set(every)) == len(every) >= 50


@pytest.mark.parametrize(("weight", "total"), [([1, 1, 1], 2), ([0.2, 5, 3.3, 0], 17)])
def test_largest_remainder_keeps_the_total(weight: list[float], total: int) -> None:
    shared = largest_remainder(np.array(weight, dtype=float), total)
    assert shared.sum() == total
    assert (np.abs(shared - np.array(weight) * total / sum(weight)) < 1).all()


def test_waves_have_unit_spread() -> None:
    x, y = np.meshgrid(np.linspace(0, 50_000, 300), np.linspace(0, 50_000, 300))
    field = waves(generator(3, "test"), 900.0)(x, y)
    assert field.mean() == pytest.approx(0, abs=0.05)
    assert field.std() == pytest.approx(1, abs=0.05)


def test_enlarging_a_plane_keeps_it() -> None:
    rows, columns = np.mgrid[0:5, 0:7]
    fine = enlarge((2.0 * columns + rows).astype(np.float32), np.array([0, 2.5]), np.array([1.25]))
    assert fine.tolist() == [[1.25, 6.25]]
