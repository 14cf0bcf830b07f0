"""Verdicts against what a simulator planted: what a screen caught, missed and rejected without need."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from corecar.errors import SourceError
from corecar.lot import Lot

WEAK = "weak"
_ENDINGS = (".gz", ".bz2", ".xz", ".zst", ".stdf", ".std")

Truth = str | Path | Mapping[str, Any]


def find_truth(sources: Sequence[str | Path]) -> list[Path]:
    """The truth files that stand beside simulated sources: `lot.truth.json` for `lot.stdf.gz`."""
    found = []
    for source in map(Path, sources):
        name = source.name
        for ending in _ENDINGS:
            name = name.removesuffix(ending)
        beside = source.with_name(f"{name}.truth.json")
        if beside.is_file() and beside not in found:
            found.append(beside)
    return found


def planted_outliers(truth: Truth) -> list[dict[str, Any]]:
    """The planted outliers that a truth file lists. Raises SourceError when it is not such a file."""
    if isinstance(truth, Mapping):
        return list(truth.get("planted", ()))
    advice = "Give the .truth.json that stands beside the simulated lot."
    try:
        content = json.loads(Path(truth).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError(truth, f"not a truth file: {error}.", advice=advice) from error
    planted = content.get("planted") if isinstance(content, dict) else None
    if not isinstance(planted, list) or not all(isinstance(item, dict) for item in planted):
        raise SourceError(truth, 'not a truth file: it has no list "planted".', advice=advice)
    return planted


def compare(lot: Lot, verdicts: Any, planted: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the screens made of the planted outliers.

    Returns  planted, caught, missed: outliers within reach of the screen; weak, weak_caught: those below it;
             failed_at_tester: planted in a part that never was a good final part, counted in none of the others;
             false_kills: rejected good parts in which nothing was planted; missed_units: which ones were missed
    """
    places = _places(lot)
    rejected = set(verdicts["part"].to_pylist())
    good = set((lot.final & lot.passed).nonzero()[0].tolist())
    tally = dict.fromkeys(("planted", "caught", "missed", "weak", "weak_caught", "failed_at_tester"), 0)
    missed, marked = [], set()
    for outlier in planted:
        part = places.get(_place(outlier))
        if part is None or part not in good:
            tally["failed_at_tester"] += 1
            continue
        marked.add(part)
        is_caught = part in rejected
        if outlier.get("kind") == WEAK:
            tally["weak"] += 1
            tally["weak_caught"] += is_caught
            continue
        tally["planted"] += 1
        tally["caught" if is_caught else "missed"] += 1
        if not is_caught:
            missed.append(dict(outlier))
    return {**tally, "false_kills": len(rejected - marked), "missed_units": missed}


Place = tuple[Any, ...]


def _place(row: Mapping[str, Any]) -> Place:
    """What tells a unit apart in both: wafer and coordinates, else its text or its id."""
    if row.get("wafer") is not None:
        return row["wafer"], row["x"], row["y"]
    return ("unit", row.get("part_text") or row.get("part_id"))


def _places(lot: Lot) -> dict[Place, int]:
    final = lot.final
    columns = {name: lot.parts[name].to_pylist() for name in ("wafer", "x", "y", "part_text", "part_id")}
    rows = zip(*columns.values(), strict=True)
    return {_place(dict(zip(columns, row, strict=True))): part for part, row in enumerate(rows) if final[part]}
