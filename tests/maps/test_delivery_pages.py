"""Pages of deliveries: lists, forms, one delivery with its report, difference and effect."""

import re
from dataclasses import replace

import geopandas as gpd
import pytest
import shapely

from stadtnetz.maps import deliveries, delivery, hand_in
from stadtnetz.maps.deliveries import Filters, Listing, Waiting
from stadtnetz.maps.delivery import Powers, Sheet
from stadtnetz.maps.delivery_map import Places, claim_words
from stadtnetz.maps.delivery_words import (
    FAULTS,
    STATE_NOTES,
    STATE_TONES,
    STATES,
    area_theme,
    why_words,
)
from stadtnetz.maps.hand_in import Choice, ColumnChoice, FileLayer, FileWords, KindChoice, Upload
from stadtnetz.maps.language import Language
from stadtnetz.maps.setting import served

GERMAN, ENGLISH = Language("de"), Language("en")
ID = "a" * 32
TOKEN = "f" * 64
CRS = "EPSG:25832"
X, Y = 340_000.0, 5_670_000.0
EVIL = "<script>alert('x')</script>"


def entry(**changes):
    row = {
        "id": ID,
        "state": "staged",
        "kind": "fibre_addresses",
        "operator": EVIL,
        "valid_from": "2026-06-30",
        "file_name": EVIL,
        "sha256": "0" * 64,
        "received_at": "2026-11-27T10:00:00+00:00",
        "who": "paula",
        "replaces": None,
    }
    return row | changes


def event(**changes):
    row = {"at": "2026-11-27T10:00:00+00:00", "who": "paula", "what": "delivery", "why": ""}
    return row | {"from_state": None, "to_state": "received"} | changes


def full(**changes):
    return entry(
        **{
            "files": {"original": True, "corrected": False, "findings": False},
            "files_deleted_at": None,
            "history": [event()],
        }
        | changes
    )


def group(count, severity="error", **changes):
    example = {
        "row": 7,
        "value": EVIL,
        "message_de": f"Zeile 7: {EVIL}",
        "message_en": "Row 7",
        "proposal_de": "Bitte beheben.",
        "proposal_en": "Mend it.",
    }
    shown = [example] * min(count, 20)
    row = {"code": "a_code", "severity": severity, "column": "plz", "count": count}
    return row | {"examples": shown} | changes


def report(*groups, **changes):
    row = {"accepted": True, "row_count": 2310, "accepted_count": 2300, "set_aside_count": 10}
    return row | {"findings": list(groups), "counts": {}} | changes


def numbers(**counts):
    by_district = [{"level": "stadtteil", "code": "1", "name": EVIL, "counts": counts}]
    return {
        "things": "addresses",
        "before_count": 100,
        "after_count": 2369,
        "unchanged_count": 59,
        "counts": counts,
        "by_district": by_district,
    }


def review(**changes):
    area = {"theme": "fibre offered", "level": "city", "code": "", "name": ""}
    area |= {"before_m2": 1e6, "after_m2": 3e6, "gained_m2": 2e6, "lost_m2": 0.0}
    row = {
        "as_of": "2026-11-27",
        "last": {"version": "v", "valid_from": "2025-12-31"},
        "difference": numbers(added=2310, removed=41, downgraded=12, moved=0),
        "areas": [area, area | {"level": "stadtteil", "name": "Mitte"}],
        "alarms": [
            {
                "message_de": "Auffällig.",
                "message_en": "Striking.",
                "proposal_de": "Beim Betreiber nachfragen.",
                "proposal_en": "Ask.",
            }
        ],
    }
    return row | changes


def effect():
    causes = {"register": -0.001, "delivery": 0.3, "method": 0.0}
    goal = {
        "goal": "g",
        "title": "Half of all households",
        "titel": "Hälfte der Haushalte",
        "indicator": "fibre_offer_household_share",
        "target": 0.5,
        "due": "2025-12-31",
        "before": 0.3,
        "after": 0.599,
        "change": 0.299,
        "reached_before": False,
        "reached_after": True,
    }
    return {"goals": [goal], "effects": [{"indicator": goal["indicator"], "causes": causes}]}


def sheet(**changes):
    known = {
        "delivery": full(),
        "report": report(),
        "receipt": {"size_bytes": 1234, "audit_hash": "1" * 64},
        "places": Places(CRS),
    }
    return Sheet(**known | changes)


@pytest.fixture
def mine(setting):
    return replace(setting, links=served(1), signed_in="paula")


@pytest.fixture
def coordinators(mine):
    return replace(mine, reviews=True)


@pytest.fixture
def show(city, mine):
    def render(shown, setting=mine, **more):
        return delivery.render(shown, city.ground, setting, form_token=TOKEN, **more)

    return render


def text_of(html):
    """What a reader sees, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<main")[2]).split())


# --- lists ----------------------------------------------------------------------------------------


def listing(*rows, **changes):
    known = {"rows": rows, "waiting": (), "disputes_count": 0, "filters": Filters()}
    return Listing(**known | {"kinds": ("fibre_areas", "fibre_addresses")} | changes)


def test_an_empty_list_says_what_to_do(mine):
    html = deliveries.render(listing(), mine, reviews=False)
    assert "Laden Sie eine Vorlage herunter" in html
    assert "<form" not in html
    assert 'href="../deliveries/new"' in html
    assert "Partner melden sich" in deliveries.render(listing(), mine, reviews=True)


def test_a_filter_without_result_leads_back(mine):
    html = deliveries.render(listing(filters=Filters(state="rejected")), mine, reviews=False)
    assert "keine solche Lieferung" in html
    assert '<option value="rejected" selected>' in html


def test_what_waits_is_on_top(mine):
    waiting = [Waiting(entry(), "question"), Waiting(entry(state="rejected"), "rejected")]
    html = deliveries.render(
        listing(entry(), waiting=waiting, disputes_count=1234), mine, reviews=True
    )
    assert html.index("Wartet auf Sie") < html.index("Alle Lieferungen")
    assert "die Koordination hat eine Rückfrage" in html
    assert "1.234 zu beantworten" in html
    assert EVIL not in html
    assert "&lt;script&gt;" in html


def test_operators_are_shown_to_coordinators_only(mine):
    rows = listing(entry(operator="rheinfaser"))
    assert "rheinfaser" in deliveries.render(rows, mine, reviews=True)
    assert 'name="operator"' not in deliveries.render(rows, mine, reviews=False)


def test_every_state_has_words_and_a_look():
    assert set(STATES) == set(STATE_NOTES) == set(STATE_TONES)


# --- forms ----------------------------------------------------------------------------------------

KINDS = (
    KindChoice("fibre_addresses", {"de": "Zeile je Adresse", "en": "Row"}, ("csv", "gpkg"), True),
    KindChoice("mobile_raster", {"de": "Raster", "en": "Raster"}),
)


def new(setting, words=None, **more):
    known = {"form_token": TOKEN, "reviews": False, "today": "2026-11-27", "max_bytes": 2_000_000}
    return hand_in.new(setting, KINDS, (), words or FileWords(), **known | more)


def test_the_form_works_without_scripts(mine):
    html = new(mine)
    assert 'enctype="multipart/form-data"' in html
    # the guard looks for the token in the beginning of the form only
    assert html.index('name="csrf_token"') < html.index('name="file"')
    assert 'value="2026-11-27"' in html
    assert 'name="operator"' not in html
    assert "2,0\u00a0MB" in html


def test_templates_are_right_there(mine):
    html = new(mine)
    assert 'href="../v1/kinds/fibre_addresses/template.csv"' in html
    assert 'href="../v1/kinds/fibre_addresses/template.gpkg"' in html
    assert 'href="../v1/kinds/fibre_addresses/code-lists.csv"' in html
    assert "mobile_raster/template" not in html


def test_a_fault_keeps_what_was_entered(mine):
    words = FileWords("fibre_addresses", "2026-01-31", crs="EPSG:4326", again=True)
    html = new(mine, words, fault="Bitte wählen Sie eine Datei.")
    assert 'role="alert"' in html
    assert '<option value="fibre_addresses" selected>' in html
    assert 'value="2026-01-31"' in html
    assert 'value="EPSG:4326"' in html
    assert 'value="true" checked' in html


def test_coordinators_say_whose_layer_it_is(mine):
    assert 'name="operator"' in new(mine, reviews=True)


def test_a_replacement_names_what_it_replaces(mine):
    html = new(mine, FileWords("fibre_addresses", replaces=ID), replaced=entry())
    assert f'name="replaces" value="{ID}"' in html
    assert "vom 30.06.2026" in html


def columns(**changes):
    required = ColumnChoice(
        "technology", {"de": "technologie", "en": "technology"}, {"de": "A", "en": "B"}, True
    )
    similar = ColumnChoice(
        "street",
        {"de": "strasse", "en": "street"},
        {"de": "S", "en": "S"},
        False,
        "Strase",
        "similar",
    )
    layers = (FileLayer("Blatt 1", 12, ("Strase", EVIL)), FileLayer(EVIL, None, ()))
    known = {
        "upload": Upload(ID, EVIL, layers),
        "words": FileWords("fibre_addresses"),
        "columns": (required, similar),
    }
    return Choice(**known | changes)


def test_columns_are_proposed(mine):
    html = hand_in.choose(mine, columns(), form_token=TOKEN)
    assert "wurde erkannt für: technologie." in html
    assert '<option value="Strase" selected>' in html
    assert "ähnlicher Name; bitte prüfen" in html
    assert "Blatt 1 (12 Zeilen)" in html
    assert EVIL not in html


def test_a_single_layer_needs_no_choice(mine):
    one = columns(upload=Upload(ID, "a.csv", (FileLayer("a", 3, ("x",)),)))
    html = hand_in.choose(mine, one, form_token=TOKEN)
    assert 'name="layer"' not in html


def test_an_unreadable_file_can_be_handed_in(mine):
    empty = columns(upload=Upload(ID, "a.csv"), columns=())
    html = hand_in.choose(mine, empty, form_token=TOKEN, unreadable="Nicht lesbar.")
    assert "Nicht lesbar." in html
    assert ">Abgeben</button>" in html


def test_unknown_problems_have_words():
    assert hand_in.fault_words("disk_full", GERMAN).startswith("Der Speicher des Servers ist voll")
    assert "nichts wurde geändert" in hand_in.fault_words("never_heard_of", GERMAN)
    assert not [code for code, words in FAULTS.items() if GERMAN(words) == words]


# --- one delivery ---------------------------------------------------------------------------------


def test_the_report_counts_by_severity(show):
    shown = sheet(report=report(group(100_000), group(3, "warning"), matches=None))
    html = show(shown)
    assert "100.000 Fehler" in text_of(html)
    assert "3 Warnungen" in text_of(html)
    assert "0 Hinweise" in text_of(html)
    assert "99.980 weitere stehen in der CSV-Datei" in html
    assert html.count("<tr>") < 60
    assert EVIL not in html


def test_a_proposal_is_said_once(show):
    assert show(sheet(report=report(group(5)))).count("Bitte beheben.") == 1


def test_match_rate_and_corrected_file(show):
    matches = {"counts": {"id": 1, "text": 8, "none": 1}, "share": 0.9, "matched": 9, "total": 10}
    files = {"original": False, "corrected": True, "findings": True}
    corrections = [group(2, "note", repairable=True)]
    shown = sheet(
        delivery=full(files=files), report=report(matches=matches, corrections=corrections)
    )
    html = show(shown)
    assert "90,0 % der Zeilen einer Adresse zugeordnet" in text_of(html)
    assert "8 über Straße und Hausnummer" in html
    assert f'href="../v1/deliveries/{ID}/corrected"' in html
    assert "/original" not in html
    assert "Was in der korrigierten Datei behoben ist" in html


def test_the_difference_is_told_as_numbers(show):
    text = text_of(show(sheet(review=review())))
    assert "+2.310 hinzugekommen" in text
    assert "\u221241 weggefallen" in text
    assert "12 herabgestuft" in text
    assert "versetzt" not in text
    assert "Glasfaser im Angebot 1,00 3,00 2,00 0,00" in text
    assert text.count("Glasfaser im Angebot") == 1


def test_a_first_version_has_nothing_to_compare_with(show):
    assert "Es ist die erste Version" in show(sheet(review=review(last=None)))


def test_the_effect_is_split_for_coordinators(show, coordinators):
    text = text_of(show(sheet(review=review(**effect())), coordinators))
    assert "30,0 % 59,9 % +29,90 \u22120,10 +30,00 ±0,00" in text
    assert "damit erreicht" in text
    assert "Beim Betreiber nachfragen." in text


def test_partners_are_told_what_will_be_looked_at(show):
    text = text_of(show(sheet(review=review(), powers=Powers(answer=True))))
    assert "Auffällig." in text
    assert "nachfragen" not in text
    assert "Wirkung auf die Ziele" not in text


def test_only_what_may_be_done_is_offered(show):
    html = show(sheet(powers=Powers(publish=True, reject=True)))
    assert f'action="../deliveries/{ID}/publish"' in html
    assert f'action="../deliveries/{ID}/withdraw"' not in html
    assert "<form" not in show(sheet())


@pytest.mark.parametrize("power", ["publish", "reject", "withdraw"])
def test_what_cannot_be_undone_is_confirmed(show, power):
    html = show(sheet(powers=Powers(**{power: True})))
    form = html[html.index("<form") : html.index("</form>")]
    assert 'name="confirmed" value="yes" required' in form
    assert f'name="csrf_token" value="{TOKEN}"' in form


def test_a_question_is_on_top_with_its_answer(show):
    html = show(sheet(question=EVIL, powers=Powers(answer=True)))
    assert html.index("Rückfrage der Koordination") < html.index("Was Sie tun können")
    assert html.count("/answer") == 1
    assert EVIL not in html


def test_a_job_is_followed(show):
    job = {"id": "b" * 32, "what": "check", "phase": "reading", "done_share": 0.05}
    html = show(sheet(delivery=full(state="checking"), report={}, job=job))
    assert f'data-job="../v1/jobs/{"b" * 32}"' in html
    assert "die Datei wird gelesen" in html
    assert "Prüfbericht" not in html
    assert "follow.js" in html
    assert "data-then" not in html
    resolving = sheet(job=job | {"what": "resolve"})
    assert 'data-then="../"' in show(resolving, said="published")


def test_history_says_who_when_and_why(show):
    history = [event(), event(what="question", to_state=None, why=f"Warum {EVIL}?", who="karl")]
    html = show(sheet(delivery=full(history=history)))
    assert html.index("Rückfrage der Koordination") < html.index("27.11.2026, 10:00 UTC · paula")
    assert EVIL not in html


def test_faults_are_said_on_the_page(show):
    html = show(sheet(), fault="Nichts geändert.")
    assert 'role="alert" id="fault">Nichts geändert.' in html


def places():
    found = {"severity": "error", "row": 4711, "message_de": f"Fehler {EVIL}", "x": X, "y": Y}
    claim = {"stage": "passed", "offered": True, "down_mbit": 1000, "planned_from": None}
    changed = {"id": "A1", "address": EVIL, "changes": ["upgraded"], "x": X + 10, "y": Y}
    areas = gpd.GeoDataFrame(
        {"theme": ["5G outdoor existing"], "change": ["gained"]},
        geometry=[shapely.box(X, Y, X + 100, Y + 100)],
        crs=CRS,
    )
    return Places(CRS, [found], [changed | {"before": None, "after": claim}], areas, 972)


@pytest.mark.parametrize(("count", "says"), [(20, False), (31, True)])
def test_a_map_of_examples_says_that_it_is_one(show, count, says):
    place = {"severity": "error", "row": 7, "message_de": "Zeile 7", "message_en": "Row 7"}
    places = Places(CRS, [place | {"x": X, "y": Y}] * 20)
    html = show(sheet(report=report(group(count)), places=places))
    told = "zeigt die Karte die Beispiele des Berichts (20)" in html
    assert told is says


def test_findings_and_changes_are_on_the_map(show):
    html = show(sheet(places=places(), review=review()))
    assert "Zeile 4.711" in html
    assert "jetzt: vor dem Gebäude (Homes Passed), mit Angebot, 1.000 Mbit/s" in html
    assert "5G im Freien in Betrieb" in html
    assert "Die Karte zeigt 1 von 972 Änderungen" in html
    assert "leaflet/leaflet.js" in html
    assert EVIL not in html


def test_without_places_there_is_no_map(show):
    assert "leaflet" not in show(sheet())


def test_the_same_sheet_gives_the_same_page(show):
    assert show(sheet(places=places())) == show(sheet(places=places()))


def test_english(show, english):
    html = show(
        sheet(report=report(group(2)), review=review(**effect())),
        replace(english, links=served(1), reviews=True),
    )
    text = text_of(html)
    assert "+2,310 added" in text
    assert "Half of all households" in text
    assert "Row 7" in text
    assert "Ask." in text


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("why", "german"),
    [
        ("Bitte bald.", "Bitte bald."),
        ("the file has errors; see the report", "die Datei hat Fehler; siehe Prüfbericht"),
        ("0123abcd replaces it", "Lieferung 0123abcd ersetzt sie"),
        ("90 days after it was rejected", "90 Tage nach dem Ende der Lieferung"),
        ("somebody replaces it", "somebody replaces it"),
    ],
)
def test_reasons_of_the_service_are_translated(why, german):
    assert why_words(why, GERMAN) == german
    if why == german:
        assert why_words(why, ENGLISH) == why


def test_themes_of_area_have_names():
    assert area_theme("fibre passed", GERMAN) == "Glasfaser verlegt (Homes Passed)"
    assert area_theme("LTE indoor planned", GERMAN) == "LTE in Gebäuden geplant"


def test_no_customer_is_told_of():
    claim = {"stage": "activated", "other_stage": "passed", "offered": False, "down_mbit": 0}
    assert claim_words(claim, GERMAN) == claim_words(claim | {"stage": "connected"}, GERMAN)
    assert claim_words(None, GERMAN) == "\u2013"
