"""The same units before and after a stress: how far each moved, and whether some moved otherwise than the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.assess import drift
from corecar.errors import ArgumentError
from corecar.lot import Lot
from corecar.plurals import plural
from corecar.screen.modes import two_modes
from corecar.screen.paired_units import KEYS, paired_units
from corecar.standards import value

FloatArray = npt.NDArray[np.float64]
_LEAST = int(value("Qualification", "drift", "least"))
_NAMED = 5
"""Units that a finding names; of more, it says how many."""


@dataclass(frozen=True)
class Stressed:
    """What `stressed` answers.

    identity  what pairs the units; rows: one for each test, the worst first; findings: what speaks against the parts
    """

    identity: str
    pairs: int
    controls: int
    unpaired: int
    rows: list[dict[str, Any]]
    findings: list[str]


def stressed(before: Lot, after: Lot, controls: Sequence[str] = (), identity: str = "auto") -> Stressed:
    """Hold two lots of the same units against each other, test by test.

    controls  units that were not stressed, as the identity names them: what they moved by is the tester's
    Raises    ArgumentError where nothing pairs, or a control unit is not there
    """
    paired = paired_units(before, after, identity)
    if not paired.identity:
        raise ArgumentError("no unit of the lot before is in the lot after. Name an identity that both have.")
    now = np.flatnonzero(paired.before >= 0)
    then = paired.before[now]
    keys = KEYS[paired.identity](after)
    names = [_name(keys[part]) for part in now.tolist()]
    unknown = sorted(set(controls) - set(names))
    if unknown:
        raise ArgumentError(f'control: no paired unit is called "{unknown[0]}". Units are called like "{names[0]}".')
    control = np.isin(names, list(controls))
    rows: list[dict[str, Any]] = []
    findings: list[str] = []
    tests = _tests(before)
    for key, at in _tests(after).items():
        if key not in tests:
            continue
        x, y = _readings(before, tests[key])[then], _readings(after, at)[now]
        row, found = _test(key, x, y, control, names, [float(limit[at]) for limit in after.test_limits])
        if row is not None:
            rows.append(row)
            findings += found
    rows.sort(key=lambda row: (row["finding"] == "", -row["largest"]))
    return Stressed(paired.identity, int((~control).sum()), int(control.sum()), len(after.chosen("final")) - len(now),
                    rows, findings)  # fmt: skip


def _test(
    key: tuple[Any, ...], x: FloatArray, y: FloatArray, control: npt.NDArray[np.bool_], names: list[str],
    limits: list[float],
) -> tuple[dict[str, Any] | None, list[str]]:  # fmt: skip
    """One test: its row, and what speaks against the parts; nothing where too few pairs have readings."""
    use = np.isfinite(x) & np.isfinite(y) & ~control
    if use.sum() < _LEAST:
        return None, []
    low, high = (limit if np.isfinite(limit) else None for limit in limits)
    of_controls = (x[control], y[control]) if (np.isfinite(x - y) & control).any() else None
    figures = drift(x[use], y[use], low, high, control=of_controls)
    told = [name for name, used in zip(names, use, strict=True) if used]
    title = " ".join(str(part).strip() for part in key[:2] if part)
    beyond = sorted({*figures.beyond_drift, *figures.beyond_limits})
    group = _subpopulation(y[use] - x[use] - figures.control_shift, set(figures.outlying))
    finding = _finding(title, told, beyond, group)
    row = {
        "number": key[0], "test": key[1], "n": figures.n, "mean": figures.mean, "sd": figures.sd,
        "control_shift": figures.control_shift, "largest": _in_widths(figures.largest, low, high, figures.robust_sigma),
        "outlying": len(figures.outlying), "beyond": len(beyond), "subpopulation": len(group),
        "cpk_after": figures.cpk_after, "p_shift": figures.p_shift, "finding": finding,
    }  # fmt: skip
    return row, [finding] if finding else []


def _subpopulation(moved: FloatArray, outlying: set[int]) -> list[int]:
    """Rows, from 1, of the smaller of two groups that moved differently; empty where all moved alike.

    Two modes of the movement, or at least two parts beyond 6 robust sigmas on the same side.
    """
    modes = two_modes(moved)
    if modes is not None and modes.found:
        upper = moved > modes.valley
        smaller = upper if modes.weight[1] <= modes.weight[0] else ~upper
        return [int(row) + 1 for row in np.flatnonzero(smaller)]
    centre = float(np.median(moved))
    sides = [[row for row in sorted(outlying) if (moved[row - 1] > centre) == up] for up in (True, False)]
    return max(sides, key=len) if max(map(len, sides)) > 1 else []


def _finding(title: str, names: list[str], beyond: list[int], group: list[int]) -> str:
    """What speaks against the parts of a test, in a sentence."""
    said = []
    if group:
        said.append(f"{plural(len(group), 'unit')} moved apart from the rest ({_units(names, group)})")
    if beyond:
        said.append(f"{plural(len(beyond), 'unit')} beyond a limit or the drift allowed ({_units(names, beyond)})")
    return f"{title}: {'; '.join(said)}" if said else ""


def _units(names: list[str], rows: list[int]) -> str:
    more = f" and {len(rows) - _NAMED:,} more" if len(rows) > _NAMED else ""
    return ", ".join(names[row - 1] for row in rows[:_NAMED]) + more


def _in_widths(moved: float, low: float | None, high: float | None, sigma: float) -> float:
    """The largest movement, as part of the specification's width; in robust sigmas where it has none."""
    width = high - low if low is not None and high is not None else 0.0
    return abs(moved) / width if width > 0 else abs(moved) / sigma if sigma > 0 else 0.0


def _name(key: Any) -> str:
    return ",".join(str(part) for part in key) if isinstance(key, tuple) else str(key)


def _tests(lot: Lot) -> dict[tuple[Any, ...], int]:
    """Rows of parametric tests by number, name and pin."""
    columns = (lot.tests[name].to_pylist() for name in ("number", "name", "pin", "kind"))
    rows = enumerate(zip(*columns, strict=True))
    return {key[:3]: row for row, key in rows if key[3] != "functional"}


def _readings(lot: Lot, test: int) -> FloatArray:
    """float64, shape (parts,): readings of a test; NaN where a part has none."""
    return np.asarray(lot.matrix([test], "all")[0], np.float64)
