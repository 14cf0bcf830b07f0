"""A plan as somebody else than its owner may see it: without clauses of memoranda that are not shared with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from corecar.bridge.agree.signed_volumes import (
    RELATIVE,
    agreed_until,
    breach_notes,
    breached,
    counted_with,
    hidden_clauses,
    is_hidden,
)
from corecar.bridge.calls import Call
from corecar.network.agreed_caps import AT_MOST
from corecar.store.catalogue.plans import Plan

CLAUSES = {"floors": "clause", "prices": "name"}
"""Tables of a plan whose rows name promises, and the column."""


def hidden_in(call: Call, row: Plan) -> frozenset[str]:
    """Clauses that the reader of a plan may not know of; its owner knows all that it was made with."""
    agreed = row.options.get("agreed", ())
    return frozenset() if row.owner_id == call.actor.party_id or not agreed else hidden_clauses(call, agreed)


def shown_table(name: str, table: Any, hidden: frozenset[str], row: Plan) -> Any:
    """A table of a plan without rows of hidden clauses, nor sums that hold something of them."""
    if not hidden or name not in CLAUSES:
        return table
    told = [not is_hidden(str(each), hidden) for each in table[CLAUSES[name]].to_pylist()]
    if name == "floors":
        volumes = row.options.get("agreed", ())
        by_clause = {str(each["clause"]): each for each in volumes}
        with_hidden = counted_with(volumes, hidden)
        table = _without_opponents(table, hidden)
        rows = zip(told, table.to_pylist(), strict=True)
        told = [own and not _holds_more(each, by_clause, with_hidden) for own, each in rows]
    return table.filter(pa.array(told, pa.bool_()))


def _without_opponents(table: Any, hidden: frozenset[str]) -> Any:
    """Promises without those hidden ones that stand against them; tables kept before these were told have none."""
    if "against" not in table.column_names:
        return table
    names = ["" if is_hidden(str(each), hidden) else each for each in table["against"].to_pylist()]
    return table.set_column(table.schema.get_field_index("against"), "against", pa.array(names, pa.string()))


def _holds_more(row: Mapping[str, Any], volumes: Mapping[str, Any], with_hidden: frozenset[str]) -> bool:
    """Whether a promise sums up more than its own volume, and that of a memorandum which its reader may not see."""
    clause = str(row["clause"]).split(",")[0]
    if clause not in with_hidden:
        return False
    agreed = agreed_until(volumes[clause], str(row["until_week"]))
    return f" {AT_MOST} for " in str(row["clause"]) or float(row["least"]) > agreed * (1 + RELATIVE) + RELATIVE


def shown_options(row: Plan, hidden: frozenset[str]) -> dict[str, Any]:
    """How a plan was made, with the clauses of signed memoranda by their names alone."""
    if "agreed" not in row.options:
        return row.options
    clauses = [each["clause"] for each in row.options["agreed"] if each["clause"] not in hidden]
    others = {name: value for name, value in row.options.items() if name != "agreed"}
    return {**others, "agreed": clauses} if clauses or not hidden else others


def asked_options(call: Call, row: Plan) -> dict[str, Any]:
    """How a plan is made again for its reader: under the signed volumes that they may know of."""
    hidden = hidden_in(call, row)
    if not hidden:
        return row.options
    agreed = [each for each in row.options["agreed"] if each["clause"] not in hidden]
    return {**row.options, "agreed": agreed}


def with_agreements(answer: dict[str, Any], tables: Mapping[str, Any], row: Plan) -> dict[str, Any]:
    """The summary of a kept plan with what it breaches of signed memoranda."""
    broken = breached(tables["floors"].to_pylist(), row.options.get("agreed", ()))
    if not broken:
        return answer
    return answer | {"agreements": broken, "notes": [*breach_notes(broken), *answer["notes"]]}
