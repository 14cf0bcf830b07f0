"""Tables of many rows: sorted, filtered and cut beside the page, for the session that opened it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.web.servers import House, served

from corecar.web.api import Served
from corecar.web.callers import COOKIE
from corecar.web.pages.columns import as_columns
from corecar.web.pages.long_tables import AT_MOST, SHELF, LongTable, add_rows, rows_of
from corecar.web.spool import Spool
from corecar.words import words_of

ROWS: list[dict[str, Any]] = [
    {"lot": f"L{number:05}", "state": ("held", "released", None)[number % 3], "parts": number % 7 or None,
     "mixed": number if number % 2 else str(number), "shared": [str(number)]}
    for number in range(3_000)
]  # fmt: skip


@pytest.fixture(scope="module")
def long() -> LongTable:
    return LongTable(as_columns(ROWS), words_of("zh"))


def test_no_row_is_lost_on_the_shelf(long: LongTable) -> None:
    assert [row["lot"] for row in rows_of(long.rows)] == [row["lot"] for row in ROWS]
    assert long.rows["mixed"].to_pylist()[:2] == ["0", "1"]
    assert long.places([], {}).tolist() == list(range(len(ROWS)))


def test_columns_in_which_nothing_stands_are_left_out_and_moments_are_told() -> None:
    rows = pa.table({"a": [None, None], "b": ["", ""], "c": ["", "x"], "at": [datetime(2027, 1, 2, 3, 4), None]})
    found = as_columns(rows)
    assert found.column_names == ["c", "at"]
    (cell,) = LongTable(found, words_of("en")).cells(np.array([0]))
    assert cell["at"] == "2027-01-02 03:04"


def test_rows_are_sorted_by_several_columns_and_what_is_missing_comes_last(long: LongTable) -> None:
    places = long.places([{"colId": "parts", "sort": "desc"}, {"colId": "lot", "sort": "desc"}], {})
    parts = [ROWS[place]["parts"] for place in places]
    known = [value for value in parts if value is not None]
    assert known == sorted(known, reverse=True)
    assert parts[len(known) :] == [None] * (len(parts) - len(known))
    assert ROWS[places[0]]["lot"] > ROWS[places[1]]["lot"]
    assert len(long.places([{"colId": "shared", "sort": "asc"}, {"colId": "none"}], {})) == len(ROWS)


@pytest.mark.parametrize(
    ("column", "wanted", "passes"),
    [
        ("lot", {"type": "contains", "filter": "l0001"}, lambda row: "L0001" in row["lot"]),
        ("lot", {"type": "startsWith", "filter": "L002"}, lambda row: row["lot"].startswith("L002")),
        ("state", {"type": "equals", "filter": "扣留"}, lambda row: row["state"] == "held"),
        ("state", {"type": "blank"}, lambda row: row["state"] is None),
        ("parts", {"type": "inRange", "filter": 2, "filterTo": 4}, lambda row: row["parts"] in (2, 3, 4)),
        ("parts", {"type": "blank"}, lambda row: row["parts"] is None),
        ("parts", {"type": "greaterThan", "filter": "x"}, lambda row: True),
        ("none", {"type": "contains", "filter": "x"}, lambda row: True),
        (
            "parts",
            {"operator": "OR", "conditions": [{"type": "equals", "filter": 1}, {"type": "greaterThan", "filter": 5}]},
            lambda row: row["parts"] in (1, 6),
        ),
    ],
)
def test_rows_are_filtered_by_what_is_shown(long: LongTable, column: str, wanted: Any, passes: Any) -> None:
    assert long.places([], {column: wanted}).tolist() == [place for place, row in enumerate(ROWS) if passes(row)]


def test_cells_are_those_of_a_short_table(long: LongTable) -> None:
    (cell,) = long.cells(np.array([3]))
    assert cell == {"lot": "L00003", "state": "扣留\0attention", "parts": 3, "~parts": "3", "mixed": "3",
                    "shared": "3"}  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with served(tmp_path_factory.mktemp("long")) as made:
        yield made


def client_of(house: House) -> TestClient:
    app = FastAPI()
    add_rows(app, Served(house.workspace.store, Spool(house.root / "rows")))
    return TestClient(app)


def test_rows_are_for_the_session_that_opened_the_page_alone(
    house: House, long: LongTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"mine", "theirs"}
    monkeypatch.setattr("corecar.web.pages.long_tables.session_person", lambda _, secret: secret in known or None)
    name = SHELF.put("mine", long)
    client = client_of(house)

    def asked(secret: str, what: Any) -> Any:
        client.cookies.set(COOKIE, secret)
        return client.get(f"/rows/{name}?asked={quote(json.dumps(what))}")

    answer = asked("mine", {"startRow": 10, "endRow": 12, "sortModel": [{"colId": "lot", "sort": "desc"}]})
    assert [row["lot"] for row in answer.json()["rows"]] == ["L02989", "L02988"]
    assert answer.json()["count"] == len(ROWS)
    assert len(asked("mine", {"startRow": 0, "endRow": 10**9}).json()["rows"]) == AT_MOST
    assert asked("theirs", {}).status_code == 404
    assert asked("nobody", {}).status_code == 401
    strange: list[Any] = [[], {"startRow": "x"}, {"filterModel": {"lot": 3}}, {"sortModel": [1]}]
    for nonsense in strange:
        assert asked("mine", nonsense).status_code == 400
    SHELF.drop(name)
    assert asked("mine", {}).status_code == 404
