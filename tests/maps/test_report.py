"""The report and its charts."""

import re
from xml.etree import ElementTree as ET

import pytest

from stadtnetz.maps.charts import goal_chart
from stadtnetz.maps.document import read_document
from stadtnetz.maps.language import Language
from stadtnetz.maps.report import render_report

from .conftest import HISTORY

GERMAN = Language("de")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def page(pages):
    return pages["report"]


@pytest.fixture(scope="module")
def goal(city):
    return read_document(city.document).goals[2]


@pytest.fixture
def chart(goal):
    return ET.fromstring(goal_chart(goal, HISTORY, GERMAN))  # noqa: S314  (our own drawing)


def test_it_is_one_file(page):
    assert not re.search(r"<script|<img|<iframe|<link(?! rel=\"icon\" href=\"data:)", page)
    assert set(re.findall(r'(?:src|href)="((?!#|data:)[^"]+)"', page)) == set()
    assert "@media print" in page


def test_headline_and_goal_table(page):
    assert "<h1>Digitale Infrastruktur \u2013 Stand der Ziele</h1>" in page
    assert "Stand 22.11.2026 · nach Kenntnis vom 22.11.2026" in page
    assert "+4,0 / +5,7" in page
    assert "verfehlt" in page


def test_facts_of_a_goal(page):
    assert "55,0\u00a0% (50,0 bis 60,0\u00a0%), Vertrauensbereich 80\u00a0%" in page
    assert "Januar 2029 \u2013 Mai 2030" in page
    assert "80,0\u00a0%, angekündigte Ausbaupläne der Betreiber" in page
    assert "mäßiger Fortschritt; 65\u00a0% des nötigen Wachstums" in page


def test_variants_definitions_methods_and_layers(page):
    assert "Homes Connected oder weiter" in page
    assert "Definition of school_fibre_share." in page
    assert page.count("Methodenversion 1") == 5
    assert "Glasfaserausbau nach Gebieten" in page
    assert "0fa9c1d2e4b7" in page


def test_no_figure_of_an_operator(page):
    assert "secretcom" not in page


def test_districts_are_sorted_by_share(page):
    start = page.index("<caption>Stadtteile</caption>")
    names = re.findall(r'<th scope="row">([^<]+)</th>', page[start:])[:6]
    assert names[:3] == ["Teil 11", "Teil 10", "Teil 02"]
    assert names[-1] == "Teil 12"


def test_long_lists_come_in_two_parts(city, setting):
    import copy

    document = copy.deepcopy(city.document)
    rows = document["indicators"][0]["by_district"]
    rows += [dict(rows[-2], code=f"9{n}", name=f"Neu {n}") for n in range(20)]
    html = render_report(document, {}, city.ground, setting)
    assert html.count("<caption>Stadtteile (Fortsetzung)</caption>") == 1


def test_pictures_have_words(page):
    assert page.count('<use href="#d0"') == 5
    assert "<title>Teil 01: 24,7\u00a0%</title>" in page
    assert "Die Tabelle enthält dieselben Zahlen." in page


def test_chart_has_title_and_description(chart):
    title, words = chart.find(f"{SVG}title"), chart.find(f"{SVG}desc")
    assert chart.get("role") == "img"
    assert chart.get("aria-labelledby") == f"{title.get('id')} {words.get('id')}"
    assert title.text == "Ziel mobile_2025"
    assert "30.06.2021: 5,0\u00a0%; 30.06.2023: 20,0\u00a0%" in words.text
    assert "Ziel 50\u00a0% bis 31.12.2030." in words.text
    assert "Prognose zum Zieldatum: 55,0\u00a0%." in words.text


def test_chart_is_plain_svg(goal):
    svg = str(goal_chart(goal, HISTORY, GERMAN))
    assert "style=" not in svg
    assert "<style" not in svg
    assert "metadata" not in svg
    assert "<text" in svg


def test_references_inside_a_chart_are_kept(chart):
    ids = {each.get("id") for each in chart.iter() if each.get("id")}
    wanted = {
        name
        for each in chart.iter()
        for value in each.attrib.values()
        for name in re.findall(r"#([\w-]+)\)?", value)
        if not re.fullmatch(r"[0-9a-f]{6}", name)
    }
    assert wanted
    assert wanted <= ids
    assert all(name.startswith("chart-mobile_2025-") for name in ids)


def test_charts_are_the_same_each_time(goal):
    assert goal_chart(goal, HISTORY, GERMAN) == goal_chart(goal, HISTORY, GERMAN)


def test_chart_without_history(goal):
    assert "keine Daten" in goal_chart(goal, [], GERMAN)


def test_empty_report(bare_city, setting):
    html = render_report(bare_city.document, {}, bare_city.ground, setting)
    assert html.count("Noch keine Daten: Es fehlen Adressen;") >= 9
    assert "Es fehlen" in html
