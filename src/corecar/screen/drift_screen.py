"""What a stress such as burn-in did to each part: readings after it less those before, less what the tester did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from corecar.lot import BoolArray, Float64Array, Lot
from corecar.plurals import plural
from corecar.screen.column_limits import Column, findings, judged
from corecar.screen.dispositions import labels_of_tests, unit_labels
from corecar.screen.dynamic import screened_tests
from corecar.screen.findings import Findings, nothing
from corecar.screen.levelled import Matrix, matrix_of
from corecar.screen.paired_units import Paired, paired_units
from corecar.screen.placed import named, not_applied_words
from corecar.screen.populations import refused
from corecar.screen.recipe import Recipe
from corecar.screen.rows import DRIFT, ScreenRow
from corecar.screen.static_lots import tests_by_key
from corecar.strata import strata


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Both insertions of the units; arrays of shape (parts after,).

    control  units that were not stressed
    held     good stressed parts that are judged
    """

    before: Lot
    after: Lot
    paired: Paired
    control: BoolArray
    held: BoolArray


def drift_screen(lot: Lot, before: Lot | None, row: ScreenRow, recipe: Recipe) -> Findings:
    """Good parts that a stress moved farther than the others, or farther than is allowed.

    lot     readings after the stress, `before` those of the same units before it
    Units named by `control` were not stressed: the median of their drift is what the tester did, and is taken off.
    Source  AEC-Q001 Rev D for the limits of the drift as of any reading; the allowed share is a template
    """
    if before is None:
        return nothing(DRIFT, [not_applied_words(DRIFT, "no readings before the stress were given")])
    paired = paired_units(before, lot, row["identity"])
    if not paired.identity:
        why = "no part is found in both insertions by wafer and place, or by its text"
        return nothing(DRIFT, [f"{not_applied_words(DRIFT, why)} Say by which identity units are the same."])
    good = np.asarray(lot.final & lot.passed)
    control = _control(lot, row["control"]) & (paired.before >= 0)
    pairs = _Pairs(before, lot, paired, control, good & ~control & (paired.before >= 0))
    tests, unknown = _tests(pairs, row, recipe)
    columns, bounds, notes = _columns(pairs, tests, row, recipe)
    notes += _pair_notes(pairs, good, row, recipe)
    hold = _unpaired(pairs, good, recipe)
    if not columns:
        said = not_applied_words(DRIFT, "no test was executed both before and after")
        return nothing(DRIFT, [said], notes, hold)
    found = [
        judged(column, recipe, width=row["width"], least=row["least"], bound=bound)
        for column, bound in zip(columns, bounds, strict=True)
    ]
    moved = [one.record["median"] for one in found]
    away = [
        column.what
        for column, bound, middle in zip(columns, bounds, moved, strict=True)
        if bound is not None and middle is not None and abs(middle) > bound
    ]
    if away:
        hold.append(
            f"{DRIFT}: more than half of the parts moved farther than allowed: {named(away)}. Look at the tester, with "
            "control units, and at the stress."
        )
    return replace(findings(DRIFT, columns, found, _unknown(unknown)), notes=tuple(notes), hold=tuple(hold))


def _control(lot: Lot, patterns: Sequence[str]) -> BoolArray:
    """Parts that a list of patterns names, by part id, text, or wafer and place."""
    labels = unit_labels(lot.parts)
    columns = [lot.parts[name].to_pylist() for name in ("part_id", "part_text")]
    rows = zip(labels, *columns, strict=True)
    return np.array(
        [any(fnmatchcase(str(word), one) for word in words if word for one in patterns) for words in rows], dtype=bool
    )


def _tests(pairs: _Pairs, row: ScreenRow, recipe: Recipe) -> tuple[list[tuple[int, int]], int]:
    """Tests of both insertions, rows of `tests` before and after; and how many of those after have no match."""
    own = replace(recipe, include=tuple(row["include"]), exclude=tuple(row["exclude"]))
    wanted = set(screened_tests(pairs.after, own).tolist())
    one, other = tests_by_key(pairs.before), tests_by_key(pairs.after)
    both = [(one[key], test) for key, test in other.items() if key in one and test in wanted]
    return both, sum(test in wanted and key not in one for key, test in other.items())


def _columns(
    pairs: _Pairs, tests: Sequence[tuple[int, int]], row: ScreenRow, recipe: Recipe
) -> tuple[list[Column], list[float | None], list[str]]:
    """The drift of each test as a column for each population, and how far a part may drift."""
    by, names = strata(pairs.after, "lot"), labels_of_tests(pairs.after)
    columns: list[Column] = []
    bounds: list[float | None] = []
    lacking = uncontrolled = 0
    for first, second in tests:
        drift, whole, counted, fingerprint = _drift(pairs, first, second, recipe)
        bound = _bound(pairs.after, second, row["of_width"])
        for place, scope in enumerate(by.labels):
            mine = by.codes == place
            known = drift[pairs.control & whole & mine]
            shift = float(np.median(known)) if len(known) else 0.0
            uncontrolled += bool(pairs.control.any() and not len(known))
            held = pairs.held & whole & mine
            lacking += int((pairs.held & mine & ~whole).sum())
            if not held.any():
                continue
            words = f", less {shift:.6g} of {plural(len(known), 'control unit')}" if len(known) else ""
            part = np.flatnonzero(held)
            columns.append(
                Column(second, scope, part, drift[part] - shift, counted[part], fingerprint,
                       f"{names[second]} after less before{words}", f"{names[second]} drifted")
            )  # fmt: skip
            bounds.append(bound)
    notes = []
    if lacking:
        notes.append(f"{DRIFT}: {plural(lacking, 'pair')} of readings lack one and were not judged.")
    if uncontrolled:
        notes.append(f"{DRIFT}: {plural(uncontrolled, 'test')} without readings of control units: nothing taken off.")
    return columns, bounds, notes


def _drift(pairs: _Pairs, first: int, second: int, recipe: Recipe) -> tuple[Float64Array, BoolArray, BoolArray, str]:
    """After less before by part after, where both are known, which parts make limits, and a hash of it all."""
    every = int(refused(recipe))
    after = _whole(pairs.after, second, every)
    old = _whole(pairs.before, first, every)
    at = pairs.paired.before
    drift = np.full(len(at), np.nan)
    drift[at >= 0] = after.value[at >= 0, 0] - old.value[at[at >= 0], 0]
    counted = np.zeros(len(at), dtype=bool)
    sound = old.counted & np.asarray(pairs.before.passed)
    counted[at >= 0] = after.counted[at >= 0] & sound[at[at >= 0]]
    whole = np.isfinite(drift)
    chosen = counted & pairs.held
    mark = Matrix(np.arange(len(at)), drift[:, None], chosen).fingerprint()
    return drift, whole, counted & whole, mark


def _whole(lot: Lot, test: int, every: int) -> Matrix:
    return matrix_of(lot.measurements, np.array([test]), np.ones(lot.parts.num_rows, dtype=bool), every)


def _bound(lot: Lot, test: int, share: float) -> float | None:
    """How far a part may drift: a share of the width between the test's limits; None where it lacks one."""
    width = float(lot.test_limits[1][test] - lot.test_limits[0][test])
    return share * width if share and np.isfinite(width) and width > 0 else None


def _pair_notes(pairs: _Pairs, good: BoolArray, row: ScreenRow, recipe: Recipe) -> list[str]:
    """By what units were paired, and which were not."""
    both = int((pairs.paired.before >= 0).sum())
    files = named(list(dict.fromkeys(Path(source.path).name for source in pairs.before.sources)))
    where = f" in {files}" if files else ""
    said = [f"{DRIFT}: {plural(both, 'part')} paired with those before the stress{where} by {pairs.paired.identity}."]
    count = int(pairs.control.sum())
    if count:
        said.append(f"{DRIFT}: {plural(count, 'control unit')} not judged; their median drift is taken off.")
    elif row["control"]:
        said.append(f"{DRIFT}: no part is named by {', '.join(row['control'])}: nothing is taken off for the tester.")
    else:
        said.append(f"{DRIFT}: no control units: a change of the tester counts as drift.")
    if pairs.paired.doubled:
        said.append(f"{DRIFT}: {plural(pairs.paired.doubled, 'part')} share their identity with others: not judged.")
    lost = _lost(pairs, good)
    if lost and lost <= (1 - recipe.coverage) * int(good.sum()):
        said.append(f"{DRIFT}: {plural(lost, 'good part')} not found before the stress: not judged.")
    return said


def _unpaired(pairs: _Pairs, good: BoolArray, recipe: Recipe) -> list[str]:
    lost = _lost(pairs, good)
    if lost <= (1 - recipe.coverage) * int(good.sum()):
        return []
    return [
        f"{DRIFT}: {lost:,} of {plural(int(good.sum()), 'good part')} were not found before the stress, so nothing "
        "says how far they moved. Give all files of the insertion before."
    ]


def _lost(pairs: _Pairs, good: BoolArray) -> int:
    return int((good & ~pairs.control & (pairs.paired.before < 0)).sum())


def _unknown(count: int) -> list[str]:
    return [not_applied_words(DRIFT, f"{plural(count, 'test')} not executed before the stress")] if count else []
