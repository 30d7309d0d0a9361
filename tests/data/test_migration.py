"""An older store becomes, row by row and table by table, what a new one is."""

import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from alembic.autogenerate import api, compare_metadata, produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data import audit, migration
from stadtnetz.data.database import Database, StoreError, StoreFormatError
from stadtnetz.data.schema import REVISION, metadata
from stadtnetz.data.states import State
from stadtnetz.data.store import Store

NOW = datetime(2026, 4, 1, tzinfo=UTC)
FORMAT_1 = Path(__file__).with_name("format_1.sql").read_text(encoding="utf-8")


@pytest.fixture
def engine(empty_database):
    engine = create_engine(empty_database)
    yield engine
    engine.dispose()


@pytest.fixture
def old(engine):
    """A store of the first layout, with deliveries, as it was before there were revisions."""
    if engine.dialect.name == "sqlite":
        connection = engine.raw_connection()
        connection.executescript(FORMAT_1)
        connection.close()
        return engine
    with engine.begin() as connection:
        migration.upgrade(connection, None, to="0001")
        connection.exec_driver_sql("SET TimeZone = 'UTC'")
        connection.exec_driver_sql("SET session_replication_role = replica")  # in any order
        for line in FORMAT_1.splitlines():
            if line.startswith("INSERT INTO"):
                connection.exec_driver_sql(line)
        connection.exec_driver_sql("SELECT setval('publications_id_seq', 4)")
        connection.exec_driver_sql("SELECT setval('events_id_seq', 12)")
        connection.exec_driver_sql("DROP TABLE alembic_version")
        connection.exec_driver_sql("RESET session_replication_role")
    return engine


def opened(engine, tmp_path):
    return Store.open(engine.url, objects=tmp_path / "files" / "objects")


def scalar(engine, statement):
    with engine.connect() as connection:
        return connection.scalar(text(statement))


def differences(engine: Engine) -> list[object]:
    """What `create_all` would make otherwise; the way to make it so is printed."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": metadata})
        found = compare_metadata(context, metadata)
        if found:
            steps = produce_migrations(context, metadata).upgrade_ops
            assert isinstance(steps, api.ops.UpgradeOps)
            sys.stdout.write(render_python_code(steps))
        return found


# --- what comes out -------------------------------------------------------------------------------


def test_an_older_store_is_brought_up_to_date(old, tmp_path):
    store = opened(old, tmp_path)
    assert [(d.operator, d.state.value, d.who) for d in store.deliveries()] == [
        (None, "published", "stadt"),
        ("op1", "published", "partner"),
        ("op1", "withdrawn", "partner"),
        ("op2", "published", "partner"),
        ("op2", "rejected", "partner"),
    ]
    first = store.deliveries()[1]
    assert first.report == {"findings": [{"code": "decimal_comma", "Größe": "1,5", "n": None}]}
    assert (first.said, first.account, first.findings) == ({}, None, None)
    assert first.received_at == datetime(2026, 3, 1, 8, 28, 0, 492, UTC)
    assert [ref.operator for ref in store.snapshot(NOW.date()).versions] == [None, "op1", "op2"]
    told = [(e.who, e.to_state, e.why, e.subject, e.details) for e in store.events(first.id)]
    assert told[-1] == (
        "carla", State.PUBLISHED, "be5d7100, which superseded it, was withdrawn", None, {},
    )  # fmt: skip
    assert store.derived_details("reach/a/b") == {"bits": [None, "ä"]}
    store.close()
    assert scalar(old, "SELECT version_num FROM alembic_version") == REVISION
    assert scalar(old, "SELECT value FROM meta WHERE key = 'format'") == "3"


def test_its_events_become_a_chain_that_goes_on(old, tmp_path):
    store = opened(old, tmp_path)
    before = store.verify_log()
    assert (before.count, before.fault) == (12, None)
    assert len({event.hash for event in store.events()}) == 12
    store.withdraw(store.deliveries()[1].id, "dora", "wrong")
    after = store.verify_log(before.last_hash)
    assert (after.count, after.fault) == (13, None)
    store.close()


def test_gaps_in_the_old_numbers_are_closed(old, tmp_path):
    with old.begin() as connection:
        connection.exec_driver_sql("UPDATE events SET id = id + 100 WHERE id > 5")
    store = opened(old, tmp_path)
    assert [entry["id"] for entry in store.log()] == list(range(1, 13))
    assert store.verify_log().fault is None
    store.close()


def test_it_is_the_same_as_a_new_one(old, tmp_path):
    assert differences(old) != []
    opened(old, tmp_path).close()
    assert differences(old) == []


def test_a_new_one_needs_no_revision(engine, tmp_path):
    opened(engine, tmp_path).close()
    assert differences(engine) == []
    assert scalar(engine, "SELECT version_num FROM alembic_version") == REVISION
    with engine.begin() as connection:
        migration.upgrade(connection, REVISION)


def test_the_last_revision_is_the_one_of_the_tables(engine):
    with engine.begin() as connection:
        migration.upgrade(connection, None)
    assert scalar(engine, "SELECT version_num FROM alembic_version") == REVISION


def test_the_first_revision_is_the_layout_of_the_first_stores(tmp_path):
    made, kept = (create_engine(f"sqlite:///{tmp_path / name}") for name in ("made", "kept"))
    with made.begin() as connection:
        migration.upgrade(connection, None, to="0001")
    connection = kept.raw_connection()
    connection.executescript(FORMAT_1)
    connection.close()
    assert layout_of(made) == layout_of(kept)
    for engine in (made, kept):
        engine.dispose()


def layout_of(engine):
    tables = inspect(engine)
    return {
        name: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in tables.get_columns(name)],
            sorted((i["name"], *i["column_names"]) for i in tables.get_indexes(name)),
            sorted((u["name"], *u["column_names"]) for u in tables.get_unique_constraints(name)),
            sorted((f["name"], f["referred_table"]) for f in tables.get_foreign_keys(name)),
            tables.get_pk_constraint(name),
        )
        for name in tables.get_table_names()
        if name != "alembic_version"
    }


@pytest.mark.parametrize("made", ["new", "old"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET why = 'other'",
        "UPDATE events SET id = 99 WHERE id = 1",
        "DELETE FROM events WHERE id = 1",
    ],
)
def test_the_database_refuses_to_change_the_log(request, engine, tmp_path, made, statement):
    store = opened(request.getfixturevalue("old") if made == "old" else engine, tmp_path)
    store.stage(Layer("k", pd.DataFrame({"a": [1]}), Provenance("x", "op1")), {}, who="partner")
    before = list(store.log())
    with pytest.raises(IntegrityError, match="append-only"), engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert list(store.log()) == before
    store.close()


def test_nor_can_it_be_replaced_or_emptied(engine, tmp_path):
    store = opened(engine, tmp_path)
    store.stage(Layer("k", pd.DataFrame({"a": [1]}), Provenance("x", "op1")), {}, who="partner")
    statement = {
        "sqlite": "INSERT OR REPLACE INTO events (id, at, who, what, why, details, hash) "
        "VALUES (1, '2026-01-01 00:00:00', 'x', 'x', 'x', '{}', 'x')",
        "postgresql": "TRUNCATE events",
    }[engine.dialect.name]
    with pytest.raises(IntegrityError, match="append-only"), engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert store.verify_log().count == 1
    store.close()


# --- what goes wrong ------------------------------------------------------------------------------


def test_a_newer_store_is_refused(engine, tmp_path):
    opened(engine, tmp_path).close()
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreFormatError, match=r"layout 9999, this one knows .*update Stadtnetz"):
        opened(engine, tmp_path)


def test_a_layout_that_was_never_released_is_refused(old, tmp_path):
    with old.begin() as connection:
        connection.exec_driver_sql("UPDATE meta SET value = '2' WHERE key = 'format'")
    with pytest.raises(StoreFormatError, match=r"format 2.*make it anew"):
        opened(old, tmp_path)


def test_the_database_of_somebody_else_is_left_alone(engine, tmp_path):
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE accounts (name TEXT)")
    with pytest.raises(StoreFormatError, match=r"something else \(accounts\).*of its own"):
        opened(engine, tmp_path)
    assert inspect(engine).get_table_names() == ["accounts"]


def test_a_database_that_cannot_keep_every_name_is_refused(postgresql_server, tmp_path):
    with postgresql_server.database("template0 ENCODING 'LATIN1' LOCALE 'C'") as url:
        with pytest.raises(StoreFormatError, match=r"encoded in LATIN1.*createdb -E UTF8"):
            Store.open(url, objects=tmp_path / "objects")
        engine = create_engine(url)
        assert inspect(engine).get_table_names() == []
        engine.dispose()


def test_what_is_interrupted_leaves_the_older_store(old, tmp_path, monkeypatch):
    before = layout_of(old)
    count = iter(range(99))
    real = audit.chained

    def interrupted(*arguments):
        if next(count) == 7:
            raise KeyboardInterrupt
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(audit, "chained", interrupted)
        with pytest.raises(KeyboardInterrupt):
            opened(old, tmp_path)
    assert layout_of(old) == before
    assert not inspect(old).has_table("alembic_version")
    store = opened(old, tmp_path)
    assert store.verify_log().count == 12
    store.close()


def test_rows_that_refer_to_nothing_are_named(old, tmp_path):
    if old.dialect.name != "sqlite":
        pytest.skip("a server never lets them in")
    with old.begin() as connection:
        connection.exec_driver_sql("UPDATE publications SET version = 'x' WHERE id = 1")
    with pytest.raises(StoreError, match="publications refers to rows of layer_versions"):
        opened(old, tmp_path)
    assert not inspect(old).has_table("accounts")


def test_foreign_keys_hold_again_afterwards(old, tmp_path):
    store = opened(old, tmp_path)
    with pytest.raises(StoreError, match=r"(?i)foreign key"), store._database.write() as connection:
        connection.exec_driver_sql("UPDATE publications SET version = 'x' WHERE id = 1")
    store.close()


def test_several_that_open_it_at_once(old, tmp_path):
    told = []

    def work():
        store = opened(old, tmp_path)
        told.append(store.verify_log().count)
        store.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [12] * 4


def test_opening_a_store_of_today_imports_no_alembic(tmp_path):
    Database(f"sqlite:///{tmp_path / 'store.sqlite'}", NOW).close()
    script = (
        "import sys; from pathlib import Path; from stadtnetz.data.store import Store\n"
        "Store.open(Path(sys.argv[1])).close()\n"
        "assert not [name for name in sys.modules if name.startswith('alembic')]\n"
    )
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, tmp_path],
        env={"PYTHONPATH": ":".join(sys.path)},
        check=True,
    )
