"""Memory that is given back to the system."""

import sys
from pathlib import Path

import numpy as np
import pytest

from stadtnetz.data.heap import give_back


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and glibc")
def test_what_was_freed_between_blocks_in_use_is_the_systems_again() -> None:
    blocks = [
        np.ones(12_000) for _ in range(2_000)
    ]  # 190 MB in blocks that are no maps of their own
    del blocks[::2], blocks[::2]
    before = resident_mb()
    kept = len(blocks)
    give_back()
    assert kept == 500
    assert before - resident_mb() > 100
