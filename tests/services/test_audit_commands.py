"""``stadtnetz audit``, on both databases that a store may be in."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
from refusals import refused

from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data.engines import engines
from stadtnetz.data.store import Store
from stadtnetz.data.workspace import DATABASE_VARIABLE, SETTINGS, Workspace
from stadtnetz.services.cli import main


class Told(NamedTuple):
    stdout: str
    stderr: str


Run = Callable[..., Told]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the program as from the command line, in this process."""

    def run(*arguments: object, code: int = 0) -> Told:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["stadtnetz", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = Told(*capsys.readouterr())
        assert (ended.value.code or 0) == code, told
        return told

    return run


@pytest.fixture
def town(city: Workspace) -> Workspace:
    """A workspace in a folder, whose settings say where the store is, with a little history."""
    Workspace.create(city.folder, city.city)
    url = city.database.render_as_string(hide_password=False)
    path = city.folder / SETTINGS
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[store]", f"[store]\ndatabase = '{url}'"), encoding="utf-8")
    store = Store.open(city)
    frame = pd.DataFrame({"a": [1]})
    delivery = store.stage(Layer("fibre_areas", frame, Provenance("x", "op1")), {}, who="partner")
    store.publish(delivery.id, "anna")
    refused(store, operator="op2", why="1 Fehler: Straße")
    store.withdraw(delivery.id, "berta", "[falsch]")
    store.close()
    return city


def test_a_whole_log_is_proven(run: Run, town: Workspace) -> None:
    told = run("audit", "verify", "-w", town.folder).stdout
    last = json.loads(run("audit", "list", "-w", town.folder, "--json").stdout)[-1]["hash"]
    assert told == f"The audit log is whole: 5 entries, last hash {last}\n"
    verdict = json.loads(run("audit", "verify", "-w", town.folder, "--json").stdout)
    assert verdict == {"whole": True, "entries": 5, "last_hash": last, "broken": None}
    run("audit", "verify", "-w", town.folder, "--known", last)
    lost = run("audit", "verify", "-w", town.folder, "--known", "ab" * 32, code=1)
    assert "all was rewritten" in lost.stderr


def test_a_broken_log_is_named(run: Run, town: Workspace) -> None:
    _, engine = engines(town.database)
    with engine.begin() as connection:
        unguard = {
            "sqlite": "DROP TRIGGER events_refuses_update",
            "postgresql": "DROP TRIGGER events_refuses ON events",
        }
        connection.exec_driver_sql(unguard[engine.dialect.name])
        connection.exec_driver_sql("UPDATE events SET who = 'nobody' WHERE id = 2")
    engine.dispose()
    told = run("audit", "verify", "-w", town.folder, code=1)
    assert told.stdout == ""
    assert "broken at entry 2 (20" in told.stderr
    assert "nobody  delivery" in told.stderr
    assert "staged -> published" in told.stderr
    verdict = json.loads(run("audit", "verify", "-w", town.folder, "--json", code=1).stdout)
    assert (verdict["whole"], verdict["entries"]) == (False, 1)
    assert verdict["broken"]["number"] == 2
    assert verdict["broken"]["entry"]["who"] == "nobody"


def test_entries_are_listed(run: Run, town: Workspace) -> None:
    lines = run("audit", "list", "-w", town.folder).stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "3", "4", "5"]
    assert "anna  delivery" in lines[1]
    assert lines[3].endswith("received -> rejected: 1 Fehler: Straße")
    assert lines[4].endswith("published -> withdrawn: [falsch]")
    everything = json.loads(run("audit", "list", "-w", town.folder, "--json").stdout)
    assert [entry["number"] for entry in everything] == [1, 2, 3, 4, 5]
    own = everything[0]["delivery"]
    some = run("audit", "list", "-w", town.folder, "--delivery", own[:10], "--json").stdout
    assert json.loads(some) == [entry for entry in everything if entry["delivery"] == own]
    assert "no delivery" in run(
        "audit", "list", "-w", town.folder, "--delivery", "0" * 32, code=2
    ).stderr  # fmt: skip


@pytest.mark.parametrize("cities", ["sqlite"], indirect=True)
def test_the_environment_names_another_database(
    run: Run, town: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DATABASE_VARIABLE, f"sqlite:///{tmp_path / 'other.sqlite'}")
    assert run("audit", "list", "-w", town.folder, "--json").stdout == "[]\n"
    refused = run("demo", "-w", tmp_path / "demo", "--no-serve", code=2)
    assert f"unset {DATABASE_VARIABLE}" in refused.stderr
    run("init", "-w", tmp_path / "new", "--city", "Neustadt")
    assert [path.name for path in (tmp_path / "new").iterdir()] == [SETTINGS]
    monkeypatch.setenv(DATABASE_VARIABLE, "mysql://root:sesam@localhost/x")
    told = run("audit", "list", "-w", town.folder, code=2).stderr
    assert f"{DATABASE_VARIABLE}: a store is kept in SQLite or PostgreSQL" in told
    assert "sesam" not in told


def test_a_figure_is_traced(run: Run, demo_folder: Path) -> None:
    options = ("fibre_offer_household_share", "-w", demo_folder, "--as-of", "2030-01-01")
    told = run("audit", "trace", *options).stdout
    assert told.startswith("fibre_offer_household_share as of 2030-01-01: ")
    traced = json.loads(run("audit", "trace", *options, "--json").stdout)
    assert {layer["kind"] for layer in traced["layers"]} >= {"addresses", "fibre_addresses"}
    for layer in traced["layers"]:
        assert layer["delivery"]["id"][:8] in told
    wrong = run("audit", "trace", "fibre_offer_household_shar", "-w", demo_folder, code=2)
    assert "fibre_offer_household_share" in wrong.stderr
