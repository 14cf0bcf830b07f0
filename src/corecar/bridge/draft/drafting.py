"""A memorandum drafted in a workspace: by its author, who alone sees it until it is offered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from corecar.agree.changing import with_changes
from corecar.agree.drafts import DEFAULTS, drafted, sound_number
from corecar.agree.terms import Terms, terms_hash, terms_value
from corecar.bridge.agree.acting import ForParty, notes_of
from corecar.bridge.agree.beginning import begin, fresh_number
from corecar.bridge.agree.showing_agreements import volume_rows
from corecar.bridge.agree.terms_files import Changes, TermsFile, value_in
from corecar.bridge.calls import Call
from corecar.bridge.draft.draft_sources import Found, from_meeting, from_pair, from_plan
from corecar.errors import ArgumentError

WAYS = (
    "a need and an offer (--need, --offer), a pair of a meeting (--meeting, --pair), what a plan gives (--plan, "
    "--demand), or a file of terms (--terms)"
)


def new(
    call: Call,
    *,
    need: Annotated[str | None, "The need that it answers, with `offer`."] = None,
    offer: Annotated[str | None, "The offer that answers it."] = None,
    meeting: Annotated[int | None, "The meeting that it comes of, with `pair`."] = None,
    pair: Annotated[int | None, "The pair's number in the meeting."] = None,
    plan: Annotated[int | None, "The plan that gives the volumes, with `demand`."] = None,
    demand: Annotated[str | None, "A demand of the plan, as `corecar plan show` names it."] = None,
    supplier: Annotated[str | None, "Of a plan: who supplies; without it who makes the product."] = None,
    terms: TermsFile = None,
    change: Changes = None,
    number: Annotated[str | None, "Its number, which no other has; without it the next one."] = None,
    bind: Annotated[
        list[str] | None, "A party of the terms and who that is in this workspace: DEMO-CARS=Demo Cars."
    ] = None,
    party: ForParty = None,
    try_only: Annotated[bool, "Say what it would be, and keep nothing."] = False,
) -> dict[str, Any]:
    """Draft a memorandum from a need and an offer, a pair of a meeting, a plan, or a file of terms.

    Its author alone sees a draft; the others see it once it is offered.
    Raises  ArgumentError for no source, or two; NotFound; MappingError with every field that does not fit; Conflict for
    a number that is taken; AccessDenied for a party that is not your own
    """
    found = _found(call, need, offer, meeting, pair, plan, demand, supplier, terms)
    named = sound_number(number or found.value.get("number") or fresh_number(call))
    value = {**DEFAULTS, **found.value, "number": named}
    made = drafted(named, with_changes(value, change or ()), {}, named)
    answer = _answer(made, call)
    if try_only:
        return {"said": f"{named} would be on {made.subject.title} (nothing was kept).", **answer}
    begin(call, made, found.made_of, party=party, bind=bind or ())
    said = f"{named} is drafted: {made.subject.title}. Put it to the others with: corecar agree offer {named}"
    return {"said": said, **answer}


def _found(
    call: Call, need: str | None, offer: str | None, meeting: int | None, pair: int | None, plan: int | None,
    demand: str | None, supplier: str | None, terms: str | Path | None,
) -> Found:  # fmt: skip
    """What the draft begins with. Raises ArgumentError where it is not exactly one thing."""
    pairs = {"need": (need, offer), "meeting": (meeting, pair), "plan": (plan, demand)}
    named = [name for name, both in pairs.items() if any(each is not None for each in both)]
    if len(named) + (terms is not None) != 1 or any(None in pairs[name] for name in named):
        raise ArgumentError(f"a memorandum is made of {WAYS}. Give one of them, whole.")
    if terms is not None:
        return Found(value_in(terms), {"file": {"name": Path(terms).name}})
    if need is not None and offer is not None:
        return from_pair(call, need, offer)
    if meeting is not None and pair is not None:
        return from_meeting(call, meeting, pair)
    assert plan is not None
    assert demand is not None
    return from_plan(call, plan, demand, supplier)


def _answer(made: Terms, call: Call) -> dict[str, Any]:
    return {
        "number": made.number, "sha256": terms_hash(made), "parties": [each.party for each in made.parties],
        "volumes": volume_rows(made), "details": {"terms": terms_value(made)}, "notes": notes_of(call),
    }  # fmt: skip
