"""Matching what is delivered to the register of addresses, and saying what does not fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from ..geo.address_matching import (
    METHODS,
    POSITION_M,
    Agreement,
    Matches,
    agreement,
    match,
    texts,
)
from .draft import Draft
from .report import FindingGroup, MatchSummary

CANDIDATES = 5
"""So many ids are named where an address is ambiguous."""

_MATCHED = ("address_id", "street", "house_number", "suffix", "postcode")


def match_addresses(draft: Draft) -> None:
    """Match the draft's rows to the register, and add what does not fit and how many did."""
    if draft.register is None or draft.kind.id != "fibre_addresses" or len(draft) == 0:
        return
    frame: Any = draft.frame[list(_MATCHED)]
    if draft.geometry is not None:
        frame = gpd.GeoDataFrame(frame, geometry=draft.geometry, crs=draft.city.crs)
    keys = texts(frame, draft.register)
    matches = match(frame, draft.register, keys)
    found = agreement(frame, draft.register, matches, keys)
    counts = {name: matches.count(name) for name in METHODS}
    matched = matches.matched
    draft.matches = MatchSummary(counts, float(found.score[matched].mean()) if any(matched) else 0)
    draft.groups += [
        *_unmatched(draft, matches),
        *_ambiguous(draft, matches),
        *_contradicted(draft, found),
    ]


def _unmatched(draft: Draft, matches: Matches) -> Iterator[FindingGroup]:
    nothing = matches.method == METHODS.index("none")
    if not nothing.any():
        return
    yield draft.faults(
        "address_unmatched", nothing, row_values={"address": _readable(draft)}, place=True
    )


def _ambiguous(draft: Draft, matches: Matches) -> Iterator[FindingGroup]:
    unclear = matches.method == METHODS.index("ambiguous")
    if not unclear.any():
        return
    ids = draft.register["id"].astype("str").to_numpy(dtype=object)
    named = np.full(len(draft), "", dtype=object)
    pairs = pd.Series(ids[matches.candidate_unit]).groupby(matches.candidate_row)
    for row, candidates in pairs:
        more = ", ..." if len(candidates) > CANDIDATES else ""
        named[row] = ", ".join(candidates.head(CANDIDATES)) + more
    texts = {"address": _readable(draft), "candidates": named}
    yield draft.faults("address_ambiguous", unclear, row_values=texts)


def _contradicted(draft: Draft, found: Agreement) -> Iterator[FindingGroup]:
    far = found.distance_m > POSITION_M
    if not (far.any() or found.other_text.any()):
        return
    register = draft.register
    written = _text(register.iloc[np.where(found.unit < 0, 0, found.unit)])
    texts = {"address": _readable(draft), "registered": written, "distance_m": found.distance_m}
    yield draft.faults("address_far", far, "address_id", row_values=texts, place=True)
    yield draft.faults(
        "address_id_other_text", found.other_text, "address_id", row_values=texts, place=True
    )


def _readable(draft: Draft) -> Any:
    return _text(draft.frame, draft.frame["address_id"])


def _text(frame: Any, otherwise: Any = None) -> Any:
    """Return addresses as people write them, else their ids."""
    suffix = frame["suffix"].astype("str").fillna("")
    written = frame["street"].astype("str") + " " + frame["house_number"].astype("str") + suffix
    rest = frame["id"] if otherwise is None else otherwise
    return written.fillna(rest.astype("str")).fillna("-")
