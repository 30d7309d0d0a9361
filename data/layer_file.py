"""A layer that lies in a file and is only read where its rows are wanted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..geo.crs import CrsError, same_crs
from .kinds import kind as kind_of
from .parquet import (
    ROW_GROUP_COUNT,
    FrameInfo,
    ParquetError,
    frame_info,
    read_frame,
    read_pieces,
)

if TYPE_CHECKING:
    from pathlib import Path

    from ..coverage.model import Provenance
    from .scratch import Scratch


@dataclass(frozen=True, slots=True)
class LayerFile:
    """A table of one kind in a file as `stadtnetz.data.parquet` writes them.

    Parameters
    ----------
    kind : str
    path : Path
    provenance : Provenance
    crs : str
        Of the city.
    folder : Scratch or None
        What keeps the file alive, where it would else be removed.
    """

    kind: str
    path: Path
    provenance: Provenance
    crs: str
    folder: Scratch | None = field(default=None, repr=False, compare=False)

    @property
    def info(self) -> FrameInfo:
        """What the file says of itself."""
        return frame_info(self.path)

    @property
    def frame(self) -> Any:
        """All rows in memory."""
        return read_frame(self.path)

    def column(self, name: str) -> Any:
        """Return one column, without reading the others."""
        return read_frame(self.path, [name])[name]

    def check(self) -> None:
        """Look through a file that somebody else wrote, some thousand rows at a time.

        Raises
        ------
        ParquetError
            If it is damaged, its columns are not those of the kind, or its groups of rows are
            larger than `stadtnetz.data.parquet` writes them.
        CrsError
            If its geometry is in another CRS than the city's.
        shapely.errors.GEOSException
            If a geometry is damaged.
        """
        found = self.info
        if list(found.names) != [column.name for column in kind_of(self.kind).columns]:
            raise ParquetError("the layer has other columns than its kind")
        if found.group_row_count > ROW_GROUP_COUNT:
            raise ParquetError("the layer cannot be read some rows at a time")
        if found.crs is not None and not same_crs(found.crs, self.crs):
            raise CrsError(f"a layer of kind {self.kind} must be in {self.crs}, not {found.crs}")
        for _ in read_pieces(self.path):
            pass
