"""Fields of a document, a row each: kind, meaning, bounds. Reading, writing and the JSON schema are made from them.

A document is a frozen dataclass whose fields are declared by the functions here. What is empty is not written, so that
a field that a later version adds changes no document that does not use it.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

Check = tuple[str, str]
"""A pattern and what it stands for."""

_YEAR = "(19|20|21)[0-9]{2}"
WEEK: Check = (f"{_YEAR}-W(0[1-9]|[1-4][0-9]|5[0-3])", "an ISO week such as 2027-W05")
MONTH: Check = (f"{_YEAR}-(0[1-9]|1[0-2])", "a month such as 2027-02")
DAY: Check = (f"{_YEAR}-[0-9]{{2}}-[0-9]{{2}}", "a day such as 2027-02-01")
HASH: Check = (r"[0-9a-f]{64}", "a SHA-256 of 64 hexadecimal digits in lower case")
NAME: Check = (r"[^\s/\\](.*[^\s])?", "a name without blanks around it")
NUMBER: Check = (r"[A-Za-z0-9][A-Za-z0-9._-]*", "letters, digits, dots, dashes, such as M-2027-001")
COUNTRY: Check = (r"[A-Z]{2}", "a code of two capital letters, such as CN")
VERSION: Check = (r"[0-9]+(\.[0-9]+){0,2}", "a version such as 1.0")
LONGEST_TEXT = 20_000
MOST_ROWS = 10_000


@dataclass(frozen=True)
class Field:
    """One field of a document.

    kind      `text`, `number`, `whole`, `day`, `part` (a document of its own) or `rows` (several: of texts or parts)
    meaning   what stands there
    required  whether it may be left out
    unit      of a number
    least     smallest number; `above` is not reached itself; `most` the largest
    choices   the words that a text may be
    check     the pattern that a text has, and its words
    part      dataclass of a part or of rows of parts
    fewest    how many rows there are at least
    """

    kind: str
    meaning: str
    required: bool = False
    unit: str = ""
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    check: Check | None = None
    part: Any = None
    fewest: int = 0

    def schema(self) -> dict[str, Any]:
        """The field in JSON Schema 2020-12."""
        said = self.meaning + (f" [{self.unit}]" if self.unit else "")
        return {"description": said, **getattr(self, f"_{self.kind}_schema")()}

    def _text_schema(self) -> dict[str, Any]:
        if self.choices:
            return {"enum": list(self.choices)}
        pattern = {"pattern": f"^({self.check[0]})$"} if self.check else {}
        return {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT, **pattern}

    def _day_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date", "pattern": f"^{DAY[0]}$"}

    def _number_schema(self) -> dict[str, Any]:
        bounds = {"minimum": self.least, "maximum": self.most}
        return {"type": "number", **{key: value for key, value in bounds.items() if value is not None}}

    def _whole_schema(self) -> dict[str, Any]:
        return {**self._number_schema(), "type": "integer"}

    def _part_schema(self) -> dict[str, Any]:
        return {"$ref": f"#/$defs/{self.part.__name__}"}

    def _rows_schema(self) -> dict[str, Any]:
        inner = self._part_schema() if self.part else self._text_schema()
        return {"type": "array", "items": inner, "minItems": max(self.fewest, 1), "maxItems": MOST_ROWS}


def _declared(field: Field, **of: Any) -> Any:
    return dataclasses.field(metadata={"field": field}, kw_only=True, **of)


def text(meaning: str, *, required: bool = False, choices: tuple[str, ...] = (), check: Check | None = None) -> Any:
    """A field of text: free, one of some words, or of a pattern."""
    field = Field("text", meaning, required, choices=choices, check=check)
    return _declared(field) if required else _declared(field, default="")


def number(meaning: str, unit: str = "", *, least: float | None = None, most: float | None = None,
           required: bool = False) -> Any:  # fmt: skip
    """A field of a finite number; None where it is left out."""
    field = Field("number", meaning, required, unit, least, most)
    return _declared(field) if required else _declared(field, default=None)


def whole(meaning: str, unit: str = "", *, least: int | None = None, most: int | None = None,
          required: bool = False) -> Any:  # fmt: skip
    """A field of a whole number; None where it is left out."""
    field = Field("whole", meaning, required, unit, least, most)
    return _declared(field) if required else _declared(field, default=None)


def day(meaning: str, *, required: bool = False) -> Any:
    """A field of a calendar day; None where it is left out."""
    field = Field("day", meaning, required)
    return _declared(field) if required else _declared(field, default=None)


def part(meaning: str, of: Any, *, required: bool = False) -> Any:
    """A field that is a document of its own; None, or an empty one, where it is left out."""
    field = Field("part", meaning, required, part=of)
    return _declared(field) if required else _declared(field, default=None)


def rows(meaning: str, of: Any = None, *, fewest: int = 0, check: Check | None = None,
         choices: tuple[str, ...] = ()) -> Any:  # fmt: skip
    """A field of several documents, or several texts."""
    field = Field("rows", meaning, fewest > 0, part=of, fewest=fewest, check=check, choices=choices)
    return _declared(field) if fewest else _declared(field, default=())


def fields_of(document: Any) -> dict[str, Field]:
    """The fields of a document by name, in their order."""
    return {each.name: each.metadata["field"] for each in dataclasses.fields(document)}


def json_of(document: Any) -> dict[str, Any]:
    """A document as JSON takes it: dict, list, str, int, float; what is empty is left out."""
    found = {name: _value_of(getattr(document, name)) for name in fields_of(document)}
    return {name: value for name, value in found.items() if value not in ("", None, [], {})}


def _value_of(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return json_of(value)
    if isinstance(value, tuple):
        return [_value_of(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def schema_of(document: Any, identity: str) -> dict[str, Any]:
    """The JSON schema (2020-12) of a document; `identity` is its `$id`."""
    parts: dict[str, Any] = {}
    _gather(document, parts)
    own = parts.pop(document.__name__)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": identity, "title": document.__name__}
    return {**head, **own, "$defs": dict(sorted(parts.items()))}


def _gather(document: Any, parts: dict[str, Any]) -> None:
    of = fields_of(document)
    parts[document.__name__] = {
        "description": document.__doc__.splitlines()[0],
        "type": "object",
        "properties": {name: field.schema() for name, field in of.items()},
        "required": [name for name, field in of.items() if field.required],
        "additionalProperties": False,
    }
    for field in of.values():
        if field.part is not None and field.part.__name__ not in parts:
            _gather(field.part, parts)


def matches(check: Check, value: str) -> bool:
    """Whether a text has a pattern, from its first character to its last.

    >>> matches(WEEK, "2027-W05"), matches(WEEK, "2027-W05 ")
    (True, False)
    """
    return re.fullmatch(check[0], value) is not None
