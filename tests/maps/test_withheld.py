"""What is not published, and why, as pages say it."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest

from stadtnetz.maps import choropleth, gateway_map, report
from stadtnetz.maps.document import read_document
from stadtnetz.maps.scale import NO_DATA, WITHHELD
from stadtnetz.maps.words import REASONS

DATA = re.compile(r'<script type="application/json"[^>]*>(.*?)</script>')
INDICATOR = "fibre_offer_household_share"


def places(html: str, level: str) -> list[dict[str, Any]]:
    """Return the districts of one level as the map draws them."""
    found = DATA.search(html)
    assert found is not None
    drawings = json.loads(found[1])["drawings"]
    return list(next(each["features"] for each in drawings if each.get("id") == level))


@pytest.fixture
def document(city: Any) -> dict[str, Any]:
    """The city's document, with one district and one reading withheld."""
    found = copy.deepcopy(city.document)
    entry = next(each for each in found["indicators"] if each["id"] == INDICATOR)
    quarters = [row for row in entry["by_district"] if row["level"] == "stadtteil"]
    quarters[1] |= {"part": None, "value": None, "suppressed": "few_units"}
    entry["variants"][0] |= {"part": None, "value": None, "suppressed": "dominance"}
    entry["districts_as_of"] = "2026-06-30"
    return found


def test_a_district_that_is_withheld_is_neither_empty_nor_zero(
    city: Any, document, setting
) -> None:
    html = choropleth.render(document, INDICATOR, city.ground, setting)
    place = places(html, "stadtteil")[1]
    why = "nicht veröffentlicht, um Betreiber zu schützen: dort werden weniger als drei gezählt"
    assert place["fill"] == WITHHELD != NO_DATA
    assert place["lines"] == ["Teil 01", why]
    assert f'title="{why}"' in html
    assert 'id="withheld"' in html
    legend = re.findall(r"<span>(nicht veröffentlicht[^<]*)</span>", html)
    assert legend == ["nicht veröffentlicht, um Betreiber zu schützen"]
    assert "mit Stand 30.06.2026" in html


def test_without_anything_withheld_nothing_is_said(city: Any, setting) -> None:
    html = choropleth.render(city.document, INDICATOR, city.ground, setting)
    assert "nicht veröffentlicht" not in html
    assert "Vertraulich" not in html


def test_the_report_says_it_in_print(city: Any, document, setting) -> None:
    html = report.render_report(document, city.histories, city.ground, setting)
    section = html[html.index(f'id="{INDICATOR}"') :]
    note = next(line for line in section.splitlines() if "Ein Strich steht" in line)
    assert "fast alles entfällt auf einen Betreiber" in note
    assert "dort werden weniger als drei gezählt" in note
    assert f'fill="{WITHHELD}"' in section


def test_only_confidential_documents_show_what_separates_operators(
    city: Any, document, setting
) -> None:
    document["confidential"] = True
    indicator = read_document(document).indicator(INDICATOR)
    assert "operator:secretcom" in {variant.code for variant in indicator.variants}
    html = report.render_report(document, city.histories, city.ground, setting)
    assert "Vertraulich: Diese Zahlen lassen einzelne Betreiber erkennen." in html


def test_layers_of_operators_stand_together(city: Any, document, setting) -> None:
    for entry in document["indicators"]:
        for layer in entry["layers"]:
            layer |= {"operator": None, "valid_from": None, "together": True}
    html = report.render_report(document, city.histories, city.ground, setting)
    assert "alle zusammen" in html
    assert "nordnetz" not in html
    html = gateway_map.render(document, city.gateways, city.ground, setting)
    assert "nur Standorte der Stadt und der Betreiber, die zugestimmt haben" in html


def test_every_reason_has_its_words() -> None:
    from typing import get_args

    from stadtnetz.coverage.disclosure import Reason

    assert set(REASONS) == set(get_args(Reason))
