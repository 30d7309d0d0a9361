"""The workspace's secret and the ids that are keyed with it."""

import hashlib
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stadtnetz.data.database import StoreError
from stadtnetz.data.secret import NAME, keyed_id, secret_of


def test_it_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    secret = secret_of(tmp_path)
    assert len(secret) == 32
    assert secret_of(tmp_path) == secret
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_processes_that_make_it_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: secret_of(tmp_path), range(32)))
    assert len(found) == 1


def test_ids_differ_by_secret_and_parts(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one, other = secret_of(tmp_path), secret_of(tmp_path / "other")
    digest = hashlib.sha256(b"a layer that somebody guesses").hexdigest()
    ids = [
        keyed_id(one, "fibre_areas", digest),
        keyed_id(other, "fibre_areas", digest),
        keyed_id(one, "fibre_areas" + digest),
        keyed_id(one, "fibre_addresses", digest),
    ]
    assert len(set(ids)) == 4
    assert keyed_id(one, "fibre_areas", digest) == ids[0]
    assert not [each for each in ids if each in digest or digest[:12] in each]


def test_a_damaged_secret_is_said(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"short")
    with pytest.raises(StoreError, match=r"secret\.key.*damaged; remove it"):
        secret_of(tmp_path)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="let the service write"):
        secret_of(tmp_path / "nowhere")
