"""Policies that stand in the chain's table `policies`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corecar.chain.chain import Chain
from corecar.chain.weeks import week_name
from corecar.errors import ArgumentError
from corecar.faults import meant
from corecar.plan.policies import WHO, Policy, policy_of

AS_THEY_ARE = (
    "units", "capex", "share", "class", "weeks_of_use", "public_part", "stage", "products", "price",
)  # fmt: skip
"""Columns that bear the name of what they set."""
LISTS = ("who", "products")


def policies_in(chain: Chain, names: tuple[str, ...] = ()) -> tuple[Policy, ...]:
    """The policies of a chain in the order of their names.

    names   only these; all without them
    Raises  ArgumentError for a name that is not there, or a row that leaves out what its lever needs

    >>> policies_in(Chain({}))
    ()
    """
    rows = {row["policy"]: row for row in chain["policies"].to_pylist()}
    for name in names:
        if name not in rows:
            raise ArgumentError(f'there is no policy "{name}". {meant(name, rows)}'.rstrip())
    return tuple(policy_of(_plain(row)) for name, row in sorted(rows.items()) if not names or name in names)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as `policy_of` takes it; a column that its lever does not know stays, so that it is told."""
    found = {column: _value(row, column) for column in AS_THEY_ARE if row[column] not in (None, "")}
    who = _value(row, "who")
    found[WHO[row["lever"]]] = who[0] if row["lever"] == "capex-share" and len(who) == 1 else who
    if row["lever"] == "capex-share" and len(who) > 1:
        raise ArgumentError(f"policy {row['policy']}: new machines stand in one group; who names {len(who)}.")
    for key, column in (("from", "from_week"), ("until", "until_week")):
        if row[column] is not None:
            found[key] = week_name(row[column])
    return {**found, "name": row["policy"], "lever": row["lever"]}


def _value(row: Mapping[str, Any], column: str) -> Any:
    if column not in LISTS:
        return row[column]
    return [one.strip() for one in (row[column] or "").split(";") if one.strip()]
