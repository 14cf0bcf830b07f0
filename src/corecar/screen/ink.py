"""The screen of an ink list: places named by a person or another tool, whose good dies are rejected."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from corecar.errors import RecipeError
from corecar.lot import Lot
from corecar.plurals import plural
from corecar.screen.dies import Dies
from corecar.screen.findings import NO_TEST, Findings, record_rows
from corecar.screen.placed import VERSION, named, not_applied_words
from corecar.screen.rows import ScreenRow

Place = tuple[str | None, int, int]
"""Wafer, or None for every wafer; x and y as the files count them."""


def ink(lot: Lot, dies: Dies, row: ScreenRow) -> Findings:
    """Good dies at the listed places. Raises RecipeError for a file that cannot be read as a list of places."""
    listed = {**_of_recipe(row["places"]), **(_of_file(Path(row["file"])) if row["file"] else {})}
    columns = zip(*(lot.parts[name].to_pylist() for name in ("wafer", "x", "y")), strict=True)
    counts = (lot.final & (dies.place >= 0)).tolist()
    good = lot.passed.tolist()
    found, reasons, there = [], [], set()
    for part, (wafer, x, y) in enumerate(columns):
        hit = [key for key in ((wafer, x, y), (None, x, y)) if key in listed] if counts[part] else []
        there.update(hit)
        if hit and good[part]:
            found.append(part)
            reasons.append(f"on the ink list: {listed[hit[0]]}" if listed[hit[0]] else "on the ink list")
    part_rows = np.array(found, np.int64)
    bare = () if listed else (not_applied_words(row.kind, "no place is named"),)
    return Findings(
        rule=row.kind,
        records=_record(row, listed, sum(counts)),
        part=part_rows,
        test=np.full(len(found), NO_TEST),
        limit=np.zeros(len(found), np.int64),
        value=np.full(len(found), np.nan),
        distance=np.full(len(found), np.nan),
        reasons=tuple(reasons),
        notes=tuple(_without_die(row.kind, listed, there)),
        unjudged=bare,
    )


def _record(row: ScreenRow, listed: dict[Place, str], n: int) -> Any:
    mark = hashlib.blake2b(repr(sorted(listed.items(), key=repr)).encode(), digest_size=8).hexdigest()
    one = {"scope": "lot", "n": n, "estimator": f"{plural(len(listed), 'place')} listed", "population": mark}
    if not listed:
        one |= {"fallback": "not applied: no place is named", "applied": False}
    return record_rows(row.kind, VERSION, [one])


def _without_die(kind: str, listed: dict[Place, str], there: set[Place]) -> Iterator[str]:
    lacking = [f"{wafer or 'any wafer'} {x}, {y}" for wafer, x, y in listed if (wafer, x, y) not in there]
    if lacking:
        yield f"{kind}: {plural(len(lacking), 'listed place')} without a tested die: {named(lacking)}."


def _of_recipe(places: Sequence[Sequence[Any]]) -> dict[Place, str]:
    return {(place[0] if len(place) == 3 else None, place[-2], place[-1]): "" for place in places}


def _of_file(path: Path) -> dict[Place, str]:
    """The places of a CSV with columns x and y, and wafer and reason where it has them."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RecipeError(f"{path}: the ink list cannot be read: {error}. Check the path of `file`.") from error
    found: dict[Place, str] = {}
    for line, row in enumerate(rows, 2):
        try:
            place = (row.get("wafer") or None, int(row["x"]), int(row["y"]))
        except (KeyError, TypeError, ValueError) as error:
            told = "expected columns x and y with whole numbers (wafer and reason as you like)"
            raise RecipeError(f"{path}: row {line}: {told}, got {dict(row)}. Correct the row.") from error
        found[place] = row.get("reason") or ""
    return found
