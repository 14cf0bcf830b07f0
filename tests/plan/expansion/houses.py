"""A small house with a test floor that is short of hours, as texts, and what tests change in it."""

from __future__ import annotations

from typing import Any

from tests.chain.books import Book, small_book
from tests.chain.test_chain_intake import sheets

from corecar.chain.chain import Chain
from corecar.chain.intake import take_in
from corecar.network.arrays import Network
from corecar.network.from_chain import network_of
from corecar.plan.expansion.cells import cells_of
from corecar.plan.expansion.options import means_of
from corecar.plan.expansion.orders import Orders, orders_of

WEEKS = tuple(f"2027-W{week:02}" for week in range(1, 9))
MACHINE: dict[str, str] = {
    "option": "BUY-TESTER", "cell": "T1", "part": "machine", "way": "buy", "price": "900000", "currency": "EUR",
    "lead_weeks": "1", "qualification_weeks": "1", "most": "2", "life_weeks": "200", "floor_m2": "10", "staff": "1",
}  # fmt: skip
BOARD: dict[str, str] = MACHINE | {
    "option": "BUY-BOARD", "part": "board", "price": "60000", "qualification_weeks": "0", "most": "2", "floor_m2": "0",
    "staff": "0",
}  # fmt: skip


def short_book(*machines: dict[str, Any], **tables: list[dict[str, Any]]) -> Book:
    """Chips enough for all cars; two testers and two boards with hours for a part of them."""
    book = small_book()
    del book["wip"]
    book["stock"] = [{"product": "MCU", "stage": "wafer", "site": "OSAT-1", "quantity": "90000"}]
    book["capacity"] = [{"group": "OSAT-1", "week": week, "actual": "10"} for week in WEEKS]
    book["demand"] = [
        {"product": "CAR", "customer": "CARS", "week": week, "quantity": str(3000 + 400 * place)}
        for place, week in enumerate(WEEKS[1:])
    ]
    book["cells"] = [{"cell": "T1", "group": "OSAT-1", "kind": "test", "machines": "2", "handlers": "4", "boards": "2",
                      "sites": "4", "shifts": "1", "oee": "0.625"}]  # fmt: skip
    book["cell_runs"] = [{"cell": "T1", "route": "MCU-T", "time_s": "25", "index_time_s": "3.8"}]
    book["machines"] = list(machines) or [MACHINE, BOARD]
    return {**book, **tables}


def short_chain(*machines: dict[str, Any], **tables: list[dict[str, Any]]) -> Chain:
    return take_in(sheets(short_book(*machines, **tables))).chain


def orders_in(chain: Chain) -> tuple[Network, Orders]:
    network = network_of(chain)
    return network, orders_of(means_of(chain, network, cells_of(chain)), network)
