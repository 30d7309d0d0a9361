"""Evidence files of disputes: what may be kept, told by the first bytes and not by the name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

SIGNATURES: Mapping[bytes, tuple[str, str]] = {
    b"%PDF-": ("application/pdf", "pdf"),
    b"\x89PNG\r\n\x1a\n": ("image/png", "png"),
    b"\xff\xd8\xff": ("image/jpeg", "jpg"),
}
LONGEST_NAME = 80
_LEFT_OUT = re.compile(r"[^\w .()-]+")


class EvidenceError(ValueError):
    """A file cannot be taken as evidence; the message says why and what can."""


def media_type(content: bytes) -> tuple[str, str]:
    """Return media type and ending of a file by how it begins.

    Raises
    ------
    EvidenceError
        If it is neither PDF, PNG nor JPEG.

    Examples
    --------
    >>> media_type(b"%PDF-1.7 ...")
    ('application/pdf', 'pdf')
    """
    for signature, found in SIGNATURES.items():
        if content.startswith(signature):
            return found
    raise EvidenceError(
        "the evidence is neither a PDF file nor a PNG or JPEG image, whatever its name says; "
        "save it in one of these formats"
    )


def safe_name(name: str, ending: str) -> str:
    """Return a name under which a file can be saved anywhere, with the ending of its content.

    Examples
    --------
    >>> safe_name("../../Schreiben vom 1.3. <b>.exe", "pdf")
    'Schreiben vom 1.3. b.pdf'
    """
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    stem = base.rsplit(".", 1)[0] if "." in base else base
    kept = " ".join(_LEFT_OUT.sub("", stem).split()).strip(".")[:LONGEST_NAME].strip()
    return f"{kept or 'evidence'}.{ending}"
