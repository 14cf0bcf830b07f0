"""Which tests a product or a change needs, asked without keeping anything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from corecar.bridge.calls import Call
from corecar.errors import ArgumentError
from corecar.plurals import plural
from corecar.qualify import changes as of_changes
from corecar.qualify.planning import COUNTED, Asked, PlanRow, parts_needed, plan
from corecar.qualify.product import Package, Wire, described
from corecar.qualify.revisions import differing, letters, revisions

Product = Annotated[str, "The product's name."]
Grade = Annotated[int, "Its temperature grade by AEC-Q100, 0 to 3."]
OfPackage = Annotated[Package, "The family of its package."]
OfWire = Annotated[Wire, "What it is bonded with; `none` of flip chips."]
Facts = Annotated[
    list[str] | None,
    "What else it is: `modules`, `memory=nonvolatile`, `memory_mbit=4`, `power_w=2`, `rise_c=50`, `inductive`, "
    "`smart_power`, `mems`, `logic=no`, `lead_free=no`, `new_technology=no`, `burned_in`, `die_mm=5`, "
    "`technology=T28`. Repeat for more.",
]
Change = Annotated[str | None, "A change of a product that is qualified; `qualify changes` lists them."]
Details = Annotated[
    list[str] | None, "A detail of the change, with `=no` where it does not hold; what nobody told stays open."
]
Skips = Annotated[list[str] | None, "A test that is left out, with the reason: `G5=has no lid`. Repeat for more."]
Revision = Annotated[str, "Revision of AEC-Q100."]


def plan_tests(
    call: Call,
    product: Product,
    *,
    grade: Grade,
    package: OfPackage,
    wire: OfWire,
    fact: Facts = None,
    change: Change = None,
    detail: Details = None,
    skip: Skips = None,
    revision: Revision = "H",
) -> dict[str, Any]:
    """Say which tests a product or a change needs: reference, conditions, lots and units, accept number, clause.

    Copper wire adds the steps of AEC-Q006, a module those of AEC-Q104. A row that no standard at hand gives in full
    says which of its columns are to be confirmed. Nothing is kept; `qualify open` keeps a plan.
    Raises  ArgumentError for an unknown change, fact, detail or test, and for a test left out without a reason
    """
    asked = asked_for(product, grade, package, wire, fact, change, detail, skip, revision)
    rows = plan(asked)
    return {"said": said_of(asked, rows), "rows": [shown(row) for row in rows], "notes": notes_of(rows)}


def list_changes(
    call: Call,
    *,
    change: Annotated[str | None, "Only this change, a row for each of its tests."] = None,
    revision: Revision = "H",
) -> dict[str, Any]:
    """List the changes that ask for tests, or the tests of one change with what they hang on.

    Raises  ArgumentError for an unknown change or revision
    """
    if change is None:
        rows = of_changes.changes(revision)
        return {"said": f"{plural(len(rows), 'change')} by AEC-Q100 Rev {revision}.", "rows": rows}
    asks = of_changes.asks_of_change(change, revision)
    rows = [
        {"test": test, "name": of_changes.name_of(test, revision), "when": when,
         "meaning": "; ".join(letters()[letter]["meaning"] for letter in when)}
        for test, when in asks.items()
    ]  # fmt: skip
    return {
        "said": f"{change} asks for {plural(len(rows), 'test')}; a reason is written for each not done.",
        "rows": rows,
    }


def compare_revisions(
    call: Call,
    first: Annotated[str, "One revision of AEC-Q100."],
    second: Annotated[str, "The other."],
) -> dict[str, Any]:
    """Show what differs between the tests of two revisions.

    Raises  ArgumentError for a revision that there are no rows of
    """
    rows = differing(first, second)
    notes = [f"Rev {one}: {revisions()[one]['clause']}." for one in (first, second)]
    return {"said": f"{plural(len(rows), 'difference')} between Rev {first} and Rev {second}.", "rows": rows,
            "notes": notes}  # fmt: skip


def asked_for(
    product: str,
    grade: int,
    package: str,
    wire: str,
    fact: Iterable[str] | None,
    change: str | None,
    detail: Iterable[str] | None,
    skip: Iterable[str] | None,
    revision: str,
) -> Asked:
    """What a plan is made for, from the texts of a call. Raises  ArgumentError"""
    if not product.strip():
        raise ArgumentError("product: name it.")
    described_product = described(product.strip(), grade, package, wire, fact or ())
    return Asked(described_product, change, revision, _details(detail or ()), _skips(skip or ()))


def shown(row: PlanRow) -> dict[str, Any]:
    """A row of a plan as a table shows it."""
    return {
        "test": row.test, "group": row.group, "name": row.name, "state": row.state, "lots": row.lots or None,
        "units": row.units or None, "parts": row.total, "accept": row.accept, "judged": row.judged,
        "reference": row.reference, "conditions": row.conditions, "why": row.why, "clause": row.clause,
        "to_confirm": row.to_confirm, "family_data": row.generic,
    }  # fmt: skip


def said_of(asked: Asked, rows: list[PlanRow]) -> str:
    """A plan in a sentence."""
    done = sum(row.state in COUNTED for row in rows)
    what = asked.change or "new product"
    return (
        f"{asked.product.name}, grade {asked.product.grade}, {what}: {plural(done, 'test')} and "
        f"{plural(parts_needed(rows), 'part')} by AEC-Q100 Rev {asked.revision}."
    )


def notes_of(rows: list[PlanRow]) -> list[str]:
    """What whoever reads a plan must know of it."""
    found = []
    waiting = [row.test for row in rows if row.state == "open"]
    if waiting:
        found.append(f"{', '.join(waiting)} hang on details of the change: tell them with --detail.")
    unsure = [row.test for row in rows if row.to_confirm and row.state in COUNTED]
    if unsure:
        found.append(f"{', '.join(unsure)}: not every number stands in a standard at hand; template, to be confirmed.")
    return found


def _details(told: Iterable[str]) -> dict[str, bool]:
    found = {}
    for text in told:
        name, _, value = text.partition("=")
        if value.strip().casefold() not in ("", "yes", "no"):
            raise ArgumentError(f'detail: "{text}": yes or no was expected.')
        found[name.strip()] = value.strip().casefold() != "no"
    return found


def _skips(told: Iterable[str]) -> dict[str, str]:
    found = {}
    for text in told:
        test, _, reason = text.partition("=")
        found[test.strip()] = reason.strip()
    return found
