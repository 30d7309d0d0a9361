"""Files of strangers are opened in a child that can do little; what it does is a finding."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from intake_files import (
    BOUNDARY,
    CITY,
    CRS,
    MIN_X,
    MIN_Y,
    TODAY,
    address_rows,
    fibre_area_rows,
    fibre_rows,
    points,
    squares,
    write_csv,
    write_gpkg,
)

from stadtnetz.data import sandbox_pool
from stadtnetz.data.draft import City
from stadtnetz.data.intake import check
from stadtnetz.data.kinds import UnknownKindError
from stadtnetz.data.parquet import write_frame
from stadtnetz.data.presets import UnknownPresetError
from stadtnetz.data.sandbox import Checked, Limits, check_file, look_into


def hand_in(path: Path, kind: str = "fibre_addresses", **said: object) -> Checked:
    said = {"operator": "op1", "city": CITY, **said}
    return check_file(path, kind, said.pop("city"), today=TODAY, **said)


def codes(checked: Checked) -> set[str]:
    return {group.code for group in checked.report.groups if group.severity == "error"}


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "f.csv", fibre_rows())


# --- what comes back ------------------------------------------------------------------------------


def test_the_layer_and_report_are_those_of_a_check_without_a_sandbox(tmp_path):
    rows = fibre_rows(30).assign(offer_available=["perhaps"] * 25 + ["ja"] * 5)
    for name, frame in (("good.csv", fibre_rows()), ("bad.csv", rows)):
        path = write_csv(tmp_path / name, frame)
        boxed = hand_in(path)
        plain = check(path, "fibre_addresses", CITY, operator="op1", today=TODAY)
        assert boxed.report.to_dict() == plain.report.to_dict()
        assert (boxed.layer is None) == (plain.layer is None)
        if plain.layer is not None:
            pd.testing.assert_frame_equal(boxed.layer.frame, plain.layer.frame)
            assert boxed.layer.provenance == plain.layer.provenance
            assert boxed.layer.crs == plain.layer.crs
        assert len(pd.read_parquet(boxed.findings)) == sum(plain.report.counts.values())


def test_geometry_and_a_raster_come_back(tmp_path):
    path = write_gpkg(tmp_path / "a.gpkg", fibre_area_rows(), squares(3))
    boxed = hand_in(path, "fibre_areas")
    assert boxed.layer.frame.geometry.area.tolist() == pytest.approx([10_000.0] * 3)
    import rasterio

    raster = tmp_path / "level.tif"
    with rasterio.open(
        raster, "w", driver="GTiff", dtype="float32", count=1, crs=CRS, width=150, height=180,
        transform=rasterio.Affine(100, 0, 340_000, 0, -100, 5_688_000), nodata=-9999,
    ) as target:  # fmt: skip
        target.write(np.full((180, 150), -90, "float32"), 1)
        target.update_tags(1, technology="5G", operator="op1")
    boxed = hand_in(raster, "mobile_raster")
    assert boxed.report.accepted, boxed.report.counts
    assert boxed.layer.path.read_bytes() == raster.read_bytes()
    assert boxed.layer.bands[0].technology == "5G"


def test_files_are_removed_with_the_result_unless_a_folder_is_given(tmp_path, delivery):
    checked = hand_in(delivery)
    findings = checked.findings
    assert findings.is_file()
    del checked
    assert not findings.exists()
    kept = hand_in(delivery, folder=tmp_path / "kept").findings
    assert kept.is_file()


def test_wrong_use_is_no_finding(delivery):
    with pytest.raises(UnknownKindError):
        hand_in(delivery, "fibre_adresses")
    with pytest.raises(UnknownPresetError, match="network_agency"):
        hand_in(delivery, preset="nobody")


# --- what the child can do ------------------------------------------------------------------------

PROBE = """
import json, os, socket, sys
from pathlib import Path
from stadtnetz.data.confinement import Limits, confine
port, folder, secret = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
import stadtnetz.data.confinement as c
if "namespace" in sys.argv:
    c._filter_system_calls = lambda _: False
if "calls" in sys.argv:
    c._CLONE_NEWUSER = c._CLONE_NEWNET = 1  # no such flags: the kernel refuses
held = confine(Limits(), [], folder)
def tried(what):
    try:
        what()
    except (OSError, MemoryError) as error:
        return type(error).__name__
    return "done"
print(json.dumps({
    "held": [held.network_namespace, held.system_calls, held.file_system],
    "connect": tried(lambda: socket.create_connection(("127.0.0.1", port), timeout=5)),
    "read": tried(lambda: open(secret).read()),
    "write": tried(lambda: (folder / "x").write_text("x")),
    "write elsewhere": tried(lambda: Path(secret).write_text("x")),
    "program": tried(lambda: os.posix_spawn("/bin/true", ["true"], {})),
    "kill": tried(lambda: os.kill(os.getppid(), 0)),
    "memory": tried(lambda: bytearray(6 << 30)),
}))
"""


def probe(tmp_path: Path, *without: str) -> dict[str, object]:
    inside = tmp_path / "inside"
    inside.mkdir()
    secret = tmp_path / "secret"
    secret.write_text("of another operator")
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = subprocess.run(
            [sys.executable, "-c", PROBE, str(server.getsockname()[1]), inside, secret, *without],
            capture_output=True, text=True, check=True, cwd="/",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )  # fmt: skip
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    return json.loads(done.stdout)


def test_the_child_reaches_no_network_and_no_file_but_its_own(tmp_path):
    found = probe(tmp_path)
    assert found["held"][0] or found["held"][1]
    assert found["connect"] in {"PermissionError", "OSError", "ConnectionRefusedError"}
    assert found["memory"] == "MemoryError"
    assert found["write"] == "done"
    if found["held"][1]:
        assert found["program"] == found["kill"] == "PermissionError"
    if found["held"][2]:
        assert found["read"] == found["write elsewhere"] == "PermissionError"


@pytest.mark.parametrize("barrier", ["namespace", "calls"])
def test_each_barrier_holds_by_itself(tmp_path, barrier):
    found = probe(tmp_path, barrier)
    if not found["held"][0 if barrier == "namespace" else 1]:
        pytest.skip(f"this kernel does not allow the barrier {barrier!r}")
    assert found["held"][1 if barrier == "namespace" else 0] is False
    assert found["connect"] != "done"


def test_gdal_has_only_the_drivers_that_are_needed():
    script = (
        "from stadtnetz.data import sandbox_server as s; import sys; "
        "sys.argv[1:] = sys.argv[1:]; print(sorted(s.drivers()))"
    )
    before = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd="/"
    ).stdout
    assert "OGR_VRT" in before or "VRT" in before  # else the test shows nothing
    sandbox_pool.stop()
    sandbox_pool.warm_up()
    server = sandbox_pool._server._process.pid
    environment = Path(f"/proc/{server}/environ").read_bytes().decode().split("\0")
    skipping = dict(entry.split("=", 1) for entry in environment if "=" in entry)
    left = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd="/",
        env=skipping,
    ).stdout  # fmt: skip
    assert eval(left) == sorted(  # noqa: S307  what we printed ourselves
        {"ESRI Shapefile", "FlatGeobuf", "GPKG", "GTiff", "GeoJSON", "KML", "LIBKML", "MEM",
         "Memory"}
    )  # fmt: skip


def test_the_environment_holds_no_secrets(monkeypatch, delivery):
    monkeypatch.setenv("STADTNETZ_SECRET_KEY", "very secret")
    sandbox_pool.stop()
    assert hand_in(delivery).report.accepted
    server = sandbox_pool._server._process.pid
    assert b"very secret" not in Path(f"/proc/{server}/environ").read_bytes()


# --- limits and crashes ---------------------------------------------------------------------------


def big(path: Path, count: int) -> Path:
    return write_csv(path, fibre_rows(count))


def test_too_much_memory_is_a_finding(tmp_path):
    checked = hand_in(big(tmp_path / "f.csv", 300_000), limits=Limits(memory_mb=150))
    assert codes(checked) <= {"reader_memory", "reader_crashed"}
    assert len(codes(checked)) == 1
    assert checked.layer is None
    assert pd.read_parquet(checked.findings)["code"].tolist() == list(checked.report.counts)


def test_too_much_time_is_a_finding(tmp_path):
    path = big(tmp_path / "f.csv", 300_000)
    assert codes(hand_in(path, limits=Limits(cpu_s=1))) == {"reader_time"}
    start = time.monotonic()
    assert codes(hand_in(path, limits=Limits(wall_s=0.5))) == {"reader_time"}
    assert time.monotonic() - start < 5


def test_what_is_too_large_is_a_finding(tmp_path):
    path = big(tmp_path / "f.csv", 30_000)
    assert codes(hand_in(path, limits=Limits(file_mb=1))) == {"file_too_large"}
    import gzip

    packed = tmp_path / "f.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert codes(hand_in(packed, limits=Limits(file_mb=1))) == {"reader_disk"}


@pytest.fixture
def sabotage(tmp_path, monkeypatch):
    """Have the children run a line of Python before they read a file."""

    def install(line: str) -> None:
        sandbox_pool.stop()
        folder = tmp_path / "sabotage"
        folder.mkdir()
        hook = "import stadtnetz.data.sandbox_child as c\n"
        hook += f"def check_request(*_):\n    {line}\nc.check_request = check_request\n"
        (folder / "sitecustomize.py").write_text(
            "import sys\n"
            "class Finder:\n"
            "    def find_spec(self, name, path=None, target=None):\n"
            "        if name != 'stadtnetz.data.sandbox_child': return None\n"
            "        sys.meta_path.remove(self)\n"
            "        import importlib.util\n"
            "        spec = importlib.util.find_spec(name)\n"
            "        run = spec.loader.exec_module\n"
            "        def exec_module(module):\n"
            "            run(module)\n"
            f"            exec({hook.split(chr(10), 1)[1]!r}, dict(c=module))\n"
            "        spec.loader.exec_module = exec_module\n"
            "        return spec\n"
            "sys.meta_path.insert(0, Finder())\n"
        )
        monkeypatch.syspath_prepend(str(folder))

    yield install
    monkeypatch.undo()
    sandbox_pool.stop()


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("import os; os.kill(os.getpid(), 0); import ctypes; ctypes.string_at(0)",
         "reader_failed", "PermissionError"),
        ("import ctypes; ctypes.string_at(0)", "reader_crashed", "SIGSEGV"),
        ("import os; os.abort()", "reader_crashed", "SIGABRT"),
        ("import os; os._exit(0)", "reader_crashed", "no result"),
        ("import os; os._exit(3)", "reader_crashed", "exit code 3"),
        ("raise RuntimeError('odd')", "reader_failed", "RuntimeError: odd"),
        ("bytearray(8 << 30)", "reader_memory", "4,096"),
        ("while True: pass", "reader_time", "2"),
    ],
)  # fmt: skip
def test_whatever_happens_in_the_child_is_a_finding(sabotage, delivery, line, code, said):
    sabotage(line)
    checked = hand_in(delivery, limits=Limits(cpu_s=2))
    assert codes(checked) == {code}
    (finding,) = checked.report.findings
    assert said in finding.message()
    assert finding.message("de")
    assert finding.proposal("de")
    assert checked.layer is None


def test_the_server_survives_and_is_started_again_when_it_does_not(delivery):
    assert hand_in(delivery).report.accepted
    first = sandbox_pool._server._process
    first.kill()
    first.wait()
    assert hand_in(delivery).report.accepted
    assert sandbox_pool._server._process.pid != first.pid


def test_several_files_are_checked_at_once(tmp_path):
    paths = [write_csv(tmp_path / f"{i}.csv", fibre_rows(i + 1)) for i in range(6)]
    counts: dict[int, int] = {}

    def one(i: int) -> None:
        counts[i] = hand_in(paths[i]).report.row_count

    threads = [threading.Thread(target=one, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == {i: i + 1 for i in range(6)}


# --- what is handed in ----------------------------------------------------------------------------


def test_only_plain_files_are_taken(tmp_path):
    assert codes(hand_in(tmp_path / "no.csv")) == {"file_missing"}
    assert codes(hand_in(tmp_path)) == {"file_is_folder"}
    assert codes(hand_in(Path("/vsicurl/http://localhost/f.csv"))) == {"file_remote"}
    assert codes(hand_in(Path("/dev/zero"))) == {"file_is_link"}
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    assert codes(hand_in(pipe)) == {"file_is_link"}


def test_a_file_that_changes_while_it_is_read(monkeypatch, delivery):
    real = os.fstat
    seen = []

    def growing(handle: int) -> os.stat_result:
        status = real(handle)
        if Path(f"/proc/self/fd/{handle}").readlink() == delivery:
            seen.append(handle)
            with delivery.open("a") as file:
                file.write("more\n")
        return status

    monkeypatch.setattr(os, "fstat", growing)
    assert codes(hand_in(delivery)) == {"file_changed"}
    assert seen


def test_a_truncated_upload_of_every_format(tmp_path):
    rows = fibre_area_rows(200)
    frame = gpd.GeoDataFrame(rows, geometry=squares(200).to_numpy(), crs=CRS)
    for name, write in (
        ("a.gpkg", lambda p: frame.to_file(p, driver="GPKG")),
        ("a.fgb", lambda p: frame.to_file(p, driver="FlatGeobuf")),
        ("a.geojson", lambda p: frame.to_crs(4326).to_file(p, driver="GeoJSON")),
        ("a.parquet", frame.to_parquet),
    ):
        path = tmp_path / name
        write(path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
        checked = hand_in(path, "fibre_areas")
        assert codes(checked), name
        assert checked.layer is None


def test_a_virtual_table_of_gdal_is_not_opened(tmp_path, delivery):
    vrt = tmp_path / "f.vrt"
    vrt.write_text(
        f'<OGRVRTDataSource><OGRVRTLayer name="f"><SrcDataSource>{delivery}</SrcDataSource>'
        "</OGRVRTLayer></OGRVRTDataSource>"
    )
    assert codes(hand_in(vrt)) == {"format_unknown"}
    disguised = tmp_path / "g.kml"
    disguised.write_text(vrt.read_text())
    assert codes(hand_in(disguised)) == {"format_unknown"}
    raster = tmp_path / "r.tif"
    raster.write_text('<VRTDataset rasterXSize="1" rasterYSize="1"></VRTDataset>')
    assert codes(hand_in(raster, "mobile_raster")) == {"file_unreadable"}


def test_looking_into_a_file(tmp_path, delivery):
    assert list(look_into(delivery).names.values()) == [tuple(fibre_rows().columns)]
    path = write_gpkg(tmp_path / "a.gpkg", fibre_area_rows(), squares(3))
    (layer,) = look_into(path).layers
    assert (layer.name, layer.geometry_type, layer.row_count) == ("a", "Polygon", 3)
    gpd.read_file(path).head(2).to_file(path, layer="b", driver="GPKG")
    both = look_into(path)
    assert [layer.row_count for layer in both.layers] == [3, 2]
    assert both.names == dict.fromkeys("ab", tuple(fibre_area_rows().columns))
    unnamed = path.rename(tmp_path / "0123")
    assert look_into(unnamed, "Ausbau.gpkg").layers == both.layers
    delivery.write_bytes(b"%PDF-1.7 and so on")
    (finding,) = look_into(delivery).findings
    assert finding.code == "format_unknown"
    (finding,) = look_into(delivery, limits=Limits(wall_s=0.01)).findings
    assert finding.code in {"reader_time", "format_unknown"}


def test_a_hundred_thousand_findings_of_several_kinds_are_reported_quickly(tmp_path):
    count = 100_000
    rows = fibre_rows(count).assign(status="unbekannt", hnr="12-16", offer_available="vielleicht")
    checked = hand_in(write_csv(tmp_path / "f.csv", rows))
    assert checked.usage.cpu_s < 20
    assert checked.report.counts["code_unknown"] == count
    shown = checked.report.to_dict()["findings"]
    assert max(len(group["examples"]) for group in shown) == 20
    listed = pd.read_parquet(checked.findings, columns=["code", "row", "value", "message_de"])
    assert listed["code"].value_counts().to_dict() == checked.report.counts
    last = listed[listed["code"] == "boolean_invalid"].iloc[-1]
    assert (last["row"], last["value"]) == (count, "vielleicht")
    assert last["message_de"].startswith(f"Zeile {count}: 'vielleicht' in offer_available")


# --- matching -------------------------------------------------------------------------------------


@pytest.fixture
def register(tmp_path) -> Path:
    rows = pd.DataFrame(
        {"id": [f"R{i}" for i in range(6)], "street": "Hauptstraße",
         "house_number": ["1", "2", "3", "4", "9", "9"], "suffix": None, "postcode": "01234"}
    )  # fmt: skip
    x = MIN_X + 500 + np.array([0, 100, 200, 300, 2000, 4000.0])
    frame = gpd.GeoDataFrame(rows, geometry=shapely.points(x, MIN_Y + 7000.0), crs=CRS)
    path = tmp_path / "register.parquet"
    write_frame(frame, path)
    return path


def test_rows_are_matched_to_the_register(tmp_path, register):
    rows = fibre_rows(7).assign(
        address_id=["R0", "R1", "", "", "R2", "nobody", ""],
        strasse=["Hauptstr.", "Hauptstraße", "HAUPTSTRASSE", "Nirgends", "Hauptstraße", "",
                 "Hauptstr."],
        hnr=["1", "2", "3", "8", "4", "", "9"],
    )  # fmt: skip
    at = points(7)
    rows["ostwert"] = [str(x) for x in at.x]
    rows["nordwert"] = [str(y) for y in at.y]
    rows.loc[1, "nordwert"] = str(at.y[0] + 60)  # 60 m off the address of its id
    rows.loc[[4, 6], ["ostwert", "nordwert"]] = ""
    rows.loc[5, "ostwert"] = str(MIN_X + 500 + 300 + 10)  # 10 m from R3
    rows.loc[3, "ostwert"] = str(MIN_X + 9000)
    checked = hand_in(write_csv(tmp_path / "f.csv", rows), register=[register])
    report = checked.report
    assert report.accepted, report.counts
    assert report.matches.counts == {
        "id": 3, "text": 1, "position": 1, "ambiguous": 1, "none": 1
    }  # fmt: skip
    assert report.matches.share == 5 / 7
    assert report.to_dict()["matches"]["matched"] == 5
    told = {g.code: list(g) for g in report.groups if g.code.startswith("address_")}
    (unmatched,) = told["address_unmatched"]
    assert (unmatched.row, unmatched.x) == (4, MIN_X + 9000)
    (ambiguous,) = told["address_ambiguous"]
    assert ambiguous.row == 7
    assert "R4, R5" in ambiguous.message()
    (far,) = told["address_far"]
    assert far.row == 2
    assert "60 m" in far.message("de")
    (other,) = told["address_id_other_text"]
    assert other.row == 5
    assert "Hauptstraße 3" in other.message()
    (unknown,) = told["address_id_unknown"]
    assert unknown.value == "nobody"


def test_the_ids_of_the_register_are_known_without_saying_them(tmp_path, register):
    city = City(CRS, BOUNDARY, frozenset({"something else"}))
    rows = fibre_rows(2).assign(address_id=["R0", "R1"])
    report = hand_in(write_csv(tmp_path / "f.csv", rows), city=city, register=[register]).report
    assert "address_id_unknown" not in report.counts
    report = hand_in(write_csv(tmp_path / "f.csv", rows), city=city).report
    assert report.counts["address_id_unknown"] == 2
    assert report.matches is None


def test_a_register_goes_through_the_sandbox_too(tmp_path):
    rows = address_rows().assign(x=points(3).x, y=points(3).y)
    checked = hand_in(write_csv(tmp_path / "a.csv", rows), "addresses", operator=None)
    assert checked.layer.frame["id"].tolist() == ["A0", "A1", "A2"]
