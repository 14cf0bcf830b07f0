"""Limit sets as one sees them: which there are, and of one its limits, its history and its next review."""

from __future__ import annotations

from typing import Annotated, Any

from sqlalchemy import select

from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.limits.kept_limits import history_of, named_set, tests_of
from corecar.bridge.limits.limit_reviews import review_of
from corecar.bridge.limits.tester_limits import tester_rows
from corecar.errors import ArgumentError
from corecar.plurals import plural
from corecar.store.catalogue.limiting import LimitSet
from corecar.store.limit_states import STATES


def limits_list(
    call: Call,
    *,
    state: Annotated[str | None, "Only limit sets in this state."] = None,
    product: Annotated[str | None, "Only limit sets of this product."] = None,
    limit: Annotated[int, "At most so many, the latest.", AtLeast(0)] = 100,
) -> dict[str, Any]:
    """List the limit sets: product, stage, temperature, state, day of the limits, next review; the latest first.

    Raises  ArgumentError for a state that there is none of
    """
    if state is not None and state not in STATES:
        raise ArgumentError(f'no state is called "{state}". There are: {", ".join(STATES)}.')
    asked = select(LimitSet).where(LimitSet.owner_id == call.actor.party_id).order_by(LimitSet.id.desc())
    for column, value in ((LimitSet.state, state), (LimitSet.product, product)):
        if value is not None:
            asked = asked.where(column == value)
    rows = [_row(call, one) for one in call.session.scalars(asked.limit(limit))]
    none = "No limit set yet. Propose one with: corecar limits propose SOURCE"
    return {"said": "" if rows else "No limit set is such." if state or product else none, "rows": rows}


def limits_show(call: Call, limit_set: Annotated[str, "Name or number of the limit set."]) -> dict[str, Any]:
    """Show a limit set: its limits, what they rest on, each step of its life, and when it must be reviewed.

    Raises  NotFound; CatalogueError where its content was changed in the database
    """
    found = named_set(call, limit_set)
    tests = tests_of(found)
    shown = ("number", "name", "pin", "unit", "low", "high", "n", "clamp", "fallback")
    history = [{"at": row.at, "action": row.action, "state": row.state, "by": row.by_name, "reason": row.reason}
               for row in history_of(call.session, found)]  # fmt: skip
    made = [test.limits for test in tests if test.limits is not None]
    facts = _row(call, found) | {"from": found.origin, "hash": found.hash[:12]}
    notes = [f"preliminary: {found.preliminary}"] if found.preliminary else []
    notes += list(dict.fromkeys(f"{name} left out: {why}" for one in made for name, why in one.left_out))
    notes += [f"none for {' '.join(str(word) for word in test.key if word)}: {test.why}" for test in tests if test.why]
    notes += [f"review: {test.key[1]}: {flag}" for test in tests if test.limits for flag in test.limits.flags]
    return {
        "said": f"{found.name} is {found.state} since {found.state_since:%Y-%m-%d %H:%M} UTC: {STATES[found.state]}.",
        "facts": facts, "limits": [{name: row[name] for name in shown} for row in tester_rows(tests)],
        "history": history, "notes": notes,
        "details": {"lots": list(made[0].lots) if made else [], "tests": plural(len(tests), "test")},
    }  # fmt: skip


def _row(call: Call, found: LimitSet) -> dict[str, Any]:
    due = review_of(call.session, found, call.now.date()).review if found.state == "released" else None
    return {
        "number": found.id, "name": found.name, "product": found.product or None, "stage": found.stage or None,
        "temperature": found.temperature or None, "state": found.state, "since": found.state_since,
        "tests": found.tests, "set_on": found.set_on.isoformat(), "preliminary": found.preliminary or None,
        "review_by": due.by.isoformat() if due else None,
    }  # fmt: skip
