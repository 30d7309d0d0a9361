"""Compiled code: whether it may be kept on disk, and a word when it is being made."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import event

LOG = logging.getLogger(__name__)

CACHED = __name__.startswith("stadtnetz.")
"""Compiled code remembers the name of its module, but is kept by file: under another name, as tools
import files, it must not be left for the program, which would fail to load it."""


class Notice(event.Listener):
    """Says once that code is being compiled."""

    def __init__(self, on_compile: Callable[[], None] | None) -> None:
        self.on_compile = on_compile
        self.said = False

    def on_start(self, event: Any) -> None:  # noqa: ARG002
        """Say it, the first time."""
        if self.said:
            return
        self.said = True
        LOG.info("compiling the radio kernels; they are kept, so that this happens once")
        if self.on_compile is not None:
            self.on_compile()

    def on_end(self, event: Any) -> None:
        """Nothing to say."""


@contextmanager
def compiling(on_compile: Callable[[], None] | None) -> Iterator[None]:
    """Log, and call, once if anything is compiled meanwhile."""
    with event.install_listener("numba:compile", Notice(on_compile)):
        yield
