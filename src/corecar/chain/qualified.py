"""Routes as their qualifications stand, in place of what the chain's table says of their approval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from corecar.chain.chain import Chain
from corecar.chain.tables import TABLES
from corecar.chain.words import USABLE_PPAP

Row = Mapping[str, Any]


def with_qualified(chain: Chain, several: Iterable[Row]) -> Chain:
    """A chain whose routes are qualified as their qualifications say: from, until, or not at all.

    several  route, approved, grade, valid_from, valid_until (days as text, or None), as
             `corecar.bridge.qualified_routes` makes them; routes that the chain has not are ignored
    An approval closes nothing that the table has open before it: its first day counts where the table does not have the
    route approved. A last day counts in any case, and so does that the route is reopened.
    """
    by_route = {str(each["route"]): each for each in several}
    if not by_route:
        return chain
    rows: list[dict[str, Any]] = chain["routes"].to_pylist()
    told = [row | _cells(row, by_route[row["route"]]) if row["route"] in by_route else row for row in rows]
    return Chain(chain.tables | {"routes": pa.Table.from_pylist(told, TABLES["routes"].schema)})


def _cells(row: Row, said: Row) -> dict[str, Any]:
    """What a qualification changes of a route."""
    if not said["approved"]:
        return {"ppap": "planned"}
    until = _day(said["valid_until"])
    open_before = row["ppap"] in USABLE_PPAP and row["valid_until"] is None
    return {
        "ppap": "approved", "grade": said["grade"], "package_family": None, "node_nm": None, "valid_until": until,
        "valid_from": row["valid_from"] if open_before else _day(said["valid_from"]),
    }  # fmt: skip


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
