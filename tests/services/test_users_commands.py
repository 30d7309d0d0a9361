"""Commands about accounts and tokens."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from stadtnetz.data.workspace import Workspace
from stadtnetz.services.access.door import Door
from stadtnetz.services.assembly import Assembly

PROGRAM = [sys.executable, "-c", "from stadtnetz.services.cli import main; main()"]
PASSWORD = "eine lange Kette"


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return Workspace.create(tmp_path / "town", "Kleinstadt").folder


def run(
    town: Path, *arguments: object, typed: str = "", code: int = 0
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*PROGRAM, *map(str, arguments), "-w", town],
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def add(town: Path, name: str = "paula", *more: object, code: int = 0) -> str:
    role = more or ("--role", "partner", "--operator", "rheinfaser")
    done = run(
        town, "user", "add", name, *role, "--password-stdin", typed=f"{PASSWORD}\n", code=code
    )
    return done.stdout + done.stderr


def door(town: Path) -> Door:
    return Door.open(Assembly.open(town).store.database)


def test_way_of_an_account(town: Path) -> None:
    assert "Added: paula, partner of rheinfaser" in add(town)
    assert door(town).accounts.with_password("paula", PASSWORD) is not None
    listed = json.loads(run(town, "user", "list", "--json").stdout)
    assert [(a["name"], a["role"], a["operator"]) for a in listed] == [
        ("paula", "partner", "rheinfaser")
    ]
    assert "argon2" not in json.dumps(listed)
    run(town, "user", "password", "paula", "--password-stdin", typed="eine andere Kette\n")
    assert door(town).accounts.with_password("paula", "eine andere Kette") is not None
    run(town, "user", "disable", "paula")
    table = run(town, "user", "list").stdout
    assert "disabled" in table
    assert door(town).accounts.with_password("paula", "eine andere Kette") is None
    run(town, "user", "enable", "paula")
    assert door(town).accounts.with_password("paula", "eine andere Kette") is not None


def test_way_of_a_token(town: Path) -> None:
    add(town)
    made = run(
        town, "token", "add", "paula", "--name", "nightly", "--scope", "figures:read",
        "--scope", "deliveries:write", "--days", "7",
    )  # fmt: skip
    text = made.stdout.splitlines()[-1]
    found = door(town).tokens.recognise(text)
    assert found is not None
    assert found.scopes == {"figures:read", "deliveries:write"}
    listed = run(town, "token", "list", "paula", "--json").stdout
    assert text not in listed
    token_id = json.loads(listed)[0]["id"]
    assert "active" in run(town, "token", "list").stdout
    run(town, "token", "revoke", token_id)
    assert door(town).tokens.recognise(text) is None
    assert "revoked" in run(town, "token", "list").stdout


def test_wrong_use_is_said_and_exits_with_2(town: Path) -> None:
    assert "'nobody'" in run(town, "user", "disable", "nobody", code=2).stderr
    assert "'nobody'" in run(town, "user", "password", "nobody", code=2).stderr
    assert "'nobody'" in run(town, "token", "list", "nobody", code=2).stderr
    assert "no token" in run(town, "token", "revoke", "0" * 32, code=2).stderr
    assert "--operator" in add(town, "p", "--role", "partner", code=2)
    assert "king" in add(town, "p", "--role", "king", code=2)
    assert "no account" in add(town, "p", "--role", "public", code=2)
    without = run(town, "user", "add", "p", "--role", "coordinator", code=2)
    assert "--password-stdin" in without.stderr
    short = run(
        town, "user", "add", "p", "--role", "coordinator", "--password-stdin", typed="kurz\n", code=2
    )
    assert "needs 12" in short.stderr
    add(town)
    assert "already" in add(town, code=2)
    unknown = run(town, "token", "add", "paula", "--name", "x", "--scope", "all", code=2)
    assert "figures:read" in unknown.stderr
    assert len(json.loads(run(town, "user", "list", "--json").stdout)) == 1


def test_password_is_asked_for_twice_and_not_shown(town: Path) -> None:
    command = [*PROGRAM, "user", "add", "karl", "--role", "coordinator", "-w", str(town)]
    process, terminal = pty.fork()
    if process == 0:
        os.execv(command[0], command)
    shown = b""
    for _ in range(2):
        while not shown.rstrip().endswith(b":"):
            shown += os.read(terminal, 1000)
        shown += b"\n"
        os.write(terminal, PASSWORD.encode() + b"\n")
    try:
        while chunk := os.read(terminal, 1000):
            shown += chunk
    except OSError:
        pass  # the end of a terminal
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0, shown
    os.close(terminal)
    assert PASSWORD.encode() not in shown
    assert door(town).accounts.with_password("karl", PASSWORD) is not None
