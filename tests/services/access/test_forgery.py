"""The token of a form, wherever it stands in a body, and bodies that reach their route whole."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from stadtnetz.services.access.forgery import ForgeryError, check_token
from stadtnetz.services.access.secret import form_token

SECRET = "s" * 43
TOKEN = form_token(SECRET).encode()
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b0"


def part(name: str, content: bytes, more: bytes = b"") -> bytes:
    head = f'--b0\r\nContent-Disposition: form-data; name="{name}"'.encode()
    return head + more + b"\r\n\r\n" + content + b"\r\n"


def check(
    body: bytes, media_type: str, chunk_bytes: int = 1000, secret: str | None = SECRET
) -> bytes:
    """Return the body as the route reads it after the check."""
    chunks = [body[at : at + chunk_bytes] for at in range(0, len(body), chunk_bytes)] or [b""]
    messages = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks) - 1}
        for number, chunk in enumerate(chunks)
    ]
    read: list[Any] = list(reversed(messages))

    async def receive() -> Any:
        return read.pop()

    async def whole() -> bytes:
        scope = {"type": "http", "headers": [(b"content-type", media_type.encode("latin-1"))]}
        then = await check_token(HTTPConnection(scope), receive, secret)
        found = b""
        while True:
            message = await then()
            found += message["body"]
            if not message["more_body"]:
                return found

    return asyncio.run(whole())


FORM = part("csrf_token", TOKEN)
FILE = part("file", b"\x00" * 300_000, b'; filename="a.gpkg"\r\nContent-Type: x/y')
END = b"--b0--\r\n"


@pytest.mark.parametrize("chunk_bytes", [1, 7, 1000, 1_000_000])
@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"a=%C3%A4&csrf_token=" + TOKEN + b"&b=", URLENCODED),
        (b"csrf_token=" + TOKEN, URLENCODED + "; charset=utf-8"),
        (FORM + END, MULTIPART),
        (part("a", b"1") + FORM + END, MULTIPART),
    ],
)
def test_token_is_found_and_the_body_stays_whole(
    body: bytes, media_type: str, chunk_bytes: int
) -> None:
    assert check(body, media_type, chunk_bytes) == body


def test_large_file_behind_the_token_is_not_read_ahead() -> None:
    body = FORM + FILE + END
    assert check(body, MULTIPART) == body


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"", URLENCODED),
        (b"csrf_token=", URLENCODED),
        (b"csrf_token=" + TOKEN[:-1], URLENCODED),
        (b"csrf_token=" + TOKEN, "text/plain"),
        (b"csrf_token=" + TOKEN, ""),
        (b"csrf_token=" + TOKEN, MULTIPART),
        (FORM + END, URLENCODED),
        (FORM + END, "multipart/form-data; boundary=other"),
        (FORM + END, "multipart/form-data; boundary=" + "b" * 300),
        (FORM[:-10], MULTIPART),
        (FILE + FORM + END, MULTIPART),
        (b"a=" + b"x" * 70_000 + b"&csrf_token=" + TOKEN, URLENCODED),
        (b"\xff\x00&&&===", URLENCODED),
        (b"--b0\r\n\r\n\r\n--b0\r\nnonsense", MULTIPART),
    ],
)
def test_no_token_no_way(body: bytes, media_type: str) -> None:
    with pytest.raises(ForgeryError, match="nothing was changed"):
        check(body, media_type)


def test_nobody_has_no_token() -> None:
    with pytest.raises(ForgeryError):
        check(b"csrf_token=" + TOKEN, URLENCODED, secret=None)


@given(
    st.binary(max_size=300),
    st.sampled_from([URLENCODED, MULTIPART, "multipart/form-data; boundary=\x00\xff", ";;="]),
)
def test_any_body_is_refused_and_never_a_fault(body: bytes, media_type: str) -> None:
    with pytest.raises(ForgeryError):
        check(body, media_type)
