"""Site lists as antennas, and what is assumed of them."""

import geopandas as gpd
import pytest
import shapely

from stadtnetz.coverage.radio.assumptions import ASSUMPTIONS, assumed
from stadtnetz.coverage.radio.networks import gateway_network, hotspot_network, mobile_network


def frame(**columns: list[object]) -> gpd.GeoDataFrame:
    count = len(next(iter(columns.values())))
    return gpd.GeoDataFrame(columns, geometry=shapely.points([[0, n] for n in range(count)]))


def test_a_sector_is_taken_as_it_stands():
    network = mobile_network(frame(
        site_id=["a"], technology=["5G"], band_mhz=[3600], eirp_dbm=[77.0],
        antenna_height_m=[31.0], azimuth_deg=[120.0], downtilt_deg=[6.0],
    ))  # fmt: skip
    (antenna,) = network.antennas
    assert antenna.transmitter.height_m == 31.0
    assert antenna.transmitter.frequency_ghz == 3.6
    assert (antenna.eirp_dbm, antenna.azimuth_deg) == (77.0, 120.0)
    assert antenna.carrier_db == pytest.approx(35.15, abs=0.01)
    assert antenna.pattern.electrical_tilt_deg == 6.0
    assert set(network.assumed) == {"horizontal_beamwidth", "vertical_beamwidth"}


def test_beamwidths_are_assumed_where_they_are_not_stated_alone():
    network = mobile_network(frame(
        site_id=list("abc"), band_mhz=[3600] * 3, eirp_dbm=[70.0] * 3,
        antenna_height_m=[30.0] * 3, azimuth_deg=[0.0, 0.0, None], downtilt_deg=[4.0] * 3,
        horizontal_beamwidth_deg=[90.0, None, None], vertical_beamwidth_deg=[6.5, None, 8.0],
    ))  # fmt: skip
    assert [
        (a.pattern.horizontal_beamwidth_deg, a.pattern.vertical_beamwidth_deg, a.azimuth_deg)
        for a in network.antennas
    ] == [
        (90.0, 6.5, 0.0),
        (assumed("horizontal_beamwidth"), assumed("vertical_beamwidth"), 0.0),
        (None, 8.0, None),
    ]
    assert network.assumed == {
        "horizontal_beamwidth": 1, "vertical_beamwidth": 1, "mobile_azimuth": 1,
    }  # fmt: skip


def test_what_a_site_does_not_say_is_assumed_and_counted():
    network = mobile_network(frame(site_id=["a", "b"], band_mhz=[700, None]))
    low, high = network.antennas
    assert low.transmitter.height_m == high.transmitter.height_m == assumed("mobile_height")
    assert (low.eirp_dbm, high.eirp_dbm) == (
        assumed("mobile_eirp_low"),
        assumed("mobile_eirp_high"),
    )
    assert low.azimuth_deg is None
    assert network.assumed == {
        "mobile_azimuth": 2, "mobile_band": 1, "mobile_eirp_high": 1, "mobile_eirp_low": 1,
        "mobile_height": 2,
    }  # fmt: skip


def test_what_cannot_be_predicted_is_left_out_with_its_reason():
    network = mobile_network(frame(
        site_id=list("abcd"), technology=["5G", "4G", "5G", "5G"],
        band_mhz=[700, 800, 26_000, 700],
        status=["existing", "existing", "existing", "planned"],
    ))  # fmt: skip
    assert [antenna.id for antenna in network.antennas] == ["a"]
    assert network.left_out == {"above 6 GHz": 1, "another technology": 1, "not in operation": 1}


def test_a_gateway_hears_a_device_with_its_own_gain():
    network = gateway_network(frame(gateway_id=["g", "h"], antenna_gain_dbi=[6.0, None]))
    assert [round(a.eirp_dbm, 2) for a in network.antennas] == [22.15, 18.3]
    assert network.assumed == {"gateway_gain": 1, "gateway_height": 2}


def test_hotspots_outdoors_on_each_of_their_bands():
    network = hotspot_network(frame(
        hotspot_id=["a", "b", "c"], indoor=[False, True, None],
        bands_ghz=["2,4 5", "5", None],
    ))  # fmt: skip
    assert [(a.id, a.eirp_dbm) for a in network.antennas] == [
        ("a 2.4 GHz", 20.0), ("a 5 GHz", 30.0), ("c 2.4 GHz", 20.0),
    ]  # fmt: skip
    assert network.left_out == {"indoors": 1}
    assert network.assumed["hotspot_band"] == 1


def test_every_assumption_has_a_source():
    assert len({row.id for row in ASSUMPTIONS}) == len(ASSUMPTIONS)
    assert all(row.source and row.unit and row.text for row in ASSUMPTIONS)
    with pytest.raises(KeyError):
        assumed("weather")
