"""What can be wished for."""

from __future__ import annotations

import pytest

from stadtnetz.services.predicting.wish import Wish


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"technology": "6G"}, "no technology '6G'; there are: 5G, LoRaWAN, WLAN"),
        ({"model": "circle"}, "no model 'circle'; there are: p1812, tr38901"),
        ({"pixel_m": 0.5}, "pixel_m is 0.5 m"),
        ({"reliability_percent": 100.0}, "reliability_percent is 100"),
        ({"radius_km": 0.1}, "radius_km is 0.1 km"),
    ],
)
def test_a_wish_that_makes_no_sense(words: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Wish(**words)  # type: ignore[arg-type]
