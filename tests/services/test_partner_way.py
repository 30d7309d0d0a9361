"""A partner's whole way in a real browser, to the goal board: one server, one worker."""

import csv
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait
from signing_in import PASSWORD

from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data.workspace import Workspace
from stadtnetz.services.access.door import Door
from stadtnetz.services.access.settings import AccessSettings, OidcSettings
from stadtnetz.services.access.visitor import Role
from stadtnetz.services.assembly import Assembly

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1000",
)
CRS = "EPSG:25832"
CORNER = (350_000.0, 5_680_000.0)
ADDRESS_COUNT, BEFORE_COUNT, AFTER_COUNT = 100, 20, 60
"""Addresses with ten households each; how many have an offer before and after the delivery."""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None or DRIVER is None, reason="there is no Chromium with its driver here"
    ),
]


def place(number: int) -> tuple[float, float]:
    """Where house `number` stands: ten in a row, 90 m apart."""
    return CORNER[0] + 50.0 + 90.0 * (number % 10), CORNER[1] + 50.0 + 90.0 * (number // 10)


def found_city(folder: Path) -> None:
    """One quarter with its addresses, the operator's layer of last year, and two accounts."""
    assembly = Assembly.open(Workspace.create(folder, "Kleinstadt").folder)
    square = shapely.box(*CORNER, CORNER[0] + 1000.0, CORNER[1] + 1000.0)
    quarter = gpd.GeoDataFrame(
        {"code": ["11"], "name": ["Mitte"], "level": ["stadtteil"], "parent": [None]},
        geometry=[square],
        crs=CRS,
    )
    store = assembly.store
    store.import_city_layer(Layer("districts", quarter, Provenance("test")), {}, who="city")
    numbers = range(ADDRESS_COUNT)
    register = gpd.GeoDataFrame(
        {
            "id": [f"A{n}" for n in numbers],
            "street": "Hauptstraße",
            "house_number": [str(n + 1) for n in numbers],
            "suffix": None,
            "postcode": "12345",
            "households": 10,
        },
        geometry=[shapely.Point(place(n)) for n in numbers],
        crs=CRS,
    )
    store.import_city_layer(Layer("addresses", register, Provenance("test")), {}, who="city")
    rollout = gpd.GeoDataFrame(
        pd.DataFrame(
            {
                "record_id": [f"R{n}" for n in range(BEFORE_COUNT)],
                "operator": "rheinfaser",
                "address_id": [f"A{n}" for n in range(BEFORE_COUNT)],
                "street": "Hauptstraße",
                "house_number": [str(n + 1) for n in range(BEFORE_COUNT)],
                "technology": "FTTH",
                "download_mbit": 1000,
                "upload_mbit": 500,
                "status": "passed",
                "offer_available": True,
            }
        ),
        geometry=[shapely.Point(place(n)) for n in range(BEFORE_COUNT)],
        crs=CRS,
    )
    last_year = Provenance("test", "rheinfaser", date(2025, 6, 30))
    staged = store.stage(Layer("fibre_addresses", rollout, last_year), {"accepted": True}, who="t")
    store.publish(staged.id, "t")
    door = Door.open(store.database, AccessSettings(), OidcSettings())
    door.accounts.add("petra", Role.PARTNER, "rheinfaser", PASSWORD, "tests")
    door.accounts.add("karl", Role.COORDINATOR, None, PASSWORD, "tests")
    store.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with its worker, as the command line starts them."""
    folder = tmp_path_factory.mktemp("way") / "city"
    found_city(folder)
    code = "from stadtnetz.services.cli import main; main()"
    command = [sys.executable, "-c", code, "serve", "-w", str(folder), "--port", "0"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "COLUMNS": "200"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        ready = re.search(r"http://\S+", server.stdout.readline())
        assert ready, "the server did not start"
        yield ready[0]
        server.terminate()
        server.wait(timeout=20)


class Browser:
    """What a person does in a browser."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address
        self.downloads = folder / "downloads"
        self.downloads.mkdir()
        options = webdriver.ChromeOptions()
        options.binary_location = str(CHROMIUM)
        for flag in (*FLAGS, f"--user-data-dir={folder / 'profile'}"):
            options.add_argument(flag)
        options.add_experimental_option(
            "prefs", {"download.default_directory": str(self.downloads)}
        )
        service = webdriver.ChromeService(executable_path=str(DRIVER))
        self.driver = webdriver.Chrome(options=options, service=service)

    def open(self, path: str) -> None:
        self.driver.get(self.address + path)

    def find(self, css: str) -> Any:
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def text(self, css: str = "main") -> str:
        return str(self.find(css).text)

    def wait(self, condition: Any, seconds: float = 45.0) -> Any:
        return WebDriverWait(self.driver, seconds, 0.1, [Exception]).until(lambda _: condition())

    def wait_for(self, words: str) -> None:
        self.wait(lambda: words in self.text())

    def follow(self, words: str) -> None:
        """Click a link or button with these words, and wait for the next page."""
        page = self.find("html").id
        pattern = f"//main//*[self::a or self::button][normalize-space()='{words}']"
        self.driver.find_element(By.XPATH, pattern).click()
        self.wait(lambda: self.find("html").id != page and self.is_complete)

    @property
    def is_complete(self) -> bool:
        return bool(self.driver.execute_script("return document.readyState") == "complete")

    def unfold(self, words: str) -> Any:
        """Open what is folded under these words; return it."""
        pattern = f"//details[summary[normalize-space()='{words}']]"
        found = self.driver.find_element(By.XPATH, pattern)
        found.find_element(By.TAG_NAME, "summary").click()
        return found

    def sign_in(self, name: str) -> None:
        self.open("/sign-in?next=/deliveries")
        self.find("#name").send_keys(name)
        self.find("#password").send_keys(PASSWORD)
        self.follow("Anmelden")

    def sign_out(self) -> None:
        self.open("/account")
        self.follow("Abmelden")

    def downloaded(self, name: str) -> str:
        path = self.downloads / name
        self.wait(path.exists)
        return path.read_text(encoding="utf-8-sig")

    def hand_in(self, path: Path, day: str) -> None:
        """Fill the form in, look at the columns, hand the file in and wait for its check."""
        kind = Select(self.find("#kind"))
        kind.select_by_value("fibre_addresses")
        self.driver.execute_script(f"document.getElementById('valid_from').value = '{day}'")
        self.find("#file").send_keys(str(path))
        self.find("[data-send]").click()
        self.wait_for("Alle Pflichtspalten wurden erkannt.")
        self.follow("Abgeben")


@pytest.fixture
def browser(address: str, tmp_path: Path) -> Iterator[Browser]:
    browser = Browser(address, tmp_path)
    yield browser
    browser.driver.quit()


def fill_in(template: str, count: int, **wrong: str) -> str:
    """Replace the example row of a template; of every tenth row some values are `wrong`."""
    header, example = list(csv.reader(io.StringIO(template), delimiter=";"))[:2]
    row = dict(zip(header, example, strict=True))
    text = io.StringIO()
    writer = csv.DictWriter(text, header, delimiter=";", lineterminator="\n")
    writer.writeheader()
    for number in range(count):
        x, y = place(number)
        own = row | {
            "record_id": f"R{number}",
            "operator": "rheinfaser",
            "address_id": "",
            "strasse": "Hauptstraße",
            "hnr": str(number + 1),
            "hnr_z": "",
            "plz": "12345",
            "ort": "Kleinstadt",
            "ostwert": f"{x:.1f}",
            "nordwert": f"{y:.1f}",
            "status": "passed",
        }
        writer.writerow(own | (wrong if number % 10 == 0 else {}))
    return text.getvalue()


def figure(browser: Browser) -> str:
    """The share of households with a fibre offer on the goal board."""
    browser.open("/")
    cards = browser.driver.find_elements(By.CSS_SELECTOR, ".card")
    card = next(each for each in cards if "Glasfaserangebot" in each.text)
    return str(card.find_element(By.TAG_NAME, "strong").text).replace("\u00a0", " ")


def test_the_whole_way(browser: Browser, tmp_path: Path) -> None:
    browser.sign_in("petra")
    browser.follow("Neue Lieferung")

    template = "a[href$='fibre_addresses/template.csv']"
    browser.find(template).click()
    text = browser.downloaded("fibre_addresses.csv")
    faulty, fixed = tmp_path / "Ausbau.csv", tmp_path / "Ausbau korrigiert.csv"
    faulty.write_text(fill_in(text, AFTER_COUNT, status="fast fertig"), encoding="utf-8")
    fixed.write_text(fill_in(text, AFTER_COUNT), encoding="utf-8")

    # with errors: rejected, and the report says what is wrong
    browser.hand_in(faulty, "2026-06-30")
    browser.wait_for("Korrigierte Datei abgeben")
    report = browser.text("#report")
    assert "6\nFehler" in report
    assert "fast fertig" in report
    assert "6 Mal" in report

    # corrected: staged, with the difference to the version of last year
    browser.follow("Korrigierte Datei abgeben")
    browser.hand_in(fixed, "2026-06-30")
    browser.wait_for("Über sie entscheidet die Koordination der Stadt.")
    difference = browser.text("#difference")
    assert f"+{AFTER_COUNT - BEFORE_COUNT}\nhinzugekommen" in difference
    assert "weggefallen" not in difference
    assert len(browser.driver.find_elements(By.CSS_SELECTOR, ".map-symbol")) > 0
    assert "Wirkung auf die Ziele" not in browser.text()  # that is for the city to know
    browser.sign_out()

    # the coordinator finds it on top, sees what it would change, and publishes it
    browser.sign_in("karl")
    assert "Ausbau korrigiert.csv" in browser.text(".waiting")
    assert figure(browser) == "20,0 %"
    browser.open("/deliveries")
    browser.find(".waiting a").click()
    browser.wait_for("Wirkung auf die Ziele, wenn sie veröffentlicht wird")
    effect = browser.text("#effect").replace("\u00a0", " ")
    assert "20,0 % 60,0 % +40,00" in effect
    action = browser.unfold("Veröffentlichen")
    action.find_element(By.CSS_SELECTOR, "input[type=checkbox]").click()
    action.find_element(By.CSS_SELECTOR, "button").click()

    # when the figures are there, the page leads to the goals
    browser.wait(lambda: browser.driver.current_url.rstrip("/") == browser.address)
    assert figure(browser) == "60,0 %"
