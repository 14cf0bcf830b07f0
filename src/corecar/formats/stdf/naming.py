"""Which tests a lot has: identity by kind, number, name and pin; limits and units from each test's first record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corecar.formats.stdf import kernel_state as kernel
from corecar.formats.stdf.cold import Tables, text
from corecar.formats.stdf.columns import cut
from corecar.formats.stdf.picks import pick, sliced
from corecar.formats.stdf.pins import PIN_FIELDS, pin_names
from corecar.formats.stdf.rows import RECORDS
from corecar.formats.stdf.scanner import Stream
from corecar.stdf_values import HIGH_EQUAL_PASSES, LOW_EQUAL_PASSES
from corecar.tables import schema

KINDS = {kernel.PARAMETRIC: "parametric", kernel.PIN: "multiple", kernel.FUNCTIONAL: "functional"}
TSR_TYPES = {"P": "parametric", "M": "multiple", "F": "functional"}
_FIRST_RECORD = {kernel.PARAMETRIC: "PTR", kernel.MULTIPLE: "MPR", kernel.FUNCTIONAL: "FTR"}


class Identity(NamedTuple):
    """What makes a test itself; the number alone never does."""

    kind: str
    number: int
    name: str
    pin: str | None


class Described(NamedTuple):
    """What the records of one stream say of its tests.

    columns  columns of `tests` as lists, by row of the kernel's tests table
    told     by row, whether a record of the test's own says more than the limits that the kernel keeps
    """

    columns: dict[str, list[Any]]
    told: list[bool]

    def limits(self, row: int) -> tuple[float | None, float | None]:
        """Low and high limit of a row."""
        return self.columns["low_limit"][row], self.columns["high_limit"][row]


@dataclass
class TestList:
    """The lot's tests as they are met, stream by stream; the first description of a test is the one that stays.

    numbers  the test of each identity
    said     by test, who describes it and in which row
    changed  tests whose limits are described differently than before
    """

    numbers: dict[Identity, int] = field(default_factory=dict)
    said: list[tuple[Described, int]] = field(default_factory=list)
    changed: set[int] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.numbers)

    def number(self, identity: Identity) -> int:
        """The number of a test in the lot; a new one when it is met first."""
        return self.numbers.setdefault(identity, len(self.numbers))

    def describe(self, test: int, described: Described, row: int) -> bool:
        """Note what is said of a test, in the order of the numbers; whether its limits are others than before."""
        if test == len(self.said):
            self.said.append((described, row))
            return False
        known, before = self.said[test]
        if not described.told[row]:
            return False
        if not known.told[before]:
            self.said[test] = described, row
            return False
        if known.limits(before) == described.limits(row):
            return False
        self.changed.add(test)
        return True

    def table(self) -> Any:
        """The `tests` table."""
        columns = schema("tests")
        lists: dict[str, list[Any]] = {"test": list(self.numbers.values())}
        for place, name in enumerate(Identity._fields):
            lists[name] = [identity[place] for identity in self.numbers]
        for name in columns.names:
            if name not in lists:
                lists[name] = [described.columns[name][row] for described, row in self.said]
        return pa.Table.from_arrays(
            [pa.array(lists[name], columns.field(name).type) for name in columns.names], schema=columns
        )


class Named(NamedTuple):
    """A stream's tests as the lot's.

    tests   uint32, for each of the stream's rows the lot's test
    rows    rows that are tests, in order
    groups  for each of them the row of its group, a pin's MPR, or itself
    owners  for each of them the row that bears its name
    """

    tests: npt.NDArray[np.uint32]
    rows: list[int]
    groups: list[int]
    owners: list[int]


def name_tests(tests: TestList, stream: Stream, cold: Tables, encoding: str | None) -> Named:
    """Give a stream's tests their numbers in the lot."""
    local = stream.working.tests[: stream.working.count(kernel.TESTS)]
    names = _names(stream, local, cold, encoding)
    pins = pin_names(*(cold["PMR"][name] for name in PIN_FIELDS)) if "PMR" in cold else {}
    kinds, parents, numbers, pin = (local[name].tolist() for name in ("kind", "parent", "number", "pin"))
    named = Named(np.zeros(len(local), np.uint32), [], [], [])
    mapping = [0] * len(local)
    for row, kind in enumerate(kinds):
        if kind not in KINDS:
            continue
        group = parents[row] if kind == kernel.PIN else row
        owner = parents[group] if kinds[group] == kernel.START else group
        pin_name = None
        if kind == kernel.PIN:
            pin_name = pins.get(pin[row], str(pin[row]) if pin[row] >= 0 else f"#{-1 - pin[row]}")
        mapping[row] = tests.number(Identity(KINDS[kind], numbers[row], names[owner], pin_name))
        named.rows.append(row)
        named.groups.append(group)
        named.owners.append(owner)
    named.tests[:] = mapping
    return named


OtherLimits = dict[int, tuple[float | None, float | None]]
"""Of rows of a stream that it describes with limits other than the lot's: (low, high)."""


def describe_tests(tests: TestList, named: Named, stream: Stream, encoding: str | None) -> OtherLimits:
    """Add what a stream says of its tests; returns the limits that are not the lot's."""
    described = _descriptions(stream, encoding)
    other: OtherLimits = {}
    for row, group, owner in zip(named.rows, named.groups, named.owners, strict=True):
        said = group if described.told[group] else owner
        if tests.describe(int(named.tests[row]), described, said):
            other[row] = described.limits(said)
    return other


def _names(stream: Stream, local: Any, cold: Tables, encoding: str | None) -> list[str]:
    """Names by row; where the records carry none, TSR's when it has just one for that number and kind."""
    data, ends = cut(stream.working.arena, local["name_at"].copy(), local["name_length"])
    spelled: dict[bytes, str] = {}
    summary: dict[tuple[str, int], set[str]] | None = None
    found = []
    for raw, number, kind in zip(sliced(data, ends), local["number"].tolist(), local["kind"].tolist(), strict=True):
        name = spelled.get(raw)
        if name is None:
            name = spelled[raw] = spell(raw, encoding).strip("\0 ")
        if not name and kind in _FIRST_RECORD:
            summary = _summary_names(cold) if summary is None else summary
            choices = summary.get((KINDS.get(kind, "multiple"), number), set()) | summary.get(("", number), set())
            name = next(iter(choices)) if len(choices) == 1 else ""
        found.append(name)
    return found


def spell(raw: bytes, encoding: str | None) -> str:
    """Text of a Cn: the given codec, else UTF-8, else Latin-1; never an error."""
    if encoding is not None:
        return raw.decode(encoding, errors="replace")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _summary_names(cold: Tables) -> dict[tuple[str, int], set[str]]:
    names: dict[tuple[str, int], set[str]] = {}
    if (table := cold.get("TSR")) is not None:
        for number, kind, name in zip(table["TEST_NUM"], table["TEST_TYP"], table["TEST_NAM"], strict=True):
            if name and name.strip("\0 "):
                names.setdefault((TSR_TYPES.get(kind, ""), number), set()).add(name.strip("\0 "))
    return names


def _descriptions(stream: Stream, encoding: str | None) -> Described:
    """What the first record of each test says."""
    local = stream.working.tests[: stream.working.count(kernel.TESTS)]
    described = Described(_limits(local) | {name: [None] * len(local) for name in _TOLD}, [False] * len(local))
    for kind in (kernel.PARAMETRIC, kernel.MULTIPLE):
        of_kind = local["kind"] == kind
        if kind == kernel.MULTIPLE:
            of_kind |= (local["kind"] == kernel.START) & (np.arange(len(local)) > 0)
        rows = np.flatnonzero(of_kind & (local["first_at"] >= 0))
        if not len(rows):
            continue
        fields = pick(
            stream.working.arena, local["first_at"][rows], local["first_length"][rows], RECORDS[_FIRST_RECORD[kind]],
            _DESCRIBING, big_endian=stream.big_endian, encoding=encoding,
        )  # fmt: skip
        _put(described, rows.tolist(), fields)
    return described


def _limits(local: Any) -> dict[str, list[Any]]:
    """What the kernel itself knows of each test: columns by row."""
    known, flags = local["parm_known"].tolist(), local["parm_flags"].tolist()
    found: dict[str, list[Any]] = {f"{side}_limit": _side(local, side) for side in ("low", "high")}
    for side, mask in (("low", LOW_EQUAL_PASSES), ("high", HIGH_EQUAL_PASSES)):
        found[f"{side}_equal_passes"] = [
            bool(flag & mask) if there else None for flag, there in zip(flags, known, strict=True)
        ]
    return found


def _side(local: Any, side: str) -> list[float | None]:
    """The limits on one side; None where there is none, or where it is no number."""
    values = np.ascontiguousarray(local[side]).view(np.float32)
    given = (local[f"{side}_state"] == kernel.LIMIT_GIVEN) & ~np.isnan(values)
    return [value if there else None for value, there in zip(values.tolist(), given.tolist(), strict=True)]


_TEXTS = {"unit": "UNITS", "result_format": "C_RESFMT", "low_format": "C_LLMFMT", "high_format": "C_HLMFMT"}
_UNLESS = {
    "result_scale": ("RES_SCAL", 0x01), "low_scale": ("LLM_SCAL", 0x50), "high_scale": ("HLM_SCAL", 0xA0),
    "low_spec": ("LO_SPEC", 0x04), "high_spec": ("HI_SPEC", 0x08),
}  # fmt: skip
"""Columns of `tests` by the field they come from, and the bits of OPT_FLAG that make it count for nothing."""
_TOLD = (*_TEXTS, *_UNLESS)
_DESCRIBING = ("OPT_FLAG", *_TEXTS.values(), *(name for name, _ in _UNLESS.values()))
"""Fields of PTR and MPR that say how a test's readings are to be understood."""


def _put(described: Described, rows: list[int], fields: dict[str, list[Any]]) -> None:
    """Units, scales, formats and specs of PTRs or MPRs, as far as their OPT_FLAG lets them count."""
    options = [0xFF if option is None else option for option in fields["OPT_FLAG"]]
    for row in rows:
        described.told[row] = True
    for name, field_name in _TEXTS.items():
        column, said = described.columns[name], fields[field_name]
        words = {value: text(value) for value in set(said)}
        for row, value in zip(rows, said, strict=True):
            column[row] = words[value]
    for name, (field_name, mask) in _UNLESS.items():
        column = described.columns[name]
        for row, value, option in zip(rows, fields[field_name], options, strict=True):
            if not option & mask:
                column[row] = value
