"""A real identity provider (npm's oidc-provider), and a browser that signs in with it.

It is installed once into a cache folder outside of the repository, and runs as long as the tests of
one module; whoever has no Node.js, or cannot install it, skips what needs it.
"""

import hashlib
import html
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
import pytest

CLIENT = "stadtnetz"
SECRET = "only in tests"
_FOLDER = Path(__file__).with_name("oidc")
_INSTALL_S = 300
_FORM = re.compile(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
_INPUT = re.compile(r"<input[^>]*>")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')

Start = Callable[..., str]


@pytest.fixture(scope="session")
def provider_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The provider's program, installed."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("Node.js with npm is not installed (Debian: apt install nodejs npm)")
    wanted = hashlib.sha256((_FOLDER / "package.json").read_bytes()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "stadtnetz-tests" / f"oidc-{wanted}"
    if not (folder / "node_modules" / "oidc-provider").is_dir():
        _install(folder, tmp_path_factory.mktemp("oidc"))
    shutil.copyfile(_FOLDER / "provider.mjs", folder / "provider.mjs")
    return folder / "provider.mjs"


def _install(folder: Path, fresh: Path) -> None:
    """Install beside and move it there at once, so that it is complete or absent."""
    shutil.copyfile(_FOLDER / "package.json", fresh / "package.json")
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=dev"]
    done = subprocess.run(
        command, cwd=fresh, capture_output=True, text=True, timeout=_INSTALL_S, check=False
    )
    if done.returncode:
        pytest.skip(f"npm cannot install the identity provider: {done.stderr[-300:]}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.move(fresh, folder)
    except OSError:
        assert (folder / "node_modules").is_dir()  # somebody else was faster


@pytest.fixture(scope="module")
def start_provider(provider_program: Path) -> Iterator[Start]:
    """Starts providers; each returns the address of its discovery document."""
    running: list[subprocess.Popen[str]] = []

    def start(people: dict[str, Any], redirect_uris: list[str], **client: Any) -> str:
        said = {
            "client_id": CLIENT,
            "client_secret": SECRET,
            "redirect_uris": redirect_uris,
            "response_types": ["code"],
            "grant_types": ["authorization_code"],
        } | client
        said = {name: value for name, value in said.items() if value is not None}
        command = ["node", str(provider_program), json.dumps({"client": said, "people": people})]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        running.append(process)
        assert process.stdout
        for line in process.stdout:
            if found := re.search(r"listening on (\d+)", line):
                return f"http://127.0.0.1:{found[1]}/.well-known/openid-configuration"
        raise AssertionError("the identity provider did not start")

    yield start
    for process in running:
        process.terminate()
        process.wait(timeout=10)
        if process.stdout:
            process.stdout.close()


def log_in(address: str, login: str, stop_at: str) -> str:
    """Log in at the provider by its own pages; return the address it leads back to.

    Parameters
    ----------
    address : str
        Where the service has sent the browser.
    login : str
        Who logs in.
    stop_at : str
        Path of the service to which the provider leads back; it is not followed.
    """
    with httpx2.Client(follow_redirects=False, timeout=20) as browser:
        answer = browser.get(address)
        for _ in range(20):
            if answer.is_redirect:
                target = urljoin(str(answer.url), answer.headers["location"])
                if urlsplit(target).path == stop_at:
                    return target
                answer = browser.get(target)
                continue
            answer = _send_form(browser, answer, login)
    raise AssertionError("the provider leads nowhere")


def _send_form(browser: httpx2.Client, page: httpx2.Response, login: str) -> httpx2.Response:
    found = _FORM.search(page.text)
    assert found, page.text
    fields = {}
    for tag in _INPUT.findall(found[2]):
        attributes = dict(_ATTRIBUTE.findall(tag))
        if "name" in attributes:
            fields[attributes["name"]] = html.unescape(attributes.get("value", ""))
    if "login" in fields:
        fields |= {"login": login, "password": "any"}
    return browser.post(urljoin(str(page.url), html.unescape(found[1])), data=fields)
