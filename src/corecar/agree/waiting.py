"""What a memorandum that holds waits for: answers to call-offs, and deliveries. Pure: terms, weeks, a day."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from corecar.agree.fulfilment import NOTHING, KeptWeek
from corecar.agree.terms import Terms
from corecar.agree.volumes import first_day, last_day

ANSWER_DAYS = 7.0
"""Days until a call-off is answered where a memorandum does not say (Corecar's default)."""


@dataclass(frozen=True)
class Waiting:
    """Something that a party of a memorandum has still to do.

    party   the supplier of the volume
    volume  which one, from 1
    due     last day on which it is in time; since: from when on it is waited for
    what    in words
    """

    party: str
    volume: int
    week: str
    due: date
    since: date
    what: str


def waiting(terms: Terms, weeks: Sequence[KeptWeek], today: date) -> Iterator[Waiting]:
    """Call-offs that nobody answered, until their week is over; deliveries from the first day of their week on.

    weeks  as of `corecar.agree.fulfilment.kept_weeks`
    """
    times = terms.times
    days = ANSWER_DAYS if times is None or times.answer_days is None else times.answer_days
    for each in weeks:
        volume = terms.volumes[each.volume - 1]
        at, of = each.week.week, f"{each.week.week} (volume {each.volume})"
        missing = each.promised - each.delivered
        if missing <= NOTHING or each.asked_on is None:
            continue
        if each.answered is None and today <= last_day(at):
            by = each.asked_on + timedelta(days=math.ceil(days))
            yield Waiting(volume.supplier, each.volume, at, by, each.asked_on, f"answer the call-off of {of}")
        if first_day(at) <= today:
            what = f"deliver {missing:,.12g} {volume.unit}s of {of}"
            yield Waiting(volume.supplier, each.volume, at, last_day(at), first_day(at), what)
