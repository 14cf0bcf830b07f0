"""Tables of a chain are understood whole or not at all, and every fault says where it is and what to write."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.chain.books import Book, small_book, write_book

import corecar
from corecar.chain.chain import Chain
from corecar.chain.columns import Column
from corecar.chain.faults import RULES
from corecar.chain.intake import Taken, take_in
from corecar.chain.merging import changes
from corecar.chain.sheets import Sheet
from corecar.chain.tables import TABLES
from corecar.chain.weeks import week_name
from corecar.errors import CellFault, ChainError
from corecar.formats.chain import read_chain, write_chain


def sheets(book: Book) -> Iterable[Sheet]:
    for name, rows in book.items():
        header = list(dict.fromkeys(word for row in rows for word in row))
        columns = {word: pa.array([row.get(word, "") for row in rows], pa.string()) for word in header}
        yield Sheet(name, f"{name}.csv", columns, np.arange(2, len(rows) + 2, dtype=np.int64))


def faults_of(book: Book, **how: Any) -> list[CellFault]:
    with pytest.raises(ChainError) as caught:
        take_in(sheets(book), **how)
    return list(caught.value.faults)


def changed(table: str, row: int, **cells: str) -> Book:
    book = small_book()
    book[table][row] |= cells
    return book


def test_a_whole_chain_is_taken_in_as_typed_columns() -> None:
    chain = take_in(sheets(small_book())).chain
    assert {name: count for name, count in chain.counts.items() if count} == {
        name: len(rows) for name, rows in small_book().items()
    }
    assert all(chain[name].schema.equals(table.schema) for name, table in TABLES.items())
    assert chain.capacity["week"].to_pylist() == [date(2026, 12, 28), date(2027, 1, 4), date(2027, 1, 4)]
    assert chain.bills["preference"].to_pylist() == [1, 1, 2]
    assert chain.wip["unit"].to_pylist() == ["wafer", "piece"]


CASES = [
    ("demand", 0, {"quantity": "-5"}, "bound", "at least 0"),
    ("demand", 0, {"quantity": "1,000"}, "type", "Write 1000."),
    ("demand", 0, {"quantity": ""}, "required", "Fill it in"),
    ("demand", 0, {"week": "2027-W53"}, "type", "weeks 1 to 52"),
    ("demand", 0, {"week": "2027-01-05"}, "type", "Write 2027-W01."),
    ("demand", 0, {"product": "CRA"}, "reference", 'Did you mean "CAR"?'),
    ("demand", 1, {"week": "2027-W01"}, "identity", "repeats row 2"),
    ("demand", 0, {"category": "SR9"}, "choice", 'Did you mean "SR99"?'),
    ("routes", 0, {"yield": "90"}, "bound", "Write 0.9 for 90 %."),
    ("routes", 0, {"lead_weeks": "2.5"}, "type", "Write 2"),
    ("routes", 0, {"site": "OSAT-1"}, "place", "FAB-1"),
    ("routes", 0, {"stage": "module-test"}, "stage", "packaging"),
    ("routes", 1, {"use": ""}, "unit", "hours"),
    ("routes", 0, {"valid_from": "2027-05-01", "valid_until": "2027-04-01"}, "order", "2027-04-01"),
    ("routes", 0, {"cost": "3"}, "required", "currency"),
    ("products", 0, {"gross_die_per_wafer": ""}, "unit", "gross die per wafer"),
    ("products", 3, {"value": ""}, "required", "value of one vehicle"),
    ("bills", 2, {"parent": "MCU", "child": "CAR"}, "cycle", "CAR > ECU > MCU > CAR"),
    ("capacity", 0, {"maximum": "90"}, "order", "which is 90"),
    ("parties", 0, {"bpnl": "BPNS0000DEMO028U"}, "number", "BPNL"),
    ("parties", 0, {"bpnl": "BPNL0000DEMO028U"}, "identity", "also that of"),
    ("parties", 0, {"kind": "car maker x"}, "choice", 'Did you mean "carmaker"?'),
    ("sites", 0, {"time_zone": "Berlin"}, "type", "IANA"),
    ("sites", 0, {"latitude": "91"}, "bound", "at most 90"),
    ("wip", 0, {"stage": "test"}, "stage", "route MCU-W"),
    ("wip", 1, {"unit": "wafer", "product": "ECU"}, "unit", "wafers of ECU"),
]


@pytest.mark.parametrize(("table", "row", "cells", "rule", "said"), CASES)
def test_a_fault_names_its_place_value_rule_and_what_to_write(
    table: str, row: int, cells: dict[str, str], rule: str, said: str
) -> None:
    found = faults_of(changed(table, row, **cells))
    match = [fault for fault in found if fault.rule == rule and said in str(fault)]
    assert match, [str(fault) for fault in found]
    assert match[0].row is not None
    assert match[0].path == f"{match[0].sheet}.csv"
    assert match[0].advice
    assert rule in RULES


def test_all_faults_of_all_sheets_are_told_at_once_in_order() -> None:
    book = small_book()
    for table, row, cells, _, _ in CASES[:3] + CASES[8:9] + CASES[21:22]:
        book[table][row] |= cells
    found = faults_of(book)
    assert [fault.sheet for fault in found] == sorted((f.sheet for f in found), key=list(TABLES).index)
    assert {"parties", "routes", "demand"} <= {fault.sheet for fault in found}


def test_a_sheet_that_is_no_table_and_a_column_that_is_none_are_told() -> None:
    book = small_book()
    book["demands"] = book.pop("demand")
    for row in book["wip"]:
        row["quantiti"] = row.pop("quantity")
    found = {(fault.sheet, fault.rule): fault for fault in faults_of(book)}
    assert found["demands", "sheet"].advice == 'Did you mean "demand"?'
    told = [fault for fault in faults_of(book) if fault.rule == "column"]
    assert {(fault.column, fault.problem) for fault in told} == {
        ("quantiti", 'is no column of "wip".'), ("quantity", "is missing."),
    }  # fmt: skip
    assert 'Did you mean "quantity"?' in {fault.advice for fault in told}


def test_with_partial_a_bad_row_is_left_out_and_what_refers_to_it_too() -> None:
    taken = take_in(sheets(changed("products", 2, kind="modul")), partial=True)
    assert "ECU" not in taken.chain.products["product"].to_pylist()
    assert taken.chain.bills.num_rows == 0
    assert {(fault.sheet, fault.row, fault.rule) for fault in taken.left_out} == {
        ("products", 4, "choice"), ("bills", 2, "reference"), ("bills", 3, "reference"), ("bills", 4, "reference"),
    }  # fmt: skip
    assert [fault.column for fault in taken.warnings if fault.sheet == "demand"] == ["product"]


def test_with_partial_a_sheet_without_a_required_column_is_refused_all_the_same() -> None:
    book = small_book()
    for row in book["demand"]:
        del row["week"]
    assert [fault.rule for fault in faults_of(book, partial=True)] == ["column"]


def test_the_same_tables_again_change_nothing_and_other_rows_say_what() -> None:
    first = take_in(sheets(small_book())).chain
    again = take_in(sheets(small_book()), first)
    assert not any(change.any for change in again.changes)
    assert all(again.chain[name].equals(first[name]) for name in TABLES)
    other = take_in(sheets({"demand": [
        {"product": "CAR", "customer": "CARS", "week": "2027-W02", "quantity": "900"},
        {"product": "CAR", "customer": "CARS", "week": "2027-W03", "quantity": "800"},
    ]}), first)  # fmt: skip
    (change,) = other.changes
    assert (change.added, change.changed, change.removed, change.same) == (1, 1, 0, 1)
    assert change.cells == (
        {"table": "demand", "row": "CAR CARS 0001 2027-W02", "column": "quantity", "before": "1100", "after": "900"},
    )
    assert other.chain.demand.num_rows == 3


def test_replacing_a_table_lets_rows_fall_away_unless_others_need_them() -> None:
    first = take_in(sheets(small_book())).chain
    only = {"demand": small_book()["demand"][:1]}
    replaced = take_in(sheets(only), first, replace=True)
    assert [change.removed for change in replaced.changes] == [1]
    assert replaced.chain.demand.num_rows == 1
    found = faults_of({"parties": small_book()["parties"][:2]}, before=first, replace=True)
    assert {(fault.sheet, fault.row) for fault in found} == {("sites", None), ("products", None)}
    assert "of the row that is there (site FAB-1)" in str(next(f for f in found if f.sheet == "sites"))


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(9)))
def test_the_order_of_rows_and_sheets_changes_no_byte(order: list[int]) -> None:
    names = list(small_book())
    book = {names[place]: small_book()[names[place]][::-1] for place in order}
    chain = take_in(sheets(book)).chain
    whole = take_in(sheets(small_book())).chain
    for name in TABLES:
        assert chain[name].equals(whole[name])
        for column in chain[name].columns:
            if pa.types.is_dictionary(column.type) and column.num_chunks:
                assert column.chunk(0).dictionary.to_pylist() == sorted(set(column.drop_null().to_pylist()))


def cell_of(column: Column) -> st.SearchStrategy[str]:
    """Any value that a column takes, as text."""
    if column.choices:
        return st.sampled_from(column.choices)
    low = column.least if column.least is not None else (column.above or 0) + 1e-6 if column.above is not None else -1e6
    high = column.most if column.most is not None else 1e6
    return {
        "number": st.floats(low, high).map(repr),
        "whole": st.integers(int(low), int(high)).map(str),
        "week": st.dates(date(2000, 1, 1), date(2100, 1, 1)).map(week_name),
        "date": st.dates(date(2000, 1, 1), date(2100, 1, 1)).map(str),
        "flag": st.sampled_from(["yes", "no"]),
    }.get(column.kind, st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8))


def word_of(column: Column) -> st.SearchStrategy[str]:
    """A cell that fits: of a column that refers, a name that is there, or nothing where it may be empty."""
    if not column.refers:
        return cell_of(column)
    return st.just({"groups": "OSAT-1", "products": "CAR"}.get(column.refers, ""))


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_cells_of_every_kind_come_back_from_files_as_they_were(tmp_path_factory: Any, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("chain")
    table = TABLES[data.draw(st.sampled_from(["alerts", "capacity", "demand", "short_term"]))]
    row = st.fixed_dictionaries({column.name: word_of(column) for column in table.columns})
    key = {"unique_by": lambda cells: tuple(cells[name] for name in table.key)}
    rows = data.draw(st.lists(row, min_size=1, max_size=5, **key))  # type: ignore[arg-type]
    if table.name == "capacity":
        rows = [cells | {"maximum": ""} for cells in rows]
    chain = take_in(sheets(small_book() | {table.name: rows})).chain
    for place in (folder / "csv", folder / "book.xlsx", folder / "parquet"):
        write_chain(chain, place, as_="parquet" if place.name == "parquet" else "csv")
        back = read_chain(place)
        assert all(back[name].equals(chain[name]) for name in TABLES), place


def test_a_chain_is_read_from_plain_files_without_a_workspace(tmp_path: Path) -> None:
    chain = corecar.read_chain(write_book(small_book(), tmp_path / "province"))
    assert isinstance(chain, Chain)
    assert repr(chain).startswith("<Chain parties 3, sites 3")
    assert not changes(TABLES["demand"], chain.demand, take_in(sheets(small_book())).chain.demand).any


def test_a_taken_chain_counts_what_it_read() -> None:
    taken: Taken = take_in(sheets(small_book()))
    assert taken.read == sum(map(len, small_book().values()))
    assert taken.left_out == ()


def test_columns_that_a_sheet_does_not_have_stay_as_they_were() -> None:
    book = small_book()
    book["demand"][0]["committed"] = "950"
    first = take_in(sheets(book)).chain
    rows = [{"product": "CAR", "customer": "CARS", "week": week, "quantity": "7"} for week in ("2027-W01", "2027-W09")]
    after = take_in(sheets({"demand": rows}), first).chain.demand
    assert after["committed"].to_pylist() == [950.0, None, None]
    emptied = [rows[0] | {"committed": ""}]
    assert take_in(sheets({"demand": emptied}), first).chain.demand["committed"].to_pylist() == [None, None]
    sites = take_in(sheets({"sites": [{"site": "OSAT-1", "party": "OSAT", "place": "Elsewhere"}]}), first).chain.sites
    assert dict(zip(sites["site"].to_pylist(), sites["time_zone"].to_pylist(), strict=True)) == {
        "CARS-1": "Europe/Berlin", "FAB-1": "UTC", "OSAT-1": "Asia/Shanghai",
    }  # fmt: skip


GRANT = {"policy": "GRANT", "lever": "capex-share", "who": "OSAT-1", "units": "10", "capex": "1000", "share": "0.3",
         "from_week": "2027-W01"}  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "column", "said"),
    [
        ({"share": ""}, "share", "capex-share needs it"),
        ({"class": "1"}, "class", "nothing that capex-share knows"),
        ({"who": "OSAT-2"}, "who", 'Did you mean "OSAT-1"?'),
        ({"who": "OSAT-1; FAB-1"}, "who", "Write a row for each"),
        ({"until_week": "2026-W50"}, "from_week", 'is above "until_week"'),
        ({"lever": "priority", "who": "CAR for CARS", "units": "", "capex": "", "share": "", "class": "1"}, "from_week",
         "nothing that priority knows"),
        ({"lever": "stock-duty", "who": "MCU after tset", "units": "", "capex": "", "share": "", "weeks_of_use": "2"},
         "who", 'Did you mean "MCU after test"?'),
        ({"lever": "local-share", "who": "OSAT-1", "units": "", "capex": ""}, "products", "local-share needs it"),
    ],
)  # fmt: skip
def test_a_policy_that_its_lever_cannot_take_is_told_at_import(cells: dict[str, str], column: str, said: str) -> None:
    assert not take_in(sheets({**small_book(), "policies": [GRANT]})).warnings
    (fault,) = faults_of({**small_book(), "policies": [GRANT | cells]})
    assert (fault.sheet, fault.row, fault.column) == ("policies", 2, column)
    assert said in str(fault)


def test_a_sheet_of_what_changes_alone_needs_no_other_column_for_rows_that_are_there() -> None:
    first = take_in(sheets(small_book())).chain
    taken = take_in(sheets({"parties": [{"party": "CARS", "name": "Renamed Cars"}]}), first)
    row = next(one for one in taken.chain.parties.to_pylist() if one["party"] == "CARS")
    assert (row["name"], row["kind"]) == ("Renamed Cars", "carmaker")
    assert [(change.table, change.added, change.changed) for change in taken.changes] == [("parties", 0, 1)]


def test_a_new_row_in_such_a_sheet_is_told_with_what_it_lacks() -> None:
    first = take_in(sheets(small_book())).chain
    rows = [{"party": "CARS", "name": "Renamed Cars"}, {"party": "NEW", "name": "New Cars"}]
    with pytest.raises(ChainError) as caught:
        take_in(sheets({"parties": rows}), first)
    assert [(f.row, f.column, f.problem) for f in caught.value.faults] == [
        (3, "kind", "is missing, and party NEW is new.")
    ]
    partial = take_in(sheets({"parties": rows}), first, partial=True)
    assert [change.changed for change in partial.changes] == [1]
    with pytest.raises(ChainError, match='column "kind": is missing'):
        take_in(sheets({"parties": rows[1:]}), first)


def test_more_faults_than_a_message_shows_say_how_all_of_them_are_had() -> None:
    rows = [{"party": f"P{number}", "name": "x", "kind": "nothing"} for number in range(25)]
    with pytest.raises(
        ChainError, match=r"and 5 more: chain check and chain import write all of them with --faults FILE$"
    ):
        take_in(sheets({"parties": rows}))


def test_a_cell_that_is_no_number_is_not_told_to_be_empty_too() -> None:
    book = changed("products", 3, value="21,000")
    assert book["products"][3]["kind"] == "vehicle-program"
    assert [(fault.column, fault.rule) for fault in faults_of(book)] == [("value", "type")]
    assert [(fault.column, fault.rule) for fault in faults_of(changed("products", 3, value=""))] == [
        ("value", "required")
    ]


def test_a_share_out_of_bounds_is_not_told_to_be_missing_too() -> None:
    found = faults_of({**small_book(), "policies": [GRANT | {"share": "1.5"}]})
    assert [(fault.column, fault.rule) for fault in found] == [("share", "bound")]


def test_a_file_that_is_named_for_no_table_says_that_files_are() -> None:
    (fault,) = faults_of({**small_book(), "grants": [GRANT]})
    assert fault.advice.startswith('A file is named for its table. There is "parties"')


def test_a_name_typed_in_full_width_is_the_same_name() -> None:
    taken = take_in(sheets(changed("products", 2, party="ＣＡＲＳ")))
    of = dict(zip(*(taken.chain.products[name].to_pylist() for name in ("product", "party")), strict=True))
    assert of[small_book()["products"][2]["product"]] == "CARS"
