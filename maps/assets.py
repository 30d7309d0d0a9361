"""The files that pages load: vendored libraries and our own style sheets and scripts.

Every page addresses them below one folder; a server answers from `find`, a folder of files is
filled by `write`.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    "": "text/plain; charset=utf-8",
}


class UnknownAssetError(ValueError):
    """No asset has that name."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its name below the asset folder, where it lies, and how it is announced."""

    name: str
    path: Path
    media_type: str

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self.path.read_bytes()

    @property
    def digest(self) -> str:
        """SHA-256 of the content, for an ETag."""
        return sha256(self.content).hexdigest()


def assets() -> tuple[Asset, ...]:
    """Return every asset, vendored libraries first, by name."""
    found = []
    for folder in (FOLDER / "vendor", FOLDER / "static"):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix in MEDIA_TYPES:
                name = path.relative_to(folder).as_posix()
                found.append(Asset(name, path, MEDIA_TYPES[path.suffix]))
    return tuple(found)


def find(name: str) -> Asset:
    """Return one asset by the name under which pages load it, e.g. ``leaflet/leaflet.js``.

    Raises
    ------
    UnknownAssetError
        If there is none; names that climb out of the folder are never found.
    """
    for asset in assets():
        if asset.name == name:
            return asset
    raise UnknownAssetError(f"there is no asset {name!r}")


def write(folder: Path) -> tuple[Path, ...]:
    """Write every asset below `folder` and return their paths."""
    written = []
    for asset in assets():
        target = folder / asset.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(asset.content)
        written.append(target)
    return tuple(written)
