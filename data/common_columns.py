"""Columns that several layer kinds share."""

from __future__ import annotations

from .columns import Column

OPERATOR = Column(
    name="operator",
    type="text",
    required=True,
    aliases=(
        "betreiber",
        "operator_name",
        "anbieter",
        "netzbetreiber",
        "brand_name",
        "brandname",
        "mno",
    ),
    description="Operator; filled from the delivery where it is absent, must match it otherwise",
    beschreibung="Betreiber; wird aus der Lieferung ergänzt und muss sonst mit ihr übereinstimmen",
)

ADDRESS_ID = Column(
    name="address_id",
    type="text",
    aliases=("adress_id", "oid", "oi", "location_id", "adressid", "gebref_oid"),
    description="Id in the address register; wins over the text of the address",
    beschreibung="Kennung im Adressregister; geht dem Adresstext vor",
)

STREET = Column(
    name="street",
    type="text",
    german="strasse",
    aliases=("str", "strassenname", "stn", "addr_street", "street_name", "strname"),
    description="Street name",
    beschreibung="Straßenname",
    example="Musterstraße",
)

HOUSE_NUMBER = Column(
    name="house_number",
    type="text",
    german="hnr",
    aliases=("hausnummer", "hausnr", "hsnr", "addr_housenumber", "housenumber", "nr", "haus_nr"),
    description="House number; a letter behind it is split off (12a); no ranges (12-16)",
    beschreibung="Hausnummer; ein Buchstabe dahinter wird abgetrennt (12a); keine Bereiche (12-16)",
    example="12",
)

SUFFIX = Column(
    name="suffix",
    type="text",
    german="hnr_z",
    aliases=(
        "hausnummernzusatz",
        "adz",
        "hnrzusatz",
        "hausnrzusatz",
        "zusatz",
        "addr_suffix",
        "hnr_zusatz",
    ),
    description="What follows the number of the house",
    beschreibung="Zusatz zur Hausnummer",
    example="a",
)

POSTCODE = Column(
    name="postcode",
    type="text",
    german="plz",
    aliases=("postleitzahl", "postplz", "addr_postcode", "zip", "postal_code"),
    description="Postcode, five digits, as text",
    beschreibung="Postleitzahl, fünf Ziffern, als Text",
    example="40210",
)

FIBRE_TECHNOLOGY = Column(
    name="technology",
    type="code",
    german="technologie",
    required=True,
    codes="fibre_technology",
    aliases=("tech", "anschlusstechnologie", "technology_code"),
    description="Technology; FTTH and FTTB count as fibre, the others are accepted",
    beschreibung="Technologie; FTTH und FTTB zählen als Glasfaser, die übrigen werden angenommen",
    example="FTTH",
)

DOWNLOAD = Column(
    name="download_mbit",
    type="integer",
    required=True,
    unit="Mbit/s",
    minimum=0,
    maximum=1_000_000,
    aliases=("download", "max_advertised_download_speed", "maxdown", "down_mbit", "downstream"),
    description="Highest download rate on offer",
    beschreibung="Höchste angebotene Downloadrate",
    example="1000",
)

UPLOAD = Column(
    name="upload_mbit",
    type="integer",
    required=True,
    unit="Mbit/s",
    minimum=0,
    maximum=1_000_000,
    aliases=("upload", "max_advertised_upload_speed", "maxup", "up_mbit", "upstream"),
    description="Highest upload rate on offer",
    beschreibung="Höchste angebotene Uploadrate",
    example="500",
)

FIBRE_STATUS = Column(
    name="status",
    type="code",
    required=True,
    codes="fibre_status",
    aliases=("ausbaustatus", "stand", "ausbaustand", "stage", "bauzustand"),
    description="How far fibre has come",
    beschreibung="Stand des Ausbaus",
    example="passed",
)

OFFER_AVAILABLE = Column(
    name="offer_available",
    type="boolean",
    required=True,
    aliases=("angebot_verfuegbar", "angebot", "offer", "buchbar", "bestellbar", "orderable"),
    description="Can be ordered today at list price; counts from 'passed' on",
    beschreibung="Heute zum Listenpreis bestellbar; zählt ab 'passed'",
    example="ja",
)

DWELLINGS_REACHED = Column(
    name="dwellings",
    type="integer",
    german="we_wohn",
    minimum=0,
    maximum=10_000,
    aliases=("wohneinheiten", "we", "housing_units"),
    description="Dwellings reached",
    beschreibung="Erreichte Wohneinheiten",
    example="8",
)

BUSINESS_UNITS = Column(
    name="business_units",
    type="integer",
    german="we_gew",
    minimum=0,
    maximum=10_000,
    aliases=("gewerbeeinheiten", "ge", "businesses"),
    description="Business units reached",
    beschreibung="Erreichte Gewerbeeinheiten",
    example="1",
)

LOT = Column(
    name="lot",
    type="text",
    german="bauabschnitt",
    aliases=("los", "cluster", "ausbaugebiet", "polygon"),
    description="Lot or construction phase of the operator",
    beschreibung="Bauabschnitt oder Los des Betreibers",
    example="FLI-03",
)

STATUS_DATE = Column(
    name="status_date",
    type="date",
    required=True,
    aliases=("statusdatum", "stand_datum", "datum_status", "as_of"),
    description="Date on which the status was reached; not in the future for built stages",
    beschreibung="Datum, an dem der Stand erreicht war; bei gebauten Ständen nicht in der Zukunft",
    example="2025-06-30",
)

AVAILABLE_FROM = Column(
    name="available_from",
    type="date",
    aliases=(
        "verfuegbar_ab",
        "verfuegbarkeit_ab",
        "planned_for",
        "fertigstellung",
        "geplant_bis",
        "available",
    ),
    description="Date from which an offer is announced; needed for what is planned",
    beschreibung="Datum, ab dem ein Angebot angekündigt ist; nötig bei Geplantem",
    example="2026-03-31",
)

FUNDING = Column(
    name="funding",
    type="code",
    codes="funding",
    aliases=("foerderung", "finanzierung", "foerderart"),
    description="Who pays for the rollout",
    beschreibung="Wer den Ausbau bezahlt",
    example="own",
)

CONFIDENCE = Column(
    name="confidence",
    type="code",
    codes="confidence",
    aliases=("verlaesslichkeit", "data_confidence", "datenqualitaet"),
    description="How sure the statement is",
    beschreibung="Wie sicher die Angabe ist",
    example="confirmed",
)

NAME = Column(
    name="name",
    type="text",
    german="bezeichnung",
    aliases=("bez", "namen", "title", "titel"),
    description="Name",
    beschreibung="Name",
    example="Beispiel",
)

OPERATING_STATUS = Column(
    name="status",
    type="code",
    codes="coverage_status",
    default="existing",
    aliases=("zustand", "stand", "site_status", "service_status"),
    description="Existing or planned",
    beschreibung="Vorhanden oder geplant",
    example="existing",
)

SINCE = Column(
    name="since",
    type="date",
    german="seit",
    aliases=("in_betrieb_seit", "installation_date", "inbetriebnahme", "start_date"),
    description="Date from which it runs",
    beschreibung="Datum der Inbetriebnahme",
    example="2024-05-01",
)

MOBILE_TECHNOLOGY = Column(
    name="technology",
    type="code",
    german="technologie",
    required=True,
    codes="mobile_technology",
    aliases=("radio_type", "radio_types", "access_technologies", "tech", "mobilfunkstandard"),
    description="Generation of mobile radio",
    beschreibung="Mobilfunkgeneration",
    example="5G",
)

BAND = Column(
    name="band_mhz",
    type="number",
    german="frequenz_mhz",
    unit="MHz",
    minimum=400,
    maximum=100_000,
    aliases=("band", "frequency_mhz", "frequenzband_mhz", "frequency_bands_mhz"),
    description="Frequency band",
    beschreibung="Frequenzband",
    example="3600",
)

EASTING = Column(
    name="easting_m",
    type="number",
    german="ostwert",
    unit="m",
    aliases=(
        "easting",
        "rechtswert",
        "x",
        "x_25832",
        "utm_x",
        "coord_x",
        "xcoord",
        "e",
        "ost",
        "x_koordinate",
        "x_mp_100m",
        "x_wert",
    ),
    description="Easting in the city's CRS",
    beschreibung="Ostwert (UTM) im Koordinatensystem der Stadt",
    example="345000.0",
)

NORTHING = Column(
    name="northing_m",
    type="number",
    german="nordwert",
    unit="m",
    aliases=(
        "northing",
        "hochwert",
        "y",
        "y_25832",
        "utm_y",
        "coord_y",
        "ycoord",
        "n",
        "nord",
        "y_koordinate",
        "y_mp_100m",
        "y_wert",
    ),
    description="Northing in the city's CRS",
    beschreibung="Nordwert (UTM) im Koordinatensystem der Stadt",
    example="5677000.0",
)

LONGITUDE = Column(
    name="longitude",
    type="number",
    german="laengengrad",
    unit="degrees",
    aliases=("lon", "lng", "long", "laenge", "geo_lon", "gps_lon", "lon_wgs84"),
    description="Longitude in WGS 84, instead of easting and northing",
    beschreibung="Längengrad in WGS 84, statt Ost- und Nordwert",
)

LATITUDE = Column(
    name="latitude",
    type="number",
    german="breitengrad",
    unit="degrees",
    aliases=("lat", "breite", "geo_lat", "gps_lat", "lat_wgs84"),
    description="Latitude in WGS 84, instead of easting and northing",
    beschreibung="Breitengrad in WGS 84, statt Ost- und Nordwert",
)
