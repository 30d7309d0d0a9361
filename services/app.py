"""The service: ``create_app(settings)`` and its table of contents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from ..data.workspace import WorkspaceError
from .access.door import Door
from .access.guard import Guard
from .access.refusal import refusal
from .access.settings import AccessSettings, OidcSettings
from .assembly import Assembly
from .audit_log import LogWatch
from .body_limit import BodyLimit
from .deliveries import Desk
from .errors import add_error_handlers
from .jobs import Queue
from .openapi import PROBLEM_RESPONSES, description_of
from .routes import (
    account,
    audit,
    audit_pages,
    deliveries,
    delivery_pages,
    dispute_pages,
    disputes,
    figures,
    health,
    jobs,
    kinds,
    measurements,
    pages,
    prediction_pages,
    predictions,
    review,
    sign_in,
    tokens,
    units,
    uploads,
)
from .settings import Settings
from .throttle import Throttle

TITLE = "Stadtnetz"
DESCRIPTION = (
    "Where a city's digital infrastructure stands: goals and indicators of fibre, 5G, WLAN and "
    "IoT coverage, with the layer versions that each figure rests on. Figures that would tell "
    "operators apart are not handed out."
)


@asynccontextmanager
async def _open_while_serving(app: FastAPI) -> AsyncIterator[None]:
    """Close the store when the service ends."""
    yield
    await run_in_threadpool(app.state.assembly.store.close)


def create_app(
    settings: Settings | None = None,
    access: AccessSettings | None = None,
    oidc: OidcSettings | None = None,
) -> FastAPI:
    """Put the service together; nothing is read before this is called.

    Settings that are not given come from the environment.

    Raises
    ------
    WorkspaceError
        If the settings name no workspace.
    ValueError
        If the settings' rate of disputes cannot be read.
    """
    settings = settings or Settings()
    assembly = Assembly.open(settings.workspace)
    app = FastAPI(
        lifespan=_open_while_serving,
        title=TITLE,
        description=DESCRIPTION,
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        responses=PROBLEM_RESPONSES,
    )
    app.openapi = description_of(app)  # type: ignore[method-assign]
    app.state.assembly = assembly
    app.state.settings = settings
    app.state.door = Door.open(assembly.store.database, access, oidc)
    app.state.desk = Desk(assembly, Queue.of(assembly.store))
    app.state.log_watch = LogWatch(assembly.store)
    app.state.dispute_throttle = Throttle("disputes", settings.dispute_rate)
    app.add_middleware(BodyLimit)
    add_error_handlers(app)
    app.add_middleware(Guard, routes=lambda: app.routes, door=app.state.door, refusal=refusal)
    app.include_router(health.router)
    app.include_router(figures.router)
    app.include_router(predictions.router)
    app.include_router(units.router)
    app.include_router(measurements.router)
    for module in (kinds, deliveries, uploads, jobs):
        app.include_router(module.router)
    app.include_router(pages.router)
    for module in (review, disputes, audit, sign_in, account, tokens):
        app.include_router(module.router)
    for module in (delivery_pages, dispute_pages, prediction_pages, audit_pages):
        app.include_router(module.router)
    return app


__all__ = ["WorkspaceError", "create_app"]
