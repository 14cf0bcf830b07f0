"""What an action brought: a figure of two groups of lots, before and after, and whether it moved enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np
from sqlalchemy import func, select

from corecar.assess import group_bias, yield_bias
from corecar.bridge.ask.lots import lot as show_lot
from corecar.bridge.ask.questions import readings as readings_of_test
from corecar.bridge.assembly.measurements import readings_of, values_of, visible_values
from corecar.bridge.calls import Call
from corecar.bridge.lot.resolved_lots import runs_of_lot
from corecar.bridge.lot.run_rows import rows_of_runs
from corecar.bridge.sharing import visible_lot, visible_lots
from corecar.errors import ArgumentError, NotFound
from corecar.store.catalogue.improvement import AssemblyValue
from corecar.store.catalogue.models import Lot, Run

Measure = Literal["yield", "test time", "reading", "assembly"]
Figure = Literal["mean", "median", "sd", "yield"]
ALPHA = 0.05
"""Above this p a change may be chance, and confirms nothing."""
BEFORE, AFTER = "before", "after"


@dataclass(frozen=True)
class Compared:
    """What is compared. subject: the test or the characteristic; expected: change of the figure, with its sign."""

    measure: str
    figure: str
    subject: str | None
    expected: float


def compared(call: Call, what: Compared, before: Sequence[str], after: Sequence[str]) -> dict[str, Any]:
    """The figure before and after, its change, p of that change, and whether the expected gain is confirmed.

    Confirmed is a change in the expected direction, at least as large as expected, with p below 0.05: of yields by
    chi-square, of means and medians by Kruskal-Wallis, of standard deviations by Brown-Forsythe.
    Raises  NotFound; ArgumentError for a lot on both sides; TooFewParts
    """
    both = sorted(set(before) & set(after))
    if both:
        raise ArgumentError(f"{', '.join(both)} is before and after. A lot belongs to one side.")
    figures = _yields(call, before, after) if what.measure == "yield" else _of_values(call, what, before, after)
    change = figures[AFTER] - figures[BEFORE]
    enough = change * np.sign(what.expected) >= abs(what.expected) * (1 - 1e-9)
    sure = figures["p"] < ALPHA
    confirmed = bool(enough and sure)
    why = _why(change, what.expected, bool(enough), bool(sure), figures["p"])
    return figures | {"measure": what.measure, "figure": what.figure, "subject": what.subject, "change": float(change),
                      "expected": what.expected, "confirmed": confirmed, "why": why,
                      "lots_before": list(before), "lots_after": list(after)}  # fmt: skip


def _why(change: float, expected: float, enough: bool, sure: bool, p: float) -> str:
    if enough and sure:
        return f"the change of {change:+.4g} reaches the expected {expected:+.4g}, p = {p:.2g}"
    if not enough:
        return f"the change of {change:+.4g} does not reach the expected {expected:+.4g}"
    return f"the change of {change:+.4g} may be chance: p = {p:.2g}, {ALPHA:g} or more"


def _yields(call: Call, before: Sequence[str], after: Sequence[str]) -> dict[str, Any]:
    counts = {side: _counts(call, names) for side, names in ((BEFORE, before), (AFTER, after))}
    found = yield_bias([good for good, _ in counts.values()], [tested for _, tested in counts.values()], list(counts))
    return {**{side: found.yields[side] for side in counts}, "p": found.p,
            **{f"n_{side}": tested for side, (_, tested) in counts.items()}}  # fmt: skip


def _counts(call: Call, names: Sequence[str]) -> tuple[int, int]:
    """Good and tested parts of lots together, by final yields with retests resolved."""
    insertions = [one for name in names for one in show_lot(call, name)["insertions"]]
    return sum(one["final_good"] for one in insertions), sum(one["final_tested"] for one in insertions)


def _of_values(call: Call, what: Compared, before: Sequence[str], after: Sequence[str]) -> dict[str, Any]:
    sides = {side: _values(call, what, names) for side, names in ((BEFORE, before), (AFTER, after))}
    readings = np.concatenate(list(sides.values()))
    labels = [side for side, values in sides.items() for _ in range(len(values))]
    found = group_bias(readings, labels)
    return {
        **{side: _figure(values, what.figure) for side, values in sides.items()},
        "p": found.p_spread if what.figure == "sd" else found.p,
        **{f"n_{side}": found.counts[side] for side in sides},
        "effect": found.effect if np.isfinite(found.effect) else None,
    }


def _figure(values: Any, figure: str) -> float:
    there = values[np.isfinite(values)]
    if figure == "sd":
        return float(np.std(there, ddof=1))
    return float(np.median(there) if figure == "median" else np.mean(there))


def _values(call: Call, what: Compared, names: Sequence[str]) -> Any:
    """All values of some lots as float64."""
    if what.measure == "assembly":
        return readings_of(values_of(call, lot=list(names), characteristic=what.subject))
    of_lot = _test_times if what.measure == "test time" else _readings
    found = np.concatenate([of_lot(call, what, name) for name in names])
    if np.isfinite(found).sum() < 2:
        raise NotFound(f"lots {', '.join(names)} have no {what.measure} to compare.")
    return found


def _test_times(call: Call, what: Compared, name: str) -> Any:
    """Test time of every part attempt [ms]; NaN where the tester did not say."""
    runs = [run.id for run in runs_of_lot(call.session, visible_lot(call, name).id)]
    times = rows_of_runs(call.session, call.store, "parts", runs, ["test_time_ms"])["test_time_ms"]
    return _floats(times)


def _readings(call: Call, what: Compared, name: str) -> Any:
    """Every reading of the test, of every attempt."""
    return _floats(readings_of_test(call, name, what.subject or "")["value"])


def _floats(column: Any) -> Any:
    return np.asarray(column.to_numpy(), np.float64)


def lots_around(call: Call, measure: str, product: str | None, change: datetime) -> tuple[list[str], list[str]]:
    """Names of the lots that began before a moment, and of those that began at it or later.

    Raises  NotFound where a side has none
    """
    moment = change.replace(tzinfo=None)
    begun: list[Any]
    if measure == "assembly":
        asked = select(AssemblyValue.lot, func.min(AssemblyValue.time)).where(visible_values(call))
        if product is not None:
            asked = asked.where(AssemblyValue.product == product)
        begun = list(call.session.execute(asked.group_by(AssemblyValue.lot).order_by(AssemblyValue.lot)))
    else:
        of_lots = select(Lot.name, func.min(Run.start)).join(Run, Run.lot_id == Lot.id).where(visible_lots(call.actor))
        if product is not None:
            of_lots = of_lots.where(Lot.product == product)
        begun = list(call.session.execute(of_lots.group_by(Lot.id, Lot.name).order_by(Lot.name)))
    before = [name for name, start in begun if start is not None and start < moment]
    after = [name for name, start in begun if start is not None and start >= moment]
    if not before or not after:
        side = "before" if not before else "after"
        raise NotFound(f"no lot began {side} {moment:%Y-%m-%d %H:%M}. Name lots with --before and --after.")
    return before, after
