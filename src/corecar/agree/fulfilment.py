"""How a memorandum was kept: call-offs against agreed volume and bands, what was delivered, late or short; scorecards.

Pure: what happened comes as moves, each told by a party at one time. Of call-offs of one week the last counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from corecar.agree.terms import Terms, Volume
from corecar.agree.volumes import AgreedWeek, band_at, by_week, first_day, last_day

MoveKind = Literal["call-off", "answer", "delivery", "defects"]
BY_ROLE: dict[MoveKind, str] = {"call-off": "customer", "answer": "supplier", "delivery": "supplier",
                                "defects": "customer"}  # fmt: skip
"""Which party of a volume tells what."""
MILLION = 1_000_000
NOTHING = 1e-9


@dataclass(frozen=True)
class Move:
    """What a party told.

    volume    which volume of the terms, from 1
    week      ISO week of delivery
    quantity  called off, confirmed, delivered or defective, in the unit of the volume
    day       of the call-off, answer, delivery or finding
    """

    kind: MoveKind
    volume: int
    week: str
    quantity: float
    day: date


@dataclass(frozen=True)
class KeptWeek:
    """One week of one volume, in its unit.

    asked      what was called off last, and on which day; None: nothing was
    least, most  what the customer may call off, by agreed volume, minimum, maximum and band
    answered   days until the supplier answered; None: not yet
    delivered  in all; `late` came after the week, `short` has not come though the week is over
    defects    that the customer found
    """

    volume: int
    week: AgreedWeek
    asked: float | None
    least: float
    most: float
    answered: int | None
    delivered: float
    late: float
    short: float
    defects: float
    asked_on: date | None = None

    @property
    def beyond(self) -> float:
        """How far a call-off lies outside of what was agreed: above 0 over it, below 0 under it."""
        if self.asked is None:
            return 0.0
        return max(self.asked - self.most, 0.0) or min(self.asked - self.least, 0.0)

    @property
    def promised(self) -> float:
        """What the supplier owes: what was called off, at most what may be."""
        return 0.0 if self.asked is None else min(self.asked, self.most)


def allowed(volume: Volume, week: AgreedWeek, weeks_ahead: int) -> tuple[float, float]:
    """The least and most that may be called off so many weeks ahead: within the band, the minimum and the maximum.

    Without bands minimum and maximum alone count.
    """
    band = band_at(volume, weeks_ahead)
    if band is None:
        return week.minimum, week.maximum
    return max(week.agreed * (1 - band.down), week.minimum), min(week.agreed * (1 + band.up), week.maximum)


def kept_weeks(terms: Terms, moves: Iterable[Move], today: date) -> list[KeptWeek]:
    """Every agreed week of every volume with what happened in it, by volume and week."""
    told: dict[tuple[int, str], list[Move]] = defaultdict(list)
    for move in moves:
        told[move.volume, move.week].append(move)
    return [
        _kept(number, volume, week, told[number, week.week], today)
        for number, volume in enumerate(terms.volumes, 1)
        for week in by_week(volume).values()
    ]


def _kept(number: int, volume: Volume, week: AgreedWeek, moves: Sequence[Move], today: date) -> KeptWeek:
    asked = next((each for each in reversed(moves) if each.kind == "call-off"), None)
    seen = today if asked is None else asked.day
    ahead = max((first_day(week.week) - seen).days // 7, 0)
    least, most = allowed(volume, week, ahead)
    answers = [each for each in moves if each.kind == "answer" and asked is not None and each.day >= asked.day]
    ended = last_day(week.week)
    delivered = sum(each.quantity for each in moves if each.kind == "delivery")
    late = sum(each.quantity for each in moves if each.kind == "delivery" and each.day > ended)
    owed = 0.0 if asked is None else min(asked.quantity, most)
    return KeptWeek(
        number, week, None if asked is None else asked.quantity, least, most,
        (answers[0].day - asked.day).days if answers and asked is not None else None, delivered, late,
        max(owed - delivered, 0.0) if today > ended else 0.0,
        sum(each.quantity for each in moves if each.kind == "defects"), None if asked is None else asked.day,
    )  # fmt: skip


@dataclass(frozen=True)
class Score:
    """How one party kept its word under one memorandum.

    promises, kept  weeks that are over and in which it owed something, and those of them that it kept
    answer_days     mean days until it answered; None: it answered nothing
    answers, in_time  answers given, and those within the days that were agreed
    ppm             defective of a million delivered; None: nothing was delivered
    """

    party: str
    promises: int
    kept: int
    answers: int
    in_time: int
    answer_days: float | None
    ppm: float | None

    @property
    def kept_share(self) -> float | None:
        """Part of its promises that it kept."""
        return self.kept / self.promises if self.promises else None


def scores(terms: Terms, weeks: Sequence[KeptWeek], today: date) -> list[Score]:
    """A score for each party that supplies or calls off: the supplier by deliveries, the customer by its call-offs."""
    names = dict.fromkeys(name for volume in terms.volumes for name in (volume.supplier, volume.customer))
    return [_score(terms, name, weeks, today) for name in names]


def _score(terms: Terms, party: str, weeks: Sequence[KeptWeek], today: date) -> Score:
    own = [(terms.volumes[each.volume - 1], each) for each in weeks]
    over = [(volume, each) for volume, each in own if last_day(each.week.week) < today]
    supplied = [each for volume, each in own if volume.supplier == party]
    due = [each for volume, each in over if volume.supplier == party and each.promised > NOTHING]
    bound = [each for volume, each in over if volume.customer == party and (each.asked is not None or each.least > 0)]
    kept = sum(each.short <= NOTHING and each.late <= NOTHING for each in due)
    kept += sum(abs(each.beyond) <= NOTHING and (each.asked or 0.0) + NOTHING >= each.week.minimum for each in bound)
    answers = [each.answered for each in supplied if each.answered is not None]
    limit = terms.times.answer_days if terms.times and terms.times.answer_days is not None else None
    delivered = sum(each.delivered for each in supplied)
    return Score(
        party, len(due) + len(bound), kept, len(answers), sum(limit is None or each <= limit for each in answers),
        sum(answers) / len(answers) if answers else None,
        sum(each.defects for each in supplied) / delivered * MILLION if delivered else None,
    )  # fmt: skip
