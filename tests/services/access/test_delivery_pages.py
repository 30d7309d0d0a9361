"""Pages of deliveries, disputes and the audit log through the service: roles, forms, ownership."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from delivering import work, write_fibre
from fastapi import FastAPI
from fastapi.testclient import TestClient
from signing_in import PASSWORD, account_token, sign_in

from stadtnetz.data.states import State
from stadtnetz.services.access.visitor import Role
from stadtnetz.services.assembly import Assembly

UNKNOWN = "0" * 32
PAGE = {"accept": "text/html"}


@pytest.fixture
def town(app: FastAPI, hashes: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The service of `conftest` with a partner of another operator."""
    monkeypatch.setattr("stadtnetz.services.access.passwords.hashed", hashes.__getitem__)
    app.state.door.accounts.add("rita", Role.PARTNER, "lichtband", PASSWORD, "tests")
    return app


Person = Callable[[str], TestClient]


@pytest.fixture
def person(town: FastAPI) -> Iterator[Person]:
    """A function that signs somebody in, once."""
    known: dict[str, TestClient] = {}

    def enter(name: str) -> TestClient:
        if name not in known:
            client = TestClient(town, follow_redirects=False, headers=PAGE)
            if name != "public":
                assert sign_in(client, name, PASSWORD).status_code == 303
            known[name] = client
        return known[name]

    yield enter
    for client in known.values():
        client.close()


def posted(client: TestClient, path: str, **fields: str) -> tuple[int, str]:
    """Send a form with its token; return status, and where it leads or what is said."""
    answer = client.post(path, data={"csrf_token": account_token(client)} | fields)
    said = re.search(r'role="alert"[^>]*>([^<]*)', answer.text)
    return answer.status_code, answer.headers.get("location") or (said[1] if said else "")


def handed_in(client: TestClient, path: Path, **fields: str) -> str:
    """Hand a file in as browsers without scripts do; return the path of its page."""
    data = {"csrf_token": account_token(client), "kind": "fibre_areas", "valid_from": "2026-06-30"}
    with path.open("rb") as file:
        answer = client.post("/deliveries", data=data | fields, files={"file": (path.name, file)})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("?")[0]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_fibre(tmp_path / "Ausbau.gpkg", "rheinfaser")


@pytest.fixture
def staged(town: FastAPI, person: Person, file: Path) -> str:
    """The page of a delivery that is checked; what there is to check against does not matter."""
    path = handed_in(person("paula"), file)
    work(town.state.assembly.workspace.folder)
    delivery = town.state.assembly.store.exact_delivery(path.rpartition("/")[2])
    assert delivery.state is State.STAGED, delivery.report
    return path


# --- who sees what --------------------------------------------------------------------------------


def test_the_header_leads_where_somebody_may_go(person: Person) -> None:
    links = {
        name: {word for word in ("Lieferungen", "Beanstandungen", "Protokoll") if f">{word}</a>" in
               person(name).get("/account" if name != "public" else "/").text}
        for name in ("public", "paula", "karl")
    }  # fmt: skip
    assert links["public"] == set()
    assert links["paula"] == {"Lieferungen", "Beanstandungen"}
    assert links["karl"] == {"Lieferungen", "Beanstandungen", "Protokoll"}


def test_who_is_not_signed_in_is_led_to_sign_in(person: Person) -> None:
    answer = person("public").get("/deliveries/new")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/sign-in?next=%2Fdeliveries%2Fnew",
    )


def test_a_foreign_delivery_is_one_that_does_not_exist(person: Person, staged: str) -> None:
    assert person("paula").get(staged).status_code == 200
    foreign, unknown = (person("rita").get(path) for path in (staged, f"/deliveries/{UNKNOWN}"))
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.text == unknown.text
    assert "Diese Lieferung gibt es nicht." in foreign.text
    assert staged not in person("rita").get("/deliveries").text
    assert staged.rpartition("/")[2] not in person("rita").get("/deliveries").text
    replacing = person("rita").get("/deliveries/new", params={"replaces": staged[-32:]})
    assert replacing.status_code == 404
    for step, words in (("withdraw", "reason"), ("answer", "text")):
        found = posted(person("rita"), f"{staged}/{step}", confirmed="yes", **{words: "x"})
        assert found == (404, "Diese Lieferung gibt es nicht.")


def test_a_form_without_its_token_changes_nothing(
    town: FastAPI, person: Person, staged: str
) -> None:
    answer = person("paula").post(f"{staged}/withdraw", data={"reason": "x", "confirmed": "yes"})
    assert answer.status_code == 403
    assert town.state.assembly.store.exact_delivery(staged[-32:]).state is State.STAGED


def test_partners_do_not_decide(person: Person, staged: str) -> None:
    for step in ("publish", "reject", "question"):
        status, said = posted(person("paula"), f"{staged}/{step}", confirmed="yes")
        assert (status, said) == (403, "Ihr Konto darf das nicht.")
    html = person("paula").get(staged).text
    assert "/publish" not in html
    assert "/withdraw" in html


# --- handing in -----------------------------------------------------------------------------------


def test_a_file_is_handed_in_without_scripts(town: FastAPI, person: Person, file: Path) -> None:
    path = handed_in(person("paula"), file)
    delivery = town.state.assembly.store.exact_delivery(path[-32:])
    assert (delivery.operator, delivery.file_name) == ("rheinfaser", "Ausbau.gpkg")
    assert delivery.valid_from == date(2026, 6, 30)
    html = person("paula").get(path).text
    assert "data-job=" in html
    assert delivery.file_digest in html


@pytest.mark.parametrize(
    ("fields", "with_file", "said"),
    [
        ({"kind": ""}, True, "Bitte wählen Sie, was die Datei enthält."),
        ({"kind": "no_such_kind"}, True, "Bitte wählen Sie, was die Datei enthält."),
        ({}, False, "Bitte wählen Sie eine Datei."),
        ({"valid_from": "gestern"}, True, "Bitte prüfen Sie die Angaben"),
        ({"kind": "addresses"}, True, "Ihr Konto darf das nicht."),
        ({"operator": "lichtband"}, True, "Ihr Konto darf das nicht."),
    ],
)
def test_what_is_wrong_is_said_on_the_form(
    town: FastAPI,
    person: Person,
    file: Path,
    fields: dict[str, str],
    with_file: bool,
    said: str,
) -> None:
    paula = person("paula")
    data = {"csrf_token": account_token(paula), "kind": "fibre_areas"} | fields
    content = file.read_bytes() if with_file else b""
    files = {"file": (file.name if with_file else "", content)}
    answer = paula.post("/deliveries", data=data, files=files)
    assert answer.status_code in {403, 422}
    assert said in answer.text
    assert "Datei abgeben" in answer.text
    store = town.state.assembly.store
    assert store.deliveries(State.RECEIVED) == []
    assert [path for path in store.uploads.incoming().parent.glob("*") if path.is_file()] == []


def test_coordinators_must_say_whose_layer_it_is(person: Person, file: Path) -> None:
    karl = person("karl")
    data = {"csrf_token": account_token(karl), "kind": "fibre_areas"}
    answer = karl.post("/deliveries", data=data, files={"file": (file.name, file.read_bytes())})
    assert answer.status_code == 422
    assert "wessen Layer" in answer.text
    assert handed_in(karl, file, operator="rheinfaser")


def test_the_same_file_is_handed_in_again_only_if_it_is_meant(person: Person, file: Path) -> None:
    paula = person("paula")
    first = handed_in(paula, file)
    data = {"csrf_token": account_token(paula), "kind": "fibre_areas", "valid_from": "2026-06-30"}
    answer = paula.post("/deliveries", data=data, files={"file": (file.name, file.read_bytes())})
    assert answer.status_code == 409
    assert "Genau diese Datei" in answer.text
    assert handed_in(paula, file, again="true") != first


def uploaded(client: TestClient, path: Path) -> str:
    """Send a file in pieces, as the script of the page does; return the id of the upload."""
    content = path.read_bytes()
    tus = {"Tus-Resumable": "1.0.0", "X-CSRF-Token": account_token(client)}
    made = client.post("/v1/uploads", headers=tus | {"Upload-Length": str(len(content))})
    assert made.status_code == 201, made.text
    address = made.headers["location"]
    piece = {"Content-Type": "application/offset+octet-stream"}
    for start in range(0, len(content), 50_000):
        headers = tus | piece | {"Upload-Offset": str(start)}
        sent = client.patch(address, headers=headers, content=content[start : start + 50_000])
        assert sent.status_code == 204, sent.text
    return str(address).rpartition("/")[2]


def test_columns_are_proposed_and_remembered(town: FastAPI, person: Person, tmp_path: Path) -> None:
    file = write_fibre(tmp_path / "eigen.gpkg", "rheinfaser", Anschlussart="FTTH")
    paula = person("paula")
    page = f"/deliveries/uploads/{uploaded(paula, file)}"
    query = {"kind": "fibre_areas", "valid_from": "2026-06-30"}
    html = paula.get(page, params=query).text
    assert '<option value="technologie" selected>' in html
    assert '<option value="Anschlussart">' in html
    assert "nach dem Namen" in html
    status, there = posted(
        paula, page, **query, **{"column.technology": "Anschlussart", "column.status": "status"}
    )
    assert status == 303
    work(town.state.assembly.workspace.folder)
    delivery = town.state.assembly.store.exact_delivery(there.partition("?")[0][-32:])
    assert delivery.said["mapping"] == {"technology": "Anschlussart", "status": "status"}
    assert paula.get(page, params=query).headers["location"] == f"/deliveries/{delivery.id}"
    if delivery.state is State.STAGED:
        again = f"/deliveries/uploads/{uploaded(paula, file)}"
        assert "wie in Ihrer letzten Datei" in paula.get(again, params=query).text


def test_a_file_that_cannot_be_looked_into_can_be_handed_in(person: Person, tmp_path: Path) -> None:
    broken = tmp_path / "kaputt.gpkg"
    broken.write_bytes(b"SQLite format 3\x00" + b"x" * 400)
    paula = person("paula")
    page = f"/deliveries/uploads/{uploaded(paula, broken)}"
    html = paula.get(page, params={"kind": "fibre_areas"}).text
    assert "kann nicht hineingesehen werden" in html
    assert posted(paula, page, kind="fibre_areas", valid_from="2026-06-30")[0] == 303


def test_an_upload_of_somebody_else_is_one_that_does_not_exist(person: Person, file: Path) -> None:
    upload = uploaded(person("paula"), file)
    query = {"kind": "fibre_areas"}
    pages = [
        person("rita").get(f"/deliveries/uploads/{each}", params=query)
        for each in (upload, UNKNOWN)
    ]
    assert [page.status_code for page in pages] == [404, 404]
    assert pages[0].text == pages[1].text
    status, said = posted(person("rita"), f"/deliveries/uploads/{upload}", **query)
    assert (status, said) == (
        404,
        "Diesen Upload gibt es nicht; bitte wählen Sie die Datei noch einmal.",
    )


# --- deciding -------------------------------------------------------------------------------------


def test_question_and_answer(person: Person, staged: str) -> None:
    karl, paula = person("karl"), person("paula")
    assert posted(karl, f"{staged}/question", text="Warum?") == (303, f"{staged}?said=asked")
    assert "die Koordination hat eine Rückfrage" in paula.get("/deliveries").text
    assert staged[-32:] not in karl.get("/deliveries").text.partition("Alle Lieferungen")[0]
    assert "Warum?" in paula.get(staged).text
    assert posted(paula, f"{staged}/answer", text="Darum.") == (303, f"{staged}?said=answered")
    waiting = karl.get("/deliveries").text.partition("Alle Lieferungen")[0]
    assert "beantwortet; veröffentlichen oder ablehnen" in waiting
    assert posted(karl, f"{staged}/question", text="  ")[0] == 422


@pytest.mark.parametrize(
    ("who", "step", "state"),
    [
        ("karl", "publish", State.PUBLISHED),
        ("karl", "reject", State.REJECTED),
        ("paula", "withdraw", State.WITHDRAWN),
    ],
)
def test_decisions_are_confirmed_and_recorded(
    town: FastAPI, person: Person, staged: str, who: str, step: str, state: State
) -> None:
    store = town.state.assembly.store
    unconfirmed = posted(person(who), f"{staged}/{step}", reason="Weil es so ist.")
    assert unconfirmed == (422, "Bitte bestätigen Sie es mit dem Haken; es wurde nichts geändert.")
    assert store.exact_delivery(staged[-32:]).state is State.STAGED
    if step != "publish":
        assert posted(person(who), f"{staged}/{step}", confirmed="yes")[0] == 422
    status, there = posted(
        person(who), f"{staged}/{step}", confirmed="yes", reason="Weil es so ist."
    )
    assert (status, there.partition("=")[0]) == (303, f"{staged}?said")
    assert store.exact_delivery(staged[-32:]).state is state
    if step != "publish":
        assert "Weil es so ist." in person("paula").get(staged).text
    twice = posted(person(who), f"{staged}/{step}", confirmed="yes", reason="Noch einmal.")
    if state is not State.PUBLISHED:
        assert twice[0] == 409
        assert "anderen Zustand" in twice[1]


def test_after_publishing_the_goals_follow(town: FastAPI, person: Person, staged: str) -> None:
    karl = person("karl")
    _, there = posted(karl, f"{staged}/publish", confirmed="yes")
    assert 'data-then="../"' in karl.get(there).text
    for job in town.state.assembly.store.jobs(staged[-32:]):
        if not job.is_over:
            town.state.assembly.store.change_job(job.id, state="done", phase="published")
    answer = karl.get(there)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_rejected_delivery_is_replaced(person: Person, staged: str, tmp_path: Path) -> None:
    posted(person("karl"), f"{staged}/reject", confirmed="yes", reason="Bitte neu.")
    paula = person("paula")
    form = paula.get("/deliveries/new", params={"replaces": staged[-32:]}).text
    assert f'name="replaces" value="{staged[-32:]}"' in form
    other = write_fibre(tmp_path / "neu.gpkg", "rheinfaser", download_mbit=500)
    new = handed_in(paula, other, replaces=staged[-32:])
    assert new[-32:] in paula.get(staged).text


def test_lists_are_narrowed(person: Person, staged: str) -> None:
    karl = person("karl")
    assert staged[-32:] in karl.get("/deliveries", params={"state": "staged"}).text
    assert staged[-32:] not in karl.get("/deliveries", params={"state": "rejected"}).text
    assert staged[-32:] in karl.get("/deliveries", params={"state": "no such"}).text
    assert staged[-32:] not in karl.get("/deliveries", params={"operator": "lichtband"}).text


# --- disputes and the log -------------------------------------------------------------------------


def test_the_public_disputes_only_where_the_city_lets_it(person: Person) -> None:
    assert person("public").get("/disputes/new").status_code == 403
    assert person("paula").get("/disputes/new").status_code == 403
    assert person("karl").get("/disputes/new").status_code == 200


def test_unknown_disputes_are_unknown(person: Person) -> None:
    for name in ("paula", "karl"):
        assert person(name).get(f"/disputes/{UNKNOWN}").status_code == 404
    assert posted(person("paula"), f"/disputes/{UNKNOWN}/rebut", text="x") == (
        404,
        "Diese Beanstandung gibt es nicht.",
    )


def test_the_log_is_for_coordinators(town: FastAPI, person: Person, staged: str) -> None:
    assert person("paula").get("/audit").status_code == 403
    html = person("karl").get("/audit", params={"delivery": staged[-32:-24]}).text
    assert "Das Protokoll ist lückenlos" in html
    assert html.count(staged[-32:]) >= 3
    by_karl = person("karl").get("/audit", params={"who": "karl"}).text
    assert staged[-32:] not in by_karl
    assembly: Assembly = town.state.assembly
    first = assembly.store.log_page(1)[0]
    older = person("karl").get("/audit", params={"before": str(first["id"])}).text
    assert f'data-head="Nr.">{first["id"]}<' not in older
    assert f'data-head="Nr.">{first["id"] - 1}<' in older


def test_pages_ask_no_other_server(person: Person, staged: str) -> None:
    for path in ("/deliveries", "/deliveries/new", staged, "/disputes", "/audit"):
        answer = person("karl").get(path)
        assert answer.status_code == 200
        assert not re.findall(r"""(?:src|href|action)=["'](?:https?:)?//""", answer.text)
        policy = answer.headers["content-security-policy"]
        assert "connect-src 'self'" in policy
        assert "unsafe" not in policy
        assert not re.findall(r"<[^>]+ (?:style|on[a-z]+)=", answer.text)


def test_browsers_get_a_page_where_there_is_none(person: Person) -> None:
    answer = person("karl").get("/no/such/page")
    assert answer.status_code == 404
    assert "Diese Seite gibt es nicht." in answer.text
    program = person("karl").get("/no/such/page", headers={"accept": "application/json"})
    assert program.headers["content-type"] == "application/problem+json"
