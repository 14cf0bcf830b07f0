"""Who should talk to whom: needs of a chain held against its offers, of a workspace or of plain files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.chain.booked_offers import booked_of
from corecar.bridge.chain.chain_tables import chain_of
from corecar.bridge.match.match_workbook import write_match_workbook
from corecar.bridge.match.meeting_facts import dealings
from corecar.bridge.measured.risks import AssumedRisk, MeasuredRisk, risks
from corecar.bridge.travel import Returned, Sent
from corecar.chain.chain import Chain
from corecar.chain.words import SUBJECTS
from corecar.errors import ArgumentError
from corecar.faults import meant
from corecar.match.booked import Booked
from corecar.match.facts import Dealing
from corecar.match.matching import By, Matches, Method, Ways, match
from corecar.match.telling import (
    NEAREST,
    alone,
    need_rows,
    pair_rows,
    part_rows,
    question_rows,
    refusal_rows,
)
from corecar.match.weights import read_weights
from corecar.plurals import plural

Need = Annotated[str | None, "One need, with all offers that fit it, the best first."]
Explain = Annotated[bool, "Tell every part of the scores, and why offers were refused."]
Kind = Annotated[list[str] | None, "Only needs of this kind, such as test or research; repeat for more."]
MethodOption = Annotated[Method, "How pairs are chosen: largest sum of scores, or stable, so that no two would leave."]
ByOption = Annotated[By, "What is assigned: partners, so many to each; or the quantity of each."]
PerNeed = Annotated[int, "Partners of a need at most.", AtLeast(1)]
PerOffer = Annotated[int, "Partners of an offer at most.", AtLeast(1)]
Keep = Annotated[int, "Pairs that are looked at: the best so many of each need and each offer.", AtLeast(1)]
WeightsOption = Annotated[str | Path | None, "A TOML of weights; those that are shipped without it.", Sent()]
Day = Annotated[datetime | None, "The day on which needs and offers have to stand; today without it."]
Out = Annotated[str | Path | None, "Write the workbook (.xlsx) of who should talk to whom here too.", Returned()]
MATCH_COLUMNS = ("need", "needed_by", "offer", "offered_by", "kind", "score", "at_best", "taken", "covers", "saves",
                 "uses", "earns", "currency", "open")  # fmt: skip


def match_needs(
    call: Call,
    *,
    need: Need = None,
    explain: Explain = False,
    kind: Kind = None,
    method: MethodOption = "largest",
    by: ByOption = "partners",
    per_need: PerNeed = 3,
    per_offer: PerOffer = 3,
    keep: Keep = 12,
    weights: WeightsOption = None,
    day: Day = None,
    measured: MeasuredRisk = False,
    assumed: AssumedRisk = None,
    out: Out = None,
) -> dict[str, Any]:
    """Say who should talk to whom: which offers fit which needs, how well, and what each side has of it.

    An offer that misses a hard requirement is refused, with the reason. What it does not say is an open question, and
    counts nothing until it is answered. What came of earlier meetings counts as history; with `measured`, what lots
    tell of an offer's routes takes off its score. What is booked of a laboratory's offer by then is not there.
    Raises  NotFound for a need that is not there; SourceMissing, MappingError for weights; OutputError
    """
    chain = chain_of(call)
    risk = risks(call, chain, measured, assumed or ())
    booked = booked_of(call)
    found = matched(
        chain, day=day or call.now, kind=kind, weights=weights, met=dealings(call),
        ways=Ways(method, by, per_need, per_offer, keep), risks=None if risk is None else risk.factors,
        booked=booked,
    )  # fmt: skip
    answer = told(found, chain, need=need, explain=explain, out=out)
    if booked:
        answer["notes"] += [f"What is booked of offers is not there in its weeks: {', '.join(sorted(booked))}."]
    if risk is None:
        return answer
    return answer | {"risks": risk.rows, "notes": [*answer["notes"], *risk.notes]}


def matched(
    chain: Chain,
    *,
    day: datetime | date,
    kind: list[str] | None = None,
    weights: str | Path | None = None,
    ways: Ways | None = None,
    met: Mapping[tuple[str, str], Dealing] | None = None,
    risks: Mapping[str, float] | None = None,
    booked: Booked | None = None,
) -> Matches:
    """Hold needs against offers. Raises ArgumentError for a kind that there is none of; SourceMissing; MappingError."""
    for word in kind or ():
        if word not in SUBJECTS:
            raise ArgumentError(f'nothing is of the kind "{word}". {meant(word, SUBJECTS)}')
    on = day.date() if isinstance(day, datetime) else day
    return match(chain, day=on, weights=read_weights(weights), ways=ways, kinds=kind or (), met=met, risks=risks,
                 booked=booked)  # fmt: skip


def told(
    found: Matches, chain: Chain, *, need: str | None = None, explain: bool = False, out: str | Path | None = None
) -> dict[str, Any]:
    """What there is to say of matches: of all that were taken, or of one need.

    Raises  NotFound for a need that is not there; OutputError
    """
    answer = _of_all(found, explain) if need is None else _of_one(found, need, explain)
    if out is not None:
        if Path(out).suffix.lower() != ".xlsx":
            raise ArgumentError(f"{out}: who should talk to whom is written as a workbook. Name it like who.xlsx.")
        write_match_workbook(found, chain, out)
        answer["notes"].append(f"wrote: {out}")
    return answer


def _columns(found: Matches) -> tuple[str, ...]:
    booked = ("booked",) if found.offers.booked else ()
    return (*MATCH_COLUMNS, *booked, *(() if found.scorer.risk is None else ("risk_factor",)))


def _of_all(found: Matches, explain: bool) -> dict[str, Any]:
    pairs, lonely = found.taken, alone(found)
    partners = len({int(need) for need in found.need[pairs]})
    said = f"{plural(len(pairs), 'pair')} of {plural(partners, 'need')} should talk."
    if not len(found.needs) or not len(found.offers):
        missing = "needs" if not len(found.needs) else "offers"
        said = f"There are no {missing}. Take them in with: corecar chain import FILE"
    answer: dict[str, Any] = {"said": said, "rows": pair_rows(found, pairs), "columns": _columns(found)}
    if explain:
        answer["parts"] = part_rows(found, pairs)
        answer["questions"] = question_rows(found, pairs)
    if lonely:
        misses = [row for need in lonely for row in refusal_rows(found, need, NEAREST if explain else 1)]
        answer["nearest_misses" if explain else "alone"] = misses
    if explain:
        answer["needs"] = need_rows(found)
    answer["notes"] = _notes(found, len(lonely))
    return answer


def _of_one(found: Matches, need: str, explain: bool) -> dict[str, Any]:
    pairs, row = found.of_need(need), found.row_of(need)
    said = f"{plural(int(found.fits[row]), 'offer')} of {int(found.fits[row] + found.refused[row].sum()):,} of the kind"
    fit = "fits" if int(found.fits[row]) == 1 else "fit"
    said += f" {found.needs.word('kind', row)} {fit} {need}: {found.needs.text('title', row)}."
    answer: dict[str, Any] = {"said": said, "rows": pair_rows(found, pairs), "columns": _columns(found)}
    if explain:
        answer["parts"] = part_rows(found, pairs)
    answer["questions"] = question_rows(found, pairs)
    answer["refused"] = refusal_rows(found, row, None if explain else NEAREST)
    notes = [] if explain or found.refused[row].sum() <= NEAREST else ["the nearest misses; --explain tells them all."]
    if row in found.past:
        notes.append(f"{need} stood only until {found.needs.text('valid_until', row)}, so it was held against nothing.")
    answer["notes"] = notes
    return answer


def _notes(found: Matches, lonely: int) -> list[str]:
    notes = []
    if lonely:
        notes.append(f"no offer fits {plural(lonely, 'need')}; --need ID --explain says why.")
    if len(found.past):
        notes.append(f"{plural(len(found.past), 'need')} left out: they no longer stand.")
    beyond = int(found.fits.sum()) - len(found.need)
    if beyond:
        notes.append(f"{plural(beyond, 'fitting pair')} were not looked at further; --keep looks at more.")
    return notes
