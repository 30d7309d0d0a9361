"""The review of a delivery, on a city of six addresses whose figures are added up by hand."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import geopandas as gpd
import numpy as np
import pytest
import shapely
from rasterio.transform import Affine
from small_city import (
    CRS,
    FIRST,
    SECOND,
    THIRD,
    codes,
    fibre,
    found_city,
    frame,
    publish,
    put_register,
    squares,
    stage,
)

from stadtnetz.coverage.model import Provenance
from stadtnetz.data.alarms import ThresholdError
from stadtnetz.data.geotiff import write_raster
from stadtnetz.data.rasters import RasterLayer
from stadtnetz.data.workspace import Workspace
from stadtnetz.services import ground
from stadtnetz.services import review as reviews
from stadtnetz.services.assembly import Assembly
from stadtnetz.services.difference_rows import csv_lines, features, rows
from stadtnetz.services.review import comparison_of, difference_of, review_of
from stadtnetz.services.review_base import NoReviewError, base_of, record_figures

HOUSEHOLDS = "fibre_offer_household_share"


@pytest.fixture
def city(tmp_path):
    assembly = found_city(tmp_path / "city")
    yield assembly
    assembly.store.close()


def effect_of(review, indicator=HOUSEHOLDS):
    return next(entry for entry in review.effects if entry["indicator"] == indicator)


def test_difference_and_effect_by_hand(city):
    publish(city, "op1", fibre("A0 passed", "A1 passed", "A3 connected"), FIRST)  # 30 of 100
    publish(city, "op2", fibre("A4 passed"), FIRST)  # 50 of 100
    delivery = stage(city, "op1", fibre("A0 passed", "A1 planned -", "A3 activated", "A5 passed"))
    review = review_of(city, delivery)
    changed = {name: count for name, count in review.difference["counts"].items() if count}
    assert changed == {
        "added": 1, "downgraded": 1, "offer_gained": 1, "offer_lost": 1, "bandwidth_lowered": 1,
    }  # fmt: skip
    # who became a customer is the operator's own business
    assert review.own_difference["counts"]["upgraded"] == 1
    west, east = review.difference["by_district"]
    assert (west["name"], west["counts"]["downgraded"]) == ("West", 1)
    assert (east["name"], east["counts"]["added"]) == ("Ost", 1)
    effect = effect_of(review)
    assert (effect["before"]["part"], effect["after"]["part"]) == (50, 80)
    assert effect["causes"] == {"register": 0.0, "delivery": 0.3, "method": 0.0}
    by_name = {row["name"]: row for row in effect["by_district"]}
    assert (by_name["West"]["before"], by_name["West"]["after"]) == (20 / 30, 10 / 30)
    assert by_name["Ost"]["after"] == 1.0
    goals = {goal["indicator"]: goal for goal in review.goals}
    # half of all households have an offer: reached before, and after
    assert goals[HOUSEHOLDS]["reached_after"] is True


def test_nothing_is_published_by_a_review(city):
    publish(city, "op1", fibre("A0 passed"), FIRST)
    delivery = stage(city, "op1", fibre("A0 passed", "A5 passed"))
    before = city.store.snapshot(THIRD)
    review_of(city, delivery)
    assert city.store.snapshot(THIRD) == before
    assert city.evaluator.figures(THIRD).shares[HOUSEHOLDS].part == 10
    city.store.publish(delivery.id, "coordinator")
    assert city.evaluator.figures(THIRD).shares[HOUSEHOLDS].part == 50


def test_register_and_delivery_are_told_apart(city):
    publish(city, "op1", fibre("A0 passed", "A1 passed"), FIRST)  # 20 of 100
    put_register(city, [10, 10, 10, 10, 20, 40, 100])  # 20 of 200
    delivery = stage(city, "op1", fibre("A0 passed", "A1 passed", "A6 passed"))  # 120 of 200
    effect = effect_of(review_of(city, delivery))
    assert effect["before"] == {"part": 20, "whole": 100, "value": 0.2}
    assert effect["causes"] == {"register": -0.1, "delivery": 0.5, "method": 0.0}
    assert effect["change"] == pytest.approx(0.4)


def test_what_the_method_changed_is_told_apart(city, monkeypatch):
    publish(city, "op1", fibre("A0 passed", "A1 passed"), FIRST)
    day = datetime.now(UTC).date()
    record_figures(city.evaluator, day)
    key_before = review_of(city, stage(city, "op1", fibre("A0 passed", "A1 passed")))
    assert effect_of(key_before)["causes"]["method"] == 0
    # a later release counts connected addresses only
    whole = reviews.evaluate

    def later(evidence):
        found = whole(evidence)
        half = found[HOUSEHOLDS]
        return found | {HOUSEHOLDS: replace(half, part=half.part / 2)}

    monkeypatch.setattr(ground, "METHOD", "2")
    monkeypatch.setattr(reviews, "evaluate", later)
    monkeypatch.setattr(reviews, "method_of", lambda name: f"{name} 2")
    delivery = stage(city, "op1", fibre("A0 passed", "A1 passed", "A5 passed"))
    effect = effect_of(review_of(city, delivery))
    assert effect["before"]["part"] == 20
    assert effect["after"]["part"] == 30
    assert effect["causes"] == {"register": 0.0, "delivery": 0.2, "method": -0.1}
    assert effect["method_versions"][0] != effect["method_versions"][1]
    assert sum(map(Fraction, effect["causes"].values())) == pytest.approx(effect["change"])


def test_an_indicator_newer_than_the_last_publication_has_one_method(city, monkeypatch):
    publish(city, "op1", fibre("A0 passed"), FIRST)
    monkeypatch.setattr(reviews, "published_readings", lambda *_: {})
    review = review_of(city, stage(city, "op1", fibre("A0 passed", "A5 passed")))
    assert effect_of(review)["causes"] == {"register": 0.0, "delivery": 0.4, "method": 0.0}
    assert len(review.goals) == len(city.evaluator.goals)


def test_a_late_delivery_changes_nothing_today(city):
    publish(city, "op1", fibre("A0 passed", "A1 passed"), SECOND)
    delivery = stage(city, "op1", fibre("A0 passed"), FIRST)
    review = review_of(city, delivery)
    assert effect_of(review)["change"] == 0
    assert review.difference["counts"]["removed"] == 1
    assert "older_than_last" in codes(review.alarms)
    late = next(alarm for alarm in review.alarms if alarm["code"] == "older_than_last")
    assert late["values"]["days"] == 184
    assert "184 Tage" in late["message_de"]


def test_a_first_delivery_adds_everything(city):
    review = review_of(city, stage(city, "op1", fibre("A0 passed", "A9 planned -")))
    assert review.last is None
    assert review.difference["counts"]["added"] == 2
    assert review.difference["before_count"] == 0
    # there was no figure, so there is no change of it
    assert effect_of(review)["before"]["value"] is None
    assert effect_of(review)["change"] is None
    assert effect_of(review)["causes"] == {}
    assert codes(review.alarms) == []


def test_a_published_delivery_is_reviewed_as_it_was_before(city):
    publish(city, "op1", fibre("A0 passed"), FIRST)
    delivery = publish(city, "op1", fibre("A0 passed", "A5 passed"), SECOND)
    review = review_of(city, delivery)
    assert review.difference["counts"]["added"] == 1
    assert effect_of(review)["causes"]["delivery"] == 0.4
    publish(city, "op1", fibre("A1 passed"), THIRD)
    assert review_of(city, delivery) == review


def test_it_is_made_once_per_delivery_and_base(city, monkeypatch):
    publish(city, "op1", fibre("A0 passed"), FIRST)
    delivery = stage(city, "op1", fibre("A0 passed", "A5 passed"))
    review = review_of(city, delivery)
    made = []
    whole = reviews._make
    monkeypatch.setattr(reviews, "_make", lambda *a: made.append(1) or whole(*a))
    assert review_of(city, delivery) == review
    assert made == []
    publish(city, "op2", fibre("A4 passed"), FIRST)
    assert effect_of(review_of(city, delivery))["before"]["part"] == 30
    assert made == [1]


def test_partners_learn_nothing_of_others(city):
    publish(city, "op1", fibre("A0 passed"), FIRST)
    delivery = stage(city, "op1", fibre("A0 passed", "A5 passed"))
    before = review_of(city, delivery).to_dict(for_operator=True)
    publish(city, "op2", fibre("A5 passed", "A4 passed"), FIRST)
    after = review_of(city, delivery).to_dict(for_operator=True)
    assert before == after
    assert not {"effects", "goals", "known_at"} & after.keys()
    assert all(alarm["audience"] == "operator" for alarm in after["alarms"])


def test_it_is_json(city):
    publish(city, "op1", fibre("A0 passed"), FIRST)
    review = review_of(city, stage(city, "op1", fibre("A5 passed")))
    assert json.loads(json.dumps(review.to_dict(), allow_nan=False)) == review.to_dict()


def test_the_list_behind_the_numbers(city):
    publish(city, "op1", fibre("A0 connected", "A1 passed"), FIRST)
    delivery = stage(city, "op1", fibre("A0 activated", "A1 connected"))
    shown = difference_of(city, delivery, own=False)
    own = difference_of(city, delivery, own=True)
    assert shown.items.index.tolist() == ["A1"]
    assert own.items.index.tolist() == ["A0", "A1"]
    assert own.counts == review_of(city, delivery).own_difference["counts"]


def test_striking_deliveries_raise_alarms(city):
    publish(city, "op1", fibre(*[f"A{i} passed" for i in range(5)]), FIRST)  # 60 of 100
    delivery = stage(city, "op1", fibre("A0 planned -", "A5 passed", down=100))
    raised = review_of(city, delivery).alarms
    found = {alarm["code"]: alarm for alarm in raised}
    assert found["households_lost"]["values"] == {"count": 60, "share": 1.0}
    assert found["stage_backwards"]["values"] == {"count": 1, "share": 1.0}
    assert found["offers_out_of_nowhere"]["values"]["count"] == 1
    assert found["footprint_changes"]["values"]["share"] == -0.6
    jumps = {
        alarm["values"]["indicator"]: alarm["values"]["change"]
        for alarm in raised
        if alarm["code"] == "city_share_jumps"
    }
    assert jumps[HOUSEHOLDS] == pytest.approx(-0.2)
    assert jumps["gigabit_household_share"] == pytest.approx(-0.6)
    assert found["city_share_jumps"]["audience"] == "coordinator"
    assert "60 Haushalte" in found["households_lost"]["message_de"]
    assert "100,0\u00a0%" in found["households_lost"]["message_de"]
    assert "100.0%" in found["households_lost"]["message_en"]


def test_the_same_file_again(city, tmp_path):
    file = tmp_path / "op1.csv"
    file.write_text("a;b\n", encoding="utf-8")
    publish(city, "op1", fibre("A0 passed"), FIRST, file=file)
    again = stage(city, "op1", fibre("A0 passed"), SECOND, file=file)
    assert codes(review_of(city, again).alarms) == ["identical_file"]
    export = stage(city, "op1", fibre("A0 passed"), THIRD)
    assert codes(review_of(city, export).alarms) == ["nothing_changed"]


def test_thresholds_are_the_workspaces(tmp_path):
    city = found_city(tmp_path / "city", {"alarm_stage_backwards": 1})
    publish(city, "op1", fibre("A0 passed"), FIRST)
    delivery = stage(city, "op1", fibre("A0 planned -"))
    assert "stage_backwards" not in codes(review_of(city, delivery).alarms)
    city.publication.parameters["alarm_stage_backwards"] = "much"
    with pytest.raises(ThresholdError, match=r"alarm_stage_backwards under .parameters."):
        review_of(city, delivery)
    city.store.close()


def test_mobile_coverage_is_compared_by_area(city):
    publish(city, "m1", squares((0, 0, 500, 1000)), FIRST, kind="mobile_coverage")
    publish(city, "m2", squares((0, 0, 2000, 500)), FIRST, kind="mobile_coverage")
    delivery = stage(city, "m1", squares((200, 0, 1200, 1000)), kind="mobile_coverage")
    review = review_of(city, delivery)
    town = review.areas[0]
    assert (town["gained_m2"], town["lost_m2"]) == pytest.approx((700_000, 200_000))
    # half is covered by the other one; of the rest 500 x 500 m before, 1000 x 500 m after
    effect = effect_of(review, "mobile_5g_area_share")
    assert effect["before"]["part"] == pytest.approx(1_250_000)
    assert effect["after"]["part"] == pytest.approx(1_500_000)
    places = comparison_of(city, delivery).places()
    assert places[places["change"] == "lost"].area.sum() == pytest.approx(200_000)
    assert len(difference_of(city, delivery, own=False).items) == 0


def test_rasters_are_compared_by_area(city, tmp_path):
    def levels(name, columns):
        level_dbm = np.full((20, 40), -120.0)
        level_dbm[:, columns] = -90
        path = tmp_path / name
        write_raster(path, level_dbm, Affine(50, 0, 0, 0, -50, 1000), CRS)
        return path

    def deliver(path, day):
        layer = RasterLayer("mobile_raster", path, Provenance("test", "m1", day), CRS)
        return city.store.stage(layer, {}, who="m1")

    city.store.publish(deliver(levels("a.tif", slice(0, 10)), FIRST).id, "city")
    review = review_of(city, deliver(levels("b.tif", slice(5, 20)), SECOND))
    assert (review.areas[0]["gained_m2"], review.areas[0]["lost_m2"]) == pytest.approx(
        (500_000, 250_000)
    )
    assert effect_of(review, "mobile_5g_area_share")["causes"]["delivery"] == pytest.approx(0.125)


def test_gateways_are_compared_by_id(city):
    def gateways(**reach_m):
        points = [shapely.Point(250 + 500 * i, 500) for i in range(len(reach_m))]
        return frame({"gateway_id": list(reach_m), "reach_m": list(reach_m.values())}, points)

    publish(city, "stadt", gateways(g1=100.0, g2=100.0), FIRST, kind="lorawan_gateways")
    delivery = stage(city, "stadt", gateways(g1=200.0, g3=100.0), kind="lorawan_gateways")
    review = review_of(city, delivery)
    assert review.difference["counts"] == {"added": 1, "removed": 1, "moved": 0, "altered": 1}
    assert {row["name"] for row in review.difference["by_district"]} == {"West"}
    found = difference_of(city, delivery, own=False)
    listing = (found.items, found, comparison_of(city, delivery))
    listed = list(rows(*listing))
    assert [row["id"] for row in listed] == ["g1", "g2", "g3"]
    assert (listed[0]["altered_columns"], listed[0]["after_values"]) == ("reach_m", "200")
    assert len(list(csv_lines(found.items, found, comparison_of(city, delivery)))) == 4
    assert (
        len(
            json.loads("".join(features(found.items, found, comparison_of(city, delivery))))[
                "features"
            ]
        )
        == 3
    )
    assert effect_of(review, "iot_area_share")["change"] > 0


def test_without_a_register_rows_are_compared_by_record(tmp_path):
    assembly = Assembly.open(Workspace.create(tmp_path / "bare", "Ohne").folder)
    publish(assembly, "op1", fibre("A0 passed", "A1 passed"), FIRST)
    review = review_of(assembly, stage(assembly, "op1", fibre("A0 planned -", "A2 passed")))
    counts = review.difference["counts"]
    assert (counts["added"], counts["removed"], counts["downgraded"]) == (1, 1, 1)
    assert effect_of(review)["after"]["value"] is None
    assembly.store.close()


def test_polygons_are_compared_by_address_and_area(city):
    def area(*box):
        table = fibre("x passed").drop(columns="address_id")
        return gpd.GeoDataFrame(table, geometry=[shapely.box(*box)], crs="EPSG:25832")

    publish(city, "op1", area(0, 0, 1000, 1000), FIRST, kind="fibre_areas")
    delivery = stage(city, "op1", area(500, 0, 1500, 1000), kind="fibre_areas")
    review = review_of(city, delivery)
    # A2 at 700 m stays; A0 and A1 go; A3 to A5 at 1100 to 1500 m come, the last on the border
    assert review.difference["unchanged_count"] == 1
    counts = review.difference["counts"]
    assert (counts["added"], counts["removed"], counts["offer_lost"]) == (3, 2, 2)
    passed = [row for row in review.areas if row["theme"] == "fibre passed"]
    assert [row["name"] for row in passed] == ["", "West", "Ost"]
    assert passed[0]["gained_m2"] == pytest.approx(500_000)


def test_city_layers_are_not_reviewed(city):
    register = city.store.deliveries(kind="addresses")[0]
    with pytest.raises(NoReviewError, match="no operator's layer"):
        review_of(city, register)


def test_the_base_is_the_last_change_by_an_operator(city):
    first = publish(city, "op1", fibre("A0 passed"), FIRST)
    put_register(city, [1] * 6)
    base = base_of(city.store, stage(city, "op1", fibre("A1 passed")))
    published = city.store.publications("fibre_addresses")[0]
    assert published.delivery == first.id
    assert base.published.known_at == published.ref.published_at
    assert base.now.known_at - base.published.known_at > timedelta(0)
