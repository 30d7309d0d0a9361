"""Which layers and columns a file has: asked by whoever has to choose, answered by a child process.

Files of strangers are never opened in the web process. The child has limits of memory, CPU time
and file size, and what it cannot do is a finding.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_PATIENCE_S = 60
_MEMORY_BYTES = 4 << 30


class InspectionError(ValueError):
    """The file cannot be read; the message says why."""


def inspect(path: Path, file_name: str) -> list[dict[str, Any]]:
    """List the layers of a file, with their columns.

    Parameters
    ----------
    path : Path
    file_name : str
        As its sender calls it; the format may follow from its ending.

    Raises
    ------
    InspectionError
        If the file cannot be read, or not within the limits.
    """
    command = [sys.executable, "-m", __name__, str(path), file_name]
    try:
        done = subprocess.run(  # noqa: S603  our own module
            command, capture_output=True, timeout=_PATIENCE_S, check=False
        )
        answer = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError):
        raise InspectionError(
            "the file cannot be looked into: it is damaged, or too large to be read in time; "
            "hand it in, and the report will tell more"
        ) from None
    if "problem" in answer:
        raise InspectionError(answer["problem"])
    layers: list[dict[str, Any]] = answer["layers"]
    return layers


def _look(path: Path, file_name: str) -> dict[str, Any]:
    import os  # noqa: PLC0415
    import shutil  # noqa: PLC0415
    from tempfile import TemporaryDirectory  # noqa: PLC0415

    from ..data.findings import Rejected  # noqa: PLC0415
    from ..data.reading import list_layers, read_table  # noqa: PLC0415

    with TemporaryDirectory() as folder:
        named = Path(folder) / file_name
        try:
            os.link(path, named)
        except OSError:
            shutil.copyfile(path, named)
        try:
            return {
                "layers": [
                    {
                        "name": layer.name,
                        "geometry_type": layer.geometry_type,
                        "row_count": layer.row_count,
                        "columns": [
                            str(column)
                            for column in read_table(named, layer=layer.name).frame.columns
                            if column != "geometry"
                        ]
                        if layer.row_count
                        else [],
                    }
                    for layer in list_layers(named)
                ]
            }
        except Rejected as rejected:
            return {"problem": "; ".join(finding.message("en") for finding in rejected.findings)}


def _limit() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (_PATIENCE_S, _PATIENCE_S))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _limit()
    sys.stdout.write("\n" + json.dumps(_look(Path(sys.argv[1]), sys.argv[2])) + "\n")
