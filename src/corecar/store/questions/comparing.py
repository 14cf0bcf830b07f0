"""Two lots, or two sets of runs, test by test."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corecar.errors import ArgumentError, QuestionError
from corecar.store.lake.listing import Listing
from corecar.store.questions.chosen_runs import FACTS, Scope, chosen_runs, runs_named
from corecar.store.questions.chosen_test import IDENTITY
from corecar.store.questions.measured import measured
from corecar.store.questions.moments import group_codes, merged, nullable

Effect = Literal["shift", "spread", "cpk", "fails"]
Floats = npt.NDArray[np.float64]

TEST = (*IDENTITY, "unit")
SIDES = ("a", "b")
SHOWN = ("n", "passing_n", "mean", "sd", "cpk", "fail_rate")


def compare(
    listing: Listing,
    a: str | int | Collection[str],
    b: str | int | Collection[str],
    *,
    rank: Effect = "shift",
    product: str | None = None,
    stage: str | None = None,
    temperature: str | None = None,
    customer: str | None = None,
    retests: bool = False,
) -> Any:
    """What changed from a to b, a row per test, the strongest effect first; only measures are read.

    a, b  a lot by its name or its number, or run ids (64 hex digits). A lot's runs must be of one product, stage
          and temperature: name them where the lot has several. Run ids are taken as they are
    rank  by `shift` of the mean, by `spread` (the ratio of the standard deviations, either way), by change of `cpk`,
          or by change of the rate of `fails`
    Returns  an Arrow table: number, name, pin, kind, unit; n, passing_n, mean, sd, cpk, fail_rate (failed / n), each
             with _a and _b, of the parts that a `trend` covers; shift ((mean_b - mean_a) / pooled sd; infinite where
             the mean moved and there is no spread, null where neither is), sd_ratio (b / a), cpk_change,
             fail_rate_change. A test that only one side has is null on the other, and stands last.
    Raises   QuestionError when a side has no run, or its lot is of several conditions; ArgumentError
    """
    scope = {"product": product, "stage": stage, "temperature": temperature, "customer": customer}
    sides = [_runs(listing, side, Scope(**scope, retests=retests)) for side in (a, b)]
    rows = measured(listing.narrowed({*sides[0], *sides[1]}), "lot")
    parts = [rows.filter(pc.is_in(rows["run"], pa.array(side, pa.string()))) for side in sides]
    both = pa.concat_tables(parts)
    codes, first = group_codes(both, TEST)
    split = parts[0].num_rows
    halves = [_side(parts[0], codes[:split], len(first)), _side(parts[1], codes[split:], len(first))]
    return _ranked({name: both[name].take(pa.array(first)) for name in TEST}, halves, rank)


def _runs(listing: Listing, side: str | int | Collection[str], scope: Scope) -> list[str]:
    if not isinstance(side, (str, int)):
        return [run.as_py() for run in runs_named(listing, side)["run"]]
    runs = chosen_runs(listing, Scope(**{**vars(scope), "lot": side}))
    conditions = runs.select(FACTS).group_by(list(FACTS)).aggregate([]).to_pylist()
    if len(conditions) > 1:
        raise QuestionError(_several(str(runs["lot"][0]), conditions))
    return [run.as_py() for run in runs["run"]]


def _several(lot: str, conditions: list[dict[str, str | None]]) -> str:
    """That a lot was tested under several conditions, and by which options one of them is named."""
    some = "; ".join(
        ", ".join(f"{k} {v}" for k, v in row.items() if v is not None and k != "lot") for row in conditions
    )
    options = []
    for fact in FACTS:
        values = sorted({row[fact] or "" for row in conditions} - {""})
        if len({row[fact] for row in conditions}) > 1 and values:
            options.append(f"--{fact} " + " or ".join(f'"{value}"' for value in values))
    return f"lot {lot} was tested under {len(conditions)} conditions: {some}. Name one with {', and '.join(options)}."


def _side(rows: Any, codes: Any, tests: int) -> dict[str, Floats]:
    """Measures of each test on one side, float64, NaN where it has none."""
    found = {name: np.asarray(column.cast(pa.float64())) for name, column in merged(rows, codes, tests).items()}
    with np.errstate(invalid="ignore", divide="ignore"):
        found["fail_rate"] = np.where(found["n"] > 0, found["failed"] / found["n"], np.nan)
    return found


def _ranked(tests: dict[str, Any], halves: list[dict[str, Floats]], rank: Effect) -> Any:
    columns = dict(tests)
    for name in SHOWN:
        for side, half in zip(SIDES, halves, strict=True):
            values = half[name]
            columns[f"{name}_{side}"] = (
                pa.array(values.astype(np.uint64)) if "n" in name.split("_") else nullable(values)
            )
    effects = _effects(*halves)
    columns |= {name: _or_infinite(effects[name]) for name in ("shift", "sd_ratio", "cpk_change", "fail_rate_change")}
    strength = _strength(effects, rank)
    order = np.lexsort([np.arange(len(strength)), -np.nan_to_num(strength, nan=-1.0, posinf=np.inf)])
    return pa.table(columns).take(pa.array(order))


def _effects(a: dict[str, Floats], b: dict[str, Floats]) -> dict[str, Floats]:
    """Differences of each test; the shift is infinite where a mean moved and there is no spread."""
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = sum(np.maximum(half["passing_n"] - 1, 0) * half["sd"] ** 2 for half in (a, b))
        pooled = np.sqrt(squares / (a["passing_n"] + b["passing_n"] - 2))
        return {
            "shift": (b["mean"] - a["mean"]) / pooled,
            "sd_ratio": b["sd"] / a["sd"],
            "cpk_change": b["cpk"] - a["cpk"],
            "fail_rate_change": b["fail_rate"] - a["fail_rate"],
        }


def _or_infinite(values: Floats) -> Any:
    """float64 with null for what is no number; an infinite effect is one."""
    return pa.array(values, mask=np.isnan(values))


def _strength(effects: dict[str, Floats], rank: Effect) -> Floats:
    named = {"shift": "shift", "spread": "sd_ratio", "cpk": "cpk_change", "fails": "fail_rate_change"}
    if rank not in named:
        raise ArgumentError(f'rank="{rank}": tests are ranked by {", ".join(named)}.')
    values = effects[named[rank]]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.abs(np.log(values) if rank == "spread" else values)
