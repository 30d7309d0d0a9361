"""``/v1/tokens``: one's own API tokens."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from ..access.door import Door
from ..access.tokens import LONGEST_DAYS, token_entry
from ..access.who import Who

router = APIRouter(prefix="/v1/tokens", tags=["access"])


class NewToken(BaseModel, extra="forbid"):
    """What a new token is called, what it may be used for, and for how long."""

    name: str
    scopes: Annotated[list[str], Field(max_length=64)]
    days: Annotated[float, Field(gt=0, le=LONGEST_DAYS)] = 90


@router.get("", summary="One's own API tokens")
def tokens(request: Request, who: Who) -> dict[str, Any]:
    """Return all tokens, also those that are revoked or expired; never their text."""
    door: Door = request.app.state.door
    return {"tokens": [token_entry(token) for token in door.tokens.listed(who.account)]}


@router.post("", summary="Make an API token", status_code=201)
def add_token(request: Request, new: NewToken, who: Who) -> dict[str, Any]:
    """Return a new token with its text, which is shown this once."""
    door: Door = request.app.state.door
    token, text = door.tokens.add(who.name, new.name, new.scopes, new.days, who.name)
    return {**token_entry(token), "token": text}


@router.delete("/{token_id}", summary="Revoke an API token", status_code=204)
def revoke_token(request: Request, token_id: str, who: Who) -> Response:
    """Revoke a token; it holds no more from now on."""
    door: Door = request.app.state.door
    door.tokens.revoke(token_id, who.name, who.account)
    return Response(status_code=204)
