"""The life of a limit set: states, what leads from one to another, who may approve. Pure: rows and functions."""

from __future__ import annotations

from dataclasses import dataclass

from corecar.errors import ArgumentError, WrongState
from corecar.store.lot_states import SecondPerson

STATES = {
    "proposed": "somebody made it; nothing is held against it",
    "approved": "a second person agreed; it can be released to the tester",
    "released": "in force: it was written for the tester, and lots are graded with it",
    "retired": "out of force for good; nothing leads out of here",
}
"""Each state and what it says of a limit set."""


@dataclass(frozen=True)
class LimitStep:
    """One way from a state to the next; `why` is what it means, `needs_reason` that a person has to say more."""

    now: str | None
    action: str
    then: str
    why: str
    needs_reason: bool = False


STEPS = (
    LimitStep(None, "propose", "proposed", "proposed"),
    LimitStep("proposed", "review", "proposed", "reviewed", needs_reason=True),
    LimitStep("proposed", "approve", "approved", "approved", needs_reason=True),
    LimitStep("proposed", "retire", "retired", "refused", needs_reason=True),
    LimitStep("approved", "review", "approved", "reviewed", needs_reason=True),
    LimitStep("approved", "release", "released", "in force"),
    LimitStep("approved", "retire", "retired", "withdrawn before its release", needs_reason=True),
    LimitStep("released", "review", "released", "reviewed; it stays in force", needs_reason=True),
    LimitStep("released", "release", "released", "written for the tester again"),
    LimitStep("released", "supersede", "retired", "a later set came into force"),
    LimitStep("released", "retire", "retired", "taken out of force", needs_reason=True),
)
"""Every step there is; what stands in no row is not allowed."""

BY_ITSELF = ("propose", "supersede")
"""Steps that nobody asks for of a set that is there."""


def limit_step(now: str | None, action: str, *, named: str, reason: str = "") -> LimitStep:
    """The step that an action takes.

    now     the state before; None for a new set
    named   the set's name, for messages
    Raises  WrongState with what is allowed now; ArgumentError where a reason is needed and missing

    >>> limit_step("approved", "release", named="P v1").then
    'released'
    """
    step = next((step for step in STEPS if (step.now, step.action) == (now, action)), None)
    if step is None:
        possible = tuple(one.action for one in STEPS if one.now == now and one.action not in BY_ITSELF)
        ways = f"Possible now: {', '.join(possible)}." if possible else "Nothing more can be done with it."
        raise WrongState(f'{named} is {now}, so "{action}" is not possible. {ways}', named, now, action, possible)
    if step.needs_reason and not reason.strip():
        raise ArgumentError(f'{named}: "{action}" needs a reason. Say why: --reason "...".')
    return step


def may_approve(proposer: str, by: str, *, accounts: bool, named: str) -> SecondPerson:
    """The rule of two persons: who proposed limits does not approve them.

    accounts  whether the workspace knows its people; without accounts everybody is the same person
    """
    if not accounts:
        return SecondPerson(
            True, False, "Not enforced: a workspace without accounts can't tell one person from another."
        )
    if by == proposer:
        return SecondPerson(False, True, f"{by} proposed {named}, so another person has to approve it.")
    return SecondPerson(True, True, f"Proposed by {proposer}, approved by {by}.")
