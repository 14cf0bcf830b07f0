"""Actions upon findings: opened with owner, expected gain and due date; confirmed by figures or not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from sqlalchemy import select

from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.plain import plain
from corecar.bridge.study.action_subjects import check_subject
from corecar.bridge.study.gains import Compared, Figure, Measure, compared, lots_around
from corecar.errors import ArgumentError, Conflict, NotFound
from corecar.faults import meant
from corecar.store.catalogue.improvement import UNFINISHED, Action, ActionEvent
from corecar.store.catalogue.models import Person

Kind = Literal["bias", "drift", "test time", "yield", "assembly", "other"]
STATES = ("open", "confirmed", "not confirmed", "closed")
Number = Annotated[int, "The action's number."]


def open_action(
    call: Call,
    finding: Annotated[str, "What was found, in a sentence."],
    *,
    kind: Annotated[Kind, "What kind of finding it is."],
    measure: Annotated[Measure, "What is compared before and after."],
    expected: Annotated[
        float,
        "The change that counts as the gain, with its sign: `0.02` for a yield 2 points higher, `-40` for 40 ms less.",
    ],
    responsible: Annotated[str, "Who sees to it."],
    due: Annotated[datetime, "Until when."],
    subject: Annotated[str | None, "The test, or the assembly characteristic, that is compared."] = None,
    figure: Annotated[Figure | None, "Which figure of the values; without it the mean, of yields the yield."] = None,
    product: Annotated[str | None, "The product it is about."] = None,
) -> dict[str, Any]:
    """Open an action upon a finding: who does it until when, and what change of which figure will confirm it.

    Subject and product must be here to be compared: a finding is about something that was measured.
    Raises  ArgumentError; NotFound for a person, a subject or a product that the workspace does not know
    """
    chosen = _figure(measure, figure)
    if expected == 0 or expected - expected != 0:
        raise ArgumentError(f"expected={expected}: a change other than 0 was expected, with its sign.")
    if not finding.strip():
        raise ArgumentError("finding: say in a sentence what was found.")
    _check_responsible(call, responsible)
    check_subject(call, measure, subject, product)
    alike = _alike(call, finding.strip(), measure, subject, product)
    action = Action(
        finding=finding.strip(), kind=kind, responsible=responsible, measure=measure, figure=chosen, subject=subject,
        product=product, expected=expected, due=due if due.tzinfo else due.replace(tzinfo=UTC), state="open",
        owner_id=call.actor.party_id,
    )  # fmt: skip
    call.session.add(action)
    call.session.flush()
    _add(call, action, "open", "open", finding.strip())
    said = f"Action {action.id} is open: {responsible} until {action.due:%Y-%m-%d}."
    return {"said": said, **_row(call, action), "notes": alike}


def list_actions(
    call: Call,
    *,
    state: Annotated[str | None, "Only actions in this state."] = None,
    overdue: Annotated[bool, "Only those whose due date has passed."] = False,
    limit: Annotated[int, "At most so many, the earliest due first.", AtLeast(0)] = 100,
) -> dict[str, Any]:
    """List the actions of your party, the earliest due first.

    Raises  ArgumentError for a state that there is none of
    """
    if state is not None and state not in STATES:
        raise ArgumentError(f'no state of an action is called "{state}". There are: {", ".join(STATES)}.')
    asked = select(Action).where(Action.owner_id == call.actor.party_id)
    if state is not None:
        asked = asked.where(Action.state == state)
    if overdue:
        asked = asked.where(Action.state.in_(UNFINISHED), Action.due < call.now)
    found = call.session.scalars(asked.order_by(Action.due, Action.id).limit(limit))
    rows = [_row(call, action) for action in found]
    return {"said": "" if rows else "No action is such.", "rows": rows}


def show(call: Call, action: Number) -> dict[str, Any]:
    """Show an action with its history and the figures of every comparison.

    Raises  NotFound
    """
    found = _own(call, action)
    events = _events(call, found)
    history = [{"at": row.at, "state": row.state, "step": row.step, "by": row.by.name, "said": row.text}
               for row in events]  # fmt: skip
    figures = [{"at": row.at, **{name: row.figures.get(name) for name in _SHOWN}} for row in events if row.figures]
    facts = _row(call, found)
    return {"said": f"Action {found.id} is {found.state}: {found.finding}", "facts": facts, "history": history,
            "comparisons": figures, "details": {"figures": [row.figures for row in events if row.figures]}}  # fmt: skip


JUDGED = ("confirmed", "not confirmed")
_NEVER = "Its gain was never compared: no figure says whether it helped."
_NOT_THERE = "Its gain was compared, and is not there."
_SHOWN = ("before", "after", "change", "expected", "p", "n_before", "n_after", "confirmed")


def note(call: Call, action: Number, *, text: Annotated[str, "What was done or found."]) -> dict[str, Any]:
    """Add a note to an action's history; its state stays.

    Raises  NotFound; ArgumentError without a text; Conflict for a closed action
    """
    found = _unclosed(call, action)
    if not text.strip():
        raise ArgumentError("text: say what was done or found.")
    _add(call, found, found.state, "note", text.strip())
    return {"said": f"Noted at action {found.id}.", **_row(call, found)}


def confirm(
    call: Call,
    action: Number,
    *,
    before: Annotated[list[str] | None, "A lot from before the action; repeat for more."] = None,
    after: Annotated[list[str] | None, "A lot from after it; repeat for more."] = None,
    changed: Annotated[
        datetime | None, "When it took effect: lots that began earlier are before, the rest after."
    ] = None,
) -> dict[str, Any]:
    """Compare before and after by the action's figure: the gain is confirmed or it is not; the figures are kept.

    Confirmed is a change in the expected direction, at least as large as expected, with p below 0.05: of yields by
    chi-square, of means and medians by Kruskal-Wallis, of standard deviations by Brown-Forsythe.
    Raises  NotFound; ArgumentError where lots are missing or on both sides; Conflict for a closed action; TooFewParts
    """
    found = _unclosed(call, action)
    sides = (list(before or ()), list(after or ()))
    if changed is not None:
        if any(sides):
            raise ArgumentError("--changed and --before or --after exclude each other. Give lots, or the moment.")
        sides = lots_around(call, found.measure, found.product, changed)
    if not all(sides):
        raise ArgumentError("name lots with --before and --after, or the moment of the change with --changed.")
    what = Compared(found.measure, found.figure, found.subject, found.expected)
    figures = compared(call, what, *sides)
    state = "confirmed" if figures["confirmed"] else "not confirmed"
    shown = {name: figures[name] for name in _SHOWN}
    answer = {"action": found.id, "state": state, "rows": [shown], "details": {"figures": figures}}
    if found.state == state and _last_figures(call, found) == plain(figures):
        said = f"Action {found.id} was {state} by just these figures before: {figures['why']}. Nothing is added."
        return {"said": said, **answer}
    before_state = found.state
    _add(call, found, state, "compare", figures["why"], figures)
    said = f"Action {found.id} is {state}: {figures['why']}."
    turned = before_state in JUDGED and before_state != state
    notes = [f"It was {before_state} by the comparison before; both stay in its history."] if turned else []
    return {"said": said, **answer, "notes": notes}


def close(
    call: Call, action: Number, *, reason: Annotated[str, "Why it ends: what was reached, or why it is given up."]
) -> dict[str, Any]:
    """Close an action, confirmed or not; its history and figures stay.

    Raises  NotFound; ArgumentError without a reason; Conflict for a closed action
    """
    found = _unclosed(call, action)
    if not reason.strip():
        raise ArgumentError("an action is closed with a reason. Say it: --reason ...")
    before = found.state
    _add(call, found, "closed", "close", f"{reason.strip()} (was {before})")
    notes = [] if before == "confirmed" else [_NEVER if before == "open" else _NOT_THERE]
    return {"said": f"Action {found.id} is closed (was {before}).", **_row(call, found), "notes": notes}


def _alike(call: Call, finding: str, measure: str, subject: str | None, product: str | None) -> list[str]:
    """A note of each unfinished action upon the same finding: it may be that somebody opened it twice."""
    asked = select(Action).where(Action.owner_id == call.actor.party_id, Action.state.in_(UNFINISHED))
    same = asked.where(
        Action.finding == finding, Action.measure == measure, Action.subject.is_not_distinct_from(subject)
    )
    found = call.session.scalars(same.where(Action.product.is_not_distinct_from(product)).order_by(Action.id))
    return [f"Action {one.id} is {one.state} upon the same finding ({one.responsible} until {one.due:%Y-%m-%d}). Close "
            f"one of them: corecar action close {one.id} --reason ..." for one in found]  # fmt: skip


def _figure(measure: str, figure: str | None) -> str:
    chosen = figure or ("yield" if measure == "yield" else "mean")
    if (measure == "yield") != (chosen == "yield"):
        raise ArgumentError(f'figure="{chosen}" does not go with measure="{measure}". Leave --figure out.')
    return chosen


def _check_responsible(call: Call, name: str) -> None:
    if not name.strip():
        raise ArgumentError("responsible: name a person.")
    if not call.actor.accounts:
        return
    asked = select(Person.name).where(Person.party_id == call.actor.party_id, Person.active).order_by(Person.name)
    people = list(call.session.scalars(asked))
    if name not in people:
        raise NotFound(
            f'"{name}" is nobody of {call.actor.party}. {meant(name, people)} `corecar people list` says who is.'
        )


def _own(call: Call, number: int, *, locked: bool = False) -> Action:
    """An action of the actor's party; locked, nobody else changes it until the transaction ends."""
    asked = select(Action).where(Action.id == number, Action.owner_id == call.actor.party_id)
    found = call.session.scalar(asked.with_for_update() if locked else asked)
    if found is None:
        raise NotFound(f"there is no action {number}. `corecar action list` lists them.")
    return found


def _unclosed(call: Call, number: int) -> Action:
    found = _own(call, number, locked=True)
    if found.state == "closed":
        raise Conflict(f"action {number} is closed. Open a new one for what is still to be done.")
    return found


def _events(call: Call, action: Action) -> list[ActionEvent]:
    asked = select(ActionEvent).where(ActionEvent.action_id == action.id).order_by(ActionEvent.id)
    return list(call.session.scalars(asked).unique())


def _last_figures(call: Call, action: Action) -> Any:
    """The figures of the last comparison, as they are kept; None before the first."""
    return next((event.figures for event in reversed(_events(call, action)) if event.figures), None)


def _add(call: Call, action: Action, state: str, step: str, text: str, figures: dict[str, Any] | None = None) -> None:
    """Add a step to the history, and let the state follow."""
    event = ActionEvent(action_id=action.id, state=state, step=step, text=text, figures=figures, at=call.now,
                        by_id=call.actor.person_id, owner_id=action.owner_id)  # fmt: skip
    call.session.add(event)
    action.state = state
    call.session.flush()


def _row(call: Call, action: Action) -> dict[str, Any]:
    late = action.state in UNFINISHED and action.due < call.now
    return {
        "action": action.id, "state": action.state, "kind": action.kind, "finding": action.finding,
        "responsible": action.responsible, "due": action.due, "overdue": late, "measure": action.measure,
        "figure": action.figure, "subject": action.subject, "product": action.product, "expected": action.expected,
    }  # fmt: skip
