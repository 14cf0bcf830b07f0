"""The life of limit sets in a workspace: proposed, reviewed, approved, released to the tester, retired."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from corecar.bridge.calls import Call
from corecar.bridge.limits.kept_limits import add_step, fingerprint, history_of, named_set, tests_of
from corecar.bridge.limits.limit_sources import Proposal, proposals
from corecar.bridge.limits.static_limits import static_text
from corecar.bridge.limits.tester_limits import write_for_tester
from corecar.bridge.travel import Returned, Sent
from corecar.errors import AccessDenied
from corecar.plurals import plural
from corecar.store.catalogue.limiting import LimitSet
from corecar.store.limit_states import limit_step, may_approve

SetName = Annotated[str, "Name or number of the limit set."]
Reason = Annotated[str, "Why; it stands in the history of the limits."]


def propose(
    call: Call,
    sources: Annotated[
        list[str],
        "One file that `corecar static` wrote, or lots of the workspace that were graded.",
        Sent(or_word=True),
    ],
    *,
    reason: Annotated[str, "What the limits are for."] = "",
    preliminary: Annotated[bool, "Let fewer lots than the standard asks make limits, and mark them."] = False,
) -> dict[str, Any]:
    """Propose limits for the lots to come: from a file of static limits, or from lots as they were graded.

    Lots give one set for each stage and temperature, made by the recipe of their last grading, which must be one for
    all. The same limits are proposed once: a second call names the set that is there.
    Raises  NotFound, TooFewParts without enough lots, ArgumentError for lots that make no baseline together
    """
    found = proposals(call, sources, preliminary=preliminary)
    rows = call.store.catalogue.write(lambda session: [_proposed(session, call, one, reason) for one in found])
    notes = [f"review: {flag}" for one in found for flag in one.flags]
    notes += [f"preliminary: {one.preliminary}" for one in found if one.preliminary]
    names = ", ".join(f"{row['name']} (number {row['number']})" for row in rows)
    return {"said": f"Proposed: {names}. Another person approves with: corecar limits approve NUMBER --reason WHY",
            "rows": rows, "notes": list(dict.fromkeys(notes))}  # fmt: skip


def review(call: Call, limit_set: SetName, *, reason: Reason) -> dict[str, Any]:
    """Note that somebody looked at a limit set, and what they found; its state stays. A review that was due is done.

    Raises  NotFound, ArgumentError without a reason, WrongState for a retired one
    """
    return _done(call, named_set(call, limit_set, lock=True), "review", reason)


def approve(call: Call, limit_set: SetName, *, reason: Reason) -> dict[str, Any]:
    """Approve a limit set that was proposed. Who proposed it does not approve it, in a workspace with accounts.

    Raises  NotFound, ArgumentError without a reason, WrongState; AccessDenied for who proposed it
    """
    found = named_set(call, limit_set, lock=True)
    tests_of(found)
    proposer = history_of(call.session, found)[0].by_name
    rule = may_approve(proposer, call.actor.name, accounts=call.actor.accounts, named=found.name)
    if not rule.allowed:
        raise AccessDenied(rule.sentence)
    answer = _done(call, found, "approve", reason)
    notes = [f"Rule of two persons: {rule.sentence}"]
    notes += [f"preliminary: {found.preliminary}"] if found.preliminary else []
    return answer | {"two_persons": rule.sentence, "notes": notes}


def release(
    call: Call,
    limit_set: SetName,
    *,
    out: Annotated[str | Path, "The folder for the tester's files.", Returned(folder=True)],
    layout: Annotated[str | Path | None, "A layout (TOML) of columns, header and order.", Sent()] = None,
    reason: Annotated[str, "For which tester, with which test program."] = "",
) -> dict[str, Any]:
    """Bring an approved limit set into force: write it for the tester as CSV and workbook, and retire the one before.

    A set that is in force already is written again.
    Raises  NotFound, WrongState for one that is not approved; MappingError for a layout that is wrong; OutputError
    """
    found = named_set(call, limit_set, lock=True)
    limit_step(found.state, "release", named=found.name)
    before = _supersede(call, found)
    answer = _done(call, found, "release", reason)
    written = write_for_tester(tests_of(found), found.name, out, layout)
    notes = [f"preliminary: {found.preliminary}"] if found.preliminary else []
    notes += [f"wrote: {path}" for path in written]
    notes += [f"{one.name} (number {one.id}) is retired: this one took its place." for one in before]
    return answer | {"notes": notes, "written": [str(path) for path in written]}


def retire(call: Call, limit_set: SetName, *, reason: Reason) -> dict[str, Any]:
    """Take a limit set out of force, or refuse one that was proposed. There is no way back from here.

    Raises  NotFound, ArgumentError without a reason, WrongState
    """
    return _done(call, named_set(call, limit_set, lock=True), "retire", reason)


def _proposed(session: Session, call: Call, one: Proposal, reason: str) -> dict[str, Any]:
    """The row of a proposal: a new set, or the one that holds the same limits and is not retired."""
    content = static_text(one.tests)
    product, stage, temperature = one.insertion
    same = (LimitSet.owner_id == call.actor.party_id, LimitSet.product == product, LimitSet.stage == stage,
            LimitSet.temperature == temperature)  # fmt: skip
    there = select(LimitSet).where(*same, LimitSet.hash == fingerprint(content), LimitSet.state != "retired")
    found = session.scalar(there.limit(1))
    if found is None:
        version = (session.scalar(select(func.max(LimitSet.version)).where(*same)) or 0) + 1
        name = " ".join(word for word in (*one.insertion, f"v{version}") if word)
        found = LimitSet(
            name=name, product=product, stage=stage, temperature=temperature, version=version, content=content,
            hash=fingerprint(content), tests=one.applied, origin=one.origin, preliminary=one.preliminary,
            set_on=one.set_on, state="proposed", state_since=call.now, at=call.now, **call.facts,
        )  # fmt: skip
        session.add(found)
        session.flush()
        add_step(session, call, found, None, "propose", reason or f"from {one.origin}")
    return {"number": found.id, "name": found.name, "state": found.state, "tests": found.tests, "from": found.origin}


def _supersede(call: Call, found: LimitSet) -> Sequence[LimitSet]:
    """Retire what was in force before for the same product, stage and temperature; those sets."""
    asked = select(LimitSet).where(
        LimitSet.owner_id == found.owner_id, LimitSet.product == found.product, LimitSet.stage == found.stage,
        LimitSet.temperature == found.temperature, LimitSet.state == "released", LimitSet.id != found.id,
    )  # fmt: skip
    before = call.session.scalars(asked.with_for_update()).all()
    for one in before:
        add_step(call.session, call, one, one.state, "supersede", f"{found.name} took its place")
    return before


def _done(call: Call, found: LimitSet, action: str, reason: str) -> dict[str, Any]:
    before = found.state
    step = add_step(call.session, call, found, before, action, reason)
    kind = ", preliminary" if found.preliminary else ""
    said = f"{found.name} ({plural(found.tests, 'test')}{kind}) is {step.state} (was {before}): {step.reason}"
    return {"said": said, "number": found.id, "name": found.name, "before": before, "state": step.state,
            "reason": step.reason}  # fmt: skip
