"""Overrides held against what else the workspace knows of them: their steps, persons, verdicts and the audit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.lot.kept_overrides import INSERTION, REJECTED, steps_of
from corecar.bridge.lot.overrides import row_of_override
from corecar.store.catalogue.models import Audit, Grading, Person
from corecar.store.catalogue.overriding import Override, OverrideState
from corecar.store.limit_states import may_approve
from corecar.store.override_states import STEPS

VERBS = {f"override_{action}": action for action in ("propose", "approve", "withdraw")}
Calls = dict[tuple[int, str], Audit]


def override_problems(session: Session) -> Iterator[tuple[str, str]]:
    """What does not fit of each override: which one, and what.

    Steps follow one another as the life of an override allows, the last is its state, and each is of the person whose
    name it bears; a second person approved where the rule was enforced; every part was rejected, by screens that the
    override names, when its lot was last graded before; and proposal, approval and withdrawal are what the audit
    says was asked for.
    """
    people = {person.id: person.name for person in session.scalars(select(Person))}
    calls = _calls(session)
    for found in session.scalars(select(Override).order_by(Override.id)):
        steps = steps_of(session, found)
        problems = [*_of_steps(found, steps, people)]
        if steps and steps[0].action == "propose":
            problems += [*_of_persons(found, steps), *_of_verdicts(session, found)]
            problems += _of_audit(session, found, steps, calls)
        yield from ((f"override {found.id}", problem) for problem in problems)


def _calls(session: Session) -> Calls:
    """The calls that made the steps of overrides, by number and action."""
    asked = select(Audit).where(Audit.verb.in_(VERBS), Audit.outcome == "done").order_by(Audit.id)
    found: Calls = {}
    for call in session.scalars(asked):
        action = VERBS[call.verb]
        number = _proposed(call).get("number") if action == "propose" else call.arguments.get("override")
        if number is not None:
            found.setdefault((int(number), action), call)
    return found


def _proposed(call: Audit) -> dict[str, Any]:
    """The row of the override that a proposal answered with; empty before it ended."""
    rows = (call.result or {}).get("rows") or [{}]
    row: dict[str, Any] = rows[0]
    return row


def _of_steps(found: Override, steps: Sequence[OverrideState], people: dict[int, str]) -> Iterator[str]:
    if not steps:
        yield "it has no history"
        return
    now: str | None = None
    for step in steps:
        if (now, step.action, step.state) not in {(one.now, one.action, one.then) for one in STEPS}:
            yield f'its history has a step "{step.action}" to {step.state}, which does not follow {now or "nothing"}'
        if people.get(step.by_id) != step.by_name:
            yield f'"{step.action}" bears the name {step.by_name}, and was done by {people.get(step.by_id, "nobody")}'
        if not step.reason.strip():
            yield f'"{step.action}" has no reason'
        now = step.state
    if found.state != now:
        yield f"it is {found.state}, its history ends with {now}"
    if (found.by_id, found.at) != (steps[0].by_id, steps[0].at):
        yield "it is not of the person or the moment of its proposal"


def _of_persons(found: Override, steps: Sequence[OverrideState]) -> Iterator[str]:
    proposer = steps[0].by_name
    for step in steps:
        if step.action != "approve":
            if step.two_persons:
                yield f'"{step.action}" speaks of the rule of two persons, which is of approvals'
            continue
        unenforced = may_approve(proposer, step.by_name, accounts=False, named=f"override {found.id}")
        enforced = may_approve(proposer, step.by_name, accounts=True, named=f"override {found.id}")
        if step.two_persons == unenforced.sentence:
            continue
        if not enforced.allowed:
            yield f"{proposer} proposed and approved it, though the rule of two persons was enforced"
        elif step.two_persons != enforced.sentence:
            yield "what its approval says of the two persons is not who proposed and who approved it"


def _of_verdicts(session: Session, found: Override) -> Iterator[str]:
    asked = select(Grading).where(Grading.lot_id == found.lot_id, Grading.at <= found.at).order_by(Grading.id)
    graded = {
        one.summary[INSERTION]: one.summary[REJECTED] for one in session.scalars(asked) if REJECTED in one.summary
    }
    for part in found.parts:
        insertion, unit = part.get("insertion", ""), part.get("unit", "")
        rules = graded.get(insertion, {}).get(unit)
        if rules is None:
            yield f"no screen had rejected {unit} ({insertion}) when it was proposed"
        elif not set(rules) <= set(found.screens):
            others = ", ".join(rule for rule in rules if rule not in found.screens)
            yield f"{unit} ({insertion}) had been rejected by {others} too, which it does not name"


def _of_audit(session: Session, found: Override, steps: Sequence[OverrideState], calls: Calls) -> Iterator[str]:
    for step in steps:
        call = calls.get((found.id, step.action))
        if call is None:
            if not _unfinished(session, step):
                yield f'no call in the audit did "{step.action}"'
            continue
        if call.by_id != step.by_id:
            yield f'"{step.action}" was called by another person, says the audit'
        if str(call.arguments.get("reason", "")).strip() != step.reason:
            yield f'the reason of "{step.action}" is not the one that the audit has'
        if step.action == "approve" and (call.result or {}).get("two_persons") != step.two_persons:
            yield "what its approval says of the two persons is not what the audit has"
        if step.action == "propose":
            told, now = _proposed(call), row_of_override(session, found)
            differ = [name for name in ("lot", "parts", "units", "screens") if told.get(name) != now[name]]
            if differ:
                yield f"its {' and '.join(differ)} differ from what the audit has"


def _unfinished(session: Session, step: OverrideState) -> bool:
    """Whether a proposal of this person broke off after the override stood and before its call had ended."""
    asked = select(Audit.id).where(Audit.verb == "override_propose", Audit.outcome != "done", Audit.at <= step.at)
    return step.action == "propose" and session.scalar(asked.where(Audit.by_id == step.by_id).limit(1)) is not None
