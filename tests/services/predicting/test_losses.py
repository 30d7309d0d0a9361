"""What is kept between predictions."""

from __future__ import annotations

from datetime import date

import pytest
from predicted_city import (
    DAY,
    LATER,
    WISH,
    City,
    gateways,
)

from stadtnetz.services.predicting.run import mast_count, predict


def test_what_did_not_change_is_not_computed_again(city: City) -> None:
    city.with_ground().publish("lorawan_gateways", gateways(2), "stadt")
    first, again = (predict(city.assembly, WISH, DAY, "t")[0] for _ in range(2))
    assert (first.computed_count, again.computed_count) == (4, 0)
    assert first.ref.version == again.ref.version
    city.publish("lorawan_gateways", gateways(3), "stadt", LATER)
    (more,) = predict(city.assembly, WISH, LATER, "t")
    assert more.computed_count == 2  # one gateway, by both models
    moved = gateways(3, antenna_height_m=[20.0, 30.0, 20.0])
    city.publish("lorawan_gateways", moved, "stadt", date(2026, 3, 1))
    assert predict(city.assembly, WISH, date(2026, 3, 1), "t")[0].computed_count == 2


def test_what_was_interrupted_goes_on(city: City) -> None:
    city.with_ground().publish("lorawan_gateways", gateways(3), "stadt")
    steps: list[str] = []

    def until_the_third(text: str) -> None:
        steps.append(text)
        if len(steps) == 4:  # the first is the ground
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict(city.assembly, WISH, DAY, "t", until_the_third)
    kinds = [p.ref.kind for p in city.assembly.store.publications()]
    assert "predicted_lorawan" not in kinds
    assert not list(city.folder.glob(".prediction-*"))
    assert predict(city.assembly, WISH, DAY, "t")[0].computed_count == 4
    assert mast_count(city.assembly, WISH, DAY) == 6
