"""Reading printed answers from the shared reference, so that none of it is copied here, and keeping count of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.conftest import required

NUMBER = re.compile(r"(?:(?<![\w).])-)?(?:(?:\d[\d,]*\d|\d)(?:\.\d+)?|\.\d+)(?:e-?\d+)?")
HEADING = re.compile(r"^## (5\.\d+)\s", re.MULTILINE)
ITEM = re.compile(r"^(?:([a-z])\)|(\d)\.) ", re.MULTILINE)


class Entry(Mapping[str, Any]):
    """One entry of a JSON file that keeps count of what was looked up, so that nothing is passed over."""

    def __init__(self, values: Mapping[str, Any], path: str, looked_up: set[str]) -> None:
        self._values, self._path, self._looked_up = values, path, looked_up

    def __getitem__(self, key: str) -> Any:
        path = f"{self._path}.{key}"
        found = self._values[key]
        if isinstance(found, dict):
            return Entry(found, path, self._looked_up)
        self._looked_up.add(path)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def leaves(value: Any, path: str) -> set[str]:
    """The path of every figure or list of figures below a value."""
    if isinstance(value, dict):
        return {leaf for key, one in value.items() for leaf in leaves(one, f"{path}.{key}")}
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        return {leaf for place, one in enumerate(value) for leaf in leaves(one, f"{path}[{place}]")}
    return {path}


class Passage:
    """A passage of the reference; `used` holds what it was asked for."""

    def __init__(self, text: str) -> None:
        self.text = text

    def after(self, label: str, count: int = 1) -> list[str]:
        """The first numbers behind a label, as they are printed."""
        start = self.text.find(label)
        assert start >= 0, f"{label!r} does not stand in the passage; it changed:\n{self.text[:300]}"
        found = [one.group() for one in NUMBER.finditer(self.text, start + len(label))]
        assert len(found) >= count, f"{len(found)} numbers behind {label!r}, {count} wanted"
        return found[:count]

    def values(self, label: str, count: int) -> list[float]:
        """The same as numbers."""
        return [number(one) for one in self.after(label, count)]


def number(printed: str) -> float:
    """A printed number, thousands apart by commas."""
    return float(printed.replace(",", ""))


def agrees(found: float | None, printed: str) -> bool:
    """Whether a figure is the printed one when rounded to as many digits."""
    mantissa, _, power = printed.partition("e")
    digits = len(mantissa.partition(".")[2]) - int(power or 0)
    return found is not None and abs(found - number(printed)) <= 0.5 * 10**-digits * (1 + 1e-9)


def all_agree(found: Sequence[float | None], printed: Sequence[str]) -> None:
    """Assert that figures are the printed ones."""
    pairs = list(zip(found, printed, strict=True))
    assert not [pair for pair in pairs if not agrees(*pair)], f"(found, printed): {pairs}"


def passages(shared: Path) -> dict[str, Passage]:
    """The passages of section 5 of the reference by name, such as `5.1` or `5.7b`."""
    path = shared.parent / "domain" / "quality.md"
    text = required(path, "the reference of checkable numbers").read_text().partition("\n# 5. ")[2]
    heads = [*HEADING.finditer(text)]
    ends = [head.start() for head in heads[1:]] + [len(text)]
    found: dict[str, Passage] = {}
    for head, end in zip(heads, ends, strict=True):
        body = text[head.end() : end]
        items = [*ITEM.finditer(body)]
        if not items:
            found[head.group(1)] = Passage(body)
            continue
        stops = [item.start() for item in items[1:]] + [len(body)]
        for item, stop in zip(items, stops, strict=True):
            mark = item.group(1) or f".{item.group(2)}"
            found[head.group(1) + mark] = Passage(body[item.end() : stop])
    return found
