"""Disputes as pages: the list, one of them, and the form to open one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import delivery_words as names
from .deliveries import moment_of
from .page import TEMPLATES, frame, tidy

if TYPE_CHECKING:
    from .setting import Setting

Row = Mapping[str, Any]
TEXT_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Address:
    """An address of the register, with its text; `operators` are those that claim it."""

    id: str
    text: str
    operators: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list.

    Parameters
    ----------
    rows : sequence of Row
        As ``/v1/disputes`` returns them, with ``address`` as text.
    state : str
        To which the list is narrowed; empty for all.
    before, following : str or None
        Queries of the pages beside this one.
    """

    rows: Sequence[Row]
    count: int
    state: str = ""
    before: str | None = None
    following: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The form to dispute an offer, as it stands in the fields.

    Parameters
    ----------
    reasons : sequence of Row
        The code list, with ``code``, ``de`` and ``en``.
    technologies : sequence of Row
        Likewise.
    found : sequence of Address or None
        What a search found; ``None`` where nothing was searched for.
    """

    reasons: Sequence[Row]
    technologies: Sequence[Row]
    search: str = ""
    found: Sequence[Address] | None = None
    address: Address | None = None
    said: Mapping[str, str] = field(default_factory=dict)


def listing(setting: Setting, page: Listing, *, reviews: bool) -> str:
    """Return the list of disputes."""
    language = setting.language
    values = {"listing": page, "reviews": reviews, "today": ""}
    return _page("disputes.html", setting, language("Disputes"), values)


def one(
    setting: Setting,
    dispute: Row,
    *,
    address: str,
    steps: Sequence[str],
    form_token: str,
    said: str = "",
    fault: str = "",
) -> str:
    """Return the page of one dispute; `steps` are those that the reader may take now."""
    language = setting.language
    values = {
        "dispute": dispute,
        "address": address,
        "steps": steps,
        "form_token": form_token,
        "said": language(names.SAID[said]) if said in names.SAID else "",
        "fault": fault,
        "text_length": TEXT_LENGTH,
    }
    return _page("dispute.html", setting, language("Dispute"), values)


def new(
    setting: Setting,
    report: Report,
    *,
    form_token: str,
    reviews: bool,
    evidence_mb: int,
    days: int,
    fault: str = "",
    receipt: str = "",
) -> str:
    """Return the form; with a `receipt`, what the public is told when it has sent one."""
    language = setting.language
    values = {
        "report": report,
        "form_token": form_token,
        "reviews": reviews,
        "evidence_mb": evidence_mb,
        "days": days,
        "fault": fault,
        "receipt": receipt,
        "text_length": TEXT_LENGTH,
    }
    return _page("dispute_new.html", setting, language("Dispute an offer"), values)


def _page(template: str, setting: Setting, title: str, values: Mapping[str, Any]) -> str:
    language = setting.language
    known = frame(setting, title, "disputes") | {
        "names": names,
        "moment": lambda at: moment_of(at, language),
        "header": "",
        "script": "",
    }
    return tidy(TEMPLATES.get_template(template).render(**known, **values))
