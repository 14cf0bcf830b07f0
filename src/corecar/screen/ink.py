"""The screen of an ink list: places named by a person or another tool, whose good dies are rejected."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from corecar.lot import Lot
from corecar.plurals import plural
from corecar.screen.dies import Dies
from corecar.screen.findings import NO_TEST, Findings, record_rows
from corecar.screen.ink_lists import InkMap, ListReader, Place, csv_list, ink_files
from corecar.screen.placed import VERSION, named, not_applied_words
from corecar.screen.rows import ScreenRow
from corecar.wafer_frame import wafer_frame


@dataclass
class _Listed:
    """Places with their reasons; what to say of the files they come from; how many files named a wafer of the lot."""

    places: dict[Place, str]
    notes: list[str] = field(default_factory=list)
    hold: list[str] = field(default_factory=list)
    maps: int = 0


def ink(lot: Lot, dies: Dies, row: ScreenRow, read_list: ListReader = csv_list) -> Findings:
    """Good dies at the places of a list, or where a wafer map says that the die is bad.

    read_list  what reads the recipe's file; a list of places by default
    Raises     RecipeError for a file that is not there or cannot be read
    """
    told = _listed(lot, dies, row, read_list)
    listed = told.places
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
    bare = () if listed or told.maps or told.hold else (not_applied_words(row.kind, "no place is named"),)
    return Findings(
        rule=row.kind,
        records=_record(row, told, sum(counts)),
        part=part_rows,
        test=np.full(len(found), NO_TEST),
        limit=np.zeros(len(found), np.int64),
        value=np.full(len(found), np.nan),
        distance=np.full(len(found), np.nan),
        reasons=tuple(reasons),
        notes=(*told.notes, *_without_die(row.kind, listed, there)),
        hold=tuple(told.hold),
        unjudged=bare,
    )


def _listed(lot: Lot, dies: Dies, row: ScreenRow, read_list: ListReader) -> _Listed:
    """All places of the recipe and its files."""
    told = _Listed(_of_recipe(row["places"]))
    tested: dict[str, set[tuple[int, int]]] = {}
    columns = zip(*(lot.parts[name].to_pylist() for name in ("wafer", "x", "y")), dies.place.tolist(), strict=True)
    for wafer, x, y, place in columns:
        if place >= 0:
            tested.setdefault(wafer, set()).add((x, y))
    for path in ink_files(row["file"]) if row["file"] else []:
        found = read_list(path)
        told.places.update(found.places)
        for chart in found.maps:
            _add_map(lot, row.kind, chart, tested.get(chart.wafer), told)
    return told


def _add_map(lot: Lot, kind: str, chart: InkMap, tested: set[tuple[int, int]] | None, told: _Listed) -> None:
    """The bad dies of a map of one wafer, unless its coordinates are not those of the tester."""
    if tested is None:
        told.notes.append(f"{kind}: {chart.path}: the lot has no wafer {chart.wafer}.")
        return
    frame = wafer_frame(lot, chart.wafer)
    quarter = frame.known_flat and (frame.turn - chart.orientation) % 180 == 90
    said = {(y, x) if quarter else (x, y): reason for (x, y), reason in chart.dies.items()}
    foreign, silent = said.keys() - tested, tested - said.keys()
    if foreign and silent:
        why = (
            f"{chart.wafer}: {chart.path} has {plural(len(foreign), 'die')} where no die was tested, and lacks "
            f"{plural(len(silent), 'tested die')}: it does not count X and Y as the tester did"
        )
        told.hold.append(not_applied_words(kind, why))
        return
    told.maps += 1
    told.places.update({(chart.wafer, x, y): reason for (x, y), reason in said.items() if reason})
    if silent:
        told.notes.append(f"{kind}: {chart.path} says nothing of {plural(len(silent), 'die')} of {chart.wafer}.")


def _record(row: ScreenRow, told: _Listed, n: int) -> Any:
    listed = told.places
    mark = hashlib.blake2b(repr(sorted(listed.items(), key=repr)).encode(), digest_size=8).hexdigest()
    one = {"scope": "lot", "n": n, "estimator": f"{plural(len(listed), 'place')} listed", "population": mark}
    if not (listed or told.maps):
        one |= {"fallback": "not applied: no place is named", "applied": False}
    return record_rows(row.kind, VERSION, [one])


def _without_die(kind: str, listed: dict[Place, str], there: set[Place]) -> Iterator[str]:
    lacking = [f"{wafer or 'any wafer'} {x}, {y}" for wafer, x, y in listed if (wafer, x, y) not in there]
    if lacking:
        yield f"{kind}: {plural(len(lacking), 'listed place')} without a tested die: {named(lacking)}."


def _of_recipe(places: Sequence[Sequence[Any]]) -> dict[Place, str]:
    return {(place[0] if len(place) == 3 else None, place[-2], place[-1]): "" for place in places}
