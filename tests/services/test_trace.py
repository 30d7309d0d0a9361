"""Every figure leads back to the deliveries that it came from."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from stadtnetz.coverage.indicators import UnknownIndicatorError, indicators
from stadtnetz.services.assembly import Assembly
from stadtnetz.services.trace import trace

LATER = date(2030, 1, 1)


@pytest.mark.parametrize("name", sorted(indicators()))
def test_every_published_figure_leads_back_to_its_deliveries(demo: Assembly, name: str) -> None:
    traced = trace(demo, name, LATER)
    share = demo.evaluator.figures(LATER).shares[name]
    assert (traced["part"], traced["whole"], traced["value"]) == (
        share.part,
        share.whole,
        share.value,
    )
    assert traced["value"] is not None
    assert [layer["version"] for layer in traced["layers"]] == [v.version for v in share.versions]
    needed = {kind for need in indicators()[name].needs for kind in need.split("|")}
    assert needed & {layer["kind"] for layer in traced["layers"]}
    log = {entry["id"]: entry for entry in demo.store.log()}
    for layer in traced["layers"]:
        delivery = demo.store.delivery(layer["delivery"]["id"])
        assert delivery.version == layer["version"]
        assert layer["delivery"]["digest"] == delivery.file_digest
        assert layer["delivery"]["file_name"] == delivery.file_name
        assert layer["delivery"]["operator"] == layer["operator"] == delivery.operator
        publication = next(e for e in layer["entries"] if e["to_state"] == "published")
        assert publication["at"] == layer["published_at"]
        assert layer["delivery"]["published_by"] == publication["who"]
        assert all(log[e["number"]]["hash"] == e["hash"] for e in layer["entries"])
        assert all(e["delivery"] == delivery.id for e in layer["entries"])


def test_what_was_known_before_leads_to_nothing_later(demo: Assembly) -> None:
    now = trace(demo, "fibre_offer_household_share", LATER)
    before = datetime.fromisoformat(min(layer["published_at"] for layer in now["layers"]))
    then = trace(demo, "fibre_offer_household_share", LATER, before - timedelta(microseconds=1))
    assert then["layers"] == []
    assert then["value"] is None
    assert then["missing"]
    assert datetime.fromisoformat(then["known_at"]).tzinfo == UTC


def test_content_that_was_published_twice_leads_to_the_delivery_that_counts(
    demo_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(demo_folder, tmp_path / "city")
    assembly = Assembly.open(tmp_path / "city")
    before = trace(assembly, "fibre_offer_household_share", LATER)
    layer = next(entry for entry in before["layers"] if entry["operator"])
    assembly.store.withdraw(layer["delivery"]["id"], "anna", "doubt")
    again = assembly.store.stage(assembly.store.layer(layer["version"]), {}, who="partner")
    assembly.store.publish(again.id, "berta")
    after = trace(assembly, "fibre_offer_household_share", LATER)
    assert after["value"] == before["value"]
    found = next(entry for entry in after["layers"] if entry["version"] == layer["version"])
    assert found["delivery"]["id"] == again.id
    assert found["delivery"]["published_by"] == "berta"
    assembly.store.close()


def test_an_unknown_indicator_is_said(demo: Assembly) -> None:
    with pytest.raises(UnknownIndicatorError):
        trace(demo, "fibre_offer_household_shar", LATER)
