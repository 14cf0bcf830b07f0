"""Where a plan begins: stock that lies, and lots that are under way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from corecar.chain.chain import Chain
from corecar.chain.words import ALL_STAGES, HELD, WAFER
from corecar.network.arrays import NONE, Flags, Floats, Integers
from corecar.network.columns import is_empty, is_true, is_word, numbers, places, weeks_of
from corecar.network.making import Making
from corecar.network.places import Places, Products

IN_TRANSIT = "in-transit"


def lying(chain: Chain, products: Products, items: Places) -> tuple[Floats, list[str]]:
    """Opening stock by item [piece], and the rows that are none, each with its reason."""
    table = chain.stock
    product, place = products.rows(table), _after(table, products, items)
    blocked = is_true(table, "blocked")
    used = (place != NONE) & ~blocked
    opening = np.zeros(len(items))
    np.add.at(opening, place[used], _pieces(table, product, products)[used])

    def why(row: int, told: dict[str, Any]) -> str:
        reason = "blocked" if blocked[row] else f"no route takes it on after {told['stage']}"
        return f"stock of {told['product']} at {told['site']}: {reason}"

    return opening, [why(row, told) for row, told in _told(table, ~used, ("product", "site", "stage"))]


def arriving(
    chain: Chain, products: Products, items: Places, made: Making, begin: int, count: int
) -> tuple[Floats, list[str]]:
    """What is under way, by item and the week in which it arrives [piece], and the lots that are no supply.

    A lot in a stage still loses that stage's yield; one that is in transit or finished has done so.
    """
    table = chain.wip
    arrivals = np.zeros((len(items), count))
    if not table.num_rows:
        return arrivals, []
    product, place = products.rows(table), _after(table, products, items)
    week, held = weeks_of(table) - begin, is_word(table, "state", HELD)
    used = (place != NONE) & ~held & (week < count)
    route = made.activity(table)
    in_stage = (route != NONE) & ~is_empty(table, "stage") & ~is_word(table, "state", IN_TRANSIT)
    gain = np.ones(table.num_rows)
    gain[in_stage] = made.activities.yields[route[in_stage], 0]
    pieces = _pieces(table, product, products) * gain
    np.add.at(arrivals, (place[used], np.maximum(week[used], 0)), pieces[used])

    def why(row: int) -> str:
        return (
            "it is held" if held[row] else "no route takes it on" if place[row] == NONE else "it ends after the horizon"
        )

    return arrivals, [f"lot {told['lot']}: {why(row)}" for row, told in _told(table, ~used, ("lot",))]


def _after(table: Any, products: Products, items: Places) -> Integers:
    """The items that rows of a table are, or become."""
    return items.after(products.rows(table), 1 + places(table, "stage", ALL_STAGES))


def _pieces(table: Any, product: Integers, products: Products) -> Floats:
    in_wafers = is_word(table, "unit", WAFER)
    return numbers(table, "quantity", 0.0) * np.where(in_wafers, products.dies[product], 1.0)


def _told(table: Any, rows: Flags, columns: Sequence[str]) -> list[tuple[int, dict[str, Any]]]:
    """Some rows of a table with their numbers."""
    found = np.flatnonzero(rows)
    return list(zip(found.tolist(), table.select(columns).take(pa.array(found)).to_pylist(), strict=True))
