"""Rules for addresses: of the register, and in deliveries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from ..geo.address_text import address_key, split_house_number
from ..geo.digests import joined, of_distinct
from .draft import Draft
from .report import FindingGroup

Array = npt.NDArray[Any]

NEAR_M = 1.0
"""Buildings of the same address nearer than this are one entry given twice."""

PLACEHOLDER_COUNT = 10
"""So many different addresses on one spot are geocoded to a street or town, not surveyed."""


def split_numbers(draft: Draft) -> None:
    """Split ``12a`` into number and suffix, in place; a suffix column of its own is kept.

    Marks rows whose house number names ``several`` houses, and those where it is ``unreadable``.
    """
    frame = draft.frame
    delivered = frame["house_number"]
    parts = split_house_number(delivered)
    draft.marks["several"] = parts.is_range
    draft.marks["unreadable"] = (delivered.notna() & parts.number.isna()).to_numpy()
    frame["suffix"] = frame["suffix"].str.lower().fillna(parts.suffix)
    frame["house_number"] = parts.number


def register_house_numbers(draft: Draft) -> Iterator[FindingGroup]:
    """Name house numbers of several houses; registers hold them, so they are kept."""
    yield draft.faults("house_number_range_kept", draft.marks["several"], "house_number")
    yield draft.faults("house_number_odd", draft.marks["unreadable"], "house_number")


def delivered_house_numbers(draft: Draft) -> Iterator[FindingGroup]:
    """Refuse house numbers of several houses; each house is counted, so each is listed."""
    yield draft.faults("house_number_range", draft.marks["several"], "house_number")
    yield draft.faults("house_number_unreadable", draft.marks["unreadable"], "house_number")


def postcodes(draft: Draft) -> Iterator[FindingGroup]:
    """Refuse postcodes without five digits; spreadsheets drop the leading zero."""
    codes = draft.frame["postcode"]
    wrong = codes.notna() & ~codes.fillna("").str.fullmatch(r"\d{5}")
    yield draft.faults("postcode_invalid", wrong, "postcode")


def addresses_are_told(draft: Draft) -> Iterator[FindingGroup]:
    """Refuse rows that name no address: by id, by street and number, or by position."""
    frame = draft.frame
    untold = frame["address_id"].isna() & (frame["street"].isna() | frame["house_number"].isna())
    untold &= draft.is_nowhere
    yield draft.faults("address_incomplete", untold & ~draft.marks["unreadable"])


def address_ids_exist(draft: Draft) -> Iterator[FindingGroup]:
    """Name address ids that the register lacks; they are matched by text and position."""
    known, register = draft.city.address_ids, draft.whole.register
    if known is not None:
        ids = draft.frame["address_id"]
        lacking = np.fromiter((one not in known for one in ids.tolist()), bool, len(ids))
        lacking &= ids.notna().to_numpy()
    elif register is not None:
        ids, has_id = draft.addresses.id_digests
        lacking = has_id & (register.by_id.first(ids) < 0)
    else:
        return
    yield draft.faults("address_id_unknown", lacking, "address_id")


def delivered_twice(draft: Draft) -> Iterator[FindingGroup]:
    """Name addresses with several rows of one technology; the highest stage counts."""
    ids, has_id = draft.addresses.id_digests
    texts, has_text = draft.addresses.text_digests_with_postcode
    technologies = of_distinct(*pd.factorize(draft.frame["technology"]))
    told = joined(np.where(has_id, ids, texts), technologies)
    rows = np.flatnonzero(has_id | has_text)
    again = np.zeros(len(draft), dtype=bool)
    again[rows] = draft.whole.earlier("address", told[rows], draft.rows[rows]) != draft.rows[rows]
    address = {"address": _readable(draft) if again.any() else again}
    yield draft.faults("address_delivered_twice", again, row_values=address)


def near_duplicates(draft: Draft) -> Iterator[FindingGroup]:
    """Name addresses that are there twice: doubled entries within 1 m, else perhaps two houses.

    Both are kept: several buildings with one address are normal, and so is a register without
    postcodes.
    """
    key = _text_key(draft.frame)
    again = key.notna() & key.duplicated()
    if not again.any():
        return
    near = np.zeros(len(draft), dtype=bool)
    if draft.geometry is not None:
        near = _near_another_of_its_key(key, draft.geometry)
    address = {"address": _readable(draft)}
    yield draft.faults("address_doubled", near, row_values=address, place=True)
    yield draft.faults("address_repeated", again & ~near, row_values=address)


def _near_another_of_its_key(key: Any, geometry: Array) -> Array:
    """Return where an earlier row of the same key lies within `NEAR_M`."""
    numbers, _ = pd.factorize(key)
    shared = np.flatnonzero(key.duplicated(keep=False) & key.notna())
    points = geometry[shared]
    tree = shapely.STRtree(points)
    first, second = tree.query(points, predicate="dwithin", distance=NEAR_M)
    same = (first > second) & (numbers[shared[first]] == numbers[shared[second]])
    near = np.zeros(len(key), dtype=bool)
    near[shared[first[same]]] = True
    return near


def placeholder_positions(draft: Draft) -> Iterator[FindingGroup]:
    """Name spots with many addresses: geocoded to a street or a town, not surveyed."""
    if draft.places is None:
        return
    x, y = draft.xy
    spots = pd.DataFrame({"x": np.round(x, 2), "y": np.round(y, 2)})
    count = spots.groupby(["x", "y"])["x"].transform("size").to_numpy()
    crowded = (count >= PLACEHOLDER_COUNT) & ~spots.duplicated().to_numpy()
    yield draft.faults("position_shared", crowded, row_values={"count": count}, place=True)


def _text_key(frame: Any) -> Any:
    return address_key(frame["street"], frame["house_number"], frame["suffix"], frame["postcode"])


def _readable(draft: Draft) -> Any:
    """Return addresses as people write them."""
    frame = draft.frame
    suffix = frame["suffix"].fillna("")
    written = frame["street"] + " " + frame["house_number"] + suffix
    return written.fillna(frame.get("address_id", "")).fillna("")
