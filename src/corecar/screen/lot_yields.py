"""What one graded lot leaves for the lots after it: tested, good and retested parts, and parts in each bin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from corecar.attempts import NO_BIN, first_fails, units_known
from corecar.errors import ArgumentError
from corecar.lot import BoolArray, Int64Array, Lot
from corecar.screen.yield_counts import YieldCounts, yield_counts
from corecar.temperatures import temperature_c


@dataclass(frozen=True)
class YieldRow:
    """Counts of one wafer or lot; `bins` are failing parts by hard bin."""

    scope: str
    unit: str
    tested: int
    good: int
    bins: tuple[tuple[int, int], ...]

    def in_bin(self, number: int) -> int:
        """Failing parts in a hard bin."""
        return dict(self.bins).get(number, 0)


@dataclass(frozen=True)
class RetestRow:
    """Units that failed first in one hard bin at one site (None where the file says none), and what retests did."""

    bin: int | None
    site: int | None
    failed: int
    retested: int
    recovered: int


@dataclass(frozen=True)
class LotYields:
    """Counts of one lot at one insertion.

    tested_on  day on which its last run began; None where no file says
    retests    first fails by bin and site; None where nothing says which attempts are of one unit, or nobody counted
    """

    lot: str
    product: str
    stage: str
    temperature: str
    tested_on: date | None
    rows: tuple[YieldRow, ...]
    retests: tuple[RetestRow, ...] | None = None

    @property
    def insertion(self) -> tuple[str, str, str]:
        """Lots are compared within one product, stage and temperature only."""
        return self.product, self.stage, temperature_c(self.temperature) or ""

    def to_dict(self) -> dict[str, Any]:
        """As plain values ready for JSON."""
        rows = [{**asdict(row), "bins": {str(number): count for number, count in row.bins}} for row in self.rows]
        retests = None if self.retests is None else [asdict(row) for row in self.retests]
        day = self.tested_on and self.tested_on.isoformat()
        return {**asdict(self), "tested_on": day, "rows": rows, "retests": retests}


def lot_yields(lot: Lot) -> LotYields:
    """Count the final parts of a lot, by wafer where it has any, and as a whole."""
    named = {name: _joined(lot, name) for name in ("lot", "product", "stage", "temperature")}
    scopes = ("wafer", "wafer lot") if lot.parts.num_rows > lot.parts["wafer"].null_count else ("assembly lot",)
    rows = tuple(row for scope in scopes for row in _rows(yield_counts(lot, scope)))
    return LotYields(**named, tested_on=_tested_on(lot), rows=rows, retests=retest_rows(lot))


def retest_rows(lot: Lot) -> tuple[RetestRow, ...] | None:
    """First fails of a lot by hard bin and site, and how many a retest recovered; None without unit identity."""
    if not units_known(lot):
        return None
    found = first_fails(lot)
    return counted_retests(found.bin, found.site, found.again, found.recovered)


def counted_retests(
    bins: Int64Array, sites: Int64Array, again: BoolArray, recovered: BoolArray
) -> tuple[RetestRow, ...]:
    """Units by bin and site; the arrays, shape (units,), are those of `corecar.attempts.FirstFails`."""
    counts: dict[tuple[int, int], list[int]] = {}
    for code, site, once_more, good in zip(*(one.tolist() for one in (bins, sites, again, recovered)), strict=True):
        row = counts.setdefault((code, site), [0, 0, 0])
        row[0], row[1], row[2] = row[0] + 1, row[1] + once_more, row[2] + good
    return tuple(
        RetestRow(None if code == NO_BIN else code, None if site == NO_BIN else site, *counted)
        for (code, site), counted in sorted(counts.items())
    )


def read_lot_yields(values: Mapping[str, Any]) -> LotYields:
    """The inverse of `LotYields.to_dict`. Raises ArgumentError for values that are none."""
    try:
        rows = tuple(
            YieldRow(
                str(row["scope"]), str(row["unit"]), int(row["tested"]), int(row["good"]),
                tuple((int(number), int(count)) for number, count in row["bins"].items()),
            )
            for row in values["rows"]
        )  # fmt: skip
        day = values["tested_on"]
        named = {name: str(values[name]) for name in ("lot", "product", "stage", "temperature")}
        counted = values.get("retests")
        retests = None if counted is None else tuple(RetestRow(**row) for row in counted)
        return LotYields(**named, tested_on=day and date.fromisoformat(day), rows=rows, retests=retests)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArgumentError(f"these are no yields of a graded lot: {error!r}. Grade the lot again.") from error


def _joined(lot: Lot, column: str) -> str:
    return ", ".join(dict.fromkeys(str(one) for one in lot.runs[column].to_pylist() if one))


def _tested_on(lot: Lot) -> date | None:
    starts = [start for start in lot.runs["start"].to_pylist() if start is not None]
    day: date | None = max(starts).date() if starts else None
    return day


def _rows(counts: YieldCounts) -> list[YieldRow]:
    return [
        YieldRow(
            counts.scope, unit, int(counts.tested[row]), int(counts.good[row]),
            tuple((number, int(counts.in_bin[row, place])) for place, number in enumerate(counts.bins)),
        )
        for row, unit in enumerate(counts.units)
    ]  # fmt: skip
