"""Lots or wafers against each other, test by test: of lots of a workspace, or of files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np

from corecar.assess import adjusted
from corecar.assess.between_groups import bias_of_codes
from corecar.assess.bias_tables import verdict_of
from corecar.assess.pool_groups import groups
from corecar.bridge.calls import Call
from corecar.bridge.study.chosen_tests import chosen_tests
from corecar.bridge.study.lot_figures import Parts, Tests, known
from corecar.bridge.study.studied import Studied, studied_lots
from corecar.bridge.study.studies import IdentityOfUnits, Lots, Retest, Stage, Temperature
from corecar.errors import ArgumentError, TooFewParts
from corecar.plurals import plural

Group = Annotated[Literal["lot", "wafer"], "What to compare: lots or wafers."]


def between(
    call: Call,
    lots: Lots,
    *,
    group: Group = "lot",
    test: Tests = (),
    parts: Parts = "all",
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOfUnits = "auto",
    retest: Retest = "last",
) -> dict[str, Any]:
    """Compare lots or wafers with each other, test by test, the largest effect first; of one test all groups.

    Effect is how far the medians lie apart, in robust sigmas within groups; q is p after false discovery control.
    Raises  NotFound; ArgumentError for a test that is not there, or for fewer than two groups
    """
    how: dict[str, Any] = {"stage": stage, "temperature": temperature, "identity": identity, "retest": retest}
    return between_answer(studied_lots(call, lots, **how), group=group, test=test, parts=parts)


def between_answer(
    studied: Studied, *, group: str = "lot", test: Sequence[str] = (), parts: str = "all"
) -> dict[str, Any]:
    """The same of lots that were read."""
    pool = studied.pool
    codes, names = groups(pool, group)
    if len(names) < 2:
        raise ArgumentError(f"{plural(len(names), group)}: two were expected to compare. Name more.")
    if parts == "passing":
        codes = np.where(pool.passed, codes, -1).astype(codes.dtype)
    rows, of_groups, few = [], [], 0
    for one in chosen_tests(pool, test):
        try:
            found = bias_of_codes(pool.readings(one).astype(np.float64), codes.astype(np.intp), list(names))
        except TooFewParts:
            few += 1
            continue
        ranked = sorted(found.medians, key=lambda name: found.medians[name])
        low, high = ranked[0], ranked[-1]
        rows.append({
            **one.named, "groups": len(ranked), "n": found.n, "lowest": low, "lowest_median": found.medians[low],
            "highest": high, "highest_median": found.medians[high], "effect": found.effect,
            "p": found.p, "p_spread": found.p_spread,
        })  # fmt: skip
        of_groups = [
            {group: name, "n": found.counts[name], "median": found.medians[name], "sigma": found.sigmas[name],
             "unit": one.named["unit"]}
            for name in found.medians
        ]  # fmt: skip
    told_rows = _with_q(rows)
    counts = {verdict: sum(row["verdict"] == verdict for row in told_rows) for verdict in ("hold", "warn")}
    said = f"{plural(len(rows), 'test')} over {plural(len(names), group)}:"
    said += f" {counts['hold']:,} hold, {counts['warn']:,} warn."
    notes = [f"{plural(few, 'test')} left out: fewer than two groups with two readings"] if few else []
    tables = {"rows": told_rows, **({"groups": of_groups} if len(rows) == 1 else {})}
    return {"said": said, **tables, "notes": [*studied.notes, *notes]}


def _with_q(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows by effect, each with its q and the verdict on both."""
    found = []
    for row, q in zip(rows, adjusted([row["p"] for row in rows]).tolist(), strict=True):
        found.append(known({**row, "q": q, "verdict": verdict_of(row["effect"], q)}))
    return sorted(found, key=lambda row: -(row["effect"] or 0.0))
