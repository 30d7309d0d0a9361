"""Ids for rows of files that have none: made of the content, so that they stay the same.

The same file imported again, sorted otherwise or with rows added, gives the same rows the same
ids. Positions count to 0.1 m, so that another program's rounding does not change them.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from .draft import Draft
from .findings import Finding
from .names import fold
from .report import FindingGroup

Array = npt.NDArray[Any]

_DIGEST_BYTES = 8


def check_keys(draft: Draft) -> None:
    """Report keys that occur twice, and fill those that are missing."""
    key = draft.kind.key
    if key is None:
        return
    values = draft.frame[key]
    draft.groups.append(duplicates(draft, key))
    missing = values.isna().to_numpy()
    if draft.kind.column(key).required or not missing.any():
        return
    made = make_ids(draft)
    draft.frame[key] = values.mask(missing, pd.Series(made, index=values.index, dtype="str"))
    values_for_text = {"count": int(missing.sum()), "name": key}
    draft.add(Finding("ids_made", values=values_for_text))


def duplicates(draft: Draft, column: str) -> FindingGroup:
    """Return the rows whose value in a column stands in an earlier row."""
    values = draft.frame[column]
    again = values.notna() & values.duplicated()
    first = np.zeros(len(draft), dtype=int)
    if again.any():
        rows = pd.Series(draft.rows + 1).groupby(values.to_numpy(), dropna=False)
        first = rows.transform("first").to_numpy()
    return draft.faults("duplicate_key", again, column, row_values={"first": first})


def make_ids(draft: Draft) -> Array:
    """Return an id for every row, made of the kind's identity columns and its geometry.

    Rows with the same content get ``-2``, ``-3``, ... in the order of all their other values, so
    that the order of the rows does not matter.

    Returns
    -------
    array (n,) of str
    """
    columns = [_texts(draft.frame[name], folded=True) for name in draft.kind.identity]
    if draft.geometry is not None:
        columns += _places(draft.geometry)
    columns.insert(0, [draft.kind.id] * len(draft))
    digests = [
        blake2b("|".join(row).encode(), digest_size=_DIGEST_BYTES).hexdigest()
        for row in zip(*columns, strict=True)
    ]
    return _distinct(pd.Series(digests, dtype="str"), draft)


def _distinct(ids: Any, draft: Draft) -> Array:
    again = ids.duplicated(keep=False).to_numpy()
    if again.any():
        rest = zip(*(_texts(values[again]) for _, values in draft.frame.items()), strict=True)
        same = pd.DataFrame({"id": ids[again].to_numpy(), "rest": list(map("|".join, rest))},
                            index=np.flatnonzero(again))  # fmt: skip
        number = same.sort_values(["id", "rest"], kind="stable").groupby("id").cumcount() + 1
        later = number[number > 1]
        ids.loc[later.index] = ids.loc[later.index] + "-" + later.astype("str")
    return ids.to_numpy(dtype=object)


def _texts(values: Any, *, folded: bool = False) -> list[str]:
    """Return a column as texts, missing values as empty ones."""
    numbers, uniques = pd.factorize(values)
    texts = [fold(str(value)) if folded else str(value) for value in uniques]
    return np.array([*texts, ""], dtype=object)[numbers].tolist()


def _places(geometry: Array) -> list[list[str]]:
    """Return geometries as columns of text, to 0.1 m, wherever a ring starts."""
    missing = shapely.is_missing(geometry)
    if (shapely.get_type_id(geometry[~missing]) == 0).all():
        xy = np.nan_to_num([shapely.get_x(geometry), shapely.get_y(geometry)])
        return [list(map(str, row)) for row in np.round(xy * 10).astype("int64").tolist()]
    rounded = shapely.transform(geometry, lambda xy: np.round(xy * 10))
    wkb = shapely.to_wkb(shapely.normalize(rounded))
    return [["" if w is None else blake2b(w, digest_size=16).hexdigest() for w in wkb]]
