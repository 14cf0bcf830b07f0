"""One test over time: a point per run, lot or wafer."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.errors import ArgumentError
from corecar.store.lake.listing import Listing
from corecar.store.questions.chosen_runs import FACTS, Moment, Scope, chosen_runs
from corecar.store.questions.chosen_test import IDENTITY, TestKey
from corecar.store.questions.measured import measured_test
from corecar.store.questions.moments import group_codes, merged

By = Literal["run", "lot", "wafer"]

POINTS: dict[str, tuple[str, ...]] = {
    "run": ("run", "unit"),
    "lot": ("customer", "product", "lot", "alone", "stage", "temperature", "unit"),
    "wafer": ("customer", "product", "lot", "alone", "stage", "temperature", "group", "unit"),
}
"""What rows of one point have in common."""


def trend(
    listing: Listing,
    *,
    number: int | None = None,
    name: str | None = None,
    pin: str | None = None,
    kind: str | None = None,
    by: By = "lot",
    product: str | None = None,
    stage: str | None = None,
    temperature: str | None = None,
    customer: str | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    retests: bool = False,
) -> Any:
    """One test over time, a row per point, in order of time; only measures are read.

    number, name, pin  the test; a name may be a pattern such as `*LEAK*`; `` stands for a test without name or pin
    kind               `parametric`, `multiple` or `functional`, where tests of several have that number and name
    by                 what a point is. Runs of a lot are one population where product, stage, temperature, unit agree
    since, until       first start that counts, and first that no longer does
    retests            also runs that are a retest pass
    Returns  an Arrow table: start (of the point's first run), customer, product, lot, stage, temperature, run (null
             where several were merged), wafer (null unless by wafer), runs, number, name, pin, kind, unit,
             low_limit, high_limit, n, failed, passing_n, mean, sd, minimum, q1, median, q3, maximum, cpk. Quartiles are
             null where several runs were merged, limits and Cpk where the limits disagree. n (usable readings) and
             failed (flagged as failed) are of the final attempts of each run by itself, so that a part which another
             run tested again counts in both; passing_n and the statistics are of the good parts among them.
    Raises   QuestionError when no run is in scope, or no test or several tests fit; ArgumentError

    >>> trend(listing, number=1000, by="wafer", product="P1", since="2026-01-01")    # doctest: +SKIP
    """
    if by not in POINTS:
        raise ArgumentError(f'by="{by}": a trend is by {", ".join(POINTS)}.')
    scope = Scope(product, stage, temperature, customer, since=since, until=until, retests=retests)
    runs = chosen_runs(listing, scope)
    here = listing.narrowed(runs["run"].to_pylist())
    rows = measured_test(here, "wafer" if by == "wafer" else "lot", TestKey(number, name, pin, kind))
    return _points(_with_facts(rows, runs), by)


def _with_facts(rows: Any, runs: Any) -> Any:
    """Measures with what is known of their runs, in order of time: by start, unknown last, then lot, run and wafer."""
    facts = runs.take(pc.index_in(rows["run"], runs["run"].combine_chunks()))
    for name in (*FACTS, "start"):
        rows = rows.append_column(name, facts[name])
    rows = rows.append_column("alone", pc.if_else(pc.is_valid(rows["lot"]), pa.scalar(None, pa.string()), rows["run"]))
    return rows.sort_by([(name, "ascending") for name in ("start", "lot", "run", "group")])


def _points(rows: Any, by: By) -> Any:
    codes, first = group_codes(rows, POINTS[by])
    heads = rows.take(pa.array(first))
    runs = _distinct_runs(rows, codes, len(first))
    columns = {name: heads[name] for name in ("start", *FACTS)}
    columns["run"] = pc.if_else(pc.equal(runs, 1), heads["run"].combine_chunks(), pa.scalar(None, pa.string()))
    columns["wafer"] = heads["group"] if by == "wafer" else pa.nulls(len(first), pa.string())
    columns["runs"] = runs
    columns |= {name: heads[name] for name in (*IDENTITY, "unit")}
    return pa.table(columns | merged(rows, codes, len(first)))


def _distinct_runs(rows: Any, codes: Any, groups: int) -> Any:
    """How many runs each point has, uint32."""
    run = rows["run"].combine_chunks().dictionary_encode().indices.to_numpy()
    pairs = np.unique(np.stack([codes, run]), axis=1)
    return pa.array(np.bincount(pairs[0], minlength=groups).astype(np.uint32))
