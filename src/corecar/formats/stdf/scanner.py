"""Drives the hot kernel over one STDF stream: room for its tables, unknown records, damage."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from corecar.errors import DamagedSource
from corecar.formats.stdf import kernel_state as kernel
from corecar.formats.stdf.footing import Footing, going_on, lost_footing, record_name
from corecar.formats.stdf.layout import ASIDE, LIMIT, PART, TEST
from corecar.formats.stdf.memory import passing
from corecar.formats.stdf.rows import BY_TYPE
from corecar.formats.stdf.scan import scan
from corecar.formats.stdf.test_rows import rehash
from corecar.plurals import are_left

FIRST_SHELF, SHELF = 1 << 19, 1 << 24
"""Bytes of memory for readings that the kernel gets at a time, at first and at most; each time twice as many, so that
small files touch no more memory than they need."""

KEPT_ASIDE = ("ATR", "MIR", "MRR", "SDR", "PMR", "PGR", "WIR", "WRR", "WCR", "HBR", "SBR", "TSR", "DTR", "GDR")
SALVAGE = 'Read it with on_error="salvage" (on the command line --salvage) to keep {}.'
"""What to do about damage, with what is kept then."""
_WANTED = np.zeros(65536, np.bool_)
for (_typ, _sub), _row in BY_TYPE.items():
    _WANTED[_typ << 8 | _sub] = _row.name in KEPT_ASIDE


class Readings(NamedTuple):
    """The readings of one scanner, chained by test (`chunks`).

    tests       its rows of the kernel's tests table, where the chains begin
    shelves     the memory they stand in
    first_part  number of the part that is 0 here
    """

    tests: Any
    shelves: list[Any]
    first_part: int = 0


class Working:
    """The kernel's state and the memory behind its addresses."""

    tests: Any
    parts: Any
    asides: Any
    limits: Any
    arena: Any

    def __init__(self, known: Any) -> None:
        self.state = np.zeros(kernel.STATE_SIZE, np.int64)
        self.address = self.state.ctypes.data
        self.hold("tests", np.zeros(1024, TEST))
        self.hold("parts", np.empty(4096, PART))
        self.hold("asides", np.empty(1024, ASIDE))
        self.hold("limits", np.empty(1024, LIMIT))
        self.hold("arena", np.empty(1 << 18, np.uint8))
        self.shelves: list[Any] = []
        self.add_shelf(FIRST_SHELF)
        self.buckets = self._fixed(kernel.BUCKETS_TABLE, np.full(4096, -1, np.int32))
        self.state[kernel.BUCKETS_ROOM] = len(self.buckets)
        self.open_part = self._fixed(kernel.OPEN_PART, np.full(65536, -1, np.int32))
        self.last_test = self._fixed(kernel.LAST_TEST, np.zeros(65536, np.int32))
        self.counts = self._fixed(kernel.COUNTS, np.zeros(65536, np.int64))
        self.known = self._fixed(kernel.KNOWN, known)
        self.wanted = self._fixed(kernel.WANTED, _WANTED)
        self.lengths = self._fixed(kernel.LENGTHS, np.zeros(kernel.LENGTHS_ROWS, np.uint32))
        self.tests["following"][0] = self.tests["chain"][0] = -1
        self.state[kernel.TESTS] = 1

    def count(self, what: int) -> int:
        return int(self.state[what])

    def hold(self, table: str, memory: Any) -> None:
        """Give a table its memory."""
        room, address = _PLACES[table]
        setattr(self, table, memory)
        self.state[room], self.state[address] = len(memory), memory.ctypes.data

    def widen(self, table: str, least: int = 0) -> None:
        """Twice the room, the rows kept."""
        old = getattr(self, table)
        longer = passing(max(2 * len(old), len(old) + least), old.dtype)
        longer.view(np.uint8)[: old.nbytes] = old.view(np.uint8)
        self.hold(table, longer)

    def widen_buckets(self, old: Any = None) -> None:
        """A larger hash table with the entries of the old one."""
        old = self.buckets if old is None else old
        self.buckets = self._fixed(kernel.BUCKETS_TABLE, np.full(4 * len(self.tests), -1, np.int32))
        self.state[kernel.BUCKETS_ROOM] = len(self.buckets)
        rehash(self.address, old.ctypes.data, len(old))

    def add_shelf(self, room: int) -> None:
        """Fresh memory for readings [bytes]."""
        shelf = passing(room, np.uint8)
        self.shelves.append(shelf)
        address = shelf.ctypes.data
        self.state[kernel.SHELF_AT], self.state[kernel.SHELF_END] = address, address + room

    def _fixed(self, address: int, memory: Any) -> Any:
        self.state[address] = memory.ctypes.data
        return memory


_PLACES = {
    "tests": (kernel.TESTS_ROOM, kernel.TESTS_TABLE),
    "parts": (kernel.PARTS_ROOM, kernel.PARTS_TABLE),
    "asides": (kernel.ASIDES_ROOM, kernel.ASIDES_TABLE),
    "limits": (kernel.LIMITS_ROOM, kernel.LIMITS_TABLE),
    "arena": (kernel.ARENA_ROOM, kernel.ARENA_TABLE),
}


@dataclass
class Stream:
    """One STDF stream as scanned: what the join needs and nothing else."""

    path: str
    footing: Footing
    working: Working
    readings: list[Readings] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    salvaged: bool = False

    @property
    def big_endian(self) -> bool:
        return self.footing.big_endian


class Scanner:
    """Feeds bytes of one stream to the kernel and keeps its tables large enough.

    strict  raise DamagedSource at the first damage instead of noting it and going on
    """

    def __init__(self, path: str, *, big_endian: bool, strict: bool) -> None:
        self.strict = strict
        footing = Footing(big_endian=big_endian)
        self.stream = Stream(path, footing, Working(footing.known))

    def feed(self, data: Any, start: int, stop: int, *, origin: int, size: int, last: bool) -> tuple[int, bool]:
        """Take records of data[start:stop]; returns (next place, whether another stream begins there).

        origin  position of data[0] in the decompressed content
        size    bytes of data that are there; `stop` may come earlier, for a progress report
        last    nothing comes after data[size - 1]
        """
        address = data.ctypes.data
        place = start
        while True:
            working = self.stream.working
            reason = scan(working.address, address, place, stop, origin, self.stream.big_endian)
            place = working.count(kernel.POSITION)
            if reason in _GROWTH:
                self._grow(reason)
            elif reason == kernel.SUSPECT:
                moved = self._judge(data, place, size, origin, last)
                if moved is None:
                    return place, False
                place = moved
            elif reason == kernel.SWALLOWING:
                place = self._part_from_swallowed(data, place, origin)
            elif reason == kernel.PARTIAL and last and stop == size:
                place = self._cut(data, place, size, origin)
            else:
                self._check(final=False)
                return place, reason == kernel.NEW_STREAM
            self._check(final=False)
            if place >= stop:
                return place, False

    def advice(self) -> str:
        """What can be done about damage met here."""
        parts = self.stream.working.count(kernel.PARTS)
        return SALVAGE.format(f"the {parts:,} parts before it" if parts > 1 else "what is whole")

    def finish(self) -> Stream:
        """The stream after its last byte."""
        self.stream.readings.insert(0, self.readings())
        self._check(final=True)
        self._note_oddities()
        return self.stream

    def _judge(self, data: Any, place: int, size: int, origin: int, last: bool) -> int | None:
        """A header of unknown type: a vendor's record, or a lost footing? None asks for more bytes."""
        footing = self.stream.footing
        believed = footing.judge(data, place, size, last=last)
        if believed is None:
            return None
        if believed:
            return place
        before = self.stream.working.count(kernel.LAST_RECORD)
        if self.strict:
            problem = lost_footing(footing.header(data, place)[1], before)
            raise DamagedSource(self.stream.path, problem, advice=self.advice(), offset=origin + place)
        return self._resume(place, footing.find(data, max(before - origin + 4, 0), size), size, origin)

    def _cut(self, data: Any, place: int, size: int, origin: int) -> int:
        """The last record claims more bytes than there are: a cut tail, or a wrong REC_LEN."""
        left = size - place
        name, problem = "header", f"a record header needs 4 bytes, {are_left(left)}."
        if left >= 4:
            length, code = self.stream.footing.header(data, place)
            name = record_name(code)
            problem = f"needs {length} bytes, {are_left(left - 4)}: the file is cut short or REC_LEN is wrong."
        if self.strict:
            raise DamagedSource(self.stream.path, problem, advice=self.advice(), offset=origin + place, record=name)
        self.stream.warnings.append(f"{name} at byte {origin + place:_}: {problem}")
        return self._resume(place, self.stream.footing.find(data, place + 4, size), size, origin)

    def _part_from_swallowed(self, data: Any, place: int, origin: int) -> int:
        """A record whose REC_LEN takes in whole records: take it as ending where they begin; returns their place."""
        stream, working = self.stream, self.stream.working
        length, code = stream.footing.header(data, place)
        found = working.count(kernel.INNER_AT)
        problem = (
            f"REC_LEN says {length} bytes, but from byte {origin + found:_} on, inside of them, other records follow "
            f"one another up to that end: REC_LEN is wrong, {found - place - 4} bytes would be right."
        )
        if self.strict:
            advice, name = self.advice(), record_name(code)
            raise DamagedSource(stream.path, problem, advice=advice, offset=origin + place, record=name)
        stream.salvaged = True
        stream.warnings.append(f"{record_name(code)} at byte {origin + place:_}: {problem} It was read so.")
        whole = np.array(data[place:found], np.uint8)
        whole[:2] = np.frombuffer((found - place - 4).to_bytes(2, "big" if stream.big_endian else "little"), np.uint8)
        scan(working.address, whole.ctypes.data, 0, len(whole), origin + place, stream.big_endian)
        return found

    def _resume(self, place: int, found: int, size: int, origin: int) -> int:
        self.stream.salvaged = True
        self.stream.warnings.append(going_on(origin + place, found if found < 0 else origin + found, origin + size))
        return found if found >= 0 else size

    def _grow(self, reason: int) -> None:
        working = self.stream.working
        if reason == kernel.FULL_READINGS:
            room = min(FIRST_SHELF << min(len(working.shelves), 16), SHELF)
            working.add_shelf(room + working.count(kernel.SHELF_WANTED))
            return
        table = _GROWTH[reason]
        working.widen(table, least=1 << 18 if table == "arena" else 0)
        if table == "tests":
            working.widen_buckets()

    def readings(self, first_part: int = 0) -> Readings:
        """All readings so far."""
        working = self.stream.working
        return Readings(working.tests[: working.count(kernel.TESTS)], working.shelves, first_part)

    def _check(self, *, final: bool) -> None:
        """In strict reading the first damage stops it; damage met so far stands in the counters."""
        if not self.strict:
            return
        counters = self.stream.working.state
        found = [(int(counters[what + 1]), record, problem) for what, record, problem, _ in _DAMAGE if counters[what]]
        if final and (open_at := _open_parts(self.stream.working)):
            found.append((open_at[0], "PIR", "the part that begins here has no PRR: the file ends before it."))
        if found:
            offset, record, problem = min(found)
            raise DamagedSource(self.stream.path, problem, advice=self.advice(), offset=offset, record=record or None)

    def _note_oddities(self) -> None:
        counters, stream = self.stream.working.state, self.stream
        for what, _, _, sentence in _DAMAGE:
            if counters[what]:
                stream.salvaged = True
                stream.warnings.append(sentence.format(n=int(counters[what]), at=f"{int(counters[what + 1]):_}"))
        if counters[kernel.STRAY]:
            stream.warnings.append(
                f"Readings outside any part, from byte {int(counters[kernel.STRAY_AT]):_} on, were kept as "
                f"{int(counters[kernel.STRAY])} incomplete part(s) unless a PRR closed them."
            )
        for what, sentence in _SURPLUS:
            if counters[what]:
                stream.warnings.append(sentence.format(n=int(counters[what]), at=f"{int(counters[what + 1]):_}"))
        if open_at := _open_parts(stream.working):
            stream.salvaged = True
            stream.warnings.append(
                f"{len(open_at)} part(s) begun by a PIR (first at byte {open_at[0]:_}) have no PRR at the end of the "
                "file; their readings are kept, the parts are incomplete."
            )


_DAMAGE = (
    (kernel.UNOPENED, "PRR", "no PIR opened a part at this head and site.",
     "{n} PRR without a PIR (first at byte {at}); each was kept as a part."),
    (kernel.UNCLOSED, "PIR", "the part before it at this head and site has no PRR.",
     "{n} part(s) without a PRR (the PIR after the first at byte {at}); readings are kept, parts are incomplete."),
    (kernel.SHORT, "", "the record is too short to hold the fields it must have.",
     "{n} record(s) too short to hold the fields they must have (first at byte {at}) were left out."),
    (kernel.CUT_FIELD, "MPR", "the record is too short for the results it announces.",
     "{n} MPR too short for the results announced (first at byte {at}); the results that are there were kept."),
)  # fmt: skip

_SURPLUS = (
    (kernel.PRR_SURPLUS,
     "{n} PRR longer than its fields (first at byte {at}); what stands behind them was left unread. Look whether bins "
     "and places are what the tester meant: corecar records FILE PRR"),
    (kernel.TEST_SURPLUS,
     "{n} PTR, MPR or FTR longer than its fields (first at byte {at}); what stands behind them was left unread; no "
     "whole record stands there. Look whether names and limits are what the tester meant: corecar records FILE PTR"),
)  # fmt: skip

_GROWTH = {
    kernel.FULL_READINGS: "readings",
    kernel.FULL_TESTS: "tests",
    kernel.FULL_PARTS: "parts",
    kernel.FULL_ASIDE: "asides",
    kernel.FULL_ARENA: "arena",
    kernel.FULL_LIMITS: "limits",
}


def _open_parts(working: Working) -> list[int]:
    """Positions of the PIRs of parts still open, in order."""
    rows = working.open_part[working.open_part >= 0]
    parts = working.parts[rows]
    return sorted(int(at) for at in parts["offset"][parts["state"] == kernel.OPEN])
