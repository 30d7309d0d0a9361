"""P.1812 for one profile: the recommendation's own cases, edges, and what is refused."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.radio import _p1812_profile as profile_kernels
from stadtnetz.coverage.radio import p1812
from stadtnetz.coverage.radio._p1812_diffraction import ground
from stadtnetz.coverage.radio.checks import ArgumentRangeError

CASE_COUNT = 63
TOLERANCE_DB = 0.01


def middle_latitude(profile: dict[str, Any]) -> float:
    """Half the path along the great circle from the transmitter."""
    names = ("phi_t", "lam_t", "phi_r", "lam_r")
    phi_t, lam_t, phi_r, lam_r = (math.radians(profile[name]) for name in names)
    east = math.sin(lam_r - lam_t) * math.cos(phi_r)
    north = math.cos(phi_t) * math.sin(phi_r) - math.sin(phi_t) * math.cos(phi_r) * math.cos(
        lam_r - lam_t
    )
    angle = profile["d"][-1] / 2 / 6371
    bearing = math.atan2(east, north)
    return math.degrees(
        math.asin(
            math.sin(phi_t) * math.cos(angle)
            + math.cos(phi_t) * math.sin(angle) * math.cos(bearing)
        )
    )


@pytest.mark.real
def test_every_value_of_every_validation_case(shared: Path) -> None:
    vectors = json.loads((shared / "vectors" / "p1812.json").read_text("utf-8"))
    assert len(vectors["cases"]) == CASE_COUNT
    wrong = []
    for case in vectors["cases"]:
        profile = vectors["profiles"][case["profile"]]
        found = p1812.terms(
            case["f_GHz"],
            case["p"],
            profile["d"],
            profile["h"],
            profile["R"],
            profile["zone"],
            case["htg"],
            case["hrg"],
            "vertical" if case["pol"] == 2 else "horizontal",
            delta_n=profile["DN"],
            n0=profile["N0"],
            latitude_deg=middle_latitude(profile),
        )
        for symbol, value in (case["intermediate"] | {"Lb": case["Lb"]}).items():
            if not abs(found[symbol] - value) <= TOLERANCE_DB:
                wrong.append((case["profile"], case["i"], symbol, found[symbol], value))
    assert wrong == []


@pytest.mark.real
def test_diffraction_of_the_interference_cases(shared: Path) -> None:
    """P.452-18 shares profile analysis and diffraction with P.1812, up to 50 GHz."""
    vectors = json.loads((shared / "vectors" / "p452v18.json").read_text("utf-8"))
    assert len(vectors["cases"]) == 48
    wrong = []
    for case in vectors["cases"]:
        rows = vectors["profiles"][case["profile"]]["rows"]
        distance, height, clutter = (np.array([row[i] for row in rows], float) for i in range(3))
        # P.452 leaves clutter out nearer than 50 m to a terminal, P.1812 at the terminals only
        near = np.minimum(distance, distance[-1] - distance) < 0.05 - 1e-9
        surface = np.where(near, height, height + clutter)
        tx_m, rx_m = height[0] + case["htg (m)"], height[-1] + case["hrg (m)"]
        kind = ground(case["f (GHz)"], case["pol (1-h/2-v)"] == 2)
        smooth = profile_kernels.smooth_earth(distance, height, tx_m, rx_m)
        seen = profile_kernels.horizons(
            distance, height, tx_m, rx_m, case["ae"], kind.wavelength_m
        )
        median = profile_kernels.delta_bullington(
            distance, surface, tx_m, rx_m, smooth, case["ae"], case["omega"], kind
        )
        found = {
            "Ld50": median.loss_db,
            "Ldsph": median.spherical_db,
            "hstd": smooth.tx_diffraction_m,
            "hsrd": smooth.rx_diffraction_m,
            "dlt": seen.tx_km,
            "dlr": seen.rx_km,
            "theta_t": seen.tx_mrad,
            "theta_r": seen.rx_mrad,
        }
        for symbol, value in found.items():
            if not abs(value - case[symbol]) <= TOLERANCE_DB:
                wrong.append((case["profile"], case["f (GHz)"], symbol, value, case[symbol]))
    assert wrong == []
