"""Verdicts against what a simulator planted: what a screen caught, missed and rejected without need."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from corecar.assess.sampling import fraction_bound
from corecar.errors import SourceError
from corecar.lot import Lot

WEAK = "weak"
CONFIDENCE = 0.9
"""Of the two-sided bounds of every rate: 5 % on either side."""
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


def compare(lot: Lot, planted: Sequence[Mapping[str, Any]], screens: Mapping[str, AbstractSet[int]]) -> dict[str, Any]:
    """What the screens made of the planted outliers.

    screens  parts that each screen of the recipe rejects, by the screen's name
    Returns  planted, caught, missed: outliers within reach of the screen; weak, weak_caught: those below it;
             failed_at_tester: planted in a part that never was a good final part, counted in none of the others;
             false_kills: rejected good parts in which nothing was planted; missed_units: which ones were missed;
             rates: catch rate and false kills of all screens together; screens: the same of each alone
    Source   bounds of the rates: Clopper and Pearson (1934)
    """
    reach = _within_reach(lot, planted)
    strong, weak = ({part for part, one in reach if (one.get("kind") == WEAK) is is_weak} for is_weak in (False, True))
    rejected: set[int] = set().union(*screens.values())
    good = int((lot.final & lot.passed).sum())
    missed = [dict(one) for part, one in reach if one.get("kind") != WEAK and part not in rejected]
    caught = sum(one.get("kind") != WEAK for _, one in reach) - len(missed)
    return {
        "planted": caught + len(missed),
        "caught": caught,
        "missed": len(missed),
        "weak": sum(one.get("kind") == WEAK for _, one in reach),
        "weak_caught": sum(one.get("kind") == WEAK and part in rejected for part, one in reach),
        "failed_at_tester": len(planted) - len(reach),
        "false_kills": len(rejected - strong - weak),
        "missed_units": missed,
        "rates": _rates(rejected, strong, weak, good),
        "screens": {name: _rates(parts, strong, weak, good) for name, parts in screens.items()},
    }


def _within_reach(lot: Lot, planted: Sequence[Mapping[str, Any]]) -> list[tuple[int, Mapping[str, Any]]]:
    """Planted outliers with their parts, of those in good final parts."""
    places = _places(lot)
    good = set((lot.final & lot.passed).nonzero()[0].tolist())
    found = [(places.get(_place(outlier)), outlier) for outlier in planted]
    return [(part, outlier) for part, outlier in found if part is not None and part in good]


def planted_parts(lot: Lot, truth: Truth) -> tuple[set[int], set[int]]:
    """Good final parts in which an outlier within reach of screens was planted, and those with a weak one only."""
    reach = _within_reach(lot, planted_outliers(truth))
    strong = {part for part, one in reach if one.get("kind") != WEAK}
    return strong, {part for part, _ in reach} - strong


def _rates(rejected: AbstractSet[int], strong: set[int], weak: set[int], good: int) -> dict[str, Any]:
    """Planted parts caught, and sound ones rejected, each as count, share and bounds of the share."""
    caught, false = len(rejected & strong), len(rejected - strong - weak)
    sound = good - len(strong | weak)
    return {
        "caught": caught, "planted": len(strong), **_bounded("catch_rate", caught, len(strong)),
        "false_kills": false, "sound": sound, **_bounded("false_kill_rate", false, sound), "confidence": CONFIDENCE,
    }  # fmt: skip


def _bounded(name: str, count: int, of: int) -> dict[str, float | None]:
    if not of:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    bound = fraction_bound(count, of, CONFIDENCE)
    return {name: bound.estimate, f"{name}_low": bound.lower, f"{name}_high": bound.upper}


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
