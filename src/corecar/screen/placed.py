"""What screens of places have in common: which wafers they leave out, their records, the parts they reject."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from corecar.lot import BoolArray, Float64Array, Lot
from corecar.plurals import plural
from corecar.screen.dies import NO_DIE, Dies, StateArray, states
from corecar.screen.findings import NO_TEST, Findings, nothing, record_rows
from corecar.screen.neighbours import wafer_yields
from corecar.screen.rows import ScreenRow

VERSION = "1"


@dataclass(frozen=True, eq=False)
class Judged:
    """What a screen says of every place; arrays have shape (planes, rows, columns).

    out      bool: a good die there is rejected
    value    float64: what was held against the limit
    """

    out: BoolArray
    value: Float64Array


def bins_words(row: ScreenRow) -> str:
    """Which bins count as failed, where the recipe names some."""
    return f", bins {', '.join(map(str, row['bins']))}" if row["bins"] else ""


def low_yields(lot: Lot, dies: Dies, row: ScreenRow) -> tuple[BoolArray, list[str]]:
    """Wafers that yield too little for a screen of places, bool, shape (planes,); and what is to be done about them."""
    kind, least = row.kind, row["least_yield"]
    found = wafer_yields(states(lot, dies))
    with np.errstate(invalid="ignore"):
        low: BoolArray = found < least
    if not low.any():
        return low, []
    names = [f"{dies.by.labels[plane]} ({found[plane]:.0%})" for plane in np.flatnonzero(low).tolist()]
    said = f"{not_applied_words(kind, f'{named(names)}: yield below {least:.0%}')} Review the wafers as a whole."
    return low, [said]


def left_unjudged(kind: str, unjudged: BoolArray, lot: Lot, dies: Dies) -> list[str]:
    """Good dies that have too few neighbours to be judged."""
    of = dies.place >= 0
    count = int(unjudged.ravel()[dies.place[of & lot.final & lot.passed]].sum()) if unjudged.size else 0
    return [f"{kind}: not applied to {plural(count, 'good die')}: too few neighbours."] if count else []


def plane_records(
    lot: Lot, dies: Dies, kind: str, state: StateArray, estimator: str, limit: dict[str, float], low: BoolArray,
    unjudged: BoolArray,
) -> Any:  # fmt: skip
    """One record per plane: what was counted, the limit, and a hash of the map it was counted on."""
    tested = (state != NO_DIE).sum(axis=(1, 2)).tolist()
    left = (unjudged & (state != NO_DIE)).sum(axis=(1, 2)).tolist()
    rows = []
    for plane, label in enumerate(dies.by.labels):
        skipped = bool(low[plane]) or left[plane] == tested[plane]
        words = "not applied: see the notes" if skipped else f"{left[plane]} dies not judged" if left[plane] else ""
        rows.append(
            {"scope": label, "n": tested[plane], "estimator": estimator, **limit, "fallback": words,
             "population": dies.fingerprint(state, plane), "applied": not skipped}
        )  # fmt: skip
    return record_rows(kind, VERSION, rows)


def rejected(
    lot: Lot, dies: Dies, kind: str, judged: Judged, records: Any, words: Callable[[float], str],
    unjudged: Sequence[str], hold: Sequence[str],
) -> Findings:  # fmt: skip
    """Good parts at the places that a screen rejects; the records are one per plane."""
    good = np.flatnonzero(lot.final & lot.passed & (dies.place >= 0))
    part = good[judged.out.ravel()[dies.place[good]]]
    value = judged.value.ravel()[dies.place[part]]
    return Findings(
        rule=kind,
        records=records,
        part=part,
        test=np.full(len(part), NO_TEST),
        limit=dies.plane[part].astype(np.int64),
        value=value,
        distance=np.full(len(part), np.nan),
        reasons=tuple(words(each) for each in value.tolist()),
        hold=tuple(hold),
        unjudged=tuple(unjudged),
    )


def not_applied_words(kind: str, why: str) -> str:
    """That a screen was not applied, and why, as a sentence."""
    return f"{kind}: not applied: {why}."


def named(names: Sequence[str], most: int = 3) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def not_applied(kind: str, dies: Dies) -> Findings | None:
    """What a screen of places says of a lot that has none; None where it has."""
    return nothing(kind, [not_applied_words(kind, dies.trouble)]) if dies.trouble else None


def bare_notes(dies: Dies, kinds: Sequence[str]) -> tuple[str, ...]:
    """That some parts on wafers have no coordinates, so that no screen of places has seen them."""
    if not dies.bare or dies.trouble or not kinds:
        return ()
    have = "has" if dies.bare == 1 else "have"
    return (f"{', '.join(kinds)}: not applied: no coordinates: {plural(dies.bare, 'part')} on wafers {have} none.",)
