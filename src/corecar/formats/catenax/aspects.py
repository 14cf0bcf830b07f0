"""The aspect models as rows: each field's path, kind, whether it must be there, its bounds and words."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files

SHAPES = {
    "bpnl": re.compile(r"BPNL[a-zA-Z0-9]{12}"),
    "bpns": re.compile(r"BPNS[a-zA-Z0-9]{12}"),
    "bpna": re.compile(r"BPNA[a-zA-Z0-9]{12}"),
    "uuid": re.compile(r"(urn:uuid:)?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "unit": re.compile(r"[a-zA-Z]*:[a-zA-Z]+"),
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "moment": re.compile(
        r"\d{4,}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T((([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?)|24:00:00(\.0+)?)"
        r"(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))?"
    ),
}
"""What a text of each kind looks like, beside plain `text`."""


@dataclass(frozen=True)
class Field:
    """One field of an aspect model, with those below it by name; `[]` is the name of what a list holds.

    least, most  bounds of a number, lengths of a list or text
    words        the only values; any where there are none
    """

    path: str
    kind: str
    required: bool
    least: float | None
    most: float | None
    words: tuple[str, ...]
    below: dict[str, Field] = field(default_factory=dict)

    def misfit(self, value: object) -> str:
        """What is wrong with a value by itself, in words; empty where nothing is."""
        kinds = {"object": dict, "array": list, "flag": bool}
        if self.kind in kinds:
            return "" if isinstance(value, kinds[self.kind]) else f"is no {self.kind}."
        if self.kind == "number":
            return self._number(value)
        if not isinstance(value, str):
            return "is no text."
        if self.words and value not in self.words:
            return f"is none of {', '.join(self.words)}."
        if self.kind in SHAPES and not _has_shape(self.kind, value):
            return f"is no {self.kind}."
        return "is too long." if self.most is not None and len(value) > self.most else ""

    def _number(self, value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "is no number."
        if (self.least is not None and value < self.least) or (self.most is not None and value > self.most):
            return f"is out of bounds: {self.least:g} to {self.most:g}."
        return ""


def _has_shape(kind: str, text: str) -> bool:
    if SHAPES[kind].fullmatch(text) is None:
        return False
    if kind != "date":
        return True
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Aspect:
    """One aspect model: its name, version and fields."""

    name: str
    version: str
    root: Field


@cache
def aspects() -> dict[str, Aspect]:
    """Every aspect model that is read and written, by name."""
    found: dict[str, Aspect] = {}
    text = (files("corecar.formats.catenax") / "aspects.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(line for line in text.splitlines() if not line.startswith("#")):
        aspect = found.get(row["aspect"])
        if aspect is None:
            aspect = Aspect(row["aspect"], row["version"], Field("", "object", True, None, None, ()))
            found[aspect.name] = aspect
        *above, name = row["path"].replace("[]", ".[]").split(".")
        place = aspect.root
        for step in above:
            place = place.below[step]
        least, most = (float(row[bound]) if row[bound] else None for bound in ("least", "most"))
        words = tuple(row["words"].split("|")) if row["words"] else ()
        place.below[name] = Field(row["path"], row["kind"], row["required"] == "yes", least, most, words)
    return found
