"""The page of measurements: verdicts, levels, tables and the sentences that must not be missing."""

import json
import re

import geopandas as gpd
import numpy as np
import pytest
import shapely

from stadtnetz.maps.language import Language
from stadtnetz.maps.measurement_map import (
    LEVEL_COLOURS,
    LORAWAN,
    MOBILE,
    NOT_RECEIVED,
    Shown,
    render,
)
from stadtnetz.maps.measurement_panel import VERDICT_COLOURS, signed
from stadtnetz.maps.setting import Setting

GERMAN, ENGLISH = Setting("Probe", Language("de")), Setting("Probe", Language("en"))
VERDICTS = ("confirmed", "refuted", "open")


def cells(**columns):
    x = 340_000 + 100.0 * np.arange(3)
    values = {"count": [5, 4, 3], "received_count": [5, 2, 0],
              "median_dbm": [-90.0, -112.0, np.nan], "claim": VERDICTS, "prediction": VERDICTS,
              **columns}  # fmt: skip
    squares = shapely.box(x, 5_670_000, x + 100, 5_670_100)
    return gpd.GeoDataFrame(values, geometry=squares, crs="EPSG:25832")


def band(start, end, bias=-3.2):
    return {"from_m": start, "to_m": end, "reading_count": 20, "received_count": 15,
            "claimed_share": 0.5, "predicted_share": None, "compared_count": 15, "bias_db": bias,
            "spread_db": 6.1, "low_db": -9.4, "high_db": 0.04}  # fmt: skip


def told(**changes):
    counts = {"confirmed": 1, "refuted": 1, "unclaimed": 0, "none": 0, "open": 1}
    beside = {"cell_count": 3, "cells": counts, "may_be_refuted": True}
    few = {"compared_count": 3, "bias_db": None, "spread_db": None, "low_db": None, "high_db": None}
    return {
        "threshold_dbm": -110.0, "threshold_confirmed": False, "reading_count": 1200,
        "covered_share": 0.75, "cell_count": 7, "fewest_count": 1, "records_losses": True,
        "campaigns": [{"campaign": "2026", "valid_from": "2026-05-31", "reading_count": 1200,
                       "received_count": 900}],
        "claim": beside, "prediction": beside, "errors": band(0, 0),
        "by_distance": [band(0, 250), band(250, 500)],
        "by_land_use": [{"land_use": "forest", **few}],
        "without_distance_count": 0, **changes,
    }  # fmt: skip


def page(setting=GERMAN, frame=None, subject=MOBILE, city=None, **changes):
    shown = Shown(told(**changes), cells() if frame is None else frame)
    return render(city.document, subject, shown, city.ground, setting)


def drawing(text):
    (data,) = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
    (found,) = (each for each in json.loads(data)["drawings"] if each["type"] == "cells")
    return found


def test_cells_have_the_colours_of_what_readings_say(city):
    claim, prediction, level = drawing(page(city=city))["views"]
    colours = [claim["palette"][number] for number in claim["classes"]]
    assert colours == [VERDICT_COLOURS[verdict] for verdict in VERDICTS]
    assert prediction["classes"] == claim["classes"]
    assert [view["shown"] for view in (claim, prediction, level)] == [True, False, False]


def test_levels_are_classes_around_the_threshold_and_a_colour_for_what_did_not_arrive(city):
    *_, level = drawing(page(city=city))["views"]
    assert level["palette"] == list(LEVEL_COLOURS)
    assert level["classes"] == [1, 4, len(LEVEL_COLOURS) - 1]
    assert level["palette"][-1] == NOT_RECEIVED


def test_a_tooltip_says_level_readings_and_verdicts(city):
    found = drawing(page(ENGLISH, city=city))
    words, count, received, claim, _ = found["figures"]
    assert [words["words"][at] for at in words["values"]] == ["-90 dBm", "-112 dBm", "not received"]
    assert (count["values"], received["values"]) == ([5, 4, 3], [5, 2, 0])
    assert claim["words"][claim["values"][0]] == "declared, and covered as measured"
    assert found["lines"][2] == "Compared with what is declared: {3}"


def test_the_tables_and_the_chart(city):
    text = page(city=city)
    assert "von 1.200 Messwerten ab -110 dBm, in 7 Zellen" in text
    assert "bis 250 m (20)" in text
    assert "75,0\u00a0%" in text
    assert "\u22123,2" in text
    assert "\u22129 \u2026 \u00b10" in text
    assert "Wald (3)" in text
    assert 'title="weniger als zehn Messwerte"' in text
    assert 'id="chart-mobile_5g_measured-words"' in text
    assert "bis 500 m: Median -3,2 dB, -9,4 bis 0,0 dB" in text


def test_one_band_makes_no_chart(city):
    assert "chart-" not in page(city=city, by_distance=[band(0, 250), band(250, 500, None)])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"records_losses": False}, "können eine Versorgung bestätigen und nie widerlegen"),
        ({"threshold_confirmed": False}, "vorläufig"),
        ({"fewest_count": 3}, "Zellen mit weniger als 3 Messwerten"),
        ({"without_distance_count": 12}, "12 Messwerte nennen keinen Sender"),
        ({"claim": {"cell_count": 3, "cells": dict.fromkeys(VERDICT_COLOURS, 1),
                    "may_be_refuted": False}}, "Ein anderes Netz kann den Ort versorgen"),
    ],
)  # fmt: skip
def test_what_readings_cannot_tell_is_said_where_it_is_so(city, changes, said):
    assert said in page(city=city, **changes)
    calm = {"records_losses": True, "threshold_confirmed": True}
    assert said not in page(city=city, **calm)


def test_campaigns_are_named_with_what_arrived(city):
    assert "Messkampagne 2026: 900 von 1.200 Messwerten empfangen, Stand 31.05.2026." in page(
        city=city
    )
    nameless = [{"campaign": None, "valid_from": None, "reading_count": 2, "received_count": 1}]
    assert "Messkampagne ohne Namen: 1 von 2 Messwerten empfangen." in page(
        city=city, campaigns=nameless
    )


def test_without_claims_and_predictions_there_is_the_level(city):
    text = page(city=city, frame=cells().drop(columns=["claim", "prediction"]), claim=None,
                prediction=None, by_land_use=[], by_distance=[])  # fmt: skip
    (level,) = drawing(text)["views"]
    assert (level["id"], level["shown"]) == ("level", True)


def test_no_cell_may_be_shown(city):
    text = page(city=city, frame=cells().iloc[:0])
    assert "In keiner Zelle gibt es genug Messwerte" in text


def test_no_readings_no_map_of_them(city):
    text = render(city.document, LORAWAN, None, city.ground, GERMAN)
    assert "Es fehlen Messungen" in text
    assert '"cells"' not in text


def test_maps_of_the_same_coverage_lead_to_each_other(city, pages):
    beside = re.compile(r'<nav class="beside".*?</nav>', re.DOTALL)
    (found,) = beside.findall(page(city=city))
    targets = re.findall(r'href="([^"]+)"( aria-current="page")?', found)
    assert targets == [
        ("mobile_5g.html", ""), ("mobile_5g_predicted.html", ""),
        ("mobile_5g_measured.html", ' aria-current="page"'),
    ]  # fmt: skip
    assert beside.search(pages["mobile_5g"])
    assert not beside.search(pages["fibre_offers"])


@pytest.mark.parametrize(("value", "said"), [(3.25, "+3,2"), (-3.25, "\u22123,2"),
                                             (0.04, "\u00b10,0")])  # fmt: skip
def test_differences_have_their_sign(value, said):
    assert signed(value, Language("de")) == said


def test_figures_of_an_indicator_say_what_was_measured(city):
    from stadtnetz.maps import choropleth

    measured = {"value": 0.5, "reading_count": 1200, "covered_count": 600, "cell_count": 80,
                "is_complete": False}  # fmt: skip
    entries = [entry | {"measured": measured} for entry in city.document["indicators"]]
    document = {**city.document, "indicators": entries}
    text = choropleth.render(document, "iot_area_share", city.ground, GERMAN)
    assert "Gemessen: 50,0\u00a0% von 1.200 Messwerten sind versorgt, in 80 Zellen" in text
    assert "Was nicht empfangen wurde, ist nicht aufgezeichnet." in text
    plain = choropleth.render(city.document, "iot_area_share", city.ground, GERMAN)
    assert "Gemessen:" not in plain
