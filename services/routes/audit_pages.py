"""``/audit``: the audit log as a page, for those who may read it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from ...maps import audit_log
from ...maps.audit_log import Chain, Log
from ..access.answers import page_answer, setting_for
from ..audit_log import entry_document

router = APIRouter(tags=["pages"], default_response_class=HTMLResponse, include_in_schema=False)

Text = Annotated[str, Query(max_length=128)]
PAGE = 100


@router.get("/audit")
def audit(
    request: Request,
    who: Text = "",
    what: Text = "",
    delivery: Text = "",
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    full: Annotated[bool, Query()] = False,
) -> Response:
    """Return a page of the log, newest first, and whether all of it is whole."""
    store, setting = request.app.state.assembly.store, setting_for(request)
    filters = {"who": who.strip(), "what": what.strip(), "delivery": delivery.strip().lower()}
    wanted = {name: text for name, text in filters.items() if text}
    found = store.log_page(PAGE + 1, before=before, **wanted)
    shown = found[:PAGE]
    following = None
    if len(found) > PAGE:
        query = wanted | {"before": str(shown[-1]["id"])}
        if setting.links.query:
            query["lang"] = setting.language.code
        following = urlencode(query)
    checked = request.app.state.log_watch.check(full=full)
    verdict = checked.verdict
    log = Log(
        [entry_document(entry) for entry in shown],
        Chain(
            verdict.count,
            verdict.last_hash,
            verdict.fault,
            checked.new_count,
            checked.fully_at.isoformat(),
        ),
        filters,
        store.log_sorts(),
        following,
    )
    return page_answer(request, audit_log.render(log, setting), setting)
