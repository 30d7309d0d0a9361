"""Accounts, sessions and tokens over the store, on SQLite and on PostgreSQL."""

import re
import threading
from datetime import timedelta

import pytest
from signing_in import PASSWORD, Clock
from sqlalchemy import select

from stadtnetz.data import audit
from stadtnetz.data.accounts import Account, AccountError, UnknownAccountError
from stadtnetz.data.database import Database
from stadtnetz.data.schema import accounts, events, metadata, sessions, tokens
from stadtnetz.data.tokens import UnknownTokenError
from stadtnetz.services.access import passwords
from stadtnetz.services.access.door import Door
from stadtnetz.services.access.secret import digest
from stadtnetz.services.access.visitor import PUBLIC, Role, Visitor

ISSUER = "https://login.example"


def person(door: Door, name: str = "paula", password: str | None = None) -> Account:
    return door.accounts.add(name, Role.PARTNER, "rheinfaser", password, "tests")


def visitor(account: Account) -> Visitor:
    return Visitor(Role(account.role), account.name, account.id, account.operator)


def entries(database: Database) -> list[tuple[str, str, str, str]]:
    with database.read() as connection:
        assert audit.first_broken(connection) is None
        query = select(events).order_by(events.c.id)
        return [(e.who, e.what, e.subject, e.why) for e in connection.execute(query)]


# --- accounts ---------------------------------------------------------------------------------


def test_account_is_kept_as_given(door: Door, clock: Clock) -> None:
    made = person(door)
    assert door.accounts.all() == [made] == [door.accounts.named("paula")]
    assert (made.role, made.operator, made.created_at) == ("partner", "rheinfaser", clock())
    assert re.fullmatch("[0-9a-f]{32}", made.id)


@pytest.mark.parametrize(
    ("name", "role", "operator", "password", "said"),
    [
        ("", Role.COORDINATOR, None, None, "cannot be the name"),
        ("x" * 129, Role.COORDINATOR, None, None, "1 to 128"),
        ("a b", Role.COORDINATOR, None, None, "cannot be the name"),
        ("a\x00", Role.COORDINATOR, None, None, "cannot be the name"),
        ("jörg", Role.COORDINATOR, None, None, "cannot be the name"),
        ("-x", Role.COORDINATOR, None, None, "beginning with a letter"),
        ("new", Role.PUBLIC, None, None, "the public needs no account"),
        ("new", Role.PARTNER, None, None, "say which with --operator"),
        ("new", Role.PARTNER, "", None, "say which with --operator"),
        ("new", Role.PARTNER, "Rhein Faser", None, "no slug"),
        ("new", Role.COORDINATOR, "rheinfaser", None, "leave out --operator"),
        ("new", Role.COORDINATOR, None, "elf Zeichen", "has 11 characters; it needs 12"),
        ("new", Role.COORDINATOR, None, "", "has 0 characters"),
        ("new", Role.COORDINATOR, None, "x" * 1025, "longer than 1024"),
        ("coordination", Role.COORDINATOR, None, "Coordination", "is the name"),
        ("Paula", Role.COORDINATOR, None, None, "already"),
    ],
)
def test_accounts_that_are_refused(
    door: Door,
    database: Database,
    name: str,
    role: Role,
    operator: str | None,
    password: str | None,
    said: str,
) -> None:
    known = person(door)
    before = entries(database)
    with pytest.raises(AccountError, match=re.escape(said)):
        door.accounts.add(name, role, operator, password, "tests")
    assert door.accounts.all() == [known]
    assert entries(database) == before


def test_two_of_one_name_at_once(door: Door) -> None:
    outcomes: list[str] = []

    def add() -> None:
        try:
            outcomes.append(person(door).name)
        except AccountError as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["AccountError"] * 5 + ["paula"]


def test_every_change_is_in_the_audit_log_and_no_secret(door: Door, database: Database) -> None:
    account = person(door, password=PASSWORD)
    secret = door.sessions.begin(account, "password", password=PASSWORD)
    token, text = door.tokens.add("paula", "nightly", ["figures:read"], 30, "paula")
    door.tokens.revoke(token.id, "paula")
    door.tokens.revoke(token.id, "paula")  # once is enough
    other = "noch eine lange Kette"
    door.accounts.set_password("paula", other, "karl")
    door.accounts.disable("paula", "karl")
    door.accounts.enable("paula", "karl")
    assert entries(database) == [
        ("tests", "account", "paula", "added"),
        ("paula", "sign_in", "paula", ""),
        ("paula", "token", "paula", "added"),
        ("paula", "token", "paula", "revoked"),
        ("karl", "account", "paula", "password changed"),
        ("karl", "account", "paula", "disabled"),
        ("karl", "account", "paula", "enabled"),
    ]
    with database.read() as connection:
        kept = {
            table.name: str(connection.execute(select(table)).all())
            for table in metadata.sorted_tables
        }
    hashed = door.accounts.named("paula").password_hash or ""
    assert hashed in kept["accounts"]
    for hidden in (secret, text, text[-43:], PASSWORD, other):
        assert not [name for name, rows in kept.items() if hidden in rows]
    for hidden in (hashed, "$argon2", digest(secret), digest(text)):
        assert hidden not in kept["events"]
    assert hashed not in repr(door.accounts.named("paula"))


def test_unknown_names(door: Door) -> None:
    for change in (
        lambda: door.accounts.disable("nobody", "tests"),
        lambda: door.accounts.enable("nobody", "tests"),
        lambda: door.accounts.named("nobody"),
        lambda: door.accounts.set_password("nobody", PASSWORD, "tests"),
        lambda: door.tokens.add("nobody", "x", ["figures:read"], 1, "tests"),
    ):
        with pytest.raises(UnknownAccountError, match="no account 'nobody'"):
            change()


def test_password_opens_only_its_own_account(door: Door) -> None:
    account = person(door, password=PASSWORD)
    person(door, "without")
    assert door.accounts.with_password("paula", PASSWORD) == account
    for name, password in (
        ("paula", PASSWORD + " "),
        ("paula", ""),
        ("without", ""),
        ("without", PASSWORD),
        ("nobody", PASSWORD),
        ("\x00", PASSWORD),
        ("\ud800", "\x00"),
    ):
        assert door.accounts.with_password(name, password) is None, name


def test_typing_on_another_keyboard_is_the_same_password(door: Door) -> None:
    person(door, password="Wörter mit Umlaut")
    assert door.accounts.with_password("paula", "Wo\u0308rter mit Umlaut") is not None


def test_hashes_of_older_parameters_are_renewed(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    from argon2 import PasswordHasher

    with monkeypatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=1024))
        account = person(door, password=PASSWORD)
    old = account.password_hash or ""
    assert "m=1024,t=1" in old
    found = door.accounts.with_password("paula", PASSWORD)
    assert found is not None
    door.sessions.begin(found, "password", password=PASSWORD)
    new = door.accounts.named("paula").password_hash or ""
    assert new.startswith("$argon2id$")
    assert not passwords.is_outdated(new)
    assert door.accounts.with_password("paula", PASSWORD) is not None
    current = door.accounts.named("paula")
    door.sessions.begin(current, "password", password=PASSWORD)
    assert door.accounts.named("paula").password_hash == new


def test_damaged_hash_opens_nothing(door: Door, database: Database) -> None:
    person(door)
    with database.write() as connection:
        connection.execute(accounts.update().values(password_hash="$argon2id$nonsense"))
    assert door.accounts.with_password("paula", PASSWORD) is None


# --- the identity provider --------------------------------------------------------------------


def vouched(door: Door, name: str = "Anna Muster", subject: str = "s1", **more: str) -> Account:
    role = Role(more.get("role", "coordinator"))
    account = door.accounts.vouched_for(ISSUER, subject, name, role, more.get("operator"))
    assert account is not None
    return account


def test_account_is_made_once_and_follows_the_provider(door: Door, database: Database) -> None:
    first = vouched(door)
    assert first.name == "anna-muster"
    again = vouched(door, "Another Name", role="partner", operator="rheinfaser")
    assert (again.id, again.name) == (first.id, first.name)
    assert (again.role, again.operator) == ("partner", "rheinfaser")
    assert vouched(door, role="partner", operator="rheinfaser") == again
    assert [why for *_, why in entries(database)] == ["added", "role changed"]
    assert door.accounts.with_password("anna-muster", PASSWORD) is None


def test_nobody_takes_over_an_account_by_its_name(door: Door) -> None:
    local = person(door, password=PASSWORD)
    made = vouched(door, "paula")
    third = vouched(door, "PAULA", "s2")
    assert len({local.id, made.id, third.id}) == 3
    assert made.name == "paula+login.example"
    assert re.fullmatch(r"paula\+[0-9a-f]{32}", third.name)
    assert re.fullmatch(r"person\+[0-9a-f]{32}", vouched(door, "\u202e\x00 ", "s3").name)
    assert len(vouched(door, "x" * 5000, "s4").name) <= 128


def test_disabled_here_is_disabled_for_the_provider_too(door: Door) -> None:
    vouched(door)
    door.accounts.disable("anna-muster", "tests")
    assert door.accounts.vouched_for(ISSUER, "s1", "x", Role.ADMINISTRATOR, None) is None
    assert door.accounts.named("anna-muster").role == "coordinator"


def test_losing_the_role_shuts_out(door: Door) -> None:
    account = vouched(door)
    secret = door.sessions.begin(account, "provider")
    _, text = door.tokens.add(account.name, "t", ["figures:read"], 1, "tests")
    door.accounts.without_role(ISSUER, "never seen")
    assert door.sessions.recognise(secret)
    door.accounts.without_role(ISSUER, "s1")
    assert door.sessions.recognise(secret) is None
    assert door.tokens.recognise(text) is None


# --- sessions ---------------------------------------------------------------------------------


def test_session_ends_without_use(door: Door, clock: Clock) -> None:
    secret = door.sessions.begin(person(door), "password")
    for _ in range(4):
        clock.go(minutes=119)
        assert door.sessions.recognise(secret) == visitor(door.accounts.named("paula"))
    clock.go(minutes=120)
    assert door.sessions.recognise(secret) is None


def test_session_ends_after_its_longest_time_in_any_case(door: Door, clock: Clock) -> None:
    secret = door.sessions.begin(person(door), "password")
    begun = clock()
    while clock() + timedelta(minutes=100) < begun + timedelta(hours=12):
        clock.go(minutes=100)
        assert door.sessions.recognise(secret)
    clock.now = begun + timedelta(hours=12)
    assert door.sessions.recognise(secret) is None


def test_use_is_written_down_at_most_once_a_minute(
    door: Door, database: Database, clock: Clock
) -> None:
    account = person(door)
    secret = door.sessions.begin(account, "password")
    _, text = door.tokens.add("paula", "t", ["figures:read"], 1, "tests")
    door.tokens.recognise(text)
    first = clock()
    clock.go(seconds=59)
    door.sessions.recognise(secret)
    door.tokens.recognise(text)
    with database.read() as connection:
        assert connection.scalar(select(sessions.c.last_used_at)) == first
        assert connection.scalar(select(tokens.c.last_used_at)) == first
    clock.go(seconds=1)
    door.sessions.recognise(secret)
    door.tokens.recognise(text)
    assert [s.last_used_at for s in door.sessions.of(visitor(account))] == [clock()]
    assert [t.last_used_at for t in door.tokens.listed()] == [clock()]


def test_ended_sessions_leave_no_rows(door: Door, database: Database, clock: Clock) -> None:
    account = person(door)
    for _ in range(3):
        door.sessions.begin(account, "password")
    clock.go(hours=13)
    secret = door.sessions.begin(account, "password")
    with database.read() as connection:
        assert list(connection.scalars(select(sessions.c.digest))) == [digest(secret)]


@pytest.mark.parametrize("change", ["disabled", "password"])
def test_change_between_password_and_session_keeps_out(door: Door, change: str) -> None:
    account = person(door, password=PASSWORD)
    if change == "disabled":
        door.accounts.disable("paula", "tests")
    else:
        door.accounts.set_password("paula", "noch eine lange Kette", "tests")
    with pytest.raises(AccountError, match="in the meantime"):
        door.sessions.begin(account, "password")
    assert door.sessions.of(visitor(account)) == []


def test_signing_out_ends_one_or_all_others(door: Door) -> None:
    account = person(door)
    who = visitor(account)
    first, second, third = (door.sessions.begin(account, "password") for _ in range(3))
    stranger = door.sessions.begin(person(door, "karla"), "password")
    door.sessions.end(first, who)
    assert [bool(door.sessions.recognise(s)) for s in (first, second, third)] == [False, True, True]
    door.sessions.end_others(third, who)
    assert [bool(door.sessions.recognise(s)) for s in (second, third, stranger)] == [
        False,
        True,
        True,
    ]


def test_clock_that_goes_back_signs_nobody_in(door: Door, clock: Clock) -> None:
    secret = door.sessions.begin(person(door), "password")
    clock.go(hours=13)
    assert door.sessions.recognise(secret) is None
    door.sessions.begin(door.accounts.named("paula"), "password")
    clock.go(hours=-13)
    assert door.sessions.recognise(secret) is None
    door.accounts.disable("paula", "tests")  # the audit log goes on, too


@pytest.mark.parametrize("secret", ["", "x", "a" * 43, "\x00" * 43, "ä" * 43])
def test_secrets_of_no_session(door: Door, secret: str) -> None:
    person(door)
    assert door.sessions.recognise(secret) is None
    assert door.tokens.recognise(secret) is None
    assert door.tokens.recognise(f"stn_{'0' * 32}_{secret}") is None


# --- tokens -----------------------------------------------------------------------------------


def test_token_acts_for_its_account_only_for_its_scopes(door: Door) -> None:
    account = person(door)
    token, text = door.tokens.add("paula", " nightly ", ["figures:read"] * 2, 30, "paula")
    assert re.fullmatch(rf"stn_{token.id}_[A-Za-z0-9_-]{{43}}", text)
    assert (token.name, token.scopes) == ("nightly", ("figures:read",))
    found = door.tokens.recognise(text)
    assert found == Visitor(
        Role.PARTNER, "paula", account.id, "rheinfaser", frozenset({"figures:read"})
    )
    assert door.tokens.recognise(text[:-1] + ("A" if text[-1] != "A" else "B")) is None
    assert door.tokens.recognise(text.upper()) is None


@pytest.mark.parametrize(
    ("name", "scopes", "days", "said"),
    [
        ("", ["figures:read"], 1, "needs a name"),
        ("x" * 129, ["figures:read"], 1, "needs a name"),
        ("a\nb", ["figures:read"], 1, "printable"),
        ("x", [], 1, "needs scopes; there are: figures:read"),
        ("x", ["everything"], 1, "unknown scopes everything"),
        ("x", ["figures:read", "reviews:write"], 1, "partner cannot use the scopes reviews:write"),
        ("x", ["figures:read"], 0, "at most 366 days"),
        ("x", ["figures:read"], -1, "at most 366 days"),
        ("x", ["figures:read"], 367, "at most 366 days"),
        ("x", ["figures:read"], float("nan"), "at most 366 days"),
        ("x", ["figures:read"], float("inf"), "at most 366 days"),
    ],
)
def test_tokens_that_are_refused(
    door: Door, name: str, scopes: list[str], days: float, said: str
) -> None:
    person(door)
    with pytest.raises(AccountError, match=re.escape(said)):
        door.tokens.add("paula", name, scopes, days, "tests")
    assert door.tokens.listed() == []


def test_disabled_accounts_get_no_token(door: Door) -> None:
    person(door)
    door.accounts.disable("paula", "tests")
    with pytest.raises(AccountError, match="is disabled"):
        door.tokens.add("paula", "x", ["figures:read"], 1, "tests")


def test_only_the_owner_revokes(door: Door) -> None:
    account, other = person(door), person(door, "karla")
    token, text = door.tokens.add("paula", "x", ["figures:read"], 1, "tests")
    for token_id, owner in ((token.id, other.id), ("0" * 32, account.id), ("\x00", account.id)):
        with pytest.raises(UnknownTokenError, match="no token"):
            door.tokens.revoke(token_id, "karla", owner)
    assert door.tokens.recognise(text)
    door.tokens.revoke(token.id, "paula", account.id)
    assert door.tokens.recognise(text) is None
    assert [t.revoked_at is not None for t in door.tokens.listed(account.id)] == [True]


def test_token_expires(door: Door, clock: Clock) -> None:
    person(door)
    _, text = door.tokens.add("paula", "x", ["figures:read"], 1, "tests")
    clock.go(days=1, seconds=-1)
    assert door.tokens.recognise(text)
    clock.go(seconds=1)
    assert door.tokens.recognise(text) is None


def test_public_is_nobody() -> None:
    assert (PUBLIC.account, PUBLIC.role) == (None, Role.PUBLIC)
