"""Predictions as pictures: classes, colours, place, and what the page says of them."""

import io
import json
import re
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image

from stadtnetz.maps.drawings import Entry
from stadtnetz.maps.language import Language
from stadtnetz.maps.pictures import EMPTY, Picture, PlacedRaster, png, to_screen
from stadtnetz.maps.prediction_classes import COLOURS, classes_of, limits_of
from stadtnetz.maps.prediction_map import SUBJECTS, render
from stadtnetz.maps.prediction_panel import LORAWAN, MOBILE, WLAN, Shown
from stadtnetz.maps.setting import Setting

CRS = "EPSG:25832"
LEVELS = np.array([[-70.0, -85.0], [-110.0, -130.0], [np.nan, -110.1]])


def placed(values: np.ndarray, pixel_m: float = 100.0) -> PlacedRaster:
    return PlacedRaster(values, 340_000.0, 5_680_000.0, pixel_m, CRS)


def shown(**changes: object) -> Shown:
    rows = [
        {"model": model, "threshold": at, "reliability_percent": percent, "share": share}
        for model in ("p1812", "tr38901")
        for at, share in ((-110.0, 0.9), (-100.0, 0.5))
        for percent in (50.0, 90.0)
    ]
    values = {
        "views": {"p1812": placed(LEVELS), "tr38901": placed(LEVELS)},
        "threshold": -110.0, "confirmed": False, "unit": "dBm", "reliability_percent": 50.0,
        "rows": rows,
    }  # fmt: skip
    return Shown(**{**values, **changes})  # type: ignore[arg-type]


def test_a_level_at_the_threshold_is_covered_and_below_it_is_not():
    assert classes_of(LEVELS, -110.0).tolist() == [[0, 1], [3, 5], [-1, 4]]


def test_the_weakest_class_may_be_left_out():
    assert classes_of(LEVELS, -110.0, weakest=False).tolist() == [[0, 1], [3, -1], [-1, 4]]


@pytest.mark.parametrize("level", [-70.0, -85.0, -110.0, -110.1, -130.0])
def test_a_level_lies_within_the_limits_of_its_class(level):
    lower, upper = limits_of(level, -110.0)
    assert lower is None or lower <= level
    assert upper is None or level < upper
    assert {lower, upper} != {None}


def test_the_picture_has_the_colours_of_the_classes_and_holes():
    pixels = np.array([[0, 5], [EMPTY, 3]], np.uint8)
    image = Image.open(io.BytesIO(png(pixels, COLOURS))).convert("RGBA")
    assert image.size == (2, 2)
    assert image.getpixel((0, 0)) == (0x08, 0x30, 0x6B, 255)
    assert image.getpixel((1, 0)) == (0xB2, 0x18, 0x2B, 255)
    assert image.getpixel((0, 1))[3] == 0


def test_north_is_up_and_the_corners_hold_the_raster():
    classes = np.full((60, 40), 5)
    classes[:30] = 0
    pixels, ((south, west), (north, east)) = to_screen(placed(classes.astype(float)), classes)
    assert south < north
    assert west < east
    assert north - south == pytest.approx(6_000 / 111_200, rel=0.05)
    found = pixels[5:-5, 10:-10]
    assert set(found[:20].ravel()) == {0}
    assert set(found[-20:].ravel()) == {5}


def test_large_rasters_are_drawn_coarser():
    classes = np.zeros((3000, 1500), int)
    pixels, _ = to_screen(placed(classes.astype(float), 10.0), classes)
    assert pixels.shape[0] <= 1_100


def test_a_drawing_carries_its_picture():
    record = Picture(Entry("p1812"), placed(LEVELS), classes_of(LEVELS, -110.0), COLOURS,
                     "words").record()  # fmt: skip
    head, _, body = record["url"].partition(",")
    assert head == "data:image/png;base64"
    assert b64decode(body)[:4] == b"\x89PNG"
    assert record["words"] == "words"


@pytest.mark.parametrize(("code", "said"), [("de", "weder von einem Betreiber"), ("en", "neither")])
def test_the_page_says_that_it_is_predicted_and_on_what(city, code, said):
    setting = Setting("Probe", Language(code))
    page = render(city.document, MOBILE, shown(), city.ground, setting)
    assert said in page
    assert "P.1812" in page
    assert "TR 38.901" in page
    assert page.count("data:image/png;base64,") == 2
    assert ("vorläufig" if code == "de" else "provisional") in page
    confirmed = render(city.document, MOBILE, shown(confirmed=True), city.ground, setting)
    assert ("vorläufig" if code == "de" else "provisional") not in confirmed


def test_sites_are_explained_where_they_are_drawn(city):
    legend = re.compile(r'class="legend">.*?</section>', re.DOTALL)
    for sites, said in ((None, False), (city.gateways.iloc[:0], False), (city.gateways, True)):
        page = render(city.document, LORAWAN, shown(sites=sites), city.ground, Setting("Probe"))
        assert ("Standorte" in legend.search(page)[0]) == said


def test_the_chart_has_a_heading_and_says_how_to_read_it(city):
    page = render(city.document, MOBILE, shown(), city.ground, Setting("Probe"))
    assert "<h2>Wovon der versorgte Anteil abhängt</h2>" in page
    assert "Jede Linie steht für ein Modell" in page


def test_without_a_prediction_the_page_says_what_is_missing(city):
    page = render(city.document, LORAWAN, None, city.ground, Setting("Probe", Language("de")))
    assert "vorhergesagte LoRaWAN-Versorgung" in page
    assert "data:image/png" not in page


def data_of(page: str) -> list[dict]:
    found = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])["drawings"]


def test_a_page_of_a_server_has_tiles_and_asks_for_places(city):
    tiles = {"p1812": "../t/{z}/{x}/{y}.png?model=p1812", "tr38901": "../t/{z}/{x}/{y}.png"}
    there = shown(views=tiles, place="../v1/predictions/mobile/at")
    page = render(city.document, MOBILE, there, city.ground, Setting("Probe", Language("de")))
    assert "data:image/png" not in page
    drawings = data_of(page)
    found = [drawing for drawing in drawings if drawing["type"] == "tiles"]
    assert [(d["url"], d["shown"], d["choice"]) for d in found] == [
        (tiles["p1812"], True, True), (tiles["tr38901"], False, True),
    ]  # fmt: skip
    (question,) = (drawing for drawing in drawings if drawing["type"] == "question")
    assert question["url"] == "../v1/predictions/mobile/at"
    assert question["words"]["below"] == "{margin} dB unter der Schwelle: nicht versorgt"
    assert question["models"] == {"p1812": "P.1812", "tr38901": "TR 38.901"}


def test_a_page_in_a_folder_asks_nobody(city):
    page = render(city.document, MOBILE, shown(), city.ground, Setting("Probe", Language("de")))
    assert {"question", "tiles"} & {drawing["type"] for drawing in data_of(page)} == set()


def test_where_only_hotspots_are_the_weakest_class_is_not_drawn(city):
    page = render(
        city.document, WLAN, shown(threshold=-70.0, draws_weakest=False), city.ground,
        Setting("Probe", Language("de")),
    )  # fmt: skip
    assert "unter -80 dBm oder nicht berechnet" in page
    assert page.count("dBm</span>") == 5
    assert COLOURS[-1] not in page


def test_an_old_prediction_says_what_it_was_made_of(city):
    layers = [
        {"kind": "terrain", "operator": None, "made_of": "0123456789abcdef", "now": "fedc"},
        {"kind": "surface", "operator": None, "made_of": None, "now": "fedc"},
        {"kind": "mobile_sites", "operator": "m1", "made_of": "aaaaaaaaaaaa", "now": "b"},
    ]
    page = render(
        city.document, MOBILE, shown(outdated=layers), city.ground, Setting("Probe", Language("de"))
    )
    assert (
        "Veraltet. Seit dieser Vorhersage gibt es neuere Daten: Geländemodell (berechnet aus "
        "Version 0123456789); Oberflächenmodell (gab es nicht); Mobilfunkstandorte von m1 "
        "(berechnet aus Version aaaaaaaaaa)."
    ) in page
    current = render(city.document, MOBILE, shown(), city.ground, Setting("Probe", Language("de")))
    assert "Veraltet" not in current


def test_every_subject_is_a_map_of_its_own():
    assert list(SUBJECTS) == ["mobile_5g_predicted", "lorawan_predicted", "wlan_predicted"]
    assert len({subject.kind for subject in SUBJECTS.values()}) == 3
