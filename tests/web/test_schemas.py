"""The OpenAPI document, taken at its word: whatever fits its schemas is never answered with a fault of the server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.bridge.houses import small_lot
from tests.chain.books import small_book, write_book
from tests.web.servers import House, served

from corecar.bridge.verbs import WORKSPACE_VERBS
from corecar.web.api import served_verbs

EXAMPLES = 4
LEFT = frozenset({"tokens_revoke", "people_change"})
"""Verbs that could take away the rights of whoever calls."""
CALLED = sorted(verb.name for verb in served_verbs() if not verb.is_job and verb.name not in LEFT)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("schemas")
    with served(folder) as made:
        made.workspace.call("ingest", [small_lot(folder, 1)])
        made.workspace.call("chain_import", [write_book(small_book(), folder / "chain")])
        yield made


@pytest.fixture(scope="module")
def operations(house: House) -> dict[str, Any]:
    schema: Any = schemathesis.openapi.from_dict(
        house.client.get("/api/v1/openapi.json", headers=house.headers()).json()
    )
    found = {}
    for result in schema.get_all_operations():
        operation = result.ok()
        found[operation.definition.raw["operationId"]] = operation
    return found


def test_the_document_names_every_verb_that_is_served(operations: dict[str, Any]) -> None:
    assert {verb.name for verb in served_verbs()} <= operations.keys()
    assert all(WORKSPACE_VERBS[name] for name in CALLED)


@pytest.mark.parametrize("name", CALLED)
def test_no_call_that_the_document_allows_is_a_fault_of_the_server(
    house: House, operations: dict[str, Any], name: str
) -> None:
    operation = operations[name]

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(data=st.data())
    def calls(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy())
        query = {key: value for key, value in (case.query or {}).items() if value is not None}
        headers = house.headers()
        body = None if not isinstance(case.body, dict) else case.body
        if case.method.upper() == "GET":
            answer = house.client.get(case.path, params=query, headers=headers)
        else:
            answer = house.client.post(case.path, json=body or {}, headers=headers)
        assert answer.status_code < 500 or answer.status_code in (501, 503), (case.path, query, body, answer.text)

    calls()


def test_places_of_the_document_are_below_one_root(house: House) -> None:
    document = house.client.get("/api/v1/openapi.json", headers=house.headers()).json()
    assert all(Path(path).parts[1:3] == ("api", "v1") for path in document["paths"])
