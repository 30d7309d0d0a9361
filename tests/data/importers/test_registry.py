import pytest

from stadtnetz.data import importers
from stadtnetz.data.kinds import kinds

IDS = ["breitbandatlas", "gebref", "mobilfunk_monitoring", "osm", "zensus"]


def test_importers_are_found_by_folder():
    assert list(importers.importers()) == IDS
    assert all(importer.id == name for name, importer in importers.importers().items())


def test_they_read_layer_kinds_that_exist():
    read = {kind for importer in importers.importers().values() for kind in importer.kinds}
    assert read <= set(kinds())


@pytest.mark.parametrize("kind", ["addresses", "households", "mobile_grid", "breitbandatlas"])
def test_what_is_not_there_is_not_recognised(tmp_path, kind):
    assert importers.find(tmp_path / "absent.csv", kind) is None
    assert importers.find(tmp_path, kind) is None


def test_a_file_is_only_read_as_what_it_can_be(tmp_path):
    path = tmp_path / "cells.csv"
    path.write_text("id,gsm_out,lte,nr_dss,nr_nsa_sa,nr_gesamt\n100mN58735E4942,3,3,2,3,3\n")
    assert importers.find(path, "mobile_grid") is not None
    assert importers.find(path, "households") is None
    assert importers.find(path, "no_such_kind") is None


@pytest.mark.real
def test_no_file_is_claimed_by_two_importers(shared):
    files = [path for path in (shared / "geodata").rglob("*") if path.is_file()]
    claimed = {
        path.name: [i.id for i in importers.importers().values() if i.recognises(path)]
        for path in files
    }
    assert {name: ids for name, ids in claimed.items() if len(ids) > 1} == {}
    found = {ids[0] for ids in claimed.values() if ids}
    assert found == {"breitbandatlas", "mobilfunk_monitoring", "osm"}
    # plain tables are left to the general reader
    assert claimed["koeln_adressen_interpoliert.csv.gz"] == []
    assert claimed["koeln.gpkg"] == []
