"""The goal board."""

import copy
import re

import pytest

from stadtnetz.maps import board
from stadtnetz.maps.document import read_document
from stadtnetz.maps.language import Language
from stadtnetz.maps.setting import SERVED_BOARD, Setting
from stadtnetz.maps.sparkline import HEIGHT, sparkline

from .conftest import HISTORY


@pytest.fixture
def page(pages):
    return pages["board"]


def test_goals_stand_by_action_plan(page):
    headings = re.findall(r"<h2>([^<]+)</h2>", page)
    assert headings == [
        "Aktionsplan Glasfaser",
        "Aktionsplan Mobilfunk",
        "Weitere Ziele",
        "Weitere Kennzahlen",
    ]
    assert "Zieldimensionen: proaktiv" in page


def test_every_goal_and_other_indicator_has_a_card(page):
    titles = re.findall(r'<h3><a href="([^"]+)">([^<]+)</a>', page)
    assert ("fibre_offer_household_share.html", "Ziel fibre_2025") in titles
    assert ("wlan_public_place_share.html", "Öffentliche Orte mit öffentlichem WLAN") in titles
    assert len(titles) == 5


def test_standing_is_icon_and_word(page):
    pattern = r'<span class="badge badge-(\w+)"><svg.*?</svg>([^<]+)</span>'
    badges = re.findall(pattern, page, re.DOTALL)
    assert {"missed", "met", "behind", "on_track"} == {name for name, _ in badges}
    assert ("behind", "im Rückstand") in badges


def test_summary_counts_standings(city):
    assert board.summary(read_document(city.document)) == (
        ("met", 1),
        ("missed", 1),
        ("on_track", 1),
        ("behind", 1),
    )


def test_outlooks(page):
    assert "Am Zieldatum: 28,5\u00a0%" in page
    assert "Erreicht am 30.06.2025" in page
    assert "Prognose zum Zieldatum: 55,0\u00a0% (50,0 bis 60,0\u00a0%)" in page
    assert "Erwartet nach dem Trend: November 2029" in page
    assert "Erwartet nach den Ausbauplänen: nicht absehbar" in page


def test_reached_late(city, setting):
    document = copy.deepcopy(city.document)
    document["goals"][1]["late"] = True
    assert "Verspätet erreicht am 30.06.2025" in board.render(document, {}, setting)


def test_bars_and_sparklines_have_words(page):
    labels = re.findall(r'role="img" aria-label="([^"]+)"', page)
    assert "34,2\u00a0% \u2013 Ziel 50\u00a0% bis 31.12.2025" in labels
    assert "Verlauf: von 5,0\u00a0% am 30.06.2021 auf 34,2\u00a0% am 30.06.2026" in labels


def test_links_of_a_server(city):
    html = board.render(city.document, {}, Setting("Probe", links=SERVED_BOARD))
    assert 'href="maps/iot_area_share"' in html
    assert 'href="docs"' in html
    assert 'href="maps/assets/stadtnetz.css"' in html


def test_empty_board_names_the_missing_layers_once(bare_city, setting):
    html = board.render(bare_city.document, {}, setting)
    assert "Noch keine Daten. Es fehlen diese Layer:" in html
    assert html.count("<li>Adressen</li>") == 1
    assert "<li>Glasfaserausbau nach Adressen oder Glasfaserausbau nach Gebieten</li>" in html
    assert "keine Daten" in html


def test_without_goals(setting):
    html = board.render({"as_of": "2026-11-22", "indicators": []}, {}, setting)
    assert "<h1>Ziele</h1>" in html


def test_sparkline_rises_to_its_newest_figure():
    line = sparkline(HISTORY, 0.5, Language("de"))
    assert line is not None
    spots = [tuple(map(float, spot.split(","))) for spot in line.points.split()]
    assert len(spots) == 3
    assert [y for _, y in spots] == sorted((y for _, y in spots), reverse=True)
    assert 0 <= line.target < line.last[1] < HEIGHT


def test_no_sparkline_for_a_single_figure():
    assert sparkline(HISTORY[:1], 0.5, Language("de")) is None
    assert sparkline([(HISTORY[0][0], None), HISTORY[1]], None, Language("de")) is None
