"""Events as a file tells them: rows of one event each with what is taken, made and used beside it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, NamedTuple

from corecar.faults import Faults, meant
from corecar.trace.kinds import HOLDERS, KINDS, SIDES
from corecar.trace.places import Places, read_places

Role = Literal["in", "out", "with"]
COLUMNS = ("event", "at", "kind", "role", "class", "id", "places", "quantity", "pair")
"""Columns of a file of events; the last three may be missing or empty."""
NEEDED = COLUMNS[:6]
_ROLES = ("in", "out", "with")
LONGEST = 200
"""Characters of a name at most."""
MOST = 10**9
"""Pieces in one line at most."""


class Thing(NamedTuple):
    """What pieces are in, or what an event used: its class and its own id."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Line(NamedTuple):
    """One row of an event.

    row       line of the file
    quantity  pieces; None where the row leaves it to the places, or to what is there
    pair      rows of the same word go together: what is taken in one becomes what is made in the other
    """

    row: int
    role: Role
    thing: Thing
    places: Places | None
    quantity: int | None
    pair: str


@dataclass(slots=True)
class Event:
    """One event: its own id, when, of which kind, and its rows."""

    reference: str
    at: datetime
    kind: str
    lines: list[Line] = field(default_factory=list)

    def of(self, role: Role) -> list[Line]:
        """Its rows of one role."""
        return [line for line in self.lines if line.role == role]

    @property
    def row(self) -> int:
        """The line of the file where it begins."""
        return self.lines[0].row if self.lines else 0


def read_events(path: str, text: Iterable[str], faults: Faults) -> list[Event]:
    """Events of a CSV, in order of time; what cannot be read is noted in `faults`.

    path  for messages; text: the lines of the file, the header first
    """
    reader = csv.reader(text)
    header = [name.strip().lower() for name in next(reader, [])]
    missing = [name for name in NEEDED if name not in header]
    if missing:
        faults.add(path, f"there is no column {', '.join(missing)}.", row=1, advice=f"Expected: {', '.join(COLUMNS)}.")
        return []
    places = [header.index(name) if name in header else -1 for name in COLUMNS]
    return gathered(path, _cells(path, reader, places, len(header), faults), faults)


def _cells(
    path: str, reader: Iterator[list[str]], places: list[int], width: int, faults: Faults
) -> Iterator[tuple[int, list[str]]]:
    try:
        for cells in reader:
            row = reader.line_num  # type: ignore[attr-defined]
            if not any(cells):
                continue
            if len(cells) != width:
                faults.add(path, f"{len(cells)} cells where the header has {width}.", row=row)
                continue
            yield row, ["" if place < 0 else cells[place].strip() for place in places]
    except csv.Error as error:
        faults.add(path, f"this is no CSV: {error}.", row=reader.line_num)  # type: ignore[attr-defined]


def gathered(path: str, rows: Iterable[tuple[int, list[str]]], faults: Faults) -> list[Event]:
    """Rows (number of the line, cells in the order of `COLUMNS`) put together to events, in order of time."""
    events: dict[str, Event] = {}
    head: dict[str, tuple[str, str]] = {}
    for row, cells in rows:
        reference, at, kind = cells[0], cells[1], cells[2]
        event = events.get(reference)
        if event is None:
            moment = _moment(path, row, at, faults)
            if not _known(path, row, "kind", kind, KINDS, faults) or not _named(path, row, "event", reference, faults):
                continue
            if moment is None:
                continue
            event = events[reference] = Event(reference, moment, kind)
            head[reference] = (at, kind)
        elif (at, kind) != head[reference]:
            problem = f'event {reference} was "{" ".join(head[reference][::-1])}" before, and is "{kind} {at}" here.'
            faults.add(path, problem, row=row, advice="Each event has one kind and one time.")
            continue
        line = _line(path, row, cells, faults)
        if line is not None:
            event.lines.append(line)
    return sorted(events.values(), key=lambda event: event.at)


def _line(path: str, row: int, cells: list[str], faults: Faults) -> Line | None:
    role, kind, name = cells[3], cells[4], cells[5]
    if role not in _ROLES:
        _known(path, row, "role", role, _ROLES, faults)
        return None
    classes = SIDES if role == "with" else HOLDERS
    if kind not in classes:
        _known(path, row, "class", kind, classes, faults)
        return None
    if not _named(path, row, "id", name, faults):
        return None
    try:
        places = read_places(cells[6])
    except ValueError as error:
        faults.add(path, f'"{cells[6]}": {error}', row=row, column="places")
        return None
    quantity = None
    if cells[7]:
        quantity = _quantity(path, row, cells[7], faults)
        if quantity is None:
            return None
    return Line(row, role, Thing(kind, name), places, quantity, cells[8])  # type: ignore[arg-type]


def _quantity(path: str, row: int, text: str, faults: Faults) -> int | None:
    found = quantity_of(text)
    if found is not None:
        return found
    faults.add(path, f'"{text}": expected a whole number of pieces, 1 to {MOST:,}.', row=row, column="quantity")
    return None


def quantity_of(text: str) -> int | None:
    """A whole number of pieces; None where it is none."""
    if text.isascii() and text.isdigit() and 0 < len(text) <= 10 and 0 < int(text) <= MOST:
        return int(text)
    return None


def _named(path: str, row: int, column: str, text: str, faults: Faults) -> bool:
    if 0 < len(text) <= LONGEST and text.isprintable():
        return True
    faults.add(path, f"expected 1 to {LONGEST} characters that can be printed.", row=row, column=column)
    return False


def _known(path: str, row: int, column: str, word: str, known: Iterable[str] | Mapping[str, object],
           faults: Faults) -> bool:  # fmt: skip
    if word in known:
        return True
    faults.add(path, f'"{word}" is not known.', row=row, column=column, advice=meant(word, known))
    return False


def _moment(path: str, row: int, text: str, faults: Faults) -> datetime | None:
    found = moment_of(text)
    if found is None:
        faults.add(path, f'"{text}": expected a time such as 2026-03-02T14:05:00Z.', row=row, column="at")
    return found


@lru_cache(maxsize=4096)
def moment_of(text: str) -> datetime | None:
    """A time in ISO 8601, in UTC where it names no zone; None where it is none."""
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
