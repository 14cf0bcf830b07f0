"""Numbers of routes that were measured, in place of those that were assumed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from corecar.chain.chain import Chain
from corecar.chain.tables import TABLES

Number = Literal["yield", "use"]
NUMBERS: tuple[Number, ...] = ("yield", "use")
"""What testers tell of a route: good pieces out of one that goes in; capacity of one piece [hour]."""


@dataclass(frozen=True)
class Measured:
    """One number of one route; `assumed` is what the table says, None where it says nothing."""

    route: str
    number: Number
    value: float
    assumed: float | None

    @property
    def name(self) -> str:
        """As it is switched: `MCU-T.yield`."""
        return f"{self.route}.{self.number}"


def with_measured(chain: Chain, several: Iterable[Measured]) -> Chain:
    """A chain whose routes have measured numbers.

    A yield that was measured stands in every week: what `route_weeks` says of that route's yield is left out. Numbers
    of a route that is not there are ignored, so that a plan can be made again after a route has gone.
    """
    by_route: dict[str, dict[str, float]] = {}
    for each in several:
        by_route.setdefault(each.route, {})[each.number] = each.value
    if not by_route:
        return chain
    routes = [
        row | _cells(by_route[row["route"]]) if row["route"] in by_route else row for row in _rows(chain, "routes")
    ]
    weeks = [
        row | {"yield": None} if "yield" in by_route.get(row["route"], {}) else row
        for row in _rows(chain, "route_weeks")
    ]
    weeks = [row for row in weeks if row["yield"] is not None or row["cost"] is not None]
    return Chain(chain.tables | {"routes": _table("routes", routes), "route_weeks": _table("route_weeks", weeks)})


def _cells(numbers: dict[str, float]) -> dict[str, Any]:
    """Cells of a route; `use` is measured for one piece."""
    return dict(numbers) | ({"per": None} if "use" in numbers else {})


def _rows(chain: Chain, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = chain[table].to_pylist()
    return rows


def _table(name: str, rows: list[dict[str, Any]]) -> Any:
    return pa.Table.from_pylist(rows, TABLES[name].schema)
