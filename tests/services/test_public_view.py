"""What the public sees is made ready by a worker; until then it sees what it saw before."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from two_worlds import DAYS, OPERATORS, World, make

from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.services import judgement as judgements
from stadtnetz.services.access.visitor import PUBLIC, Role, Visitor
from stadtnetz.services.assembly import Assembly

DAY = date(2026, 6, 30)
INDICATOR = "fibre_area_share"
COORDINATOR = Visitor(Role.COORDINATOR, "anna")


class City:
    """One folder, a server and a worker in it, and a clock for all three."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ahead = timedelta(hours=1)  # the first batch of publications is over
        self.web, self.worker = self.opened(900.0), self.opened(0.0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def opened(self, patience_s: float) -> Assembly:
        assembly = Assembly.open(self.folder)
        assembly.confidentiality.releases._clock = self.now
        assembly.store._clock = self.now
        assembly.confidentiality.views.patience_s = patience_s
        return assembly

    def publish_all(self) -> None:
        """Have each operator offer at every address that it had not; a release, once it is over."""
        store = self.worker.store
        register = store.layer(store.publications("addresses")[-1].ref.version).frame
        for number, operator in enumerate(OPERATORS):
            ref = store.publications("fibre_addresses", operator)[-1].ref
            frame = store.layer(ref.version).frame
            ids = register["id"].to_numpy()[number::3]
            rows = frame.iloc[[0] * len(ids)].assign(address_id=ids, record_id=ids)
            layer = Layer("fibre_addresses", rows, Provenance("test", operator, DAY))
            store.publish(store.stage(layer, {}, who="test").id, "test")
        self.ahead += timedelta(hours=1)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city whose first view is ready."""
    folder = make(tmp_path_factory.mktemp("ready") / "city", World())
    city = City(folder)
    city.worker.confidentiality.views.make_ready()
    city.web.store.close()
    city.worker.store.close()
    return folder


@pytest.fixture
def city(template: Path, tmp_path: Path) -> Iterator[City]:
    city = City(shutil.copytree(template, tmp_path / "city"))
    yield city
    city.web.store.close()
    city.worker.store.close()


def seen(assembly: Assembly, visitor: Visitor = PUBLIC) -> Any:
    entry = assembly.confidentiality.indicator(visitor, INDICATOR, date(2026, 7, 1))
    return {name: entry[name] for name in ("part", "variants", "by_district")}


@pytest.fixture
def unable(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Nobody can judge while this is patched."""

    def judge(*_: object) -> None:
        raise AssertionError("a visitor had to wait for this")

    return lambda: monkeypatch.setattr(judgements, "judge", judge), monkeypatch.undo


def test_a_visitor_sees_the_former_release_until_the_worker_has_the_next(
    city: City, unable: Any
) -> None:
    forbid, allow = unable
    forbid()
    before = seen(city.web)
    snapshot = city.web.confidentiality.snapshot(PUBLIC, DAY)
    city.publish_all()
    assert seen(city.web) == before
    assert city.web.confidentiality.snapshot(PUBLIC, DAY).versions == snapshot.versions
    assert seen(city.web, COORDINATOR)["part"] > before["part"]
    # who serves anew sees the same, and need not work it out
    other = city.opened(900.0)
    assert seen(other) == before
    other.store.close()
    allow()
    assert city.worker.confidentiality.views.make_ready() is True
    assert city.worker.confidentiality.views.make_ready() is False
    city.web.confidentiality.views._look_again_s = 0.0  # a second later
    forbid()
    after = seen(city.web)
    assert after["part"] > before["part"]
    assert after["by_district"] != before["by_district"]
    assert after == seen(city.worker)


def test_a_former_view_keeps_its_city_layers(city: City, unable: Any) -> None:
    before = seen(city.web)
    store = city.worker.store
    register = store.layer(store.publications("addresses")[-1].ref.version).frame
    fewer = Layer("addresses", register.iloc[::2].reset_index(drop=True), Provenance("test"))
    store.import_city_layer(fewer, {}, who="test")
    unable[0]()
    assert seen(city.web) == before


def test_a_worker_that_does_not_come_is_not_waited_for_forever(city: City) -> None:
    before = seen(city.web)
    city.publish_all()
    assert seen(city.web) == before
    city.web.confidentiality.views.patience_s = 1e-6
    city.web.confidentiality.views._look_again_s = 0.0  # a second later
    assert seen(city.web)["part"] > before["part"]


def test_another_rule_does_not_show_what_was_judged_by_the_former(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen(city.web)
    monkeypatch.setattr(judgements, "JUDGEMENT", "2")
    other = city.opened(900.0)
    asked = []
    judge = judgements.judge
    monkeypatch.setattr(judgements, "judge", lambda *given: asked.append(1) or judge(*given))
    seen(other)
    assert asked
    other.store.close()


def test_what_is_kept_is_what_was_judged(city: City) -> None:
    views = city.worker.confidentiality.views
    view = views.current
    judged = judgements.judge(city.worker.evaluator, view.releases, views._rule)
    assert judgements.kept(city.worker.store, view.name) == judged
    assert judged.districts
    assert any(judged.readings.values())
    assert set(DAYS) <= {
        release.as_of
        for dated in judgements.dated_releases(view.releases).values()
        for release in dated
    }
