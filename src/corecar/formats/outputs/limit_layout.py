"""How limits are laid out for a tester: a TOML file of columns, header and order, held against one row per key."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from corecar.errors import MappingError, SourceError
from corecar.file_kinds import text_of, toml_content

FIELDS = {
    "number": "number of the test",
    "name": "its name",
    "pin": "pin of a multiple-result test",
    "unit": "what the limits are in",
    "low": "low limit to hold",
    "high": "high limit to hold",
    "own_low": "the test's own low limit",
    "own_high": "the test's own high limit",
    "n": "readings that the limits rest on",
    "clamp": "sides on which the test's own limit is the tighter one",
    "fallback": "each fallback taken, and why",
    "record": "hash of the limit's record",
}
"""What a column can hold."""
SHIPPED = "limits.toml"
WANTED = "a layout of limits (TOML)"
ADVICE = f"Compare it with the shipped {SHIPPED}."


@dataclass(frozen=True)
class LimitColumn:
    """One column: a field of the limits, or the same text in every row."""

    title: str
    field: str
    text: str


@dataclass(frozen=True)
class LimitLayout:
    """A layout; each key is explained in the shipped `limits.toml`."""

    separator: str
    decimal: str
    header: bool
    above: tuple[str, ...]
    none: str
    digits: int
    order: tuple[str, ...]
    columns: tuple[LimitColumn, ...]


@dataclass(frozen=True)
class _Key:
    name: str
    expected: str
    holds: Callable[[Any], bool]


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


_KEYS = (
    _Key("separator", "one character", lambda value: isinstance(value, str) and len(value) == 1),
    _Key("decimal", '"." or ","', lambda value: value in (".", ",")),
    _Key("header", "true or false", lambda value: isinstance(value, bool)),
    _Key("above", "a list of texts", _texts),
    _Key("none", "a text", lambda value: isinstance(value, str)),
    _Key("digits", "a whole number from 0 to 17", lambda value: type(value) is int and 0 <= value <= 17),
    _Key("order", "a list of fields", lambda value: _texts(value) and all(item in FIELDS for item in value)),
)


def layout_text() -> str:
    """The shipped layout, to copy and change."""
    return files("corecar.formats.outputs").joinpath("layouts", SHIPPED).read_text(encoding="utf-8")


def read_layout(path: str | Path | None = None) -> LimitLayout:
    """A layout from a TOML file; the shipped one without. Raises MappingError naming file, key and what fits."""
    if path is None:
        return parse_layout(layout_text(), SHIPPED)
    try:
        text = text_of(path, WANTED, ADVICE)
    except SourceError as error:
        raise MappingError(str(error)) from error
    return parse_layout(text, str(path))


def parse_layout(text: str, name: str) -> LimitLayout:
    """A layout from TOML text; keys left out are as in the shipped one. `name` stands in messages."""
    try:
        given = toml_content(text, name, WANTED, ADVICE)
    except SourceError as error:
        raise MappingError(str(error)) from error
    _known(given, ("file", "column"), name)
    usual = tomllib.loads(layout_text())
    named = {**usual["file"], **_table(given.get("file", {}), name)}
    _known(named, [key.name for key in _KEYS], f"{name}: [file]")
    for key in _KEYS:
        if not key.holds(named[key.name]):
            raise MappingError(f"{name}: [file] {key.name}: expected {key.expected}, got {named[key.name]!r}.")
    if named["separator"] == named["decimal"]:
        raise MappingError(f"{name}: [file] separator and decimal are both {named['decimal']!r}. Take another one.")
    columns = tuple(_column(one, f"{name}: [[column]] {at}") for at, one in enumerate(_columns(given, usual, name), 1))
    tuples: dict[str, Any] = {key: tuple(one) if isinstance(one, list) else one for key, one in named.items()}
    return LimitLayout(**tuples, columns=columns)


def _table(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise MappingError(f"{name}: file must be a section with keys below it: write [file].")
    return value


def _columns(given: Mapping[str, Any], usual: Mapping[str, Any], name: str) -> list[Any]:
    found = given.get("column", usual["column"])
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise MappingError(f"{name}: column must be a list of columns: write [[column]] above each.")
    return found


def _column(given: Mapping[str, Any], where: str) -> LimitColumn:
    _known(given, ("title", "field", "text"), where)
    if ("field" in given) == ("text" in given):
        raise MappingError(f"{where}: expected either a field or a text.")
    field, text = given.get("field", ""), given.get("text", "")
    title = given.get("title", field)
    if not all(isinstance(one, str) for one in (field, text, title)):
        raise MappingError(f"{where}: expected texts, got {dict(given)!r}.")
    if "field" in given and field not in FIELDS:
        raise MappingError(f"{where}: field {field!r} is none. {_nearest(field, FIELDS)}")
    return LimitColumn(title, field, text)


def _known(given: Mapping[str, Any], known: Any, where: str) -> None:
    for key in given:
        if key not in known:
            raise MappingError(f"{where}: there is no key {key}. {_nearest(key, known)}")


def _nearest(word: str, known: Any) -> str:
    near = get_close_matches(word, list(known), n=1)
    return f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(known)}."
