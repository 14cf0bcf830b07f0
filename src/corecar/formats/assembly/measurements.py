"""Assembly measurements as rows: every cell that does not fit told by line, column, value and rule, all at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from corecar.faults import Faults, meant
from corecar.formats.assembly.mapping import NUMBERS, AssemblyMapping, load_assembly_mapping
from corecar.formats.datalog.sheet import Sheet, open_sheet, records


@dataclass(frozen=True)
class Measurement:
    """One measured value of a packaging step.

    row      line of the file, from 1
    value    None where the file says that there is none [unit]
    time     as the machine's clock showed it: no zone unless the file gives one
    special  whether it is a special characteristic, whose Cpk goal is higher
    extra    cells of columns that the mapping does not name, by header
    """

    row: int
    step: str
    lot: str
    characteristic: str
    value: float | None
    time: datetime
    product: str | None = None
    strip: str | None = None
    machine: str | None = None
    material_batch: str | None = None
    unit: str | None = None
    low_limit: float | None = None
    high_limit: float | None = None
    operator: str | None = None
    special: bool = False
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AssemblySheet:
    """A file of assembly measurements, read whole.

    hash     SHA-256 of its decompressed content
    unnamed  headers that the mapping does not name; their cells stand in `extra`
    """

    path: str
    hash: str
    rows: tuple[Measurement, ...]
    unnamed: tuple[str, ...]


def read_assembly(path: str | Path, mapping: str | Path | dict[str, Any] | AssemblyMapping) -> AssemblySheet:
    """Read a CSV of assembly measurements by its mapping.

    Returns  AssemblySheet
    Raises   MappingError with every place that does not fit; SourceMissing, DamagedSource, UnknownFormat
    """
    import hashlib

    found = mapping if isinstance(mapping, AssemblyMapping) else load_assembly_mapping(mapping)
    faults = Faults()
    sheet = open_sheet(path, found.sheet, faults)
    faults.settle()
    places = _places(sheet, found, faults)
    faults.settle()
    reader = _Reader(sheet, found, places, faults)
    rows = tuple(reader.measurements())
    faults.settle()
    digest = hashlib.sha256(memoryview(sheet.member.load())).hexdigest()
    return AssemblySheet(str(path), digest, rows, tuple(header for header in reader.unnamed.values() if header))


def _places(sheet: Sheet, mapping: AssemblyMapping, faults: Faults) -> dict[str, int]:
    """Header -> place of every column that the mapping names; one that is missing or there twice is a fault."""
    found: dict[str, int] = {}
    for header in mapping.sheet.columns():
        count = sheet.header.count(header)
        if count == 1:
            found[header] = sheet.header.index(header)
        elif count == 0:
            advice = meant(header, [name for name in sheet.header if name])
            faults.add(
                sheet.path, "the header has no such column.", row=sheet.header_line, column=header, advice=advice
            )
        else:
            problem = f"the header has {count} columns of that name."
            faults.add(sheet.path, problem, row=sheet.header_line, column=header, advice="Give each its own name.")
    return found


class _Reader:
    """Turns the lines of one sheet into measurements."""

    def __init__(self, sheet: Sheet, mapping: AssemblyMapping, places: dict[str, int], faults: Faults) -> None:
        self.sheet, self.mapping, self.places, self.faults = sheet, mapping, places, faults
        self.missing = frozenset(mapping.sheet.missing)
        named = set(places.values())
        self.unnamed = {at: header for at, header in enumerate(sheet.header) if at not in named}

    def measurements(self) -> Iterator[Measurement]:
        for line, cells, _ in records(self.sheet.data, self.mapping.sheet.delimiter):
            row = self.sheet.data_line + line - 1
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(self.sheet.header):
                problem = f"expected {len(self.sheet.header)} cells, as the header has, got {len(cells)}."
                self.faults.add(self.sheet.path, problem, row=row, advice="Quote cells that hold the delimiter.")
                continue
            yield from self._of_line(row, [cell.strip() for cell in cells])

    def _of_line(self, row: int, cells: list[str]) -> Iterator[Measurement]:
        facts = {fact: self._text(row, fact, cells) for fact in self.mapping.columns}
        self._refuse_nan_limits(row, cells)
        extra = {header: cells[at] for at, header in self.unnamed.items() if header and cells[at]}
        if not self.mapping.values:
            yield from self._one(row, facts, self._header("value"), {}, extra)
        for header, declared in self.mapping.values.items():
            own = facts | {"value": self._cell(cells[self.places[header]])}
            own |= {name: declared[name] for name in ("characteristic", "step") if name in declared}
            yield from self._one(row, own, header, declared, extra)

    def _one(
        self,
        row: int,
        facts: dict[str, str | None],
        column: str | None,
        declared: dict[str, Any],
        extra: dict[str, str],
    ) -> Iterator[Measurement]:
        before = len(self.faults)
        for fact in ("step", "lot", "characteristic", "time"):
            if not facts.get(fact):
                self._tell(
                    row, fact, "the cell is empty, and every value needs it.", "Fill it in, or take the line out."
                )
        known = self.mapping.characteristics.get(facts.get("characteristic") or "", {}) | declared
        numbers = {fact: self._number(row, fact, facts.get(fact), column if fact == "value" else None)
                   for fact in NUMBERS}  # fmt: skip
        for fact in ("low_limit", "high_limit"):
            if numbers[fact] is None and fact in known:
                numbers[fact] = float(known[fact])
        low, high = numbers["low_limit"], numbers["high_limit"]
        if low is not None and high is not None and low > high:
            self._tell(row, "low_limit", f"{low:g} is above the high limit {high:g}.", "Exchange them, or mend one.")
        moment = self._moment(row, facts.get("time"))
        if len(self.faults) > before or moment is None:
            return
        texts: dict[str, Any] = {
            fact: facts.get(fact) for fact in ("product", "strip", "machine", "material_batch", "operator")
        }
        yield Measurement(
            row=row, step=facts["step"] or "", lot=facts["lot"] or "", characteristic=facts["characteristic"] or "",
            time=moment, value=numbers["value"], unit=facts.get("unit") or known.get("unit"), low_limit=low,
            high_limit=high, special=bool(known.get("special", False)), extra=extra, **texts,
        )  # fmt: skip

    def _refuse_nan_limits(self, row: int, cells: list[str]) -> None:
        """NaN in a limit is no statement that there is none: whoever computed it may have lost a limit."""
        for fact in ("low_limit", "high_limit"):
            place = self.mapping.columns.get(fact)
            text = cells[self.places[place.column]] if place and place.column is not None else place and place.text
            if text and text.lower() == "nan" and text not in self.mapping.said_missing:
                advice = f'Leave the cell empty where there is no limit, or add "{text}" to missing under [file].'
                self._tell(row, fact, f'"{text}" is no limit, and does not say that there is none.', advice)

    def _text(self, row: int, fact: str, cells: list[str]) -> str | None:
        place = self.mapping.columns[fact]
        return place.text if place.column is None else self._cell(cells[self.places[place.column]])

    def _cell(self, cell: str) -> str | None:
        return None if cell in self.missing else cell

    def _number(self, row: int, fact: str, text: str | None, column: str | None) -> float | None:
        if text is None:
            return None
        decimal = self.mapping.sheet.decimal
        try:
            number = float(text.replace(",", ".") if decimal == "," else text)
        except ValueError:
            number = float("nan")
        if number - number == 0 and "_" not in text:
            return number
        advice = 'Is the decimal mark a comma? Say decimal = "," under [file].' if "," in text else ""
        advice = advice or f'If "{text}" means that there is none, add it to missing under [file].'
        self._tell(row, fact, f'"{text}": expected a number.', advice, column)
        return None

    def _moment(self, row: int, text: str | None) -> datetime | None:
        if not text:
            return None
        form = self.mapping.time
        try:
            return datetime.fromisoformat(text) if form is None else datetime.strptime(text, form)
        except ValueError:
            wanted = "a moment such as 2026-11-25 14:30:00" if form is None else f"a moment written {form}"
            self._tell(
                row, "time", f'"{text}": expected {wanted}.', 'Say how with time = "%d.%m.%Y %H:%M" under [file].'
            )
            return None

    def _header(self, fact: str) -> str | None:
        place = self.mapping.columns.get(fact)
        return place.column if place else None

    def _tell(self, row: int, fact: str, problem: str, advice: str, column: str | None = None) -> None:
        self.faults.add(self.sheet.path, problem, row=row, column=column or self._header(fact) or fact, advice=advice)
