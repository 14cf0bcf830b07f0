"""Business partner numbers of those whom a containment concerns, as the chain's table of parties tells them."""

from __future__ import annotations

from collections.abc import Iterable

from corecar.bridge.calls import Call
from corecar.bridge.chain.kept_chains import chain_in, seen_tables


def partner_numbers(call: Call, names: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """The number (BPNL) of each of these parties that is known, and what to do about the others.

    A party is found by its short name or its full name in the table `parties` of the chain.
    """
    tables = [row for row in seen_tables(call.session, call.actor.party_id) if row.table == "parties"]
    known: dict[str, str] = {}
    if tables:
        parties = chain_in(call.store, tables).tables["parties"]
        for row in parties.select(["party", "name", "bpnl"]).to_pylist():
            if row["bpnl"]:
                known |= dict.fromkeys((row["party"], row["name"]), row["bpnl"])
    asked = list(dict.fromkeys(names))
    notes = [f"No business partner number of {name} is known: give it in the chain's table parties, column bpnl."
             for name in asked if name not in known]  # fmt: skip
    return {name: known[name] for name in asked if name in known}, notes
