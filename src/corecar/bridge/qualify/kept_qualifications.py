"""Qualifications of the catalogue: found by who may see them, their history, where each test stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import or_, select

from corecar.bridge.calls import Call
from corecar.errors import AccessDenied, ArgumentError, Conflict, NotFound
from corecar.faults import alike
from corecar.qualify.evidence import Evidence, Result, Status, plan_row, status
from corecar.qualify.planning import PlanRow
from corecar.store.catalogue.qualifying import (
    Qualification,
    QualificationEntry,
    QualificationFile,
    QualificationPlan,
    QualificationShare,
)
from corecar.store.qualification_states import EDITED, qualification_step

Number = Annotated[int, "The qualification's number."]
Test = Annotated[str, "The test's number in the plan, such as `A2`."]
Reason = Annotated[str, "Why; it stands in the history."]


@dataclass(frozen=True)
class Kept:
    """A qualification with all that counts for the last version of its plan.

    entries  the whole history, the earliest first; files likewise
    """

    row: Qualification
    plan: QualificationPlan
    rows: Sequence[PlanRow]
    entries: Sequence[QualificationEntry]
    files: Sequence[QualificationFile]

    @property
    def named(self) -> str:
        """What it is called in messages."""
        return f"qualification {self.row.id}"

    def of(self, kind: str, subject: str | None = None) -> list[QualificationEntry]:
        """Entries of a kind that count for the plan in force, of one subject or of all."""
        return [one for one in self.entries if one.kind == kind and one.version == self.plan.version
                and subject in (None, one.subject)]  # fmt: skip

    def counting(self, kind: str, subject: str) -> list[QualificationEntry]:
        """Entries of a test that were not set aside with their lot afterwards."""
        aside = [(entry.facts["lot"], entry.id) for entry in self.of("aside", subject)]
        return [one for one in self.of(kind, subject)
                if not any(lot == one.facts.get("lot") and one.id < later for lot, later in aside)]  # fmt: skip


def seen(call: Call) -> Any:
    """The condition that a qualification is the actor's party's own or shared with it."""
    shared = select(QualificationShare.qualification_id).where(QualificationShare.party_id == call.actor.party_id)
    return or_(Qualification.owner_id == call.actor.party_id, Qualification.id.in_(shared))


def one(call: Call, number: int, *, own: bool = False, locked: bool = False) -> Kept:
    """A qualification that the actor's party may see. Raises  NotFound; AccessDenied for one of somebody else"""
    asked = select(Qualification).where(Qualification.id == number, seen(call))
    row = call.session.scalar(asked.with_for_update() if locked else asked)
    if row is None:
        raise NotFound(f"there is no qualification {number}. `corecar qualify list` lists them.")
    if own and row.owner_id != call.actor.party_id:
        raise AccessDenied(f"qualification {number} belongs to another party; it may be seen, not changed.")
    last = select(QualificationPlan).where(QualificationPlan.qualification_id == number)
    plan = call.session.scalars(last.order_by(QualificationPlan.version.desc()).limit(1)).one()
    of_it = QualificationEntry.qualification_id == number
    entries = call.session.scalars(select(QualificationEntry).where(of_it).order_by(QualificationEntry.id)).all()
    asked_files = select(QualificationFile).where(QualificationFile.qualification_id == number)
    files = call.session.scalars(asked_files.order_by(QualificationFile.id)).all()
    return Kept(row, plan, [plan_row(kept) for kept in plan.rows["tests"]], entries, files)


def edited(call: Call, number: int) -> Kept:
    """One whose evidence may be added to now. Raises  NotFound, AccessDenied, Conflict"""
    found = one(call, number, own=True, locked=True)
    if found.row.state not in EDITED:
        raise Conflict(f"{found.named} is {found.row.state}: nothing is added to it. Reopen it: corecar qualify reopen")
    return found


def row_of(found: Kept, test: str) -> PlanRow:
    """A test of the plan. Raises  NotFound"""
    for row in found.rows:
        if row.test == test:
            return row
    near = alike(test, [row.test for row in found.rows])
    raise NotFound(f'{found.named} has no test "{test}".{near} `corecar qualify show {found.row.id}` lists them.')


def add(call: Call, found: Kept, kind: str, subject: str | None, text: str, facts: dict[str, Any]) -> None:
    """Add an entry to the history."""
    call.session.add(QualificationEntry(
        qualification_id=found.row.id, version=found.plan.version, kind=kind, subject=subject, text=text.strip(),
        facts=facts, at=call.now, **call.facts,
    ))  # fmt: skip
    call.session.flush()


def step(call: Call, found: Kept, action: str, reason: str, **facts: Any) -> str:
    """Take a step of its life. Returns the state after it. Raises  WrongState, ArgumentError without a reason"""
    taken = qualification_step(found.row.state, action, named=found.named, reason=reason)
    add(call, found, "step", None, reason, {"action": action, "state": taken.then, **facts})
    found.row.state = taken.then
    call.session.flush()
    return taken.then


def evidence_of(found: Kept, row: PlanRow) -> Evidence:
    """All that counts for a test."""
    skips, claims = found.of("skip", row.test), found.of("claim", row.test)
    results = [Result(entry.facts["lot"], entry.facts["units"], entry.facts["fails"], entry.facts["value"],
                      entry.facts.get("read_point") or "") for entry in found.counting("result", row.test)]  # fmt: skip
    return Evidence(
        results=results,
        claimed=claims[-1].text if claims else "",
        stands=bool(claims) and not claims[-1].facts["objections"],
        documents=[
            file.name for file in found.files if file.subject == row.test and file.version == found.plan.version
        ],
        skipped=skips[-1].text if skips else "",
        findings=[text for entry in found.counting("runs", row.test) for text in entry.facts["findings"]],
    )


def statuses_of(found: Kept) -> dict[str, Status]:
    """Where every test of the plan stands."""
    return {row.test: status(row, evidence_of(found, row)) for row in found.rows}


def state_at(found: Kept, now: datetime) -> str:
    """Its state as it is shown: an approval whose last day is past is `lapsed`."""
    end = found.row.valid_until
    return "lapsed" if found.row.state == "approved" and end is not None and end <= now else found.row.state


def needs_text(text: str, what: str) -> str:
    """A text that a person gave. Raises  ArgumentError where it is empty"""
    if not text.strip():
        raise ArgumentError(f"{what}: write it.")
    return text.strip()
