"""A plan as somebody else than its owner may see it: without clauses of memoranda that are not shared with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from corecar.bridge.agree.signed_volumes import breach_notes, breached, hidden_clauses, is_hidden
from corecar.bridge.calls import Call
from corecar.store.catalogue.plans import Plan

CLAUSES = {"floors": "clause", "prices": "name"}
"""Tables of a plan whose rows name promises, and the column."""


def hidden_in(call: Call, row: Plan) -> frozenset[str]:
    """Clauses that the reader of a plan may not know of; its owner knows all that it was made with."""
    agreed = row.options.get("agreed", ())
    return frozenset() if row.owner_id == call.actor.party_id or not agreed else hidden_clauses(call, agreed)


def shown_table(name: str, table: Any, hidden: frozenset[str]) -> Any:
    """A table of a plan without rows of hidden clauses."""
    if not hidden or name not in CLAUSES:
        return table
    kept = [not is_hidden(str(each), hidden) for each in table[CLAUSES[name]].to_pylist()]
    return table.filter(pa.array(kept, pa.bool_()))


def shown_options(row: Plan, hidden: frozenset[str]) -> dict[str, Any]:
    """How a plan was made, with the clauses of signed memoranda by their names alone."""
    if "agreed" not in row.options:
        return row.options
    clauses = [each["clause"] for each in row.options["agreed"] if each["clause"] not in hidden]
    return {**row.options, "agreed": clauses}


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
