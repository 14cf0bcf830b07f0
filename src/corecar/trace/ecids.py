"""What a chip's own identity (ECID) says of it: lot, wafer and place, by a decoder that a layout names.

A layout is a TOML file. Its table `ecid` names the decoder; the rest is the decoder's. Two come with Corecar, others
are entry points of the group `corecar.ecid_decoders`: a function that takes the layout and gives a `Decoder`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from corecar.errors import MappingError

GROUP = "corecar.ecid_decoders"
PARTS = ("lot", "wafer", "x", "y")
FORMS = ("number", "signed", "base36")
WRITTEN = {"hex": 16, "decimal": 10, "binary": 2}
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class ChipPlace:
    """Where a chip says that it was on its wafer."""

    lot: str
    wafer: str
    x: int
    y: int

    def __str__(self) -> str:
        return f"{self.lot} {self.wafer} ({self.x}, {self.y})"


Decoder = Callable[[str], ChipPlace]
"""Takes an identity as it was recorded. Raises ValueError that says what is wrong with it."""


def decoder_of(layout: Mapping[str, Any]) -> Decoder:
    """The decoder of a layout. Raises MappingError for one that is not there, or a layout that it cannot use."""
    name = layout.get("ecid", {}).get("decoder", "bit-fields") if isinstance(layout.get("ecid", {}), dict) else ""
    makers: dict[str, Any] = {**{one.name: one for one in entry_points(group=GROUP)}, **BUILT_IN}
    if name not in makers:
        raise MappingError(f'[ecid] decoder = "{name}": there are {", ".join(sorted(makers))}.')
    maker = makers[name] if name in BUILT_IN else makers[name].load()
    made: Decoder = maker(layout)
    return made


@dataclass(frozen=True)
class _Field:
    """Bits of an identity. first: the first of them, counted from the left from 0."""

    first: int
    bits: int
    form: str
    prefix: str
    digits: int

    def read(self, whole: int, width: int) -> str:
        """What it says, as text."""
        value = whole >> (width - self.first - self.bits) & ((1 << self.bits) - 1)
        if self.form == "signed" and value >> (self.bits - 1):
            value -= 1 << self.bits
        return self.prefix + (_base36(value) if self.form == "base36" else str(value)).rjust(self.digits, "0")


def bit_fields(layout: Mapping[str, Any]) -> Decoder:
    """A decoder of identities that are one number, cut into fields of bits.

    layout  `ecid`: bits, written (hex, decimal, binary); lot, wafer, x, y: bits (first from the left, how many), form
            (number, signed, base36), prefix, digits
    Raises  MappingError

    >>> place = {"bits": [16, 8], "form": "number"}
    >>> fields = {"lot": {"bits": [0, 8], "form": "base36", "prefix": "L"}, "wafer": {"bits": [8, 8], "prefix": "W"}}
    >>> bit_fields({"ecid": {"bits": 32}, **fields, "x": place, "y": {"bits": [24, 8], "form": "signed"}})("0x240305FF")
    ChipPlace(lot='L10', wafer='W3', x=5, y=-1)
    """
    about = layout.get("ecid", {})
    width, written = about.get("bits"), about.get("written", "hex")
    if not isinstance(width, int) or not 0 < width <= 4096:
        raise MappingError("[ecid] bits: expected how many bits an identity has, such as 64.")
    if written not in WRITTEN:
        raise MappingError(f'[ecid] written = "{written}": expected one of {", ".join(WRITTEN)}.')
    fields = {name: _field(name, layout.get(name), width) for name in PARTS}

    def decode(text: str) -> ChipPlace:
        whole = _number(text, WRITTEN[written], width)
        said = {name: one.read(whole, width) for name, one in fields.items()}
        return ChipPlace(said["lot"], said["wafer"], int(said["x"]), int(said["y"]))

    return decode


def layout_of_table(rows: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """A layout of bit fields out of rows of a CSV: field, first, bits, form, prefix, digits; the row `ecid` says of the
    whole identity how many bits it has and, as its form, how it is written.

    Raises  MappingError

    >>> layout_of_table([{"field": "ecid", "bits": "64", "form": "hex"}, {"field": "x", "first": "8", "bits": "12"}])
    {'ecid': {'bits': 64, 'written': 'hex'}, 'x': {'bits': [8, 12]}}
    """
    layout: dict[str, Any] = {}
    for number, row in enumerate(rows, 2):
        cells = {name: (row.get(name) or "").strip() for name in ("field", "first", "bits", "form", "prefix", "digits")}
        try:
            bits, first, digits = (int(cells[name] or 0) for name in ("bits", "first", "digits"))
        except ValueError:
            raise MappingError(f"line {number}: first, bits and digits: expected whole numbers.") from None
        if cells["field"] == "ecid":
            layout["ecid"] = {"bits": bits} | ({"written": cells["form"]} if cells["form"] else {})
            continue
        said = {"form": cells["form"], "prefix": cells["prefix"], "digits": digits}
        layout[cells["field"]] = {"bits": [first, bits]} | {name: value for name, value in said.items() if value}
    return layout


def _field(name: str, row: Any, width: int) -> _Field:
    if not isinstance(row, Mapping):
        raise MappingError(f"[{name}] is not there: expected its bits, such as bits = [0, 24].")
    span, form = row.get("bits"), row.get("form", "number")
    if not (isinstance(span, list) and len(span) == 2 and all(isinstance(one, int) for one in span)):
        raise MappingError(f"[{name}] bits = {span}: expected the first bit and how many, such as [0, 24].")
    if not (span[0] >= 0 < span[1] and sum(span) <= width):
        raise MappingError(f"[{name}] bits = {span}: they do not lie within the {width} bits of an identity.")
    if form not in FORMS or (name in ("x", "y") and form == "base36"):
        raise MappingError(f'[{name}] form = "{form}": expected one of {", ".join(FORMS)}.')
    prefix, digits = row.get("prefix", ""), row.get("digits", 0)
    if not isinstance(prefix, str) or not isinstance(digits, int) or (name in ("x", "y") and prefix):
        raise MappingError(f"[{name}] prefix and digits: expected a text and a number; x and y have no prefix.")
    return _Field(span[0], span[1], form, prefix, digits)


def _number(text: str, base: int, width: int) -> int:
    """An identity as a number. Raises ValueError."""
    plain = re.sub(r"[\s_:|-]", "", text)
    plain = plain[2:] if base == 16 and plain[:2].lower() == "0x" else plain
    try:
        value = int(plain, base)
    except ValueError:
        raise ValueError(f'"{text}" is no number to base {base}.') from None
    if value >> width:
        raise ValueError(f'"{text}" has more than {width} bits.')
    return value


def _base36(value: int) -> str:
    made = ""
    while value:
        value, digit = divmod(value, 36)
        made = _DIGITS[digit] + made
    return made or "0"


def pattern(layout: Mapping[str, Any]) -> Decoder:
    """A decoder of identities that are written out: `ecid` holds a `pattern` with groups named lot, wafer, x and y.

    Raises  MappingError

    >>> pattern({"ecid": {"pattern": "(?P<lot>.+)[.](?P<wafer>.+)[.](?P<x>-?[0-9]+)[.](?P<y>-?[0-9]+)"}})("L1.W3.5.-1")
    ChipPlace(lot='L1', wafer='W3', x=5, y=-1)
    """
    text = layout.get("ecid", {}).get("pattern", "")
    try:
        form = re.compile(text)
    except re.error as error:
        raise MappingError(f"[ecid] pattern: {error}.") from None
    if missing := [name for name in PARTS if name not in form.groupindex]:
        raise MappingError(f"[ecid] pattern has no group {', '.join(missing)}, such as (?P<{missing[0]}>...).")

    def decode(said: str) -> ChipPlace:
        found = form.fullmatch(said.strip())
        if found is None:
            raise ValueError(f'"{said}" does not fit the pattern.')
        try:
            return ChipPlace(found["lot"], found["wafer"], int(found["x"]), int(found["y"]))
        except (TypeError, ValueError):
            raise ValueError(f'"{said}": x and y are no whole numbers.') from None

    return decode


BUILT_IN: Mapping[str, Callable[[Mapping[str, Any]], Decoder]] = {"bit-fields": bit_fields, "pattern": pattern}
