"""The way of a table through all rules, block by block, to a report and a layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import geopandas as gpd
import numpy as np
import pandas as pd

from ..coverage.model import Provenance
from ..geo.points import Points, xy_of
from .corrections import Corrected, write_corrected
from .draft import Array, Draft
from .extent import keep_inside, outside_of
from .findings import Finding
from .findings_file import write_findings
from .gathered import Gathered
from .heading import Heading
from .identity import check_keys, ids_of, makes_ids
from .parquet import FrameWriter, read_pieces
from .positions import locate
from .report import FindingGroup, Report
from .rules_addresses import split_numbers
from .rules_matching import match_addresses, summary
from .scratch import Scratch
from .tables import BLOCK_COUNT, Table
from .values import convert

LAYER, FINDINGS = "layer.parquet", "findings.parquet"


@dataclass(slots=True)
class Course:
    """One table on its way.

    Parameters
    ----------
    folder : Path
        Where layer, findings and corrected file are left.
    layer : Path or None
        ``None`` where a finding is an error.
    """

    heading: Heading
    table: Table
    folder: Path
    gathered: Gathered = field(init=False)
    layer: Path | None = None
    corrected: Corrected = field(default_factory=lambda: Corrected(None))
    _kept_count: int = 0
    _scratch: Scratch = field(default_factory=lambda: Scratch("findings-"))

    def __post_init__(self) -> None:
        known = self.heading.findings if len(self.table) else self.table.notes
        self.gathered = Gathered(self._scratch.path, map(FindingGroup.of, known))

    def run(self) -> None:
        """Judge all rows, and leave what comes of it."""
        if len(self.table) == 0:
            self.gathered.add([FindingGroup.of(Finding("file_empty"))])
        else:
            with _LayerRows(self.folder, self.heading) as rows:
                self._judge_all(rows)
                if not self.gathered.has_error:
                    self.layer = rows.finished()
            self.corrected = write_corrected(self.heading, self.table, self.gathered, self.folder)
        write_findings(self.gathered.all(), self.folder / FINDINGS)

    def _judge_all(self, rows: _LayerRows) -> None:
        whole = self.heading.whole
        count = BLOCK_COUNT if self.heading.kind.in_blocks else len(self.table)
        for block in self.table.blocks(count):
            draft = self.heading.draft(block)
            _judge(draft)
            self.gathered.add(draft.groups)
            self._kept_count += len(draft)
            if not self.gathered.has_error:
                rows.add(draft)
        self.gathered.conclude("outside_city", *outside_of(whole))
        made_count = whole.counts["without a key"]
        if made_count:
            values = {"count": made_count, "name": self.heading.kind.key}
            self.gathered.add([FindingGroup.of(Finding("ids_made", values=values))], last=True)

    def report(self, source: Provenance) -> Report:
        """Return the report, with the first findings of every group."""
        return Report(
            self.heading.kind.id,
            source.source,
            source.digest,
            self.table.format,
            len(self.table),
            len(self.table) - self._kept_count,
            self.gathered.groups,
            summary(self.heading.whole),
            self.corrected.repairs,
        )


def _judge(draft: Draft) -> None:
    """Take a draft through all steps; each adds what it finds and leaves the rest to the others."""
    convert(draft)
    locate(draft)
    if "incomplete" in draft.marks:
        draft.set_aside(draft.marks["incomplete"])
    if "house_number" in draft.frame:
        split_numbers(draft)
    for rule in draft.kind.rules:
        draft.groups += rule(draft)
    keep_inside(draft)
    match_addresses(draft)
    check_keys(draft)


class _LayerRows:
    """Writes the rows of a layer as they come; those whose ids must be made, in a second pass.

    What is not `finished` is removed.
    """

    def __init__(self, folder: Path, heading: Heading) -> None:
        self._heading = heading
        self._layer = folder / LAYER
        self._waiting = folder / "rows.parquet" if makes_ids(heading) else None
        self._writer = FrameWriter(self._waiting or self._layer)
        self._is_finished = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.discard()
        for path in (self._waiting, None if self._is_finished else self._layer):
            if path is not None:
                path.unlink(missing_ok=True)

    def add(self, draft: Draft) -> None:
        if self._waiting is None:
            self._write(self._writer, draft.frame, draft.places)
        else:
            _write(self._writer, draft.frame, draft.places, draft.city.crs)

    def finished(self) -> Path:
        """Return the layer, complete."""
        self._writer.close()
        if self._waiting is not None:
            self._add_ids(self._waiting, self._heading.kind.key or "")
        self._is_finished = True
        return self._layer

    def _add_ids(self, waiting: Path, key: str) -> None:
        ids = ids_of(
            np.concatenate(self._heading.whole.ids),
            lambda: (frame for frame, _ in read_pieces(waiting)),
        )
        first = 0
        with FrameWriter(self._layer) as writer:
            for frame, places in read_pieces(waiting):
                part = slice(first, first + len(frame))
                made = pd.Series(ids.texts(part), dtype="str")
                filled = frame.assign(**{key: frame[key].fillna(made)})
                self._write(writer, filled, places)
                first = part.stop

    def _write(self, writer: FrameWriter, frame: Any, places: Points | Array | None) -> None:
        """Write rows with the columns of the kind, positions among them in the city's CRS."""
        frame = frame[[column.name for column in self._heading.kind.columns]]
        if places is not None and "easting_m" in frame:
            x, y = xy_of(places)
            frame = frame.assign(easting_m=x, northing_m=y)
        _write(writer, frame, places, self._heading.city.crs)


def _write(writer: FrameWriter, frame: Any, places: Points | Array | None, crs: str) -> None:
    if places is None or isinstance(places, Points):
        writer.write(frame, places, crs)
    else:
        writer.write(gpd.GeoDataFrame(frame, geometry=places, crs=crs))
