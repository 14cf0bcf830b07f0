"""Which tests a lot has: asked once for the same runs, since what a run holds never changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from corecar.web.pages.visitor import Visitor

Row = Mapping[str, Any]
KEPT = 500
"""Lots whose tests are kept, those that were asked for last."""

_kept: OrderedDict[tuple[str, ...], tuple[dict[str, Any], ...]] = OrderedDict()


async def tests_of(visitor: Visitor, found: Row) -> tuple[dict[str, Any], ...]:
    """Number, name and unit of each test of a lot, the lowest Cpk first.

    found   the answer of the verb `lot`: whoever got it may see the lot
    Raises  what `assess_capability` raises
    """
    key = (str(visitor.served.store.folder), str(found["number"]), *sorted(str(row["run"]) for row in found["runs"]))
    if key not in _kept:
        rows = (await visitor.call("assess_capability", lots=[f"number:{found['number']}"]))["rows"]
        _kept[key] = tuple({name: row[name] for name in ("number", "name", "unit")} for row in rows)
    _kept.move_to_end(key)
    while len(_kept) > KEPT:
        _kept.popitem(last=False)
    return _kept[key]
