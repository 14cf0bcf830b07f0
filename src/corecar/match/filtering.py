"""Offers that fulfil every hard requirement of a need, block by block of one kind; what the others lack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.match.requirements import MISSED, REQUIREMENTS, UNKNOWN, Rows, States, Terms
from corecar.match.sides import Side

AT_ONCE = 1 << 21
"""Pairs that are looked at in one piece."""
WHOLE = 2
"""The first requirements, which are judged over all pairs of a piece; the others over those that are left."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fitting:
    """Pairs of one piece in which nothing is missed.

    need, offer  int64, shape (pairs,): rows of the two sides
    unknown      int64, shape (pairs,): bit r is set where the offer does not say what requirement r asks
    rows         int64, shape (needs,): the needs of the piece
    refused      int64, shape (needs, requirements): offers of the kind by the first requirement that they miss
    """

    need: Rows
    offer: Rows
    unknown: Rows
    rows: Rows
    refused: Rows


def blocks(needs: Side, offers: Side) -> Iterator[tuple[Rows, Rows]]:
    """Needs and offers of one kind, cut so that a piece has at most `AT_ONCE` pairs."""
    for kind in np.unique(needs.words["kind"]):
        rows = np.flatnonzero(needs.words["kind"] == kind)
        given = np.flatnonzero(offers.words["kind"] == kind)
        step = max(1, AT_ONCE // max(len(given), 1))
        for start in range(0, len(rows), step):
            yield rows[start : start + step], given


def fitting(needs: Side, offers: Side, rows: Rows, given: Rows, terms: Terms) -> Fitting:
    """The pairs of a piece that miss no requirement.

    rows, given  int64: needs and offers of one kind
    """
    refused = np.zeros((len(rows), len(REQUIREMENTS)), np.int64)
    left = np.ones((len(rows), len(given)), bool)
    unknown = np.zeros(left.shape, np.int8)
    for place, requirement in enumerate(REQUIREMENTS[:WHOLE]):
        state = requirement.judge(needs, offers, rows[:, None], given[None, :], terms).state
        refused[:, place] = (left & (state == MISSED)).sum(axis=1)
        left &= state != MISSED
        unknown |= (state == UNKNOWN).astype(np.int8) << place
    at, there = np.nonzero(left)
    open_ = unknown[at, there].astype(np.int64)
    for place, requirement in enumerate(REQUIREMENTS[WHOLE:], WHOLE):
        state = requirement.judge(needs, offers, rows[at], given[there], terms).state
        refused[:, place] = np.bincount(at[state == MISSED], minlength=len(rows))
        kept = state != MISSED
        open_ |= (state == UNKNOWN).astype(np.int64) << place
        at, there, open_ = at[kept], there[kept], open_[kept]
    return Fitting(rows[at], given[there], open_, rows, refused)


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
