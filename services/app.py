"""The service: ``create_app(settings)`` and its table of contents."""

from __future__ import annotations

from fastapi import FastAPI

from ..data.workspace import WorkspaceError
from .assembly import Assembly
from .body_limit import BodyLimit
from .deliveries import Desk
from .errors import add_error_handlers
from .jobs import Queue
from .routes import deliveries, figures, health, jobs, kinds, pages, uploads
from .settings import Settings

TITLE = "Stadtnetz"
DESCRIPTION = (
    "Where a city's digital infrastructure stands: goals and indicators of fibre, 5G, WLAN and "
    "IoT coverage, with the layer versions that each figure rests on. Figures that would tell "
    "operators apart are not handed out."
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Put the service together; nothing is read before this is called.

    Raises
    ------
    WorkspaceError
        If the settings name no workspace.
    """
    settings = settings or Settings()
    assembly = Assembly.open(settings.workspace)
    app = FastAPI(
        title=TITLE,
        description=DESCRIPTION,
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.state.assembly = assembly
    app.state.settings = settings
    app.state.desk = Desk(assembly, Queue.of(assembly.store))
    app.add_middleware(BodyLimit)
    add_error_handlers(app)
    app.include_router(health.router)
    app.include_router(figures.router)
    for module in (kinds, deliveries, uploads, jobs):
        app.include_router(module.router)
    app.include_router(pages.router)
    return app


__all__ = ["WorkspaceError", "create_app"]
