"""Points in polygons: 350,000 addresses, 20,000 overlapping rollout polygons, against sjoin.

Both start from the same GeoDataFrames and are timed to the end: ours takes coordinates and corners
out of the frames, sorts the points and the pairs. `maximum` is what the product asks for; its peer
is sjoin with the maximum over the pairs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import geopandas as gpd
import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import synthetic
from stadtnetz.geo import resolve

REPEATS = 5
TARGET = 4.0


def positions(addresses: gpd.GeoDataFrame) -> tuple[Any, Any]:
    """Coordinates of the addresses."""
    return addresses.geometry.x.to_numpy(), addresses.geometry.y.to_numpy()


def our_pairs(addresses: gpd.GeoDataFrame, rollouts: gpd.GeoDataFrame) -> tuple[Any, Any]:
    return resolve.pairs(*positions(addresses), rollouts.geometry.to_numpy())


def our_maximum(addresses: gpd.GeoDataFrame, rollouts: gpd.GeoDataFrame) -> Any:
    values = rollouts["stage"].to_numpy()
    return resolve.maximum(*positions(addresses), rollouts.geometry.to_numpy(), values)


def their_pairs(addresses: gpd.GeoDataFrame, rollouts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.sjoin(addresses, rollouts, predicate="intersects")


def their_maximum(joined: gpd.GeoDataFrame, count: int) -> Any:
    stage = np.zeros(count, np.int8)
    highest = joined.groupby(level=0)["stage"].max()
    stage[highest.index] = highest
    return stage


def timed(function: Any, *arguments: Any) -> tuple[float, Any]:
    start = perf_counter()
    result = function(*arguments)
    return perf_counter() - start, result


def refuse_differences(joined: Any, found: tuple[Any, Any]) -> None:
    """Stop if the pairs are not the same."""
    point, polygon = joined.index.to_numpy(), joined["index_right"].to_numpy()
    order = np.lexsort((polygon, point))
    if not (np.array_equal(point[order], found[0]) and np.array_equal(polygon[order], found[1])):
        raise SystemExit("the pairs differ from those of sjoin")


def run() -> list[dict[str, Any]]:
    """Measure, ours and the peer in turn."""
    frames = synthetic.addresses(), synthetic.rollouts()
    our_pairs(*frames)
    our_maximum(*frames)
    seconds: dict[str, list[float]] = {"pairs": [], "sjoin": [], "maximum": [], "sjoin maximum": []}
    for repeat in range(REPEATS):
        took, joined = timed(their_pairs, *frames)
        seconds["sjoin"].append(took)
        more, theirs = timed(their_maximum, joined, len(frames[0]))
        seconds["sjoin maximum"].append(took + more)
        took, found = timed(our_pairs, *frames)
        seconds["pairs"].append(took)
        took, ours = timed(our_maximum, *frames)
        seconds["maximum"].append(took)
        if not repeat:
            refuse_differences(joined, found)
            if not np.array_equal(ours, theirs):
                raise SystemExit("the maxima differ from those of sjoin")
    count = f"{len(frames[0]):,} addresses in {len(frames[1]):,} polygons"
    return [
        row(f"all {len(found[0]):,} pairs of {count}", seconds["pairs"], seconds["sjoin"]),
        row(f"highest stage of {count}", seconds["maximum"], seconds["sjoin maximum"]),
    ]


def row(name: str, ours: list[float], theirs: list[float]) -> dict[str, Any]:
    """One line of the table; the ratio is the median over the repeats."""
    ratio = median(their / our for our, their in zip(ours, theirs, strict=True))
    return {
        "name": name,
        "value": median(ours),
        "unit": "s",
        "peer": f"geopandas.sjoin {median(theirs):.2f} s",
        "ratio": ratio,
        "target": f">= {TARGET:g}x, identical",
        "met": ratio >= TARGET,
    }


if __name__ == "__main__":
    for one in run():
        print(one)
