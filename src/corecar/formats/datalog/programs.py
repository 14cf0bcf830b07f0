"""Which columns of a sheet are tests, and what is known of each: number, name, unit, limits."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corecar.faults import Faults, meant
from corecar.formats.datalog.cells import Cells
from corecar.formats.datalog.mapping import Mapping
from corecar.formats.datalog.sheet import Sheet
from corecar.tables import TESTS

TYPES = {column.name: column.type for column in TESTS}
PLAIN = {"result_scale": 0, "low_equal_passes": True, "high_equal_passes": True}
"""What a datalog means without saying it: values are shown as written, and a value equal to a limit passes."""

MOSTLY = 0.5
"""A column is taken for numbers when more than this share of its filled cells are; the rest then become faults."""

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?inf(?:inity)?", re.IGNORECASE)
_BOOLS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def column_of(sheet: Sheet, name: str, faults: Faults) -> int:
    """Place of the one column with this header; 0 and a fault when there is none, or more than one."""
    places = [at for at, header in enumerate(sheet.header) if header == name]
    if len(places) == 1:
        return places[0]
    found = "no column has this header" if not places else f"{len(places)} columns have this header"
    advice = meant(name, [header for header in sheet.header if header]) if not places else "Rename all but one."
    faults.add(sheet.path, f"{found}.", row=sheet.header_line, column=name, advice=advice)
    return 0


def test_columns(sheet: Sheet, mapping: Mapping, cells: Cells, faults: Faults) -> tuple[list[int], list[str]]:
    """Places of the test columns in order, and notes about what was left out."""
    taken = set(mapping.columns()) - set(mapping.declared)
    free = [at for at, header in enumerate(sheet.header) if header and header not in taken]
    free = [at for at in free if not any(fnmatchcase(sheet.header[at], pattern) for pattern in mapping.exclude)]
    for name in mapping.declared:
        column_of(sheet, name, faults)
    if mapping.test_columns is None:
        return _numeric(sheet, mapping, cells, free)
    return _named(sheet, mapping.test_columns, free, faults), []


def _named(sheet: Sheet, patterns: tuple[str, ...], free: list[int], faults: Faults) -> list[int]:
    chosen: dict[int, None] = {}
    for pattern in patterns:
        exact = [at for at in free if sheet.header[at] == pattern]
        matches = exact or [at for at in free if fnmatchcase(sheet.header[at], pattern)]
        if not matches:
            faults.add(sheet.path, "no test column has this header or matches this pattern.", row=sheet.header_line,
                       column=pattern, advice=meant(pattern, [sheet.header[at] for at in free]))  # fmt: skip
        chosen |= dict.fromkeys(matches)
    return list(chosen)


def _numeric(sheet: Sheet, mapping: Mapping, cells: Cells, free: list[int]) -> tuple[list[int], list[str]]:
    """All remaining columns whose cells are mostly numbers, or whose kind or limits say that they are tests."""
    sample = cells.sample(free)
    said = _said_to_be_tests(sheet, mapping)
    chosen = [at for at in free if at in said or _mostly_numbers(sample[at], mapping.decimal)]
    left = [sheet.header[at] for at in free if at not in set(chosen)]
    if not left:
        return chosen, []
    shown = ", ".join(f'"{name}"' for name in left[:10]) + (" ..." if len(left) > 10 else "")
    return chosen, [f"{len(left)} columns hold no numbers and were left out: {shown}."]


def _said_to_be_tests(sheet: Sheet, mapping: Mapping) -> set[int]:
    rows = [sheet.labelled(mapping.test_rows[fact]) or [] for fact in ("kind", "unit") if fact in mapping.test_rows]
    labels = {str(label) for label in mapping.test_rows.values()}
    said = {at for row in rows for at, cell in enumerate(row) if cell.strip() and cell.strip() not in labels}
    return said | {at for at, header in enumerate(sheet.header) if header in mapping.declared}


def _mostly_numbers(texts: Any, decimal: str) -> bool:
    filled = texts.drop_null()
    if not len(filled):
        return False
    dotted = pc.replace_substring(filled, ",", ".") if decimal == "," else filled
    numbers = pc.sum(pc.match_substring_regex(dotted, rf"^(?i:{_NUMBER.pattern})$")).as_py() or 0
    return bool(numbers > MOSTLY * len(filled))


def test_facts(sheet: Sheet, mapping: Mapping, columns: list[int], faults: Faults) -> tuple[dict[str, Any], list[str]]:
    """The `tests` columns of the test columns, and notes about what was assumed."""
    facts: list[dict[str, Any]] = [_header_facts(sheet, mapping, at, faults) for at in columns]
    for fact, label in mapping.test_rows.items():
        row = sheet.labelled(label)
        if row is None:
            faults.add(mapping.path, f'[tests] rows: {fact}: no row before the data begins with "{label}".',
                       advice=meant(str(label), sheet.labels()))  # fmt: skip
            continue
        line = next(line for line, cells in sheet.head.items() if cells is row)
        for at, found in zip(columns, facts, strict=True):
            text = row[at].strip() if at < len(row) else ""
            value = parse_fact(fact, text, mapping, found.get("unit"))
            if value is REFUSED:
                faults.add(sheet.path, f'expected {_expected(fact)} for {fact}, got "{text}".', row=line,
                           column=sheet.header[at])  # fmt: skip
            elif value is not None:
                found[fact] = value
    for at, found in zip(columns, facts, strict=True):
        found |= _declared_facts(mapping, sheet.header[at], faults)
    return complete(facts, [sheet.header[at] for at in columns], sheet, faults)


def complete(
    facts: list[dict[str, Any]], headers: list[str], sheet: Sheet, faults: Faults
) -> tuple[dict[str, Any], list[str]]:
    """Facts of tests as columns of `tests`, with what was not said filled in, and notes about it."""
    notes = []
    if any("number" not in found for found in facts):
        notes.append("The datalog gives no test numbers; tests are numbered from left to right.")
        following = max((found.get("number", 0) for found in facts), default=0) + 1
        for found in facts:
            if "number" not in found:
                found["number"] = following
                following += 1
    seen: dict[tuple[Any, ...], str] = {}
    for found, header in zip(facts, headers, strict=True):
        found.setdefault("name", header)
        found.setdefault("kind", "parametric")
        if found["kind"] != "functional":
            for fact, value in PLAIN.items():
                found.setdefault(fact, value)
            for side in ("low", "high"):
                if f"{side}_limit" in found:
                    found.setdefault(f"{side}_scale", 0)
        identity = (found["number"], found["name"], found.get("pin"))
        if identity in seen:
            faults.add(sheet.path, f'test {identity[0]} "{identity[1]}" stands in column "{seen[identity]}" already.',
                       column=header, advice="Exclude one, or give them different numbers.")  # fmt: skip
        seen[identity] = header
    names = [name for name in TYPES if name != "test"]
    return {name: pa.array([found.get(name) for found in facts], TYPES[name]) for name in names}, notes


class _Refused:
    """Marks a text that is no value of its fact."""


REFUSED = _Refused()


def parse_fact(fact: str, text: str, mapping: Mapping, unit: str | None = None) -> Any:
    """The value of one fact of a test from its text; None where it says nothing, REFUSED where it cannot be one."""
    if not text or text in mapping.missing:
        return None
    kind = TYPES[fact]
    if pa.types.is_string(kind):
        return text
    if pa.types.is_boolean(kind):
        return _BOOLS.get(text.casefold(), REFUSED)
    bare = text.replace(",", ".") if mapping.decimal == "," else text
    if unit and not _NUMBER.fullmatch(bare) and bare.casefold().endswith(unit.casefold()):
        bare = bare[: -len(unit)].rstrip()
    if not _NUMBER.fullmatch(bare):
        return REFUSED
    value = float(bare)
    if pa.types.is_floating(kind):
        return value
    low, high = (0, 2**32 - 1) if fact == "number" else (-128, 127)
    return int(value) if value.is_integer() and low <= value <= high else REFUSED


def _expected(fact: str) -> str:
    kind = TYPES[fact]
    if pa.types.is_boolean(kind):
        return "true or false"
    return "a number" if pa.types.is_floating(kind) else "a whole number"


def _header_facts(sheet: Sheet, mapping: Mapping, at: int, faults: Faults) -> dict[str, Any]:
    """What a header says of its test by the mapping's template; a header that does not fit it is a bare name."""
    header = sheet.header[at]
    if mapping.test_header is None:
        return {}
    match = _template(mapping.test_header).fullmatch(header)
    if match is None:
        return {"name": header}
    found: dict[str, Any] = {}
    for fact, text in match.groupdict().items():
        value = parse_fact(fact, text.strip(), mapping, found.get("unit"))
        if value is REFUSED:
            faults.add(sheet.path, f'expected {_expected(fact)} for {fact}, got "{text}".', row=sheet.header_line,
                       column=header, advice="Correct header under [tests] in the mapping.")  # fmt: skip
        elif value is not None:
            found[fact] = value
    return found


def _template(header: str) -> re.Pattern[str]:
    """`{name}[{unit}]` as a pattern; blanks in it stand for any number of blanks."""
    pieces = re.split(r"\{(\w+)\}", header)
    out = ""
    for at, piece in enumerate(pieces):
        if at % 2:
            out += f"(?P<{piece}>{'[0-9]+' if piece == 'number' else '.*?'})"
        else:
            out += re.sub(r"(\\ )+", r"\\s*", re.escape(piece))
    return re.compile(out)


def _declared_facts(mapping: Mapping, header: str, faults: Faults) -> dict[str, Any]:
    found = {}
    for fact, given in mapping.declared.get(header, {}).items():
        value = parse_fact(fact, str(given), mapping) if not isinstance(given, float) else given
        if value is REFUSED:
            faults.add(mapping.path, f'[tests.declared."{header}"] {fact}: expected {_expected(fact)}, got {given!r}.')
        elif value is not None:
            found[fact] = value
    return found
