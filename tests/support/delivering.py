"""A small town, people with accounts, and files to hand in through the service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from databases import with_database
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import URL, insert
from visitors import Recognise, by

from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data.schema import accounts
from stadtnetz.data.states import State
from stadtnetz.data.store import Store
from stadtnetz.data.workspace import Workspace
from stadtnetz.services.access.visitor import Role, Visitor
from stadtnetz.services.app import create_app
from stadtnetz.services.assembly import Assembly
from stadtnetz.services.jobs import check_delivery
from stadtnetz.services.settings import Settings

CRS = "EPSG:25832"
PEOPLE = {
    "anna": Visitor(Role.COORDINATOR, "anna", "c" * 32),
    "otto": Visitor(Role.COORDINATOR, "otto", "d" * 32),
    "paul": Visitor(Role.PARTNER, "paul", "1" * 32, "op1"),
    "pia": Visitor(Role.PARTNER, "pia", "3" * 32, "op1"),
    "rosa": Visitor(Role.PARTNER, "rosa", "2" * 32, "op2"),
}


def make_town(folder: Path, database: URL | None = None) -> Path:
    """Make a workspace with one district of 1 km² and the accounts of `PEOPLE`.

    `database` is an empty one on a server; without it, the store is in the folder.
    """
    workspace = Workspace.create(folder, "Kleinstadt")
    if database is not None:
        workspace = with_database(workspace, database)
    store = Store.open(workspace)
    frame = gpd.GeoDataFrame(
        {"code": ["1"], "name": ["Mitte"], "level": ["stadtteil"], "parent": [None]},
        geometry=[shapely.box(350000, 5680000, 351000, 5681000)],
        crs=CRS,
    )
    store.import_city_layer(Layer("districts", frame, Provenance("test")), {}, who="city")
    with store._database.write() as connection:
        for person in PEOPLE.values():
            row = {
                "id": person.account,
                "name": person.name,
                "role": person.role.value,
                "operator": person.operator,
                "created_at": datetime.now(UTC),
            }
            connection.execute(insert(accounts).values(row))
    store.close()
    return folder


def write_fibre(path: Path, operator: str = "op1", **changes: object) -> Path:
    """Write a GeoPackage of kind ``fibre_areas`` with one row."""
    row = {
        "record_id": "1",
        "operator": operator,
        "technologie": "FTTH",
        "download_mbit": 1000,
        "upload_mbit": 500,
        "status": "passed",
        "offer_available": True,
        "status_date": "2025-01-31",
    } | changes
    box = shapely.box(350100, 5680100, 350900, 5680900)
    gpd.GeoDataFrame([row], geometry=[box], crs=CRS).to_file(path, driver="GPKG")
    return path


def app_of(folder: Path, **settings: Any) -> FastAPI:
    """Return the service of a town, at which `PEOPLE` are signed in by their names."""
    app = create_app(Settings(workspace=folder, **settings))
    app.add_middleware(Recognise, people=PEOPLE)
    return app


@contextmanager
def people(folder: Path, **settings: Any) -> Iterator[Any]:
    """Yield a function that returns the client of a person; ``None``: the public."""
    app = app_of(folder, **settings)
    clients: dict[str | None, TestClient] = {}

    def client(name: str | None = None) -> TestClient:
        if name not in clients:
            headers = by(name) if name else {}
            clients[name] = TestClient(app, headers=headers)
        return clients[name]

    client.app = app  # type: ignore[attr-defined]
    yield client
    for each in clients.values():
        each.close()
    app.state.desk.assembly.store.close()


def work(folder: Path) -> None:
    """Do what a worker does with everything that was received."""
    assembly = Assembly.open(folder)
    for delivery in assembly.store.deliveries(State.RECEIVED):
        check_delivery(assembly, delivery.id)
    assembly.store.close()


def hand_in(client: TestClient, path: Path, **fields: str) -> Any:
    """Hand a file in as a form."""
    given = {"kind": "fibre_areas", "valid_from": "2026-06-30"} | fields
    headers = {}
    if "key" in given:
        headers["Idempotency-Key"] = given.pop("key")
    with path.open("rb") as file:
        return client.post(
            "/v1/deliveries", data=given, files={"file": (path.name, file)}, headers=headers
        )


JUNE = date(2026, 6, 30)
