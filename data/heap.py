"""Memory that is free in the process and not yet the system's again."""

from __future__ import annotations

import ctypes
import gc
import sys


def give_back() -> None:
    """Give freed memory back to the system, between two large pieces of work.

    The C library keeps what was freed between blocks that are still in use; what comes next then
    lies on top of it. Elsewhere than with glibc nothing happens.
    """
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
