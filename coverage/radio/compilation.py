"""Compiled code: where and how long it is kept on disk, and a word when it is being made."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from numba.core import caching, event

LOG = logging.getLogger(__name__)

CACHED = __name__.startswith("stadtnetz.")
"""Compiled code remembers the name of its module, but is kept by file: under another name, as tools
import files, it must not be left for the program, which would fail to load it."""

PACKAGE = __name__.rpartition(".")[0]


@cache
def kernel_sources() -> str:
    """Return what changes with any module of kernels."""
    return digest(files(PACKAGE))


def digest(folder: Traversable) -> str:
    """Return a digest of the private modules of a folder, which are those that may have kernels."""
    found = sha256()
    for module in sorted(folder.iterdir(), key=lambda module: module.name):
        if module.name.startswith("_") and module.name.endswith(".py"):
            found.update(module.name.encode() + b"\0" + module.read_bytes() + b"\0")
    return found.hexdigest()


def _of_all_kernels(locator: Any) -> Any:
    """Return a place to keep compiled code, for as long as no kernel of this folder changes.

    Compiled code contains what it calls, but by itself is taken as fresh while its own module is
    the same: after an update it would go on with old formulas from other modules.
    """

    class Locator(locator):
        @classmethod
        def from_function(cls, function: Any, file: str) -> Any:
            is_ours = (function.__module__ or "").rpartition(".")[0] == PACKAGE
            return super().from_function(function, file) if is_ours else None

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
