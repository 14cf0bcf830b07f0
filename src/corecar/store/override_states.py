"""The life of an override: states and what leads from one to another. Pure: rows and functions of them."""

from __future__ import annotations

from dataclasses import dataclass

from corecar.errors import ArgumentError, WrongState

STATES = {
    "proposed": "one person asked for it; its parts stay rejected",
    "approved": "a second person agreed; its parts may ship when the lot is graded again",
    "withdrawn": "it lets no part through, for good; nothing leads out of here",
}
"""Each state and what it says of an override."""


@dataclass(frozen=True)
class OverrideStep:
    """One way from a state to the next. Every one needs a reason in a person's words."""

    now: str | None
    action: str
    then: str


STEPS = (
    OverrideStep(None, "propose", "proposed"),
    OverrideStep("proposed", "approve", "approved"),
    OverrideStep("proposed", "withdraw", "withdrawn"),
    OverrideStep("approved", "withdraw", "withdrawn"),
)
"""Every step there is; what stands in no row is not allowed."""


def override_step(now: str | None, action: str, *, named: str, reason: str) -> OverrideStep:
    """The step that an action takes.

    now     the state before; None for a new override
    named   what it is called in messages
    Raises  WrongState with what is allowed now; ArgumentError where the reason is missing

    >>> override_step("proposed", "approve", named="override 1", reason="agreed").then
    'approved'
    """
    step = next((step for step in STEPS if (step.now, step.action) == (now, action)), None)
    if step is None:
        possible = tuple(one.action for one in STEPS if one.now == now)
        ways = f"Possible now: {', '.join(possible)}." if possible else "Nothing more can be done with it."
        raise WrongState(f'{named} is {now}, so "{action}" is not possible. {ways}', named, now, action, possible)
    if not reason.strip():
        raise ArgumentError(f'{named}: "{action}" needs a reason. Say why: --reason "...".')
    return step
