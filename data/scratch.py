"""Folders for a while: gone with the last object that refers to them."""

from __future__ import annotations

import shutil
import weakref
from pathlib import Path
from tempfile import mkdtemp


class Scratch:
    """A folder of its own in the place for temporary files, removed together with this object."""

    def __init__(self, prefix: str = "stadtnetz-") -> None:
        self.path = Path(mkdtemp(prefix=prefix))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
