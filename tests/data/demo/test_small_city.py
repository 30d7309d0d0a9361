"""A small demo city: the same to the last byte, and another one for another seed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from stadtnetz.data.demo.city import DemoCity, build

SCALE = 0.04


def digest(city: DemoCity) -> str:
    total = hashlib.sha256(city.name.encode())
    frames = [*city.city_layers.items()]
    frames += [(f"{d.kind} {d.operator} {d.valid_from}", d.frame) for d in city.deliveries]
    for name, frame in frames:
        total.update(name.encode())
        total.update(bytes_of(frame))
    for heights, transform in city.rasters.values():
        total.update(heights.tobytes() + repr(tuple(transform)).encode())
    for drive in city.drives:
        total.update(drive.xy.tobytes() + drive.deviation_db.tobytes())
    return total.hexdigest()


def bytes_of(frame: Any) -> bytes:
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    written = plain.to_csv(index=False).encode() + repr(plain.dtypes.to_dict()).encode()
    if isinstance(frame, gpd.GeoDataFrame):
        written += b"".join(shapely.to_wkb(frame.geometry.to_numpy()))
    return written


@pytest.fixture(scope="module")
def small() -> DemoCity:
    return build(scale=SCALE)


def test_the_same_city_in_another_process(small: DemoCity) -> None:
    program = (
        f"import runpy; test = runpy.run_path({__file__!r}); "
        f"print(test['digest'](test['build'](scale={SCALE})))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == digest(small)


@pytest.mark.parametrize("seed", [1, 3, 12])
def test_another_seed_is_another_city(small: DemoCity, seed: int) -> None:
    other = build(seed=seed, scale=SCALE)
    layers = other.city_layers
    assert digest(other) != digest(small)
    assert len(layers["addresses"]) == 4_000
    assert layers["addresses"]["households"].sum() == 13_640
    assert len(layers["districts"]) == 60
    assert shapely.coverage_is_valid(layers["land_use"].geometry.to_numpy())
    assert layers["land_use"].area.sum() == pytest.approx(layers["boundary"].area.sum(), abs=1)


def test_deliveries_are_in_order(small: DemoCity) -> None:
    days = [one.valid_from for one in small.deliveries]
    assert days == sorted(days)
    kinds = {one.kind for one in small.deliveries}
    assert kinds == {
        "fibre_addresses", "fibre_areas", "school_connections", "mobile_coverage", "mobile_sites",
        "wlan_hotspots", "lorawan_gateways",
    }  # fmt: skip
    keys = [(one.kind, one.operator, one.valid_from) for one in small.deliveries]
    assert len(set(keys)) == len(keys)


def test_a_status_never_lies_about_the_future(small: DemoCity) -> None:
    for one in small.deliveries:
        if one.kind.startswith(("fibre", "school")):
            frame, day = one.frame, pd.Timestamp(one.valid_from)
            assert (frame["status_date"] <= day).all()
            planned = frame["status"] == "planned"
            assert (frame.loc[planned, "available_from"] > day).all()


def test_offers_only_where_fibre_has_passed(small: DemoCity) -> None:
    early = ["proposed", "planned", "under_construction"]
    for one in small.deliveries:
        if one.kind.startswith("fibre"):
            assert not one.frame.loc[one.frame["status"].isin(early), "offer_available"].any()


def test_what_is_built_stays_built(small: DemoCity) -> None:
    built: dict[str, set[str]] = {}
    for one in small.deliveries:
        if one.kind.startswith("fibre"):
            now = set(one.frame.loc[one.frame["offer_available"], "record_id"])
            before = built.setdefault(one.kind + one.operator, set())
            assert before <= now
            built[one.kind + one.operator] = now


def test_wlan_stands_partly_at_public_places(small: DemoCity) -> None:
    last = [one for one in small.deliveries if one.kind == "wlan_hotspots"][-1].frame
    places = small.city_layers["public_places"]
    near = last.geometry.distance(places.union_all()) < 40
    assert 0.3 < near.mean() < 1.0
    known = last["address_id"].dropna()
    assert known.isin(small.city_layers["addresses"]["id"]).all()


@pytest.mark.parametrize("scale", [0.0, 0.01, 1.5])
def test_scale_has_limits(scale: float) -> None:
    with pytest.raises(ValueError, match="scale must be between"):
        build(scale=scale)


def test_building_keeps_the_random_state() -> None:
    np.random.seed(1)  # noqa: NPY002 - the global state is what is tested
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    build(scale=0.02)
    assert np.random.random() == expected  # noqa: NPY002
