"""The description of the interface for programs: who may call what, and how errors are answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from .access.policy import EVERYONE, POLICY, Rule

TOKEN = "token"  # noqa: S105  a name, no token


class Problem(BaseModel):
    """Problem details, RFC 9457, with what some problems add, such as the delivery in the way."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Stable name of the kind of problem, to be told apart by.")
    title: str = Field(description="The same as words.")
    status: int = Field(description="The status of the answer.")
    detail: str = Field(description="What is wrong, where, and what to do.")
    instance: str = Field(description="The path that was asked for.")


def _response(description: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": schema}},
    }


PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": _response("Something is wrong with the request; nothing was changed."),
    "5XX": _response("The service cannot answer; nothing was changed. Try again later."),
}
"""How every route answers what it cannot do."""


def content_of(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """Return what a route answers that hands out a file of one of these types."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"content": dict.fromkeys(media_types, binary)}}


def description_of(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Return what describes an application, to be set as its ``openapi``.

    Adds to what the routes say of themselves the schema of problems, and for each route the roles
    and the scope of a token from the table of `stadtnetz.services.access.policy`.
    """
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is not None:
            return app.openapi_schema
        document = plain()
        components = document.setdefault("components", {})
        components.setdefault("schemas", {})[Problem.__name__] = Problem.model_json_schema()
        components["securitySchemes"] = {
            TOKEN: {
                "type": "http",
                "scheme": "bearer",
                "description": "An API token, made at /account or by `stadtnetz token add`.",
            }
        }
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                _add_access(operation, POLICY[method.upper(), path])
        return document

    return described


def _add_access(operation: dict[str, Any], rule: Rule) -> None:
    """Say who may call an operation."""
    if rule.scope is None:
        return
    token: dict[str, list[str]] = {TOKEN: []}
    operation["security"] = [{}, token] if rule.roles == EVERYONE else [token]
    roles = "everybody" if rule.roles == EVERYONE else ", ".join(sorted(rule.roles))
    words = f"For: {roles}. Scope of a token: `{rule.scope}`."
    operation["description"] = "\n\n".join(filter(None, (operation.get("description"), words)))
