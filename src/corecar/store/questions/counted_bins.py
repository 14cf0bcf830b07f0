"""Parts by bin over some runs: final attempts as the lots count them, or every attempt as such."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corecar.store.lake.listing import Listing
from corecar.store.questions.chosen_runs import Scope, runs_in_scope
from corecar.store.questions.sql import ask_own, own_questions

RESOLVED = pa.schema([("insertion", pa.int64()), ("run", pa.string())])
"""The table `resolved` of a listing's catalogue: runs of insertions in which retests were resolved over all runs, those
of an insertion in the order of testing."""
RESOLVED_BINS = pa.schema([("insertion", pa.int64()), ("kind", pa.string()), ("bin", pa.int64()), ("n", pa.int64())])
"""The table `resolved_bins`: how many final attempts each bin of an insertion has."""

_BINS = 'select run, bin, name, passed, "final" as n from bins where kind = ?'
_ATTEMPTS = """
select bins.run, bin, name, bins.passed, coalesce(counted.n, 0) as n from bins
left join (select run, {column} as number, count(*) as n from parts where not incomplete group by all) as counted
on bins.run = counted.run and bin = number where kind = ?
"""


def every_attempt(listing: Listing, scope: Scope, kind: str) -> Any:
    """Complete attempts by run and bin, superseded ones too, as an Arrow table: bin, name, passed, n.

    kind    `hard` or `soft`
    Raises  QuestionError when no run is in scope
    """
    here = listing.narrowed(runs_in_scope(listing, scope)["run"].to_pylist())
    with own_questions(here, ["bins", "parts"]) as ask:
        return ask(_ATTEMPTS.format(column=f"{kind}_bin"), [kind])


def final_attempts(listing: Listing, scope: Scope, kind: str) -> Any:
    """Final attempts by bin, retests resolved over all runs of an insertion; arguments, result, errors as above.

    An insertion of a lot counts whole, retest passes and all, when its first run is in scope: so it counts once however
    time is cut. A retest pass that belongs to no lot is left out.
    """
    runs = runs_in_scope(listing, replace(scope, retests=True))
    resolved = _given(listing, "resolved", RESOLVED)
    first = resolved.group_by("insertion", use_threads=False).aggregate([("run", "first")])
    counted = first.filter(pc.is_in(first["run_first"], runs["run"].combine_chunks()))["insertion"].combine_chunks()
    resolved = resolved.filter(pc.is_in(resolved["insertion"], counted))
    once = pc.or_(pc.less_equal(pc.fill_null(runs["test_pass"], 1), 1), pc.is_valid(runs["lot_number"]))
    alone = runs.filter(pc.and_(once, pc.invert(_among(runs["run"], _given(listing, "resolved", RESOLVED)["run"]))))
    wanted = [*alone["run"].to_pylist(), *resolved["run"].to_pylist()]
    rows = ask_own(listing.narrowed(wanted), ["bins"], _BINS, [kind])
    by_run = rows.filter(_among(rows["run"], alone["run"])).drop_columns(["run"])
    bins = _given(listing, "resolved_bins", RESOLVED_BINS)
    return pa.concat_tables([_plain(by_run), _plain(_by_insertion(rows, resolved, bins, kind))])


def _by_insertion(rows: Any, resolved: Any, bins: Any, kind: str) -> Any:
    """Bins of the insertions, under the name and verdict that the first run with one gives."""
    told = rows.join(resolved, "run", join_type="inner").sort_by([("insertion", "ascending"), ("bin", "ascending")])
    told = told.set_column(told.column_names.index("bin"), "bin", told["bin"].cast(pa.int64()))
    named = told.group_by(["insertion", "bin"], use_threads=False).aggregate([("name", "first"), ("passed", "first")])
    counts = bins.filter(pc.equal(bins["kind"], kind)).drop_columns(["kind"])
    joined = named.rename_columns(["insertion", "bin", "name", "passed"]).join(counts, ["insertion", "bin"])
    return joined.select(["bin", "name", "passed", "n"])


def _plain(rows: Any) -> Any:
    columns = {"bin": pa.int64(), "name": pa.string(), "passed": pa.bool_(), "n": pa.int64()}
    return pa.table({name: rows[name].cast(kind) for name, kind in columns.items()})


def _among(column: Any, values: Any) -> Any:
    return pc.is_in(column, values.combine_chunks())


def _given(listing: Listing, name: str, columns: Any) -> Any:
    """A table of the catalogue, without rows where the listing has none of that name."""
    return listing.catalogue_table(name) if name in listing.catalogue else columns.empty_table()
