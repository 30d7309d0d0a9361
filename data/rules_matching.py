"""Matching what is delivered to the register of addresses, and saying what does not fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..geo.address_matching import (
    METHODS,
    POSITION_M,
    Addresses,
    Agreement,
    Matches,
    agreement,
    match,
)
from .draft import Draft
from .report import FindingGroup, MatchSummary
from .whole import Whole

CANDIDATES = 5
"""So many ids are named where an address is ambiguous."""


def match_addresses(draft: Draft) -> None:
    """Match the draft's rows to the register, and add what does not fit and how many did."""
    register, whole = draft.whole.register, draft.whole
    if register is None or draft.kind.id != "fibre_addresses":
        return
    rows = draft.addresses
    matches = match(rows, register, by_postcode="postcode" in whole.complete)
    found = agreement(rows, register, matches)
    whole.counts.update({f"matched by {name}": matches.count(name) for name in METHODS})
    whole.score_sum += float(found.score[matches.matched].sum())
    draft.groups += [
        _unmatched(draft, matches),
        _ambiguous(draft, matches, register),
        *_contradicted(draft, found, register),
    ]


def summary(whole: Whole) -> MatchSummary | None:
    """Return how the rows of all blocks were matched; ``None`` where they were not."""
    counts = {name: whole.counts[f"matched by {name}"] for name in METHODS}
    if not sum(counts.values()):
        return None
    made = MatchSummary(counts, 0.0)
    return replace(made, mean_score=whole.score_sum / made.matched) if made.matched else made


def _unmatched(draft: Draft, matches: Matches) -> FindingGroup:
    nothing = matches.method == METHODS.index("none")
    texts = {"address": _readable(draft) if nothing.any() else nothing}
    return draft.faults("address_unmatched", nothing, row_values=texts, place=True)


def _ambiguous(draft: Draft, matches: Matches, register: Addresses) -> FindingGroup:
    unclear = matches.method == METHODS.index("ambiguous")
    named = np.full(len(draft), "", dtype=object)
    ids = register.frame["id"].iloc[matches.candidate_unit].astype("str")
    for row, candidates in ids.groupby(matches.candidate_row):
        more = ", ..." if len(candidates) > CANDIDATES else ""
        named[row] = ", ".join(candidates.head(CANDIDATES)) + more
    texts = {"address": _readable(draft) if unclear.any() else unclear, "candidates": named}
    return draft.faults("address_ambiguous", unclear, row_values=texts)


def _contradicted(draft: Draft, found: Agreement, register: Addresses) -> Iterator[FindingGroup]:
    far = found.distance_m > POSITION_M
    texts = dict.fromkeys(("address", "registered", "distance_m"), far)
    if far.any() or found.other_text.any():
        written = _text(register.frame.iloc[np.where(found.unit < 0, 0, found.unit)])
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
