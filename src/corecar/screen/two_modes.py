"""What a reader must know of tests whose populations have two modes."""

from __future__ import annotations

from corecar.lot import Lot
from corecar.plurals import plural
from corecar.screen.dispositions import labels_of_tests
from corecar.screen.dynamic import Derivation

NAMED = 3
"""Tests that a sentence names; of more, it says how many."""


def two_mode_words(lot: Lot, derived: Derivation) -> tuple[str, ...]:
    """Why the lot must wait: what makes two modes is known to nobody yet, or needs another scope."""
    causes: dict[str, set[int]] = {}
    for depth, level in enumerate(derived.levels):
        kept = derived.kept(depth)
        for cell, cause in level.shaped.modes.items() if level.shaped is not None else ():
            if kept[cell]:
                causes.setdefault(cause, set()).add(int(derived.tests[cell[0]]))
    return tuple(f"{_tests(lot, tests)}: {_advice(cause)}" for cause, tests in sorted(causes.items()))


def _tests(lot: Lot, tests: set[int]) -> str:
    names = labels_of_tests(lot)
    told = ", ".join(names[test] for test in sorted(tests)[:NAMED])
    more = f" and {plural(len(tests) - NAMED, 'more test')}" if len(tests) > NAMED else ""
    return f"Two modes in {told}{more}"


def _advice(cause: str) -> str:
    if not cause:
        return "neither site nor wafer explains them. The outer limits stand; find what makes the difference."
    apart = f"Grade with a scope that keeps each {cause} apart; until then the outer limits stand."
    return f"the {cause} explains them. {apart}"
