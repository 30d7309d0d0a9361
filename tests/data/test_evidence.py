"""Evidence files: what they are, and what they may be called."""

import pytest

from stadtnetz.data.evidence import EvidenceError, media_type, safe_name


@pytest.mark.parametrize(
    "content", [b"", b"<svg/>", b"PK\x03\x04", b"MZ", b" %PDF-1.7", b"\x89PNG", b"GIF89a", b"%!PS"]
)
def test_other_files_are_no_evidence(content):
    with pytest.raises(EvidenceError, match="PDF file nor a PNG or JPEG"):
        media_type(content)


@pytest.mark.parametrize(
    ("name", "kept"),
    [("a.pdf", "a.pdf"), ("", "evidence.pdf"), ("...", "evidence.pdf"), ("C:\\x\\y.exe", "y.pdf"),
     ("a\r\nSet-Cookie: b.pdf", "aSet-Cookie b.pdf"), ("x" * 200, "x" * 80 + ".pdf")],
)  # fmt: skip
def test_names_are_safe(name, kept):
    assert safe_name(name, "pdf") == kept
