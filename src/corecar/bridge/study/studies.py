"""Studies of lots: bias, test time, what changed, what goes together, what drifts, how bins switch.

Of files and of the workspace.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Annotated, Any, Literal

from corecar.assess import biases, related, run_drifts, times_of_testing, what_changed
from corecar.assess.pools import FACTORS
from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.study.paired_bins import insertion, moved_bins
from corecar.bridge.study.studied import Studied, studied_lots
from corecar.errors import ArgumentError
from corecar.lot import Choice, Identity
from corecar.plurals import plural

Lots = Annotated[Sequence[str], "Names or numbers of lots."]
Stage = Annotated[str | None, "Only runs of this stage or test code: `wafer sort`, `CP2`."]
Temperature = Annotated[str | None, "Only runs at this temperature."]
IdentityOfUnits = Annotated[Identity, "What makes two attempts the same unit."]
Retest = Annotated[Choice, "Which attempt at a unit counts."]
Factors = Annotated[
    Sequence[str],
    f"What to compare, several times: {', '.join(FACTORS)}, or another column of the runs; all without it.",
]
Apportion = Annotated[
    Literal["none", "even"], "Where files give only the time of parts: `even` gives each test an equal share."
]
Anyway = Annotated[bool, "Compare also where the two sides have no test in common."]
Tables = Annotated[bool, "The full tables too, not only the ten lines."]

NOT_COMPARED = ("run", "lot", "source", "start", "finish", "test_pass")
"""Columns of `runs` that are no hardware or setting."""


def bias(
    call: Call,
    lots: Lots,
    *,
    by: Factors = (),
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOfUnits = "auto",
    retest: Retest = "last",
) -> dict[str, Any]:
    """Say which sites, testers, load boards, probe cards or handlers differ: every test and the yield, effect first.

    From the final parts of the lots, good and bad, read from the sources that were kept. Effect is in robust sigmas;
    a verdict needs the effect and a q, which is p after false discovery control.
    Raises  NotFound; ArgumentError for parts of several stages or temperatures
    """
    how: dict[str, Any] = {"stage": stage, "temperature": temperature, "identity": identity, "retest": retest}
    return bias_answer(studied_lots(call, lots, **how), by=by)


def bias_answer(studied: Studied, *, by: Sequence[str] = ()) -> dict[str, Any]:
    """The same of lots that were read. Raises ArgumentError for a factor that no run has."""
    found = biases(studied.pool, _factors(by))
    counts = {verdict: sum(row["verdict"] == verdict for row in found.tests) for verdict in ("hold", "warn")}
    compared = plural(len(found.tests), "comparison")
    said = f"{plural(found.parts, 'part')}, {compared} of tests: {counts['hold']:,} hold, {counts['warn']:,} warn."
    return _answer(said, {"rows": found.tests, "yields": found.yields}, studied, found.notes)


def time_of_tests(
    call: Call,
    lots: Lots,
    *,
    apportion: Apportion = "none",
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOfUnits = "auto",
    retest: Retest = "last",
) -> dict[str, Any]:
    """Say where test time goes, which tests decide nothing alone, and what could escape without each.

    Per test its fails, those that it alone found, and the upper bound on escapes [ppm] when it is left out.
    Raises  NotFound; ArgumentError for parts of several stages or temperatures
    """
    how: dict[str, Any] = {"stage": stage, "temperature": temperature, "identity": identity, "retest": retest}
    return time_answer(studied_lots(call, lots, timed=True, **how), apportion=apportion)


def time_answer(studied: Studied, *, apportion: Any = "none") -> dict[str, Any]:
    """The same of lots that were read."""
    found = times_of_testing(studied.pool, studied.seconds, apportion=apportion)
    count = sum(row["verdict"] == "candidate" for row in found.removals)
    later = sum(row["verdict"] == "too few parts" for row in found.removals)
    said = f"{plural(found.n, 'part')}, {plural(len(found.removals), 'test')}: {count:,} could be left out"
    said += f", {later:,} more if so many parts as are asked for bear it out." if later else "."
    tables = {"rows": found.removals, "part_times": found.parts}
    return _answer(f"{said} Time of tests: {found.source}.", tables, studied, found.notes)


def changed(
    call: Call,
    now: Annotated[Sequence[str], "Names or numbers of the lots as they are now."],
    *,
    before: Annotated[Sequence[str], "A lot as it was before; several times for several."],
    tables: Tables = True,
    anyway: Anyway = False,
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOfUnits = "auto",
    retest: Retest = "last",
) -> dict[str, Any]:
    """Say in ten lines what changed between two groups of lots: tests, yield, bins, wafer zones, sites, hardware.

    The largest effect comes first; behind the lines stand the full tables.
    Raises  NotFound; ArgumentError for parts of several stages or temperatures, a lot on both sides, or, unless
            `anyway`, no test in common
    """
    how: dict[str, Any] = {"stage": stage, "temperature": temperature, "identity": identity, "retest": retest}
    if both := set(now) & set(before):
        raise ArgumentError(f"{', '.join(sorted(both))} cannot be compared with itself. Name it on one side.")
    return changed_answer(
        studied_lots(call, now, **how), studied_lots(call, before, **how), tables=tables, anyway=anyway
    )


def changed_answer(now: Studied, before: Studied, *, tables: bool = True, anyway: bool = False) -> dict[str, Any]:
    """The same of lots that were read.

    Raises  ArgumentError where the sides are of several stages or temperatures, or have no test in common
    """
    if now.pool.condition != before.pool.condition:
        sides = f"{before.pool.condition} before, {now.pool.condition} now"
        raise ArgumentError(f"the two sides were tested otherwise: {sides}. Name one stage and one temperature.")
    said = _unlike(before, now)
    if not anyway and not {test.key for test in before.pool.tests} & {test.key for test in now.pool.tests}:
        why = f"{said} " if said else ""
        raise ArgumentError(
            f"{why}The two sides have no test in common, so only yields and bins can be compared. `anyway` does that."
        )
    found = what_changed(before.pool, now.pool)
    names = ("tests", "bins", "zones", "sites", "hardware", "program") if tables else ()
    full = {name: getattr(found, name) for name in names}
    return _answer(said, {"rows": found.lines, **full}, now, dict.fromkeys((*before.notes, *found.notes)))


def _unlike(before: Studied, now: Studied) -> str:
    """That the sides are of different products, which may be all that changed; empty where they are not."""
    old, new = (_products(one) for one in (before, now))
    if not old or not new or old == new:
        return ""
    return (
        f"Different products: {', '.join(sorted(old))} before, {', '.join(sorted(new))} now. What differs may be the "
        "product, and no change of it."
    )


def _products(studied: Studied) -> set[str]:
    return {name for lot in studied.pool.lots for name in lot.runs["product"].to_pylist() if name}


def related_tests(
    call: Call,
    lots: Lots,
    *,
    least_r: Annotated[float | None, "Size of r from which tests are one group; 0.95 without it.", AtLeast(0)] = None,
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOfUnits = "auto",
    retest: Retest = "last",
) -> dict[str, Any]:
    """Say which tests of lots go together, pair by pair and in groups, and what the parts of each bin have in common.

    Raises  NotFound; ArgumentError for parts of several stages or temperatures
    """
    how: dict[str, Any] = {"stage": stage, "temperature": temperature, "identity": identity, "retest": retest}
    return related_answer(studied_lots(call, lots, **how), least_r=least_r)


def related_answer(studied: Studied, *, least_r: float | None = None) -> dict[str, Any]:
    """The same of lots that were read."""
    found = related(studied.pool, least_r=least_r)
    said = (
        f"{plural(found.parts, 'part')}: {plural(len(found.groups), 'group')} of tests with |r| from {found.least_r:g}."
    )
    return _answer(said, {"rows": found.pairs, "groups": found.groups, "bins": found.bins}, studied, found.notes)


def drifts(
    call: Call,
    lots: Lots,
    *,
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOfUnits = "auto",
    retest: Retest = "last",
) -> dict[str, Any]:
    """Say which tests move while a run goes on, from its first part to its last, effect first.

    Raises  NotFound; ArgumentError for parts of several stages or temperatures
    """
    how: dict[str, Any] = {"stage": stage, "temperature": temperature, "identity": identity, "retest": retest}
    return drifts_answer(studied_lots(call, lots, **how))


def drifts_answer(studied: Studied) -> dict[str, Any]:
    """The same of lots that were read."""
    found = run_drifts(studied.pool)
    count = sum(row["verdict"] == "drifts" for row in found.tests)
    said = f"{count:,} of {plural(len(found.tests), 'test')} drift over {plural(found.runs, 'run')}."
    return _answer(said, {"rows": found.tests}, studied, found.notes)


def bin_switch(
    call: Call,
    lots: Lots,
    *,
    then: Annotated[Sequence[str], "Lots of the second insertion; the same ones without it."] = (),
    stage: Stage = None,
    temperature: Temperature = None,
    then_stage: Annotated[str | None, "Only runs of this stage or test code, of the second insertion."] = None,
    then_temperature: Annotated[str | None, "Only runs at this temperature, of the second insertion."] = None,
    then_retest: Annotated[Choice | None, "Which attempt counts in the second insertion; `retest` without it."] = None,
    identity: IdentityOfUnits = "auto",
    retest: Retest = "last",
) -> dict[str, Any]:
    """Say how bins moved between two insertions, or first and last attempt, of the same units; who passed then.

    Units are paired by wafer and X/Y, ECID or another identity that both sides have.
    Raises  NotFound; ArgumentError where both sides are the same, or nothing pairs
    """
    one: dict[str, Any] = {"stage": stage, "temperature": temperature, "retest": retest}
    other: dict[str, Any] = {"stage": then_stage, "temperature": then_temperature, "retest": then_retest or retest}
    if set(then or lots) == set(lots) and one == other:
        raise ArgumentError("both sides are the same. Name other lots, or another stage, temperature or retest.")
    with insertion("first", "`stage` and `temperature`"):
        first = studied_lots(call, lots, identity=identity, **one)
    with insertion("second", "`then_stage` and `then_temperature`"):
        second = studied_lots(call, then or lots, identity=identity, **other)
    return switch_answer(first, second, identity=identity)


def switch_answer(first: Studied, second: Studied, *, identity: str = "auto") -> dict[str, Any]:
    """The same of lots that were read."""
    found = moved_bins(first.pool, second.pool, identity)
    tables = {"rows": found.rows, "fail_to_pass": found.recovered}
    return _answer(found.said, tables, first, [*second.notes, *found.notes])


def _factors(by: Sequence[str]) -> Sequence[str]:
    from corecar.tables import RUNS

    known = ["site", *(column.name for column in RUNS if column.name not in NOT_COMPARED)]
    for factor in by:
        if factor not in known:
            raise ArgumentError(f'"{factor}": no run has it. Compare by {", ".join(known)}.')
    return tuple(dict.fromkeys(by)) or FACTORS


def _answer(said: str, tables: dict[str, Any], studied: Studied, notes: Any) -> dict[str, Any]:
    """An answer with the tables that have rows, and what there is to know."""
    shown = {name: [_known(row) for row in rows] for name, rows in tables.items()}
    told = {"said": said} if said else {}
    return {**told, **shown, "notes": list(dict.fromkeys([*studied.notes, *notes]))}


def _known(row: dict[str, Any]) -> dict[str, Any]:
    """The row with None for what there was no figure of."""
    return {name: None if isinstance(value, float) and isnan(value) else value for name, value in row.items()}
