"""A large file of events in columns, where it is plain: any fault, or anything that must be looked at closer, and it is
left to `lines`, which tells it with its row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.csv as arrow_csv

from corecar.trace.kinds import HOLDERS, KINDS, SCRAP, SIDES
from corecar.trace.ledger_columns import CLASSES, GRID, KIND_NAMES, NAMED, NONE, ROW
from corecar.trace.lines import COLUMNS, LONGEST, NEEDED, Thing, moment_of, quantity_of
from corecar.trace.places import Places, read_places

IntArray = npt.NDArray[np.int64]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ODD = bytes(code for code in range(32) if chr(code) not in "\t\n\r")
_LINE_ENDS = ("\x85".encode(), "\u2028".encode(), "\u2029".encode())
_IN, _OUT, _WITH = range(3)
_ROLES = ("in", "out", "with")


class NotPlain(Exception):
    """Something that `lines` must look at."""


@dataclass
class EventColumns:
    """Events in order of time.

    references  own ids; at: moments [us since 1970], int64; kind: numbers of `KIND_NAMES`, int64
    lines       int64, shape (rows, 4): thing, place, quantity, pair, as `ledger_columns` says; by event, in before out
    ins, outs, end  int64: where the rows of each event begin, where those out begin, where they end
    scrap       int64: the thing that holds what a scrap event scraps, else `NONE`
    marks       int64, shape (rows, 2): event and thing of each side input
    sorts       int64: the class of each thing; names: its id
    places      the different places
    pairs       how many different pairs there are
    """

    references: list[str]
    at: IntArray
    kind: IntArray
    lines: IntArray
    ins: IntArray
    outs: IntArray
    end: IntArray
    scrap: IntArray
    marks: IntArray
    sorts: IntArray
    names: list[str]
    places: list[Places]
    pairs: int
    _numbers: dict[Places, int] | None = None

    def thing(self, number: int) -> Thing:
        """A thing by its number."""
        return Thing(CLASSES[self.sorts[number]], self.names[number])

    def place(self, places: Places) -> int:
        """The number of places; those that are not there yet are added."""
        if self._numbers is None:
            self._numbers = {one: number for number, one in enumerate(self.places)}
        if places not in self._numbers:
            self._numbers[places] = len(self.places)
            self.places.append(places)
        return self._numbers[places]


def microseconds(moment: datetime) -> int:
    """A moment as a whole number [us since 1970]."""
    return (moment - EPOCH) // _MICROSECOND


def read_columns(content: bytes, hashed: Callable[[str], str] | None = None) -> EventColumns | None:
    """The events of a CSV in UTF-8; None where it is not plain.

    hashed  how vehicles are called where they are kept by a hash
    """
    try:
        return _Reader(content, hashed).columns()
    except (NotPlain, pa.ArrowInvalid):
        return None


def place_row(places: Places) -> tuple[int, int, int, int, int, int]:
    """Places as the compiled ledger takes them."""
    form = NAMED if places.name else GRID if places.grid else ROW
    return form, places.left, places.right, places.low, places.high, places.count


class _Reader:
    def __init__(self, content: bytes, hashed: Callable[[str], str] | None) -> None:
        self.cells = _cells(content.removeprefix(b"\xef\xbb\xbf"))
        self.hashed = hashed

    def columns(self) -> EventColumns:
        at, kind, event, references = self._events()
        order = np.argsort(at, kind="stable")
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        event, kind = rank[event], kind[order]
        references = [references[number] for number in order.tolist()]
        role = self._codes("role", _ROLES.index)
        thing, sorts, names = self._things(role)
        scrap = _scraps(kind, references, sorts, names)
        place, places = self._places()
        quantity = self._codes("quantity", _quantity)
        pair, pairs = self.cells["pair"]
        sides, rows = role == _WITH, np.flatnonzero(role != _WITH)
        rows = rows[np.argsort(event[rows] * 2 + role[rows], kind="stable")]
        lines = np.stack([thing, place, quantity, pair], axis=1)[rows]
        whose, role_of = event[rows], role[rows]
        ends = [np.bincount(whose[role_of == side], minlength=len(order)) for side in (_IN, _OUT)]
        end = np.cumsum(ends[0] + ends[1])
        ins = end - ends[0] - ends[1]
        found = EventColumns(
            references, at[order], kind, lines, ins, ins + ends[0], end, scrap,
            np.stack([event[sides], thing[sides]], axis=1), np.array(sorts, np.int64), names, places,
            max(1, len(pairs)),
        )  # fmt: skip
        _check_shape(found, whose, role_of)
        return found

    def _events(self) -> tuple[IntArray, IntArray, IntArray, list[str]]:
        """Moment and kind of each event, the event of each row, and how events are called."""
        event, references = self.cells["event"]
        if not len(event):
            raise NotPlain
        _check_names(references)
        first = np.empty(len(references), np.int64)
        first[event[::-1]] = np.arange(len(event) - 1, -1, -1)
        found = []
        for column, of in (("at", _moment), ("kind", KIND_NAMES.index)):
            codes, _ = self.cells[column]
            if not np.array_equal(codes[first][event], codes):
                raise NotPlain
            found.append(self._codes(column, of)[first])
        return found[0], found[1], event, references

    def _codes(self, column: str, of: Callable[[str], int]) -> IntArray:
        """What each cell of a column says as a whole number. Raises NotPlain where one is none."""
        codes, texts = self.cells[column]
        try:
            return np.array([of(text) for text in texts], np.int64)[codes]
        except ValueError:
            raise NotPlain from None

    def _things(self, role: IntArray) -> tuple[IntArray, list[int], list[str]]:
        """The thing of each row, and the class and name of each."""
        sort = self._codes("class", CLASSES.index)
        sides = role == _WITH
        low, high = np.where(sides, len(HOLDERS), 0), np.where(sides, len(HOLDERS) + len(SIDES), len(HOLDERS))
        if np.any((sort < low) | (sort >= high)):
            raise NotPlain
        codes, ids = self.cells["id"]
        _check_names(ids)
        different, thing = np.unique(sort * len(ids) + codes, return_inverse=True)
        sorts = (different // len(ids)).tolist()
        names = [ids[number] for number in (different % len(ids)).tolist()]
        if self.hashed is not None:
            vehicle = CLASSES.index("vehicle")
            names = [self.hashed(n) if sort == vehicle else n for n, sort in zip(names, sorts, strict=True)]
            if len(set(zip(sorts, names, strict=True))) < len(names):
                raise NotPlain
        return thing.reshape(-1), sorts, names

    def _places(self) -> tuple[IntArray, list[Places]]:
        """The places of each row, and the different ones."""
        numbers: dict[Places, int] = {}

        def number(text: str) -> int:
            places = read_places(text)
            return NONE if places is None else numbers.setdefault(places, len(numbers))

        return self._codes("places", number), list(numbers)


def _cells(content: bytes) -> dict[str, tuple[IntArray, list[str]]]:
    """Of each column the different texts, and which of them stands in each row. Raises NotPlain, pa.ArrowInvalid."""
    head = content[: content.find(b"\n") + 1]
    if b'"' in head or len(content.translate(None, _ODD)) < len(content):
        raise NotPlain
    if not content.isascii() and any(end in content for end in _LINE_ENDS):
        raise NotPlain
    _check_quotes(content)
    try:
        header = [name.strip().lower() for name in head.decode().split(",")]
    except UnicodeDecodeError:
        raise NotPlain from None
    if any(name not in header for name in NEEDED):
        raise NotPlain
    wanted = {name: str(header.index(name)) for name in COLUMNS if name in header}
    table = arrow_csv.read_csv(
        pa.BufferReader(content),
        read_options=arrow_csv.ReadOptions(column_names=[str(n) for n in range(len(header))], skip_rows=1),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=list(wanted.values()), column_types=dict.fromkeys(wanted.values(), pa.string()),
            null_values=[], strings_can_be_null=False,
        ),
    )  # fmt: skip
    empty = (np.zeros(table.num_rows, np.int64), [""])
    return {name: _coded(table[wanted[name]]) if name in wanted else empty for name in COLUMNS}


def _coded(column: pa.ChunkedArray) -> tuple[IntArray, list[str]]:
    """A column of texts as whole numbers and the different texts, in the order in which they first stand there."""
    coded = column.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    texts = coded.dictionary
    if not compute.all(compute.equal(compute.utf8_trim_whitespace(texts), texts), min_count=0).as_py():
        raise NotPlain
    return coded.indices.to_numpy(zero_copy_only=False).astype(np.int64), texts.to_pylist()


def _check_quotes(content: bytes) -> None:
    """Raises NotPlain where a quotation mark stands inside of a cell that is not quoted."""
    text = np.frombuffer(content, np.uint8)
    marks = np.flatnonzero(text == ord('"'))
    marks = marks[(marks > 0) & (marks < len(text) - 1)]
    opens, closes = text[marks - 1], text[marks + 1]
    if not np.all(np.isin(opens, list(b',\n"')) | np.isin(closes, list(b',\n\r"'))):
        raise NotPlain


def _check_names(names: Sequence[str]) -> None:
    """Raises NotPlain for a name that is empty, long, or cannot be printed."""
    lengths = list(map(len, names))
    if min(lengths) == 0 or max(lengths) > LONGEST or not "".join(names).isprintable():
        raise NotPlain


def _moment(text: str) -> int:
    moment = moment_of(text)
    if moment is None:
        raise NotPlain
    return microseconds(moment)


def _quantity(text: str) -> int:
    if not text:
        return NONE
    found = quantity_of(text)
    if found is None:
        raise NotPlain
    return found


def _scraps(kind: IntArray, references: Sequence[str], sorts: list[int], names: list[str]) -> IntArray:
    """The thing that holds what each scrap event scraps; those that are not among the things yet are added."""
    found = np.full(len(kind), NONE, np.int64)
    sort = CLASSES.index(SCRAP)
    events = np.flatnonzero(kind == KIND_NAMES.index("scrap")).tolist()
    if not events:
        return found
    there = {name: number for number, (of, name) in enumerate(zip(sorts, names, strict=True)) if of == sort}
    for event in events:
        number = there.get(references[event])
        if number is None:
            number = len(names)
            sorts.append(sort)
            names.append(references[event])
        found[event] = number
    return found


def _check_shape(found: EventColumns, whose: IntArray, role: IntArray) -> None:
    """Raises NotPlain where an event has not the rows that its kind has, or one of them twice.

    whose, role  event and role of each row of `found.lines`
    """
    kinds = [KINDS[name] for name in KIND_NAMES]
    thing = found.lines[:, 0]
    for side, begin, end, many in ((_IN, found.ins, found.outs, [kind.takes for kind in kinds]),
                                   (_OUT, found.outs, found.end, [kind.makes for kind in kinds])):  # fmt: skip
        there = end > begin
        none = np.array([word == "none" for word in many])[found.kind]
        if np.any(there == none):
            raise NotPlain
        one = np.array([word == "one" for word in many])[found.kind]
        rows = np.flatnonzero((role == side) & one[whose])
        if np.any(thing[rows] != thing[begin[whose[rows]]]):
            raise NotPlain
    for number, kind in enumerate(kinds):
        if kind.needs:
            told = found.marks[found.sorts[found.marks[:, 1]] == CLASSES.index(kind.needs), 0]
            if not np.all(np.isin(np.flatnonzero(found.kind == number), told)):
                raise NotPlain
    _check_doubles(found, whose * 2 + role)


def _check_doubles(found: EventColumns, side: IntArray) -> None:
    """Raises NotPlain where a thing and its places stand twice on one side of an event.

    side  a number for each side of each event, ascending
    """
    alone = np.ones(len(side), bool)
    alone[1:] &= side[1:] != side[:-1]
    alone[:-1] &= side[1:] != side[:-1]
    rows = np.flatnonzero(~alone & (found.sorts[found.lines[:, 0]] != CLASSES.index(SCRAP)))
    keys = np.stack([side[rows], found.lines[rows, 0], found.lines[rows, 1]])
    keys = keys[:, np.lexsort(keys)]
    if np.any(np.all(keys[:, 1:] == keys[:, :-1], axis=0)):
        raise NotPlain
