"""What happens under a memorandum that holds: called off, answered, delivered, found defective."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from sqlalchemy import select

from corecar.agree.fulfilment import BY_ROLE, KeptWeek, Move, MoveKind, kept_weeks
from corecar.agree.reading import FieldFaults
from corecar.agree.volumes import by_week
from corecar.bridge.agree.acting import ForParty, Number, acting, notes_of
from corecar.bridge.agree.visible_agreements import Kept, one
from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.travel import Sent
from corecar.chain.weeks import monday, week_name
from corecar.errors import AccessDenied, ArgumentError, SourceMissing, WrongState
from corecar.plurals import plural
from corecar.store.catalogue.agreements import AgreementMove

COLUMNS = ("kind", "week", "quantity", "day", "volume")
"""Columns of a file of moves; the last two may be left out."""
LARGEST_BYTES = 4_000_000


def told(
    call: Call, number: Number,
    kind: Annotated[
        Literal["call-off", "answer", "delivery", "defects"] | None,
        "What happened: the customer called off or found defects, the supplier answered or delivered.",
    ] = None,
    week: Annotated[str | None, "ISO week of delivery, such as 2027-W05."] = None,
    quantity: Annotated[float | None, "How much, in the unit of the volume.", AtLeast(0)] = None, *,
    volume: Annotated[int, "Which of its volumes, from 1.", AtLeast(1)] = 1,
    day: Annotated[datetime | None, "When it happened; today without it."] = None,
    note: Annotated[str, "What else is to be said."] = "",
    file: Annotated[
        str | Path | None, "A CSV file of many, with kind, week, quantity and, if need be, day and volume.", Sent()
    ] = None,
    party: ForParty = None,
) -> dict[str, Any]:  # fmt: skip
    """Tell what happened under a signed memorandum: a call-off, its answer, a delivery, defects; or a file of many.

    Of call-offs of one week the last counts. A call-off outside of what was agreed is kept, and told.
    Raises  NotFound; WrongState for one that does not hold; AccessDenied for what the other side tells; ArgumentError
    for a week or volume that was not agreed; SourceMissing, MappingError for a file
    """
    kept = one(call, number, lock=True)
    if kept.standing.state not in ("signed", "ended"):
        raise WrongState(f"{number} is {kept.standing.state}: nothing is called off before all have signed.", number,
                         kept.standing.state, "told", ())  # fmt: skip
    if (file is None) == (None in (kind, week, quantity)):
        raise ArgumentError("say kind, week and quantity, or name a file of many (--file).")
    by = acting(call, kept.accounts, party, number)
    today = call.now.date()
    if file is not None:
        moves = _moves_in(Path(file), today)
    else:
        assert kind is not None
        assert week is not None
        assert quantity is not None
        moves = [Move(kind, volume, week_name(monday(week)), quantity, day.date() if day else today)]
    for move in moves:
        _agreed(kept, move)
        _whose(kept, move, by.party)
    call.session.add_all(
        AgreementMove(agreement_id=kept.row.id, kind=each.kind, volume=each.volume, week=each.week,
                      quantity=each.quantity, day=each.day, party=by.party, person=by.person, note=note.strip(),
                      at=call.now, **call.facts)
        for each in moves
    )  # fmt: skip
    call.session.flush()
    return _answer(call, kept, moves)


def _moves_in(file: Path, today: date) -> list[Move]:
    """The rows of a file. Raises SourceMissing; MappingError with every row that does not fit."""
    if not file.is_file():
        raise SourceMissing(file, "there is no such file.", advice=f"Write one with {', '.join(COLUMNS)}.")
    faults = FieldFaults(file.name)
    text = file.read_bytes()[:LARGEST_BYTES].decode("utf-8-sig", "replace")
    rows = csv.DictReader(io.StringIO(text))
    lost = [name for name in COLUMNS[:3] if name not in (rows.fieldnames or ())]
    for name in lost:
        faults.at(name, "is missing: there is no such column.")
    found = [] if lost else [_move(row, number, faults, today) for number, row in enumerate(rows, 2)]
    if not lost and not found:
        faults.at("", "has no row.")
    faults.settle()
    return [each for each in found if each is not None]


def _move(row: dict[str, Any], number: int, faults: FieldFaults, today: date) -> Move | None:
    before = len(faults)
    kind: Any = (row["kind"] or "").strip()
    if kind not in BY_ROLE:
        faults.at(f"row {number}, kind", f'"{kind}" is none of {", ".join(BY_ROLE)}.')
    found: dict[str, Any] = {}
    readers: dict[str, Any] = {
        "week": lambda text: week_name(monday(text)), "quantity": _quantity,
        "day": lambda text: date.fromisoformat(text) if text else today, "volume": lambda text: int(text or 1),
    }  # fmt: skip
    for name, read in readers.items():
        text = (row.get(name) or "").strip()
        try:
            found[name] = read(text)
        except ValueError:
            faults.at(f"row {number}, {name}", f'"{text}" is no {name}.')
    return None if len(faults) > before else Move(kind=kind, **found)


def _quantity(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1e15:
        raise ValueError(text)
    return value


def _agreed(kept: Kept, move: Move) -> None:
    """Raises ArgumentError for a volume that there is not, or a week of which nothing was agreed."""
    volumes = kept.terms.volumes
    if not 1 <= move.volume <= len(volumes):
        raise ArgumentError(f"{kept.number} has {plural(len(volumes), 'volume')}, so none {move.volume}.")
    weeks = by_week(volumes[move.volume - 1])
    if move.week not in weeks:
        span = f"{min(weeks)} to {max(weeks)}"
        raise ArgumentError(f"{kept.number}, volume {move.volume}: nothing was agreed of {move.week}, but of {span}.")


def _whose(kept: Kept, move: Move, party: str) -> None:
    """Raises AccessDenied for what another party has to tell."""
    volume = kept.terms.volumes[move.volume - 1]
    teller = getattr(volume, BY_ROLE[move.kind])
    if party != teller:
        raise AccessDenied(f"{kept.number}: {move.kind} of volume {move.volume} is for {teller} to tell, not {party}.")


def _answer(call: Call, kept: Kept, moves: list[Move]) -> dict[str, Any]:
    touched = {(each.volume, each.week) for each in moves}
    weeks = [each for each in weeks_of(call, kept) if (each.volume, each.week.week) in touched]
    notes = [_beyond(each) for each in weeks if each.beyond]
    one_of = moves[0]
    said = f"{kept.number}: {plural(len(moves), 'row')} told." if len(moves) > 1 else (
        f"{kept.number}, volume {one_of.volume}, {one_of.week}: {one_of.kind} of {one_of.quantity:,.12g} told."
    )  # fmt: skip
    return {"said": said, "number": kept.number, "rows": [_row(kept, each) for each in weeks],
            "notes": [*notes, *notes_of(call)]}  # fmt: skip


def _beyond(week: KeptWeek) -> str:
    side = "above what was agreed" if week.beyond > 0 else "below what was agreed"
    span = f"{week.least:,.12g} to {week.most:,.12g}"
    return f"volume {week.volume}, {week.week.week}: called off {abs(week.beyond):,.12g} {side} ({span})."


def weeks_of(call: Call, kept: Kept) -> list[KeptWeek]:
    """Every agreed week of a memorandum with what happened in it."""
    return kept_weeks(kept.terms, moves_of(call, kept), call.now.date())


def moves_of(call: Call, kept: Kept) -> list[Move]:
    """What was told under a memorandum, in the order in which it was told."""
    asked = select(AgreementMove).where(AgreementMove.agreement_id == kept.row.id).order_by(AgreementMove.id)
    return [move_of(row) for row in call.session.scalars(asked)]


def move_of(row: AgreementMove) -> Move:
    """A row of the catalogue as what a party told."""
    kind: MoveKind = row.kind  # type: ignore[assignment]
    return Move(kind, row.volume, row.week, row.quantity, row.day)


def kept_volumes(call: Call, number: Number) -> dict[str, Any]:
    """Show call-offs against agreed volume and bands, week by week: asked, delivered, late, short, defective.

    Raises  NotFound
    """
    kept = one(call, number)
    weeks = weeks_of(call, kept)
    over = sum(bool(each.beyond) for each in weeks)
    short, late = sum(each.short for each in weeks), sum(each.late for each in weeks)
    said = f"{plural(over, 'call-off')} outside of what was agreed; {short:,.12g} short, {late:,.12g} late."
    return {"said": said, "rows": [_row(kept, each) for each in weeks]}


def _row(kept: Kept, week: KeptWeek) -> dict[str, Any]:
    volume = kept.terms.volumes[week.volume - 1]
    return {
        "volume": week.volume, "week": week.week.week, "agreed": week.week.agreed, "may_be_least": week.least,
        "may_be_most": week.most, "called_off": week.asked, "outside_by": week.beyond, "answered_days": week.answered,
        "delivered": week.delivered, "late": week.late, "short": week.short, "defects": week.defects,
        "product": volume.product or kept.terms.subject.product or volume.group or kept.terms.subject.group,
        "unit": volume.unit,
    }  # fmt: skip
