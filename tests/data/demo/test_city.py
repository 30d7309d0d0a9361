"""The demo city in full, looked at from outside with plain pandas and geopandas."""

from __future__ import annotations

from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from stadtnetz.data.code_lists import code_list
from stadtnetz.data.demo.city import DemoCity, build
from stadtnetz.data.kinds import kind as kind_of

BUILT = ["passed", "passed_plus", "prepared", "connected", "activated"]
FIBRE = ["FTTH", "FTTB"]
OFFER_SHARES = {
    date(2021, 6, 30): 0.05,
    date(2023, 6, 30): 0.18,
    date(2024, 12, 31): 0.27,
    date(2025, 6, 30): 0.34,
    date(2025, 12, 31): 0.38,
    date(2026, 6, 30): 0.42,
}
CITY_KINDS = {
    "boundary", "districts", "addresses", "business_areas", "school_sites", "public_places",
    "land_use", "streets",
}  # fmt: skip


@pytest.fixture(scope="module")
def city() -> DemoCity:
    return build()


def of_kind(city: DemoCity, day: date, *kinds: str) -> list[Any]:
    return [one for one in city.deliveries if one.valid_from == day and one.kind in kinds]


def claimed(city: DemoCity, kind: str, rows: Any) -> np.ndarray:
    """Tell which addresses the rows of a fibre delivery speak of."""
    register = city.city_layers["addresses"]
    if kind == "fibre_areas":
        points = register[["id", "geometry"]]
        hits = gpd.sjoin(points, rows[["geometry"]], predicate="intersects")
        return register["id"].isin(hits["id"]).to_numpy()
    if rows["address_id"].notna().all():
        return register["id"].isin(rows["address_id"]).to_numpy()
    key = ["street", "house_number", "suffix", "postcode"]
    joined = register[key].merge(rows[key].drop_duplicates(), how="left", indicator=True)
    assert (joined["_merge"] == "both").sum() == len(rows)
    return (joined["_merge"] == "both").to_numpy()


def operators_at(city: DemoCity, day: date, wanted: Any) -> np.ndarray:
    """Count the operators per address of which a row is wanted."""
    count = np.zeros(len(city.city_layers["addresses"]), dtype=int)
    seen: dict[str, np.ndarray] = {}
    for one in of_kind(city, day, "fibre_addresses", "fibre_areas"):
        rows = one.frame[wanted(one.frame)]
        if len(rows):
            hit = claimed(city, one.kind, rows)
            seen[one.operator] = seen.get(one.operator, np.zeros_like(hit)) | hit
    for hit in seen.values():
        count += hit
    return count


def has_offer(frame: Any) -> Any:
    return frame["status"].isin(BUILT) & frame["offer_available"] & frame["technology"].isin(FIBRE)


def test_totals(city: DemoCity) -> None:
    layers = city.city_layers
    assert set(layers) == CITY_KINDS
    assert len(layers["addresses"]) == 100_000
    assert layers["addresses"]["households"].sum() == 341_000
    assert layers["districts"]["level"].value_counts().to_dict() == {
        "stadtteil": 50,
        "stadtbezirk": 10,
    }
    assert layers["boundary"].area.sum() == pytest.approx(217.2e6, abs=0.1e6)
    assert 60 <= len(layers["business_areas"]) <= 90
    assert len(layers["school_sites"]) == 180
    assert 240 <= len(layers["public_places"]) <= 260


def test_every_district_is_lived_in(city: DemoCity) -> None:
    register, districts = city.city_layers["addresses"], city.city_layers["districts"]
    small = districts[districts["level"] == "stadtteil"]
    households = register.groupby("district")["households"].sum()
    assert set(households.index) == set(small["code"])
    assert households.min() > 500
    inside = gpd.sjoin(register[["id", "district", "geometry"]], small[["code", "geometry"]])
    assert (inside["district"] == inside["code"]).all()
    assert len(inside) == len(register)


@pytest.mark.parametrize("level", ["stadtbezirk", "stadtteil"])
def test_districts_tile_the_city(city: DemoCity, level: str) -> None:
    districts = city.city_layers["districts"]
    parts = districts[districts["level"] == level].geometry.to_numpy()
    assert_tiles(parts, city.city_layers["boundary"].geometry.iloc[0])


def test_land_use_tiles_the_city(city: DemoCity) -> None:
    land = city.city_layers["land_use"]
    assert_tiles(land.geometry.to_numpy(), city.city_layers["boundary"].geometry.iloc[0])
    share = land.area.groupby(land["code"]).sum() / land.area.sum()
    assert share["water"] == pytest.approx(0.045, abs=0.015)
    assert share["forest"] + share["farmland"] + share["meadow"] > 0.25
    assert share["residential"] > 0.3


def assert_tiles(parts: np.ndarray, whole: Any) -> None:
    assert shapely.coverage_is_valid(parts)
    assert shapely.area(parts).sum() == pytest.approx(whole.area, abs=1.0)
    assert shapely.coverage_union_all(parts).equals(whole)


def test_frames_are_canonical(city: DemoCity) -> None:
    frames = [(kind, frame) for kind, frame in city.city_layers.items()]
    frames += [(one.kind, one.frame) for one in city.deliveries]
    for kind_id, frame in frames:
        kind = kind_of(kind_id)
        assert {column.name for column in kind.columns if column.required} <= set(frame.columns)
        if kind.key is not None and kind.key in frame:
            assert frame[kind.key].is_unique
        for column in kind.columns:
            if column.name in frame and column.codes is not None:
                known = {code.code for code in code_list(column.codes).codes}
                assert set(frame[column.name].dropna()) <= known, (kind_id, column.name)
            if column.name in frame and column.type == "date":
                assert frame[column.name].dtype == "datetime64[s]"
            if column.name in frame and column.type in ("text", "code"):
                assert frame[column.name].dtype == "str", (kind_id, column.name)


def test_geometry_is_valid_and_in_the_city(city: DemoCity) -> None:
    boundary = city.city_layers["boundary"].geometry.iloc[0]
    shapely.prepare(boundary)
    frames = [*city.city_layers.values(), *(one.frame for one in city.deliveries)]
    for frame in frames:
        if isinstance(frame, gpd.GeoDataFrame):
            assert frame.crs == city.crs
            assert frame.geometry.is_valid.all()
            assert not frame.geometry.is_empty.any()
            assert (
                shapely.within(shapely.centroid(frame.geometry.to_numpy()), boundary).mean() > 0.9
            )


def test_addresses_are_told_apart(city: DemoCity) -> None:
    register = city.city_layers["addresses"]
    key = ["street", "house_number", "suffix", "postcode"]
    assert not register.duplicated(key).any()
    assert not register.geometry.duplicated().any()
    assert register["suffix"].notna().mean() == pytest.approx(0.045, abs=0.02)
    assert (register["postcode"].str.len() == 5).all()
    assert (register["dwellings"] >= register["households"]).all()


def test_odd_and_even_numbers_lie_on_different_sides(city: DemoCity) -> None:
    register = city.city_layers["addresses"]
    odd = register["house_number"].astype(int) % 2 == 1
    sides = register.assign(odd=odd).groupby("street")["odd"].mean()
    assert sides.between(0.2, 0.8).mean() > 0.7


def test_the_street_network_hangs_together(city: DemoCity) -> None:
    streets = city.city_layers["streets"]
    ends = shapely.get_coordinates(
        shapely.get_point(np.repeat(streets.geometry.to_numpy(), 2), np.tile([0, -1], len(streets)))
    ).reshape(-1, 2, 2)
    keys, node = np.unique(np.round(ends.reshape(-1, 2), 2), axis=0, return_inverse=True)
    node = node.reshape(-1, 2)
    size = pd.Series(component(node, len(keys))).value_counts(normalize=True)
    assert size.iloc[0] > 0.97
    bridges = streets[streets.crosses(river(city)) & (streets["class"] == "primary")]
    assert len(bridges) >= 4


def component(links: np.ndarray, count: int) -> np.ndarray:
    label = np.arange(count)
    while True:
        least = np.minimum(label[links[:, 0]], label[links[:, 1]])
        following = label.copy()
        np.minimum.at(following, links[:, 0], least)
        np.minimum.at(following, links[:, 1], least)
        following = following[following]
        if (following == label).all():
            return label
        label = following


def river(city: DemoCity) -> Any:
    land = city.city_layers["land_use"]
    return land[(land["code"] == "water") & (land["name"] == "Sirne")].union_all()


@pytest.mark.parametrize(("day", "share"), OFFER_SHARES.items())
def test_household_share_with_an_offer(city: DemoCity, day: date, share: float) -> None:
    households = city.city_layers["addresses"]["households"].to_numpy()
    offered = operators_at(city, day, has_offer) > 0
    assert households[offered].sum() / 341_000 == pytest.approx(share, abs=0.015)


def test_plans_lead_to_three_quarters_in_2030(city: DemoCity) -> None:
    households = city.city_layers["addresses"]["households"].to_numpy()

    def by_2030(frame: Any) -> Any:
        planned = frame["status"].isin(["planned", "under_construction"])
        planned &= frame["available_from"] <= pd.Timestamp(2030, 12, 31)
        return has_offer(frame) | (planned & frame["technology"].isin(FIBRE))

    reached = operators_at(city, date(2026, 6, 30), by_2030) > 0
    assert households[reached].sum() / 341_000 == pytest.approx(0.75, abs=0.02)


def test_overbuild_and_cable(city: DemoCity) -> None:
    households = city.city_layers["addresses"]["households"].to_numpy()
    operators = operators_at(city, date(2026, 6, 30), has_offer)
    assert (operators > 1).sum() / (operators > 0).sum() == pytest.approx(0.15, abs=0.02)

    def gigabit(frame: Any) -> Any:
        return (frame["download_mbit"] >= 1000) & frame["offer_available"]

    reached = operators_at(city, date(2026, 6, 30), gigabit) > 0
    assert households[reached].sum() / 341_000 == pytest.approx(0.955, abs=0.015)


def test_business_areas_and_schools(city: DemoCity) -> None:
    day = date(2026, 6, 30)
    register, areas = city.city_layers["addresses"], city.city_layers["business_areas"]
    passed = operators_at(city, day, lambda f: f["status"].isin(BUILT)) > 0
    fibre = operators_at(city, day, lambda f: f["status"].isin(BUILT) & f["technology"].isin(FIBRE))
    at_work = register[(fibre > 0) & (register["business_sites"] > 0)]
    reached = gpd.sjoin(areas, at_work[["geometry"]], predicate="intersects")["id"].nunique()
    assert passed.sum() > (fibre > 0).sum()
    assert reached / len(areas) == pytest.approx(0.70, abs=0.04)
    (connections,) = of_kind(city, day, "school_connections")
    connected = (connections.frame["status"] == "connected").sum()
    assert connected / 180 == pytest.approx(0.85, abs=0.01)
    assert set(connections.frame["school_id"]) == set(city.city_layers["school_sites"]["id"])


@pytest.mark.parametrize(("day", "share"), [(date(2021, 6, 30), 0.80), (date(2026, 6, 30), 0.965)])
def test_area_with_5g(city: DemoCity, day: date, share: float) -> None:
    whole = city.city_layers["boundary"].area.sum()
    parts = []
    for one in of_kind(city, day, "mobile_coverage"):
        frame = one.frame[(one.frame["technology"] == "5G") & (one.frame["status"] == "existing")]
        parts.append(shapely.union_all(frame.geometry[frame["own_network"]].to_numpy()))
    assert shapely.union_all(parts).area / whole == pytest.approx(share, abs=0.01)
    if day.year == 2026:
        assert all(0.85 <= part.area / whole <= 0.935 for part in parts)


def test_coverage_of_one_key_never_overlaps(city: DemoCity) -> None:
    for one in of_kind(city, date(2024, 6, 30), "mobile_coverage"):
        for _, part in one.frame.groupby(
            ["technology", "mode", "status", "own_network"], dropna=False
        ):
            areas = part.geometry.to_numpy()
            assert shapely.union_all(areas).area == pytest.approx(shapely.area(areas).sum(), abs=10)


def test_sites_carry_what_is_covered(city: DemoCity) -> None:
    for one in of_kind(city, date(2026, 6, 30), "mobile_sites"):
        existing = one.frame[one.frame["status"] == "existing"]
        (coverage,) = (
            other.frame
            for other in of_kind(city, one.valid_from, "mobile_coverage")
            if other.operator == one.operator
        )
        dss = coverage[(coverage["mode"] == "DSS") & (coverage["status"] == "existing")]
        masts = existing[existing["site_id"].str.contains("DSS")].drop_duplicates("name")
        near = masts.geometry.distance(dss.union_all()) < 200
        assert near.mean() > 0.98
        assert (existing.groupby(["name", "technology", "band_mhz"]).size() % 3 == 0).all()


def test_gateways_grow_to_seventy_percent(city: DemoCity) -> None:
    boundary = city.city_layers["boundary"].geometry.iloc[0]
    shares = []
    for year in range(2023, 2027):
        frames = [one.frame for one in of_kind(city, date(year, 6, 30), "lorawan_gateways")]
        every = pd.concat([frame[frame["status"] == "existing"] for frame in frames])
        circles = every.geometry.buffer(every["reach_m"])
        shares.append(circles.union_all().intersection(boundary).area / boundary.area)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(0.70, abs=0.02)


def test_rasters_fit_the_city(city: DemoCity) -> None:
    west, south, east, north = city.city_layers["boundary"].total_bounds
    ground, transform = city.rasters["terrain"]
    top, other = city.rasters["surface"]
    assert transform == other
    assert (transform.a, transform.e) == (10.0, -10.0)
    assert ground.dtype == top.dtype == np.float32
    rows, columns = ground.shape
    assert transform.c < west < east < transform.c + 10 * columns
    assert transform.f - 10 * rows < south < north < transform.f
    built = top - ground
    assert built.min() >= 0
    assert built.max() <= 60.01
    assert 0.1 < (built > 5).mean() < 0.4
    assert 20 < ground.min() < 40
    assert 120 < ground.max() < 260
