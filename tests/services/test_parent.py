"""Processes of our own end with their parent, and by themselves without a complaint."""

import subprocess
import sys

import pytest

CHILD = """
import sys, time
from stadtnetz.services.parent import end_with_parent
end_with_parent()
print("ready", flush=True)
time.sleep({seconds})
"""


@pytest.fixture
def start():
    """Return a function that starts a process which works for some seconds."""
    started = []

    def child(seconds: float) -> subprocess.Popen[bytes]:
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", CHILD.format(seconds=seconds)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        )
        return started[-1]

    yield child
    for process in started:
        process.kill()
        process.communicate()


def test_it_ends_by_itself(start):
    process = start(0.2)
    assert process.stderr.read() == b""
    assert process.wait(20) == 0


def test_it_ends_with_its_parent(start):
    process = start(60)
    assert process.stdout.readline() == b"ready\n"
    process.stdin.close()
    process.stdin = None
    assert process.wait(20) == 0
