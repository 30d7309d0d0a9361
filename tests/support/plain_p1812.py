"""ITU-R P.1812-8 a second time: plain numpy in the order and with the letters of its equations.

Slow, without a word shared with the program, and only good for comparing with it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy import arccos, arctan, cos, exp, log10, pi, sqrt, tanh

LAND, SEA = (22.0, 0.003), (80.0, 5.0)


def terms(
    f: float,
    p: float,
    d: Any,
    h: Any,
    clutter: Any,
    zone: Any,
    heights: tuple[float, float],
    polarization: str,
    *,
    p_l: float = 50.0,
    delta_n: float = 45.0,
    n0: float = 325.0,
    phi: float = 51.2,
) -> dict[str, float]:
    """Return what the recommendation computes, by its symbols."""
    d, h, clutter, zone = (np.asarray(column, float) for column in (d, h, clutter, zone))
    b0, tau, found = _ducting_incidence(d, zone, abs(phi))
    omega = sum(_stretches(d, zone == 1)) / d[-1]
    ae, ab = 6371 * 157 / (157 - delta_n), 6371 * 3.0
    hts, hrs = h[0] + heights[0], h[-1] + heights[1]
    found |= {"ae": ae, "ab": ab, "omega": omega, "b0": b0, "tau": tau, "hts": hts, "hrs": hrs}
    found |= _horizons(f, d, h, hts, hrs, ae)
    found |= _smooth_earth(d, h, hts, hrs, found)
    found |= _line_of_sight(f, p, d[-1], found)

    g = h + clutter
    g[0], g[-1] = h[0], h[-1]
    ld50, ldb = (_delta_bullington(d, g, f, a, omega, polarization, found) for a in (ae, ab))
    fi = _q(p / 100) / _q(b0 / 100) if p > b0 else 1.0
    ldp = ld50 + (ldb - ld50) * fi
    lbd50, lbd = found["Lbfs"] + ld50, found["Lb0p"] + ldp
    found |= {"Ld50": ld50, "Ldb": ldb, "Fi": fi, "Ldp": ldp, "Lbd50": lbd50, "Lbd": lbd}
    found |= _anomalous(f, p, d, zone, found)

    lbs = 190.1 + 25 * log10(f) - 2.5 * log10(0.5 * f) ** 2 + 20 * log10(d[-1])
    lbs += 0.573 * found["theta"] - 0.15 * n0 - 10.125 * log10(50 / p) ** 0.7
    lminb0p = found["Lb0p"] + (1 - omega) * ldp
    if p >= b0:
        lminb0p = lbd50 + (found["Lb0b"] + (1 - omega) * ldp - lbd50) * fi
    lminbap = 2.5 * np.logaddexp(found["Lba"] / 2.5, found["Lb0p"] / 2.5)
    fj = 1 - 0.5 * (1 + tanh(3 * 0.8 * (found["theta"] - 0.3) / 0.3))
    fk = 1 - 0.5 * (1 + tanh(3 * 0.5 * (d[-1] - 20) / 20))
    lbda = lminbap + (lbd - lminbap) * fk if lminbap <= lbd else lbd
    lbam = lbda + (lminb0p - lbda) * fj
    lbc = -5 * np.logaddexp(-0.2 * lbs * np.log(10), -0.2 * lbam * np.log(10)) / np.log(10)
    u = np.clip(1 - (heights[1] - clutter[-1]) / 10, 0, 1)
    sigma = 0.0 if zone[-1] == 1 else (0.52 + 0.024 * f) * 100**0.28 * u
    lloc = -_q(p_l / 100) * sigma
    inner = {name: value for name, value in found.items() if name not in ("lt", "lr")}
    return inner | {
        "Lbs": lbs,
        "Lminb0p": lminb0p,
        "Lminbap": lminbap,
        "Fj": fj,
        "Fk": fk,
        "Lbda": lbda,
        "Lbam": lbam,
        "Lbc": lbc,
        "Lloc": lloc,
        "Lb": max(found["Lb0p"], lbc + lloc),
    }


def _stretches(d: Any, inside: Any) -> list[float]:
    """Lengths of what is inside, each from half-way to the sample before to half-way behind."""
    borders = np.concatenate([d[:1], (d[1:] + d[:-1]) / 2, d[-1:]])
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
    return [borders[end] - borders[start] for start, end in zip(edges[::2], edges[1::2])]  # noqa: B905


def _ducting_incidence(d: Any, zone: Any, phi: float) -> tuple[float, float, dict[str, float]]:
    dtm = max(_stretches(d, zone >= 3), default=0.0)
    dlm = max(_stretches(d, zone == 4), default=0.0)
    tau = 1 - exp(-4.12e-4 * dlm**2.41)
    mu1 = min((10 ** (-dtm / (16 - 6.6 * tau)) + 10 ** (-5 * (0.496 + 0.354 * tau))) ** 0.2, 1)
    if phi <= 70:
        b0 = 10 ** (-0.015 * phi + 1.67) * mu1 * mu1 ** (-0.935 + 0.0176 * phi)
    else:
        b0 = 4.17 * mu1 * mu1**0.3
    return b0, tau, {"dtm": dtm, "dlm": dlm}


def _horizons(f: float, d: Any, h: Any, hts: float, hrs: float, ae: float) -> dict[str, Any]:
    """Attachment 1, sections 4 and 5.1 to 5.5."""
    dtot, di, hi = d[-1], d[1:-1], h[1:-1]

    def angle(up: Any, over: Any) -> Any:
        return 1000 * arctan(up / (1000 * over) - over / (2 * ae))

    theta_i, theta_td = angle(hi - hts, di), angle(hrs - hts, dtot)
    if theta_i.max() > theta_td:
        theta_j = angle(hi - hrs, dtot - di)
        lt, lr = np.argmax(theta_i), len(di) - 1 - np.argmax(theta_j[::-1])
        theta_t, theta_r = theta_i.max(), theta_j.max()
    else:
        nu = hi + 500 / ae * di * (dtot - di) - (hts * (dtot - di) + hrs * di) / dtot
        nu = nu * sqrt(0.002 * dtot * f / (0.2998 * di * (dtot - di)))
        lt = lr = np.argmax(nu)
        theta_t, theta_r = theta_td, angle(hts - hrs, dtot)
    return {
        "lt": lt + 1,
        "lr": lr + 1,
        "dlt": di[lt],
        "dlr": dtot - di[lr],
        "theta_t": theta_t,
        "theta_r": theta_r,
        "theta": 1000 * dtot / ae + theta_t + theta_r,
    }


def _smooth_earth(
    d: Any, h: Any, hts: float, hrs: float, found: dict[str, Any]
) -> dict[str, float]:
    """Attachment 1, section 5.6."""
    dtot, v1, v2 = d[-1], 0.0, 0.0
    for (d0, h0), (d1, h1) in pairwise(zip(d, h, strict=True)):
        v1 += (d1 - d0) * (h1 + h0)
        v2 += (d1 - d0) * (h1 * (2 * d1 + d0) + h0 * (d1 + 2 * d0))
    hst, hsr = (2 * v1 * dtot - v2) / dtot**2, (v2 - v1 * dtot) / dtot**2
    di = d[1:-1]
    over = h[1:-1] - (hts * (dtot - di) + hrs * di) / dtot
    hobs, at, ar = over.max(), (over / di).max(), (over / (dtot - di)).max()
    lowered = (hobs * at / (at + ar), hobs * ar / (at + ar)) if hobs > 0 else (0.0, 0.0)
    level_t, level_r = min(hst, h[0]), min(hsr, h[-1])
    between = slice(found["lt"], found["lr"] + 1)
    return {
        "hst": hst,
        "hsr": hsr,
        "hstd": min(hst - lowered[0], h[0]),
        "hsrd": min(hsr - lowered[1], h[-1]),
        "hte": hts - level_t,
        "hre": hrs - level_r,
        "hm": (h[between] - (level_t + (level_r - level_t) / dtot * d[between])).max(),
    }


def _line_of_sight(f: float, p: float, d: float, found: dict[str, Any]) -> dict[str, float]:
    dfs2 = d**2 + ((found["hts"] - found["hrs"]) / 1000) ** 2
    lbfs = 92.4 + 20 * log10(f) + 10 * log10(dfs2)
    e = 2.6 * (1 - exp(-0.1 * (found["dlt"] + found["dlr"])))
    return {
        "Lbfs": lbfs,
        "Lb0p": lbfs + e * log10(p / 50),
        "Lb0b": lbfs + e * log10(found["b0"] / 50),
    }


def _bullington(d: Any, g: Any, hts: float, hrs: float, a: float, f: float) -> float:
    lam, dtot, di, gi = 0.2998 / f, d[-1], d[1:-1], g[1:-1]
    bulged = gi + 500 / a * di * (dtot - di)
    s_tim, s_tr = ((bulged - hts) / di).max(), (hrs - hts) / dtot
    if s_tim < s_tr:
        clear = bulged - (hts * (dtot - di) + hrs * di) / dtot
        nu = (clear * sqrt(0.002 * dtot / (lam * di * (dtot - di)))).max()
    else:
        s_rim = ((bulged - hrs) / (dtot - di)).max()
        db = (hrs - hts + s_rim * dtot) / (s_tim + s_rim)
        nu = hts + s_tim * db - (hts * (dtot - db) + hrs * db) / dtot
        nu = nu * sqrt(0.002 * dtot / (lam * db * (dtot - db)))
    luc = 6.9 + 20 * log10(sqrt((nu - 0.1) ** 2 + 1) + nu - 0.1) if nu > -0.78 else 0.0
    return luc + (1 - exp(-luc / 6)) * (10 + 0.02 * dtot)


def _first_term(
    d: float, ht: float, hr: float, a: float, f: float, ground: tuple[float, float], pol: str
) -> float:
    epsilon, sigma = ground
    k = 0.036 * (a * f) ** (-1 / 3) * ((epsilon - 1) ** 2 + (18 * sigma / f) ** 2) ** -0.25
    if pol == "vertical":
        k *= sqrt(epsilon**2 + (18 * sigma / f) ** 2)
    beta = (1 + 1.6 * k**2 + 0.67 * k**4) / (1 + 4.5 * k**2 + 1.53 * k**4)
    x = 21.88 * beta * (f / a**2) ** (1 / 3) * d
    fx = 11 + 10 * log10(x) - 17.6 * x if x >= 1.6 else -20 * log10(x) - 5.6488 * x**1.425

    def gain(height: float) -> float:
        b = beta * 0.9575 * beta * (f**2 / a) ** (1 / 3) * height
        high = 17.6 * sqrt(b - 1.1) - 5 * log10(b - 1.1) - 8 if b > 2 else 0.0
        return max(high if b > 2 else 20 * log10(b + 0.1 * b**3), 2 + 20 * log10(k))

    return -fx - gain(ht) - gain(hr)


def _spherical(d: float, ht: float, hr: float, a: float, f: float, omega: float, pol: str) -> float:
    def first_term(radius: float) -> float:
        land, sea = (_first_term(d, ht, hr, radius, f, ground, pol) for ground in (LAND, SEA))
        return omega * sea + (1 - omega) * land

    if d >= sqrt(2 * a) * (sqrt(0.001 * ht) + sqrt(0.001 * hr)):
        return first_term(a)
    c, m = (ht - hr) / (ht + hr), 250 * d**2 / (a * (ht + hr))
    b = cos(pi / 3 + arccos(3 * c / 2 * sqrt(3 * m / (m + 1) ** 3)) / 3)
    b *= 2 * sqrt((m + 1) / (3 * m))
    d1, d2 = d / 2 * (1 + b), d / 2 * (1 - b)
    hse = ((ht - 500 * d1**2 / a) * d2 + (hr - 500 * d2**2 / a) * d1) / d
    hreq = 17.456 * sqrt(d1 * d2 * 0.2998 / f / d)
    if hse > hreq:
        return 0.0
    return (1 - hse / hreq) * max(first_term(500 * (d / (sqrt(ht) + sqrt(hr))) ** 2), 0.0)


def _delta_bullington(
    d: Any, g: Any, f: float, a: float, omega: float, pol: str, found: dict[str, Any]
) -> float:
    hts, hrs = found["hts"], found["hrs"]
    low_t, low_r = hts - found["hstd"], hrs - found["hsrd"]
    lbulla = _bullington(d, g, hts, hrs, a, f)
    lbulls = _bullington(d, 0 * g, low_t, low_r, a, f)
    ldsph = _spherical(d[-1], low_t, low_r, a, f, omega, pol)
    name = "50" if a == found["ae"] else "ab"
    found |= {f"Lbulla_{name}": lbulla, f"Lbulls_{name}": lbulls, f"Ldsph_{name}": ldsph}
    return lbulla + max(ldsph - lbulls, 0.0)


def _anomalous(f: float, p: float, d: Any, zone: Any, found: dict[str, Any]) -> dict[str, float]:
    dtot, dlt, dlr = d[-1], found["dlt"], found["dlr"]
    borders = np.concatenate([d[:1], (d[1:] + d[:-1]) / 2, d[-1:]])
    at_sea = np.flatnonzero(zone == 1)
    dct = borders[at_sea[0]] if len(at_sea) else dtot
    dcr = dtot - borders[at_sea[-1] + 1] if len(at_sea) else dtot

    def shielding(theta: float, dl: float) -> float:
        over = theta - 0.1 * dl
        near = 20 * log10(1 + 0.361 * max(over, 0) * sqrt(f * dl))
        return near + 0.264 * over * f ** (1 / 3) if over > 0 else 0.0

    def coast(dc: float, dl: float, hs: float) -> float:
        near = found["omega"] >= 0.75 and dc <= dl and dc <= 5
        return -3 * exp(-0.25 * dc**2) * (1 + tanh(0.07 * (50 - hs))) if near else 0.0

    ast, asr = shielding(found["theta_t"], dlt), shielding(found["theta_r"], dlr)
    act, acr = coast(dct, dlt, found["hts"]), coast(dcr, dlr, found["hrs"])
    alf = 45.375 - 137.0 * f + 92.5 * f**2 if f < 0.5 else 0.0
    af = 102.45 + 20 * log10(f) + 20 * log10(dlt + dlr) + alf + ast + asr + act + acr
    theta = 1000 * dtot / found["ae"]
    theta += min(found["theta_t"], 0.1 * dlt) + min(found["theta_r"], 0.1 * dlr)
    alpha = max(-0.6 - 3.5e-9 * dtot**3.1 * found["tau"], -3.4)
    spread = (sqrt(found["hte"]) + sqrt(found["hre"])) ** 2
    mu2 = min((500 / found["ae"] * dtot**2 / spread) ** alpha, 1)
    rough = (found["hm"] - 10) * (43 + 6 * min(dtot - dlt - dlr, 40))
    mu3 = exp(-4.6e-5 * rough) if found["hm"] > 10 else 1.0
    beta = found["b0"] * mu2 * mu3
    gamma = exp(-(9.51 - 4.8 * log10(beta) + 0.198 * log10(beta) ** 2) * 1e-6 * dtot**1.13)
    gamma *= 1.076 / (2.0058 - log10(beta)) ** 1.012
    ap = -12 + (1.2 + 3.7e-3 * dtot) * log10(p / beta) + 12 * (p / beta) ** gamma
    adp = 5e-5 * found["ae"] * f ** (1 / 3) * theta + ap
    return {
        "dct": dct,
        "dcr": dcr,
        "Ast": ast,
        "Asr": asr,
        "Act": act,
        "Acr": acr,
        "Af": af,
        "mu2": mu2,
        "mu3": mu3,
        "beta": beta,
        "Ap": ap,
        "Adp": adp,
        "Lba": af + adp,
    }


def _q(x: float) -> float:
    """Attachment 2."""
    if x > 0.5:
        return -_q(1 - x)
    t = sqrt(-2 * np.log(max(x, 1e-6)))
    above = (0.010328 * t + 0.802853) * t + 2.515516698
    return float(t - above / (((0.001308 * t + 0.189269) * t + 1.432788) * t + 1))
