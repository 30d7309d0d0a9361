"""The pages in a real browser."""

import json
import re
import shutil
import subprocess
from urllib.parse import unquote

import pytest

from stadtnetz.maps import assets
from stadtnetz.maps.language import Language
from stadtnetz.maps.prediction_map import render
from stadtnetz.maps.prediction_panel import MOBILE, Shown
from stadtnetz.maps.setting import Setting

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

    def show(name: str, html: str = "") -> str:
        (folder / f"{name}.html").write_text(html or pages[name], encoding="utf-8")
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


ANSWERS = (
    {
        "value": -112.5, "margin_db": -2.5, "covered": False, "class": {"from": -120, "to": -110},
        "models": {"p1812": -112.5, "tr38901": -104.0}, "in_reach_count": 3,
        "server": {"operator": "funk", "number": 7, "antenna": "<b>M-7</b>"},
    },
    {
        "value": -60.0, "margin_db": 50.0, "covered": True, "class": {"from": -80, "to": None},
        "models": {"p1812": -60.0}, "in_reach_count": None, "server": None,
    },
    {
        "value": None, "margin_db": None, "covered": False, "class": None,
        "models": {"p1812": None}, "in_reach_count": None, "server": None,
    },
)  # fmt: skip
EXPECTED = [
    [
        "5G im Freien, vorhergesagt: -112,5 dBm", "2,5 dB unter der Schwelle: nicht versorgt",
        "Klasse", "von -120 bis -110 dBm", "P.1812", "-112,5 dBm", "TR 38.901", "-104,0 dBm",
        "Antennen in Reichweite", "3", "Beste Antenne", "<b>M-7</b> (funk)",
    ],
    [
        "5G im Freien, vorhergesagt: -60,0 dBm", "50,0 dB über der Schwelle: versorgt",
        "Klasse", "ab -80 dBm",
    ],
    [
        "5G im Freien, vorhergesagt",
        "keine Angabe: außerhalb der Stadt oder zu weit von jedem Standort",
    ],
]  # fmt: skip
CLICKS = """
<script>
(async function () {
  const map = window[document.querySelector(".map").id];
  const told = { asked: [], said: [] };
  for (const answer of ANSWERS) {
    window.fetch = function (url) {
      told.asked.push(url);
      return Promise.resolve({ ok: true, json: () => Promise.resolve(answer) });
    };
    map.closePopup();
    map.fire("click", { latlng: L.latLng(51.25, 6.75) });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const popup = Array.from(document.querySelectorAll(".map-words")).pop();
    told.said.push(Array.from(popup.querySelectorAll(":scope > strong, :scope > div, th, td"))
      .map((part) => part.textContent));
  }
  document.body.dataset.told = encodeURIComponent(JSON.stringify(told));
})();
</script></body>"""


def test_a_click_tells_what_is_predicted_there(dom, city):
    """The answers are ours; that the interface gives such ones is tested there."""
    views = {"p1812": "../t/{z}/{x}/{y}.png", "tr38901": "../t/{z}/{x}/{y}.png?model=t"}
    rows = [{"model": "p1812", "threshold": -110.0, "reliability_percent": 50.0, "share": 0.9}]
    shown = Shown(views, -110.0, False, "dBm", 50.0, rows, place="../at?as_of=2026-01-01")
    page = render(city.document, MOBILE, shown, city.ground, Setting("Probe", Language("de")))
    html = dom("click", page.replace("</body>", CLICKS.replace("ANSWERS", json.dumps(ANSWERS))))
    found = re.search(r'data-told="([^"]*)"', html)
    assert found
    told = json.loads(unquote(found[1]).replace("\u00a0", " "))
    assert told["asked"] == ["../at?as_of=2026-01-01&lon=6.750000&lat=51.250000"] * 3
    assert told["said"] == EXPECTED
