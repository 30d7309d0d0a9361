"""Words of the Breitbandatlas tables: what columns, technologies, areas and file names mean."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_KEYS = ("ags", "krs", "ars", "gkz")
_LABEL = re.compile(r"^(?P<technology>.+?)\s*(?:≥|>=)\s*(?P<mbit>\d+)\s*Mbit/s$", re.IGNORECASE)
_CODE = re.compile(r"^verf_(?P<technology>[0-9a-z]+)_(?P<mbit>\d+)$", re.IGNORECASE)
_DISTRICT = re.compile(
    r"^(?P<measure>priv|gew|schulen)_(?P<technology>[a-z_]+)_(?P<mbit>\d+)$", re.IGNORECASE
)
MOBILE = re.compile(r"^(?P<technology>5G|LTE)(?P<mbit>\d+)$")
TECHNOLOGIES = {
    "alle technologien": "all",
    "300": "all",
    "alle_tech": "all",
    "leitungsg. technologien": "wired",
    "100": "wired",
    "lg_tech": "wired",
    "mobile technologien": "wireless",
    "200": "wireless",
    "dsl": "DSL",
    "catv": "CATV",
    "ftth/b": "FTTH/B",
    # of one figure for flat and building; the same as FTTH/B in the tables of the municipalities
    "ftth": "FTTH/B",
    "ftthb": "FTTH/B",
    "lte": "LTE",
    "5g": "5G",
    "mobil alle": "mobile",
}
_MEASURES = {"priv": "households", "gew": "business_sites", "schulen": "schools"}
AREAS = {
    "gewässer": ("water", "water"),
    "gewerbliche nutzfläche": ("commercial", "commercial"),
    "landwirtschaftliche flächen": ("farmland", "farmland"),
    # two codes of the list land_use in one figure
    "wald-, wiesenflächen": ("forest_and_meadow", None),
    "wohnbaufläche": ("residential", "residential"),
    "autobahn": ("motorways", None),
    "bahnstrecken": ("railways", None),
    "bundesstraßen": ("federal_roads", None),
    "landstraßen": ("state_roads", None),
    "kreisstraßen": ("district_roads", None),
    "wasserstraßen": ("waterways", None),
}
_NAME_HINTS = (
    (re.compile(r"(?:^|_)gwg(?=[_.]|$)", re.IGNORECASE), "business_parks"),
    (re.compile(r"(?:^|_)gew(?:erbe)?(?=[_.]|$)", re.IGNORECASE), "business_sites"),
    (re.compile(r"(?:^|_)schul", re.IGNORECASE), "schools"),
    (re.compile(r"(?:^|_)priv", re.IGNORECASE), "households"),
)
_HALF = re.compile(r"(?P<year>20\d\d)_(?P<half>mitte|ende|1|2)(?!\d)", re.IGNORECASE)
_HALF_END = {"mitte": "06-30", "1": "06-30", "ende": "12-31", "2": "12-31"}


class Meaning(NamedTuple):
    """What a column of a wide table says."""

    measure: str | None
    technology: str
    min_down_mbit: int


def meaning(column: str) -> Meaning | None:
    """Tell what a column of a wide table says; ``None`` for one that is no figure."""
    for pattern in (_LABEL, _CODE, _DISTRICT):
        if match := pattern.match(column.strip()):
            found = match.groupdict()
            technology = found["technology"].lower()
            known = TECHNOLOGIES.get(technology, found["technology"])
            return Meaning(
                _MEASURES.get((found.get("measure") or "").lower()), known, int(found["mbit"])
            )
    return None


def is_header(fields: Iterable[str]) -> bool:
    """Tell whether these are the column names of such a table."""
    names = [field.strip().lower() for field in fields]
    if not names or names[0] not in _KEYS:
        return False
    return {"technologie", "flaechenart"} <= set(names) or any(map(meaning, fields))


def counted(technologies: set[str], name: str) -> str | None:
    """Tell what a table counts that does not say so itself.

    The publisher's file name decides; without it, a table with technologies of all kinds is of
    households, because for business only wired ones are published.
    """
    told = next((measure for pattern, measure in _NAME_HINTS if pattern.search(name)), None)
    return told or ("households" if technologies & {"all", "wireless"} else None)


def as_of(name: str) -> str | None:
    """Return the date that a file name tells, as ISO text: the end of a half-year."""
    found = _HALF.search(name)
    return f"{found['year']}-{_HALF_END[found['half'].lower()]}" if found else None
