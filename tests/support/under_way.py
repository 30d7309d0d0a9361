"""What operators have under way at the city, handed in through the service: ids by their names.

`begin` makes everything of which one operator must not learn of another: deliveries in each state,
with files, findings, jobs and questions; uploads; column mappings; disputes with evidence; tokens.
None of it changes what the operators offer together.
"""

from __future__ import annotations

import base64
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from visitors import SignedIn

from stadtnetz.services.access.visitor import Role, Visitor
from stadtnetz.services.jobs import check_delivery
from stadtnetz.services.review import review_of

COORDINATOR = Visitor(Role.COORDINATOR, "coordinator", "account-c")
TUS = {"Tus-Resumable": "1.0.0"}
PDF = b"%PDF-1.7\n" + b"x" * 100
FIBRE = "fibre_addresses"
HEADER = (
    "Kennung;address_id;technology;download_mbit;upload_mbit;status;offer_available;status_date"
)

Ids = dict[str, str]


def partner(operator: str) -> Visitor:
    """Return somebody of an operator."""
    return Visitor(Role.PARTNER, f"somebody-at-{operator}", None, operator)


def client_of(app: FastAPI, visitor: Visitor) -> TestClient:
    """Return a client whose requests the application takes for this visitor's."""
    headers = SignedIn(app).headers(visitor)

    async def recognised(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope["headers"] = [*scope["headers"], *headers]
        await app(scope, receive, send)

    return TestClient(recognised, raise_server_exceptions=False)


class Hands:
    """One operator's and the city's hands on the service of a city."""

    def __init__(self, app: FastAPI, operator: str) -> None:
        self.app = app
        self.operator = operator
        self.own = client_of(app, partner(operator))
        self.city = client_of(app, COORDINATOR)

    def hand_in(self, content: str, day: str = "2026-06-30", **more: str) -> Ids:
        """Hand in a file of addresses; return the ids of the delivery and its job."""
        headers = {"Idempotency-Key": more.pop("key")} if "key" in more else {}
        answer = self.own.post(
            "/v1/deliveries",
            data={"kind": FIBRE, "valid_from": day, **more},
            files={"file": ("Ausbau.csv", content.encode())},
            headers=headers,
        )
        assert answer.status_code == 202, answer.text
        found = answer.json()
        return {"delivery": found["delivery"]["id"], "job": found["job"]["id"]}

    def check(self, delivery_id: str) -> str:
        """Do what the worker does; return the state."""
        check_delivery(self.app.state.assembly, delivery_id)
        return str(self.own.get(f"/v1/deliveries/{delivery_id}").json()["state"])

    def upload(self, content: bytes, size_bytes: int) -> str:
        """Send the beginning of a file in pieces; return the upload's id."""
        name = base64.b64encode(b"Ausbau.csv").decode()
        headers = TUS | {
            "Upload-Length": str(size_bytes),
            "Upload-Metadata": f"filename {name}",
        }
        url = self.own.post("/v1/uploads", headers=headers).headers["location"]
        piece = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        assert self.own.patch(url, content=content, headers=TUS | piece).status_code == 204
        return url.rpartition("/")[2]

    def dispute(self, address_id: str, reason: str = "provider_refuses") -> str:
        """Have the city dispute the operator's offer; return the dispute's id."""
        words = {"operator": self.operator, "address_id": address_id, "reason": reason}
        answer = self.city.post(
            "/v1/disputes",
            data=words | {"text": f"{self.operator} said no."},
            files={"evidence": ("letter.pdf", PDF)},
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def claimed(self) -> list[str]:
        """Return the addresses that the operator offers."""
        store = self.app.state.assembly.store
        frame = store.layer(store.publications(FIBRE, self.operator)[-1].ref.version).frame
        return [str(each) for each in frame["address_id"]]


def rows(*claims: str, header: str = HEADER) -> str:
    """Write a file: one address per row."""
    lines = [f"r{n};{claim};FTTH;1000;500;passed;true;2026-06-30" for n, claim in enumerate(claims)]
    return "\n".join([header, *lines, ""])


def begin(app: FastAPI, operator: str, whose: str) -> Ids:
    """Put everything under way; the names are ``<whose staged delivery>`` and so on."""
    hands = Hands(app, operator)
    claimed = hands.claimed()
    mapping = {"mapping": '{"record_id": "Kennung"}'}
    staged = hands.hand_in(rows(*claimed[:3]), key="first", **mapping)
    assert hands.check(staged["delivery"]) == "staged"
    hands.city.post(f"/v1/deliveries/{staged['delivery']}/question", json={"text": "Which?"})
    hands.own.post(f"/v1/deliveries/{staged['delivery']}/answer", json={"text": "This."})
    rejected = hands.hand_in(rows("nowhere", *claimed[:1]).replace("FTTH", "XXXX"))
    assert hands.check(rejected["delivery"]) == "rejected"
    withdrawn = hands.hand_in(rows(*claimed[:2]), replaces=staged["delivery"], **mapping)
    why = {"reason": "wrong quarter"}
    hands.own.post(f"/v1/deliveries/{withdrawn['delivery']}/withdraw", json=why)
    whole = rows(*claimed[:4]).encode()
    disputes = [hands.dispute(address) for address in claimed[:2]]
    hands.own.post(f"/v1/disputes/{disputes[1]}/rebut", json={"text": "It is there."})
    token = {"name": "machine", "scopes": ["deliveries:read"], "days": 30}
    made = hands.own.post("/v1/tokens", json=token)
    assert made.status_code == 201, made.text
    assembly = app.state.assembly
    published = assembly.store.publications(FIBRE, operator)[-1].delivery
    for reviewed in (staged["delivery"], published):  # as the worker does
        review_of(assembly, assembly.store.delivery(reviewed))
    named = {
        "staged delivery": staged["delivery"],
        "rejected delivery": rejected["delivery"],
        "withdrawn delivery": withdrawn["delivery"],
        "published delivery": published,
        "checked job": staged["job"],
        "failed job": rejected["job"],
        "upload": hands.upload(whole, len(whole)),
        "unfinished upload": hands.upload(whole[:20], len(whole)),
        "open dispute": disputes[0],
        "rebutted dispute": disputes[1],
        "token": made.json()["id"],
    }
    return {f"<{whose} {name}>": an_id for name, an_id in named.items()}
