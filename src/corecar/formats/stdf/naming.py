"""Which tests a lot has: identity by kind, number, name and pin; limits and units from each test's first record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corecar.formats.stdf import kernel_state as kernel
from corecar.formats.stdf.cold import Tables, text
from corecar.formats.stdf.picks import pick
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


@dataclass
class TestList:
    """The lot's tests as they are met, stream by stream; the first description of a test is the one that stays."""

    rows: dict[Identity, dict[str, Any]] = field(default_factory=dict)
    changed: set[Identity] = field(default_factory=set)

    def add(self, identity: Identity, described: dict[str, Any]) -> tuple[int, bool]:
        """The number of a test in the lot, and whether its limits are described differently than before."""
        known = self.rows.get(identity)
        if known is None:
            self.rows[identity] = {"test": len(self.rows), **described}
            return len(self.rows) - 1, False
        if not known["described"] and described["described"]:
            known.update(described)
        elif described["described"] and any(known[side] != described[side] for side in ("low_limit", "high_limit")):
            self.changed.add(identity)
            return int(known["test"]), True
        return int(known["test"]), False

    def table(self) -> Any:
        """The `tests` table."""
        rows = [{**row, **identity._asdict()} for identity, row in self.rows.items()]
        columns = schema("tests")
        return pa.Table.from_arrays(
            [pa.array([row.get(name) for row in rows], columns.field(name).type) for name in columns.names],
            schema=columns,
        )


class Named(NamedTuple):
    """A stream's tests as the lot's.

    tests         uint32, for each of the stream's rows the lot's test
    other_limits  of rows that the stream describes with limits other than the lot's: (low, high)
    """

    tests: npt.NDArray[np.uint32]
    other_limits: dict[int, tuple[float | None, float | None]]


def add_tests(tests: TestList, stream: Stream, cold: Tables, encoding: str | None) -> Named:
    """Add a stream's tests to the lot's."""
    local = stream.working.tests[: stream.working.count(kernel.TESTS)]
    names = _names(stream, local, cold, encoding)
    pins = pin_names(*(cold["PMR"][name] for name in PIN_FIELDS)) if "PMR" in cold else {}
    described = _descriptions(stream, local, encoding)
    kinds, parents = local["kind"].tolist(), local["parent"].tolist()
    mapping = np.zeros(len(local), np.uint32)
    other: dict[int, tuple[float | None, float | None]] = {}
    for row, (kind, number, pin) in enumerate(zip(kinds, local["number"].tolist(), local["pin"].tolist(), strict=True)):
        if kind not in KINDS:
            continue
        group = parents[row] if kind == kernel.PIN else row
        owner = parents[group] if kinds[group] == kernel.START else group
        pin_name = pins.get(pin, str(pin) if pin >= 0 else f"#{-1 - pin}") if kind == kernel.PIN else None
        said = described[group] if described[group]["described"] else described[owner]
        mapping[row], differs = tests.add(Identity(KINDS[kind], number, names[owner], pin_name), said)
        if differs:
            other[row] = (said["low_limit"], said["high_limit"])
    return Named(mapping, other)


def _names(stream: Stream, local: Any, cold: Tables, encoding: str | None) -> list[str]:
    """Names by row; where the records carry none, TSR's when it has just one for that number and kind."""
    arena = stream.working.arena
    summary: dict[tuple[str, int], set[str]] | None = None
    found = []
    for at, length, number, kind in zip(
        *(local[column].tolist() for column in ("name_at", "name_length", "number", "kind")), strict=True
    ):
        name = spell(arena[at : at + length].tobytes(), encoding).strip("\0 ")
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


def _descriptions(stream: Stream, local: Any, encoding: str | None) -> dict[int, dict[str, Any]]:
    """What the first record of each test says, by row."""
    described = _limits(local)
    for kind, record in _FIRST_RECORD.items():
        of_kind = local["kind"] == kind
        if kind == kernel.MULTIPLE:
            of_kind |= (local["kind"] == kernel.START) & (np.arange(len(local)) > 0)
        rows = np.flatnonzero(of_kind & (local["first_at"] >= 0))
        if kind == kernel.FUNCTIONAL or not len(rows):
            continue
        columns = pick(
            stream.working.arena, local["first_at"][rows], local["first_length"][rows], RECORDS[record], _DESCRIBING,
            big_endian=stream.big_endian, encoding=encoding,
        )  # fmt: skip
        for row, values in zip(rows.tolist(), zip(*columns.values(), strict=True), strict=True):
            described[row].update(_described(dict(zip(columns, values, strict=True))))
    return described


def _limits(local: Any) -> dict[int, dict[str, Any]]:
    """What the kernel itself knows of each test, by row."""
    known, flags = local["parm_known"].tolist(), local["parm_flags"].tolist()
    return {
        row: {
            "described": False,
            "low_limit": low,
            "high_limit": high,
            "low_equal_passes": bool(flags[row] & LOW_EQUAL_PASSES) if known[row] else None,
            "high_equal_passes": bool(flags[row] & HIGH_EQUAL_PASSES) if known[row] else None,
        }
        for row, (low, high) in enumerate(zip(_side(local, "low"), _side(local, "high"), strict=True))
    }


def _side(local: Any, side: str) -> list[float | None]:
    """The limits on one side; None where there is none, or where it is no number."""
    values = np.ascontiguousarray(local[side]).view(np.float32)
    given = (local[f"{side}_state"] == kernel.LIMIT_GIVEN) & ~np.isnan(values)
    return [value if there else None for value, there in zip(values.tolist(), given.tolist(), strict=True)]


_DESCRIBING = (
    *("OPT_FLAG", "UNITS", "RES_SCAL", "LLM_SCAL", "HLM_SCAL", "C_RESFMT", "C_LLMFMT", "C_HLMFMT"),
    *("LO_SPEC", "HI_SPEC"),
)
"""Fields of PTR and MPR that say how a test's readings are to be understood."""


def _described(fields: dict[str, Any]) -> dict[str, Any]:
    """Units, scales, formats and specs of a PTR or MPR, as far as its OPT_FLAG lets them count."""
    raw = fields.get("OPT_FLAG")
    option = raw[0] if isinstance(raw, bytes) and raw else raw if isinstance(raw, int) else 0xFF

    def unless(mask: int, name: str) -> Any:
        return None if option & mask else fields.get(name)

    return {
        "described": True,
        "unit": text(fields.get("UNITS")),
        "result_scale": unless(0x01, "RES_SCAL"),
        "low_scale": unless(0x50, "LLM_SCAL"),
        "high_scale": unless(0xA0, "HLM_SCAL"),
        "result_format": text(fields.get("C_RESFMT")),
        "low_format": text(fields.get("C_LLMFMT")),
        "high_format": text(fields.get("C_HLMFMT")),
        "low_spec": unless(0x04, "LO_SPEC"),
        "high_spec": unless(0x08, "HI_SPEC"),
    }
