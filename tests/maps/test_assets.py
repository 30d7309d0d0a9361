"""The files that pages load."""

import re

import pytest

from stadtnetz.maps import assets


def test_every_page_finds_its_assets(pages):
    wanted = {
        name
        for html in pages.values()
        for name in re.findall(r'(?:src|href)="assets/([^"]+)"', html)
    }
    assert {assets.find(name).name for name in wanted} == wanted
    assert "leaflet/leaflet.js" in wanted


@pytest.mark.parametrize("name", ["../page.py", "leaflet/../../page.py", "/etc/passwd", "", "x"])
def test_only_assets_are_found(name):
    with pytest.raises(assets.UnknownAssetError):
        assets.find(name)


def test_write(tmp_path):
    written = assets.write(tmp_path / "assets")
    assert (tmp_path / "assets" / "leaflet" / "leaflet.css").read_bytes()
    assert len(written) == len(assets.assets())


def test_announced_types():
    assert assets.find("map.js").media_type.startswith("text/javascript")
    assert assets.find("stadtnetz.css").media_type.startswith("text/css")
    assert assets.find("icon.svg").media_type == "image/svg+xml"
    assert len(assets.find("map.js").digest) == 64


@pytest.mark.parametrize("name", ["map.js", "cells.js", "table.js", "stadtnetz.css", "report.css"])
def test_our_own_assets_ask_nobody(name):
    text = assets.find(name).content.decode()
    addresses = set(re.findall(r"https?://[^\s\"']+", text)) - {"http://www.w3.org/2000/svg"}
    assert addresses == set()
    assert "@import" not in text


@pytest.mark.parametrize("name", ["map.js", "cells.js", "table.js"])
def test_our_scripts_never_read_text_as_html(name):
    text = assets.find(name).content.decode()
    assert not re.search(r"innerHTML\s*=|insertAdjacentHTML|document\.write|eval\(", text)
