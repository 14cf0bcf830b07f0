"""Z-PAT of a lot: places that fail on wafer after wafer, unless the probe card is to blame."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from corecar.lot import BoolArray, Float64Array, Int64Array, Lot
from corecar.plurals import plural
from corecar.screen.dies import BAD, NO_DIE, Dies, StateArray, failing, states
from corecar.screen.findings import NO_TEST, Findings, record_rows
from corecar.screen.placed import VERSION, bins_words, not_applied_words
from corecar.screen.repeats import Repeats, reticle_positions, told_apart
from corecar.screen.rows import ScreenRow
from corecar.screen.stacking import Stack, stacked, systematic
from corecar.strata import site_codes, strata

NAMED = 5
"""Positions that a note names; of more, it says how many."""

_CAUSES = {"probe card": "the probe card", "reticle": "the reticle", "both": "the probe card and the reticle"}


def z_pat(lot: Lot, dies: Dies, row: ScreenRow) -> Findings:
    """Good dies at places that failed on more wafers of the lot than chance allows.

    Where a site of the probe card fails more often than the others, and no position of the reticle explains it, the
    places that it tested are not rejected: the lot waits for a retest on another card.
    """
    state = states(lot, dies, row["bins"])
    labels = strata(lot, "lot").labels
    parts: list[tuple[Int64Array, Float64Array]] = []
    rows, notes, hold, without = [], list(dies.notes), [], []
    for stack, label in enumerate(labels):
        planes = np.flatnonzero(dies.stack == stack)
        if not len(planes):
            continue
        found = stacked(state[planes])
        wafers = int((state[planes] != NO_DIE).any(axis=(1, 2)).sum())
        enough = wafers >= row["least_wafers"]
        chosen, limit = _chosen(found, row)
        repeats = _repeats(lot, dies, planes, row)
        spared = chosen & _by_card(lot, dies, planes, repeats, row)
        if enough:
            notes += _told(row.kind, repeats, lot)
            hold += _retest(row.kind, label, int(spared.sum()), repeats, lot)
        else:
            without.append(
                not_applied_words(row.kind, f"{label}: {plural(wafers, 'wafer')}, fewer than {row['least_wafers']}")
            )
        rows.append(_record(dies, state, planes, label, wafers, limit, enough, int(spared.sum()), row))
        parts.append(_hit(lot, dies, planes, chosen & ~spared & enough, found, row))
    part = np.concatenate([hit for hit, _ in parts])
    value = np.concatenate([each for _, each in parts])
    return _findings(row, rows, part, value, _line(dies, part), notes, hold, without, dies, state)


def _line(dies: Dies, part: Int64Array) -> Int64Array:
    """Record of each part: stacks without a wafer have none."""
    return np.searchsorted(np.unique(dies.stack), dies.stack[dies.plane[part]]).astype(np.int64)


def _chosen(found: Stack, row: ScreenRow) -> tuple[BoolArray, float]:
    keys = ("method", "alpha", "share_limit")
    return systematic(found, **{key: row[key] for key in keys}, least=row["least_wafers"])


def _hit(
    lot: Lot, dies: Dies, planes: Int64Array, chosen: BoolArray, found: Stack, row: ScreenRow
) -> tuple[Int64Array, Float64Array]:
    """Good parts at chosen places of a stack, and what they are held by: the chance, or the share that failed."""
    good = np.flatnonzero(lot.final & lot.passed & (dies.place >= 0) & np.isin(dies.plane, planes))
    within = dies.place[good] % max(chosen.size, 1)
    taken = chosen.ravel()[within]
    share = found.failed / np.maximum(found.tested, 1)
    held = (share if row["method"] == "share" else found.chance).ravel()
    return good[taken], held[within[taken]]


def _repeats(lot: Lot, dies: Dies, planes: Int64Array, row: ScreenRow) -> Repeats:
    """What repeats among the dies of a stack: sites of the probe card, positions of the reticle."""
    inside = np.isin(dies.plane, planes) & (dies.place >= 0)
    sites = site_codes(lot)[0][inside]
    position = reticle_codes(dies, row)
    failed = failing(lot, row["bins"])[inside]
    return told_apart(sites, None if position is None else position[inside], failed, alpha=row["repeat_alpha"])


def reticle_codes(dies: Dies, row: ScreenRow) -> Any:
    """Position within the reticle of each part, int64, shape (parts,); None where the recipe tells no reticle.

    The corner that the recipe names is counted as the files do, on the first wafer.
    """
    if not row["reticle"]:
        return None
    first_row, first_column = row["reticle_first"]
    column, line = dies.at(0, first_column, first_row) if len(dies.frames) else (0.0, 0.0)
    rows, columns = dies.columns()
    high, wide = row["reticle"]
    found = reticle_positions(
        rows.astype(np.int64), columns.astype(np.int64), high, wide, first_row=int(line), first_column=int(column)
    )
    return np.where(dies.place >= 0, found, -1)


def _by_card(lot: Lot, dies: Dies, planes: Int64Array, repeats: Repeats, row: ScreenRow) -> BoolArray:
    """Places whose fails come mostly from bad sites, when it is the probe card that repeats."""
    _, rows, columns = dies.shape
    if repeats.cause not in ("probe card", "both"):
        return np.zeros((rows, columns), dtype=bool)
    failed = failing(lot, row["bins"]) & np.isin(dies.plane, planes) & (dies.place >= 0)
    bad_site = np.isin(site_codes(lot)[0], repeats.bad_sites)
    within = dies.place % (rows * columns)
    every = np.bincount(within[failed], minlength=rows * columns)
    theirs = np.bincount(within[failed & bad_site], minlength=rows * columns)
    out: BoolArray = (theirs > row["card_share"] * every).reshape(rows, columns)
    return out


def _told(kind: str, repeats: Repeats, lot: Lot) -> list[str]:
    """What repeats, as a note."""
    if not repeats.cause:
        return []
    names = site_codes(lot)[1]
    sites = f"site {', '.join(names[site] for site in repeats.bad_sites)}"
    places = ", ".join(map(str, repeats.bad_positions[:NAMED]))
    more = len(repeats.bad_positions) - NAMED
    positions = f"reticle position {places}" + (f" and {more} more" if more > 0 else "")
    if repeats.cause == "undecided":
        return [f"{kind}: {sites} and {positions} fail more often; which of them is the cause can't be told apart."]
    told = {"probe card": sites, "reticle": positions, "both": f"{sites}, and {positions}"}[repeats.cause]
    return [f"{kind}: fails repeat with {_CAUSES[repeats.cause]}: more often at {told}."]


def _retest(kind: str, label: str, spared: int, repeats: Repeats, lot: Lot) -> list[str]:
    """Why the lot must wait: good dies are not rejected for a fault of the probe card, but the card must be changed."""
    if not spared:
        return []
    names = site_codes(lot)[1]
    sites = ", ".join(names[site] for site in repeats.bad_sites)
    return [
        f"{kind}: {plural(spared, 'place')} of {label} fail on wafer after wafer by site {sites} of the probe card. "
        "Nobody was rejected there. Retest those parts on another card or site."
    ]


def _record(
    dies: Dies, state: StateArray, planes: Int64Array, label: str, wafers: int, limit: float, enough: bool,
    spared: int, row: ScreenRow,
) -> dict[str, Any]:  # fmt: skip
    """The record of a stack: how places were chosen, from which maps."""
    what = {"bonferroni": f"Poisson-binomial, Bonferroni at {row['alpha']:g}",
            "fdr": f"Poisson-binomial, false discovery rate {row['alpha']:g}",
            "share": "share of wafers that failed"}[row["method"]]  # fmt: skip
    side = "high" if row["method"] == "share" else "low"
    marks = [dies.fingerprint(state, plane) for plane in planes.tolist()]
    words = f"{spared} places left to a retest: probe card" if spared else ""
    return {
        "scope": label, "n": wafers, "estimator": what + bins_words(row), side: limit,
        "fallback": words if enough else f"{wafers} wafers, fewer than {row['least_wafers']}: not applied",
        "population": _mixed(marks), "applied": enough,
    }  # fmt: skip


def _mixed(marks: list[str]) -> str:
    """One hash of the hashes of several wafers."""
    return hashlib.blake2b("".join(marks).encode(), digest_size=8).hexdigest()


def _findings(
    row: ScreenRow, rows: list[dict[str, Any]], part: Int64Array, value: Float64Array, stack: Int64Array,
    notes: list[str], hold: list[str], without: list[str], dies: Dies, state: StateArray,
) -> Findings:  # fmt: skip
    order = np.argsort(part, kind="stable")
    part, value, stack = part[order], value[order], stack[order]
    area = max(dies.shape[1] * dies.shape[2], 1)
    bad = (state == BAD).reshape(len(state), -1)
    counts = [(int(bad[dies.stack == dies.stack[dies.plane[p]]][:, dies.place[p] % area].sum())) for p in part.tolist()]
    shown = (
        f"{count} wafers failed at its place" + ("" if row["method"] == "share" else f", chance {each:.2g}")
        for count, each in zip(counts, value.tolist(), strict=True)
    )
    none = np.full(len(part), np.nan)
    return Findings(
        row.kind, record_rows(row.kind, VERSION, rows), part, np.full(len(part), NO_TEST), stack, value, none,
        tuple(shown), tuple(notes), tuple(hold), tuple(without),
    )  # fmt: skip
