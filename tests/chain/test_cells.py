"""Cells of machines as tables: what they can do is the least of their parts, and what is wrong is told by cell."""

from __future__ import annotations

from typing import Any

import pytest
from tests.chain.books import Book, small_book
from tests.chain.test_chain_intake import sheets

from corecar.chain.chain import Chain
from corecar.chain.intake import take_in
from corecar.errors import ArgumentError, CellFault, ChainError
from corecar.plan.expansion.cells import Measured, cells_of
from corecar.plan.expansion.utilisation import spread

CELL: dict[str, str] = {
    "cell": "T1", "group": "OSAT-1", "kind": "test", "machines": "4", "handlers": "4", "boards": "3", "sites": "4",
    "shifts": "21", "oee": "0.8",
}  # fmt: skip
RUN: dict[str, str] = {
    "cell": "T1", "route": "MCU-T", "time_s": "10", "index_time_s": "0.5", "multi_site_efficiency": "0.95",
    "retest_rate": "0.05",
}  # fmt: skip


def book(cells: list[dict[str, Any]], runs: list[dict[str, Any]]) -> Book:
    return {**small_book(), "cells": cells, "cell_runs": runs}


def chain_of(*cells: dict[str, Any], runs: tuple[dict[str, Any], ...] = (RUN,)) -> Chain:
    return take_in(sheets(book(list(cells), list(runs)))).chain


def faults(cell: dict[str, Any], run: dict[str, Any] = RUN) -> list[CellFault]:
    with pytest.raises(ChainError) as caught:
        take_in(sheets(book([cell], [run])))
    return list(caught.value.faults)


def test_a_cell_can_do_what_the_least_of_its_parts_can() -> None:
    (cell,) = cells_of(chain_of(CELL))
    assert cell.stations == 3
    assert cell.limits == ("load board",)
    assert cell.one_more == pytest.approx(21 * 8 * 0.8)
    assert cell.hours == pytest.approx(3 * 21 * 8 * 0.8)
    (run,) = cell.runs
    assert run.an_hour == pytest.approx(1200), "3600 x 4 / (10 x 1.15 + 0.5)"
    assert run.hours == pytest.approx(1.05 / 1200)
    assert run.source == "assumed"


def test_two_parts_that_are_as_few_limit_together_and_one_more_of_either_gives_nothing() -> None:
    (cell,) = cells_of(chain_of(CELL | {"boards": "4"}))
    assert cell.limits == ("tester", "handler", "load board")
    assert cell.one_more == 0


def test_a_template_says_what_limits_machines_of_other_kinds() -> None:
    (cell,) = cells_of(chain_of(CELL | {"kind": "bond", "handlers": ""}))
    assert cell.limits == ("wire bonder",)
    (cell,) = cells_of(chain_of(CELL | {"kind": "burn-in", "handlers": "", "boards": "2"}))
    assert (cell.limits, cell.stations) == (("burn-in board",), 2)


def test_setting_up_takes_its_hours() -> None:
    (cell,) = cells_of(chain_of(CELL, runs=(RUN | {"setups_a_week": "2", "setup_hours": "1.5"},)))
    assert cell.hours == pytest.approx(3 * 21 * 8 * 0.8 - 3)


def test_what_testers_measured_takes_the_place_of_what_is_assumed() -> None:
    (cell,) = cells_of(chain_of(CELL), {"MCU-T": Measured(900.0, 5)})
    assert cell.runs[0].source == "measured"
    assert cell.runs[0].hours == pytest.approx(1 / 900)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("handlers", "", "is empty, and a test cell needs a handler."),
        ("handlers", "0", "is 0, and a test cell needs a handler."),
        ("group", "FAB-1", "counts in wafers, and cells give hours."),
        ("shifts", "22", "is out of bounds: above 0, at most 21."),
        ("machines", "-1", "is out of bounds: at least 0."),
        ("kind", "wash", "is none of its words."),
    ],
)
def test_a_cell_that_cannot_be_is_told(column: str, value: str, said: str) -> None:
    told = faults(CELL | {column: value})
    assert (column, said) in [(one.column, one.problem) for one in told if one.sheet == "cells"]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("time_s", "-1", "is out of bounds: above 0."),
        ("index_time_s", "-0.1", "is out of bounds: at least 0."),
        ("route", "MCU-W", "loads FAB-1, and T1 is of OSAT-1."),
        ("sites", "8", "is more than the 4 of T1."),
    ],
)
def test_a_run_that_cannot_be_is_told(column: str, value: str, said: str) -> None:
    (fault,) = faults(CELL, RUN | {column: value})
    assert (fault.sheet, fault.column, fault.problem) == ("cell_runs", column, said)


def test_a_product_that_no_cell_can_run_is_warned_of_and_then_refused() -> None:
    taken = take_in(sheets({**small_book(), "cells": [CELL]}))
    assert [one.problem for one in taken.warnings if one.rule == "cell"] == ["is run by no cell of OSAT-1."]
    with pytest.raises(ArgumentError, match=r"no cell can run MCU by MCU-T on OSAT-1\. Add rows"):
        cells_of(taken.chain)
    with pytest.raises(ArgumentError, match="the chain has no cells"):
        cells_of(take_in(sheets(small_book())).chain)


def test_pieces_lie_on_cells_so_that_the_fullest_is_least_full() -> None:
    slow = RUN | {"cell": "T2", "time_s": "20.5"}
    cells = cells_of(chain_of(CELL, CELL | {"cell": "T2", "boards": "1"}, runs=(RUN, slow)))
    hours = [cell.hours for cell in cells]
    wanted = 0.5 * (hours[0] / cells[0].runs[0].hours + hours[1] / cells[1].runs[0].hours)
    found = spread(cells, {"MCU-T": wanted})
    assert found.full["OSAT-1"] == pytest.approx(0.5)
    assert [found.hours[cell.name] / cell.hours for cell in cells] == pytest.approx([0.5, 0.5])
    assert sum(found.pieces.values()) == pytest.approx(wanted)
    assert not found.left


def test_pieces_that_no_machine_can_do_are_left() -> None:
    cells = cells_of(chain_of(CELL | {"boards": "0"}))
    assert spread(cells, {"MCU-T": 100.0}).left == {"MCU-T": pytest.approx(100.0)}


def test_boards_of_one_product_limit_it_on_a_cell_that_could_do_more() -> None:
    cells = cells_of(chain_of(CELL, runs=(RUN | {"boards": "1"},)))
    one_board = 21 * 8 * 0.8 / cells[0].runs[0].hours
    assert spread(cells, {"MCU-T": one_board}).full["OSAT-1"] == pytest.approx(1.0)
