"""What a sender may say with a file; everything else is refused with its reason."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from .receiving import MalformedError

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class InvalidWordsError(ValueError):
    """Fields that are unknown, missing or make no sense; the message names each."""


def _plain(text: str) -> str:
    if not text.strip():
        raise ValueError("it is empty")
    if any(not (sign.isprintable() or sign in "\n\t") for sign in text):
        raise ValueError("it holds signs that cannot be printed")
    return text.strip()


def _day(value: Any) -> Any:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("it is no date like 2026-06-30")
    return value if isinstance(value, str | date) or value is None else str(value)


def _pairs(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise ValueError('it is no JSON object like {"street": "Straße"}') from None


Short = Annotated[str, Field(max_length=200), AfterValidator(_plain)]
Long = Annotated[str, Field(max_length=4_000), AfterValidator(_plain)]
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Pairs = Annotated[dict[Short, Short], BeforeValidator(_pairs), Field(max_length=200)]


class Words(BaseModel):
    """What is said with a file.

    Attributes
    ----------
    kind : str
        Id of the layer kind; see ``GET /v1/kinds``.
    valid_from : date or None
        The date that the file describes; today without it.
    operator : str or None
        Whose layer it is; a partner's own without it.
    layer : str or None
        Layer or sheet, of several.
    mapping : dict
        Canonical column names and what they are called in the file.
    constants : dict
        Canonical column names and a value for all rows.
    crs : str or None
        Of the coordinates, where the file does not say.
    preset : str or None
        A format of others that the file is in.
    replaces : str or None
        Id of the delivery that this one is to replace.
    again : bool
        The same file once more is meant.
    sha256 : str or None
        Of the file; compared with what has arrived.
    upload : str or None
        Id of a finished upload, in place of a file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Short
    valid_from: Annotated[date | None, BeforeValidator(_day)] = None
    operator: Short | None = None
    layer: Short | None = None
    mapping: Pairs = {}
    constants: Pairs = {}
    crs: Short | None = None
    preset: Short | None = None
    replaces: Id | None = None
    again: bool = False
    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")] | None = None
    upload: Id | None = None


def words_of(fields: Mapping[str, Any]) -> Words:
    """Read what was said.

    Raises
    ------
    InvalidWordsError
        With every field that is wrong.
    """
    try:
        return Words.model_validate(dict(fields))
    except ValidationError as error:
        raise InvalidWordsError(
            "; ".join(
                f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
                for fault in error.errors(include_input=False, include_url=False)
            )
        ) from None


def json_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    MalformedError
        If it is none.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"the body is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise MalformedError("the body must be a JSON object")
    return value
