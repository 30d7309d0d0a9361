"""Predictions as coordinators look after them: what there is, how old it is, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..coverage.radio.technologies import TECHNOLOGIES, technology_of
from ..data.jobs import PREDICT, JobState
from ..data.prediction_rasters import read_about
from ..maps.predictions import Asked, Listing, Row
from .predictions import Predictions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from .access.visitor import Visitor
    from .assembly import Assembly

_LATEST = 20


def listing_of(assembly: Assembly, as_of: date, who: Visitor) -> Listing:
    """Return the predictions of a date, sites without one, and the jobs that are not done."""
    snapshot = assembly.store.snapshot(as_of)
    sites = [
        ref
        for ref in snapshot.versions
        if ref.kind in {technology.sites for technology in TECHNOLOGIES.values()}
    ]
    jobs = assembly.store.latest_jobs(PREDICT, _LATEST)
    last = jobs[0] if jobs else None
    return Listing(
        rows=tuple(_rows(assembly, as_of, who)),
        operators=tuple(sorted({str(ref.operator) for ref in sites})),
        technologies=tuple(TECHNOLOGIES),
        jobs=tuple(
            Asked(job.id, job.phase, job.done_share, job.said or {})
            for job in reversed(jobs)
            if not job.is_over
        ),
        problem=(last.problem or {}) if last and last.state is JobState.FAILED else {},
    )


def _rows(assembly: Assembly, as_of: date, who: Visitor) -> Iterator[Row]:
    predictions, snapshot = Predictions(assembly, as_of, who), assembly.store.snapshot(as_of)
    predicted = {}
    for listed in predictions.all():
        if listed["operator"] is not None:
            predicted[technology_of(listed["kind"]).id, listed["operator"]] = listed
    for technology in TECHNOLOGIES.values():
        for ref in snapshot.versions:
            if ref.kind != technology.sites:
                continue
            found = predicted.get((technology.id, ref.operator))
            if found is None:
                yield Row(technology.id, str(ref.operator))
                continue
            about = read_about(assembly.store.raster(found["id"]).path)
            yield Row(
                technology.id,
                str(ref.operator),
                found["id"],
                found["valid_from"],
                about["model"],
                float(about["parameters"]["pixel_m"]),
                tuple(predictions.outdated(found["id"])),
            )
