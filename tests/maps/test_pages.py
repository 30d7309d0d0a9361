"""What holds for every page: language, assets, escaping, sameness, order of ids."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from stadtnetz.maps import choropleth, prediction_map
from stadtnetz.maps.document import read_document
from stadtnetz.maps.language import Language
from stadtnetz.maps.page import map_ids, safe_json, security_policy
from stadtnetz.maps.prediction_panel import MOBILE
from stadtnetz.maps.setting import SERVED_BOARD, SERVED_MAP, Basemap, Setting
from stadtnetz.maps.words import BESIDE, THEMES

PAGES = [
    "fibre_offer_household_share",
    "mobile_5g_area_share",
    "board",
    "report",
    "fibre_offers",
    "fibre_gaps",
    "mobile_5g",
    "lorawan_gateways",
    "wlan_hotspots",
]
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Collects elements, attributes and text, and checks that what is opened is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip() and self.open and self.open[-1] not in {"script", "style"}:
            self.texts.append(data.strip())

    def values(self, name):
        return [attrs[name] for _, attrs in self.elements if attrs.get(name)]


@pytest.mark.parametrize("name", PAGES)
def test_language_title_and_viewport(pages, name):
    page = Page(pages[name])
    attributes = dict(page.elements)
    assert pages[name].startswith("<!doctype html>")
    assert attributes["html"]["lang"] == "de"
    assert "width=device-width" in pages[name]
    assert re.search("<title>.+ \u2013 Probe &amp; Stadt \u2013 Stadtnetz</title>", pages[name])


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_loaded_from_elsewhere(pages, name):
    page = Page(pages[name])
    for address in page.values("src") + page.values("href"):
        assert not re.match(r"(?:[a-z]+:)?//", address), address
    assert "@import" not in pages[name]
    assert not re.search(r"url\((?!#)", pages[name])


@pytest.mark.parametrize("name", PAGES)
def test_ids_are_unique_and_targets_exist(pages, name):
    page = Page(pages[name])
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    inner = {address[1:] for address in page.values("href") if address.startswith("#")}
    assert inner <= set(ids)
    labels = {each for value in page.values("aria-labelledby") for each in value.split()}
    assert labels <= set(ids)


@pytest.mark.parametrize("name", PAGES)
def test_no_style_attributes_and_no_inline_scripts(pages, name):
    """A content security policy without ``unsafe-inline`` allows neither."""
    page = Page(pages[name])
    assert page.values("style") == []
    for tag, attrs in page.elements:
        if tag == "script":
            assert attrs.get("src") or attrs.get("type") == "application/json"
        assert not any(key.startswith("on") for key in attrs)


@pytest.mark.parametrize("name", PAGES)
def test_names_from_files_are_text(pages, name):
    assert "<script>alert" not in pages[name]
    assert not any(tag == "script" and not attrs for tag, attrs in Page(pages[name]).elements)


def test_an_evil_name_is_still_shown(pages):
    assert "<script>alert('x')</script>" in Page(pages["fibre_offer_household_share"]).texts


def test_same_input_same_bytes(city, setting, pages):
    assert city.pages(setting) == pages


def test_german_first(pages):
    assert "34,2\u00a0%" in pages["board"]
    assert "116.622 von 341.000 Haushalten" in pages["board"]
    assert "31.12.2025" in pages["board"]
    assert "verfehlt" in pages["board"]


def test_english_second(city, english):
    pages = city.pages(english)
    assert 'lang="en"' in pages["board"]
    assert "34.2%" in pages["board"]
    assert "116,622 of 341,000 households" in pages["board"]
    assert "31 Dec 2025" in pages["report"]
    assert "missed" in pages["board"]


def test_before_the_first_layer_every_page_says_what_is_missing(bare_city, setting):
    pages = bare_city.pages(setting)
    for name, html in pages.items():
        Page(html)
        assert "Noch keine Daten" in html, name
        assert "0,0\u00a0%" not in html, name
    assert "Adressen" in pages["fibre_offers"]
    assert "Noch keine Karte" in pages["fibre_offers"]
    assert "leaflet-container" not in pages["fibre_offers"]


def test_the_navigation_reaches_every_map(pages, city):
    links = set(Page(pages["fibre_offers"]).values("href"))
    ids = map_ids(read_document(city.document))
    assert len(ids) == len(set(ids)) == 16
    assert {"index.html", "report.html"} <= links
    assert {f"{name}.html" for name in ids if name in THEMES or name.endswith("_share")} <= links
    for maps in BESIDE:
        beside = Page(pages[maps["declared"]]).values("href")
        assert {f"{map_id}.html" for map_id in maps.values()} <= set(beside)


def test_a_map_on_another_basis_stands_under_its_coverage(city):
    html = prediction_map.render(city.document, MOBILE, None, city.ground, Setting("Probe"))
    navigation = html[html.index('class="maps"') : html.index("</nav>", html.index('class="maps"'))]
    assert navigation.count("aria-current") == 1
    assert 'href="mobile_5g.html" aria-current="true"' in navigation


def test_indicators_with_goals_come_first(city):
    assert map_ids(read_document(city.document))[:4] == (
        "fibre_offer_household_share",
        "school_fibre_share",
        "mobile_5g_area_share",
        "iot_area_share",
    )


def test_links_of_a_server(city):
    setting = Setting("Probe", links=SERVED_MAP)
    html = choropleth.render(city.document, "iot_area_share", city.ground, setting)
    links = Page(html).values("href")
    assert {
        "../",
        "../report",
        "../docs",
        "../maps/mobile_5g",
        "../maps/assets/stadtnetz.css",
    } <= set(links)
    assert SERVED_BOARD.to_map("x") == "maps/x"


def test_data_cannot_end_its_script():
    assert safe_json({"name": "</script><!--&"}) == (
        '{"name":"\\u003c/script\\u003e\\u003c!--\\u0026"}'
    )


def test_numbers_that_json_lacks_are_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        safe_json(float("nan"))


def test_security_policy():
    plain = security_policy(Setting("Probe"))
    assert "unsafe" not in plain
    assert "script-src 'self';" in plain
    basemap = Basemap("https://{s}.tiles.example/{z}/{x}/{y}.png", "© Vermessungsamt")
    policy = security_policy(Setting("Probe", basemap=basemap, nonce="abc"))
    assert "img-src 'self' data: https://*.tiles.example" in policy
    assert "script-src 'self' 'nonce-abc'" in policy


def test_the_report_s_styles_are_let_in_by_their_hash(pages, setting):
    styles = re.search(r"<style>(.*?)</style>", pages["report"], re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(styles.encode()).digest()).decode()
    assert f"style-src 'self' 'sha256-{digest}'" in security_policy(setting)


def test_a_basemap_comes_only_by_setting(city, pages):
    basemap = Basemap("https://tiles.example/{z}/{x}/{y}.png", "© <b>Amt</b>")
    html = choropleth.render(
        city.document, "iot_area_share", city.ground, Setting("Probe", basemap=basemap)
    )
    assert "https://tiles.example" in html
    assert "<b>Amt" not in html
    assert '"basemap":null' in pages["iot_area_share"]


def test_a_nonce_stands_at_the_report_s_styles(city):
    setting = Setting("Probe", Language("de"), nonce="n0nce")
    assert '<style nonce="n0nce">' in city.pages(setting)["report"]
