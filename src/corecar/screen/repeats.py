"""Fails that repeat with the probe card (same site) or with the reticle (same place in each exposure), told apart."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from corecar.errors import ArgumentError
from corecar.lot import BoolArray

Codes = npt.NDArray[np.integer]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Repeat:
    """How one site, or one position within the reticle, fails beside all others.

    kind      `site` or `reticle`
    group     its number: the site's code, or row x columns of the reticle + column
    tested    its dies; failed: those of them that failed
    others    share of failed dies among the others, one of their own added to keep it from 0
    chance    probability of so many or more at the others' share
    repeats   that chance is below what is allowed for any group of its kind
    """

    kind: str
    group: int
    tested: int
    failed: int
    others: float
    chance: float
    repeats: bool


def repeats(
    kind: str, group: Codes, failed: BoolArray, *, within: Codes | None = None, alpha: float = 0.001
) -> tuple[Repeat, ...]:
    """Hold each group against all others: does it fail more often?

    kind    `site` or `reticle`, as it shall stand in the answer
    group   whole numbers, shape (dies,): -1 for a die in no group
    failed  bool, shape (dies,)
    within  whole numbers, shape (dies,): each group is held against the others of the same number only, and dies that
            have no others there are left out; all dies together by default
    alpha   chance of calling any group repeating if none is (Bonferroni over the groups)
    """
    if not 0 < alpha < 1:
        raise ArgumentError(f"alpha={alpha}: expected a number between 0 and 1.")
    inside = (group >= 0) & (True if within is None else within >= 0)
    if not inside.any():
        return ()
    own = group[inside].astype(np.int64)
    beside = np.zeros_like(own) if within is None else within[inside].astype(np.int64)
    shape = int(own.max()) + 1, int(beside.max()) + 1
    cell = own * shape[1] + beside
    tested = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    fails = np.bincount(cell[failed[inside]], minlength=shape[0] * shape[1]).reshape(shape)
    numbers = np.flatnonzero(tested.sum(axis=1))
    return tuple(_held(kind, number, tested, fails, alpha / len(numbers)) for number in numbers.tolist())


def _held(kind: str, number: int, tested: Counts, fails: Counts, limit: float) -> Repeat:
    """One group against the others; its chances differ by what it is held within, their mean bounds the tail."""
    rest, rest_failed = tested.sum(axis=0) - tested[number], fails.sum(axis=0) - fails[number]
    has_others = (rest > 0) & (tested[number] > 0)
    n, k = int(tested[number][has_others].sum()), int(fails[number][has_others].sum())
    if not n:
        return Repeat(kind, number, n, k, math.nan, 1.0, False)
    usual = fails.sum() / tested.sum()
    share = (rest_failed + usual)[has_others] / (rest + 1)[has_others]
    others = float((share * tested[number][has_others]).sum() / n)
    chance = binomial_tail(k, n, others) if k else 1.0
    return Repeat(kind, number, n, k, others, chance, chance < limit)


def binomial_tail(least: int, n: int, share: float) -> float:
    """Probability of at least so many of n at a share, summed from the largest term down to where nothing is added.

    >>> round(binomial_tail(8, 25, 0.05), 8)
    1.958e-05
    """
    if least <= 0:
        return 1.0
    if least > n or share <= 0:
        return 0.0
    if share >= 1:
        return 1.0
    odds = share / (1 - share)
    start = max(least, math.floor((n + 1) * share))
    start = min(start, n)
    logarithm = math.lgamma(n + 1) - math.lgamma(start + 1) - math.lgamma(n - start + 1)
    peak = math.exp(logarithm + start * math.log(share) + (n - start) * math.log1p(-share))
    terms, term = [peak], peak
    for k in range(start, n):
        term *= (n - k) / (k + 1) * odds
        if term < peak * 1e-18:
            break
        terms.append(term)
    term = peak
    for k in range(start, least, -1):
        term *= k / (n - k + 1) / odds
        if term < peak * 1e-18:
            break
        terms.append(term)
    return min(1.0, math.fsum(terms))


def reticle_positions(
    row: Codes, column: Codes, rows: int, columns: int, *, first_row: int = 0, first_column: int = 0
) -> Codes:
    """Position of each die within its exposure: row x `columns` + column, whole numbers of the shape of `row`.

    rows, columns            dies of one exposure
    first_row, first_column  a die in the upper left corner of an exposure

    >>> reticle_positions(np.array([0, 1, 2]), np.array([0, 4, 5]), 2, 3).tolist()
    [0, 4, 2]
    """
    if rows < 1 or columns < 1:
        raise ArgumentError(f"a reticle of {rows} x {columns} dies: expected at least 1 x 1.")
    return (row - first_row) % rows * columns + (column - first_column) % columns


@dataclass(frozen=True)
class Repeats:
    """What repeats: every site and every position of the reticle, and which of the two is the cause.

    cause  `probe card`, `reticle`, `both`, `undecided` where one can't be told from the other; empty for nothing
    """

    sites: tuple[Repeat, ...]
    reticle: tuple[Repeat, ...]
    cause: str

    @property
    def bad_sites(self) -> tuple[int, ...]:
        """Sites that fail more often than the others."""
        return tuple(repeat.group for repeat in self.sites if repeat.repeats)

    @property
    def bad_positions(self) -> tuple[int, ...]:
        """Positions within the reticle that fail more often than the others."""
        return tuple(repeat.group for repeat in self.reticle if repeat.repeats)


def told_apart(site: Codes, position: Codes | None, failed: BoolArray, *, alpha: float = 0.001) -> Repeats:
    """Whether fails repeat with the probe card or with the reticle.

    site      whole numbers, shape (dies,): site that tested each die
    position  its position within the reticle, by `reticle_positions`; None when the reticle is not known
    failed    bool, shape (dies,)
    alpha     as in `repeats`
    Sites step over the wafer in a pattern, so a bad site shows at the positions that it meets, and the other way round.
    Each kind is therefore held again within the groups of the other: site against site at the same position.
    """
    sites = repeats("site", site, failed, alpha=alpha)
    if position is None:
        return Repeats(sites, (), "probe card" if any(repeat.repeats for repeat in sites) else "")
    found = Repeats(sites, repeats("reticle", position, failed, alpha=alpha), "")
    if not found.bad_sites or not found.bad_positions:
        cause = "probe card" if found.bad_sites else "reticle" if found.bad_positions else ""
        return replace(found, cause=cause)
    card = repeats("site", site, failed, within=position, alpha=alpha)
    mask = repeats("reticle", position, failed, within=site, alpha=alpha)
    by_card, by_mask = (any(repeat.repeats for repeat in kind) for kind in (card, mask))
    causes = {(True, True): "both", (True, False): "probe card", (False, True): "reticle"}
    return Repeats(
        card if by_card else found.sites,
        mask if by_mask else found.reticle,
        causes.get((by_card, by_mask), "undecided"),
    )
