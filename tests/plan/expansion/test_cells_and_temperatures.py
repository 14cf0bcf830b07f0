"""A cell runs what is tested at temperatures that it reaches; what none reaches is told, with what to buy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.chain.books import write_book
from tests.chain.test_cells import CELL, RUN, book
from tests.chain.test_chain_intake import sheets
from tests.plan.expansion.houses import BOARD, MACHINE, short_book

import corecar
from corecar.chain.chain import Chain
from corecar.chain.intake import take_in
from corecar.errors import ArgumentError
from corecar.plan.expansion.cells import cells_of

WARM = CELL | {"temperature_least_c": "25", "temperature_most_c": "150"}
COLD = CELL | {"cell": "T-COLD", "temperature_least_c": "-55", "temperature_most_c": "150"}
SPAN = {"temperature_least_c": "-40", "temperature_most_c": "125"}


def probed(*cells: dict[str, Any]) -> Chain:
    """A chain whose chip is tested from -40 to 125 C, and is listed for all of some cells."""
    whole = book(list(cells), [RUN | {"cell": cell["cell"]} for cell in cells])
    whole["routes"] = [row | (SPAN if row["route"] == "MCU-T" else {}) for row in whole["routes"]]
    return take_in(sheets(whole)).chain


def test_a_cell_runs_only_what_it_reaches_the_temperature_of() -> None:
    runs = {cell.name: [run.route for run in cell.runs] for cell in cells_of(probed(WARM, COLD))}
    assert runs == {"T1": [], "T-COLD": ["MCU-T"]}
    assert [len(cell.runs) for cell in cells_of(probed(CELL))] == [1], "a cell that tells no temperature is not limited"


def test_taking_in_a_run_that_the_temperature_forbids_is_warned_of() -> None:
    whole = book([WARM, COLD], [RUN, RUN | {"cell": "T-COLD"}])
    whole["routes"] = [row | (SPAN if row["route"] == "MCU-T" else {}) for row in whole["routes"]]
    told = " ".join(str(each) for each in take_in(sheets(whole)).warnings)
    assert "is tested at -40 to 125 C, and T1 reaches 25 to 150 C: it does not run it." in told


def test_a_product_that_no_cell_reaches_the_temperature_of_is_told() -> None:
    said = r"no cell can run MCU by MCU-T on OSAT-1, tested at -40 to 125 C, and T1 reaches 25 to 150 C\. Add a cell"
    with pytest.raises(ArgumentError, match=said):
        cells_of(probed(WARM))


def test_what_to_buy_is_told_where_only_an_empty_cell_reaches_it(tmp_path: Path) -> None:
    whole = short_book(MACHINE, BOARD, MACHINE | {"option": "BUY-COLD", "cell": "T-COLD"})
    warm, (run,) = whole["cells"][0] | {"temperature_least_c": "25"}, whole["cell_runs"]
    whole["cells"] = [warm, warm | {"cell": "T-COLD", "machines": "0", "temperature_least_c": "-55"}]
    whole["cell_runs"] = [run, run | {"cell": "T-COLD"}]
    whole["routes"] = [row | ({"temperature_least_c": "-40"} if row["route"] == "MCU-T" else {})
                       for row in whole["routes"]]  # fmt: skip
    made = corecar.plan_chain(write_book(whole, tmp_path / "chain"))
    told = "Buy BUY-COLD for T-COLD, because no cell that stands can run MCU by MCU-T."
    assert told in made.cells()["notes"]
    assert told in made.expand(gap=0.0)["notes"]
