"""``/predictions``: coordinators have coverage predicted, and see how old it is."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from ...maps import predictions as page
from ..access.answers import form_of, page_answer, see_other, setting_for
from ..access.secret import form_token
from ..access.visitor import Visitor
from ..access.who import Who
from ..deliveries import Desk
from ..predicting.asking import ask, words_of_form
from ..predicting.wish import PredictionError
from ..prediction_listing import listing_of
from .desk import AtDesk
from .predictions import today

router = APIRouter(
    prefix="/predictions",
    tags=["pages"],
    default_response_class=HTMLResponse,
    include_in_schema=False,
)


@router.get("")
def predictions(request: Request, who: Who, desk: AtDesk) -> Response:
    """Return what is predicted, what is under way, and the form."""
    return _page(request, who, desk)


@router.post("")
async def predict(request: Request, who: Who, desk: AtDesk) -> Response:
    """Have coverage predicted as the form says."""
    form = await form_of(request)
    fields = {name: values[0] for name, values in form.items() if name != "csrf_token"}
    try:
        words = words_of_form(fields)
        await run_in_threadpool(ask, desk.assembly, desk.queue, words, who)
    except PredictionError as error:
        return await run_in_threadpool(_page, request, who, desk, fields, error.code)
    return see_other(request, "/predictions")


def _page(
    request: Request,
    who: Visitor,
    desk: Desk,
    fields: dict[str, str] | None = None,
    fault: str = "",
) -> Response:
    setting = setting_for(request)
    listing = listing_of(desk.assembly, today(), who)
    token = form_token(request.state.form_secret)
    html = page.render(listing, setting, form_token=token, fields=fields or {}, fault=fault)
    return page_answer(request, html, setting, 422 if fault else 200)
