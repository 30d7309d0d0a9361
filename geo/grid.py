"""Official grids: cell ids that carry their grid, corners, centres and boxes.

Two 100 m grids are official in Germany. They do not nest and are rotated against each other, so
the same short id names two different places. A cell id is therefore written *qualified*, with the
CRS in front: ``EPSG25832/100mN58735E4942``.

=========  =====================================  =============================================
form       example                                numbers
=========  =====================================  =============================================
qualified  ``EPSG3035/100mN26917E43411``          south-west corner, in cells
long       ``CRS3035RES100mN2691700E4341100``     south-west corner, in metres
short      ``100mN26917E43411``                   south-west corner, in cells; the grid is unsaid
=========  =====================================  =============================================

Sources: INSPIRE D2.8.I.2 (grid codes); Zensus 2022 (long form); Mobilfunk-Monitoring (short form).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

Form = Literal["qualified", "long", "short"]
_FORMS: tuple[Form, ...] = get_args(Form)
Ids = Any
"""Anything that `pyarrow.array` takes: list, object array, pandas Series of text."""

_PATTERN = (
    r"^(?:EPSG(?P<epsg>\d+)/|CRS(?P<crs>\d+)RES)?"
    r"(?P<size>\d{1,6})(?P<unit>k?m)N(?P<north>\d{1,9})E(?P<east>\d{1,9})$"
)


_KM = 1000


class CellIdError(ValueError):
    """A cell id is malformed, or belongs to another grid."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Square cells counted from the origin of a CRS.

    Parameters
    ----------
    crs : str
        ``"EPSG:3035"``.
    size_m : int
        Length of a cell's side in metres, a power of ten.
    """

    crs: str
    size_m: int

    def __post_init__(self) -> None:
        """Refuse a grid that ids cannot express."""
        if not re.fullmatch(r"EPSG:\d+", self.crs):
            raise ValueError(f"the CRS of a grid is written as EPSG:3035, not {self.crs!r}")
        if not re.fullmatch(r"10*", str(self.size_m)):
            raise ValueError(f"the size of a cell is a power of ten in metres, not {self.size_m}")

    @property
    def epsg(self) -> str:
        """Number of the CRS, as text."""
        return self.crs.removeprefix("EPSG:")

    @property
    def _prefix(self) -> str:
        return f"{self.size_m}m" if self.size_m < _KM else f"{self.size_m // _KM}km"


ZENSUS_100M = Grid("EPSG:3035", 100)
"""Grid of the Zensus and of INSPIRE: ETRS89 / LAEA Europe."""

MONITORING_100M = Grid("EPSG:25832", 100)
"""Grid of the Mobilfunk-Monitoring of the Bundesnetzagentur: ETRS89 / UTM zone 32N."""


def corners(
    ids: Ids, grid: Grid, *, strict: bool = True
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the south-west corners of cells.

    Parameters
    ----------
    ids : array (n,) of str
        In any form; a short id is taken to be of `grid`.
    grid : Grid
    strict : bool
        Whether to raise at the first value that is no id of the grid, or to give NaN for each.

    Returns
    -------
    x, y : arrays (n,) of float
        Metres in the CRS of the grid.

    Raises
    ------
    CellIdError
        If `strict` and an id is malformed or of another grid; names the first one and how it
        should look.

    Examples
    --------
    >>> x, y = corners(["100mN58735E4942"], MONITORING_100M)
    >>> float(x[0]), float(y[0])
    (494200.0, 5873500.0)
    """
    text, right, east, north = _parsed(ids, grid)
    if strict and not right.all():
        raise _wrong(text, int(np.argmin(right)), grid)
    size_m = np.where(right, np.float64(grid.size_m), np.nan)
    return east.astype(np.float64) * size_m, north.astype(np.float64) * size_m


def centres(ids: Ids, grid: Grid) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the centres of cells; parameters and errors as for `corners`."""
    x, y = corners(ids, grid)
    return x + grid.size_m / 2, y + grid.size_m / 2


def boxes(ids: Ids, grid: Grid) -> npt.NDArray[np.object_]:
    """Return the cells as shapely polygons in the CRS of the grid; errors as for `corners`."""
    x, y = corners(ids, grid)
    polygons: npt.NDArray[np.object_] = shapely.box(x, y, x + grid.size_m, y + grid.size_m)
    return polygons


def cell_ids(
    x: npt.ArrayLike, y: npt.ArrayLike, grid: Grid, form: Form = "qualified"
) -> npt.NDArray[np.object_]:
    """Return the ids of the cells in which points lie.

    A cell owns its southern and western border, so every point lies in exactly one.

    Parameters
    ----------
    x, y : arrays (n,) of float
        Metres in the CRS of the grid.
    grid : Grid
    form : Form
        See the table at the top of this module.

    Raises
    ------
    ValueError
        If a coordinate is not finite or is negative, which no id can express.

    Examples
    --------
    >>> cell_ids([494250], [5873599.9], MONITORING_100M)[0]
    'EPSG25832/100mN58735E4942'
    """
    east, north = (_floor(values, name, grid) for values, name in ((x, "x"), (y, "y")))
    return _written(east * grid.size_m, north * grid.size_m, grid, form)


def qualified(ids: Ids, grid: Grid) -> npt.NDArray[np.object_]:
    """Write ids of any form with their grid in front; errors as for `corners`.

    Examples
    --------
    >>> qualified(["CRS3035RES100mN2691700E4341100"], ZENSUS_100M)[0]
    'EPSG3035/100mN26917E43411'
    """
    x, y = corners(ids, grid)
    return _written(x.astype(np.int64), y.astype(np.int64), grid, "qualified")


def grid_of(cell_id: str) -> Grid:
    """Return the grid that a qualified or long id names.

    Raises
    ------
    CellIdError
        If the id is malformed or short: a short id names no grid.

    Examples
    --------
    >>> grid_of("EPSG25832/100mN58735E4942") == MONITORING_100M
    True
    """
    match = re.match(_PATTERN, cell_id)
    epsg = match and (match["epsg"] or match["crs"])
    if not match or not epsg:
        raise CellIdError(
            f"{cell_id!r} does not say its grid; a qualified id looks like "
            "'EPSG3035/100mN26917E43411'"
        )
    return Grid(f"EPSG:{epsg}", int(match["size"]) * (_KM if match["unit"] == "km" else 1))


def _floor(values: npt.ArrayLike, name: str, grid: Grid) -> npt.NDArray[np.int64]:
    """Return the number of the cell along one axis."""
    array = np.asarray(values, dtype=float)
    wrong = ~(np.isfinite(array) & (array >= 0))
    if wrong.any():
        raise ValueError(
            f"{name} = {array[wrong][0]} lies in no cell: give metres in {grid.crs}, 0 or more"
        )
    return np.floor(array / grid.size_m).astype(np.int64)


def _written(
    east_m: npt.NDArray[np.int64], north_m: npt.NDArray[np.int64], grid: Grid, form: Form
) -> npt.NDArray[np.object_]:
    """Format corners that are multiples of the cell's size."""
    head = {
        "qualified": f"EPSG{grid.epsg}/{grid._prefix}N",  # noqa: SLF001
        "long": f"CRS{grid.epsg}RES{grid.size_m}mN",
        "short": f"{grid._prefix}N",  # noqa: SLF001
    }[form]
    unit = 1 if form == "long" else grid.size_m
    north, east = (pc.cast(pa.array(m // unit), pa.string()) for m in (north_m, east_m))
    joined = pc.binary_join_element_wise(head, north, "E", east, "")
    text: npt.NDArray[np.object_] = joined.to_numpy(zero_copy_only=False)
    return text


def _parsed(
    ids: Ids, grid: Grid
) -> tuple[Any, npt.NDArray[np.bool_], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the ids as Arrow text, which of them are right, and column and row of the cells."""
    text = pa.array(ids, type=pa.string(), from_pandas=True)
    if isinstance(text, pa.ChunkedArray):
        text = text.combine_chunks()
    parsed = pc.extract_regex(text, _PATTERN)
    part = {field.name: pc.struct_field(parsed, field.name) for field in parsed.type}
    size, north, east = (
        _filled(pc.cast(part[name], pa.int64())) for name in ("size", "north", "east")
    )
    size *= np.where(_filled(pc.equal(part["unit"], "km")), _KM, 1)
    # at most one of the two is said; in a short id none is
    said = pc.binary_join_element_wise(part["epsg"], part["crs"], "")
    own_crs = _filled(pc.or_(pc.equal(said, ""), pc.equal(said, grid.epsg)))
    unit = np.where(_filled(pc.not_equal(part["crs"], "")), grid.size_m, 1)
    aligned = (east % unit == 0) & (north % unit == 0)
    right = _filled(pc.is_valid(parsed)) & own_crs & (size == grid.size_m) & aligned
    return text, right, east // unit, north // unit


def _filled(values: Any) -> npt.NDArray[Any]:
    """Turn an Arrow array into a numpy array, missing values into 0 or false."""
    empty = pa.scalar(0, values.type) if pa.types.is_integer(values.type) else False
    array: npt.NDArray[Any] = pc.fill_null(values, empty).to_numpy(zero_copy_only=False)
    return array if array.flags.writeable else array.copy()


def _wrong(text: Any, place: int, grid: Grid) -> CellIdError:
    """Say which id is wrong, and how it should look."""
    examples = [
        repr(_written(np.array([4341100]), np.array([2691700]), grid, form)[0]) for form in _FORMS
    ]
    return CellIdError(
        f"value {place + 1}, {text[place].as_py()!r}, is no cell id of the {grid.size_m} m grid in "
        f"{grid.crs}; it should look like {', '.join(examples[:-1])} or {examples[-1]}"
    )
