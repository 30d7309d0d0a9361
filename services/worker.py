"""The worker: a process beside the web server that checks deliveries and resolves publications.

It may end at any moment: whatever it was doing is found undone and begun anew.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from ..data.sandbox_pool import warm_up
from .assembly import Assembly
from .jobs import recover, worker_queue
from .parent import end_with_parent
from .settings import Settings

if TYPE_CHECKING:
    from types import FrameType

_log = logging.getLogger(__name__)
_WAIT_FOR_LOCK_S = 600.0
_POLL_S, _LONGEST_POLL_S = 0.05, 0.5
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
_NICENESS = 10


def run(settings: Settings) -> None:
    """Work until the process is told to end (SIGINT, SIGTERM).

    Raises
    ------
    WorkspaceError, StoreError
        If the city's store cannot be opened.
    """
    assembly = Assembly.open(settings.workspace, wait_s=_WAIT_FOR_LOCK_S)
    warm_up()  # the first delivery need not wait until the reader has started
    queue = worker_queue(assembly, settings)
    recover(assembly.store, queue)
    consumer = queue.huey.create_consumer(
        workers=1, initial_delay=_POLL_S, max_delay=_LONGEST_POLL_S, scheduler_interval=10
    )
    consumer.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)  # at once: a check may take minutes, and is begun anew
    while not consumer.stop_flag.wait(1.0):
        queue.sweep_if_left()


def _end(number: int, frame: FrameType | None) -> None:
    del number, frame
    os._exit(0)


class Supervisor:
    """Keeps a worker process running beside the server; it ends with the server.

    Parameters
    ----------
    settings : Settings
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ending = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._watch, name="worker supervisor", daemon=True)

    def __enter__(self) -> Self:
        self._start()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ending.set()
        self._terminate()
        self._thread.join(timeout=10.0)

    @property
    def pid(self) -> int | None:
        """Id of the worker process that runs now."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def _terminate(self) -> None:
        process = self._process
        if process is not None:
            with suppress(OSError):
                process.terminate()

    def _start(self) -> None:
        environment = {**os.environ, **self._settings.environment}
        self._process = subprocess.Popen(  # noqa: S603  our own module
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, env=environment
        )

    def _watch(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            process: Any = self._process
            began = time.monotonic()
            code = process.wait()
            if time.monotonic() - began > _LONGEST_PAUSE_S:
                pause_s = _FIRST_PAUSE_S
            process.stdin.close()
            if self._ending.is_set():
                return
            _log.warning("the worker ended (%s); it is started anew", code)
            if self._ending.wait(pause_s):
                return
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            self._start()
            if self._ending.is_set():
                self._terminate()


def main() -> None:
    """Run as the child of a server: settings from the environment, end with the parent."""
    end_with_parent()
    if hasattr(os, "nice"):
        os.nice(_NICENESS)  # whoever asks the web process goes first
    run(Settings())


if __name__ == "__main__":
    main()
