import bz2
import gzip
from xml.sax.saxutils import quoteattr

import osmium
import pytest
import shapely

from stadtnetz.data import importers
from stadtnetz.data.findings import Rejected
from stadtnetz.data.importers import ImportOptions
from stadtnetz.data.importers._osm_addresses import house_numbers
from stadtnetz.data.kinds import kinds

HELSINKI, BAYREUTH = "osm_helsinki.osm.pbf", "osm_north-bayreuth.osm.gz"
STEP = 0.001
"""About 70 m east and 110 m north at the latitude of the drawn towns."""


class Town:
    """An OSM file drawn on a grid of steps of `STEP` degrees."""

    def __init__(self):
        self.nodes, self.ways, self.relations = [], [], []
        self.absent = set()

    def node(self, x, y, **tags):
        self.nodes.append((len(self.nodes) + 1, x, y, tags))
        return len(self.nodes)

    def way(self, *points, absent=(), **tags):
        refs = [self.node(*point) for point in points[:-1]]
        refs.append(refs[0] if points[-1] == points[0] else self.node(*points[-1]))
        self.absent |= {refs[i] for i in absent}
        self.ways.append((len(self.ways) + 1, refs, tags))
        return len(self.ways)

    def square(self, x, y, size=1.0, absent=(), **tags):
        corners = [(x, y), (x + size, y), (x + size, y + size), (x, y + size), (x, y)]
        return self.way(*corners, absent=absent, **tags)

    def relation(self, members, **tags):
        self.relations.append((len(self.relations) + 1, members, tags))
        return len(self.relations)

    def write(self, path):
        path.write_bytes(self.xml().encode())
        return path

    def xml(self):
        def tags(found):
            return "".join(
                f"<tag k={quoteattr(k.replace('__', ':'))} v={quoteattr(str(v))}/>"
                for k, v in found.items()
            )

        lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">']
        lines += [
            f'<node id="{i}" version="1" lon="{6.8 + x * STEP:.7f}" lat="{51.2 + y * STEP:.7f}">'
            f"{tags(t)}</node>"
            for i, x, y, t in self.nodes
            if i not in self.absent
        ]
        for i, refs, t in self.ways:
            nds = "".join(f'<nd ref="{ref}"/>' for ref in refs)
            lines.append(f'<way id="{i}" version="1">{nds}{tags(t)}</way>')
        for i, members, t in self.relations:
            ms = "".join(f'<member type="way" ref="{r}" role="{role}"/>' for r, role in members)
            lines.append(f'<relation id="{i}" version="1">{ms}{tags(t)}</relation>')
        return "\n".join([*lines, "</osm>"])


def address(street, number, **tags):
    return {"addr__street": street, "addr__housenumber": number, **tags}


def read(path, kind, options=None):
    importer = importers.find(path, kind)
    assert importer is not None
    assert importer.id == "osm"
    table = importer.read(path, kind, options or ImportOptions())
    assert table.crs == table.frame.crs.to_string() == "EPSG:4326"
    assert set(table.frame.columns) - {"geometry"} <= {c.name for c in kinds()[kind].columns}
    assert kind == "land_use" or table.frame["id"].is_unique
    return table


def rejected(path, kind, options=None):
    with pytest.raises(Rejected) as error:
        read(path, kind, options)
    return error.value.findings


def said(table, code):
    return [note.values["count"] for note in table.notes if note.code == code]


def addresses(town, tmp_path):
    table = read(town.write(tmp_path / "x"), "addresses")
    text = table.frame["street"] + " " + table.frame["house_number"]
    return dict(zip(table.frame["id"], text, strict=True)), table


def test_an_address_in_a_building_stands_once_as_the_node_that_is_only_an_address(tmp_path):
    town = Town()
    town.square(0, 0, building="yes", **address("Hauptstraße", "1"))
    town.node(0.2, 0.5, shop="bakery", **address("Hauptstr.", "1"))
    plain = town.node(0.5, 0.5, **address("Hauptstraße", "1"))
    found, table = addresses(town, tmp_path)
    assert found == {f"node/{plain}": "Hauptstraße 1"}
    assert said(table, "osm_addresses_again") == [2]


def test_without_such_a_node_the_building_stands_for_its_shops(tmp_path):
    town = Town()
    house = town.square(0, 0, building="apartments", **address("Hauptstraße", "1"))
    town.node(0.2, 0.5, shop="bakery", **address("Hauptstraße", "1"))
    found, table = addresses(town, tmp_path)
    assert found == {f"way/{house}": "Hauptstraße 1"}
    assert table.frame["use"].tolist() == ["apartments"]
    (point,) = table.frame.geometry
    assert (round(point.x, 4), round(point.y, 4)) == (6.8005, 51.2005)


def test_a_shop_beside_its_house_is_at_that_house_and_one_far_away_is_not(tmp_path):
    town = Town()
    house = town.square(0, 0, building="yes", **address("Hauptstraße", "1"))
    town.node(1.2, 0.5, shop="bakery", **address("Hauptstraße", "1"))
    far = town.node(9, 0.5, shop="bakery", **address("Hauptstraße", "1"))
    found, _ = addresses(town, tmp_path)
    assert set(found) == {f"way/{house}", f"node/{far}"}


def test_two_buildings_with_one_address_are_two(tmp_path):
    town = Town()
    town.square(0, 0, building="yes", **address("Hauptstraße", "1"))
    town.square(1.2, 0, building="yes", **address("Hauptstraße", "1"))
    assert len(addresses(town, tmp_path)[0]) == 2


def test_two_addresses_in_one_building_are_two(tmp_path):
    town = Town()
    town.square(0, 0, building="yes")
    town.node(0.2, 0.5, **address("Hauptstraße", "1"))
    town.node(0.8, 0.5, **address("Hauptstraße", "1a"))
    assert sorted(addresses(town, tmp_path)[0].values()) == ["Hauptstraße 1", "Hauptstraße 1a"]


def test_a_list_of_house_numbers_is_as_many_addresses(tmp_path):
    town = Town()
    way = town.square(0, 0, building="yes", **address("Hauptstraße", "12;14a"))
    found, _ = addresses(town, tmp_path)
    assert found == {f"way/{way}": "Hauptstraße 12", f"way/{way}#2": "Hauptstraße 14a"}


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("12", ["12"]),
        ("12 A", ["12 A"]),
        ("14-20", ["14-20"]),
        ("12, 14;16b", ["12", "14", "16b"]),
        ("8, Floor 6", ["8"]),
        ("Keskuskatu 5", ["Keskuskatu 5"]),
        (";", []),
    ],
)
def test_house_numbers(text, numbers):
    assert house_numbers(text) == numbers


def test_villages_without_street_names_have_places(tmp_path):
    town = Town()
    town.node(0, 0, addr__place="Altdrossenfeld", addr__housenumber="8", addr__postcode="95512")
    town.node(1, 0, addr__housenumber="9")
    found, table = addresses(town, tmp_path)
    assert list(found.values()) == ["Altdrossenfeld 8"]
    assert table.frame["postcode"].tolist() == ["95512"]
    assert said(table, "osm_addresses_without_street") == [1]


def test_buildings_have_heights_and_levels_where_these_are_numbers(tmp_path):
    town = Town()
    town.square(0, 0, building="house", height="12,5 m", building__levels="2.5")
    town.square(2, 0, building="yes", height="40'", building__levels="many")
    town.square(4, 0, building="cathedral", height="9999", building__levels="1;2")
    town.square(6, 0, building="no")
    table = read(town.write(tmp_path / "x"), "buildings")
    assert table.frame["height_m"].fillna(-1).tolist() == [12.5, -1, -1]
    assert table.frame["levels"].fillna(-1).tolist() == [2.5, -1, -1]
    assert table.frame["use"].tolist() == ["residential", "other", "other"]
    assert said(table, "osm_values_as_other") == [1]
    assert "cathedral" in table.notes[0].message()


def test_a_building_with_a_courtyard_has_a_hole(tmp_path):
    town = Town()
    outer, inner = town.square(0, 0, 3), town.square(1, 1)
    members = [(outer, "outer"), (inner, "inner")]
    block = town.relation(members, type="multipolygon", building="yes")
    frame = read(town.write(tmp_path / "x"), "buildings").frame
    assert frame["id"].tolist() == [f"relation/{block}"]
    assert round(frame.geometry[0].area / STEP**2, 6) == 8


def test_what_is_cut_at_the_edge_is_counted(tmp_path):
    town = Town()
    whole = town.square(0, 0, building="yes")
    town.square(2, 0, absent=(1,), building="yes")
    ring = town.square(4, 0)
    town.relation([(ring, "outer"), (99, "outer")], type="multipolygon", building="yes")
    table = read(town.write(tmp_path / "x"), "buildings")
    assert table.frame["id"].tolist() == [f"way/{whole}"]
    assert said(table, "osm_cut") == [2]
    assert "margin" in table.notes[0].proposal()


def test_streets_keep_the_parts_whose_nodes_are_there(tmp_path):
    town = Town()
    town.way((0, 0), (1, 0), (2, 0), highway="residential", name="Ganze Straße")
    town.way((0, 1), (1, 1), (2, 1), (3, 1), (4, 1), absent=(2,), highway="track")
    town.way((0, 2), (1, 2), absent=(1,), highway="path")
    town.square(5, 5, highway="pedestrian", area="yes")
    town.way((0, 3), (1, 3), highway="construction")
    table = read(town.write(tmp_path / "x"), "streets")
    assert table.frame["class"].tolist() == ["residential", "track"]
    assert table.frame["name"].fillna("").tolist() == ["Ganze Straße", ""]
    assert [len(getattr(g, "geoms", [g])) for g in table.frame.geometry] == [1, 2]
    assert said(table, "osm_cut") == [2]


def test_schools_are_their_grounds_and_nodes_elsewhere(tmp_path):
    town = Town()
    ground = town.square(0, 0, amenity="school", name="Gymnasium")
    town.node(0.5, 0.5, amenity="school")
    town.node(0.5, 0.6, amenity="school", name="Gymnasium")
    other = town.node(0.4, 0.6, amenity="school", name="Abendschule")
    alone = town.node(5, 5, amenity="school", name="Grundschule")
    town.node(6, 6, amenity="kindergarten", name="Kita")
    frame = read(town.write(tmp_path / "x"), "school_sites").frame
    assert set(frame["id"]) == {f"way/{ground}", f"node/{other}", f"node/{alone}"}


def test_a_stop_with_two_masts_and_a_platform_is_one(tmp_path):
    town = Town()
    mast = town.node(0, 0, highway="bus_stop", name="Markt")
    town.node(0.5, 0, highway="bus_stop", name="Markt")
    town.way((0.5, 0.2), (0.7, 0.2), (0.7, 0.3), (0.5, 0.2), public_transport="platform")
    town.node(0.2, 0, public_transport="stop_position", name="Markt")
    elsewhere = town.node(20, 0, highway="bus_stop", name="Markt")
    tram = town.node(0.6, 0, railway="tram_stop", name="Rathaus")
    nameless = town.node(10, 0, highway="bus_stop")
    frame = read(town.write(tmp_path / "x"), "public_places").frame
    assert set(frame["id"]) == {f"node/{i}" for i in (mast, elsewhere, tram, nameless)}
    assert set(frame["category"]) == {"stop"}


def test_squares_and_libraries_are_public_places(tmp_path):
    town = Town()
    square = town.square(0, 0, place="square", name="Marktplatz")
    library = town.square(2, 0, amenity="library", building="yes", name="Stadtbücherei")
    town.node(2.5, 0.5, amenity="library", name="Stadtbücherei")
    town.node(5, 5, place="suburb", name="Altstadt")
    frame = read(town.write(tmp_path / "x"), "public_places").frame
    found = dict(zip(frame["id"], frame["category"], strict=True))
    assert found == {f"way/{square}": "square", f"way/{library}": "library"}


def test_land_use_goes_before_nature_and_what_is_unknown_is_other(tmp_path):
    town = Town()
    town.square(0, 0, landuse="retail", name="Markt")
    town.square(2, 0, landuse="forest", natural="scrub")
    town.square(4, 0, natural="water")
    town.square(6, 0, landuse="lane;parking")
    town.square(8, 0, natural="coastline")
    table = read(town.write(tmp_path / "x"), "land_use")
    assert table.frame["code"].tolist() == ["commercial", "forest", "water", "other"]
    assert said(table, "osm_values_as_other") == [1]


def test_business_areas(tmp_path):
    town = Town()
    town.square(0, 0, landuse="industrial", name="Hafen")
    town.square(2, 0, landuse="residential")
    frame = read(town.write(tmp_path / "x"), "business_areas").frame
    assert frame[["name", "use"]].to_numpy().tolist() == [["Hafen", "industrial"]]


def test_what_lies_outside_the_city_is_left_out_and_counted(tmp_path):
    town = Town()
    inside = town.square(0, 0, building="yes")
    town.square(10, 10, building="yes")
    path = town.write(tmp_path / "x")
    boundary = shapely.box(6.79, 51.19, 6.805, 51.205)
    options = ImportOptions(crs="EPSG:4326", boundary=boundary, bounds=boundary.bounds)
    table = read(path, "buildings", options)
    assert table.frame["id"].tolist() == [f"way/{inside}"]
    assert said(table, "osm_outside") == [1]
    # a box in metres around the same corner
    metres = ImportOptions(bounds=(346_000.0, 5_674_000.0, 346_800.0, 5_674_900.0))
    assert read(path, "buildings", metres).frame["id"].tolist() == [f"way/{inside}"]


@pytest.mark.parametrize("kind", ["buildings", "streets"])
def test_an_extract_of_another_city(tmp_path, kind):
    town = Town()
    town.square(0, 0, building="yes")
    town.way((0, 0), (1, 0), highway="residential")
    elsewhere = ImportOptions(bounds=(0.0, 5_000_000.0, 1.0, 5_000_001.0))
    (finding,) = rejected(town.write(tmp_path / "x"), kind, elsewhere)
    assert finding.code == "osm_nothing_in_city"
    assert kind in finding.message()


@pytest.mark.parametrize("kind", importers.importers()["osm"].kinds)
def test_an_extract_without_such_things(tmp_path, kind):
    town = Town()
    town.node(0, 0, tourism="artwork")
    (finding,) = rejected(town.write(tmp_path / "x"), kind)
    assert finding.code == "osm_nothing"
    assert kind in finding.message()


@pytest.mark.parametrize("packing", ["plain", "gz", "bz2", "pbf"])
def test_the_format_is_told_by_the_content(tmp_path, packing):
    town = Town()
    town.square(0, 0, building="yes")
    xml = town.xml().encode()
    path = tmp_path / "anything.csv"
    if packing == "pbf":
        with osmium.SimpleWriter(osmium.io.File(str(path), "pbf")) as writer:
            town.write(tmp_path / "x.osm")
            for thing in osmium.FileProcessor(tmp_path / "x.osm"):
                writer.add(thing)
    else:
        pack = {"plain": bytes, "gz": gzip.compress, "bz2": bz2.compress}[packing]
        path.write_bytes(pack(xml))
    assert len(read(path, "buildings").frame) == 1


@pytest.mark.parametrize("packing", ["plain", "gz"])
def test_a_truncated_file_is_unreadable(tmp_path, packing):
    town = Town()
    for n in range(2_000):
        town.node(n, 0, **address("Hauptstraße", str(n)))
    xml = town.xml().encode()
    content = gzip.compress(xml) if packing == "gz" else xml
    (tmp_path / "x").write_bytes(content[: len(content) * 2 // 3])
    (finding,) = rejected(tmp_path / "x", "addresses")
    assert finding.code == "file_unreadable"
    assert "error" in finding.message()


@pytest.mark.parametrize(
    "content",
    [b"", b"<osmChange version='0.6'/>", b"<gpx/>", b"\x1f\x8b", b"BZh9", b"PK\x03\x04", b"a;b\n"],
)
def test_other_files_are_not_recognised(tmp_path, content):
    (tmp_path / "x.osm.pbf").write_bytes(content)
    assert importers.find(tmp_path / "x.osm.pbf", "addresses") is None


def tagged(path, key):
    """Count nodes, ways and relations with a key, apart from our own reading."""
    things = list(osmium.FileProcessor(path).with_filter(osmium.filter.KeyFilter(key)))
    return tuple(sum(t.type_str() == shape for t in things) for shape in "nwr")


@pytest.mark.real
def test_helsinki_buildings(shared):
    path = shared / "geodata" / HELSINKI
    # the 433 buildings that the data is said to have are ways; multipolygons come on top
    assert tagged(path, "building") == (36, 433, 67)
    table = read(path, "buildings")
    by_way = table.frame["id"].str.startswith("way/")
    # 48 ways and 6 relations have nodes beyond the edge of the extract
    assert (int(by_way.sum()), int((~by_way).sum())) == (433 - 48, 67 - 6)
    assert said(table, "osm_cut") == [48 + 6]
    assert table.frame["levels"].notna().sum() == 149
    assert table.frame.geometry.is_valid.all()


@pytest.mark.real
def test_helsinki_addresses(shared):
    path = shared / "geodata" / HELSINKI
    # the 1,464 addresses that the data is said to have are nodes and ways with a house number
    assert tagged(path, "addr:housenumber") == (1377, 87, 6)
    assert 1377 + 87 == 1464
    table = read(path, "addresses")
    # 10 ways cannot be put together, 19 objects name no street, and most nodes are shops: the city
    # has 581 different addresses, and one house number that is no number
    (nowhere,), (again,) = (
        said(table, f"osm_addresses_{code}") for code in ("without_street", "again")
    )
    assert (nowhere, again) == (19, 845)
    assert len(table.frame) == 1464 + 6 - 10 - nowhere - again == 596
    assert table.frame.geometry.geom_type.unique().tolist() == ["Point"]


@pytest.mark.real
def test_bayreuth_buildings_and_addresses(shared):
    path = shared / "geodata" / BAYREUTH
    assert tagged(path, "building") == (2, 4267, 0)
    buildings = read(path, "buildings")
    assert len(buildings.frame) == 4267
    assert said(buildings, "osm_cut") == []
    assert tagged(path, "addr:housenumber") == (19, 781, 0)
    table = read(path, "addresses")
    # nine shops, inns and workshops in their houses, and a store whose address is a node as well
    assert said(table, "osm_addresses_again") == [10]
    assert len(table.frame) == 19 + 781 - 10


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "kind", "count"),
    [
        (HELSINKI, "school_sites", 3),
        (HELSINKI, "business_areas", 43),
        (HELSINKI, "streets", 2461),
        (HELSINKI, "land_use", 279),
        (HELSINKI, "public_places", 90),
        (BAYREUTH, "business_areas", 19),
        (BAYREUTH, "streets", 2056),
        (BAYREUTH, "land_use", 1065),
        (BAYREUTH, "public_places", 14),
    ],
)
def test_other_layers_of_real_extracts(shared, name, kind, count):
    frame = read(shared / "geodata" / name, kind).frame
    assert len(frame) == count
    assert not frame.geometry.is_empty.any()


@pytest.mark.real
@pytest.mark.parametrize("name", [HELSINKI, BAYREUTH])
def test_half_of_a_real_extract_is_unreadable(shared, tmp_path, name):
    content = (shared / "geodata" / name).read_bytes()
    (tmp_path / "x").write_bytes(content[: len(content) // 2])
    (finding,) = rejected(tmp_path / "x", "addresses")
    assert finding.code == "file_unreadable"
