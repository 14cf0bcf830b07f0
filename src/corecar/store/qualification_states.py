"""The life of a qualification: states and what leads from one to another. Pure: rows and functions of them."""

from __future__ import annotations

from dataclasses import dataclass

from corecar.errors import ArgumentError, WrongState

STATES = {
    "open": "tests are planned, evidence is gathered",
    "proposed": "one person says that the evidence is whole",
    "approved": "a second person agreed; it counts until its last day",
    "refused": "a second person did not agree; evidence can be added",
}
"""Each state and what it says of a qualification."""


@dataclass(frozen=True)
class QualificationStep:
    """One way from a state to the next. Every one needs a reason in a person's words."""

    now: str | None
    action: str
    then: str


STEPS = (
    QualificationStep(None, "open", "open"),
    QualificationStep("open", "propose", "proposed"),
    QualificationStep("refused", "propose", "proposed"),
    QualificationStep("proposed", "approve", "approved"),
    QualificationStep("proposed", "refuse", "refused"),
    QualificationStep("approved", "reopen", "open"),
    QualificationStep("proposed", "reopen", "open"),
    QualificationStep("refused", "reopen", "open"),
    QualificationStep("open", "reopen", "open"),
)
"""Every step there is; what stands in no row is not allowed."""
EDITED = ("open", "refused")
"""States in which evidence is added."""


def qualification_step(now: str | None, action: str, *, named: str, reason: str) -> QualificationStep:
    """The step that an action takes.

    now     the state before; None for a new qualification
    named   what it is called in messages
    Raises  WrongState with what is allowed now; ArgumentError where the reason is missing

    >>> qualification_step("proposed", "approve", named="qualification 1", reason="agreed").then
    'approved'
    """
    step = next((step for step in STEPS if (step.now, step.action) == (now, action)), None)
    if step is None:
        possible = tuple(one.action for one in STEPS if one.now == now)
        raise WrongState(
            f'{named} is {now}, so "{action}" is not possible. Possible now: {", ".join(possible)}.',
            named, now, action, possible,
        )  # fmt: skip
    if not reason.strip():
        raise ArgumentError(f'{named}: "{action}" needs a reason. Say why: --reason "...".')
    return step
