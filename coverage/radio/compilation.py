"""Compiled code: where and how long it is kept on disk, and a word when it is being made."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from numba.core import caching, event

LOG = logging.getLogger(__name__)

CACHED = __name__.startswith("stadtnetz.")
"""Compiled code remembers the name of its module, but is kept by file: under another name, as tools
import files, it must not be left for the program, which would fail to load it."""

FOLDER = Path(__file__).parent


@cache
def kernel_sources(folder: Path = FOLDER) -> str:
    """Return what changes with any module of kernels, which are the private ones of a folder."""
    digest = sha256()
    for path in sorted(folder.glob("_*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _of_all_kernels(locator: Any) -> Any:
    """Return a place to keep compiled code, for as long as no kernel of this folder changes.

    Compiled code contains what it calls, but by itself is taken as fresh while its own module is
    the same: after an update it would go on with old formulas from other modules.
    """

    class Locator(locator):
        @classmethod
        def from_function(cls, function: Any, file: str) -> Any:
            return super().from_function(function, file) if Path(file).parent == FOLDER else None

        def get_source_stamp(self) -> tuple[Any, str]:
            return super().get_source_stamp(), kernel_sources()

    return Locator


# numba asks one after the other; other programs' functions are left to those that were there
caching.CacheImpl._locator_classes[:0] = map(  # noqa: SLF001
    _of_all_kernels,
    (caching.UserProvidedCacheLocator, caching.InTreeCacheLocator, caching.UserWideCacheLocator),
)


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
def compiling(on_compile: Callable[[], None] | None = None) -> Iterator[None]:
    """Log, and call, once if anything is compiled meanwhile."""
    with event.install_listener("numba:compile", Notice(on_compile)):
        yield
