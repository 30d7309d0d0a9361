"""How a request is answered that is not let through: problem details, or a page for people."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from ...maps import account
from ..errors import detail_of, problem, status_of
from .answers import page_answer, path_here, setting_for, wants_page
from .forgery import ForgeryError
from .guard import InvalidTokenError, NobodyRecognisedError, WrongRoleError

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection


def refusal(request: HTTPConnection, error: ValueError) -> Response:
    """Answer a request that is not let through.

    People who are not signed in are led to the page where they can, and from there to where they
    wanted to go.
    """
    status, code = status_of(error)
    if not wants_page(request) or isinstance(error, InvalidTokenError):
        answer: Response = problem(status, code, detail_of(error, code), request.url.path)
    elif isinstance(error, NobodyRecognisedError):
        return RedirectResponse(_sign_in(request), 303)
    else:
        setting = setting_for(request)
        said = account.message(_message_code(error), setting.language)
        answer = page_answer(request, account.notice(setting, said), setting, status)
    answer.headers.update(getattr(error, "headers", {}))
    return answer


def _message_code(error: ValueError) -> str:
    if isinstance(error, ForgeryError):
        return "forged"
    return "role" if isinstance(error, WrongRoleError) else "failed"


def _sign_in(request: HTTPConnection) -> str:
    query = {}
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.scope["method"] == "GET" and path_here(wanted):
        query["next"] = wanted
    if lang := request.query_params.get("lang"):
        query["lang"] = lang
    root = request.scope.get("root_path", "")
    return f"{root}/sign-in" + (f"?{urlencode(query)}" if query else "")
