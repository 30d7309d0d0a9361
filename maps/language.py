"""The languages in which people read Stadtnetz: words, numbers and dates.

Source strings are English; ``locale/<code>/LC_MESSAGES/stadtnetz.po`` holds the others and is
compiled in memory when a language is first used, so that no compiled file has to be kept in step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from babel.dates import format_date
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LOCALE_FOLDER = Path(__file__).parent / "locale"
LOCALES = {"de": "de_DE", "en": "en_GB"}
"""Languages on offer, the first one by default, and where their numbers and dates come from."""

DATE_PATTERNS = {"de": "dd.MM.yyyy", "en": "d MMM yyyy"}
PERCENT_SIGNS = {"de": "\u00a0%", "en": "%"}
ROUNDING = 1e-9
"""A share this close to a limit has reached it: sums of areas carry rounding errors."""

NOTHING = "\u2013"
"""What stands where there is no figure: an en dash, never a zero."""


class UnknownLanguageError(ValueError):
    """A language is asked for that has no catalogue."""


def mark(message: str) -> str:
    """Mark a string for the catalogue that is translated later, where it is shown."""
    return message


@lru_cache(maxsize=8)
def catalogue(code: str) -> Mapping[str, str]:
    """Return the translations of a language by source string.

    Raises
    ------
    UnknownLanguageError
        If there is no catalogue of that code.
    """
    if code not in LOCALES:
        known = ", ".join(LOCALES)
        raise UnknownLanguageError(f"no language {code!r}; there are: {known}")
    path = LOCALE_FOLDER / code / "LC_MESSAGES" / "stadtnetz.po"
    with path.open("rb") as file:
        messages = read_po(file, locale=code)
    return {
        str(message.id): str(message.string)
        for message in messages
        if message.id and message.string and not message.fuzzy
    }


def translator(language: str) -> Callable[[str], str]:
    """Return the function that turns a source string into a language.

    Strings without a translation stay English.

    Raises
    ------
    UnknownLanguageError
        If there is no catalogue of that code.

    Examples
    --------
    >>> translator("de")("Goals")
    'Ziele'
    """
    words = catalogue(language)
    return lambda message: words.get(message, message)


@dataclass(frozen=True, slots=True)
class Language:
    """One language, called with a source string and the values to put into it.

    Parameters
    ----------
    code : str
        ``"de"`` or ``"en"``.

    Raises
    ------
    UnknownLanguageError
        If there is no catalogue of that code.

    Examples
    --------
    >>> german = Language("de")
    >>> german("as of %(date)s", date=german.date(date(2026, 11, 22)))
    'Stand 22.11.2026'
    """

    code: str = "de"

    def __post_init__(self) -> None:
        catalogue(self.code)

    def __call__(self, message: str, **values: object) -> str:
        """Translate, and put values into the places ``%(name)s``."""
        text = catalogue(self.code).get(message, message)
        return text % values if values else text

    def number(self, value: float | None, digits: int = 0) -> str:
        """Write a number with grouped thousands and fixed decimals.

        Examples
        --------
        >>> Language("de").number(341000), Language("en").number(0.5, 2)
        ('341.000', '0.50')
        """
        if value is None:
            return NOTHING
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return str(format_decimal(value, format=pattern, locale=LOCALES[self.code]))

    def percent(self, share: float | None, digits: int = 1, below: float | None = None) -> str:
        r"""Write a share between 0 and 1 in per cent.

        It is rounded, but never up to 100 % or to the target `below` that it misses, and never
        down to 0 %: the figure on show must not contradict the standing beside it.

        Examples
        --------
        >>> [Language("de").percent(share) for share in (0.342, 0.99996, 0.0001)]
        ['34,2\xa0%', '99,9\xa0%', '<\xa00,1\xa0%']
        """
        if share is None:
            return NOTHING
        step = 10.0 ** -(digits + 2)
        if 0 < share < step / 2:
            return f"<\u00a0{self.number(step * 100, digits)}{PERCENT_SIGNS[self.code]}"
        shown = round(share, digits + 2)
        for limit in (1.0, below):
            if limit is not None and share < limit - ROUNDING and limit <= shown:
                shown = math.floor(share / step) * step
        return self.number(shown * 100, digits) + PERCENT_SIGNS[self.code]

    def points(self, share: float | None, digits: int = 1) -> str:
        """Write a difference of shares in percentage points, with its sign."""
        if share is None:
            return NOTHING
        sign = "+" if share > 0 else "\u2212" if share < 0 else "\u00b1"
        return f"{sign}{self.number(abs(share) * 100, digits)}"

    def date(self, day: date | str | None) -> str:
        """Write a day; text is read as ISO 8601, of which the first ten characters count.

        Examples
        --------
        >>> Language("de").date("2026-11-22"), Language("en").date("2026-11-22")
        ('22.11.2026', '22 Nov 2026')
        """
        if day is None:
            return NOTHING
        known = date.fromisoformat(day[:10]) if isinstance(day, str) else day
        pattern = DATE_PATTERNS[self.code]
        return str(format_date(known, pattern, locale=LOCALES[self.code]))

    def month(self, day: str) -> str:
        """Write month and year of an ISO 8601 date, for what no day can be said of.

        Examples
        --------
        >>> Language("de").month("2028-06-30")
        'Juni 2028'
        """
        known = date.fromisoformat(day[:10])
        return str(format_date(known, "LLLL yyyy", locale=LOCALES[self.code]))
