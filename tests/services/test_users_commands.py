"""Commands about accounts and tokens."""

import io
import json
import os
import pty
import select
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from stadtnetz.data.workspace import Workspace
from stadtnetz.services.access.door import Door
from stadtnetz.services.assembly import Assembly
from stadtnetz.services.cli import main

PROGRAM = [sys.executable, "-c", "from stadtnetz.services.cli import main; main()"]
PASSWORD = "eine lange Kette"


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return Workspace.create(tmp_path / "town", "Kleinstadt").folder


@dataclass(frozen=True)
class Done:
    stdout: str
    stderr: str


@pytest.fixture
def run(
    town: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Done]:
    """Run the program in this process, which is much faster than to start it."""

    def run(*arguments: str, typed: str = "", code: int = 0) -> Done:
        monkeypatch.setattr(sys, "argv", ["stadtnetz", *arguments, "-w", str(town)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        done = Done(*capsys.readouterr())
        assert (ended.value.code or 0) == code, done
        return done

    return run


@pytest.fixture
def add(run: Callable[..., Done]) -> Callable[..., str]:
    def add(name: str = "paula", *more: str, code: int = 0) -> str:
        role = more or ("--role", "partner", "--operator", "rheinfaser")
        said = ("user", "add", name, *role, "--password-stdin")
        done = run(*said, typed=f"{PASSWORD}\n", code=code)
        return done.stdout + done.stderr

    return add


def door(town: Path) -> Door:
    return Door.open(Assembly.open(town).store.database)


def test_way_of_an_account(town: Path, run: Callable[..., Done], add: Callable[..., str]) -> None:
    assert "Added: paula, partner of rheinfaser" in add()
    assert door(town).accounts.with_password("paula", PASSWORD) is not None
    listed = json.loads(run("user", "list", "--json").stdout)
    assert [(a["name"], a["role"], a["operator"]) for a in listed] == [
        ("paula", "partner", "rheinfaser")
    ]
    assert "argon2" not in json.dumps(listed)
    run("user", "password", "paula", "--password-stdin", typed="eine andere Kette\n")
    assert door(town).accounts.with_password("paula", "eine andere Kette") is not None
    run("user", "disable", "paula")
    table = run("user", "list").stdout
    assert "disabled" in table
    assert door(town).accounts.with_password("paula", "eine andere Kette") is None
    run("user", "enable", "paula")
    assert door(town).accounts.with_password("paula", "eine andere Kette") is not None


def test_way_of_a_token(town: Path, run: Callable[..., Done], add: Callable[..., str]) -> None:
    add()
    made = run(
        "token", "add", "paula", "--name", "nightly", "--scope", "figures:read",
        "--scope", "deliveries:write", "--days", "7",
    )  # fmt: skip
    text = made.stdout.splitlines()[-1]
    found = door(town).tokens.recognise(text)
    assert found is not None
    assert found.scopes == {"figures:read", "deliveries:write"}
    listed = run("token", "list", "paula", "--json").stdout
    assert text not in listed
    token_id = json.loads(listed)[0]["id"]
    assert "active" in run("token", "list").stdout
    run("token", "revoke", token_id)
    assert door(town).tokens.recognise(text) is None
    assert "revoked" in run("token", "list").stdout


def test_wrong_use_is_said_and_exits_with_2(
    run: Callable[..., Done], add: Callable[..., str]
) -> None:
    assert "'nobody'" in run("user", "disable", "nobody", code=2).stderr
    assert "'nobody'" in run("user", "password", "nobody", code=2).stderr
    assert "'nobody'" in run("token", "list", "nobody", code=2).stderr
    assert "no token" in run("token", "revoke", "0" * 32, code=2).stderr
    assert "--operator" in add("p", "--role", "partner", code=2)
    assert "king" in add("p", "--role", "king", code=2)
    assert "no account" in add("p", "--role", "public", code=2)
    without = run("user", "add", "p", "--role", "coordinator", code=2)
    assert "--password-stdin" in without.stderr
    short = run(
        "user", "add", "p", "--role", "coordinator", "--password-stdin", typed="kurz\n", code=2
    )
    assert "needs 12" in short.stderr
    add()
    assert "already" in add(code=2)
    unknown = run("token", "add", "paula", "--name", "x", "--scope", "all", code=2)
    assert "figures:read" in unknown.stderr
    assert len(json.loads(run("user", "list", "--json").stdout)) == 1


def test_password_is_asked_for_twice_and_not_shown(town: Path) -> None:
    terminal, inside = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, "user", "add", "karl", "--role", "coordinator", "-w", town],
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
    )
    os.close(inside)
    shown = b""
    for _ in range(2):
        shown += read_until(terminal, b": ")
        os.write(terminal, PASSWORD.encode() + b"\n")
    shown += read_until(terminal, b"Added")
    assert process.wait(timeout=20) == 0
    os.close(terminal)
    assert PASSWORD.encode() not in shown
    assert door(town).accounts.with_password("karl", PASSWORD) is not None


def read_until(terminal: int, end: bytes) -> bytes:
    shown = b""
    while end not in shown:
        ready, _, _ = select.select([terminal], [], [], 20)
        assert ready, shown
        shown += os.read(terminal, 1000)
    return shown
