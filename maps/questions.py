"""Questions that a map asks the server: what is predicted where somebody clicks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .page import Drawing


class Question(Drawing):
    """What is asked at a click, and the words that the answer is told in.

    Parameters
    ----------
    url : str
        Address of the interface; longitude and latitude are added.
    title, unit : str
        Of the values in the answer.
    models : mapping of model to short name
    words : mapping of str
        Words around figures, which stand as ``{name}``.
    """

    def __init__(
        self,
        url: str,
        title: str,
        unit: str,
        models: Mapping[str, str],
        words: Mapping[str, str],
    ) -> None:
        super().__init__()
        self.url = url
        self.title = title
        self.unit = unit
        self.models = models
        self.words = words

    def record(self) -> dict[str, Any]:
        """Return the question as plain values."""
        return {
            "type": "question",
            "url": self.url,
            "title": "",
            "heading": self.title,
            "unit": self.unit,
            "models": self.models,
            "words": self.words,
        }
