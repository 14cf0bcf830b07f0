"""A document out of JSON: every place that does not fit its fields is told at once, by its path."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn

from corecar.agree.fields import DAY, LONGEST_TEXT, MOST_ROWS, Field, fields_of, matches
from corecar.errors import Fault
from corecar.faults import Faults, meant
from corecar.plurals import plural

LARGEST_BYTES = 4_000_000
"""A document above it is refused before it is read: no memorandum is a hundredth of that."""
_MISSING = object()


@dataclass(frozen=True)
class FieldFault(Fault):
    """A field of a document that does not fit; `column` is its path, such as `parties[1].benefit`."""

    def __str__(self) -> str:
        place = f"{self.column}: " if self.column else ""
        return f"{self.path}: {place}{self.problem} {self.advice}".rstrip()


class FieldFaults(Faults):
    """What does not fit in a document, by the paths of its fields.

    source  what the document is called: its file, or what it is
    """

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source = source

    def at(self, place: str, problem: str, advice: str = "") -> None:
        """Note that a field does not fit, and go on."""
        self._found.append(FieldFault(self.source, problem, column=place, advice=advice))


def json_in(content: bytes | str, source: str) -> Any:
    """The JSON value in a text, each key once and every number finite.

    Raises  MappingError for what is no JSON, too large, too deep, has a key twice or a number that is not finite
    """
    if len(content) > LARGEST_BYTES:
        _refused(source, f"has {len(content):,} bytes, at most {LARGEST_BYTES:,} were expected.")
    try:
        told = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        return json.loads(told, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        reason = "is nested too deeply" if isinstance(error, RecursionError) else f"is no JSON in UTF-8: {error}"
        _refused(source, f"{reason}.")


def _refused(source: str, problem: str) -> NoReturn:
    faults = FieldFaults(source)
    faults.at("", problem)
    faults.settle()
    raise AssertionError


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f'"{key}" stands there twice')
        found[key] = value
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def read_document(document: Any, value: Any, faults: FieldFaults, place: str = "") -> Any:
    """A document out of a JSON value, or None where something of it does not fit and was noted.

    document  the dataclass
    place     path of the value within the whole
    """
    if not isinstance(value, dict):
        faults.at(place, f"is {_kind(value)}, an object with fields was expected.")
        return None
    of = fields_of(document)
    before = len(faults)
    for key in value:
        if key not in of:
            faults.at(_joined(place, str(key)), "is no field.", meant(str(key), of))
    taken = {name: _taken(field, value.get(name, _MISSING), faults, _joined(place, name)) for name, field in of.items()}
    if len(faults) > before:
        return None
    return document(**{name: each for name, each in taken.items() if each is not _MISSING})


def _joined(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _taken(field: Field, value: Any, faults: FieldFaults, place: str) -> Any:
    """The value of one field; `_MISSING` where its default stands, or a fault was noted."""
    if value is _MISSING or value in (None, "", [], {}):
        if field.required:
            faults.at(place, f"is missing: {field.meaning}.")
        return _MISSING
    found = _READERS[field.kind](field, value, faults, place)
    return _MISSING if found is None else found


def _text(field: Field, value: Any, faults: FieldFaults, place: str) -> str | None:
    problem, advice = "", ""
    if not isinstance(value, str):
        problem = f"is {_kind(value)}, text was expected."
    elif not value.strip():
        problem = "is empty."
    elif field.choices and value not in field.choices:
        problem, advice = f'"{_short(value)}" is none of its words.', meant(value, field.choices)
    elif field.check and not matches(field.check, value):
        problem = f'"{_short(value)}" is not {field.check[1]}.'
    elif len(value) > LONGEST_TEXT or not value.isprintable():
        problem = _unprintable(value)
    if problem:
        faults.at(place, problem, advice)
        return None
    return str(value)


def _unprintable(value: str) -> str:
    """What is wrong with a long text or one of odd characters; lines and tabs are in order."""
    if len(value) > LONGEST_TEXT:
        return f"has {len(value):,} characters, at most {LONGEST_TEXT:,} were expected."
    odd = next((each for each in value if not each.isprintable() and each not in "\n\t\u3000\u00a0"), "")
    return f"holds the character U+{ord(odd):04X}, which nobody can see. Leave it out." if odd else ""


def _number(field: Field, value: Any, faults: FieldFaults, place: str) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not _finite(value):
        faults.at(place, f"is {_kind(value)}, a number was expected{_within(field)}.")
        return None
    if not (field.least is None or value >= field.least) or not (field.most is None or value <= field.most):
        faults.at(place, f"is {value:g}, a number was expected{_within(field)}.")
        return None
    return value


def _finite(value: float) -> bool:
    return abs(value) <= 1e15 and math.isfinite(value)


def _whole(field: Field, value: Any, faults: FieldFaults, place: str) -> int | None:
    found = _number(field, value, faults, place)
    if found is not None and found != int(found):
        faults.at(place, f"is {found:g}, a whole number was expected{_within(field)}.")
        return None
    return None if found is None else int(found)


def _within(field: Field) -> str:
    bounds = (("from", field.least), ("to", field.most))
    return "".join(f" {word} {bound:g}" for word, bound in bounds if bound is not None)


def _day(field: Field, value: Any, faults: FieldFaults, place: str) -> date | None:
    if isinstance(value, str) and matches(DAY, value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    faults.at(place, f'"{_short(value)}" is not {DAY[1]}.')
    return None


def _part(field: Field, value: Any, faults: FieldFaults, place: str) -> Any:
    return read_document(field.part, value, faults, place)


def _rows(field: Field, value: Any, faults: FieldFaults, place: str) -> tuple[Any, ...] | None:
    if not isinstance(value, list) or len(value) > MOST_ROWS:
        count = f"a list of {plural(len(value), 'row')}" if isinstance(value, list) else _kind(value)
        faults.at(place, f"is {count}, a list of at most {MOST_ROWS:,} rows was expected.")
        return None
    if len(value) < field.fewest:
        faults.at(place, f"has {plural(len(value), 'row')}, at least {field.fewest} were expected.")
    reader = _part if field.part else _text
    return tuple(reader(field, each, faults, f"{place}[{number}]") for number, each in enumerate(value))


_READERS = {"text": _text, "number": _number, "whole": _whole, "day": _day, "part": _part, "rows": _rows}


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", bool: "yes or no", type(None): "nothing"}
    return names.get(type(value)) or f'"{_short(value)}"'


def _short(value: Any) -> str:
    told = str(value)
    return told if len(told) <= 60 else f"{told[:57]}..."
