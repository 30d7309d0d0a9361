"""Rules for fibre deliveries, by address and by area."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from ..coverage.model import Stage
from .code_lists import code_list
from .draft import Draft
from .report import FindingGroup


def stages(status: Any) -> Any:
    """Return the rank of each status, see `Stage`; -1 where it is missing.

    Parameters
    ----------
    status : pandas.Series (n,) of str

    Returns
    -------
    int array (n,)
    """
    numbers, uniques = pd.factorize(status)
    codes = code_list("fibre_status")
    ranks = [codes.rank(code) for code in uniques]
    return np.array([-1 if rank is None else rank for rank in ranks] + [-1])[numbers]


def future_dates(draft: Draft) -> Iterator[FindingGroup]:
    """Refuse stages that were reached later than today."""
    built = stages(draft.frame["status"]) >= Stage.PASSED
    later = (draft.frame["status_date"] > pd.Timestamp(draft.today)).to_numpy()
    yield draft.faults("date_in_future", built & later, "status_date", today=f"{draft.today}")


def plans_have_dates(draft: Draft) -> Iterator[FindingGroup]:
    """Name plans without a date; they cannot be counted towards any year."""
    planned = draft.frame["status"] == "planned"
    yield draft.faults("available_from_missing", planned & draft.frame["available_from"].isna())


def offers_before_passed(draft: Draft) -> Iterator[FindingGroup]:
    """Name offers where the network has not come yet; they are not counted."""
    early = (stages(draft.frame["status"]) < Stage.PASSED) & draft.frame["status"].notna()
    offered = draft.frame["offer_available"].fillna(value=False).to_numpy(dtype=bool)
    yield draft.faults("offer_before_passed", early & offered, "offer_available")


def upload_above_download(draft: Draft) -> Iterator[FindingGroup]:
    """Name rows with more upload than download; the columns were probably mixed up."""
    frame = draft.frame
    mixed = (frame["upload_mbit"] > frame["download_mbit"]).fillna(value=False)
    yield draft.faults("upload_above_download", mixed, "upload_mbit")
