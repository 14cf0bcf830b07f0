"""The final parts of one or several lots as one population, test by test; tests are told apart by what they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from corecar.errors import ArgumentError
from corecar.faults import meant
from corecar.lot import BoolArray, Float32Array, Lot, UInt32Array, failed
from corecar.plurals import plural
from corecar.stdf_values import UNUSABLE
from corecar.strata import CodeArray, site_codes
from corecar.temperatures import same_temperature, temperature_c

HARDWARE = ("tester", "load_board", "probe_card", "handler")
"""Columns of `runs` that say on what was tested."""
FACTORS = ("site", *HARDWARE)

INSERTION = ["stage", "test_code", "temperature"]
"""Columns of `runs` that say which insertion it was."""
Insertion = tuple[str | None, ...]
Key = tuple[int, str | None, str | None, str | None, str | None]


@dataclass(frozen=True)
class PooledTest:
    """One test of a pool: what it is, its limits where the first lot has it, and its row in each lot, -1 for none."""

    key: Key
    low: float
    high: float
    rows: tuple[int, ...]

    @property
    def named(self) -> dict[str, Any]:
        """The columns that tell a person which test a row is about."""
        number, name, pin, _, unit = self.key
        return {"number": number, "name": name, "pin": pin, "unit": unit}

    @property
    def title(self) -> str:
        """The test in a sentence: `1010 VDD_MIN`."""
        return title(*self.key[:3])

    @property
    def parametric(self) -> bool:
        """Whether it has readings, not only verdicts."""
        return self.key[3] != "functional"


def title(*words: Any) -> str:
    """Number, name and pin of a test in one line, without the blanks that programs pad names with."""
    return " ".join(" ".join(str(word).split()) for word in words if word)


class Pool:
    """Final parts of lots that were tested alike, in the order of lots and of testing.

    lots                what was read, one `Lot` or more; the lots of a `Lot` of several files are told apart by name
    stage, temperature  only parts of runs of these; None for any
    condition           the one stage and temperature of all parts, in words
    Raises              ArgumentError without a lot, without a part left, and for parts of several stages or
                        temperatures, whose readings are not of one population
    """

    def __init__(self, lots: Sequence[Lot], *, stage: str | None = None, temperature: str | None = None) -> None:
        if not lots:
            raise ArgumentError("no lot was given. Give at least one.")
        self.lots = tuple(lots)
        self.wanted = {"stage": stage, "temperature": temperature}
        self.chosen = [_chosen(lot, stage, temperature) for lot in self.lots]
        self.firsts = np.cumsum([0, *map(len, self.chosen)])
        self._places = [self._place(at) for at in range(len(self.lots))]
        self.condition = self._check_alike()

    def __len__(self) -> int:
        return int(self.firsts[-1])

    @cached_property
    def tests(self) -> tuple[PooledTest, ...]:
        """Every test of any of the lots, in the order in which they first appear."""
        rows: dict[Key, list[int]] = {}
        limits: dict[Key, tuple[float, float]] = {}
        for place, lot in enumerate(self.lots):
            low, high = lot.test_limits
            columns = (lot.tests[name].to_pylist() for name in ("number", "name", "pin", "kind", "unit"))
            for row, key in enumerate(zip(*columns, strict=True)):
                of_lots = rows.setdefault(key, [-1] * len(self.lots))
                of_lots[place] = row if of_lots[place] < 0 else of_lots[place]
                limits.setdefault(key, (float(low[row]), float(high[row])))
        return tuple(PooledTest(key, *limits[key], tuple(at)) for key, at in rows.items())

    @cached_property
    def passed(self) -> BoolArray:
        """bool, shape (parts,): the tester called the part good."""
        return np.concatenate([lot.passed[rows] for lot, rows in zip(self.lots, self.chosen, strict=True)])

    @cached_property
    def lot_codes(self) -> CodeArray:
        """int32, shape (parts,): the place of each part's lot among all lots that have parts here."""
        keys = [f"{at} {name}" for at, lot in enumerate(self.lots) for name in lot.runs["lot"].to_pylist()]
        starts = np.cumsum([0, *(lot.runs.num_rows for lot in self.lots)])
        found = np.unique(keys, return_inverse=True)[1]
        of_run = [
            found[start + lot.parts["run"].to_numpy()[rows]]
            for start, lot, rows in zip(starts[:-1], self.lots, self.chosen, strict=True)
        ]
        return np.unique(np.concatenate(of_run), return_inverse=True)[1].astype(np.int32)

    @property
    def lot_count(self) -> int:
        """How many lots have parts here."""
        return int(self.lot_codes.max()) + 1

    @cached_property
    def _rows_of_lots(self) -> list[npt.NDArray[np.intp]]:
        order = np.argsort(self.lot_codes, kind="stable")
        return np.split(order, np.searchsorted(self.lot_codes[order], np.arange(1, self.lot_count)))

    def lot_medians(self, readings: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """float64, shape (lots,): the median of each lot's finite readings; NaN where it has none."""
        own = (readings[rows] for rows in self._rows_of_lots)
        finite = (side[np.isfinite(side)] for side in own)
        return np.array([np.median(side) if len(side) else np.nan for side in finite], np.float64)

    def column(self, name: str, missing: float = np.nan) -> npt.NDArray[np.float64]:
        """A numeric column of `parts` as float64; `missing` where it is null."""
        found = []
        for lot, rows in zip(self.lots, self.chosen, strict=True):
            values = pc.fill_null(lot.parts[name].cast("float64"), missing)
            found.append(values.to_numpy(zero_copy_only=False)[rows])
        return np.concatenate(found)

    def labels(self, factor: str) -> tuple[CodeArray, list[str]]:
        """The group of each part by `site` or a column of `runs`, and the groups' names; -1 where it is not told."""
        places: dict[str, int] = {}
        codes = []
        for lot, rows in zip(self.lots, self.chosen, strict=True):
            of_part, names = site_codes(lot) if factor == "site" else _run_codes(lot, factor)
            own = np.array([-1 if n is None else places.setdefault(n, len(places)) for n in names], np.int32)
            codes.append(own[of_part[rows]] if len(own) else np.full(len(rows), -1, np.int32))
        return np.concatenate(codes).astype(np.int32), list(places)

    def readings(self, test: PooledTest) -> Float32Array:
        """float32, shape (parts,) [the test's unit]: usable, finite readings; NaN where there is none."""
        out = np.full(len(self), np.nan, np.float32)
        for place, row in enumerate(test.rows):
            if row >= 0:
                at, values, flags = self._results(place, row)
                use = ((flags & UNUSABLE) == 0) & np.isfinite(values)
                out[at[use]] = values[use]
        return out

    def verdicts(self, test: PooledTest) -> tuple[BoolArray, BoolArray]:
        """Which parts executed a test and which failed it, bool, shape (parts,) each."""
        executed, failing = (np.zeros(len(self), np.bool_) for _ in range(2))
        for place, row in enumerate(test.rows):
            if row >= 0:
                at, _, flags = self._results(place, row)
                executed[at] = True
                failing[at] = failed(flags)
        return executed, failing

    def _results(self, place: int, row: int) -> tuple[Any, Any, Any]:
        """Of a lot's test the parts' places in the pool, values and flags."""
        measured = self.lots[place].measurements
        span = measured.of(row)
        at = self._places[place][measured.part[span]]
        there = at >= 0
        return at[there], measured.value[span][there], measured.flags[span][there]

    def _check_alike(self) -> str:
        """The only stage and temperature there is. Raises ArgumentError."""
        found = [
            (lot.runs["stage"][run].as_py(), temperature_c(lot.runs["temperature"][run].as_py()))
            for lot, rows in zip(self.lots, self.chosen, strict=True)
            for run in np.unique(lot.parts["run"].to_numpy()[rows]).tolist()
        ]
        words = dict.fromkeys(" ".join(word for word in pair if word) or "unknown" for pair in found)
        if not words:
            runs = [tuple(row.values()) for lot in self.lots for row in lot.runs.select(INSERTION).to_pylist()]
            raise ArgumentError(nothing_of(self.wanted["stage"], self.wanted["temperature"], runs))
        if len(words) > 1:
            raise ArgumentError(f"parts of several stages or temperatures: {'; '.join(words)}. Name one of each.")
        return next(iter(words))

    def _place(self, at: int) -> npt.NDArray[np.int64]:
        out = np.full(self.lots[at].parts.num_rows, -1, np.int64)
        out[self.chosen[at]] = self.firsts[at] + np.arange(len(self.chosen[at]))
        return out


def test_counts(pool: Pool, rows: Iterable[Mapping[str, Any]], fit: str) -> list[str]:
    """Why a table has fewer tests than the files: a sentence, or nothing where it has them all.

    rows  with number, name and pin of each test; fit: what the tests in it are
    """
    told = {(row["number"], row["name"], row["pin"]) for row in rows}
    functional = sum(not test.parametric for test in pool.tests)
    rest = len({test.key for test in pool.tests if test.parametric}) - len(told)
    left = [f"{functional:,} functional, with verdicts alone"] if functional else []
    left += [f"{rest:,} not {fit}"] if rest > 0 else []
    if not left:
        return []
    return [
        f"{len(told):,} of {plural(len(pool.tests), 'test')} (each pin is one) compared. Left out: {'; '.join(left)}."
    ]


def pool_of(lots: Lot | Sequence[Lot] | Pool) -> Pool:
    """A pool of whatever lots are given as."""
    return lots if isinstance(lots, Pool) else Pool([lots] if isinstance(lots, Lot) else lots)


def is_of(stage: str | None, temperature: str | None, insertion: Insertion) -> bool:
    """Whether a run is wanted.

    stage      its stage, its test code, or both: `wafer sort`, `CP2`, `wafer sort CP2`; None for any
    insertion  stage, test code and temperature of the run
    """
    of_stage, code, at = insertion
    names = (of_stage, code, f"{of_stage} {code}")
    return stage in (None, *names) and (temperature is None or same_temperature(temperature, at))


def nothing_of(stage: str | None, temperature: str | None, insertions: Iterable[Insertion]) -> str:
    """What to say where no run is of a stage and temperature: which there are, and what may have been meant."""
    there = list(insertions)
    stages = list(dict.fromkeys(name for of_stage, code, _ in there for name in (of_stage, code) if name))
    temperatures = list(dict.fromkeys(at for *_, at in there if at))
    found = "; ".join(dict.fromkeys(" ".join(word for word in one if word) or "unknown" for one in there))
    named = [word for word in (stage and f'stage "{stage}"', temperature and f'temperature "{temperature}"') if word]
    if not named:
        return "no finished part is left to look at. `corecar info FILE` says what a file holds."
    wrong = [
        (word, known) for word, known in ((stage, stages), (temperature, temperatures)) if word and word not in known
    ]
    hint = f" {meant(*wrong[0])}" if wrong and wrong[0][1] else ""
    return f"no finished part is of {' and '.join(named)}; there is: {found}.{hint if 'Did' in hint else ''}"


def _chosen(lot: Lot, stage: str | None, temperature: str | None) -> UInt32Array:
    """The final parts of the runs that are wanted."""
    rows = lot.chosen()
    runs = lot.runs.select(INSERTION).to_pylist()
    keep = np.array([is_of(stage, temperature, tuple(run.values())) for run in runs], np.bool_)
    kept: UInt32Array = rows[keep[lot.parts["run"].to_numpy()[rows]]]
    return kept


def _run_codes(lot: Lot, factor: str) -> tuple[Any, list[str | None]]:
    """The run of each part, and what each run says."""
    return lot.parts["run"].to_numpy().astype(np.int64), lot.runs[factor].to_pylist()
