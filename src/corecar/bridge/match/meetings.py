"""Meetings: proposed from ranked pairs with a table plan, what came of each pair, what is due next and by whom."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from sqlalchemy import select

from corecar.bridge.access import named_party
from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.chain.booked_offers import booked_of
from corecar.bridge.chain.chain_tables import chain_of
from corecar.bridge.match.matching import Kind, MethodOption, PerNeed, PerOffer, WeightsOption, matched
from corecar.bridge.match.meeting_facts import Last, dealings, last_of, one, outcomes_of, pairs_of, seen, seen_by
from corecar.bridge.match.meeting_workbook import write_meeting_workbook
from corecar.bridge.travel import Returned
from corecar.errors import ArgumentError, Conflict, NotFound
from corecar.match.matching import Ways
from corecar.match.table_plan import table_plan
from corecar.match.telling import pair_rows
from corecar.plurals import plural
from corecar.store.catalogue.meetings import Meeting, MeetingOutcome, MeetingPair, MeetingShare
from corecar.store.catalogue.models import Party

Outcome = Literal["agreed", "going-on", "declined", "absent"]
OUTCOMES: tuple[Outcome, ...] = ("agreed", "going-on", "declined", "absent")
Number = Annotated[int, "The meeting's number."]
SEATED = ("pair", "round", "table", "needed_by", "offered_by", "need", "offer", "kind", "score")


def propose(
    call: Call,
    name: Annotated[str, "What the meeting is called."],
    *,
    day: Annotated[datetime, "When it takes place."],
    place: Annotated[str, "Where it takes place."],
    rounds: Annotated[int, "Rounds of talks, one after the other.", AtLeast(1)] = 6,
    tables: Annotated[int, "Tables, at each of which two parties talk in a round.", AtLeast(1)] = 10,
    kind: Kind = None,
    method: MethodOption = "largest",
    per_need: PerNeed = 3,
    per_offer: PerOffer = 3,
    weights: WeightsOption = None,
    try_only: Annotated[bool, "Say who would talk to whom, and keep nothing."] = False,
) -> dict[str, Any]:
    """Propose a meeting from the ranked pairs, with a table plan: round by round, no party at two tables at once.

    Pairs of the same two parties share one talk. Where there are more talks than seats the best are seated, and the
    others are told. Needs and offers have to stand on the day.
    Raises  ArgumentError where no pair fits, or without a name or place; SourceMissing, MappingError for weights
    """
    if not name.strip() or not place.strip():
        raise ArgumentError("a meeting has a name and a place. Say both.")
    found = matched(chain_of(call), day=day, kind=kind, weights=weights, met=dealings(call),
                    ways=Ways(method, "partners", per_need, per_offer), booked=booked_of(call))  # fmt: skip
    pairs = pair_rows(found, found.taken)
    if not pairs:
        raise ArgumentError(
            "no offer fits a need on that day, so there is nobody to bring together. See: corecar match"
        )
    titles = {need: found.needs.text("title", row) for row, need in enumerate(found.needs.names)}
    talks = list(dict.fromkeys(frozenset((row["needed_by"], row["offered_by"])) for row in pairs))
    seats = table_plan([(min(talk), max(talk)) for talk in talks], rounds=rounds, tables=tables)
    seat_of = dict(zip(talks, seats, strict=True))
    rows = []
    for number, row in enumerate(pairs, 1):
        seat = seat_of[frozenset((row["needed_by"], row["offered_by"]))]
        rows.append({
            "pair": number, "round": seat.round if seat else None, "table": seat.table if seat else None,
            **{key: row[key] for key in SEATED[3:]}, "title": titles[row["need"]],
        })  # fmt: skip
    placed = sum(seat is not None for seat in seats)
    what = f"{plural(placed, 'talk')} of {plural(len({p for talk in talks for p in talk}), 'party', 'parties')}"
    notes = [*_without_seat(len(seats) - placed), *_of_its_day(call, name.strip(), day.date())]
    answer: dict[str, Any] = {"rows": _by_seat(rows), "columns": SEATED, "notes": notes}
    if try_only:
        return {"said": f"{name} would have {what} (nothing was kept).", **answer}
    meeting = Meeting(
        name=name.strip(), day=day.date(), place=place.strip(), rounds=rounds, tables=tables, cancelled="",
        at=call.now, by_name=call.actor.name, **call.facts,
    )  # fmt: skip
    call.session.add(meeting)
    call.session.flush()
    call.session.add_all(
        MeetingPair(meeting_id=meeting.id, number=row["pair"], **{key: row[key] for key in row if key != "pair"})
        for row in rows
    )
    said = f"Meeting {meeting.id}, {meeting.name}, is on {meeting.day} in {meeting.place}: {what}."
    return {"said": said, "meeting": meeting.id, **answer}


def _by_seat(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["round"] is None, row["round"] or 0, row["table"] or 0, row["pair"]))


def _without_seat(count: int) -> list[str]:
    if not count:
        return []
    return [f"{plural(count, 'talk')} found no seat; more --rounds or --tables would seat them."]


def _of_its_day(call: Call, name: str, day: date) -> list[str]:
    """What is odd about the day: that it has passed, or that a meeting of that name is on it already."""
    told = []
    if day < call.now.date():
        told.append(f"{day} has passed. Pairs of which nothing is told are due: corecar meeting due")
    same = [one.id for one in seen(call) if (one.name, one.day) == (name, day) and not one.cancelled]
    if same:
        which = ", ".join(map(str, same))
        told.append(f"{name} on {day} is there already, as meeting {which}. Cancel the one that is not meant.")
    return told


def list_meetings(call: Call) -> dict[str, Any]:
    """List the meetings that you may see, and what came of each: pairs that met, agreed, go on, what is overdue."""
    meetings = seen(call)
    pairs, last = pairs_of(call, meetings), last_of(outcomes_of(call, meetings))
    names = {party.id: party.name for party in call.session.scalars(select(Party))}
    rows = []
    for meeting in meetings:
        numbers = [pair.number for pair in pairs if pair.meeting_id == meeting.id]
        told = Counter(last[meeting.id, number].outcome for number in numbers if (meeting.id, number) in last)
        late = sum(_is_late(call, last.get((meeting.id, number))) for number in numbers)
        rows.append({
            "meeting": meeting.id, "name": meeting.name, "day": meeting.day, "place": meeting.place,
            "pairs": len(numbers), "met": sum(told.values()) - told["absent"],
            **{outcome.replace("-", "_"): told[outcome] for outcome in OUTCOMES},
            "not_told": len(numbers) - sum(told.values()), "overdue": 0 if meeting.cancelled else late,
            "cancelled": meeting.cancelled or None, "owner": names[meeting.owner_id],
        })  # fmt: skip
    said = "" if rows else "There is no meeting. Propose one with: corecar meeting propose NAME"
    return {"said": said, "rows": rows}


def show(
    call: Call,
    meeting: Number,
    *,
    out: Annotated[
        str | Path | None, "Write the table plan and what came of it as a workbook (.xlsx) too.", Returned()
    ] = None,
) -> dict[str, Any]:
    """Show a meeting: its table plan, what came of each pair, and all that was told of it.

    Raises  NotFound; ArgumentError; OutputError
    """
    found = one(call, meeting)
    pairs, outcomes = pairs_of(call, [found]), outcomes_of(call, [found])
    last = last_of(outcomes)
    rows = _by_seat([_pair_row(pair, last) for pair in pairs])
    history = [
        {"at": row.at, "pair": row.number, "outcome": row.outcome, "by": row.by_name, "note": row.note or None,
         "next_step": row.next_step or None, "responsible": row.responsible or None, "due": row.due}
        for row in outcomes
    ]  # fmt: skip
    facts = {"day": found.day, "place": found.place, "rounds": found.rounds, "tables": found.tables,
             "cancelled": found.cancelled or None, "proposed by": found.by_name}  # fmt: skip
    notes = []
    if out is not None:
        if Path(out).suffix.lower() != ".xlsx":
            raise ArgumentError(f"{out}: a meeting is written as a workbook. Name it like meeting.xlsx.")
        write_meeting_workbook(out, found.name, facts, rows, history)
        notes.append(f"wrote: {out}")
    return {"said": f"Meeting {found.id}, {found.name}.", "facts": facts, "rows": rows, "history": history,
            "notes": notes, "details": seen_by(call, found)}  # fmt: skip


def _pair_row(pair: MeetingPair, last: Last) -> dict[str, Any]:
    told = last.get((pair.meeting_id, pair.number))
    return {
        "pair": pair.number, **{name: getattr(pair, name) for name in SEATED[1:]}, "title": pair.title,
        "outcome": told.outcome if told else None, "next_step": (told.next_step if told else "") or None,
        "responsible": (told.responsible if told else "") or None, "due": told.due if told else None,
    }  # fmt: skip


def record(
    call: Call,
    meeting: Number,
    pair: Annotated[int, "The pair's number in the meeting."],
    outcome: Annotated[Outcome, "What came of it: agreed, going-on, declined; or absent, where they did not meet."],
    *,
    note: Annotated[str, "What was said."] = "",
    next_step: Annotated[str, "What is to be done next; without it nothing is, and earlier steps are done."] = "",
    responsible: Annotated[str, "Who does it: a person, a party."] = "",
    due: Annotated[datetime | None, "Until when."] = None,
) -> dict[str, Any]:
    """Record what came of a pair, and the next step: what, by whom, until when. What was told before stays on record.

    Raises  NotFound; AccessDenied for a meeting of somebody else; Conflict for one that is cancelled; ArgumentError for
    a next step without somebody or a day, or the other way round
    """
    found = one(call, meeting, own=True, held=True)
    if pair not in {row.number for row in pairs_of(call, [found])}:
        raise NotFound(f"meeting {meeting} has no pair {pair}. `corecar meeting show {meeting}` lists them.")
    step = (bool(next_step.strip()), bool(responsible.strip()), due is not None)
    if any(step) and not all(step):
        raise ArgumentError("a next step says what, by whom and until when: --next-step, --responsible and --due.")
    call.session.add(MeetingOutcome(
        meeting_id=found.id, number=pair, outcome=outcome, note=note.strip(), next_step=next_step.strip(),
        responsible=responsible.strip(), due=due.date() if due else None, at=call.now, by_name=call.actor.name,
        **call.facts,
    ))  # fmt: skip
    until = f" {responsible.strip()}: {next_step.strip()}, until {due:%Y-%m-%d}." if due else ""
    return {"said": f"Pair {pair} of meeting {meeting}: {outcome}.{until}", "meeting": meeting, "pair": pair,
            "outcome": outcome}  # fmt: skip


def due(
    call: Call,
    *,
    until: Annotated[datetime | None, "Only what is due by this day."] = None,
    responsible: Annotated[str | None, "Only what this person or party does."] = None,
) -> dict[str, Any]:
    """List what is to be done after meetings: what, by whom, until when, the earliest first; and what is not told yet.

    A pair whose meeting is over and of which nothing was told is listed too.
    """
    meetings = [meeting for meeting in seen(call) if not meeting.cancelled]
    of = {meeting.id: meeting for meeting in meetings}
    last = last_of(outcomes_of(call, meetings))
    rows, silent = [], Counter[int]()
    for pair in pairs_of(call, meetings):
        told = last.get((pair.meeting_id, pair.number))
        if told is None:
            silent[pair.meeting_id] += of[pair.meeting_id].day < call.now.date()
        elif _is_asked(told, until, responsible):
            rows.append({
                "due": told.due, "overdue": _is_late(call, told), "responsible": told.responsible,
                "next_step": told.next_step, "meeting": pair.meeting_id, "pair": pair.number,
                "needed_by": pair.needed_by, "offered_by": pair.offered_by, "need": pair.need, "offer": pair.offer,
                "outcome": told.outcome,
            })  # fmt: skip
    rows.sort(key=lambda row: (row["due"], row["meeting"], row["pair"]))
    notes = [
        f"nothing was told of {plural(count, 'pair')} of meeting {number}, {of[number].name}: corecar meeting record"
        for number, count in silent.items()
        if count
    ]
    return {"said": "" if rows else "Nothing is due.", "rows": rows, "notes": notes}


def _is_asked(told: MeetingOutcome, until: datetime | None, responsible: str | None) -> bool:
    """Whether something is due, by that day and by that person or party."""
    in_time = told.due is not None and (until is None or told.due <= until.date())
    return in_time and (responsible is None or told.responsible == responsible)


def _is_late(call: Call, told: MeetingOutcome | None) -> bool:
    return told is not None and told.due is not None and told.due < call.now.date()


def cancel(call: Call, meeting: Number, *, reason: Annotated[str, "Why it does not take place."]) -> dict[str, Any]:
    """Cancel a meeting, with the reason; it stays on record and counts nowhere.

    Raises  NotFound; AccessDenied for one of somebody else; Conflict for one of which outcomes were told; ArgumentError
    """
    found = one(call, meeting, own=True, held=True)
    if not reason.strip():
        raise ArgumentError("a meeting is cancelled with a reason. Say it: --reason ...")
    if outcomes_of(call, [found]):
        raise Conflict(f"meeting {meeting} took place: outcomes were told. It can't be cancelled any more.")
    found.cancelled = reason.strip()
    return {"said": f"Meeting {meeting}, {found.name}, is cancelled.", "meeting": meeting}


def share(call: Call, meeting: Number, party: Annotated[str, "Who may see it from now on."]) -> dict[str, Any]:
    """Let another party see a meeting: its plan, and what came of it.

    Raises  NotFound; AccessDenied for one of somebody else; ArgumentError for your own party
    """
    found, other = one(call, meeting, own=True), named_party(call.session, party)
    if other.id == found.owner_id:
        raise ArgumentError(f"meeting {meeting} belongs to {other.name}, which sees it anyway. Name another party.")
    if call.session.get(MeetingShare, (found.id, other.id)) is None:
        call.session.add(MeetingShare(
            meeting_id=found.id, party_id=other.id, at=call.now, by_id=call.actor.person_id
        ))  # fmt: skip
    return {"said": f"{other.name} may see meeting {meeting}.", "meeting": meeting, "party": other.name}


def unshare(call: Call, meeting: Number, party: Annotated[str, "Who may not see it any more."]) -> dict[str, Any]:
    """Stop letting a party see a meeting; what it has seen it has seen.

    Raises  NotFound; AccessDenied for one of somebody else
    """
    found, other = one(call, meeting, own=True), named_party(call.session, party)
    shared = call.session.get(MeetingShare, (found.id, other.id))
    if shared is None:
        raise NotFound(f"meeting {meeting} is not shared with {other.name}.")
    call.session.delete(shared)
    return {"said": f"{other.name} may not see meeting {meeting} any more.", "meeting": meeting, "party": other.name}
