"""``/v1/kinds``: what can be handed in, with templates; and mappings that passed before."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter, Response

from ...data.kinds import kind as kind_of
from ...data.kinds import kinds
from ...data.templates import TemplateError, code_lists_csv, formats, write_template
from ..access.who import Who
from ..openapi import content_of
from .desk import AtDesk

router = APIRouter(prefix="/v1", tags=["deliveries"])

_MEDIA_TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".gpkg": "application/geopackage+sqlite3",
}


@router.get("/kinds", summary="All layer kinds")
def all_kinds() -> dict[str, Any]:
    """List kinds with their columns and the templates that there are."""
    return {
        "kinds": [
            {
                "id": kind.id,
                "holder": kind.holder,
                "geometry": list(kind.geometry),
                "templates": [suffix.lstrip(".") for suffix in formats(kind)],
                "columns": [
                    {
                        "name": column.name,
                        "german": column.german,
                        "type": column.type,
                        "required": column.required,
                        "unit": column.unit,
                        "codes": column.codes,
                    }
                    for column in kind.columns
                ],
            }
            for kind in kinds().values()
        ]
    }


@router.get(
    "/kinds/{kind}/template.{ending}",
    summary="Template to be filled in",
    response_class=Response,
    responses=content_of(*_MEDIA_TYPES.values()),
)
def template(kind: str, ending: Literal["csv", "xlsx", "gpkg"], desk: AtDesk) -> Response:
    """Return an example row under the right names."""
    found, suffix = kind_of(kind), f".{ending}"
    if suffix not in formats(found):
        raise TemplateError(f"there is no template {suffix} for {found.id}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{found.id}{suffix}"
        write_template(found, path, crs=desk.assembly.workspace.crs)
        content = path.read_bytes()
    return _attachment(content, path.name, _MEDIA_TYPES[suffix])


@router.get(
    "/kinds/{kind}/code-lists.csv",
    summary="Code lists of a kind",
    response_class=Response,
    responses=content_of("text/csv"),
)
def code_lists(kind: str) -> Response:
    """Return what may stand in the columns with codes."""
    found = kind_of(kind)
    content = code_lists_csv(found).encode()
    return _attachment(content, f"{found.id}_codelisten.csv", _MEDIA_TYPES[".csv"])


@router.get("/mappings/{kind}", summary="Column mapping of the last file that passed")
def mapping(kind: str, who: Who, desk: AtDesk) -> dict[str, Any]:
    """Return canonical column names and what they were called in the partner's last file."""
    return {"kind": kind, "mapping": desk.mapping(who, kind)}


def _attachment(content: bytes, name: str, media_type: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=media_type, headers=headers)
