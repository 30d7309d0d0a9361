"""Share of the city's area within reach of a LoRaWAN gateway.

Part: square metres within the reach of at least one existing gateway. Whole: the whole area of
the city. The reach is the gateway's own, stated or measured; what a model predicts stands beside it
and is the figure where no gateway states a reach, and `basis` says so.

Known bias: a stated reach is a circle that knows neither hills nor buildings, and tells about
devices outdoors.
"""

from __future__ import annotations

from dataclasses import replace

from ..area_counting import area_share, both, denominators, predicted, variant
from ..model import Basis, Evidence, Indicator, Share


def compute(evidence: Evidence) -> Share:
    """Add up the area in reach; variants: of two or more gateways, by land use."""
    declared, model = (evidence.areas.get(n) for n in ("lorawan", "lorawan_predicted"))
    states_none = declared is None or not declared.pattern.any()
    basis: Basis = "predicted" if states_none and model is not None else "declared"
    table = evidence.areas["lorawan" if basis == "declared" else "lorawan_predicted"]
    covered = table.pattern >= 1
    variants = [
        variant(table, "at_least_2_gateways", table.pattern >= 2),
        *denominators(table, covered),
    ]
    if model is not None:
        variants += predicted(model, model.pattern >= 1)
        variants.append(variant(model, "predicted_at_least_2_gateways", model.pattern >= 2))
    found = area_share(evidence.districts, table, covered, variants, basis)
    return replace(found, versions=both(declared, model))


INDICATOR = Indicator(
    id="iot_area_share",
    title="Area with an IoT network (LoRaWAN)",
    unit="m2",
    definition=(
        "Area within reach of at least one LoRaWAN gateway, as a share of the city's whole area."
    ),
    method_version="1",
    units="area",
    needs=("boundary|districts", "lorawan_gateways|predicted_lorawan"),
    uses=("land_use",),
    compute=compute,
    technology="LoRaWAN",
)
