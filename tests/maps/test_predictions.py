"""The page on which coordinators have coverage predicted."""

from __future__ import annotations

import re

import pytest

from stadtnetz.maps.language import Language
from stadtnetz.maps.predictions import FAULTS, Asked, Listing, Row, render
from stadtnetz.maps.setting import Setting, served

TERRAIN = {"kind": "terrain", "operator": None, "made_of": "0123456789abcdef", "now": "f"}
ROWS = (
    Row("5G", "funk", "v" * 64, "2026-06-30", "p1812", 10.0),
    Row("LoRaWAN", "stadt", "w" * 64, "2026-06-30", "p1812", 12.5, (TERRAIN,)),
    Row("WLAN", "stadt"),
)
SETTING = Setting("Probe", Language("de"), served(0), reviews=True, signed_in="karla")


def page(listing: Listing, **options: object) -> str:
    given = {"form_token": "token", "fields": {}} | options
    return render(listing, SETTING, **given)  # type: ignore[arg-type]


def listing(**changes: object) -> Listing:
    given = {"rows": ROWS, "operators": ("funk", "stadt"), "technologies": ("5G", "LoRaWAN")}
    return Listing(**(given | changes))  # type: ignore[arg-type]


def test_each_prediction_says_whether_it_is_up_to_date() -> None:
    html = page(listing())
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", html, re.DOTALL)
    assert "maps/mobile_5g_predicted" in rows[0]
    assert "aktuell" in rows[0]
    assert "30.06.2026" in rows[0]
    assert "veraltet" in rows[1]
    assert "Geländemodell (berechnet aus Version 0123456789)" in rows[1]
    assert "12,5 m" in rows[1]
    assert "noch nicht vorhergesagt" in rows[2]
    assert 'name="csrf_token" value="token"' in html
    assert "follow.js" not in html


def test_what_is_under_way_is_followed() -> None:
    said = {"wish": {"technology": "5G", "operator": "<funk>"}}
    html = page(
        listing(jobs=(Asked("ab", "predicting", 0.25, said), Asked("cd", "waiting", 0, {})))
    )
    assert 'data-job="v1/jobs/ab"' in html
    assert "Vorhersage: 5G, &lt;funk&gt;" in html
    assert "Vorhersage: alles, wofür es Standorte gibt" in html
    assert 'value="0.25"' in html
    assert "die Versorgung wird berechnet" in html
    assert "follow.js" in html


@pytest.mark.parametrize("code", FAULTS)
def test_faults_are_told_in_the_language_of_the_page(code: str) -> None:
    html = page(listing(), fault=code, fields={"pixel_m": "<1>", "technology": "LoRaWAN"})
    assert Language("de")(FAULTS[code]) in html.replace("&#39;", "'")
    assert 'value="&lt;1&gt;"' in html
    assert "<option selected>LoRaWAN</option>" in html
    assert " checked>" not in html


def test_a_fault_that_has_no_words_of_its_own() -> None:
    assert "Das lässt sich nicht vorhersagen." in page(listing(), fault="wrong_load_share")


def test_why_the_last_one_failed() -> None:
    ended = page(listing(problem={"code": "prediction_ended", "detail": "by signal 9"}))
    assert "Die letzte Vorhersage ist gescheitert: Sie hat mehr Speicher oder Zeit" in ended
    other = page(listing(problem={"code": "cannot_predict", "detail": "<odd>"}))
    assert "gescheitert: &lt;odd&gt;" in other


def test_without_sites_it_says_what_is_missing() -> None:
    assert "Es gibt noch keine Standorte." in page(listing(rows=()))
