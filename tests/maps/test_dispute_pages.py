"""Pages of disputes and of the audit log."""

from dataclasses import replace

import pytest

from stadtnetz.maps import audit_log, disputes
from stadtnetz.maps.audit_log import Chain, Log
from stadtnetz.maps.delivery_words import (
    DISPUTE_NOTES,
    DISPUTE_STATES,
    DISPUTE_TONES,
)
from stadtnetz.maps.disputes import Address, Listing, Report
from stadtnetz.maps.setting import served

ID = "d" * 32
TOKEN = "e" * 64
EVIL = "<script>alert('x')</script>"


@pytest.fixture
def mine(setting):
    return replace(setting, links=served(1), signed_in="paula")


def dispute(**changes):
    row = {
        "id": ID,
        "operator": "rheinfaser",
        "address_id": "A1",
        "address": EVIL,
        "reason": {"code": "nothing_built", "de": "Keine Leitung", "en": "No line"},
        "masks": "everything",
        "text": EVIL,
        "state": "open",
        "origin": "public",
        "opened_at": "2026-11-01T10:00:00+00:00",
        "due": "2026-12-01",
        "evidence": None,
        "answer": None,
        "decision": None,
        "lifted": None,
    }
    return row | changes


def one(setting, steps=(), **changes):
    return disputes.one(
        setting, dispute(**changes), address="Hauptstraße 1", steps=steps, form_token=TOKEN
    )


def test_every_state_has_words_and_a_look():
    assert set(DISPUTE_STATES) == set(DISPUTE_NOTES) == set(DISPUTE_TONES)


def test_empty_lists_say_what_to_do(mine):
    page = Listing((), 0)
    assert "Noch hat niemand" in disputes.listing(mine, page, reviews=True)
    assert "Niemand hat eines Ihrer Angebote" in disputes.listing(mine, page, reviews=False)
    narrowed = disputes.listing(mine, Listing((), 0, "open"), reviews=False)
    assert "keine solche Beanstandung" in narrowed


def test_the_list_shows_operators_to_coordinators_only(mine):
    page = Listing([dispute()], 1)
    assert "rheinfaser" in disputes.listing(mine, page, reviews=True)
    html = disputes.listing(mine, page, reviews=False)
    assert "rheinfaser" not in html
    assert EVIL not in html
    assert "01.12.2026" in html


def test_only_steps_that_can_be_taken_are_offered(mine):
    html = one(mine, ("concede", "rebut"))
    assert "/concede" in html
    assert "/uphold" not in html
    assert "Antwort bis 01.12.2026." in html
    assert "<form" not in one(mine)


@pytest.mark.parametrize("step", ["concede", "uphold", "dismiss", "lift", "forget"])
def test_what_cannot_be_undone_is_confirmed(mine, step):
    assert 'name="confirmed"' in one(mine, (step,))


def test_what_an_operator_is_not_told_is_not_shown(mine):
    decision = {"at": "2026-11-20T10:00:00+00:00", "text": "Ortstermin"}
    html = one(mine, state="upheld", decision=decision)
    assert "Ortstermin" in html
    assert "aus der Öffentlichkeit" in html
    assert EVIL not in html


def test_a_deleted_text_is_said_to_be(mine):
    assert "Der Text wurde gelöscht." in one(mine, text="")


REASONS = ({"code": "nothing_built", "de": "Keine Leitung", "en": "No line"},)


def new(setting, reviews=False, receipt="", fault="", **report):
    return disputes.new(
        setting,
        Report(REASONS, (), **report),
        form_token=TOKEN,
        reviews=reviews,
        evidence_mb=10,
        days=30,
        fault=fault,
        receipt=receipt,
    )


def test_first_the_address_then_the_rest(mine):
    assert 'name="text"' not in new(mine)
    found = (Address("A 1&2", EVIL),)
    html = new(mine, search="haupt", found=found)
    assert "address=A%201%262" in html
    assert EVIL not in html
    assert "keine solche Adresse" in new(mine, search="x", found=())
    html = new(mine, address=Address("A1", "Hauptstraße 1"))
    assert html.index('name="csrf_token"') < html.index('name="evidence"')
    assert 'name="provider"' in html
    assert 'name="operator"' not in html


def test_coordinators_choose_among_those_who_claim_the_address(mine):
    html = new(mine, reviews=True, address=Address("A1", "Hauptstraße 1", ("rheinfaser",)))
    assert "<option>rheinfaser</option>" in html
    nobody = new(mine, reviews=True, address=Address("A1", "Hauptstraße 1"))
    assert "es gibt nichts zu beanstanden" in nobody
    assert 'name="text"' not in nobody


def test_a_fault_keeps_what_was_written(mine):
    said = {"text": "Im Haus liegt nichts.", "reason": "nothing_built"}
    html = new(mine, address=Address("A1", "H 1"), said=said, fault="So nicht.")
    assert "Im Haus liegt nichts.</textarea>" in html
    assert '<option value="nothing_built" selected>' in html
    assert "So nicht." in html


def test_the_public_gets_a_receipt(mine):
    html = new(mine, receipt="0123")
    assert "<code>0123</code>" in html
    assert "<form" not in html


def log(*rows, fault=None, **more):
    return Log(rows, Chain(1234, "c" * 64, fault), **more)


def entry(**changes):
    row = {
        "number": 7,
        "at": "2026-11-27T10:00:00+00:00",
        "who": EVIL,
        "what": "delivery",
        "delivery": "a" * 32,
        "subject": None,
        "from_state": "staged",
        "to_state": "published",
        "why": EVIL,
        "details": {},
        "hash": "b" * 64,
    }
    return row | changes


def test_the_log_tells_whether_it_is_whole(mine):
    whole = audit_log.render(log(entry()), mine)
    assert "Jeder seiner 1.234 Einträge" in whole
    assert "c" * 64 in whole
    broken = audit_log.render(log(entry(), fault="its hash does not follow"), mine)
    assert "bei Eintrag 1.235 unterbrochen" in broken
    assert 'role="alert"' in broken


def test_entries_lead_to_what_they_are_about(mine):
    of_dispute = entry(what="dispute", delivery=None, subject=ID, to_state=None)
    of_account = entry(what="account", delivery=None, subject="paula", why="added", to_state=None)
    html = audit_log.render(log(entry(), of_dispute, of_account), mine)
    assert f'href="../deliveries/{"a" * 32}"' in html
    assert f'href="../disputes/{ID}"' in html
    assert "hinzugekommen" in html
    assert "Zustandswechsel: veröffentlicht" in html
    assert EVIL not in html


def test_filters_are_kept(mine):
    filters = {"who": "karl", "what": "dispute", "delivery": ""}
    html = audit_log.render(log(filters=filters, sorts=("dispute",)), mine)
    assert 'value="karl"' in html
    assert '<option value="dispute" selected>' in html
    assert "keinen solchen Eintrag" in html
