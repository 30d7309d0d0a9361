import hashlib
import os
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.data.objects import ObjectError, Objects, digest_of


@pytest.fixture
def objects(tmp_path):
    return Objects(tmp_path / "objects")


def files(objects):
    return [path for path in objects.folder.rglob("*") if path.is_file()]


def made_old(objects):
    for path in files(objects):
        os.utime(path, (time.time() - 7200,) * 2)


@given(content=st.binary(max_size=200))
def test_the_name_is_the_digest_of_the_content(tmp_path_factory, content):
    objects = Objects(tmp_path_factory.mktemp("objects"))
    digest = objects.put(content)
    assert digest == hashlib.sha256(content).hexdigest()
    assert objects.path(digest).read_bytes() == content
    assert objects.exists(digest)


def test_bytes_file_and_writer_are_one_object(objects, tmp_path):
    (tmp_path / "file").write_bytes(b"same")
    digests = {
        objects.put(b"same"),
        objects.put(tmp_path / "file"),
        objects.put(lambda path: path.write_bytes(b"same")),
    }
    assert len(digests) == 1
    assert len(files(objects)) == 1
    assert list(objects.digests()) == list(digests)


def test_objects_lie_in_folders_by_their_first_digits(objects):
    digest = objects.put(b"x")
    assert objects.path(digest) == objects.folder / digest[:2] / digest[2:]


def test_the_copied_file_stays_where_it_is(objects, tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    digest = objects.put(tmp_path / "file")
    (tmp_path / "file").write_bytes(b"y")
    assert objects.path(digest).read_bytes() == b"x"


def test_an_interrupted_writer_leaves_nothing(objects):
    def broken(path):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        objects.put(broken)
    assert files(objects) == []


def test_a_failing_disk_leaves_nothing(objects, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        objects.put(b"x")
    assert files(objects) == []


def test_a_missing_file_leaves_nothing(objects, tmp_path):
    with pytest.raises(FileNotFoundError):
        objects.put(tmp_path / "nowhere")
    assert files(objects) == []


def test_a_missing_object_is_named(objects):
    digest = "ab" * 32
    assert not objects.exists(digest)
    with pytest.raises(ObjectError, match=digest):
        objects.path(digest)
    with pytest.raises(ObjectError, match="missing"):
        objects.verify(digest)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "AB" * 32, "ab" * 31, "ab" * 32 + "\n"])
def test_only_digests_are_names(objects, name):
    with pytest.raises(ObjectError, match="no digest"):
        objects.path(name)
    with pytest.raises(ObjectError, match="no digest"):
        objects.exists(name)


def test_damage_is_found_and_mended(objects):
    digest = objects.put(b"whole")
    objects.verify(digest)
    objects.path(digest).write_bytes(b"wh")
    with pytest.raises(ObjectError, match="damaged"):
        objects.verify(digest)
    assert objects.put(b"whole") == digest
    objects.verify(digest)


def test_orphans_are_those_that_nobody_knows(objects):
    known, orphan = objects.put(b"known"), objects.put(b"orphan")
    made_old(objects)
    assert objects.orphans({known}) == [orphan]
    assert objects.collect([orphan]) == len(b"orphan")
    assert list(objects.digests()) == [known]


def test_a_young_object_is_nobodys_orphan(objects):
    digest = objects.put(b"x")
    assert objects.orphans(set()) == []
    assert objects.orphans(set(), min_age_s=0) == [digest]


def test_an_object_that_is_put_again_is_young(objects):
    objects.put(b"x")
    made_old(objects)
    objects.put(b"x")
    assert objects.orphans(set()) == []


def test_what_a_killed_writer_left_is_collected(objects):
    objects.put(b"x")
    (objects.folder / ".incoming-dead").write_bytes(b"half")
    assert objects.collect([]) == 0
    made_old(objects)
    assert objects.collect([]) == 4
    assert len(files(objects)) == 1


def test_an_empty_store_of_objects(objects):
    assert list(objects.digests()) == []
    assert objects.orphans(set()) == []
    assert objects.collect([]) == 0


def test_frames_and_arrays(objects):
    frame = pd.DataFrame({"a": [1, 2]})
    assert objects.put_frame(frame) == objects.put_frame(frame.copy())
    pd.testing.assert_frame_equal(objects.get_frame(objects.put_frame(frame)), frame)
    digest = objects.put_arrays({"a": np.arange(3)})
    assert objects.get_arrays(digest)["a"].tolist() == [0, 1, 2]
    assert digest_of(objects.path(digest)) == digest
