"""A small city twice, of which only the split of one network among operators differs.

In every world the operators together offer the same at every address, in as many nets, and cover
the same area; `World` says who of `EAST` and `WEST` has what of it. `NORTH` has the same in all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data.prediction_rasters import PredictionRaster, write_prediction
from stadtnetz.data.rasters import RasterLayer
from stadtnetz.data.store import Store
from stadtnetz.data.workspace import SETTINGS, Workspace

CRS = "EPSG:25832"
NORTH, EAST, WEST, CITY = "nordnetz", "ostnetz", "westnetz", "rathaus"
OPERATORS = (NORTH, EAST, WEST)
DAYS = (date(2025, 6, 30), date(2025, 12, 31))
X, Y, SIDE_M = 350_000.0, 5_670_000.0, 600.0
BOROUGHS, QUARTERS = 2, 3
CELL_M = 100.0


@dataclass(frozen=True)
class World:
    """Who has what of that which `EAST` and `WEST` have together.

    ``seed`` decides to whom each address goes, ``cut_m`` where the area is cut between the two,
    ``swapped`` gives each the other's.
    """

    seed: int = 0
    cut_m: float = 1000.0
    swapped: bool = False

    @property
    def names(self) -> tuple[str, str]:
        """Operators of the first and the second share."""
        return (WEST, EAST) if self.swapped else (EAST, WEST)


def make(folder: Path, world: World) -> Path:
    """Make the city's workspace, everything published."""
    workspace = Workspace.create(folder, "Zwillingen")
    with (folder / SETTINGS).open("a", encoding="utf-8") as settings:
        settings.write(f'open_operators = "{CITY}"\n')
    store = Store.open(workspace)
    for kind, frame in _city_layers().items():
        store.import_city_layer(Layer(kind, frame, Provenance("test"), CRS), {}, who="test")
    for day in DAYS:
        deliveries = [*_fibre(world, day), *_mobile(world, day), *_sites(world, day)]
        for kind, operator, frame in sorted(deliveries, key=lambda each: each[:2]):
            layer = Layer(kind, frame, Provenance("test", operator, day), CRS)
            store.publish(store.stage(layer, {}, who="test").id, "test")
        for operator, level_dbm in _levels(world).items():
            _predict(store, folder, operator, day, level_dbm)
    store.close()
    return folder


def _levels(world: World) -> dict[str, Any]:
    """Return predicted levels: of the two, each has all that is in its part of the area."""
    shape = (round(QUARTERS * SIDE_M / CELL_M), round(BOROUGHS * 2 * SIDE_M / CELL_M))
    rows, columns = np.indices(shape)
    together = -70.0 - (7 * rows + 5 * columns) % 60
    is_first = (columns + 0.5) * CELL_M < world.cut_m
    return {
        NORTH: np.full(shape, -95.0),
        world.names[0]: np.where(is_first, together, np.nan),
        world.names[1]: np.where(is_first, np.nan, together),
    }


def _predict(store: Store, folder: Path, operator: str, day: date, level_dbm: Any) -> None:
    """Publish a prediction as a model would make it; its antennas are the operator's secret."""
    known = np.isfinite(level_dbm)
    bands = {
        "level_dbm": level_dbm,
        "server": np.where(known, 0.0, np.nan),
        "in_reach_count": np.where(known, 1.0, np.nan),
        "deviation_db": np.where(known, 5.0, np.nan),
    }
    about = {
        "technology": "5G", "operator": operator, "basis": "predicted", "model": "p1812",
        "other_model": None, "servers": [f"mast of {operator}"], "assumed": {}, "left_out": {},
        "notes": [], "inputs": {"sites": f"sites of {operator}", "terrain": "t"},
        "parameters": {"threshold_dbm": -110.0, "reliability_percent": 50.0},
    }  # fmt: skip
    path = folder / "prediction.tif"
    north_m = Y + QUARTERS * SIDE_M
    write_prediction(path, PredictionRaster(bands, X, north_m, CELL_M, CRS, about))
    layer = RasterLayer("predicted_mobile", path, Provenance("test", operator, day), CRS)
    store.publish(store.stage(layer, {}, who="test").id, "test")


def _quarter(borough: int, quarter: int) -> Any:
    left, low = X + borough * 2 * SIDE_M, Y + quarter * SIDE_M
    return shapely.box(left, low, left + 2 * SIDE_M, low + SIDE_M)


def _city_layers() -> dict[str, Any]:
    places = [(b, q) for b in range(BOROUGHS) for q in range(QUARTERS)]
    shapes = [_quarter(*place) for place in places]
    whole = [shapely.union_all([_quarter(b, q) for q in range(QUARTERS)]) for b in range(BOROUGHS)]
    districts = gpd.GeoDataFrame(
        {
            "code": [*(str(b) for b in range(BOROUGHS)), *(f"{b}{q}" for b, q in places)],
            "name": [
                *(f"Bezirk {b}" for b in range(BOROUGHS)),
                *(f"Teil {b}{q}" for b, q in places),
            ],
            "level": ["stadtbezirk"] * BOROUGHS + ["stadtteil"] * len(places),
        },
        geometry=[*whole, *shapes],
        crs=CRS,
    )
    return {
        "districts": districts,
        "boundary": gpd.GeoDataFrame(geometry=[shapely.union_all(shapes)], crs=CRS),
        "addresses": _addresses(),
        "school_sites": _points("school_sites", (1, 4, 3, 2, 5, 4)),
        "public_places": _points("public_places", (3, 4, 1, 3, 4, 3)).assign(category="square"),
        "business_areas": _business_areas(),
        "measurements": _measurements(),
    }


def _measurements() -> Any:
    """Readings in all quarters, of every network in turn and of none that is named."""
    rows = []
    networks = (*OPERATORS, CITY, None)
    for b in range(BOROUGHS):
        for q in range(QUARTERS):
            left, low, _, _ = _quarter(b, q).bounds
            for n in range(60):
                lost = n % 7 == 0
                place = shapely.Point(left + 20 * n + 3, low + 10 * (n % 55) + 4)
                technology = "5G" if n % 2 else "LoRaWAN"
                level = None if lost else -85.0 - n % 40
                rows.append((technology, networks[n % 5], level, not lost, place))
    return gpd.GeoDataFrame(
        {
            "id": [str(number) for number in range(len(rows))],
            "technology": pd.array([row[0] for row in rows], dtype="str"),
            "operator": pd.array([row[1] for row in rows], dtype="str"),
            "level_dbm": pd.array([row[2] for row in rows], dtype="Float64"),
            "received": pd.array([row[3] for row in rows], dtype="boolean"),
        },
        geometry=[row[4] for row in rows],
        crs=CRS,
    )


def _addresses() -> Any:
    """Twenty addresses per quarter, two in the last one."""
    rows = []
    for b in range(BOROUGHS):
        for q in range(QUARTERS):
            left, low, _, _ = _quarter(b, q).bounds
            count = 2 if (b, q) == (1, 2) else 20
            rows += [
                (
                    f"a{b}{q}{n:02d}",
                    1 + n % 4,
                    left + 100 + 110 * (n % 10),
                    low + 150 + 250 * (n // 10),
                )
                for n in range(count)
            ]
    table = pd.DataFrame(rows, columns=["id", "households", "x", "y"])
    return gpd.GeoDataFrame(
        {
            "id": table["id"],
            "street": "Ringstraße",
            "house_number": (table.index + 1).astype(str),
            "postcode": "40000",
            "households": table["households"],
        },
        geometry=gpd.points_from_xy(table["x"], table["y"]),
        crs=CRS,
    )


def _points(kind: str, counts: tuple[int, ...]) -> Any:
    rows = []
    places = [(b, q) for b in range(BOROUGHS) for q in range(QUARTERS)]
    for (b, q), count in zip(places, counts, strict=True):
        left, low, _, _ = _quarter(b, q).bounds
        rows += [
            (f"{kind}{b}{q}{n}", shapely.Point(left + 100 + 110 * n, low + 150))
            for n in range(count)
        ]
    return gpd.GeoDataFrame(
        {"id": [r[0] for r in rows], "name": [r[0] for r in rows]},
        geometry=[r[1] for r in rows],
        crs=CRS,
    )


def _business_areas() -> Any:
    spots = [(0, 0, 3), (0, 1, 3), (1, 0, 1), (1, 1, 4)]
    rows = []
    for b, q, count in spots:
        left, low, _, _ = _quarter(b, q).bounds
        rows += [
            (
                f"g{b}{q}{n}",
                shapely.box(left + 60 + 220 * n, low + 380, left + 230 + 220 * n, low + 480),
            )
            for n in range(count)
        ]
    return gpd.GeoDataFrame(
        {"id": [r[0] for r in rows], "name": [r[0] for r in rows]},
        geometry=[r[1] for r in rows],
        crs=CRS,
    )


def _fibre(world: World, day: date) -> list[tuple[str, str, Any]]:
    """Every third address has `NORTH`, the others one of the two, some both."""
    register = _addresses()
    count = len(register)
    reached = np.random.default_rng(7).random(count) < (0.6 if day == DAYS[0] else 0.85)
    both = np.random.default_rng(8).random(count) < 0.2
    # whoever reached an address stays the same on all dates
    first = np.random.default_rng(100 + world.seed).random(count) < 0.5
    north = np.arange(count) % 3 == 0
    one, two = world.names
    shares = {
        NORTH: reached & north,
        one: reached & (both | (first & ~north)),
        two: reached & (both | (~first & ~north)),
    }
    status = np.random.default_rng(9).choice(["passed", "connected", "activated"], count)
    found = []
    for operator, mask in shares.items():
        frame = pd.DataFrame(
            {
                "record_id": register["id"][mask],
                "operator": operator,
                "address_id": register["id"][mask],
                "technology": "FTTH",
                "download_mbit": 1000,
                "upload_mbit": 500,
                "status": status[mask],
                "offer_available": True,
            }
        ).reset_index(drop=True)
        found.append(("fibre_addresses", operator, frame))
    return found


def _mobile(world: World, day: date) -> list[tuple[str, str, Any]]:
    """`NORTH` covers the lower third, the two what lies above it, cut somewhere."""
    high = 1100.0 if day == DAYS[0] else 1500.0
    parts = {
        NORTH: shapely.box(X, Y, X + 2400, Y + 600),
        world.names[0]: shapely.box(X, Y + 500, X + world.cut_m, Y + high),
        world.names[1]: shapely.box(X + world.cut_m, Y + 500, X + 2400, Y + high),
    }
    columns = {"technology": "5G", "mode": "NSA", "status": "existing"}
    return [
        (
            "mobile_coverage",
            operator,
            gpd.GeoDataFrame(
                {**{k: [v] for k, v in columns.items()}, "operator": [operator]},
                geometry=[shape],
                crs=CRS,
            ),
        )
        for operator, shape in parts.items()
    ]


def _sites(world: World, day: date) -> list[tuple[str, str, Any]]:
    """Gateways and hotspots: the city's own are on the maps, the others' are a secret."""
    spots = {CITY: (300, 300), world.names[0]: (900, 900), world.names[1]: (1500, 1200)}
    found = []
    for operator, (x, y) in spots.items():
        frame = gpd.GeoDataFrame(
            {
                "name": [f"Mast von {operator}"],
                "operator": [operator],
                "status": ["existing"],
                "reach_m": [400.0 if day == DAYS[0] else 500.0],
                "radius_m": [150.0],
            },
            geometry=[shapely.Point(X + x, Y + y)],
            crs=CRS,
        )
        found.append(("lorawan_gateways", operator, frame.drop(columns="radius_m")))
        found.append(("wlan_hotspots", operator, frame.drop(columns="reach_m")))
    return found
