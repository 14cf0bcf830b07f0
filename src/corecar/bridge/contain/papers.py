"""What a containment hands out: the list of customers, a quality alert for each, an 8D report with D3 filled in."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from corecar.formats.catenax.as_built import global_id

COLUMNS = ("party", "state", "class", "id", "places", "pieces", "sure", "resolution", "why")
Rows = Sequence[Mapping[str, Any]]


def by_customer(rows: Rows) -> dict[str, list[Mapping[str, Any]]]:
    """Affected rows that went to somebody, by whom."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["party"]:
            found.setdefault(str(row["party"]), []).append(row)
    return found


def customer_list(rows: Rows) -> str:
    """A CSV of what each customer has."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for found in by_customer(rows).values():
        writer.writerows(found)
    return text.getvalue()


def quality_alert(
    name: str, reason: str, sender: str, receiver: str, rows: Rows, now: datetime, numbers: Mapping[str, str]
) -> str:
    """A quality alert in the form of Catena-X (CX-0125): header, and the items affected by their global ids.

    sender, receiver  names of parties
    numbers           their business partner numbers; a name stands where none is known
    """
    moment = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    message = global_id(sender, "alert", f"{name} {receiver}")
    items = [global_id(sender, str(row["class"]), str(row["id"])) for row in rows]
    return json.dumps(
        {
            "header": {"messageId": message, "context": "Traceability-QualityNotification-Alert:3.0.0",
                       "sentDateTime": moment, "senderBpn": numbers.get(sender, sender),
                       "receiverBpn": numbers.get(receiver, receiver), "version": "3.0.0"},
            "content": {"status": "SENT", "information": f"{name}: {reason}", "severity": "MAJOR", "type": "QM-Alert",
                        "listOfAffectedItems": list(dict.fromkeys(items))},
        }, ensure_ascii=False, indent=1,
    ) + "\n"  # fmt: skip


def eight_d(name: str, reason: str, whats: Sequence[str], rows: Rows, states: Mapping[str, int], impact: str,
            now: datetime) -> str:  # fmt: skip
    """An 8D report as Markdown: D2 and D3 are filled in, the others wait for people."""
    held = "\n".join(f"| {state} | {count:,} |" for state, count in states.items())
    told = "\n".join(f"- {party}: {sum(row['pieces'] for row in found):,} pieces, alert written"
                     for party, found in by_customer(rows).items()) or "- nobody outside has any"  # fmt: skip
    coarse = sorted({str(row["why"]) for row in rows if row["why"]})
    why = "\n".join(f"- {line}" for line in coarse) or "- each piece is known by itself"
    return f"""# 8D report {name}

## D1 Team

To be named.

## D2 Problem

{reason}

Suspect: {", ".join(whats)}.

## D3 Containment, {now:%Y-%m-%d %H:%M} UTC

| where | pieces held |
| --- | --- |
{held}

Customers:

{told}

Why the answer is no finer:

{why}

Supply: {impact}

## D4 Root cause

To be found.

## D5 Corrective actions chosen

To be filled in.

## D6 Corrective actions in place

To be filled in.

## D7 Prevention

To be filled in.

## D8 Closure

To be filled in.
"""
