"""Kill budgets: a screen that rejects more than was agreed looks like a broken test, or a mixed population."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.lot import Lot
from corecar.plurals import plural
from corecar.screen.dispositions import labels_of_tests
from corecar.screen.findings import NO_TEST, Findings
from corecar.screen.recipe import Recipe

FORESEEN = ("edge-ring", "ink")
"""Screens whose rejects are known beforehand: they say nothing of a broken test, so the recipe's budget counts none."""

NAMED = 3
"""Tests that a sentence names."""

ADVICE = "Look for a broken test or a mixed population before release."


def over_budgets(lot: Lot, verdicts: Any, found: Sequence[Findings], recipe: Recipe) -> tuple[str, ...]:
    """Why the lot must wait, one sentence per budget that was exceeded: the recipe's first, then those of screens.

    found  what each screen of `recipe.ordered` found, in that order
    """
    good = int((lot.final & lot.passed).sum())
    names = labels_of_tests(lot) if good else []
    return (*_of_recipe(good, names, verdicts, recipe), *_of_screens(good, names, found, recipe))


def _of_recipe(good: int, names: list[str], verdicts: Any, recipe: Recipe) -> tuple[str, ...]:
    counted = verdicts.filter(pc.invert(pc.is_in(verdicts["rule"], value_set=pa.array(FORESEEN))))
    rejected = len(np.unique(counted["part"].to_numpy()))
    if not good or rejected <= recipe.kill_budget * good:
        return ()
    rows = zip(counted["test"].to_pylist(), counted["rule"].to_pylist(), strict=True)
    told = _most(rule if test is None else names[test] for test, rule in rows)
    lead = f"The screens reject {rejected:,} of {plural(good, 'good part')} ({rejected / good:.2%}), more than the "
    return (f"{lead}budget of {recipe.kill_budget:.2%}. Most by: {told}. {ADVICE}",)


def _of_screens(good: int, names: list[str], found: Sequence[Findings], recipe: Recipe) -> tuple[str, ...]:
    out = []
    for place, (row, one) in enumerate(zip(recipe.ordered, found, strict=True), 1):
        rejected = len(np.unique(one.part))
        if row.kill is None or not good or rejected <= row.kill * good:
            continue
        told = _most(names[test] for test in one.test.tolist() if test != NO_TEST)
        most = f" Most by: {told}." if told else ""
        out.append(
            f"Screen {place}, {row.kind}, rejects {rejected:,} of {plural(good, 'good part')} ({rejected / good:.2%}), "
            f"more than its own budget of {row.kill:.2%}.{most} {ADVICE}"
        )
    return tuple(out)


def _most(names: Any) -> str:
    return ", ".join(f"{name} ({count:,})" for name, count in Counter(names).most_common(NAMED))
