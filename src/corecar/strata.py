"""Which parts make a population together: lot, wafer, site, and apart by test condition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corecar.lot import Lot

CodeArray = npt.NDArray[np.int32]

CONDITION = ("stage", "temperature", "test_program", "revision")
"""Columns of `runs` that keep populations apart: readings at 25 C and at 125 C are not of one distribution."""

WIDER = {
    "wafer-site": ("wafer-site", "wafer", "lot"),
    "wafer": ("wafer", "lot"),
    "site": ("site", "lot"),
    "lot": ("lot",),
}
"""Where limits come from, the narrowest scope first."""


@dataclass(frozen=True)
class Strata:
    """One way of dividing the parts of a lot into groups.

    scope   `lot`, `wafer`, `site` or `wafer-site`
    codes   int32, shape (parts,): group of each part; -1 for a part outside every group
    labels  what each group is called, for example `wafer W03`
    """

    scope: str
    codes: CodeArray
    labels: tuple[str, ...]


def strata(lot: Lot, scope: str) -> Strata:
    """Divide the parts of a lot by a scope and, where the lot has several, by test condition."""
    condition, conditions = _conditions(lot)
    columns = [condition]
    names = [conditions]
    if "wafer" in scope:
        codes, wafers = wafer_codes(lot)
        columns.append(codes)
        names.append([f"wafer {wafer}" for wafer in wafers])
    if "site" in scope:
        codes, sites = site_codes(lot)
        columns.append(codes)
        names.append([f"site {site}" for site in sites])
    return Strata(scope, *_crossed(columns, names))


def levels(lot: Lot, scope: str) -> tuple[Strata, ...]:
    """The divisions to take limits from, the narrowest first; a lot without wafers has no wafer scope."""
    has_wafers = lot.parts.num_rows > lot.parts["wafer"].null_count
    wanted = scope if has_wafers else {"wafer": "lot", "wafer-site": "site"}.get(scope, scope)
    return tuple(strata(lot, one) for one in WIDER[wanted])


def wafer_codes(lot: Lot) -> tuple[CodeArray, list[str]]:
    """Wafer of each part as a number, -1 at final test; and the wafers' names."""
    column = lot.parts["wafer"]
    encoded = pc.dictionary_encode(column.cast(pa.string())).combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0)
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int32)
    return codes, encoded.dictionary.to_pylist()


def site_codes(lot: Lot) -> tuple[CodeArray, list[str]]:
    """Site of each part as a number, and the sites' names: `2`, or `1:2` where the lot has several heads."""
    head, site = lot.parts["head"].to_numpy().astype(np.int32), lot.parts["site"].to_numpy().astype(np.int32)
    found, codes = np.unique(head * 256 + site, return_inverse=True)
    several = len(np.unique(found // 256)) > 1
    names = [f"{key // 256}:{key % 256}" if several else str(key % 256) for key in found.tolist()]
    return codes.astype(np.int32), names


def ancestors(divisions: tuple[Strata, ...]) -> tuple[CodeArray, ...]:
    """For each division, the narrowest first: its group that each group of the narrowest lies in, int32."""
    narrowest = divisions[0]
    inside = narrowest.codes >= 0
    out = []
    for wide in divisions:
        group = np.zeros(len(narrowest.labels), dtype=np.int32)
        group[narrowest.codes[inside]] = wide.codes[inside]
        out.append(group)
    return tuple(out)


def _conditions(lot: Lot) -> tuple[CodeArray, list[str]]:
    rows = list(zip(*(lot.runs[name].to_pylist() for name in CONDITION), strict=True))
    found = list(dict.fromkeys(rows))
    of_run = np.array([found.index(row) for row in rows], dtype=np.int32)
    names = [", ".join(str(word) for word in row if word) for row in found] if len(found) > 1 else [""]
    return of_run[lot.parts["run"].to_numpy()].astype(np.int32), names


def _crossed(columns: list[CodeArray], names: list[list[str]]) -> tuple[CodeArray, tuple[str, ...]]:
    """Groups that exist in the crossing of several divisions, renumbered without gaps; -1 where any code is -1."""
    key = np.zeros(len(columns[0]), dtype=np.int64)
    outside = np.zeros(len(key), dtype=bool)
    for codes, labels in zip(columns, names, strict=True):
        key = key * max(len(labels), 1) + np.maximum(codes, 0)
        outside |= codes < 0
    found, inverse = np.unique(key[~outside], return_inverse=True)
    out = np.full(len(key), -1, dtype=np.int32)
    out[~outside] = inverse
    return out, tuple(_label(int(code), names) for code in found)


def _label(code: int, names: list[list[str]]) -> str:
    words = []
    for labels in reversed(names):
        code, place = divmod(code, max(len(labels), 1))
        words.append(labels[place])
    text = ", ".join(word for word in reversed(words[:-1]) if word) or "lot"
    return f"{text}, {words[-1]}" if words[-1] else text
