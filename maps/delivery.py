"""One delivery: state, report, difference, effect, history, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import delivery_words as names
from .deliveries import kind_name, moment_of
from .delivery_map import Places, city_map, legend
from .hand_in import size
from .page import frame, render_page
from .words import LEVELS_SINGULAR

if TYPE_CHECKING:
    from .language import Language
    from .setting import Ground, Setting

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Powers:
    """What the reader may do with a delivery, as the state and the role allow."""

    publish: bool = False
    reject: bool = False
    ask: bool = False
    answer: bool = False
    withdraw: bool = False
    replace: bool = False

    @property
    def any(self) -> bool:
        """Whether there is something to do."""
        return any((self.publish, self.reject, self.ask, self.answer, self.withdraw, self.replace))


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that the page of a delivery shows.

    Parameters
    ----------
    delivery : mapping
        As ``/v1/deliveries/{id}`` returns it.
    report, receipt : mapping
        As ``.../report`` and ``.../receipt`` return them; the report is empty before the check.
    review : mapping or None
        As ``.../review`` returns it to this reader.
    places : Places
    powers : Powers
    review_failed : bool
        Whether it could not be made a moment ago.
    job : mapping or None
        The job that runs now.
    question : str
        The question that waits for an answer.
    replaced_by : mapping or None
        The delivery that was handed in to replace this one.
    """

    delivery: Row
    report: Row
    receipt: Row
    places: Places
    powers: Powers = field(default_factory=Powers)
    review: Row | None = None
    review_failed: bool = False
    job: Row | None = None
    question: str = ""
    replaced_by: Row | None = None


def render(
    sheet: Sheet,
    ground: Ground,
    setting: Setting,
    *,
    form_token: str,
    said: str = "",
    fault: str = "",
) -> str:
    """Return the page; `said` is a key of `delivery_words.SAID`, `fault` is in words."""
    language = setting.language
    title = kind_name(sheet.delivery["kind"], language)
    values = frame(setting, title, "deliveries") | {
        "sheet": sheet,
        "delivery": sheet.delivery,
        "report": sheet.report,
        "matches": sheet.report.get("matches"),
        "review": sheet.review,
        "receipt": sheet.receipt,
        "names": names,
        "form_token": form_token,
        "said": language(names.SAID[said]) if said in names.SAID else "",
        "fault": fault,
        "phases": {phase: language(words) for phase, words in names.PHASES.items()},
        "why": lambda event: names.why_words(event["why"], language),
        "severities": _severities(sheet.report, language),
        "groups": _groups(sheet.report, language),
        "corrections": _groups({"findings": sheet.report.get("corrections") or ()}, language),
        "difference": _difference(sheet.review, language),
        "districts": _districts(sheet.review, language),
        "areas": _areas(sheet.review, language),
        "legend": legend(sheet.places, language),
        "shown_count": len(sheet.places.changed),
        "findings_shown_count": _examples_only(sheet),
        "moment": lambda at: moment_of(at, language),
        "size": lambda count: size(count, language),
    }
    return render_page("delivery.html", values, city_map(sheet.places, ground, setting))


def _examples_only(sheet: Sheet) -> int:
    """Count the findings on the map, where there are more than are shown; else 0."""
    groups = sheet.report.get("findings", ())
    more = any(group["count"] > len(group["examples"]) for group in groups)
    return len(sheet.places.findings) if more else 0


def _severities(report: Row, language: Language) -> list[dict[str, Any]]:
    """Count findings by severity, all three where the file was read at all."""
    if not report:
        return []
    groups = report.get("findings", ())
    return [
        {
            "severity": severity,
            "name": language(words),
            "note": language(names.SEVERITY_NOTES[severity]),
            "tone": names.SEVERITY_TONES[severity],
            "count": sum(group["count"] for group in groups if group["severity"] == severity),
        }
        for severity, words in names.SEVERITIES.items()
    ]


def _groups(report: Row, language: Language) -> list[dict[str, Any]]:
    """Return findings as they are shown: the proposal once, where it is the same for all."""
    shown = []
    for group in report.get("findings", ()):
        examples = [
            {
                "row": example.get("row"),
                "value": example.get("value"),
                "message": example.get(f"message_{language.code}", ""),
                "proposal": example.get(f"proposal_{language.code}", ""),
            }
            for example in group["examples"]
        ]
        proposals = list(dict.fromkeys(example["proposal"] for example in examples))
        shown.append(
            {
                "severity": group["severity"],
                "code": group["code"],
                "column": group.get("column"),
                "count": group["count"],
                "more": group["count"] - len(examples),
                "repairable": group.get("repairable", False),
                "examples": examples,
                "title": examples[0]["message"] if examples else group["code"],
                "proposal": proposals[0] if len(proposals) == 1 else "",
            }
        )
    return shown


def signed(count: int, language: Language) -> str:
    """Write a number of things that came or went, with its sign."""
    return ("+" if count > 0 else "\u2212" if count < 0 else "") + language.number(abs(count))


def _difference(review: Row | None, language: Language) -> list[dict[str, Any]]:
    """Return the changes that there are, each with its number and its query."""
    if review is None:
        return []
    counts = review["difference"]["counts"]
    return [
        {
            "change": change,
            "name": language(words),
            "count": _with_sign(change, counts[change], language),
        }
        for change, words in names.CHANGES.items()
        if counts.get(change)
    ]


def _with_sign(change: str, count: int, language: Language) -> str:
    if change == "added":
        return signed(count, language)
    return signed(-count, language) if change == "removed" else language.number(count)


def _districts(review: Row | None, language: Language) -> list[dict[str, Any]]:
    """Return a table per level of districts, with a column for each change that there is."""
    rows = review["difference"]["by_district"] if review is not None else []
    tables = []
    for level in dict.fromkeys(row["level"] for row in rows):
        chosen = [row for row in rows if row["level"] == level and any(row["counts"].values())]
        changes = [c for c in names.CHANGES if any(row["counts"].get(c) for row in chosen)]
        if chosen:
            head = language(LEVELS_SINGULAR.get(level, level))
            tables.append({"level": level, "head": head, "rows": chosen, "changes": changes})
    return tables


def _areas(review: Row | None, language: Language) -> list[dict[str, Any]]:
    """Return the area of the whole city by theme; that of districts is in the map."""
    rows: Sequence[Row] = review["areas"] if review is not None else ()
    return [
        {
            "theme": names.area_theme(row["theme"], language),
            **{
                name: language.number(row[f"{name}_m2"] / 1e6, 2)
                for name in ("before", "after", "gained", "lost")
            },
        }
        for row in rows
        if row["level"] in {"", "city"}
    ]
