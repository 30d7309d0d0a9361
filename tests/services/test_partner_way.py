"""A partner's whole way in a real browser, to the goal board: one server, one worker."""

import csv
import hashlib
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from broken_line import line_to
from browsing import MARKS, Browser
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from serving import serving
from signing_in import PASSWORD

from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data.workspace import Workspace
from stadtnetz.services.access.door import Door
from stadtnetz.services.access.settings import AccessSettings, OidcSettings
from stadtnetz.services.access.visitor import Role
from stadtnetz.services.assembly import Assembly

CRS = "EPSG:25832"
CORNER = (350_000.0, 5_680_000.0)
ADDRESS_COUNT, BEFORE_COUNT, AFTER_COUNT = 100, 20, 60
"""Addresses with ten households each; how many have an offer before and after the delivery."""

pytestmark = MARKS


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
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("way") / "city"
    found_city(folder)
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """The address of a server with its worker, as the command line starts them."""
    with serving(folder, STADTNETZ_MAX_OPEN_UPLOADS="3") as service:
        yield service.address


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
    difference = browser.wait(lambda: browser.text("#difference"))
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


# --- sending a file -------------------------------------------------------------------------------


def test_a_file_is_dropped_and_sent_by_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    header = "record_id;operator;address_id;technologie;download_mbit;upload_mbit;status"
    path = tmp_path / "Gezogen.csv"
    path.write_text(f"{header}\nR1;rheinfaser;A1;FTTH;1000;500;passed\n", encoding="utf-8")
    browser.sign_in("petra")
    browser.open("/deliveries/new")
    browser.drop(path, ".drop")
    browser.wait_for("Gewählt: Gezogen.csv (0,1 MB)")
    assert "over" not in browser.find(".drop").get_attribute("class")
    browser.tab_to("#kind")
    browser.press(browser.text("#kind option[value=fibre_addresses]"))  # as people do: by typing
    assert browser.find("#kind").get_attribute("value") == "fibre_addresses"
    browser.tab_to("[data-send]")
    browser.press(Keys.ENTER)
    browser.wait_for("Layer und Spalten")
    browser.tab_to("main form[method=post] button.button")
    browser.press(Keys.ENTER)
    browser.wait_for("Quittung")
    assert "Gezogen.csv" in browser.text("#receipt")


def test_a_broken_connection_is_waited_out(browser: Browser, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "Gross.csv"
    row = f"R1;rheinfaser;{'sehr ' * 400}lang\n"
    path.write_text("record_id;operator;bemerkung\n" + row * 4_000, encoding="utf-8")
    size = path.stat().st_size

    def arrived() -> int:
        return max((p.stat().st_size for p in (folder / "uploads").glob("*")), default=0)

    def progress() -> float:
        return float(browser.find("#progress").get_property("value"))

    with line_to(browser.address) as line:
        browser.address = line.address
        browser.sign_in("petra")
        browser.open("/deliveries/new")
        browser.choose("fibre_addresses")
        browser.find("#file").send_keys(str(path))
        line.pause_s = 0.02
        browser.find("[data-send]").click()
        browser.wait(lambda: arrived() > 0 and 0.1 < progress() < 0.95)
        assert "MB sind angekommen" in browser.text(".upload-said")
        assert browser.focused.get_attribute("data-cancel") is not None
        line.cut()
        browser.wait_for("Die Verbindung ist unterbrochen")
        cut = arrived()
        assert 0 < cut < size
        line.heal()
        seen: list[int] = []
        browser.wait(lambda: seen.append(arrived()) or "Layer und Spalten" in browser.text())
        assert min(seen) >= cut, "it went on where it had ended"
        browser.follow("Abgeben")
        browser.wait_for("Quittung")
        assert hashlib.sha256(path.read_bytes()).hexdigest() in browser.text("#receipt")


def test_what_the_service_refuses_is_said_in_words(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "zu viel.csv"
    path.write_text("record_id\n1\n", encoding="utf-8")
    browser.sign_in("petra")
    browser.open("/deliveries/new")
    begun = browser.driver.execute_async_script(
        """
        const [form, done] = [document.querySelector("[data-upload]"), arguments[0]];
        const headers = { "Tus-Resumable": "1.0.0", "Upload-Length": "5",
                          "X-CSRF-Token": form.elements.csrf_token.value };
        const begin = () => fetch(form.dataset.upload, { method: "POST", headers });
        Promise.all([begin(), begin(), begin()]).then((all) => done(all.map((a) => a.status)));
        """
    )
    assert set(begun) <= {201, 429}
    browser.choose("fibre_addresses")
    browser.find("#file").send_keys(str(path))
    browser.find("[data-send]").click()
    browser.wait_for("Es sind zu viele Uploads unterwegs")
    assert "bad" in browser.find(".upload-said").get_attribute("class")
    assert browser.find("[data-send]").is_displayed()
    assert browser.focused.get_attribute("data-send") is not None
