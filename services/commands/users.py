"""Commands about people and machines: ``user add``, ``user list``, ``token add`` and so on."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..access.visitor import Role
from .common import (
    JsonOption,
    WorkspaceOption,
    console,
    escaped,
    fail,
    open_assembly,
    print_json,
    print_table,
    who,
)

if TYPE_CHECKING:
    from ...data.accounts import Account
    from ..access.door import Door

user = typer.Typer(help="Accounts of people who sign in.", no_args_is_help=True)
token = typer.Typer(help="API tokens of machines.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the account.")]
PasswordOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


@user.command("add")
def add_user(
    name: NameArgument,
    role: Annotated[Role, typer.Option(help="What the account may do.")],
    operator: Annotated[
        str | None, typer.Option(help="Slug of the operator to which a partner is bound.")
    ] = None,
    workspace: WorkspaceOption = Path(),
    password_stdin: PasswordOption = False,
) -> None:
    """Add an account; the password is asked for and not shown."""
    door = _door(workspace)
    password = _new_password(from_input=password_stdin)
    made = door.accounts.add(name, role, operator, password, who())
    of = f" of {escaped(made.operator)}" if made.operator else ""
    console().print(f"Added: {escaped(made.name)}, {made.role}{of}", highlight=False)


@user.command("list")
def list_users(workspace: WorkspaceOption = Path(), json_: JsonOption = False) -> None:
    """List all accounts."""
    found = _door(workspace).accounts.all()
    if json_:
        print_json([_account_entry(account) for account in found])
        return
    print_table(
        "Accounts",
        ("name", "role", "operator", "signs in with", "last sign-in", "state"),
        (
            (
                account.name,
                account.role,
                account.operator,
                _ways_in(account),
                _minute(account.last_sign_in_at) or "never",
                "disabled" if account.disabled_at else "active",
            )
            for account in found
        ),
    )


@user.command("disable")
def disable_user(name: NameArgument, workspace: WorkspaceOption = Path()) -> None:
    """Disable an account: its sessions end at once and its API tokens are revoked."""
    _door(workspace).accounts.disable(name, who())
    console().print(f"Disabled: {escaped(name)}", highlight=False)


@user.command("enable")
def enable_user(name: NameArgument, workspace: WorkspaceOption = Path()) -> None:
    """Let a disabled account sign in again."""
    _door(workspace).accounts.enable(name, who())
    console().print(f"Enabled: {escaped(name)}", highlight=False)


@user.command("password")
def change_password(
    name: NameArgument,
    workspace: WorkspaceOption = Path(),
    password_stdin: PasswordOption = False,
) -> None:
    """Give an account a new password; its sessions end at once."""
    door = _door(workspace)
    door.accounts.named(name)
    door.accounts.set_password(name, _new_password(from_input=password_stdin), who())
    console().print(f"Password changed: {escaped(name)}", highlight=False)


@token.command("add")
def add_token(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Whom the token acts for.")],
    name: Annotated[str, typer.Option(help="What it is for.")],
    scope: Annotated[list[str], typer.Option(help="What it may do; several times for more.")],
    days: Annotated[float, typer.Option(help="For how long it holds.")] = 90,
    workspace: WorkspaceOption = Path(),
    json_: JsonOption = False,
) -> None:
    """Make an API token and show it, this once."""
    from ..access.tokens import token_entry

    made, text = _door(workspace).tokens.add(account, name, scope, days, who())
    if json_:
        print_json(token_entry(made) | {"token": text})
        return
    console().print(f"Holds until {_minute(made.expires_at)} UTC. It is shown only now:")
    sys.stdout.write(text + "\n")


@token.command("list")
def list_tokens(
    account: Annotated[
        str | None, typer.Argument(metavar="[ACCOUNT]", help="Only those of this account.")
    ] = None,
    workspace: WorkspaceOption = Path(),
    json_: JsonOption = False,
) -> None:
    """List API tokens; never their text."""
    from ..access.tokens import token_entry

    door = _door(workspace)
    owner = door.accounts.named(account).id if account is not None else None
    found = door.tokens.listed(owner)
    if json_:
        print_json([token_entry(entry) for entry in found])
        return
    names = {known.id: known.name for known in door.accounts.all()}
    now = door.tokens.now()
    print_table(
        "API tokens",
        ("id", "account", "name", "scopes", "expires", "last used", "state"),
        (
            (
                entry.id,
                names[entry.account],
                entry.name,
                ", ".join(entry.scopes),
                _minute(entry.expires_at),
                _minute(entry.last_used_at) or "never",
                "revoked" if entry.revoked_at else "active" if entry.holds(now) else "expired",
            )
            for entry in found
        ),
    )


@token.command("revoke")
def revoke_token(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="See: stadtnetz token list")],
    workspace: WorkspaceOption = Path(),
) -> None:
    """Revoke an API token; it holds no more from now on."""
    revoked = _door(workspace).tokens.revoke(token_id, who())
    console().print(f"Revoked: {escaped(revoked.name)}", highlight=False)


def _door(workspace: Path) -> Door:
    from ..access.door import Door

    return Door.open(open_assembly(workspace).store.database)


def _new_password(*, from_input: bool) -> str:
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        fail("there is no terminal to ask for the password; pipe it in with --password-stdin")
    asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked


def _ways_in(account: Account) -> str:
    ways = {"password": account.password_hash, "provider": account.subject}
    return ", ".join(name for name, given in ways.items() if given) or "nothing"


def _minute(moment: datetime | None) -> str:
    return moment.isoformat(sep=" ", timespec="minutes")[:16] if moment else ""


def _account_entry(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "role": account.role,
        "operator": account.operator,
        "issuer": account.issuer,
        "created_at": account.created_at.isoformat(timespec="seconds"),
        "disabled_at": account.disabled_at and account.disabled_at.isoformat(timespec="seconds"),
        "last_sign_in_at": account.last_sign_in_at
        and account.last_sign_in_at.isoformat(timespec="seconds"),
    }
