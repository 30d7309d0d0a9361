"""Findings as the blocks of a file bring them: put together by rule, and not all in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from .report import EXAMPLES, FindingGroup, text_of

HELD_COUNT = 10_000
"""So many findings of a group wait in memory; then they go to the disk."""
SPILLED_COUNT = 10_000
"""So many are read from there at a time."""

_Name = tuple[str, str | None, str]
_Key = tuple[str, str | None, str, int]


class Gathered:
    """All findings of a file.

    Each block brings its groups in the order of the rules. Groups of the same code and column
    become one; what is said of the whole file, and by every block, is kept once.

    Parameters
    ----------
    folder : Path or None
        For those that do not stay in memory; without it, only the first ones are kept.
    groups : iterable of FindingGroup
        What comes before those of all blocks.
    """

    def __init__(self, folder: Path | None = None, groups: Iterable[FindingGroup] = ()) -> None:
        self._folder = folder
        self._order: list[_Key] = []
        self._slots: dict[_Key, _Slot] = {}
        self._begin = 0
        self.add(groups)
        self._begin = len(self._order)

    def add(self, groups: Iterable[FindingGroup], *, last: bool = False) -> None:
        """Add the groups of the next block, or what is said `last`."""
        place, seen = len(self._order) if last else self._begin, Counter[_Name]()
        for group in groups:
            of_file = len(group.rows) == 1 and group.rows[0] == 0
            value = str(group.cells[0]) if of_file and group.cells is not None else ""
            name = group.code, group.column, value
            key = (*name, seen[name])
            seen[name] += 1
            if key in self._slots:
                place = self._order.index(key) + 1
                if not of_file:
                    self._slots[key].add(group)
                continue
            # behind what came before it in this block, as the rules are in that order
            self._order.insert(place, key)
            place += 1
            path = self._folder and self._folder / f"findings-{len(self._slots)}.arrow"
            self._slots[key] = _Slot(group, path)

    def conclude(self, code: str, said: str, values: Mapping[str, Any]) -> None:
        """Say of the findings of a code what is only known when all rows have been looked at."""
        for slot in self._slots.values():
            if slot.head.code == code:
                slot.head = replace(slot.head, code=said, values={**slot.head.values, **values})

    @property
    def columns(self) -> dict[str, set[str | None]]:
        """In which columns of the file findings of each code are."""
        found: dict[str, set[str | None]] = {}
        for slot in self._slots.values():
            if slot.count:
                found.setdefault(slot.head.code, set()).add(slot.head.column)
        return found

    @property
    def has_error(self) -> bool:
        """Whether any finding so far is an error."""
        return any(slot.count and slot.head.severity == "error" for slot in self._slots.values())

    @property
    def groups(self) -> tuple[FindingGroup, ...]:
        """The first findings of every group, errors before warnings before notes."""
        return tuple(slot.first for slot in self._sorted())

    @property
    def in_order(self) -> tuple[FindingGroup, ...]:
        """The first findings of every group, in the order in which the rules brought them."""
        found = (self._slots[key] for key in self._order)
        return tuple(slot.first for slot in found if slot.count)

    def all(self) -> Iterator[FindingGroup]:
        """Yield all findings in the order of `groups`, of a group some at a time."""
        for slot in self._sorted():
            yield from slot.parts()

    def _sorted(self) -> list[_Slot]:
        found = (self._slots[key] for key in self._order)
        return sorted((slot for slot in found if slot.count), key=lambda slot: slot.head.rank)


class _Slot:
    """The findings of one group; `head` has what they have in common."""

    def __init__(self, group: FindingGroup, path: Path | None) -> None:
        self.head = group
        self.count = 0
        self._first: FindingGroup = group.part(slice(0))
        self._held: list[FindingGroup] = []
        self._held_count = 0
        self._path = path
        self._file: pa.RecordBatchFileWriter | None = None
        self.add(group)

    @property
    def first(self) -> FindingGroup:
        """The first findings, and how many there are."""
        return replace(self._first, code=self.head.code, values=self.head.values, total=self.count)

    def add(self, group: FindingGroup) -> None:
        if not len(group.rows):
            return
        if self.count == 0:  # the values of an empty group may not be all there are
            self.head = replace(group, rows=group.rows[:0], cells=None, row_values={}, places=None)
            self._first = group.part(slice(EXAMPLES))
        elif self.count < EXAMPLES:
            self._first = self._first.joined(group.part(slice(EXAMPLES - self.count)))
        self.count += len(group.rows)
        if self._path is None:
            return
        self._held.append(group)
        self._held_count += len(group.rows)
        if self._held_count > HELD_COUNT:
            for held in self._held:
                for begin in range(0, len(held.rows), SPILLED_COUNT):
                    self._spill(held.part(slice(begin, begin + SPILLED_COUNT)))
            self._held, self._held_count = [], 0

    def _spill(self, group: FindingGroup) -> None:
        columns = {"row": pa.array(group.rows, pa.int64())}
        if group.cells is not None:
            columns["cell"] = pa.array([text_of(cell) for cell in group.cells], pa.string())
        if group.places is not None:
            columns |= {f"place {i}": pa.array(group.places[:, i], pa.float64()) for i in (0, 1)}
        columns |= {f"own {name}": pa.array(v) for name, v in group.row_values.items()}
        batch = pa.record_batch(columns)
        if self._file is None:
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            self._file = pa.ipc.new_file(str(self._path), batch.schema, options=options)
        self._file.write_batch(batch)

    def parts(self) -> Iterator[FindingGroup]:
        """Yield all findings, with what they have in common as it is known now."""
        for group in chain(self._spilled(), self._held):
            yield replace(group, code=self.head.code, values=self.head.values)

    def _spilled(self) -> Iterator[FindingGroup]:
        if self._file is None:
            return
        self._file.close()
        with pa.OSFile(str(self._path)) as source, pa.ipc.open_file(source) as file:
            for number in range(file.num_record_batches):
                batch = file.get_batch(number)
                names = batch.schema.names
                own = [name for name in names if name.startswith("own ")]
                yield FindingGroup(
                    self.head.code,
                    batch["row"].to_numpy(),
                    self.head.column,
                    cells=batch["cell"].to_pylist() if "cell" in names else None,
                    row_values={n.removeprefix("own "): batch[n].to_pylist() for n in own},
                    places=np.column_stack([batch[f"place {i}"] for i in (0, 1)])
                    if "place 0" in names
                    else None,
                )
