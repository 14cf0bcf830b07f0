"""What retests recovered, held against the lots before, and whether only those bins were retested that may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from corecar.assess import recoveries
from corecar.assess.pools import Pool
from corecar.attempts import Retested, first_fails, retested_bins
from corecar.bridge.calls import Call
from corecar.bridge.study.studied import Studied, studied_lots
from corecar.errors import ArgumentError
from corecar.lot import Choice, Identity, Int64Array, Lot, UInt32Array
from corecar.plurals import plural
from corecar.screen.lot_yields import RetestRow, counted_retests
from corecar.screen.recovery_limits import RecoveryVerdict, recovery_verdicts
from corecar.screen.retest_screen import outside_words, retests_outside
from corecar.standards import value

Row = dict[str, Any]


def recovered(
    call: Call,
    lots: Annotated[Sequence[str], "Names or numbers of lots."],
    *,
    baseline: Annotated[Sequence[str], "Lots before, that the recoveries are held against; several times."] = (),
    retestable: Annotated[Sequence[int], "A hard bin that may be retested; several times. All without it."] = (),
    stage: Annotated[str | None, "Only runs of this stage or test code."] = None,
    temperature: Annotated[str | None, "Only runs at this temperature."] = None,
    identity: Annotated[Identity, "What makes two attempts the same unit."] = "auto",
    retest: Annotated[Choice, "Which attempt at a unit counts."] = "last",
) -> dict[str, Any]:
    """Say how many of the units that failed first were retested and recovered, by first bin and first site.

    With bounds of the share, and a note for each bin whose sites differ. All attempts are looked at. Against a baseline
    each row has its limit and a verdict; with retestable bins, every other bin after which units were tested again.
    Raises  NotFound; ArgumentError for parts of several stages or temperatures, or a lot that is its own baseline
    """
    how: dict[str, Any] = {"stage": stage, "temperature": temperature, "identity": identity, "retest": retest}
    if both := set(lots) & set(baseline):
        raise ArgumentError(f"{', '.join(sorted(both))} cannot be its own baseline. Name it on one side.")
    before = studied_lots(call, baseline, **how) if baseline else None
    return recovery_answer(studied_lots(call, lots, **how), before, retestable=retestable)


def recovery_answer(
    studied: Studied, baseline: Studied | None = None, *, retestable: Sequence[int] = ()
) -> dict[str, Any]:
    """The same of lots that were read. Raises ArgumentError for a baseline of another stage or temperature."""
    if baseline is not None and baseline.pool.condition != studied.pool.condition:
        sides = f"{studied.pool.condition}, the baseline {baseline.pool.condition}"
        raise ArgumentError(f"the lots were tested otherwise: {sides}. Name one stage and one temperature.")
    found = recoveries(studied.pool)
    share = f" ({found.recovered / found.retested:.1%} of those retested)" if found.retested else ""
    said = [f"{plural(found.failed, 'unit')} failed first: {found.retested:,} retested, {found.recovered:,} recovered"]
    rows, notes = list(found.rows), [*studied.notes, *found.notes]
    if baseline is not None:
        verdicts = _verdicts(studied.pool, baseline.pool)
        above = [each for each in verdicts if each.finding]
        rows = _with_verdicts(rows, verdicts)
        said.append(f"{plural(len(above), 'bin and site', 'bins and sites')} above the limit of the lots before")
        notes += [*baseline.notes, *(f"{'Preliminary: ' if one.preliminary else ''}{one}." for one in above)]
    tables: dict[str, Any] = {"rows": rows}
    if retestable:
        after = _after(studied.pool)
        outside = retests_outside(after, retestable)
        tables["retested_after"] = [_told(each, retestable) for each in after]
        count = sum(each.retests for each in outside)
        said.append(f"{plural(count, 'retest')} outside the retestable bins")
        notes += [f"{outside_words(outside, retestable)}."] if outside else []
    return {"said": f"{said[0]}{share}{''.join(f'; {more}' for more in said[1:])}.", **tables,
            "notes": list(dict.fromkeys(notes))}  # fmt: skip


def _verdicts(mine: Pool, before: Pool) -> tuple[RecoveryVerdict, ...]:
    rule = {name: value("Retests", "recovery-rate", name) for name in ("method", "least")}
    own = tuple(row for rows in _rows_of_lots(mine).values() for row in rows)
    return recovery_verdicts(own, _rows_of_lots(before), method=rule["method"], least=int(rule["least"]))


def _rows_of_lots(pool: Pool) -> Mapping[str, Sequence[RetestRow]]:
    """Counted retests of each lot of a pool, by its name."""
    found: dict[str, list[RetestRow]] = {}
    for lot, chosen in zip(pool.lots, pool.chosen, strict=True):
        for name, rows in _rows_by_lot(lot, chosen):
            found.setdefault(name, []).extend(rows)
    return found


def _rows_by_lot(lot: Lot, chosen: UInt32Array) -> Iterator[tuple[str, Sequence[RetestRow]]]:
    names = [str(name or "") for name in lot.runs["lot"].to_pylist()]
    fails = first_fails(lot, chosen)
    runs: Int64Array = lot.parts["run"].to_numpy().astype("int64")
    # A lot without a first fail counts too: nothing of it was retested.
    here = runs[chosen].tolist()
    of = [names[run] for run in runs[fails.row].tolist()]
    for name in dict.fromkeys(names[run] for run in here):
        at = [row for row, each in enumerate(of) if each == name]
        yield name, counted_retests(fails.bin[at], fails.site[at], fails.again[at], fails.recovered[at])


def _with_verdicts(rows: Sequence[Row], verdicts: Sequence[RecoveryVerdict]) -> list[Row]:
    of = {(each.bin, each.site): each for each in verdicts}
    return [row | _limit(of.get((row["bin"], row["site"]))) for row in rows]


def _limit(found: RecoveryVerdict | None) -> Row:
    if found is None:
        return {"share_limit": None, "baseline_lots": None, "verdict": "not retested"}
    limit = found.limit
    return {
        "share_limit": None if limit is None else limit.limit,
        "baseline_lots": None if limit is None else limit.history.lots,
        "verdict": found.verdict,
    }


def _after(pool: Pool) -> list[Retested]:
    counts: Counter[tuple[int | None, bool]] = Counter()
    for lot, chosen in zip(pool.lots, pool.chosen, strict=True):
        for each in retested_bins(lot, chosen):
            counts[each.bin, each.passed] += each.retests
    return [
        Retested(code, passed, count)
        for (code, passed), count in sorted(counts.items(), key=lambda one: -1 if one[0][0] is None else one[0][0])
    ]


def _told(each: Retested, retestable: Sequence[int]) -> Row:
    return {"bin": each.bin, "passed": each.passed, "retests": each.retests, "retestable": each.bin in retestable}
