"""Files that are kept, as downloads.

Equal files are kept once, whoever handed them in, and written anew each time. So nothing of the
file on the disk may show in an answer, neither its age nor a tag made of it: both would tell that
somebody else has the same file.
"""

from __future__ import annotations

from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING

from fastapi.responses import FileResponse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

HARMLESS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


def download(
    path: Path,
    digest: str,
    since: datetime,
    name: str,
    media_type: str = "application/octet-stream",
    headers: Mapping[str, str] = HARMLESS,
) -> FileResponse:
    """Return a file to be saved.

    Parameters
    ----------
    digest : str
        Of the file.
    since : datetime
        When its owner handed it in; with time zone.
    """
    own = {
        "ETag": f'"{digest}"',
        "Last-Modified": format_datetime(since.astimezone(UTC), usegmt=True),
    }
    return FileResponse(
        path,
        media_type=media_type,
        filename=name,
        content_disposition_type="attachment",
        headers={**headers, **own},
    )
