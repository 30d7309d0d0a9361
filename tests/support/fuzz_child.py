"""Checks many files in one process, as the sandbox does with one each: a path in, a line out.

Only for fuzzing, where a process per file would cost more than the files.
"""

import json
import sys
import tempfile
import traceback
from pathlib import Path

from intake_files import CITY, TODAY

from stadtnetz.data.confinement import Limits, confine
from stadtnetz.data.intake import check
from stadtnetz.data.layer_file import LayerFile
from stadtnetz.data.report_exchange import report_of, report_row


def checked(path: Path, kind: str, folder: Path) -> str:
    """Check a file and write all that the sandbox writes; return the codes of its errors."""
    intake = check(path, kind, CITY, operator="op1", today=TODAY, folder=folder)
    report = intake.report
    again = report_of(json.loads(json.dumps(report_row(report))))
    assert again.to_dict() == report.to_dict()
    json.dumps(again.to_dict())
    if isinstance(intake.layer, LayerFile):
        intake.layer.check()
    assert (intake.layer is not None) == report.accepted
    return ",".join(sorted(g.code for g in report.groups if g.severity == "error"))


def main(folder: Path) -> None:
    tempfile.tempdir = str(folder / "scratch")
    Path(tempfile.tempdir).mkdir(exist_ok=True)
    confine(Limits(memory_mb=2_048, cpu_s=36_000), [], folder)
    for line in sys.stdin:
        kind, path = line.rstrip("\n").split(" ", 1)
        try:
            said = ["report", checked(Path(path), kind, folder)]
        except MemoryError:
            said = ["memory", ""]
        except Exception:  # noqa: BLE001  that is what is looked for
            said = ["exception", traceback.format_exc()]
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
