"""The states of a lot, what leads from one to another, and who may let a held lot go. Pure: rows and functions of them.

It stands in the store, since only a workspace knows a lot for longer than one call: the state is the last row of a
history that is only ever added to. A lot in memory (`corecar.lot`) has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from corecar.errors import ArgumentError, WrongState

STATES = {
    "received": "there are test data that no screen has judged",
    "screened": "a screen has judged all of its test data",
    "held": "somebody has to decide what becomes of it",
    "released": "it may be shipped",
    "shipped": "it is with the customer",
    "quarantined": "it is locked away: nothing but a decision or an analysis happens to it",
    "scrapped": "it is destroyed; nothing leads out of here",
}
"""Each state and what it says of a lot."""

ACTIONS = {
    "receive": "test data were filed to the lot, taken from it, or their facts were corrected",
    "screen": "a screen judged all of its test data",
    "stop": "what the screen found has to be looked at before anything ships",
    "isolate": "what the screen found locks it away until somebody decides",
    "hold": "somebody stopped it until a decision",
    "release": "somebody decided that it may be shipped",
    "ship": "it left for the customer",
    "quarantine": "somebody had it locked away",
    "scrap": "somebody had it destroyed",
}
"""Each action and what happened. Those of `BY_ITSELF` nobody asks for, the others are what people ask for."""

NEW_DATA, SCREEN_STOPS, SCREEN_ISOLATES = "receive", "stop", "isolate"
BY_ITSELF = (NEW_DATA, SCREEN_STOPS, SCREEN_ISOLATES)
COMMANDS = {"screen": "grade"}
"""How people ask for an action, where they say another word."""
STOPPED = ("held", "quarantined")
STOPPING = ("hold", "quarantine")


@dataclass(frozen=True)
class Step:
    """One way from a state to the next.

    now            the state before; None: the lot is new
    why            what it means, as the history tells it
    needs_reason   a person has to say why
    needs_screen   only where a screen has judged all the lot's test data
    """

    now: str | None
    action: str
    then: str
    why: str
    needs_reason: bool = False
    needs_screen: bool = False


STEPS = (
    Step(None, "receive", "received", "its first test data"),
    Step("received", "receive", "received", "more test data"),
    Step("screened", "receive", "received", "its verdict no longer covers all of its test data"),
    Step("held", "receive", "held", "test data came while it was held"),
    Step("released", "receive", "held", "test data came after its release"),
    Step("shipped", "receive", "held", "test data came after it was shipped"),
    Step("quarantined", "receive", "quarantined", "test data came while it was in quarantine"),
    Step("scrapped", "receive", "scrapped", "test data came after it was scrapped"),
    Step("received", "screen", "screened", "all of its test data are judged"),
    Step("screened", "screen", "screened", "judged again"),
    Step("held", "screen", "held", "judged; the hold stands until somebody decides"),
    Step("quarantined", "screen", "quarantined", "judged; the quarantine stands"),
    Step("screened", "stop", "held", "stopped by its screen"),
    Step("held", "stop", "held", "its screen found one more reason to hold it"),
    Step("screened", "isolate", "quarantined", "a yield or bin beyond level 2 of AEC-Q002"),
    Step("held", "isolate", "quarantined", "a yield or bin beyond level 2 of AEC-Q002"),
    Step("quarantined", "isolate", "quarantined", "once more beyond level 2 of AEC-Q002"),
    Step("received", "hold", "held", "stopped before it was screened", needs_reason=True),
    Step("screened", "hold", "held", "stopped after its screen", needs_reason=True),
    Step("held", "hold", "held", "one more reason to hold it", needs_reason=True),
    Step("released", "hold", "held", "its release is taken back", needs_reason=True),
    Step("shipped", "hold", "held", "called back", needs_reason=True),
    Step("quarantined", "hold", "held", "out of quarantine, up for a decision", needs_reason=True),
    Step("screened", "release", "released", "good to ship", needs_reason=True),
    Step("held", "release", "released", "the hold is lifted", needs_reason=True, needs_screen=True),
    Step("released", "ship", "shipped", "left for the customer"),
    Step("received", "quarantine", "quarantined", "locked away", needs_reason=True),
    Step("screened", "quarantine", "quarantined", "locked away", needs_reason=True),
    Step("held", "quarantine", "quarantined", "locked away", needs_reason=True),
    Step("released", "quarantine", "quarantined", "locked away", needs_reason=True),
    Step("shipped", "quarantine", "quarantined", "called back and locked away", needs_reason=True),
    Step("received", "scrap", "scrapped", "destroyed", needs_reason=True),
    Step("screened", "scrap", "scrapped", "destroyed", needs_reason=True),
    Step("held", "scrap", "scrapped", "destroyed", needs_reason=True),
    Step("quarantined", "scrap", "scrapped", "destroyed", needs_reason=True),
)
"""Every step there is; what stands in no row is not allowed."""

_BY_KEY = {(step.now, step.action): step for step in STEPS}


@dataclass(frozen=True)
class Event:
    """One row of a lot's history.

    state  after it
    by     who did it, as the workspace knows people
    """

    action: str
    state: str
    by: str
    at: datetime
    reason: str


def next_state(now: str | None, action: str, *, lot: str = "", screened: bool = True) -> str:
    """The state that an action leads to.

    now       the state before; None for a new lot
    lot       its name, for messages
    screened  whether a screen has judged all of its test data, as `is_screened` says of a history
    Raises    WrongState naming the state and what is allowed now; ArgumentError for an unknown state or action

    >>> next_state("released", "ship")
    'shipped'
    """
    return _step(now, action, lot, screened).then


def allowed(now: str | None, *, screened: bool = True) -> tuple[str, ...]:
    """What a person may do with a lot in a state, in the order of `ACTIONS`.

    >>> allowed("released")
    ('hold', 'ship', 'quarantine')
    """
    steps = [_BY_KEY.get((now, action)) for action in ACTIONS if action not in BY_ITSELF]
    return tuple(step.action for step in steps if step is not None and (screened or not step.needs_screen))


def state_of(history: Sequence[Event]) -> str | None:
    """The state a history has led to; None for an empty one."""
    return history[-1].state if history else None


def is_screened(history: Sequence[Event]) -> bool:
    """Whether the last screen came after the last test data."""
    last = next((event.action for event in reversed(history) if event.action in ("receive", "screen")), None)
    return last == "screen"


def following(history: Sequence[Event], action: str, *, by: str, at: datetime, reason: str = "", lot: str) -> Event:
    """The event to be added to a history; the history itself stays as it is.

    reason  why, in the person's words; of test data, which ones. What the step means stands before it
    Raises  WrongState, and ArgumentError where a reason is needed and missing
    """
    step = _step(state_of(history), action, lot, is_screened(history))
    said = reason.strip()
    if step.needs_reason and not said:
        raise ArgumentError(f'{_named(lot)}: "{action}" needs a reason. Say why: --reason "...".')
    if action == NEW_DATA:
        said = f"{step.why}: {said}" if said else step.why
    return Event(action, step.then, by, at, said or step.why)


@dataclass(frozen=True)
class SecondPerson:
    """Whether a person may release a lot as far as the rule of two persons goes, and a sentence that says why."""

    allowed: bool
    enforced: bool
    sentence: str


def second_person(history: Sequence[Event], by: str, *, accounts: bool, lot: str) -> SecondPerson:
    """The rule of two persons: who held a lot, or had it locked away, does not release it.

    Everyone counts who stopped the lot since it was last free. What the workspace held by itself, because test data
    came late or its screen found something, anyone may release, also who ingested or graded.

    by        who wants to release it
    accounts  whether the workspace knows its people; without accounts everybody is the same person
    """
    if not accounts:
        return SecondPerson(
            True, False, "Not enforced: a workspace without accounts can't tell one person from another."
        )
    stoppers = _stoppers(history)
    if by in stoppers:
        sentence = f"{by} held {_named(lot, 'lot')}, so another person has to release it."
        return SecondPerson(False, True, sentence)
    if not stoppers:
        who = "The workspace held it by itself" if state_of(history) in STOPPED else f"Nobody held {_named(lot, 'lot')}"
        return SecondPerson(True, True, f"{who}, so anyone who may release lots may do so.")
    return SecondPerson(True, True, f"Held by {' and '.join(stoppers)}, released by {by}.")


def _stoppers(history: Sequence[Event]) -> tuple[str, ...]:
    """Who held the lot or had it locked away since it was last free, each once, the first one first."""
    found: list[str] = []
    for event in reversed(history):
        if event.state not in STOPPED:
            break
        if event.action in STOPPING:
            found.append(event.by)
    return tuple(dict.fromkeys(reversed(found)))


def _step(now: str | None, action: str, lot: str, screened: bool) -> Step:
    if action not in ACTIONS:
        raise ArgumentError(f'action "{action}": expected one of {", ".join(ACTIONS)}.')
    if now is not None and now not in STATES:
        raise ArgumentError(f'state "{now}": expected one of {", ".join(STATES)}.')
    step = _BY_KEY.get((now, action))
    if step is None or (step.needs_screen and not screened):
        possible = allowed(now, screened=screened)
        raise WrongState(_refusal(now, action, lot, step, possible), lot, now, action, possible)
    return step


def _refusal(now: str | None, action: str, lot: str, step: Step | None, possible: tuple[str, ...]) -> str:
    ways = (
        f"Possible now: {', '.join(COMMANDS.get(way, way) for way in possible)}."
        if possible
        else "Nothing more can be done with it."
    )
    if now is None:
        return f'{_named(lot)} has no test data, so "{action}" is not possible. File test data to it first.'
    if step is not None:
        unseen = f"{_named(lot)} is {now} and has test data that no screen has judged"
        return f'{unseen}, so "{action}" is not possible. Screen it first: corecar grade {lot or "LOT"}. {ways}'
    return f'{_named(lot)} is {now}, so "{action}" is not possible. {ways}'


def _named(lot: str, noun: str = "Lot") -> str:
    return f"{noun} {lot}" if lot else f"the {noun}" if noun == "lot" else f"The {noun.lower()}"
