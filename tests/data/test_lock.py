import os
import subprocess
import sys
import threading

import pytest

from stadtnetz.data.lock import StoreLock, StoreLockedError

HOLD = """
import sys
from pathlib import Path
from stadtnetz.data.lock import StoreLock
with StoreLock(Path(sys.argv[1]), 0).hold(sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "city" / "store.lock"


@pytest.fixture
def holder(path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, path, "stadtnetz import addresses"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_another_process_is_told_who_holds_it(path, holder):
    with (
        pytest.raises(
            StoreLockedError,
            match=rf"'stadtnetz import addresses' \(process {holder.pid}, since 2",
        ),
        StoreLock(path, 0.2).hold(),
    ):
        pytest.fail("the lock was given twice")


def test_the_lock_ends_with_its_process(path, holder):
    holder.kill()
    holder.wait()
    with StoreLock(path, 5).hold("next"):
        pass


def test_whoever_waits_long_enough_gets_it(path, holder):
    threading.Timer(0.3, holder.stdin.close).start()
    with StoreLock(path, 20).hold("next"):
        pass


def test_a_holder_that_cannot_be_named(path, holder):
    path.with_name("store.lock.holder").write_text("{half")
    with pytest.raises(StoreLockedError, match="another process"), StoreLock(path, 0).hold():
        pytest.fail("the lock was given twice")
    assert holder.poll() is None


def test_a_thread_may_take_it_again_and_names_the_first_reason(path):
    found = []

    def ask():
        try:
            with StoreLock(path, 0).hold():
                found.append("held")
        except StoreLockedError as error:
            found.append(str(error))

    def in_a_thread():
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()

    with StoreLock(path, 0).hold("outer"):
        with StoreLock(path, 0).hold("inner"):
            pass
        in_a_thread()
    in_a_thread()
    assert "'outer'" in found[0]
    assert found[1] == "held"


def test_the_lock_ends_with_an_error(path):
    with pytest.raises(RuntimeError), StoreLock(path, 0).hold():
        raise RuntimeError
    with StoreLock(path, 0).hold():
        pass
