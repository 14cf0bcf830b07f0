"""The declared mapping of a file of assembly measurements: a TOML text, checked whole before any data is touched."""

from __future__ import annotations

import codecs
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from corecar.errors import UnknownFormat
from corecar.faults import Faults, meant
from corecar.file_kinds import toml_of
from corecar.formats.datalog.mapping import MISSING, Mapping, Place

FACTS = (
    "step", "lot", "product", "strip", "machine", "material_batch", "characteristic", "value", "unit", "low_limit",
    "high_limit", "time", "operator",
)  # fmt: skip
"""What is known of one measured value."""
NUMBERS = ("value", "low_limit", "high_limit")
OF_CHARACTERISTIC = ("unit", "low_limit", "high_limit", "special")
"""What a mapping may declare of a characteristic, where the file does not say it."""
OF_VALUES = ("characteristic", "step", *OF_CHARACTERISTIC)
"""What a mapping may declare of a column of values."""
FILE = ("delimiter", "decimal", "encoding", "header_row", "missing", "time")
SECTIONS = ("file", "columns", "values", "characteristics")
NEEDED = ("step", "lot", "time")
"""Facts without which a value can be neither found nor put in order."""


@dataclass(frozen=True)
class AssemblyMapping:
    """What a mapping says, defaults filled in.

    sheet            how the text is cut into cells, and the headers to look for
    columns          fact -> the column it stands in, or the text that holds for every row
    values           header of a column of values -> its characteristic and what is declared of it; empty where the
                     file has one value a row
    characteristics  name -> unit, limits and whether it is special, where the file does not say so
    time             how moments are written, as `strptime` has it; None for ISO 8601
    said_missing     texts that the mapping itself says mean "no value", beside those that always do
    """

    path: str
    sheet: Mapping
    columns: dict[str, Place]
    values: dict[str, dict[str, Any]]
    characteristics: dict[str, dict[str, Any]]
    time: str | None = None
    said_missing: tuple[str, ...] = ()


def load_assembly_mapping(mapping: str | Path | Dictionary[str, Any]) -> AssemblyMapping:
    """A mapping from a TOML file, or from a dictionary of the same shape.

    Raises  SourceMissing when there is no such file; MappingError naming every key that is unknown or of a wrong kind
    """
    faults = Faults()
    name, content = _content(mapping, faults)
    faults.settle()
    _check(name, content, faults)
    faults.settle()
    return _built(name, content)


def _content(mapping: str | Path | Dictionary[str, Any], faults: Faults) -> tuple[str, dict[str, Any]]:
    if isinstance(mapping, Dictionary):
        return "the mapping", dict(mapping)
    try:
        wanted = "a mapping of measurements (TOML)"
        return str(mapping), toml_of(mapping, wanted, "Start from `corecar assembly propose`.")
    except UnknownFormat as error:
        faults.add(str(mapping), error.problem, advice=error.advice)
        return str(mapping), {}


def _check(name: str, content: dict[str, Any], faults: Faults) -> None:
    for section, keys in content.items():
        if section not in SECTIONS:
            faults.add(name, f"[{section}] is no section of a mapping.", advice=meant(section, SECTIONS))
        elif not isinstance(keys, dict):
            faults.add(name, f"{section}: a section [{section}] was expected, got {keys!r}.")
    parts = {section: content.get(section, {}) for section in SECTIONS}
    if not all(isinstance(keys, dict) for keys in parts.values()):
        return
    _check_file(name, parts["file"], faults)
    _check_columns(name, parts["columns"], bool(parts["values"]), faults)
    _check_declared(name, "values", parts["values"], OF_VALUES, faults)
    _check_declared(name, "characteristics", parts["characteristics"], OF_CHARACTERISTIC, faults)


def _check_file(name: str, file: dict[str, Any], faults: Faults) -> None:
    _check_names(name, "file", file, FILE, faults)
    for key in ("delimiter", "decimal", "encoding", "time"):
        if key in file and not isinstance(file[key], str):
            faults.add(name, f"[file] {key}: expected a text, got {file[key]!r}.")
    delimiter = file.get("delimiter", ",")
    if delimiter != "tab" and len(str(delimiter)) != 1:
        faults.add(name, f'[file] delimiter: expected one character or "tab", got {delimiter!r}.')
    if file.get("decimal", ".") not in (".", ","):
        faults.add(name, f"[file] decimal: expected '.' or ',', got {file['decimal']!r}.")
    if file.get("decimal") == "," and delimiter == ",":
        faults.add(name, "[file] decimal and delimiter are both a comma.", advice='Such files mostly use ";".')
    row, missing = file.get("header_row", 1), file.get("missing", [])
    if not isinstance(row, int) or isinstance(row, bool) or row < 1:
        faults.add(name, f"[file] header_row: expected a line number from 1, got {row!r}.")
    if not isinstance(missing, list) or not all(isinstance(text, str) for text in missing):
        faults.add(name, f"[file] missing: expected a list of texts, got {missing!r}.")
    try:
        codecs.lookup(str(file.get("encoding", "utf-8")))
    except LookupError:
        faults.add(name, f"[file] encoding: {file['encoding']!r} is not known.", advice='Try "utf-8" or "gb18030".')


def _check_columns(name: str, columns: dict[str, Any], wide: bool, faults: Faults) -> None:
    _check_names(name, "columns", columns, FACTS, faults)
    for fact, place in columns.items():
        if not _is_place(place):
            wanted = 'a column\'s header, or { text = "..." } for every row'
            faults.add(name, f"[columns] {fact}: expected {wanted}, got {place!r}.")
    needed = NEEDED if wide else (*NEEDED, "characteristic", "value")
    for fact in needed:
        if fact not in columns:
            advice = f'Name its column, or say {fact} = {{ text = "..." }}.'
            faults.add(name, f"[columns] {fact}: every value needs it.", advice=advice)
    if wide and "value" in columns:
        faults.add(name, "[columns] value and [values] exclude each other.", advice="Keep one of the two.")


def _is_place(place: object) -> bool:
    if isinstance(place, str):
        return True
    return isinstance(place, dict) and list(place) == ["text"] and isinstance(place["text"], str)


def _check_declared(name: str, section: str, declared: dict[str, Any], known: tuple[str, ...], faults: Faults) -> None:
    for title, facts in declared.items():
        if not isinstance(facts, dict):
            faults.add(name, f'[{section}] "{title}": expected a table such as {{ unit = "gf" }}, got {facts!r}.')
            continue
        _check_names(name, f'{section}."{title}"', facts, known, faults)
        if section == "values" and not isinstance(facts.get("characteristic"), str):
            faults.add(name, f'[values] "{title}": needs characteristic = "...".')
        for fact, value in facts.items():
            problem = _declared_problem(fact, value)
            if problem:
                faults.add(name, f'[{section}] "{title}" {fact}: {problem}, got {value!r}.')
        low, high = facts.get("low_limit"), facts.get("high_limit")
        if _is_number(low) and _is_number(high) and low > high:
            faults.add(name, f'[{section}] "{title}": low_limit {low} is above high_limit {high}.')


def _declared_problem(fact: str, value: object) -> str | None:
    if fact in ("low_limit", "high_limit"):
        return None if _is_number(value) else "expected a number"
    if fact == "special":
        return None if isinstance(value, bool) else "expected true or false"
    return None if isinstance(value, str) else "expected a text"


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value - value == 0


def _check_names(name: str, section: str, keys: dict[str, Any], known: tuple[str, ...], faults: Faults) -> None:
    for key in keys:
        if key not in known:
            faults.add(name, f"[{section}] {key}: no such key.", advice=meant(key, known))


def _built(name: str, content: dict[str, Any]) -> AssemblyMapping:
    file, values = dict(content.get("file", {})), content.get("values", {})
    columns = {
        fact: Place(column=place) if isinstance(place, str) else Place(text=place["text"])
        for fact, place in content.get("columns", {}).items()
    }
    delimiter = file.get("delimiter", ",")
    headers = [place.column for place in columns.values() if place.column is not None] + list(values)
    sheet = Mapping(
        path=name,
        delimiter="\t" if delimiter == "tab" else delimiter,
        decimal=file.get("decimal", "."),
        encoding=file.get("encoding", "utf-8"),
        header_row=file.get("header_row"),
        missing=tuple(dict.fromkeys([*MISSING, *file.get("missing", ())])),
        lot={header: Place(column=header) for header in headers},
    )
    characteristics = dict(content.get("characteristics", {}))
    return AssemblyMapping(
        name, sheet, columns, dict(values), characteristics, file.get("time"), tuple(file.get("missing", ()))
    )
