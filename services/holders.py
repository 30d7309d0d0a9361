"""Whose layers somebody may hand in here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..data.kinds import kind as kind_of
from ..data.presets import preset_of
from .access.visitor import NotAllowedError
from .handing_in import WrongDoorError

if TYPE_CHECKING:
    from .access.visitor import Visitor
    from .words import Words


class NotSignedInError(ValueError):
    """Only people with an account may do this."""


def owner_of(who: Visitor, words: Words) -> str | None:
    """Return whose layer is handed in; ``None``: the city's.

    Raises
    ------
    NotSignedInError, NotAllowedError
        If it is not the sender's to hand in.
    UnknownKindError
        If there is no such kind.
    """
    check_signed_in(who)
    if words.preset is not None:
        preset_of(words.preset, words.kind)
    if kind_of(words.kind).holder == "model":
        raise NotAllowedError(
            f"layers of kind {words.kind!r} are not handed in but computed from sites"
        )
    if kind_of(words.kind).holder == "city":
        if not who.reviews:
            raise NotAllowedError(f"layers of kind {words.kind!r} are handed in by the city")
        return None
    if who.reviews:
        if words.operator is None:
            raise NotAllowedError("say whose layer it is: operator=NAME")
        return words.operator
    if who.operator is None or words.operator not in {None, who.operator}:
        raise NotAllowedError("an account hands in the layers of its own operator only")
    return who.operator


def check_kind(kind_id: str) -> None:
    """Check that layers of a kind can be handed in here.

    Raises
    ------
    WrongDoorError
        If they are made of tiles, which are imported at the command line.
    """
    if kind_of(kind_id).is_elevation:
        raise WrongDoorError(
            f"layers of kind {kind_id!r} are made of many tiles and cannot be handed in here; "
            f"import them on the server: stadtnetz import {kind_id} FILES"
        )


def check_signed_in(who: Visitor) -> str:
    """Return the account of somebody who is signed in.

    Raises
    ------
    NotSignedInError
        If nobody is.
    """
    if who.account is None:
        raise NotSignedInError("sign in, or send a token: Authorization: Bearer TOKEN")
    return who.account
