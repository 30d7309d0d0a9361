"""Asking for a prediction: what a coordinator wishes becomes a job."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...coverage.radio.checks import ArgumentRangeError
from ...data.jobs import PREDICT
from .run import check
from .wish import PIXELS_M, RADII_KM, PredictionError, Wish

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...data.jobs import Job
    from ..access.visitor import Visitor
    from ..assembly import Assembly
    from ..jobs import Queue


class WishWords(BaseModel):
    """What is to be predicted, as it is said to the interface or in a form; see `Wish`."""

    model_config = ConfigDict(extra="forbid")

    technology: str | None = Field(None, description="5G, LoRaWAN or WLAN; all without it.")
    operator: str | None = Field(None, max_length=128, description="All without it.")
    radius_km: float | None = Field(None, ge=RADII_KM[0], le=RADII_KM[1])
    pixel_m: float = Field(10.0, ge=PIXELS_M[0], le=PIXELS_M[1])
    reliability_percent: float = Field(50.0, ge=1, le=99)
    model: str = Field("p1812", description="p1812 or tr38901.")
    second_opinion: bool = True
    load_share: float = Field(0.5, ge=0, le=1)
    as_of: date | None = Field(None, description="Date of the sites; today without it.")

    def wish(self) -> Wish:
        """Return the wish.

        Raises
        ------
        PredictionError
            If there is no such technology or model.
        """
        try:
            return Wish(**self.model_dump(exclude={"as_of"}))
        except ArgumentRangeError as error:
            raise PredictionError(str(error)) from error


def words_of_form(fields: Mapping[str, str]) -> WishWords:
    """Return what a form says; fields that are empty say nothing.

    Raises
    ------
    PredictionError
        Names the first field that makes no sense.
    """
    given: dict[str, Any] = {name: text for name, text in fields.items() if text.strip()}
    given["second_opinion"] = given.get("second_opinion") == "yes"
    for name in ("radius_km", "pixel_m", "reliability_percent"):
        if name in given:
            given[name] = given[name].replace(",", ".")
    try:
        return WishWords(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise PredictionError(f"{name}: {first['msg']}", f"wrong_{name}") from error


def ask(assembly: Assembly, queue: Queue, words: WishWords, who: Visitor) -> Job:
    """Write down a prediction that is to be made, and queue it.

    Raises
    ------
    PredictionError, NoGroundError
        If nothing can be predicted, as far as that is known at once.
    """
    wish, day = words.wish(), words.as_of or assembly.store.now().date()
    check(assembly, wish, day)
    said = {"wish": asdict(wish), "as_of": day.isoformat(), "who": who.name}
    job = assembly.store.new_job(PREDICT, None, said)
    queue.add(PREDICT, job.id)
    return job
