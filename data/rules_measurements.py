"""Rules for measurements: what cannot be true is set aside, row by row.

Campaigns of thousands of readings always hold some that are wrong: a position before the first
fix, a clock that was never set, a placeholder for the level. They are left out and told; only
where more than a few per cent are wrong is the file refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from ..geo.crs import transform
from .columns import SET_ASIDE_SHARE
from .draft import Draft
from .findings import Finding
from .report import FindingGroup

LEVEL_RANGES_DBM = {
    "2G": (-115.0, -30.0),
    "4G": (-156.0, -31.0),
    "5G": (-156.0, -31.0),
    "WLAN": (-110.0, -1.0),
    "LoRaWAN": (-150.0, -1.0),
}
"""What a receiver can report at all. RSRP: 3GPP TS 36.133 and 38.133, extended ranges; GSM: TS
45.008, RXLEV with 5 dB of room below; WLAN and LoRaWAN: our setting, wider than chips report."""

ANY_RANGE_DBM = (-160.0, -1.0)
NULL_ISLAND_M = 100.0
_WGS84 = "EPSG:4326"


def technologies_are_told(draft: Draft) -> Iterator[FindingGroup]:
    """Take readings of a gateway as LoRaWAN; refuse others that do not say what was measured."""
    frame = draft.frame
    silent = frame["technology"].isna()
    lorawan = silent & frame["gateway_id"].notna() & frame["cell_id"].isna()
    if lorawan.any():
        draft.frame = frame.assign(technology=frame["technology"].mask(lorawan, "LoRaWAN"))
        values = {"count": int(lorawan.sum())}
        yield FindingGroup.of(Finding("measurements_lorawan", values=values))
    yield draft.faults("measurement_technology_missing", silent & ~lorawan, "technology")


def moments_are_read(draft: Draft) -> Iterator[FindingGroup]:
    """Write moments in one way (UTC); name those that are none."""
    delivered = draft.frame["measured_at"]
    moments = _moments(delivered)
    bad = delivered.notna() & moments.isna()
    written = moments.dt.strftime("%Y-%m-%dT%H:%M:%SZ").astype("str")
    draft.frame = draft.frame.assign(measured_at=written.where(moments.notna(), None))
    draft.marks["future"] = (moments >= _tomorrow(draft)).to_numpy()
    yield draft.faults("measurement_time_unreadable", bad, "measured_at")


def levels_are_there(draft: Draft) -> Iterator[FindingGroup]:
    """Name readings without a level that do not say that nothing was received, and the reverse."""
    lost = (draft.frame["received"] == False).fillna(False).to_numpy(dtype=bool)  # noqa: E712
    level = draft.frame["level_dbm"].notna().to_numpy()
    draft.marks["no_level"] = ~level & ~lost
    yield draft.faults("measurement_level_of_nothing", level & lost, "received")


def receivers_are_named(draft: Draft) -> Iterator[FindingGroup]:
    """Say how many readings name neither gateway nor cell: they belong to no transmitter."""
    frame = draft.frame
    anonymous = (frame["gateway_id"].isna() & frame["cell_id"].isna()).to_numpy()
    if anonymous.any():
        values = {"count": int(anonymous.sum()), "total": len(frame)}
        yield FindingGroup.of(Finding("measurements_anonymous", values=values))


def wrong_readings_aside(draft: Draft) -> Iterator[FindingGroup]:
    """Set aside what cannot be true; refuse the file if it is too much of it."""
    wrong = np.zeros(len(draft), dtype=bool)
    for code, where, column in (
        ("measurement_level_missing", draft.marks["no_level"], "level_dbm"),
        ("measurement_level_impossible", _impossible(draft), "level_dbm"),
        ("measurement_in_future", draft.marks["future"], "measured_at"),
        ("measurement_null_island", _at_null_island(draft), None),
    ):
        new = where & ~wrong
        yield draft.faults(code, new, column, place=column is None)
        wrong |= new
    again, certain = _repeated(draft, wrong)
    yield draft.faults("measurement_again", again & certain)
    if (again & ~certain).any():
        values = {"count": int((again & ~certain).sum())}
        yield FindingGroup.of(Finding("measurements_alike", values=values))
    if wrong.sum() > SET_ASIDE_SHARE * len(draft):
        values = {"count": int(wrong.sum()), "total": len(draft)}
        yield FindingGroup.of(Finding("measurements_wrong_too_many", values=values))
    draft.set_aside(wrong | (again & certain))


def _moments(delivered: Any) -> Any:
    """Return moments in UTC; a year alone, or an order that can be read in two ways, is none."""
    iso = delivered.str.fullmatch(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?").fillna(False)
    german = delivered.str.fullmatch(r"\d\d?\.\d\d?\.\d{4}(?:[T ,]+\d\d:\d\d.*)?").fillna(False)
    moments = pd.to_datetime(delivered.where(iso), format="ISO8601", utc=True, errors="coerce")
    day_first = delivered.where(german & ~iso)
    if day_first.notna().any():
        read = pd.to_datetime(day_first, format="mixed", dayfirst=True, utc=True, errors="coerce")
        moments = moments.fillna(read)
    return moments


def _tomorrow(draft: Draft) -> Any:
    # clocks of the farthest zone are half a day ahead
    return pd.Timestamp(draft.today, tz="UTC") + pd.Timedelta(hours=36)


def _impossible(draft: Draft) -> npt.NDArray[np.bool_]:
    limits = draft.frame["technology"].map(LEVEL_RANGES_DBM)
    low, high = (
        np.array([(pair if isinstance(pair, tuple) else ANY_RANGE_DBM)[i] for pair in limits])
        for i in (0, 1)
    )
    level_dbm = draft.frame["level_dbm"].to_numpy(dtype=float)
    impossible: npt.NDArray[np.bool_] = (level_dbm < low) | (level_dbm > high)
    return impossible


def _at_null_island(draft: Draft) -> npt.NDArray[np.bool_]:
    """Return where a position is longitude 0, latitude 0: a receiver without a fix."""
    if draft.geometry is None:
        return np.zeros(len(draft), dtype=bool)
    zero = np.zeros(1)
    x, y = transform(zero, zero, _WGS84, draft.city.crs)
    east, north = shapely.get_x(draft.geometry), shapely.get_y(draft.geometry)
    at_zero = np.hypot(east, north) < NULL_ISLAND_M
    return at_zero | (np.hypot(east - x[0], north - y[0]) < NULL_ISLAND_M)


def _repeated(
    draft: Draft, wrong: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return rows that an earlier one equals in all but the id, and whether that is certain.

    Without a moment, equal rows can be two packets from one place.
    """
    content = draft.frame.drop(columns="id")
    if draft.geometry is not None:
        content = content.assign(_x=shapely.get_x(draft.geometry), _y=shapely.get_y(draft.geometry))
    again = content.duplicated().to_numpy() & ~wrong
    return again, draft.frame["measured_at"].notna().to_numpy()
