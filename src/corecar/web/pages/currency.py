"""In which currency the values of a chain are, asked once for each version of its products."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from corecar.errors import CorecarError
from corecar.web.pages.visitor import Visitor

KEPT = 200
"""Chains whose currency is kept, those that were asked for last."""

_kept: OrderedDict[tuple[str, ...], str] = OrderedDict()


async def currency_of(visitor: Visitor) -> str:
    """The currency of what a visitor sees of the chain; empty where its products have several, or none.

    Raises  SessionOver
    """
    tables = [row for row in (await visitor.call("chain_tables"))["rows"] if row["table"] == "products"]
    key = (str(visitor.served.store.folder), visitor.party, *(f"{row['owner']} {row['version']}" for row in tables))
    if tables and key not in _kept:
        try:
            _kept[key] = only_one((await visitor.call("chain_show", table="products"))["rows"])
        except CorecarError:
            return ""
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return _kept.get(key, "")


def only_one(products: Iterable[Mapping[str, Any]]) -> str:
    """The currency of the products that have a value; empty where there are several, or none.

    >>> only_one([{"value": 3.0, "currency": "CNY"}, {"value": None, "currency": None}])
    'CNY'
    """
    found = {str(row["currency"]) for row in products if row.get("value") and row.get("currency")}
    return found.pop() if len(found) == 1 else ""
