"""Grids of a result: windows, cells, and values at another grid's cells."""

import numpy as np
import pytest

from stadtnetz.coverage.radio.landscape import CellGrid, at_cells


def test_values_at_the_cells_of_a_finer_grid():
    own = CellGrid(0.0, 20.0, 10.0, 2, 2)
    finer = CellGrid(0.0, 25.0, 5.0, 5, 4)
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    found = at_cells(values, own, finer, np.nan)
    assert np.isnan(found[0]).all()
    assert found[1:].tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]
    assert at_cells(values, own, own, np.nan) is values


def test_the_cell_around_a_place():
    grid = CellGrid(100.0, 220.0, 10.0, 2, 3)
    assert grid.cell_at(100.0, 220.0) == (0, 0)
    assert grid.cell_at(129.9, 200.1) == (1, 2)
    for beyond in ((99.9, 210.0), (130.0, 210.0), (110.0, 220.1), (110.0, 200.0)):
        assert grid.cell_at(*beyond) is None


def test_distance_and_bearing_of_cells_from_a_place():
    distance_m, bearing_deg = CellGrid(0.0, 20.0, 10.0, 2, 2).seen_from(5.0, 5.0)
    assert distance_m.ravel().tolist() == pytest.approx([10.0, np.hypot(10, 10), 0.0, 10.0])
    assert bearing_deg[0].tolist() == pytest.approx([0.0, 45.0])
    assert bearing_deg[1, 1] == pytest.approx(90.0)
