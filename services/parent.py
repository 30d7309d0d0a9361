"""Processes of our own that end with the one that started them, however that ends."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress


def end_with_parent() -> None:
    """End this process as soon as the one at the other end of its standard input does."""
    threading.Thread(target=_wait, name="parent", daemon=True).start()


def _wait() -> None:
    # The parent holds the other end of this pipe; it closes however the parent ends. Not read
    # through sys.stdin: Python aborts where its lock is held when the process ends by itself.
    with suppress(OSError):
        while os.read(sys.stdin.fileno(), 1):
            pass
    os._exit(0)
