"""Tiles of web maps: numbers, places, and what of a tile lies in an area."""

import numpy as np
import pytest
import shapely

from stadtnetz.geo.tiles import TILE_PX, UnknownTileError, inside, tile_transform, to_tiles


def test_the_world_is_one_tile_and_then_four() -> None:
    world = tile_transform(0, 0, 0)
    assert (world.c, world.f) == pytest.approx((-20_037_508.34, 20_037_508.34))
    assert world.a * TILE_PX == pytest.approx(40_075_016.69)
    south_east = tile_transform(1, 1, 1)
    assert (south_east.c, south_east.f) == pytest.approx((0.0, 0.0))


def test_numbers_that_no_tile_has() -> None:
    with pytest.raises(UnknownTileError, match="no tiles of zoom 20"):
        tile_transform(20, 0, 0)
    with pytest.raises(UnknownTileError, match="no tile 2/0 at zoom 1"):
        inside(shapely.box(0, 0, 1, 1), 1, 2, 0)


def test_what_lies_in_an_area_is_what_its_outline_says() -> None:
    """A circle of 1 km, whose area in Web Mercator is larger by the square of 1 / cos(latitude)."""
    x_m, y_m = 340_000.0, 5_670_000.0
    circle = to_tiles(shapely.Point(x_m, y_m).buffer(1_000, 64), "EPSG:25832")
    middle, z = circle.centroid, 13
    pixel_m = tile_transform(z, 0, 0).a
    column, row = (
        int(((axis + 20_037_508.34) if n == 0 else (20_037_508.34 - axis)) / pixel_m) // TILE_PX
        for n, axis in enumerate((middle.x, middle.y))
    )
    pixels = sum(
        int(inside(circle, z, column + right, row + down).sum())
        for right in (-1, 0, 1)
        for down in (-1, 0, 1)
    )
    assert pixels * pixel_m**2 == pytest.approx(circle.area, rel=0.01)
    assert circle.area == pytest.approx(np.pi * 1e6 / np.cos(np.radians(51.15)) ** 2, rel=0.01)


def test_a_tile_far_away_has_nothing_of_it() -> None:
    assert not inside(shapely.box(0, 0, 1_000, 1_000), 12, 0, 0).any()
