"""The life of a memorandum: states, the steps between them, who may take which. Pure: rows and functions.

Steps are only ever added. Where a memorandum stands is what its steps say, so nothing else can contradict them; that an
answer is overdue or a term is over, the calendar says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from corecar.errors import AccessDenied, ArgumentError, Conflict, WrongState

State = Literal["draft", "offered", "countered", "signed", "ended", "withdrawn", "refused", "expired"]
Action = Literal["draft", "revise", "offer", "counter", "sign", "refuse", "withdraw", "end", "supersede"]
Right = Literal["negotiate", "sign"]
Who = Literal["anybody", "proposer", "other", "unsigned"]

STATES: dict[State, str] = {
    "draft": "its author writes it; no other party sees it",
    "offered": "its author put it to the others, who sign, counter or refuse it",
    "countered": "a party put other terms to the others, who sign, counter or refuse them",
    "signed": "every party signed the same terms; they hold",
    "ended": "it held, and holds no more: its last day has passed, a party ended it, or an amendment took its place",
    "withdrawn": "who proposed the last terms took them back before all had signed",
    "refused": "a party wants neither these terms nor others",
    "expired": "nobody answered in time",
}
"""Each state and what it says of a memorandum."""
OPEN: tuple[State, ...] = ("offered", "countered")
"""States in which terms lie on the table."""


@dataclass(frozen=True)
class By:
    """Who takes a step: a named person, for the party that they belong to, with the rights that they have there."""

    person: str
    party: str
    rights: frozenset[Right]


@dataclass(frozen=True)
class Step:
    """A step that was taken; never changed.

    number      of the step, from 1: the revision of the memorandum after it
    terms_hash  the terms that it is about
    until       last day for an answer to an offer or a counter; last day that holds, of an end
    """

    number: int
    action: Action
    party: str
    person: str
    at: datetime
    terms_hash: str
    reason: str = ""
    until: date | None = None


@dataclass(frozen=True)
class Way:
    """One way from a state to the next; whose it is, and whether it has to say why."""

    now: State | None
    action: Action
    then: State
    who: Who
    right: Right = "negotiate"
    needs_reason: bool = False


WAYS = (
    Way(None, "draft", "draft", "anybody"),
    Way("draft", "revise", "draft", "proposer"),
    Way("draft", "offer", "offered", "proposer"),
    Way("draft", "withdraw", "withdrawn", "proposer", needs_reason=True),
    *(
        way
        for state in OPEN
        for way in (
            Way(state, "counter", "countered", "other"),
            Way(state, "sign", state, "unsigned", "sign"),
            Way(state, "refuse", "refused", "other", needs_reason=True),
            Way(state, "withdraw", "withdrawn", "proposer", needs_reason=True),
        )
    ),
    Way("signed", "end", "ended", "anybody", "sign", needs_reason=True),
    Way("signed", "supersede", "ended", "anybody", "sign"),
)
"""Every way there is; what stands in no row is not allowed. The last signature leads on to `signed` by itself."""
BY_ITSELF: tuple[Action, ...] = ("draft", "supersede")
"""Steps that nobody asks for of a memorandum that is there."""
NEW_TERMS: tuple[Action, ...] = ("draft", "revise", "counter")
"""Steps that put other terms in place of those that were there."""


@dataclass(frozen=True)
class Standing:
    """Where a memorandum stands.

    revision    number of its last step
    terms_hash  the terms that count: drafted, on the table, or signed
    proposer    the party that put them there
    signed      parties that signed these very terms
    until       last day for an answer, or last day that holds
    """

    state: State
    revision: int
    terms_hash: str
    proposer: str
    signed: frozenset[str]
    until: date | None = None

    def missing(self, parties: Sequence[str]) -> list[str]:
        """The parties whose signatures are missing while terms lie on the table."""
        return [party for party in parties if self.state in OPEN and party not in self.signed]


def standing(steps: Sequence[Step], parties: Sequence[str], today: date, valid_until: date) -> Standing:
    """Where the steps of a memorandum have led, as of a day.

    parties      of the terms that count
    valid_until  last day of these terms
    Raises       ArgumentError for a memorandum without a step
    """
    if not steps:
        raise ArgumentError("a memorandum begins with its draft; there is no step.")
    found = Standing("draft", 0, "", "", frozenset())
    for step in steps:
        found = _after(found, step, parties)
    late = found.until is not None and found.until < today
    if found.state in OPEN and late:
        return _as(found, "expired")
    over = found.state == "signed" and valid_until < today
    return _as(found, "ended") if over else found


def _as(found: Standing, state: State) -> Standing:
    return Standing(state, found.revision, found.terms_hash, found.proposer, found.signed, found.until)


def _after(now: Standing, step: Step, parties: Sequence[str]) -> Standing:
    way = next(each for each in WAYS if each.action == step.action and each.now in (now.state, None))
    new = step.action in NEW_TERMS
    signed = frozenset() if new else now.signed | ({step.party} if step.action == "sign" else set())
    state: State = "signed" if step.action == "sign" and signed >= set(parties) else way.then
    proposer = step.party if new else now.proposer
    until = step.until if step.action in ("offer", "counter", "end") else now.until
    return Standing(state, step.number, step.terms_hash, proposer, signed, None if state == "signed" else until)


def next_step(
    steps: Sequence[Step],
    action: Action,
    by: By,
    *,
    named: str,
    parties: Sequence[str],
    valid_until: date,
    revision: int,
    terms_hash: str,
    at: datetime,
    reason: str = "",
    until: date | None = None,
) -> Step:
    """The step that a person takes, where it may be taken.

    named        the memorandum's number, for messages
    parties      of the terms that count
    revision     number of the last step that the person has seen
    terms_hash   the terms that the step is about: new ones, or those that are offered, signed or ended
    Raises       Conflict where somebody took a step since, or the terms are not those on the table; WrongState with
                 what is allowed now; AccessDenied for a party or person without the right; ArgumentError for a missing
                 reason, or an answer that is expected before today
    """
    where = standing(steps, parties, at.date(), valid_until) if steps else None
    _seen(steps, revision, named)
    way = _way(where, action, named)
    _may(way, by, where, parties, named)
    if way.needs_reason and not reason.strip():
        raise ArgumentError(f'{named}: "{action}" needs a reason. Say why: --reason "...".')
    if where is not None and action not in NEW_TERMS and terms_hash != where.terms_hash:
        raise Conflict(
            f"{named}: terms {terms_hash[:12]} are not those that count, {where.terms_hash[:12]}. "
            f"Look again: corecar agree show {named}"
        )
    if where is not None and action == "counter" and terms_hash == where.terms_hash:
        raise Conflict(f"{named}: these are the terms on the table. Sign them, or change something.")
    if until is not None and until < at.date():
        raise ArgumentError(f"{named}: {until} has passed. Give a later day.")
    return Step(len(steps) + 1, action, by.party, by.person, at, terms_hash, reason.strip(), until)


def _seen(steps: Sequence[Step], revision: int, named: str) -> None:
    """Raises Conflict where a step was taken that the person has not seen."""
    if revision == len(steps):
        return
    if revision > len(steps) or revision < 0:
        raise Conflict(f"{named} has {len(steps)} steps, not {revision}. Look again: corecar agree show {named}")
    since = "; ".join(f"{step.person} of {step.party}: {step.action}" for step in steps[revision:])
    raise Conflict(
        f"{named} has changed since step {revision} that you saw ({since}). Look again: corecar agree show {named}"
    )


def _way(where: Standing | None, action: Action, named: str) -> Way:
    state = where.state if where else None
    way = next((way for way in WAYS if (way.now, way.action) == (state, action)), None)
    if way is None:
        possible = ways_from(state)
        told = f"Possible now: {', '.join(possible)}." if possible else "Nothing more can be done with it."
        raise WrongState(
            f'{named} is {state or "not there"}, so "{action}" is not possible. {told}', named, state, action, possible
        )
    return way


def ways_from(state: State | None) -> tuple[Action, ...]:
    """What may be asked for of a memorandum in a state."""
    return tuple(way.action for way in WAYS if way.now == state and way.action not in BY_ITSELF)


def _may(way: Way, by: By, where: Standing | None, parties: Sequence[str], named: str) -> None:
    """Raises AccessDenied for a step that is not this person's or party's."""
    if by.party not in parties:
        raise AccessDenied(f"{named}: {by.party} is none of its parties ({', '.join(parties)}), so it takes no step.")
    if way.right not in by.rights:
        raise AccessDenied(f"{named}: {by.person} may not {way.action} for {by.party}. Ask somebody who may.")
    if where is None:
        return
    wrong = {
        "proposer": by.party != where.proposer and f"these terms are {where.proposer}'s",
        "other": _not_another(by.party, where),
        "unsigned": by.party in where.signed and f"{by.party} has signed these terms already",
    }.get(way.who)
    if wrong:
        raise AccessDenied(f'{named}: "{way.action}" is not for {by.party}: {wrong}.')


def _not_another(party: str, where: Standing) -> str:
    if party == where.proposer:
        return f"{party} proposed these terms itself; it may withdraw them"
    return f"{party} has signed these terms" if party in where.signed else ""


def may_now(where: Standing, party: str, parties: Sequence[str]) -> list[Action]:
    """What a party may do now, by somebody with the right."""
    rights: frozenset[Right] = frozenset({"negotiate", "sign"})
    found: list[Action] = []
    for way in WAYS:
        if way.now != where.state or way.action in BY_ITSELF:
            continue
        try:
            _may(way, By("", party, rights), where, parties, "")
        except AccessDenied:
            continue
        found.append(way.action)
    return found
