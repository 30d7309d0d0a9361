"""Whether compiled code may be kept on disk."""

from __future__ import annotations

CACHED = __name__.startswith("stadtnetz.")
"""Compiled code remembers the name of its module, but is kept by file: under another name, as tools
import files, it must not be left for the program, which would fail to load it."""
