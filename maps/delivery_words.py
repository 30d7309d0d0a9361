"""What ids of deliveries, disputes and the audit log are called on a page; see `.words`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .language import mark

if TYPE_CHECKING:
    from .language import Language

STATES = {
    "received": mark("received"),
    "checking": mark("being checked"),
    "rejected": mark("rejected"),
    "staged": mark("to be published"),
    "published": mark("published"),
    "superseded": mark("superseded"),
    "withdrawn": mark("withdrawn"),
}
"""States of a delivery."""

STATE_NOTES = {
    "received": mark("The file has arrived and waits for its check."),
    "checking": mark("The file is being checked. You need not wait here."),
    "rejected": mark(
        "The delivery changes no figure. Please correct the file and hand it in anew."
    ),
    "staged": mark("The delivery is checked. The coordination of the city decides on it."),
    "published": mark("The delivery counts in the figures of the city."),
    "superseded": mark("A later delivery for the same date counts instead of this one."),
    "withdrawn": mark("The delivery was taken back and does not count."),
}
"""What a state means for whoever looks at the delivery."""

STATE_TONES = {
    "received": "no_data",
    "checking": "no_data",
    "rejected": "missed",
    "staged": "behind",
    "published": "met",
    "superseded": "no_data",
    "withdrawn": "no_data",
}
"""Look of the badge of a state: that of a standing."""

SEVERITIES = {
    "error": mark("Errors"),
    "warning": mark("Warnings"),
    "note": mark("Notes"),
}
SEVERITY = {"error": mark("Error"), "warning": mark("Warning"), "note": mark("Note")}
SEVERITY_TONES = {"error": "missed", "warning": "behind", "note": "on_track"}
SEVERITY_NOTES = {
    "error": mark("must be corrected"),
    "warning": mark("should be looked at"),
    "note": mark("for your information"),
}
"""Severities of findings."""

JOBS = {
    "check": mark("Check"),
    "review": mark("Difference and effect"),
    "resolve": mark("New figures"),
}
"""What a job is for."""

PHASES = {
    "waiting": mark("waits for its turn"),
    "reading": mark("the file is being read"),
    "checking": mark("rows are being checked"),
    "matching": mark("addresses are being matched"),
    "storing": mark("the result is being stored"),
    "reviewing": mark("difference and effect are being computed"),
    "resolving": mark("figures are being computed"),
    "ground": mark("terrain and buildings are being read"),
    "predicting": mark("coverage is being computed"),
    "failed": mark("interrupted"),
    **STATES,
}
"""What a job does; when it is over, the state of the delivery."""

EVENTS = {
    "delivery": mark("Change of state"),
    "question": mark("Question of the coordination"),
    "answer": mark("Answer"),
    "check_failed": mark("The check was interrupted"),
    "check_superfluous": mark("The check was not needed any more"),
    "retention": mark("Files deleted at the end of their retention"),
    "dispute": mark("Dispute"),
    "dispute_forget": mark("Text and evidence of a dispute deleted"),
    "account": mark("Account"),
    "token": mark("API token"),
    "sign_in": mark("Sign-in"),
}
"""Sorts of entries of the history and of the audit log."""

CHANGES = {
    "added": mark("added"),
    "removed": mark("removed"),
    "upgraded": mark("upgraded"),
    "downgraded": mark("downgraded"),
    "offer_gained": mark("offer gained"),
    "offer_lost": mark("offer lost"),
    "technology_changed": mark("other technology"),
    "bandwidth_raised": mark("faster"),
    "bandwidth_lowered": mark("slower"),
    "advanced": mark("planned earlier"),
    "postponed": mark("planned later"),
    "moved": mark("moved"),
    "altered": mark("other details"),
    "gained": mark("area gained"),
    "lost": mark("area lost"),
}
"""How a thing differs from the operator's last version."""

CHANGE_COLOURS = {
    "added": "#17643a",
    "removed": "#9c1f2b",
    "upgraded": "#0a5c91",
    "downgraded": "#b06f00",
    "offer_gained": "#2c8c57",
    "offer_lost": "#c2413f",
    "gained": "#17643a",
    "lost": "#9c1f2b",
}
OTHER_CHANGE = "#5b6b78"

THINGS = {"addresses": mark("addresses"), "sites": mark("sites"), "none": mark("areas")}

AREA_THEMES = {
    "fibre planned": mark("fibre planned"),
    "fibre passed": mark("fibre passed"),
    "fibre offered": mark("fibre offered"),
}

AREA_WORDS = {
    "indoor": mark("in buildings"),
    "outdoor": mark("outdoors"),
    "vehicle": mark("in vehicles"),
    "existing": mark("in operation"),
    "planned": mark("planned"),
}
"""Words of which the themes of mobile coverage are put together."""

CAUSES = {
    "register": mark("Address register and other city layers"),
    "delivery": mark("This delivery"),
    "method": mark("Method"),
}
"""Why a figure changes."""

MATCH_METHODS = {
    "id": mark("by the id of the register"),
    "text": mark("by street and house number"),
    "position": mark("by position"),
    "ambiguous": mark("ambiguous"),
    "none": mark("not found"),
}
"""How a row was matched to the register of addresses."""

DISPUTE_STATES = {
    "open": mark("open"),
    "conceded": mark("conceded"),
    "rebutted": mark("rebutted"),
    "upheld": mark("upheld"),
    "dismissed": mark("dismissed"),
    "lifted": mark("lifted"),
    "noted": mark("noted"),
}
DISPUTE_NOTES = {
    "open": mark("The operator is asked to answer."),
    "conceded": mark("The operator has conceded: what is disputed does not count."),
    "rebutted": mark("The operator has rebutted; the coordination decides."),
    "upheld": mark("The coordination has upheld the dispute: what is disputed does not count."),
    "dismissed": mark("The coordination has dismissed the dispute: the offer counts."),
    "lifted": mark("The dispute is over: the offer counts again."),
    "noted": mark("No operator claims the address; the report is kept."),
}
DISPUTE_TONES = {
    "open": "behind",
    "conceded": "missed",
    "rebutted": "behind",
    "upheld": "missed",
    "dismissed": "met",
    "lifted": "met",
    "noted": "no_data",
}
MASKS = {
    "everything": mark("everything that the operator claims at the address"),
    "offer": mark("the offer at the address"),
    "speed": mark("the speed on offer at the address"),
}
"""What does not count when a dispute is conceded."""

SAID = {
    "handed_in": mark("The file has arrived."),
    "published": mark("The delivery is published. The figures are being computed anew."),
    "rejected": mark("The delivery is rejected; its sender reads the reason here."),
    "asked": mark("Your question is in the history; the sender sees it here."),
    "answered": mark("Your answer is in the history."),
    "withdrawn": mark("The delivery is withdrawn and does not count any more."),
    "disputed": mark("The dispute is open; the operator is asked to answer."),
    "concede": mark("The dispute is conceded. What is disputed does not count from now on."),
    "rebut": mark("Your rebuttal is kept; the coordination decides."),
    "uphold": mark("The dispute is upheld. What is disputed does not count from now on."),
    "dismiss": mark("The dispute is dismissed."),
    "lift": mark("The dispute is lifted. The offer counts again from now on."),
    "forget": mark("Text and evidence of the dispute are deleted."),
}
"""What a page says about what was just done."""

FAULTS = {
    "unknown_delivery": mark("There is no such delivery."),
    "unknown_dispute": mark("There is no such dispute."),
    "unknown_job": mark("There is no such job."),
    "unknown_upload": mark("There is no such upload; please choose the file again."),
    "unknown_page": mark("There is no such page."),
    "not_found": mark("There is no such page."),
    "upload_expired": mark("The upload has expired; please choose the file again."),
    "unknown_kind": mark("Please choose what the file holds."),
    "not_allowed": mark("Your account may not do this."),
    "foreign_operator": mark("Your account hands in the layers of its own operator only."),
    "not_signed_in": mark("Please sign in first."),
    "wrong_state": mark(
        "The delivery is in another state meanwhile; nothing was changed. The page shows the "
        "present one."
    ),
    "already_delivered": mark(
        "You have handed in this very file before, for the same date. Tick “Hand the same file in "
        "again” if that is meant."
    ),
    "cannot_replace": mark("This delivery cannot be replaced by the new one."),
    "invalid_parameter": mark("Please check the entries: something is missing or not valid."),
    "no_reason": mark("Please say in words what it is about; nothing was changed."),
    "not_confirmed": mark("Please confirm it by the tick; nothing was changed."),
    "no_file": mark("Please choose a file."),
    "no_operator": mark("Please say whose layer it is."),
    "file_too_large": mark("The file is larger than is allowed."),
    "too_many_uploads": mark("Too many uploads are under way; please try again later."),
    "upload_truncated": mark("The connection ended before the file had arrived; nothing was kept."),
    "upload_incomplete": mark("The file has not arrived as a whole; please choose it again."),
    "unreadable_file": mark(
        "The file cannot be looked into. You can hand it in nevertheless; the report then says "
        "what is wrong with it."
    ),
    "file_gone": mark("This file is not there, or was deleted at the end of its retention."),
    "disk_full": mark("The server's disk is full; nothing was kept. Please try again later."),
    "store_unavailable": mark(
        "The database does not answer; nothing was changed. Please try again."
    ),
    "store_locked": mark("The service is busy; nothing was changed. Please try again."),
    "dispute_state": mark("The dispute is in another state meanwhile; nothing was changed."),
    "dispute_not_overdue": mark(
        "The operator still has time to answer; decide it after the deadline."
    ),
    "unknown_address": mark("The address register has no such address."),
    "unknown_reason": mark("Please choose a reason."),
    "dispute_incomplete": mark("Please say in words what is wrong, in at most 2,000 characters."),
    "evidence_refused": mark("The evidence must be a PDF, PNG or JPEG file that can be read."),
    "too_large": mark("The evidence file is larger than is allowed."),
    "no_offer": mark("This operator claims neither a line nor an offer at the address."),
    "already_disputed": mark("The same is disputed already."),
    "too_many_requests": mark("Too many reports from your network; please try again later."),
    "internal_error": mark(
        "Something went wrong here and nothing was kept. Please tell the coordination when."
    ),
}
"""What a page says about what could not be done, by the code of the problem."""

UPLOAD_FAULTS = (
    "disk_full",
    "file_too_large",
    "not_allowed",
    "not_signed_in",
    "store_unavailable",
    "too_many_uploads",
    "unknown_upload",
    "upload_expired",
)
"""Codes that sending a file in pieces may be refused with."""

FAULT = mark("This did not work, and nothing was changed.")


WHYS = {
    "added": mark("added"),
    "disabled": mark("disabled"),
    "enabled": mark("enabled"),
    "password changed": mark("password changed"),
    "revoked": mark("revoked"),
    "role changed": mark("role changed"),
    "it was decided meanwhile": mark("it was decided meanwhile"),
    "the file has errors; see the report": mark("the file has errors; see the report"),
    "the check was interrupted; it begins anew": mark("the check was interrupted; it begins anew"),
}
"""What the service itself writes down as a reason."""

_NUMBER = r"(?P<number>[0-9a-f]{8})"
WHY_PATTERNS = (
    (rf"{_NUMBER} replaces it", mark("delivery %(number)s replaces it")),
    (
        rf"{_NUMBER} was published for the same date",
        mark("delivery %(number)s was published for the same date"),
    ),
    (
        rf"{_NUMBER}, which superseded it, was withdrawn",
        mark("delivery %(number)s, which superseded it, was withdrawn"),
    ),
    (r"(?P<days>\d+) days after it was \w+", mark("%(days)s days after the delivery was over")),
    (
        r"the check came to no result (?P<count>\d+) times .*",
        mark("the check came to no result %(count)s times; please ask the administration"),
    ),
    (r"the check failed: .*", mark("the check failed; it begins anew")),
)


def why_words(why: str, language: Language) -> str:
    """Return a reason: what people wrote as it is, what the service wrote in the language."""
    if why in WHYS:
        return language(WHYS[why])
    for pattern, words in WHY_PATTERNS:
        found = re.fullmatch(pattern, why)
        if found:
            return language(words, **found.groupdict())
    return why


def area_theme(theme: str, language: Language) -> str:
    """Return the name of what an area is about, such as ``5G outdoor existing``."""
    if theme in AREA_THEMES:
        return language(AREA_THEMES[theme])
    return " ".join(language(AREA_WORDS.get(word, word)) for word in theme.split())
