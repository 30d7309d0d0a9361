"""The service as the command line starts it: a process that serves, with its worker beside it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_CODE = "from stadtnetz.services.cli import main; main()"
_SETTINGS = {"PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "COLUMNS": "200"}


class Service:
    """A service of a workspace, at whatever port is free; `settings` are of the environment."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.address = ""
        self._command = [sys.executable, "-W", "ignore", "-c", _CODE, "serve", "--port", "0"]
        self._command += ["-w", str(folder)]
        self._environment = os.environ | _SETTINGS | settings
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it can answer."""
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, text=True, env=self._environment
        )
        assert self._process.stdout is not None
        ready = re.search(r"http://\S+", self._process.stdout.readline())
        assert ready, "the service did not start"
        self.address = ready[0]

    def stop(self) -> None:
        """End it as an operator of machines would."""
        assert self._process is not None
        self._process.terminate()
        self._end()

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        assert self._process is not None
        self._process.kill()
        self._end()

    def worker(self) -> int:
        """Return the id of the worker process."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        of = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
        return next(pid for pid, command in of.items() if b"worker" in command)

    def _end(self) -> None:
        assert self._process is not None
        self._process.wait(timeout=30)
        if self._process.stdout:
            self._process.stdout.close()
        self._process = None

    @property
    def is_running(self) -> bool:
        return self._process is not None


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Service]:
    """Serve a workspace for the length of a ``with`` block."""
    service = Service(folder, **settings)
    service.start()
    try:
        yield service
    finally:
        if service.is_running:
            service.stop()


def wait_for(true: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Return what is true in the end."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.05)
    raise AssertionError("it never came about")
