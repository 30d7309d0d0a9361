"""The interface does what its description says, asked as a program that reads only that would."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from delivering import hand_in, make_town, people, work, write_fibre
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from visitors import by

from stadtnetz.services.access.policy import EVERYONE, POLICY

COUNT = int(os.environ.get("STADTNETZ_API_FUZZ_COUNT", "3"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A town with a delivery that waits to be published, and one that was rejected."""
    folder = tmp_path_factory.mktemp("described")
    make_town(folder / "town")
    with people(folder / "town") as client:
        hand_in(client("paul"), write_fibre(folder / "good.gpkg"))
        hand_in(client("rosa"), write_fibre(folder / "bad.gpkg", "op2", status="no such"))
        work(folder / "town")
        yield client


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("who", ["anna", "paul", None])
def test_every_answer_is_one_that_is_described(
    town: Any, who: str | None, mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", town.app)
    operations = [found.ok() for found in schema.get_all_operations()]
    handed_in = town("anna").get("/v1/deliveries").json()["deliveries"]
    known = {"delivery_id": [each["id"] for each in handed_in]}
    asked = 0
    for operation in operations:
        # any text is right as an id: of such an operation there is no wrong request
        allowed = (Unsatisfiable,) if mode is GenerationMode.NEGATIVE else ()
        with suppress(*allowed):
            _ask(operation, mode, known, by(who) if who else {})
            asked += 1
    assert asked > len(operations) / 4


def _ask(
    operation: Any, mode: GenerationMode, known: dict[str, list[str]], headers: dict[str, str]
) -> None:
    """Send requests as the description has them, or just not, some of them for what there is."""

    @settings(
        max_examples=COUNT,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode), data=st.data())
    def ask(case: schemathesis.Case, data: st.DataObject) -> None:
        for name in set(case.path_parameters or {}) & set(known):
            if data.draw(st.booleans()):
                case.path_parameters[name] = data.draw(st.sampled_from(known[name]))
        case.call_and_validate(headers=headers, checks=CHECKS)

    ask()


def test_every_operation_says_who_may_call_it(town: Any) -> None:
    document = town().get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            rule = POLICY[method.upper(), path]
            if rule.scope is None:
                assert "security" not in operation, path
                continue
            assert f"`{rule.scope}`" in operation["description"], path
            assert ({} in operation["security"]) == (rule.roles == EVERYONE), path
            assert {"token": []} in operation["security"], path


def test_every_operation_describes_its_problems(town: Any) -> None:
    document = town().get("/openapi.json").json()
    problem = document["components"]["schemas"]["Problem"]
    answer = town().get("/v1/indicators/none").json()
    assert set(problem["required"]) == set(answer)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert {"4XX", "5XX"} <= set(operation["responses"]), path
    assert "HTTPValidationError" not in json.dumps(document)
