"""What the lots before say of a yield or of one bin: rates per lot, their spread, and how far lots differ at all."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import fsum, sqrt

import numpy as np
import numpy.typing as npt

from corecar.errors import ArgumentError, TooFewParts
from corecar.plurals import plural
from corecar.screen.baselines import baseline_rules

SCOPES = ("wafer", "wafer lot", "assembly lot")
"""What one row of a history is; a lot is a mother lot, whole: splitting it must not hide a bad part of it."""

Counts = npt.ArrayLike


@dataclass(frozen=True)
class RateHistory:
    """What the lots of a baseline say of one rate: of the good parts, or of the parts in one bin.

    screen       `syl` (the rate is a yield, its limit a low one) or `sbl` (a bin's rate, its limit a high one)
    subject      `yield`, or the bin as a person calls it, for example `hard bin 7`
    scope        what one row of the history is: a row of `SCOPES`
    n, lots      rows of the history, and the lots that they are of
    tested       parts in the history
    mean, sd     of the rates of its rows, sd with n - 1 [fraction]
    failing      fraction of failing parts over all its parts; of a bin, of the parts in the bin
    correlation  of two parts of one row, from the moments of a beta-binomial; 0 or less where the rows differ no more
                 than chance makes them
    dispersion   spread between the rows against that of chance: 1 when there is no more
    typical      middle of the parts per row
    population   hash of the counts
    """

    screen: str
    subject: str
    scope: str
    n: int
    lots: int
    tested: int
    mean: float
    sd: float
    failing: float
    correlation: float
    dispersion: float
    typical: int
    weighted: bool
    population: str
    rates: tuple[float, ...] = field(repr=False)


def yield_history(
    good: Counts,
    tested: Counts,
    *,
    scope: str = "wafer lot",
    lots: Sequence[str] | None = None,
    weighted: bool = False,
) -> RateHistory:
    """The history of a yield.

    good, tested  whole numbers, shape (rows,): good parts and tested parts of each wafer or lot
    lots          name of the lot of each row, where a row is a wafer; without it each row is a lot
    weighted      whether larger rows weigh more in mean and standard deviation
    Raises        TooFewParts for fewer than two rows; ArgumentError for counts that cannot be
    Source        AEC-Q002 Rev B
    """
    return _history("syl", "yield", good, tested, scope, lots, weighted)


def bin_history(
    failed: Counts,
    tested: Counts,
    *,
    bin_name: str,
    scope: str = "wafer lot",
    lots: Sequence[str] | None = None,
    weighted: bool = False,
) -> RateHistory:
    """The history of one critical bin; `failed` are the parts in it, all else as in `yield_history`."""
    return _history("sbl", bin_name, failed, tested, scope, lots, weighted)


def _history(
    screen: str,
    subject: str,
    hits: Counts,
    tested: Counts,
    scope: str,
    lots: Sequence[str] | None,
    weighted: bool,
) -> RateHistory:
    found, parts = np.asarray(hits), np.asarray(tested)
    _check_counts(found, parts, scope, lots)
    rates = [int(k) / int(n) for k, n in zip(found, parts, strict=True)]
    mean, sd = _moments(rates, [int(n) for n in parts] if weighted else [1] * len(rates))
    failing = parts - found if screen == "syl" else found
    correlation, dispersion = _between(failing, parts)
    return RateHistory(
        screen=screen,
        subject=subject,
        scope=scope,
        n=len(rates),
        lots=len(rates) if lots is None else len(set(lots)),
        tested=int(parts.sum()),
        mean=mean,
        sd=sd,
        failing=int(failing.sum()) / int(parts.sum()),
        correlation=correlation,
        dispersion=dispersion,
        typical=int(np.sort(parts)[len(parts) // 2]),
        weighted=weighted,
        population=_hash(found, parts),
        rates=tuple(sorted(rates)),
    )


def _check_counts(
    hits: npt.NDArray[np.int64], tested: npt.NDArray[np.int64], scope: str, lots: Sequence[str] | None
) -> None:
    if scope not in SCOPES:
        raise ArgumentError(f'scope="{scope}": expected one of {", ".join(SCOPES)}.')
    if hits.shape != tested.shape or hits.ndim != 1 or (lots is not None and len(lots) != len(hits)):
        raise ArgumentError(f"{hits.shape} counts for {tested.shape} tested: expected one of each per row.")
    if len(hits) < 2:
        raise TooFewParts(
            f"{plural(len(hits), 'row')} of history: a spread needs at least 2, and AEC-Q002 asks for "
            f"{baseline_rules('AEC-Q002').lots} lots. Wait for more lots, or agree a limit with the customer."
        )
    if hits.dtype.kind not in "iu" or tested.dtype.kind not in "iu":
        raise ArgumentError("counts of parts: expected whole numbers. Give parts, not fractions or percent.")
    if (tested < 1).any() or (hits < 0).any() or (hits > tested).any():
        row = int(np.flatnonzero((tested < 1) | (hits < 0) | (hits > tested))[0])
        raise ArgumentError(f"row {row}: {hits[row]} of {tested[row]} parts: expected 0 to all of at least one part.")


def _moments(rates: list[float], weights: list[int]) -> tuple[float, float]:
    """Mean and standard deviation (n - 1; with weights the unbiased form), the same bits in any order of the rows."""
    total = sum(weights)
    mean = fsum(w * r for w, r in zip(weights, rates, strict=True)) / total
    squares = fsum(w * (r - mean) ** 2 for w, r in zip(weights, rates, strict=True))
    divisor = total - sum(w * w for w in weights) / total
    sd = sqrt(squares / divisor)
    return mean, sd if len(set(rates)) > 1 else 0.0


def _between(failing: npt.NDArray[np.int64], tested: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Correlation of two parts of one row, and spread between rows against chance; 0 and 1 without failing parts.

    Source  Kleinman (1973): moments of a beta-binomial, rows weighted by their parts
    """
    total, rows = int(tested.sum()), len(tested)
    rate = int(failing.sum()) / total
    if rate in (0.0, 1.0):
        return 0.0, 1.0
    spread = fsum(int(n) * (int(k) / int(n) - rate) ** 2 for k, n in zip(failing, tested, strict=True))
    relative = spread / (rate * (1.0 - rate))
    shared = total - sum(int(n) ** 2 for n in tested) / total
    room = shared - (rows - 1)
    return (relative - (rows - 1)) / room if room > 0 else 0.0, relative / (rows - 1)


def _hash(hits: npt.NDArray[np.int64], tested: npt.NDArray[np.int64]) -> str:
    pairs = np.array(sorted(zip(hits.tolist(), tested.tolist(), strict=True)), dtype="<i8")
    return hashlib.sha256(pairs.tobytes()).hexdigest()[:32]
