"""Screens of one wafer's fails: bad neighbourhoods, clusters, scratches, with their records."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow.compute as pc

from corecar.lot import BoolArray, Float64Array, Int64Array, Lot
from corecar.plurals import plural
from corecar.screen import neighbours
from corecar.screen.clusters import clusters, dilated, enclosed, not_by_chance, statistical_bins
from corecar.screen.dies import BAD, NO_DIE, Dies, StateArray, failing, states
from corecar.screen.findings import Findings
from corecar.screen.placed import (
    Judged,
    bins_words,
    left_unjudged,
    low_yields,
    not_applied_words,
    plane_records,
    rejected,
)
from corecar.screen.rows import ScreenRow
from corecar.screen.scratches import on_scratch, scratches


def gdbn(lot: Lot, dies: Dies, row: ScreenRow) -> Findings:
    """Good dies in a bad neighbourhood, by count, share or predicted yield."""
    state = states(lot, dies, row["bins"])
    around = neighbours.surroundings(state, reach=row["reach"], weight=row["weight"])
    score, limit = _gdbn_score(state, around, row)
    low_yield, hold = low_yields(lot, dies, row)
    with np.errstate(invalid="ignore"):
        out = score < limit if row["method"] == "yield" else score >= limit
    judged = Judged(out & ~low_yield[:, None, None], score)
    unjudged = np.isnan(score) & (state != NO_DIE)
    side = "low" if row["method"] == "yield" else "high"
    records = plane_records(lot, dies, row.kind, state, _gdbn_words(row), {side: limit}, low_yield, unjudged)
    words = _gdbn_reason(row, limit)
    return rejected(lot, dies, row.kind, judged, records, words, left_unjudged(row.kind, unjudged, lot, dies), hold)


def _gdbn_score(state: StateArray, around: neighbours.Surroundings, row: ScreenRow) -> tuple[Float64Array, float]:
    edge, least = row["edge"], row["least"]
    if row["method"] == "count":
        return neighbours.weighed(around, edge=edge, least=least), row["count_limit"]
    if row["method"] == "share":
        return neighbours.share(around, edge=edge, least=least), row["share_limit"]
    local = neighbours.local_yield(around, neighbours.wafer_yields(state), row["strength"])
    return local, row["yield_limit"]


def _gdbn_words(row: ScreenRow) -> str:
    what = {"count": "failed neighbours", "share": "failed share of neighbours", "yield": "predicted yield"}
    words = f"{what[row['method']]}, reach {row['reach']}, weight {row['weight']}"
    extra = f", prior of {row['strength']:g}" if row["method"] == "yield" else f", edge {_edge_words(row)}"
    return f"{words}{extra}{bins_words(row)}"


def _edge_words(row: ScreenRow) -> str:
    return f"scale from {row['least']}" if row["edge"] == "scale" else str(row["edge"])


def _gdbn_reason(row: ScreenRow, limit: float) -> Callable[[float], str]:
    if row["method"] == "count":
        return lambda value: f"{value:g} failed neighbours, limit {limit:g}"
    if row["method"] == "share":
        return lambda value: f"{value:.0%} of its neighbourhood failed, limit {limit:.0%}"
    return lambda value: f"predicted yield {value:.1%}, limit {limit:.1%}"


def cluster(lot: Lot, dies: Dies, row: ScreenRow) -> Findings:
    """Good dies beside or inside of clusters of failed ones that are no accident."""
    state = states(lot, dies, row["bins"])
    seeds, without, no_limits = _seeds(lot, dies, row, state)
    found = clusters(seeds)
    counts = not_by_chance(state, found, size=row["size"], chance=row["chance"], joins=row["joins"])
    low_yield, hold = low_yields(lot, dies, row)
    taken = np.flatnonzero(counts)
    mask = np.isin(found.label, taken) & (found.label >= 0)
    grown = dilated(mask, row["dilation"])
    inside = enclosed(mask) if row["holes"] else np.zeros_like(mask)
    sizes = _size_nearby(
        np.where(mask, found.size[np.maximum(found.label, 0)] if len(found.size) else 0, 0), grown | inside
    )
    said = _cluster_words(row)
    records = plane_records(
        lot, dies, row.kind, state, said, {"high": float(row["size"])}, low_yield | no_limits,
        np.zeros_like(mask),
    )  # fmt: skip
    judged = Judged((grown | inside) & ~low_yield[:, None, None], sizes)

    def words(value: float) -> str:
        return f"beside or inside of a cluster of {value:.0f} failed dies"

    return rejected(lot, dies, row.kind, judged, records, words, without, hold)


def _cluster_words(row: ScreenRow) -> str:
    """What makes a cluster and how far it reaches, for the record."""
    seeds = "any" if row["seeds"] == "any" else f"bins above {row['width']:g} sigma of the other wafers or their limits"
    holes = ", holes filled" if row["holes"] else ""
    return (
        f"touching failed dies, {seeds}, chance below {row['chance']:g} or join count from {row['joins']:g} sigma, "
        f"grown by {row['dilation']}{holes}{bins_words(row)}"
    )


def _size_nearby(size: Int64Array, where: BoolArray) -> Float64Array:
    """Of each place the size of the largest cluster of its plane that reaches it, by growing all at once."""
    out = size.astype(np.float64)
    while (where & (out == 0)).any():
        padded = np.pad(out, ((0, 0), (1, 1), (1, 1)))
        near = np.max(
            [padded[:, i : i + out.shape[1], j : j + out.shape[2]] for i in range(3) for j in range(3)], axis=0
        )
        grown = np.where(where & (out == 0), near, out)
        if (grown == out).all():
            break
        out = grown
    return out


def _seeds(lot: Lot, dies: Dies, row: ScreenRow, state: StateArray) -> tuple[BoolArray, list[str], bool]:
    """Failed dies that may begin a cluster: all, or those in bins that are above their limit on their wafer.

    And which bins have no limit, in words, and whether none has.
    """
    if row["seeds"] == "any":
        return state == BAD, [], False
    bad = failing(lot, row["bins"]) & (dies.place >= 0)
    numbers = pc.fill_null(lot.parts["hard_bin"], 65535).to_numpy().astype(np.int64)
    bins, code = np.unique(numbers[bad], return_inverse=True)
    plane = dies.plane[bad]
    counts = np.zeros((len(state), len(bins)), dtype=np.int64)
    np.add.at(counts, (plane, code), 1)
    tested = (state != NO_DIE).sum(axis=(1, 2))
    told = {int(number): share for number, share in row["bin_limits"].items()}
    limits = {place: told[number] for place, number in enumerate(bins.tolist()) if number in told}
    above = statistical_bins(counts, tested, width=row["width"], least=row["least_wafers"] - 1, limits=limits)
    chosen = np.zeros(lot.parts.num_rows, dtype=bool)
    chosen[np.flatnonzero(bad)[above[plane, code]]] = True
    few = len(state) < row["least_wafers"] and len(limits) < len(bins)
    why = f"{plural(len(state), 'wafer')}, fewer than {row['least_wafers']} for bin limits"
    return dies.grid(chosen), [not_applied_words(row.kind, why)] if few else [], few and not limits


def scratch(lot: Lot, dies: Dies, row: ScreenRow) -> Findings:
    """Good dies on a line of failed ones, or on its way out."""
    state = states(lot, dies, row["bins"])
    low_yield, hold = low_yields(lot, dies, row)
    keys = ("size", "reach", "spread", "elongation")
    lines = scratches((state == BAD) & ~low_yield[:, None, None], **{key: row[key] for key in keys})
    judged_value = np.zeros(state.shape)
    out = np.zeros(state.shape, dtype=bool)
    for line in lines:
        on = on_scratch(dies.shape, (line,), extension=row["extension"], half_width=row["half_width"])
        judged_value[on] = np.maximum(judged_value[on], line.size)
        out |= on
    words = ", ".join(f"{key.replace('_', ' ')} {row[key]:g}" for key in (*keys, "extension", "half_width"))
    limit = {"high": float(row["size"])}
    records = plane_records(
        lot, dies, row.kind, state, f"lines of failed dies, {words}{bins_words(row)}", limit, low_yield,
        np.zeros_like(out),
    )  # fmt: skip
    reason: Callable[[float], str] = lambda value: f"on a scratch of {value:.0f} failed dies"  # noqa: E731
    return rejected(lot, dies, row.kind, Judged(out, judged_value), records, reason, [], hold)
