"""Documentation of layer kinds, code lists and findings, written from their tables.

``python -m stadtnetz.data.documentation`` writes ``docs/layer-kinds.md`` and ``docs/findings.md``;
a test keeps them current.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from .code_lists import CodeList, code_lists
from .columns import Column, Kind
from .findings import FindingType, finding_types
from .kinds import kinds
from .presets import Preset, presets
from .templates import formats

FOLDER = Path(__file__).parents[1] / "docs"
_COMMAND = "python -m stadtnetz.data.documentation"
_HEADINGS = {"error": "Errors: the file is rejected", "warning": "Warnings", "note": "Notes"}


def pages() -> Mapping[str, str]:
    """Return the generated pages by file name."""
    return {"layer-kinds.md": layer_kinds_page(), "findings.md": findings_page()}


def layer_kinds_page() -> str:
    """Return the page on all layer kinds and code lists, as Markdown."""
    held = {holder: [k for k in kinds().values() if k.holder == holder]
            for holder in ("city", "operator", "model")}  # fmt: skip
    return _page(
        "# Layer kinds",
        "What a file may hold, which columns it has, and what is checked. Names are matched "
        "without case, spaces and umlauts; `--map NAME=COLUMN` maps any other. Templates with an "
        "example row: `stadtnetz template KIND FILE`. What a finding means: "
        "[findings.md](findings.md).",
        "Dates are written `2025-06-30` or `30.06.2025`, truth `true`/`false`, `1`/`0` or "
        "`ja`/`nein`, decimals with point or comma; whole numbers are rejected, not rounded. "
        "Points may come as `ostwert`, `nordwert` in metres or as `lon`, `lat` in degrees.",
        *_overview("City layers: `stadtnetz import KIND FILE`", held["city"]),
        *_overview("Operators' layers: `stadtnetz deliver KIND FILE --operator NAME`",
                   held["operator"]),
        *_overview("Computed layers: `stadtnetz predict`; nobody hands them in", held["model"]),
        *(block for kind in kinds().values() for block in _kind_section(kind)),
        "## Code lists",
        "A value is understood as its code, in English, in German, or as one of the aliases.",
        *(block for codes in code_lists() for block in _codes_section(codes)),
    )  # fmt: skip


def findings_page() -> str:
    """Return the page on all findings, as Markdown."""
    types = finding_types().values()
    blocks = []
    for severity, heading in _HEADINGS.items():
        rows = [_finding_row(t) for t in types if t.severity == severity]
        blocks += [f"## {heading}", _table(("code", "what is wrong", "what to do"), rows)]
    return _page(
        "# Findings",
        "Everything that is found in a file is reported at once: code, row (1 is the first row of "
        "data), column, value, what is wrong and what to do. An error rejects the file and leaves "
        "the store as it was; warnings and notes do not. What is repairable is gone from the "
        "corrected file that comes with the report; nothing in it is guessed.",
        *blocks,
    )


def write(folder: Path = FOLDER) -> None:
    """Write the generated pages into a folder."""
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def _overview(heading: str, chosen: Iterable[Kind]) -> Iterator[str]:
    yield f"## {heading}"
    rows = [
        (f"[`{kind.id}`](#{kind.id})", kind.title, kind.titel, ", ".join(kind.geometry))
        for kind in chosen
    ]
    yield _table(("kind", "title", "Titel", "geometry"), rows)


def _kind_section(kind: Kind) -> Iterator[str]:
    yield f"## {kind.id}"
    yield f"{kind.description}. *{kind.beschreibung}.*"
    outside = {
        "set_aside": "set aside; more than 5 % reject the file",
        "clip": "clipped at the border; set aside where nothing is left",
        "keep": "kept",
    }[kind.outside]
    facts = [
        ("handed in by", "nobody: computed" if kind.holder == "model" else kind.holder),
        ("geometry", " or ".join(kind.geometry)),
        ("rows outside the city", outside),
        ("templates", ", ".join(formats(kind)) or "none"),
    ]
    if kind.key:
        made = "" if kind.column(kind.key).required else ", made of the content where it is missing"
        facts.insert(2, ("key", f"`{kind.key}`{made}"))
    yield "\n".join(f"- {name}: {value}" for name, value in facts)
    yield from (_preset(preset) for preset in presets().values() if preset.kind == kind.id)
    if kind.columns:
        header = (
            "column",
            "template",
            "type",
            "needed",
            "range, codes",
            "meaning",
            "also known as",
        )
        yield _table(header, [_column_row(column) for column in kind.columns])
    if kind.rules:
        lines = [(rule.__doc__ or rule.__name__).splitlines()[0] for rule in kind.rules]
        yield "Checked besides types, ranges, codes, geometry, keys and the city's border:"
        yield "\n".join(f"- {line}" for line in lines)


def _preset(preset: Preset) -> str:
    constants = ", ".join(f"`{name}` = {text}" for name, text in preset.constants.items())
    return (
        f"Preset `{preset.id}`: {preset.title} ({preset.titel}). Recognised by the columns "
        f"{', '.join(preset.header)}; may have {', '.join(preset.optional)}. Every row gets "
        f"{constants}, unless something else is said."
    )


def _column_row(column: Column) -> tuple[str, ...]:
    needed = "yes" if column.required else "recommended" if column.recommended else ""
    if column.default:
        needed = f"else `{column.default}`"
    span = ""
    if column.codes:
        span = f"[{column.codes}](#{column.codes})"
    elif column.minimum is not None or column.maximum is not None:
        low, high = ("" if v is None else f"{v:,.10g}" for v in (column.minimum, column.maximum))
        span = f"{low} to {high} {column.unit}".strip() if high else f"from {low} {column.unit}"
    elif column.unit:
        span = column.unit
    return (
        f"`{column.name}`",
        f"`{column.german}`" if column.german else "",
        column.type,
        needed,
        span.strip(),
        column.description,
        ", ".join(column.aliases),
    )


def _codes_section(codes: CodeList) -> Iterator[str]:
    yield f"### {codes.name}"
    ranked = any(code.rank is not None for code in codes.codes)
    header = ("code", "English", "Deutsch", *(("rank",) if ranked else ()), "aliases", "source")
    yield _table(
        header,
        [
            (
                f"`{code.code}`",
                code.en,
                code.de,
                *(("" if code.rank is None else str(code.rank),) if ranked else ()),
                ", ".join(code.aliases),
                code.source,
            )
            for code in codes.codes
        ],
    )


def _finding_row(finding: FindingType) -> tuple[str, str, str]:
    en, de, do_en, do_de = (
        re.sub(r"\{(\w+)[^}]*\}", r"{\1}", text)  # without the formats of the values
        for text in (finding.en, finding.de, finding.do_en, finding.do_de)
    )
    if finding.repairable:
        do_en, do_de = f"{do_en} Repairable.", f"{do_de} Behebbar."
    return f"`{finding.code}`", f"{en}<br>*{de}*", f"{do_en}<br>*{do_de}*"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    cells = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


def _page(title: str, *blocks: str) -> str:
    note = f"<!-- generated: {_COMMAND} -->"
    return "\n\n".join([note, title, *blocks]) + "\n"


if __name__ == "__main__":
    write()
