"""Qualifications opened, listed and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import select

from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.plain import plain
from corecar.bridge.qualify.asked_tests import (
    Change,
    Details,
    Facts,
    Grade,
    OfPackage,
    OfWire,
    Product,
    Revision,
    Skips,
    asked_for,
    notes_of,
    said_of,
)
from corecar.bridge.qualify.kept_qualifications import Kept, Number, add, evidence_of, one, seen, state_at, statuses_of
from corecar.errors import ArgumentError
from corecar.plurals import plural
from corecar.qualify.evidence import DONE, summary
from corecar.qualify.planning import Asked, plan
from corecar.store.catalogue.models import Party
from corecar.store.catalogue.qualifying import Qualification, QualificationPlan, QualificationShare
from corecar.store.qualification_states import STATES

Customer = Annotated[str | None, "For whom it is qualified."]
Route = Annotated[str | None, "The route of the chain that its approval qualifies, as `routes` names it."]


def open_qualification(
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
    customer: Customer = None,
    route: Route = None,
) -> dict[str, Any]:
    """Open the qualification of a product or a change: its plan of tests is kept, and evidence can be added.

    Raises  ArgumentError for an unknown change, fact, detail or test, and for a test left out without a reason
    """
    asked = asked_for(product, grade, package, wire, fact, change, detail, skip, revision)
    row = Qualification(product=asked.product.name, customer=customer, route=route, state="open", at=call.now,
                        **call.facts)  # fmt: skip
    call.session.add(row)
    call.session.flush()
    add_plan(call, row, 1, asked)
    found = one(call, row.id)
    said = said_of(asked, list(found.rows))
    add(call, found, "step", None, said, {"action": "open", "state": "open"})
    return {
        "said": f"Qualification {row.id} is open. {said}",
        **_facts(found, call.now),
        "notes": notes_of(list(found.rows)),
    }


def add_plan(call: Call, row: Qualification, version: int, asked: Asked) -> None:
    """Keep a plan of tests as a version of a qualification."""
    rows = [plain(asdict(each)) for each in plan(asked)]
    call.session.add(QualificationPlan(
        qualification_id=row.id, version=version, asked=plain(asdict(asked)), rows={"tests": rows}, at=call.now,
        **call.facts,
    ))  # fmt: skip
    call.session.flush()


def list_qualifications(
    call: Call,
    *,
    state: Annotated[str | None, "Only those in this state."] = None,
    limit: Annotated[int, "At most so many, the latest first.", AtLeast(0)] = 100,
) -> dict[str, Any]:
    """List qualifications that your party may see, the latest first: state, tests done, gaps.

    Raises  ArgumentError for a state that there is none of
    """
    if state is not None and state not in STATES:
        raise ArgumentError(f'no state of a qualification is called "{state}". There are: {", ".join(STATES)}.')
    asked = select(Qualification.id).where(seen(call)).order_by(Qualification.id.desc())
    asked = asked if state is None else asked.where(Qualification.state == state)
    rows = [_facts(one(call, number), call.now) for number in call.session.scalars(asked.limit(limit))]
    none = "No qualification yet. Open one with: corecar qualify open"
    return {"said": "" if rows else "No qualification is such." if state else none, "rows": rows}


def show(
    call: Call,
    number: Number,
    *,
    gaps: Annotated[bool, "Only what is missing."] = False,
    test: Annotated[str | None, "One test in full: its evidence, entry by entry."] = None,
) -> dict[str, Any]:
    """Show a qualification: where every test stands, what is missing, documents with their hashes, who agreed.

    Raises  NotFound
    """
    found = one(call, number)
    statuses = statuses_of(found)
    own = found.row.owner_id == call.actor.party_id
    facts = {**_facts(found, call.now), "own": own, "shared": _seen_by(call, number) if own else None}
    rows = []
    for row in found.rows:
        here = statuses[row.test]
        if (gaps and here.state in DONE) or test not in (None, row.test):
            continue
        rows.append({
            "test": row.test, "group": row.group, "name": row.name, "state": here.state,
            "lots": f"{here.lots} of {row.lots}", "units": row.units, "tested": here.units, "fails": here.fails,
            "value": here.value, "accept": row.accept,
            "judged": row.judged, "missing": "; ".join(here.gaps), "why": evidence_of(found, row).skipped or row.why,
            "clause": row.clause, "to_confirm": row.to_confirm,
        })  # fmt: skip
    return {
        "said": f"Qualification {number} of {found.row.product} is {facts['state']}: {facts['tests_done']} of "
        f"{plural(len(found.rows), 'test')} done or not needed, {plural(facts['gaps'], 'gap')}.",
        "facts": facts, "rows": rows, "history": history_of(found, test), "lots": _lots_of(found, test),
        "drift": [row for entry in found.counting("runs", test)[-1:] for row in entry.facts["rows"]] if test else [],
        "documents": [
            {"subject": file.subject, "name": file.name, "bytes": file.size, "sha256": file.sha256, "at": file.at,
             "by": file.by.name} for file in found.files if test in (None, file.subject)
        ],
    }  # fmt: skip


def _seen_by(call: Call, number: int) -> list[str]:
    """The parties that it is shared with."""
    shares = select(QualificationShare.party_id).where(QualificationShare.qualification_id == number)
    return sorted(call.session.scalars(select(Party.name).where(Party.id.in_(shares))))


def _lots_of(found: Kept, test: str | None) -> list[dict[str, Any]]:
    """Every lot's result of a test, whether it counts or was set aside; none where no test is named."""
    if test is None:
        return []
    counts = {entry.id for entry in found.counting("result", test)}
    names = ("lot", "units", "fails", "value", "cpk_at_least", "read_point")
    return [{**{name: entry.facts[name] for name in names}, "counts": entry.id in counts, "said": entry.text,
             "by": entry.by.name, "at": entry.at} for entry in found.of("result", test)]  # fmt: skip


def history_of(found: Kept, test: str | None = None) -> list[dict[str, Any]]:
    """Every entry, the earliest first; of one test or element alone where it is named."""
    return [
        {"at": entry.at, "kind": entry.facts.get("action", entry.kind), "subject": entry.subject, "by": entry.by.name,
         "said": entry.text}
        for entry in found.entries if test in (None, entry.subject)
    ]  # fmt: skip


def _facts(found: Kept, now: datetime) -> dict[str, Any]:
    """A qualification in one row."""
    statuses = statuses_of(found)
    counted = summary(found.rows, statuses)
    product: Mapping[str, Any] = found.plan.asked["product"]
    return {
        "number": found.row.id, "product": found.row.product, "grade": product["grade"], "package": product["package"],
        "wire": product["wire"], "change": found.plan.asked["change"], "customer": found.row.customer,
        "route": found.row.route, "state": state_at(found, now), "version": found.plan.version,
        "tests_done": sum(statuses[row.test].state in DONE for row in found.rows), "tests": len(found.rows),
        "failed": counted.counts.get("failed", 0), "gaps": len(counted.gaps), "valid_until": found.row.valid_until,
    }  # fmt: skip


def owner_of(call: Call, found: Kept) -> str:
    """The party whose qualification it is."""
    return call.session.get_one(Party, found.row.owner_id).name
