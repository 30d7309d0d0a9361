"""A made-up city, and small files to be handed in to it."""

from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from stadtnetz.data.intake import City, Intake, check

TODAY = date(2026, 1, 15)
CRS = "EPSG:25832"
MIN_X, MIN_Y, MAX_X, MAX_Y = 340_000, 5_670_000, 352_000, 5_685_000
BOUNDARY = shapely.box(MIN_X, MIN_Y, MAX_X, MAX_Y)
CITY = City(CRS, BOUNDARY)


def points(count: int, crs: str = CRS) -> gpd.GeoSeries:
    """Points in a row through the city, 100 m apart."""
    x = MIN_X + 500 + 100.0 * np.arange(count)
    return gpd.GeoSeries(shapely.points(x, np.full(count, MIN_Y + 7000.0)), crs=CRS).to_crs(crs)


def squares(count: int, crs: str = CRS) -> gpd.GeoSeries:
    """Squares of 1 ha in a row through the city."""
    x = MIN_X + 500 + 110.0 * np.arange(count)
    boxes = shapely.box(x, MIN_Y + 7000, x + 100, MIN_Y + 7100)
    return gpd.GeoSeries(boxes, crs=CRS).to_crs(crs)


def address_rows(count: int = 3) -> pd.DataFrame:
    """Rows of a register."""
    return pd.DataFrame(
        {"id": [f"A{i}" for i in range(count)], "strasse": "Hauptstraße",
         "hnr": [str(i + 1) for i in range(count)], "plz": "01234", "haushalte": "2"}
    )  # fmt: skip


def fibre_rows(count: int = 3) -> pd.DataFrame:
    """Rows of a delivery by address, as in the template."""
    return pd.DataFrame(
        {"record_id": [f"T-{i}" for i in range(count)], "operator": "op1",
         "strasse": "Hauptstraße", "hnr": [str(i + 1) for i in range(count)], "plz": "01234",
         "technologie": "FTTH", "download_mbit": "1000", "upload_mbit": "500",
         "status": "passed", "offer_available": "true", "status_date": "2025-06-30",
         "available_from": ""}
    )  # fmt: skip


def fibre_area_rows(count: int = 3) -> pd.DataFrame:
    """Attributes of a delivery by area."""
    return fibre_rows(count).drop(columns=["strasse", "hnr", "plz"])


def mobile_rows(count: int = 3) -> pd.DataFrame:
    """Attributes of a delivery of coverage polygons, complete."""
    return pd.DataFrame(
        {"operator": "m1", "technology": "5G", "mode": "SA", "band_mhz": 3600,
         "min_down_mbit": 100, "min_up_mbit": 20, "environment": "outdoor", "rsrp_min_dbm": -110,
         "rx_height_m": 1.5, "cell_edge_prob": 0.9, "load": 0.5, "model_tool": "M",
         "model_resolution_m": 50, "own_network": True, "valid_on": "2025-06-30",
         "status": "existing"},
        index=range(count),
    )  # fmt: skip


def write_csv(path: Path, frame: pd.DataFrame, encoding: str = "utf-8") -> Path:
    frame.to_csv(path, sep=";", index=False, encoding=encoding)
    return path


def write_gpkg(path: Path, frame: pd.DataFrame, geometry: gpd.GeoSeries) -> Path:
    table = gpd.GeoDataFrame(frame.reset_index(drop=True), geometry=geometry.to_numpy(),
                             crs=geometry.crs)  # fmt: skip
    table.to_file(path, driver="GPKG")
    return path


def hand_in(path: Path, kind: str, city: City = CITY, **said: object) -> Intake:
    return check(path, kind, city, today=TODAY, **said)


def errors(intake: Intake) -> set[str]:
    return {group.code for group in intake.report.groups if group.severity == "error"}


def only(intake: Intake, code: str):
    """The single finding of a code."""
    found = [f for group in intake.report.groups if group.code == code for f in group]
    assert len(found) == 1, (code, intake.report.counts)
    return found[0]
