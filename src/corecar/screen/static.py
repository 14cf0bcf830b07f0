"""Static part-average limits: one pair of limits from a baseline of lots, for the lots to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from corecar.errors import ArgumentError, TooFewParts
from corecar.lot import BoolArray
from corecar.plurals import plural
from corecar.screen.baselines import Baseline, BaselineRules, Review, baseline_rules, choose_lots, next_review
from corecar.screen.limit_record import LimitRecord
from corecar.screen.modes import LEAST, two_modes
from corecar.screen.population_limit import Own, population_limit
from corecar.screen.shape_rules import ShapeRules
from corecar.standards import value

SCREEN = "static-pat"

PARTS = int(value("AEC-Q001", "baseline", "parts"))
AREAS = int(value("AEC-Q001", "baseline", "areas"))


@dataclass(frozen=True)
class StaticLimits:
    """Static limits of one test with the baseline that they rest on.

    record       the limits; immutable
    lots         lots of the baseline, the oldest first
    left_out     (lot or wafer, why) of what was not used
    set_on       day of the limits
    preliminary  why they are preliminary; empty when the baseline is whole
    flags        what an engineer must look at before they are approved
    """

    record: LimitRecord
    lots: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    set_on: date
    preliminary: str
    flags: tuple[str, ...]

    def review(self, *, first: date, lots_since: int, today: date, changed: date | None = None) -> Review:
        """When they must be looked at again; arguments as in `corecar.screen.baselines.next_review`."""
        rules = baseline_rules("AEC-Q001")
        return next_review(rules, first=first, updated=self.set_on, lots_since=lots_since, today=today, changed=changed)


def static_limits(
    readings: npt.ArrayLike,
    lot: Sequence[str] | npt.NDArray[np.str_],
    tested_on: Mapping[str, date],
    *,
    today: date,
    wafer: npt.ArrayLike | None = None,
    area: npt.ArrayLike | None = None,
    updated: date | None = None,
    changed: date | None = None,
    preliminary: bool = False,
    rules: ShapeRules | None = None,
    own: Own | None = None,
) -> StaticLimits:
    """Static limits of one test from parts of several lots that passed.

    readings     float32 or float64, shape (parts,); NaN where a part has none [the test's unit]
    lot          lot of each part
    tested_on    day on which each lot was tested
    today        day of the limits
    wafer, area  at wafer test: wafer and die area of each part (`die_areas`), both of shape (parts,)
    updated      day of the limits in force; None where these are the first
    changed      last change of design or process, or shrink
    preliminary  whether fewer lots than the standard asks may make limits, marked as preliminary
    rules, own   as in `shaped_limits`
    Raises       TooFewParts when the baseline is too small and `preliminary` is not given; ArgumentError for columns
                 that do not fit
    Source       AEC-Q001 Rev D: six lots of 30 parts; of each wafer five areas; older data not used
    """
    values, lots = np.asarray(readings), np.asarray(lot, dtype=str)
    _check(values, lots, tested_on, wafer, area)
    standard = baseline_rules("AEC-Q001")
    usable, left_out = _from_whole_wafers(np.isfinite(values), lots, wafer, area)
    names, short = _large_lots(usable, lots)
    chosen = choose_lots([tested_on[name] for name in names], standard, today=today, updated=updated, changed=changed)
    used = tuple(names[row] for row in chosen.rows)
    left_out += short + [(names[row], why) for row, why in chosen.left_out]
    if chosen.preliminary and not (preliminary and used):
        raise TooFewParts(_too_small(chosen, standard, left_out))
    population = values[usable & np.isin(lots, used)]
    record = population_limit(
        population, rules or ShapeRules(), own or Own(), scope=plural(len(used), "lot"), screen=SCREEN,
        why=f"preliminary: {chosen.preliminary}" if chosen.preliminary else "",
    )  # fmt: skip
    record = record.with_parameters(lots=", ".join(used), set_on=today.isoformat())
    return StaticLimits(record, used, tuple(left_out), today, chosen.preliminary, _flags(population))


def _check(
    values: npt.NDArray[np.float64],
    lots: npt.NDArray[np.str_],
    tested_on: Mapping[str, date],
    wafer: npt.ArrayLike | None,
    area: npt.ArrayLike | None,
) -> None:
    if (wafer is None) != (area is None):
        raise ArgumentError("wafer and area: expected both of each die, or neither.")
    for name, column in (("lot", lots), ("wafer", wafer), ("area", area)):
        if column is not None and np.shape(column) != values.shape:
            raise ArgumentError(f"{name}: {np.shape(column)} values for {values.shape} readings: expected as many.")
    unknown = sorted(set(lots.tolist()) - set(tested_on))
    if unknown:
        raise ArgumentError(f"tested_on: no day for lot {unknown[0]}. Give the day on which each lot was tested.")


def _from_whole_wafers(
    usable: BoolArray, lots: npt.NDArray[np.str_], wafer: npt.ArrayLike | None, area: npt.ArrayLike | None
) -> tuple[BoolArray, list[tuple[str, str]]]:
    """Usable parts that are not of a wafer of which too few areas were measured."""
    if wafer is None or area is None:
        return usable, []
    wafers, areas, left_out = np.asarray(wafer, dtype=str), np.asarray(area), []
    kept = usable.copy()
    for name, one in sorted(set(zip(lots.tolist(), wafers.tolist(), strict=True))):
        mine = (lots == name) & (wafers == one)
        found = len(np.unique(areas[mine & usable]))
        if found < AREAS:
            kept &= ~mine
            left_out.append((f"{name} wafer {one}", f"dies of {plural(found, 'area')}, fewer than {AREAS}"))
    return kept, left_out


def _large_lots(usable: BoolArray, lots: npt.NDArray[np.str_]) -> tuple[list[str], list[tuple[str, str]]]:
    names, left_out = [], []
    for name in sorted(set(lots.tolist())):
        count = int((usable & (lots == name)).sum())
        if count >= PARTS:
            names.append(name)
        else:
            left_out.append((name, f"{plural(count, 'part')}, fewer than {PARTS}"))
    return names, left_out


def _too_small(chosen: Baseline, rules: BaselineRules, left_out: list[tuple[str, str]]) -> str:
    out = "; ".join(f"{name}: {why}" for name, why in left_out)
    return (
        f"{plural(len(chosen.rows), 'lot')} of {PARTS} parts or more: static limits need {rules.lots}."
        + (f" Left out are {out}." if out else "")
        + " Wait for more lots, or make preliminary limits."
    )


def _flags(population: npt.NDArray[np.float64]) -> tuple[str, ...]:
    """What one pair of limits over several lots would hide."""
    found = two_modes(population) if len(population) >= LEAST else None
    if found is None or not found.found:
        return ()
    return (
        f"two modes at {found.centre[0]:.6g} and {found.centre[1]:.6g}: one pair of limits does not fit them. "
        "Find what makes the difference before approval.",
    )
