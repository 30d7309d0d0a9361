"""The pages in a real browser."""

import re
import shutil
import subprocess

import pytest

from stadtnetz.maps import assets

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--window-size=1400,1000",
    "--virtual-time-budget=4000",
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def dom(pages, tmp_path_factory):
    """Return a function that shows a page and gives back what the scripts made of it."""
    folder = tmp_path_factory.mktemp("site")
    assets.write(folder / "assets")

    def show(name: str) -> str:
        (folder / f"{name}.html").write_text(pages[name], encoding="utf-8")
        profile = folder / "profile"
        done = subprocess.run(
            [
                CHROMIUM,
                *FLAGS,
                f"--user-data-dir={profile}",
                "--dump-dom",
                (folder / f"{name}.html").as_uri(),
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return done.stdout

    return show


def test_choropleth_is_drawn(dom):
    html = dom("fibre_offer_household_share")
    assert html.count("leaflet-interactive") >= 6
    assert html.count('type="radio"') == 2
    assert 'fill="url(#hatch)"' in html
    assert re.search(r'data-place="stadtteil:001"><button class="link" type="button"', html)
    assert re.search(r'<section class="figures" data-view="stadtbezirk" hidden', html)


def test_cells_are_drawn_on_canvas(dom):
    assert "<canvas" in dom("fibre_offers")


def test_an_evil_name_stays_text(dom):
    html = dom("lorawan_gateways")
    assert "&lt;script&gt;alert" in html
    assert "<script>alert" not in html
