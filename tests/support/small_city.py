"""A city of six addresses in two quarters, in a store, to which operators deliver."""

import atexit
import shutil
import tempfile
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data.records import Delivery
from stadtnetz.data.workspace import Workspace
from stadtnetz.services.assembly import Assembly

CRS = "EPSG:25832"
FIRST, SECOND, THIRD = date(2025, 6, 30), date(2025, 12, 31), date(2026, 6, 30)
HOUSEHOLDS = [10, 10, 10, 10, 20, 40]
"""Of A0 to A5; the first three stand in West, the others in Ost: 30 and 70."""

WEST, EAST = shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)


def found_city(folder: Path, parameters: dict | None = None) -> Assembly:
    shutil.copytree(_template(), folder)
    if parameters:
        with (folder / "stadtnetz.toml").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = {value}\n" for name, value in parameters.items())
    return Assembly.open(folder)


@cache
def _template() -> Path:
    """The city without deliveries, made once per process: forcing to disk takes its time."""
    scratch = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    assembly = Assembly.open(Workspace.create(scratch / "city", "Kleinstadt").folder)
    put(assembly, "boundary", frame({"name": ["Kleinstadt"]}, [shapely.union(WEST, EAST)]))
    quarters = {"code": ["11", "12"], "name": ["West", "Ost"], "level": ["stadtteil"] * 2}
    put(assembly, "districts", frame(quarters, [WEST, EAST]), part="stadtteil")
    put_register(assembly, HOUSEHOLDS)
    assembly.store.close()
    return scratch / "city"


def put(assembly: Assembly, kind: str, table: pd.DataFrame, part: str = "") -> None:
    layer = Layer(kind, table, Provenance("test"))
    assembly.store.import_city_layer(layer, {}, part=part, who="city")


def put_register(assembly: Assembly, households: list[int]) -> None:
    count = len(households)
    table = {
        "id": [f"A{i}" for i in range(count)],
        "street": ["Hauptstraße"] * count,
        "house_number": [str(i + 1) for i in range(count)],
        "postcode": ["01234"] * count,
        "households": households,
    }
    half = 3
    x = [100.0 + 300 * i if i < half else 1100.0 + 200 * (i - half) for i in range(count)]
    put(assembly, "addresses", frame(table, [shapely.Point(east, 500) for east in x]))


def frame(columns: dict, shapes: list) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=shapes, crs=CRS)


def fibre(*claims: str, down: int = 1000) -> pd.DataFrame:
    """Rows from texts such as ``"A0 passed"`` (with an offer) or ``"A1 planned -"`` (without)."""
    rows = [claim.split() for claim in claims]
    return pd.DataFrame(
        {
            "record_id": [f"r{row[0]}" for row in rows],
            "address_id": pd.array([row[0] for row in rows], dtype="str"),
            "technology": pd.array(["FTTH"] * len(rows), dtype="str"),
            "status": pd.array([row[1] for row in rows], dtype="str"),
            "offer_available": pd.array(["-" not in row for row in rows], dtype="boolean"),
            "download_mbit": pd.array([down] * len(rows), dtype="Int64"),
        }
    )


def squares(*boxes: tuple[float, float, float, float], technology: str = "5G") -> pd.DataFrame:
    count = len(boxes)
    table = {"technology": [technology] * count, "status": ["existing"] * count}
    return frame(table, [shapely.box(*box) for box in boxes])


def stage(
    assembly: Assembly,
    operator: str,
    table: pd.DataFrame,
    day: date = SECOND,
    kind: str = "fibre_addresses",
    file: Path | None = None,
) -> Delivery:
    layer = Layer(kind, table, Provenance("test", operator, day))
    return assembly.store.stage(layer, {}, file=file, who=operator)


def publish(assembly: Assembly, *args: object, **more: object) -> Delivery:
    delivery = stage(assembly, *args, **more)  # type: ignore[arg-type]
    assembly.store.publish(delivery.id, "coordinator")
    return assembly.store.delivery(delivery.id)


def codes(alarms: Iterable[dict]) -> list[str]:
    return [alarm["code"] for alarm in alarms]
