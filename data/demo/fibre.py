"""The fibre operators' deliveries, every half-year: the full state as each tells it that day."""

from __future__ import annotations

from collections.abc import Iterator

from .delivery import DemoDelivery
from .fibre_areas import areas_frame, cable_rows, lot_rows
from .fibre_lists import LISTS_PLANS, Listed
from .rollout import BUILDERS, CABLE, DELIVERY_DATES, rollout
from .town import Town


def fibre_deliveries(place: Town) -> Iterator[DemoDelivery]:
    """Return all deliveries of the fibre operators."""
    built = rollout(place)
    cable = cable_rows(place, built)
    for number, builder in enumerate(BUILDERS):
        listed = Listed.of(place, built, number) if builder.lists else None
        for day in DELIVERY_DATES:
            if listed is not None:
                frame = listed.frame(place, day)
                yield DemoDelivery("fibre_addresses", builder.slug, day, frame)
            if builder.slug != LISTS_PLANS:
                rows = lot_rows(place, built, number, day)
                rows = [*rows, *cable] if builder.slug == CABLE else rows
                if rows:
                    yield DemoDelivery("fibre_areas", builder.slug, day, areas_frame(builder, rows))
