"""What stops do to the chain: of files, or of the chain of a workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from corecar.bridge.agree.signed_volumes import signed_volumes
from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.kinds_of_values import held_to_its_signature
from corecar.bridge.measured.risks import AssumedRisk, MeasuredRisk
from corecar.bridge.measured.risks import risks as measured_risks
from corecar.bridge.qualified_routes import qualified_notes, qualified_routes
from corecar.bridge.stress.stress_outputs import write_stress
from corecar.bridge.stress.week_by_week import Again, weekly_stops
from corecar.bridge.travel import Returned
from corecar.chain.chain import Chain
from corecar.chain.qualified import with_qualified
from corecar.errors import ArgumentError
from corecar.network.agreements import with_signed, within_maxima
from corecar.network.arrays import Network
from corecar.network.from_chain import network_of
from corecar.plan.solving import never
from corecar.plurals import plural
from corecar.solve import Stop
from corecar.stress.chance import Chances, worst_mean, years
from corecar.stress.scenarios import Recovery, Scenario, Scenarios
from corecar.stress.sweep import Advance, Stress, Threads, exposure, sweep

By = Annotated[Literal["site", "route", "region", "party"], "What stops, one at a time."]
Default = Annotated[float | None, "Weeks to recover of every site; without it by stage, from a template."]
Own = Annotated[list[str] | None, "Weeks to recover of one site, such as FAB-1=20; as often as needed."]
Joint = Annotated[list[str] | None, "Sites, regions or parties that stop together, such as FAB-1+FAB-2."]
Years = Annotated[int, "Draw so many years, in each of which sites and regions stop by chance.", AtLeast(0)]
Seed = Annotated[int, "Seed of the draw.", AtLeast(0)]
Recheck = Annotated[int, "Look at so many of the worst stops again week by week, with lead times.", AtLeast(0)]
From = Annotated[int, "The week of the horizon, from 0, in which those stops begin.", AtLeast(0)]
Seconds = Annotated[float, "Seconds that one weekly plan may take.", AtLeast(0)]
Workers = Annotated[int | None, "Threads; without it one for each core.", AtLeast(1)]
Out = Annotated[str | Path | None, "A folder for stress.json, .csv and two pictures.", Returned(folder=True)]

WORST = 3
"""Products that a row names."""


@held_to_its_signature
def stress_chain(
    chain: Chain,
    *,
    by: Literal["site", "route", "region", "party"] = "site",
    default: float | None = None,
    own: Sequence[str] | None = None,
    joint: Sequence[str] | None = None,
    years: int = 0,
    seed: int = 0,
    recheck: int = 0,
    start: int = 0,
    seconds: float = 60.0,
    workers: int | None = None,
    risks: Mapping[str, float] | None = None,
    agreed: Sequence[Mapping[str, Any]] = (),
    out: str | Path | None = None,
    advance: Advance | None = None,
    stop: Stop = never,
) -> dict[str, Any]:
    """Time to survive, performance impact and exposure of every stop of a kind, against the undisturbed chain.

    by       site, route, region or party
    default  weeks to recover of every site; by default by its slowest stage, from a template, to be confirmed
    own      `site=weeks` of single sites
    joint    `a+b`: sites, regions or parties that stop together
    years    years that are drawn by chance, from `seed`, for the conditional value at risk
    recheck  how many of the worst are planned again week by week, from week `start`, `seconds` at most each
    risks    how many times as risky as assumed routes are, by `corecar.chain.route_risk`: stops are ranked by impact
             times risk, and drawn so much more often
    agreed   volumes of signed memoranda, as of `corecar.network.agreements.SignedVolume.kept`: what a stop would breach
             of them is told by clause, weeks and quantity, of the stops that are planned week by week
    out      folder for tables and pictures
    advance, stop  told how far it is; asked whether to stop while a large network is planned week by week
    Returns  said, facts, rows (a stop each, the worst first), years and weekly (where asked for), agreements (what is
             breached), notes, details
    Raises   ArgumentError for a chain without demand, a site that is not there, weeks that are none
    Source   Simchi-Levi et al., Interfaces 45(5), 2015

    >>> stress_chain(corecar.read_chain("chain/"))["rows"][0]["stop"]     # doctest: +SKIP
    'FAB-2'
    """
    chain, network = within_maxima(chain, network_of(chain), agreed)
    scenarios = Scenarios(network, chain.sites, Recovery(_own(own or ()), default))
    every = scenarios.every(by)
    alone = {one.name for one in every}
    asked = [*(scenarios.joint(_names(each, alone)) for each in joint or ()), *every]
    if not asked:
        raise ArgumentError(f"no {by} makes anything: no route is qualified. Fill in the table routes.")
    threads = Threads(network, workers=workers)
    found = sweep(threads, asked, advance)
    index = exposure(found)
    factor = [scenarios.factor(each.scenario, risks or {}) for each in found]
    order = sorted(range(len(found)), key=lambda at: (-found[at].impact * factor[at], found[at].survival, at))
    rows = [
        _row(network, rank + 1, found[at], float(index[at])) | ({} if risks is None else _risk(found[at], factor[at]))
        for rank, at in enumerate(order)
    ]
    answer: dict[str, Any] = {
        "said": _said(rows),
        "facts": _facts(network, threads, found) | {"stopped": _stopped(chain, by, every, len(joint or ()))},
        "rows": rows,
        "notes": _notes(network, found),
        "details": {"lost": [_lost(network, found[at]) for at in order]},
    }
    if years:
        answer |= _drawn(scenarios, threads, years, seed, advance, scenarios.factors(risks or {}))
    if recheck or agreed:
        again = Again(with_signed(chain, network, agreed), start, seconds, agreed, advance, stop)
        _add_weeks(answer, weekly_stops(again, [found[at] for at in order], recheck), asked=bool(recheck))
    if out is not None:
        answer["details"]["files"] = write_stress(answer, out)
        answer["notes"].append(f"wrote: {out}/ {', '.join(answer['details']['files'])}")
    return answer


def stress(
    call: Call,
    *,
    by: By = "site",
    default: Default = None,
    own: Own = None,
    joint: Joint = None,
    years: Years = 0,
    seed: Seed = 0,
    recheck: Recheck = 0,
    start: From = 0,
    seconds: Seconds = 60.0,
    workers: Workers = None,
    measured: MeasuredRisk = False,
    assumed: AssumedRisk = None,
    out: Out = None,
) -> dict[str, Any]:
    """Say what happens when a site, route, region or party stops: how long nothing is lost, and what is lost then.

    Volumes of signed memoranda that a stop would breach are named, of stops that are planned week by week. Routes are
    in and out as their qualifications stand, as in a plan.
    Raises  ArgumentError; OutputError
    """
    from corecar.bridge.chain.chain_tables import chain_of

    with call.store.catalogue.reading() as session:
        reading = Call(call.actor, call.store, call.now, call.report, call.stopped, session)
        routes, volumes = qualified_routes(reading), signed_volumes(reading)
        chain = with_qualified(chain_of(reading), routes)
    risk = measured_risks(call, chain, measured, assumed or ())
    answer = stress_chain(
        chain, by=by, default=default, own=own, joint=joint, years=years, seed=seed, recheck=recheck, start=start,
        seconds=seconds, workers=workers, risks=None if risk is None else risk.factors, agreed=volumes, out=out,
        advance=advance_of(call), stop=call.stopped,
    )  # fmt: skip
    answer["notes"] += qualified_notes(routes)
    if risk is None:
        return answer
    return answer | {"risks": risk.rows, "notes": [*answer["notes"], *risk.notes]}


def _add_weeks(answer: dict[str, Any], told: Mapping[str, Any], *, asked: bool) -> None:
    """Put into an answer what is known of stops week by week: breaches and their sentences first."""
    if asked:
        answer["week_by_week"], answer["details"]["weeks"] = told["week_by_week"], told["weeks"]
    if told["agreements"]:
        answer["agreements"] = told["agreements"]
    broken = len(told["agreements"])
    answer["notes"] = [*told["notes"][:broken], *answer["notes"], *told["notes"][broken:]]


def advance_of(call: Call) -> Advance:
    """Progress told to a call's watcher; it ends the work when somebody asked for that."""

    def advance(done: int, total: int) -> None:
        call.check_stopped()
        call.report(done, total, "stops")

    return advance


def _own(given: Sequence[str]) -> dict[str, float]:
    found = {}
    for each in given:
        site, equals, weeks = each.rpartition("=")
        try:
            found[site] = float(weeks)
        except ValueError:
            equals = ""
        if not equals or not site:
            raise ArgumentError(f'"{each}" is no time to recover. Write SITE=WEEKS, such as FAB-1=20.')
    return found


def _names(joint: str, alone: Set[str]) -> list[str]:
    """What stops together. Raises ArgumentError for nothing, and for one thing that stops alone anyway."""
    names = list(dict.fromkeys(name.strip() for name in joint.split("+") if name.strip()))
    if not names:
        raise ArgumentError(f'"{joint}" names nothing that stops. Write NAME+NAME, such as FAB-1+FAB-2.')
    if len(names) == 1 and names[0] in alone:
        raise ArgumentError(f'"{joint}" stops alone anyway. Write what stops together: {names[0]}+NAME.')
    return names


def _row(network: Network, rank: int, found: Stress, index: float) -> dict[str, Any]:
    scenario = found.scenario
    survives = bool(np.isinf(found.survival))
    worst = sorted(range(len(found.more)), key=lambda at: -found.more[at] * network.demands.value[at])[:WORST]
    return {
        "rank": rank,
        "kind": scenario.kind,
        "stop": scenario.name,
        "ttr_weeks": scenario.weeks,
        "tts_weeks": None if survives else found.survival,
        "survives": survives or found.survival >= scenario.weeks,
        "impact": found.impact,
        "exposure": index,
        "lost_pieces": float(np.maximum(found.more, 0.0).sum()),
        "most_lost": [network.demands.names[at] for at in worst if found.more[at] > 1e-6],
        "ttr_source": scenario.source,
    }


def _risk(found: Stress, factor: float) -> dict[str, Any]:
    """What measured risk makes of a stop: its chance in a year, of a site or a route, and its impact times risk."""
    often = Chances.template().site if found.scenario.kind in ("site", "route") else None
    return {
        "risk_factor": factor,
        "chance": None if often is None else min(often * factor, 1.0),
        "chance_assumed": often,
        "weighted_impact": found.impact * factor,
    }


def _lost(network: Network, found: Stress) -> dict[str, Any]:
    """Pieces and value lost by demand, beyond what is lost anyway."""
    rows = [
        {"demand": name, "pieces": pieces, "value": pieces * value}
        for name, pieces, value in zip(
            network.demands.names, found.more.tolist(), network.demands.value.tolist(), strict=True
        )
        if abs(pieces) > 1e-6
    ]
    return {"stop": found.scenario.name, "lost": sorted(rows, key=lambda row: -row["value"])}


def _said(rows: Sequence[Mapping[str, Any]]) -> str:
    hit = [row for row in rows if row["impact"] > 0]
    if not hit:
        return f"None of {plural(len(rows), 'stop')} loses anything by the time of recovery."
    worst = hit[0]
    return (
        f"{len(hit):,} of {plural(len(rows), 'stop')} {'loses' if len(hit) == 1 else 'lose'} something by the time of "
        f"recovery; the worst is {worst['stop']}: {worst['impact']:,.0f} in {worst['ttr_weeks']:g} weeks, after "
        f"{worst['tts_weeks']:.1f} weeks without loss."
    )


def _facts(network: Network, threads: Threads, found: Sequence[Stress]) -> dict[str, Any]:
    steady, longest = threads.first, max(each.scenario.weeks for each in found)
    week = float(network.demands.value @ network.demands.wanted.mean(axis=1))
    return {
        "horizon": f"from {network.week_name(0)}, {plural(network.weeks, 'week')}",
        "demand": f"{week:,.0f} a week by value",
        "lost_anyway": f"{steady.undisturbed_at(longest):,.0f} in {longest:g} weeks without any stop",
        "stops": _counted(found),
    }


def _counted(found: Sequence[Stress]) -> str:
    """The stops by what they lose: each is in one of the three counts."""
    by_then = sum(each.impact > 0 for each in found)
    never = sum(bool(np.isinf(each.survival)) and each.impact <= 0 for each in found)
    later = len(found) - by_then - never
    return (
        f"{len(found):,}: {by_then:,} with a loss by the time of recovery, {later:,} with one only if it took longer, "
        f"{never:,} with none however long it takes"
    )


def _stopped(chain: Chain, by: By, every: Sequence[Scenario], joint: int) -> str:
    """How many of a kind are stopped, one at a time, and which are not because they make nothing."""
    named = chain.routes["route"] if by == "route" else chain.sites[by]
    idle = sorted({name for name in named.to_pylist() if name} - {scenario.name for scenario in every})
    told = f"{len(every):,} of {_many(len(every) + len(idle), by)}, one at a time"
    if joint:
        told += f", and {joint:,} of several together"
    if idle:
        shown = ", ".join(idle[:WORST]) + (", ..." if len(idle) > WORST else "")
        told += f"; {'not qualified in this horizon' if by == 'route' else 'no qualified route is there'}: {shown}"
    return told


def _many(number: int, by: By) -> str:
    return f"{number:,} parties" if by == "party" else plural(number, by)


def _notes(network: Network, found: Sequence[Stress]) -> list[str]:
    notes = [
        "Rates are means over the horizon and lead times do not count; stock at a stopped site stays in use. A dash "
        "under tts weeks: nothing is lost however long it stands still. Impact is beyond what is lost without a stop."
    ]
    if any(each.scenario.source.startswith("template") for each in found):
        notes.append("Times to recover are a template, to be confirmed: give your own with --default and --own.")
    if any(len(each.scenario.sites) > 1 for each in found):
        notes.append("Where several sites stop, all of them stand still until the slowest has recovered.")
    if network.left_out:
        rows, such = len(network.left_out), network.left_out[0]
        notes.append(
            f"{plural(rows, 'row')} of the chain are not used, such as {such}."
            if rows > 1
            else f"1 row of the chain is not used: {such}."
        )
    return notes


def _drawn(
    scenarios: Scenarios, threads: Threads, count: int, seed: int, advance: Advance | None, factors: Mapping[str, float]
) -> dict[str, Any]:
    drawn = years(scenarios, threads, Chances.template(), count, seed, advance, factors)
    losses = np.array([year.impact for year in drawn])
    tail = Chances.template().tail
    row = {
        "years": count,
        "with_a_stop": sum(bool(year.stops) for year in drawn),
        "with_a_loss": int((losses > 0).sum()),
        "mean_loss": float(losses.mean()),
        "standard_error": float(losses.std(ddof=1) / np.sqrt(count)) if count > 1 else None,
        "value_at_risk": float(np.quantile(losses, 1 - tail, method="inverted_cdf")),
        "cvar": worst_mean(losses, tail),
        "largest": float(losses.max()),
    }
    worst = sorted(drawn, key=lambda year: -year.impact)[:10]
    return {
        "drawn_years": [row],
        "worst_years": [
            {"stops": list(year.stops), "ttr_weeks": year.weeks, "impact": year.impact} for year in worst if year.impact
        ],
    }
