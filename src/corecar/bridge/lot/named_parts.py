"""Parts of a lot as people name them: by wafer and place, by id, or in a CSV; found in every insertion of the lot."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from corecar.errors import Conflict, MappingError, NotFound, SourceMissing
from corecar.lot import Lot
from corecar.screen.dispositions import unit_labels

_PLACE = re.compile(r"\s*(.+?)\s*[,(]\s*(-?\d+)\s*,\s*(-?\d+)\s*\)?\s*")
NEAR = 3
"""Names that are spelled alike which a message offers."""


@dataclass(frozen=True)
class FoundPart:
    """A part in one insertion. lasting: something identifies it that stays when it is tested again."""

    insertion: str
    unit: str
    passed: bool
    lasting: bool


def unit_names(given: Sequence[str]) -> list[str]:
    """The parts that people name, each once: `W03,12,-4`, `W03 (12, -4)`, a part id, or a CSV of them.

    Raises  SourceMissing, MappingError for a CSV that cannot be used
    """
    names = [name for word in given for name in (_of_table(Path(word)) if _is_table(word) else [_unit(word)])]
    return list(dict.fromkeys(names))


def _is_table(word: str) -> bool:
    return word.lower().endswith(".csv")


def _unit(word: str) -> str:
    place = _PLACE.fullmatch(word)
    return f"{place[1]} ({int(place[2])}, {int(place[3])})" if place else word.strip()


def _of_table(path: Path) -> list[str]:
    if not path.is_file():
        raise SourceMissing(
            path, "there is no such file.", advice="Give a CSV with columns wafer, x and y, or part_id."
        )
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [_of_row(row) for row in rows]
    if not names or not all(names):
        line = names.index("") + 2 if names else 1
        raise MappingError(f"{path}, line {line}: no part is named. Fill wafer, x and y, or part_id, or unit.")
    return names


def _of_row(row: dict[str, str | None]) -> str:
    """The name in one row; empty where it has none."""
    unit, wafer, x, y, part_id = ((row.get(name) or "").strip() for name in ("unit", "wafer", "x", "y", "part_id"))
    if unit:
        return unit
    return _unit(f"{wafer},{x},{y}") if wafer and x and y else part_id


def found_parts(names: Sequence[str], insertions: Iterable[tuple[str, Lot]]) -> dict[str, list[FoundPart]]:
    """Every named part in every insertion that has it.

    insertions  name of each, and its parts
    Raises      NotFound with names spelled alike; Conflict where a name is that of several parts
    """
    found: dict[str, list[FoundPart]] = {name: [] for name in names}
    known: set[str] = set()
    for insertion, lot in insertions:
        for name, part in _parts(insertion, lot):
            known.add(name)
            if name in found:
                _only(name, found[name], part)
                found[name].append(part)
    for name, parts in found.items():
        if not parts:
            raise NotFound(f'the lot has no part "{name}".{_meant(name, known)}')
    return found


def _only(name: str, before: Sequence[FoundPart], part: FoundPart) -> None:
    if any(other.insertion == part.insertion for other in before):
        raise Conflict(f'several parts of {part.insertion} are called "{name}". Name it by wafer and place.')


def _parts(insertion: str, lot: Lot) -> Iterable[tuple[str, FoundPart]]:
    """Each name that a final part goes by, and the part."""
    final = lot.chosen("final")
    chosen = lot.parts.take(final).combine_chunks()
    ids, texts = (chosen[name].to_pylist() for name in ("part_id", "part_text"))
    rows = zip(unit_labels(chosen), ids, texts, lot.passed[final].tolist(), strict=True)
    for unit, part_id, text, passed in rows:
        lasting = unit.endswith(")") or bool(part_id or text)
        part = FoundPart(insertion, unit, passed, lasting)
        yield unit, part
        if part_id and part_id != unit:
            yield part_id, part


def _meant(name: str, known: set[str]) -> str:
    near = get_close_matches(name, sorted(known), n=NEAR, cutoff=0.6)
    meant = " or ".join(f'"{one}"' for one in near)
    return f" Did you mean {meant}?" if near else ""
