"""Claims: which delivery is being checked by a process that is still alive.

A claim is a locked file. The operating system unlocks it when its holder ends, however that comes
about; so whoever finds a delivery in ``checking`` can tell work from what a dead process left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


class Claims:
    """The claims of one store. Take and end them under the store's lock.

    Parameters
    ----------
    folder : Path
        Made with the first claim.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, FileLock] = {}

    def take(self, delivery: str) -> bool:
        """Claim a delivery; tells whether it could be had."""
        self._folder.mkdir(parents=True, exist_ok=True)
        # Whoever finishes a check may be another thread than the one that began it.
        lock = FileLock(self._folder / delivery, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        self._held[delivery] = lock
        return True

    def holds(self, delivery: str) -> bool:
        """Tell whether the claim is this store's own."""
        return delivery in self._held

    def end(self, delivery: str) -> None:
        """Give a claim back, if it is this store's own."""
        lock = self._held.pop(delivery, None)
        if lock is not None:
            # While the store is locked nobody waits for this file, so it may go.
            (self._folder / delivery).unlink(missing_ok=True)
            lock.release()

    def let_go(self, delivery: str) -> None:
        """Give a claim up as a process does that ends; needs no lock of the store."""
        lock = self._held.pop(delivery, None)
        if lock is not None:
            lock.release()

    def tidy(self, alive: Collection[str]) -> None:
        """Remove what is left of claims on other deliveries than those in check."""
        for path in self._folder.glob("*"):
            if path.name not in alive:
                path.unlink(missing_ok=True)
