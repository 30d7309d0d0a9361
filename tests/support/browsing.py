"""What a person does in a real browser: Chromium, driven by Selenium."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait
from signing_in import PASSWORD

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
MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None or DRIVER is None, reason="there is no Chromium with its driver here"
    ),
]


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

    def choose(self, kind: str) -> None:
        """Say what the file holds."""
        Select(self.find("#kind")).select_by_value(kind)

    def hand_in(self, path: Path, day: str) -> None:
        """Fill the form in, look at the columns, hand the file in and wait for its check."""
        self.choose("fibre_addresses")
        self.driver.execute_script(f"document.getElementById('valid_from').value = '{day}'")
        self.find("#file").send_keys(str(path))
        self.find("[data-send]").click()
        self.wait_for("Alle Pflichtspalten wurden erkannt.")
        self.follow("Abgeben")

    @property
    def focused(self) -> Any:
        return self.driver.switch_to.active_element

    def press(self, keys: str) -> None:
        """Press keys, wherever the focus is."""
        webdriver.ActionChains(self.driver).send_keys(keys).perform()

    def tab_to(self, css: str) -> Any:
        """Go on with the tabulator until an element is focused."""
        for _ in range(40):
            self.press(Keys.TAB)
            if self.driver.execute_script(
                "return document.activeElement.matches(arguments[0])", css
            ):
                return self.focused
        raise AssertionError(f"the tabulator never comes to {css}")

    def drop(self, path: Path, css: str) -> None:
        """Drag a file over an element and let it go there, as from the desktop."""
        box = self.find(css)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", box)
        place = self.driver.execute_script(
            "const b = arguments[0].getBoundingClientRect();"
            "return {x: b.x + b.width / 2, y: b.y + b.height / 2}",
            box,
        )
        data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            event = {"type": kind, **place, "data": data}
            self.driver.execute_cdp_cmd("Input.dispatchDragEvent", event)
