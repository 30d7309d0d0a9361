"""Share of the city's area within reach of a LoRaWAN gateway.

Part: square metres within the reach of at least one existing gateway. Whole: the whole area of
the city. The reach is the gateway's own, stated or measured.

Known bias: a stated reach is a circle that knows neither hills nor buildings, and tells about
devices outdoors.
"""

from __future__ import annotations

from ..area_counting import area_share, denominators, variant
from ..model import Evidence, Indicator, Share


def compute(evidence: Evidence) -> Share:
    """Add up the area in reach; variants: of two or more gateways, by land use."""
    table = evidence.areas["lorawan"]
    covered = table.pattern >= 1
    variants = (
        variant(table, "at_least_2_gateways", table.pattern >= 2),
        *denominators(table, covered),
    )
    return area_share(evidence.districts, table, covered, variants)


INDICATOR = Indicator(
    id="iot_area_share",
    title="Area with an IoT network (LoRaWAN)",
    unit="m2",
    definition=(
        "Area within reach of at least one LoRaWAN gateway, as a share of the city's whole area."
    ),
    method_version="1",
    units="area",
    needs=("boundary|districts", "lorawan_gateways"),
    uses=("land_use",),
    compute=compute,
)
