"""What fails most: by bin or by test."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.errors import ArgumentError
from corecar.store.lake.listing import Listing
from corecar.store.questions.chosen_runs import Moment, Scope, chosen_runs
from corecar.store.questions.chosen_test import IDENTITY
from corecar.store.questions.counted_bins import every_attempt, final_attempts
from corecar.store.questions.measured import COUNTED, measured
from corecar.store.questions.moments import group_codes, nullable

What = Literal["bin", "soft_bin", "test"]
KINDS = {"bin": "hard", "soft_bin": "soft"}


def pareto(
    listing: Listing,
    *,
    what: What = "bin",
    product: str | None = None,
    stage: str | None = None,
    temperature: str | None = None,
    customer: str | None = None,
    lot: str | int | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    retests: bool = False,
) -> Any:
    """What fails most over the runs in scope, the most frequent first.

    lot   its name or its number
    what  `bin` and `soft_bin`: final attempts in failing bins, as `counted_bins` counts them: retests are resolved over
          all runs of a lot where the listing has the tables for it, else in each run. A bin is its number and name,
          since programs number as they like; `test`: readings flagged as failed on the final attempts of each run by
          itself, from `measures`; a part may fail several
    retests  by bin: every complete attempt as such; by test: also runs that are a retest pass
    Returns  an Arrow table: bin and name, or number, name, pin and kind; failed; of (attempts counted in all bins, or
             usable readings of the test); rate (failed / of); share (of all fails), cumulative (share up to this row).
             What never failed has no row.
    Raises   QuestionError when no run is in scope; ArgumentError
    """
    if what not in (*KINDS, "test"):
        raise ArgumentError(f'what="{what}": a pareto is of {", ".join((*KINDS, "test"))}.')
    scope = Scope(product, stage, temperature, customer, lot, since, until, retests)
    if what == "test":
        rows = measured(listing.narrowed(chosen_runs(listing, scope)["run"].to_pylist()), "lot", COUNTED)
        return _ranked(rows, IDENTITY, _whole(rows, "failed"), _whole(rows, "n"), None)
    rows = (every_attempt if retests else final_attempts)(listing, scope, KINDS[what])
    parts = _whole(rows, "n")
    fails = pc.fill_null(pc.equal(rows["passed"], False), False).to_numpy()
    return _ranked(rows, ("bin", "name"), parts * fails, parts, int(parts.sum()))


def _whole(rows: Any, name: str) -> Any:
    return rows[name].cast(pa.int64()).to_numpy()


def _ranked(rows: Any, names: tuple[str, ...], failed: Any, counted: Any, of_all: int | None) -> Any:
    """Fails by group, most frequent first; `of_all` is what every group is a share of, else its own count."""
    codes, first = group_codes(rows, names)
    fails = np.bincount(codes, failed, len(first))
    of = np.bincount(codes, counted, len(first)) if of_all is None else np.full(len(first), float(of_all))
    order = np.argsort(-fails, kind="stable")
    order = order[fails[order] > 0]
    fails, of = fails[order], of[order]
    columns = {name: rows[name].take(pa.array(first[order])) for name in names}
    share = fails / max(fails.sum(), 1.0)
    return pa.table(
        columns
        | {
            "failed": pa.array(fails.astype(np.uint64)),
            "of": pa.array(of.astype(np.uint64)),
            "rate": nullable(np.divide(fails, of, out=np.full(len(of), np.nan), where=of > 0)),
            "share": pa.array(share),
            "cumulative": pa.array(np.cumsum(fails) / max(fails.sum(), 1.0)),
        }
    )
