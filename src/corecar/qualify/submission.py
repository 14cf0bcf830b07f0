"""What a submission says, as data: written by the supplier, judged again by whoever receives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from corecar.qualify.evidence import Evidence, Result, plan_row, status, summary
from corecar.qualify.planning import Asked, plan
from corecar.qualify.ppap import elements, missing
from corecar.qualify.product import Product
from corecar.qualify.quality_tables import findings

FORMAT = "corecar-qualification-1"


def evidence_as_data(evidence: Evidence) -> dict[str, Any]:
    """All that is known of one test, as JSON has it."""
    return asdict(evidence)


def evidence_of_data(kept: Mapping[str, Any]) -> Evidence:
    """The same back again."""
    return Evidence(**{**kept, "results": [Result(**one) for one in kept["results"]]})


def judged(data: Mapping[str, Any]) -> dict[str, Any]:
    """Judge the evidence of a submission again, from nothing but its data.

    Returns  statuses: test -> state and gaps; gaps; elements; missing: elements that the level submits; findings: what
             FMEA, control plan and 8D lack
    """
    rows = [plan_row(row) for row in data["tests"]]
    found = {row.test: status(row, evidence_of_data(data["evidence"][row.test])) for row in rows}
    counted = summary(rows, found)
    asked = elements(data["level"], data["documents"], data["not_needed"], tests_whole=counted.whole)
    tables = data.get("tables", {})
    return {
        "statuses": {test: {"state": one.state, "gaps": list(one.gaps)} for test, one in found.items()},
        "gaps": [f"{test}: {gap}" for test, gap in counted.gaps],
        "elements": asked,
        "missing": missing(asked),
        "findings": [f"{one['table']}: {one['finding']}" for one in findings(tables, list(found), data.get("charts"))],
    }


ASKED_FOR = ("lots", "units", "accept", "judged", "state")
"""What a plan asks of a test."""


def asked_otherwise(data: Mapping[str, Any]) -> list[str]:
    """Where the tests of a submission are not those that its product or change asks for, by the same revision.

    Raises  ArgumentError for a product, change or revision that nobody knows
    """
    asked = data["asked"]
    again = plan(Asked(**{**asked, "product": Product(**asked["product"])}))
    told = {row["test"]: row for row in data["tests"]}
    found = [f"{row.test}: the plan asks for it, and the data has it not" for row in again if row.test not in told]
    for row in again:
        there, wanted = told.get(row.test, {}), asdict(row)
        found += [f"{row.test}: the data says {name} {there[name]}, the plan {wanted[name]}"
                  for name in ASKED_FOR if there and there[name] != wanted[name]]  # fmt: skip
    return found


def approval(history: list[dict[str, Any]]) -> tuple[str, str] | None:
    """Who proposed and who approved it last; None where it is not approved now."""
    steps = [row for row in history if row["kind"] in ("open", "propose", "approve", "refuse", "reopen")]
    if not steps or steps[-1]["kind"] != "approve":
        return None
    proposed = [row["by"] for row in steps if row["kind"] == "propose"]
    return (proposed[-1] if proposed else "", steps[-1]["by"])
