"""Offers that fulfil every hard requirement of a need, block by block of one kind; what the others lack.

Needs that ask the same in the first technical requirements are one class, and these requirements are judged once for
the whole class; the others over the pairs that are left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.match.requirements import MISSED, REQUIREMENTS, TECHNICAL, UNKNOWN, Requirement, Rows, States, Terms
from corecar.match.sides import Side

AT_ONCE = 1 << 20
"""Pairs that are looked at in one piece."""
WHOLE = 2
"""The first requirements, which are judged over all pairs of a piece; the others over those that are left."""
FEW = 4
"""Needs that a class has on average at least, for one more requirement to be judged by classes."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fitting:
    """Pairs of one piece in which nothing is missed.

    need, offer  int64, shape (pairs,): rows of the two sides, by need
    unknown      int64, shape (pairs,): bit r is set where the offer does not say what requirement r asks
    rows         int64, shape (needs,): the needs of the piece
    refused      int64, shape (needs, requirements): offers of the kind by the first requirement that they miss
    """

    need: Rows
    offer: Rows
    unknown: Rows
    rows: Rows
    refused: Rows


@dataclass(frozen=True)
class Block:
    """Some needs of one kind and all offers of it.

    rows   int64, shape (needs,): the needs, those of one class together
    label  int64, shape (needs,): the class of each, counted from 0
    first  int64, shape (classes,): a need of each class
    given  int64, shape (offers,)
    alike  the first requirements, in which the needs of a class ask the same
    """

    rows: Rows
    label: Rows
    first: Rows
    given: Rows
    alike: int


def blocks(needs: Side, offers: Side, looked_at: npt.NDArray[np.bool_]) -> Iterator[Block]:
    """Needs and offers of one kind, cut so that classes times offers are at most `AT_ONCE`.

    looked_at  bool, shape (needs,): which needs count
    """
    for kind in np.unique(needs.words["kind"][looked_at]):
        rows = np.flatnonzero(looked_at & (needs.words["kind"] == kind))
        given = np.flatnonzero(offers.words["kind"] == kind)
        label, alike = _classes(needs, rows)
        order = np.argsort(label, kind="stable")
        rows, label = rows[order], label[order]
        begins = np.flatnonzero(np.diff(label, prepend=-1))
        step = max(1, AT_ONCE // max(len(given), 1))
        for start in range(0, len(begins), step):
            firsts = begins[start : start + step]
            end = begins[start + step] if start + step < len(begins) else len(rows)
            yield Block(rows[firsts[0] : end], label[firsts[0] : end] - start, rows[firsts], given, alike)


def _classes(needs: Side, rows: Rows) -> tuple[Rows, int]:
    """Classes of needs, numbered without a gap, that ask the same in the first technical requirements: in as many of
    them as leave `FEW` needs to a class on average."""
    label, alike = np.zeros(len(rows), np.int64), 0
    for columns in TECHNICAL.values():
        finer = label
        for asked in (_asked(needs, column, rows) for column in columns):
            finer = _together(finer, asked)
        if finer.max(initial=0) >= max(1, len(rows) // FEW):
            break
        label, alike = finer, alike + 1
    return label, alike


def _asked(needs: Side, column: str, rows: Rows) -> Rows:
    """What needs ask in a column, as numbers that are the same where that is the same."""
    if column in needs.bits:
        return np.asarray(np.unique(needs.bits[column][rows], axis=0, return_inverse=True)[1].ravel(), np.int64)
    of = needs.words if column in needs.words else needs.numbers
    return np.asarray(np.unique(of[column][rows], return_inverse=True)[1].ravel(), np.int64)


def _together(label: Rows, other: Rows) -> Rows:
    both = label * (other.max(initial=0) + 1) + other
    return np.asarray(np.unique(both, return_inverse=True)[1].ravel(), np.int64)


def fitting(needs: Side, offers: Side, block: Block, terms: Terms) -> Iterator[Fitting]:
    """The pairs of a block that miss no requirement, in pieces, each of all pairs of some needs."""
    whole = _of_classes(needs, offers, block, terms)
    begins = np.searchsorted(whole.need, np.arange(len(block.first) + 1))
    count = np.diff(begins)[block.label]
    for part in _parts(count):
        label = block.label[part]
        at = np.repeat(np.arange(len(part)), count[part])
        within = np.arange(len(at)) - np.repeat(np.cumsum(count[part]) - count[part], count[part])
        place = begins[label][at] + within
        yield _left(
            needs, offers,
            Fitting(at, whole.offer[place], whole.unknown[place], block.rows[part], whole.refused[label]),
            REQUIREMENTS[block.alike :], terms,
        )  # fmt: skip


def _parts(count: Rows) -> Iterator[Rows]:
    """Needs one after the other, so many that they have `AT_ONCE` pairs at most, or one need more."""
    piece = (np.cumsum(count) - count) // AT_ONCE
    bounds = np.flatnonzero(np.diff(piece, prepend=-1, append=-1))
    for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        yield np.arange(start, end)


def _of_classes(needs: Side, offers: Side, block: Block, terms: Terms) -> Fitting:
    """What fits of the first requirements: `need` and `rows` count classes."""
    rows, given = block.first, block.given
    refused = np.zeros((len(rows), len(REQUIREMENTS)), np.int64)
    left = np.ones((len(rows), len(given)), bool)
    unknown = np.zeros(left.shape, np.int8)
    wide = min(WHOLE, block.alike)
    for place, requirement in enumerate(REQUIREMENTS[:wide]):
        state = requirement.judge(needs, offers, rows[:, None], given[None, :], terms).state
        refused[:, place] = (left & (state == MISSED)).sum(axis=1)
        left &= state != MISSED
        unknown |= (state == UNKNOWN).astype(np.int8) << place
    at, there = np.nonzero(left)
    begun = Fitting(at, given[there], unknown[at, there].astype(np.int64), rows, refused)
    found = _left(needs, offers, begun, REQUIREMENTS[wide : block.alike], terms)
    place_of = np.zeros(len(needs), np.int64)
    place_of[rows] = np.arange(len(rows))
    return Fitting(place_of[found.need], found.offer, found.unknown, rows, found.refused)


def _left(needs: Side, offers: Side, begun: Fitting, judged: Sequence[Requirement], terms: Terms) -> Fitting:
    """What is left after some more requirements; `need` of what was begun is the place among its `rows`."""
    at, there, open_ = begun.need, begun.offer, begun.unknown
    for requirement in judged:
        place = REQUIREMENTS.index(requirement)
        state = requirement.judge(needs, offers, begun.rows[at], there, terms).state
        missed = state == MISSED
        open_ = open_ | ((state == UNKNOWN).astype(np.int64) << place)
        if missed.any():
            begun.refused[:, place] = np.bincount(at[missed], minlength=len(begun.rows))
            at, there, open_ = at[~missed], there[~missed], open_[~missed]
    return Fitting(begun.rows[at], there, open_, begun.rows, begun.refused)


@dataclass(frozen=True)
class Refusals:
    """Offers of a need's kind that miss something, the nearest first.

    offer   int64, shape (refused,)
    states  int8, shape (requirements, refused)
    miss    float64, shape (refused,): requirements missed plus how far off they are; the order
    """

    offer: Rows
    states: States
    miss: Floats


def refusals(needs: Side, offers: Side, need: int, terms: Terms, most: int | None = None) -> Refusals:
    """What the refused offers of a need lack: those that miss fewest requirements first, then by how little.

    most  at most so many; None for all
    """
    given = np.flatnonzero(offers.words["kind"] == needs.words["kind"][need])
    row = np.full(len(given), need)
    judged = [requirement.judge(needs, offers, row, given, terms) for requirement in REQUIREMENTS]
    states = np.stack([one.state for one in judged])
    missed = states == MISSED
    far = missed.sum(axis=0) + np.stack([one.miss for one in judged]).sum(axis=0) / (len(REQUIREMENTS) + 1)
    order = np.flatnonzero(missed.any(axis=0))
    order = order[np.argsort(far[order], kind="stable")][:most]
    return Refusals(given[order], states[:, order], far[order])


def reasons(needs: Side, offers: Side, need: int, offer: int, states: Any, terms: Terms) -> list[str]:
    """Why a pair is refused, a sentence for each requirement that is missed."""
    return [
        requirement.reason(needs, offers, need, offer, terms)
        for requirement, state in zip(REQUIREMENTS, states, strict=True)
        if state == MISSED
    ]


def questions(needs: Side, offers: Side, need: int, offer: int, unknown: int, terms: Terms) -> list[str]:
    """What is to be asked about a pair: each requirement that the offer says nothing of."""
    return [
        requirement.question(needs, offers, need, offer, terms)
        for place, requirement in enumerate(REQUIREMENTS)
        if unknown >> place & 1
    ]
