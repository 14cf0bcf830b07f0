"""What the tester concludes from the readings: which tests failed, which ran, and the bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corecar.lot import BoolArray, Int64Array
from corecar.lot import Float32Array as Values
from corecar.simulate.program import GROUPS, Program

PASS_BIN = 1


@dataclass(frozen=True)
class Verdict:
    """The verdict on some parts.

    above, below  bool, shape (columns, parts): beyond the high or the low limit
    failed        bool, shape (tests, parts)
    executed      bool, shape (tests, parts)
    good          bool, shape (parts,)
    hard_bin      int64, shape (parts,): 1, or the bin of the first test that failed
    soft_bin      int64, shape (parts,)
    """

    above: BoolArray
    below: BoolArray
    failed: BoolArray
    executed: BoolArray
    good: BoolArray
    hard_bin: Int64Array
    soft_bin: Int64Array


def judge(program: Program, values: Values, *, stop_on_fail: bool = False) -> Verdict:
    """Compare readings with limits; a reading equal to a limit passes, as PARM_FLG bits 6 and 7 say.

    values        float32, shape (columns, parts) [each test's unit]
    stop_on_fail  the tester leaves out everything after a part's first failing test
    """
    above, below = values > program.high[:, None], values < program.low[:, None]
    failed = np.logical_or.reduceat(above | below, program.starts, axis=0)
    good: BoolArray = ~np.any(failed, axis=0)
    first = np.where(good, len(program.tests), failed.argmax(axis=0))
    executed = np.ones_like(failed)
    if stop_on_fail:
        executed = np.arange(len(program.tests))[:, None] <= first
        failed = failed & executed
    hard, soft = _bins(program)
    return Verdict(above, below, failed, executed, good, hard[first], soft[first])


def retestable(verdict: Verdict) -> BoolArray:
    """bool, shape (parts,): parts in a bin that the floor touches down a second time."""
    bins = [group.hard_bin for group in GROUPS.values() if group.retested]
    return np.isin(verdict.hard_bin, bins)


def _bins(program: Program) -> tuple[Int64Array, Int64Array]:
    """Hard and soft bin per test, and of a good part in the last place."""
    hard = [GROUPS[test.group].hard_bin for test in program.tests]
    soft = [test.soft_bin for test in program.tests]
    return np.array([*hard, PASS_BIN]), np.array([*soft, PASS_BIN])
