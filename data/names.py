"""Spellings: what makes two names the same to a person."""

from __future__ import annotations

import re
import unicodedata

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_NOT_WORD = re.compile(r"[^a-z0-9]+")


def fold(name: str) -> str:
    """Fold a name: without case, accents, spaces and punctuation, umlauts spelt out.

    Examples
    --------
    >>> fold("Straßen-Name"), fold("STRASSEN_NAME"), fold("Fläche m²")
    ('strassenname', 'strassenname', 'flaechem2')
    """
    lower = unicodedata.normalize("NFKC", name).casefold().translate(_UMLAUTS)
    return _NOT_WORD.sub("", unicodedata.normalize("NFKD", lower))
