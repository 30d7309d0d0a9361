"""Vendored libraries are what their registry delivered, with licence, and nothing else."""

import tomllib
from hashlib import sha256

import pytest


@pytest.fixture(scope="module")
def vendor(root):
    return root / "maps" / "vendor"


@pytest.fixture(scope="module")
def libraries(vendor):
    return tomllib.loads((vendor / "VENDORED.toml").read_text())["library"]


def test_digests(vendor, libraries):
    for library in libraries:
        for name, digest in library["sha256"].items():
            assert sha256((vendor / name).read_bytes()).hexdigest() == digest, name


def test_every_file_is_listed(vendor, libraries):
    listed = {name for library in libraries for name in library["sha256"]}
    there = {
        path.relative_to(vendor).as_posix()
        for path in vendor.rglob("*")
        if path.is_file() and path.name != "VENDORED.toml"
    }
    assert there == listed


def test_licences_are_there(vendor, libraries):
    for library in libraries:
        assert library["licence"]
        assert "Copyright" in (vendor / library["licence_file"]).read_text()
        assert library["version"] in library["source"]


def test_leaflet_says_its_version(vendor, libraries):
    version = next(each["version"] for each in libraries if each["name"] == "leaflet")
    assert f"Leaflet {version}" in (vendor / "leaflet" / "leaflet.js").read_text()[:200]
