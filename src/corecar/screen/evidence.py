"""Derived limits as rows: the `limits` table, one immutable row per limit with all that led to it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corecar.lot import BoolArray
from corecar.screen.dynamic import SCREEN, VERSION, Derivation, Level
from corecar.screen.limits import estimator_name, outside_fallback, spread_fallback
from corecar.screen.recipe import Recipe
from corecar.screen.spread import NO_WAY
from corecar.tables import schema

RowNumbers = tuple[npt.NDArray[np.int64], ...]

CLAMPS = ("", "low", "high", "both")


def limit_rows(derived: Derivation) -> RowNumbers:
    """Row of the `limits` table of every limit: one int64 array (tests, groups) per level, -1 where there is no row.

    The table is ordered by test, then from narrow to wide, then by group.
    """
    kept = [derived.kept(depth) for depth in range(len(derived.levels))]
    every = np.concatenate(kept, axis=1)
    numbers = np.where(every, np.cumsum(every).reshape(every.shape) - 1, -1)
    edges = np.cumsum([0, *(keep.shape[1] for keep in kept)])
    return tuple(numbers[:, start:stop] for start, stop in pairwise(edges.tolist()))


def limits_table(derived: Derivation, recipe: Recipe) -> Any:
    """The `limits` table of a derivation, in the order of `limit_rows`."""
    numbers = limit_rows(derived)
    levels = derived.levels
    parts = [
        _columns(derived, level, at >= 0, recipe, levels[i + 1 : i + 2])
        for i, (level, at) in enumerate(zip(levels, numbers, strict=True))
    ]
    order = np.argsort(np.concatenate([at[at >= 0] for at in numbers]), kind="stable")
    count = len(order)
    columns = {name: pa.concat_arrays([part[name] for part in parts]).take(pa.array(order)) for name in parts[0]}
    columns["limit"] = pa.array(np.arange(count, dtype=np.uint32))
    for name, word in (("screen", SCREEN), ("version", VERSION), ("quartile_rule", recipe.quartile_rule)):
        columns[name] = pa.repeat(word, count)
    columns["width"] = pa.repeat(recipe.width, count)
    target = schema("limits")
    return pa.Table.from_arrays([columns[field.name].cast(field.type) for field in target], schema=target)


def _columns(derived: Derivation, level: Level, keep: Any, recipe: Recipe, wider: tuple[Level, ...]) -> dict[str, Any]:
    test, group = np.nonzero(keep)
    found = level.found
    applied = np.isfinite(level.low[keep]) | np.isfinite(level.high[keep])
    sigma = level.sigma[keep]
    return {
        "test": pa.array(derived.tests[test].astype(np.uint32)),
        "scope": pa.array(level.by.labels, pa.string()).take(pa.array(group)),
        "n": pa.array(found.n[keep]),
        "estimator": _estimators(level, keep, recipe),
        "q1": _nullable(found.q1[keep]),
        "median": _nullable(found.median[keep]),
        "q3": _nullable(found.q3[keep]),
        "sigma": pa.array(sigma, mask=~(sigma > 0)),
        "low": _nullable(level.low[keep]),
        "high": _nullable(level.high[keep]),
        "clamp": pa.array(CLAMPS, pa.string()).take(pa.array(np.where(applied, level.clamp[keep], 0))),
        "fallback": pa.array(_fallbacks(derived, level, keep, recipe, wider), pa.string()),
        "population": hexadecimal(found.fingerprint[keep]),
        "applied": pa.array(applied),
    }


def _estimators(level: Level, keep: Any, recipe: Recipe) -> Any:
    """How each centre and spread was estimated, in words."""
    way, floored = level.found.way[keep].astype(np.int64), level.floored[keep]
    words = [
        estimator_name(one, raised, recipe.discrete_floor) for one in range(NO_WAY + 1) for raised in (False, True)
    ]
    named = pa.array(words, pa.string()).take(pa.array(2 * way + floored))
    if level.shaped is None or not level.shaped.estimator:
        return named
    cells = zip(*(axis.tolist() for axis in np.nonzero(keep)), strict=True)
    return pa.array(
        [level.shaped.estimator.get(cell, name) for cell, name in zip(cells, named.to_pylist(), strict=True)]
    )


def hexadecimal(marks: npt.NDArray[np.uint64]) -> Any:
    """Hashes as texts of 16 digits each."""
    digits = marks.astype(">u8").tobytes().hex().encode()
    offsets = np.arange(len(marks) + 1, dtype=np.int32) * 16
    return pa.Array.from_buffers(pa.string(), len(marks), [None, pa.py_buffer(offsets), pa.py_buffer(digits)])


def _nullable(values: Any) -> Any:
    return pa.array(values, mask=~np.isfinite(values))


def _fallbacks(derived: Derivation, level: Level, keep: Any, recipe: Recipe, wider: tuple[Level, ...]) -> list[str]:
    """Why each limit is not simply median and IQR/1.35 of its own group, in words; empty when it is."""
    labels = _wider_labels(level, wider)
    tests, groups = np.nonzero(keep)
    out = [""] * len(tests)
    for place in np.flatnonzero(~_plain(level, recipe)[keep]).tolist():
        test, group = int(tests[place]), int(groups[place])
        out[place] = _fallback(level, test, group, recipe, labels[group] if wider else "")
    return out


def _plain(level: Level, recipe: Recipe) -> BoolArray:
    """Limits of which there is nothing to tell, bool, shape (tests, groups)."""
    found = level.found
    sided = np.isfinite(level.low) | np.isfinite(level.high)
    usual = (found.n >= max(recipe.least, recipe.small)) & (found.way == 0) & ~level.floored & (level.outside == 0)
    out: BoolArray = usual & level.covered & (level.sigma > 0) & sided
    if level.shaped is not None:
        for cell in level.shaped.words:
            out[cell] = False
    return out


def _fallback(level: Level, test: int, group: int, recipe: Recipe, wider: str) -> str:
    """Why one limit is not simply median and IQR/1.35 of its own group."""
    found = level.found
    n = int(found.n[test, group])
    if n < recipe.least:
        return _too_few(n, recipe.least, wider)
    if level.shaped is not None and (test, group) in level.shaped.words:
        return level.shaped.words[test, group]
    words = [f"small-n: {n} readings, fewer than {recipe.small}"] if n < recipe.small else []
    distinct, floored = int(found.distinct[test, group]), bool(level.floored[test, group])
    words.append(spread_fallback(int(found.way[test, group]), floored, distinct, recipe.discrete_floor))
    outside = int(level.outside[test, group])
    if not level.covered[test, group]:
        words.append(f"executed on fewer than {recipe.coverage:.0%} of the good parts that have readings: not screened")
    elif not outside and level.sigma[test, group] > 0 and not _has_sides(level, test, group):
        words.append("the test has no limits: not screened")
    words.append(outside_fallback(outside))
    return "; ".join(word for word in words if word)


def _has_sides(level: Level, test: int, group: int) -> bool:
    return bool(np.isfinite([level.low[test, group], level.high[test, group]]).any())


def _too_few(n: int, least: int, wider: str) -> str:
    count = f"{n} readings, fewer than {least}" if n else "no usable readings of good parts"
    return f"{count}: limits of {wider} used" if wider else f"{count}: not screened"


def _wider_labels(level: Level, wider: tuple[Level, ...]) -> list[str]:
    """What the next wider group of each group is called."""
    if not wider:
        return []
    codes, first = np.unique(level.by.codes, return_index=True)
    member = dict(zip(codes.tolist(), first.tolist(), strict=True))
    above = wider[0].by
    return [above.labels[int(above.codes[member[group]])] for group in range(len(level.by.labels))]
