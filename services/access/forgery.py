"""Cross-site request forgery: a request that changes something must come from a page of ours.

Two checks, both for requests that a browser would send by itself (with a cookie, not with a token
in ``Authorization``): what the browser says of the page it comes from (``Sec-Fetch-Site``, else
``Origin``), and a token bound to the secret in the cookie, which only our own pages can know. It
comes in the header ``X-CSRF-Token``, or in the field ``csrf_token`` of a form, which must lie in
the first 64 KiB of it; a form with files puts it first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from .secret import form_token, same

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks
    from starlette.requests import HTTPConnection
    from starlette.types import Message, Receive

    from .settings import AccessSettings

FIELD = "csrf_token"
HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_HEAD_OF_FORM_BYTES = 65_536
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class ForgeryError(ValueError):
    """A request that changes something does not come from a page of ours, or from an old one."""


def check_origin(request: HTTPConnection, settings: AccessSettings) -> None:
    """Check what the browser says of the page that sends the request.

    Raises
    ------
    ForgeryError
        If it is none of ours. Programs that say nothing pass: the token stands behind this.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        ours = site in {"same-origin", "none"}
    elif origin is not None:
        own = settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
        ours = origin == own
    else:
        ours = True
    if not ours:
        raise ForgeryError(
            "the request was sent by a page of another site, and nothing was changed; "
            "open the page of this service and try again"
        )


async def check_token(request: HTTPConnection, receive: Receive, secret: str | None) -> Receive:
    """Check the token of a request against the secret in its cookie; return what remains to read.

    Raises
    ------
    ForgeryError
        If there is no token, or another one.
    """
    said = request.headers.get(HEADER)
    media_type, options = parse_options_header(request.headers.get("content-type"))
    if said is None and media_type.decode("latin-1") in _FORMS:
        head, receive = await _head_of(receive)
        said = _field(head, options.get(b"boundary"))
    if secret is None or said is None or not same(said, form_token(secret)):
        raise ForgeryError(
            f"the field {FIELD} or the header X-CSRF-Token is missing or out of date, and nothing "
            "was changed; load the page again and repeat what you did"
        )
    return receive


async def _head_of(receive: Receive) -> tuple[bytes, Receive]:
    """Read the beginning of a body; return it, and how to read the body from its beginning."""
    messages: list[Message] = []
    head = b""
    more = True
    while more and len(head) < _HEAD_OF_FORM_BYTES:
        message = await receive()
        messages.append(message)
        head += message.get("body", b"")
        more = message.get("more_body", False)
    read = iter(messages)

    async def again() -> Message:
        for message in read:
            return message
        return await receive()

    return head, again


def _field(head: bytes, boundary: bytes | None) -> str | None:
    return _multipart_field(head, boundary) if boundary else _urlencoded_field(head)


def _urlencoded_field(head: bytes) -> str | None:
    try:
        values = parse_qs(head.decode("latin-1"), encoding="latin-1").get(FIELD)
    except ValueError:
        return None
    return values[0] if values else None


def _multipart_field(head: bytes, boundary: bytes) -> str | None:
    """Return the field from the beginning of a form with files; ``None`` if it is not in there."""
    parts: list[tuple[bytearray, bytearray]] = []
    whole: list[str] = []

    def on_part_end() -> None:
        _, options = parse_options_header(bytes(parts[-1][0]))
        if options.get(b"name") == FIELD.encode():
            whole.append(parts[-1][1].decode("latin-1"))

    # of the headers of a part only Content-Disposition has a name
    steps: MultipartCallbacks = {
        "on_part_begin": lambda: parts.append((bytearray(), bytearray())),
        "on_header_value": lambda data, start, end: parts[-1][0].extend(data[start:end]),
        "on_header_end": lambda: parts[-1][0].extend(b"; "),
        "on_part_data": lambda data, start, end: parts[-1][1].extend(data[start:end]),
        "on_part_end": on_part_end,
    }
    try:
        MultipartParser(boundary, steps).write(head)
    except FormParserError:
        return None
    return whole[0] if whole else None
