"""Why a demand is short in a week: from what is wanted upstream to what holds it back.

The question is asked of a program of its own: how far can this demand be served by that week when every other one
keeps what the plan gives it? Its prices say, for every item and week, what one more piece would bring. What makes such
an item and could not make more of it names its reason: a group that is full, a route that is closed or at its most,
time that is too short, a share that is used up, or a part that is scarce in its turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from corecar.chain.weeks import week_name, week_numbers
from corecar.errors import ArgumentError
from corecar.faults import meant
from corecar.network.arrays import Floats, Network
from corecar.network.model import Limit, Model, weekly_model
from corecar.plan.blocking import TOUCHED, Point, Probe, groups_of, ranked
from corecar.plan.plans import Plan
from corecar.plan.upstream import upstream_of

SLACK = 1e-7
"""By which what others are given may be undercut, so that rounding makes nothing infeasible."""
NOTHING = 1e-6
"""Part of what is wanted that counts as nothing."""
MOST_RUNS = 4
"""Runs of weeks that are told one by one."""
MOST_POINTS = 6
"""Blocking points that are measured."""

WHOLE = 20_000
"""Variables up to which the whole plan is asked about: a few seconds."""

Scope = Literal["whole", "upstream"]
Reason = Literal["full", "most per week", "closed", "share", "too late", "no route", "held for others"]
REASONS: dict[Reason, str] = {
    "full": "the capacity group is full",
    "most per week": "the route starts its most per week",
    "closed": "the route is not open",
    "share": "the alternate fills its largest share",
    "too late": "it would have to be started before the plan begins",
    "no route": "no qualified route makes it: it comes from stock and arrivals alone",
    "held for others": "other demands take it, and the plan keeps what they have",
}


@dataclass(frozen=True)
class Cause:
    """Why no more of an item is made.

    reason  one of `REASONS`
    name    the group, route, alternate, item or demand
    route   the route or alternate that it keeps from making more; empty where it is the item's own
    weeks   of the horizon
    worth   pieces gained by one more unit, the most over those weeks; 0 where the program has no row for it
    """

    reason: Reason
    name: str
    route: str
    weeks: tuple[int, ...]
    worth: float


@dataclass(frozen=True)
class Step:
    """An item that is scarce.

    item    its name; `product` and `stage` apart
    weeks   in which one more piece would help
    worth   pieces of the demand gained by one more piece of it, the most over those weeks
    parts   items that it waits for, scarce in their turn
    """

    item: str
    product: str
    stage: str
    weeks: tuple[int, ...]
    worth: float
    causes: tuple[Cause, ...]
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """Why a demand is short at the end of a week.

    short   pieces behind then, of `wanted` up to then
    scope   `whole`: all may be planned anew while others keep what they have; `upstream`: only what goes into this one
    spare   of them could come without taking from anybody; the plan found that not worth its cost, or its rule did
            not ask for it
    first   pieces that it would be short if it were served before all others
    steps   from what is wanted upstream, each item once
    points  what blocks, by price times range; prices in pieces of this demand
    """

    network: Network
    limit: Limit
    demand: str
    week: int
    wanted: float
    short: float
    spare: float
    first: float
    scope: Scope
    steps: tuple[Step, ...]
    points: tuple[Point, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answer as a planner reads it."""
        return tuple(_sentences(self))

    def __str__(self) -> str:
        return "\n".join(self.sentences)


def explain(
    plan: Plan, demand: str, week: date | int, *, limit: Limit = "maximum", scope: Scope | Literal["choose"] = "choose"
) -> Explanation:
    """Why a demand of a plan is short in a week.

    demand  its name
    week    its Monday, or its number in the horizon from 0
    limit   up to which groups were planned (`corecar.network.model.weekly_model`)
    scope   as of `Explanation`; by default the whole plan up to 20,000 variables, beyond them what lies upstream
    Raises  ArgumentError for a demand that is not there, a week outside of the plan, or a scope that is none
    """
    network = plan.network
    row, place = _asked(network, demand, week)
    wanted, short = float(network.demands.wanted[row, : place + 1].sum()), float(plan.behind[row, place])
    if short <= NOTHING * (1.0 + wanted):
        return Explanation(network, limit, demand, place, wanted, 0.0, 0.0, 0.0, "whole", (), ())
    taken = scope_of(plan, scope)
    kept, alone = (question(network, plan, row, place, limit=limit, keep=keep, scope=taken) for keep in (True, False))
    steps = _walk(kept, row if taken == "whole" else 0)
    return Explanation(
        network=network,
        limit=limit,
        demand=demand,
        week=place,
        wanted=wanted,
        short=short,
        spare=_less(short - kept.base.objective, wanted),
        first=_less(alone.base.objective, wanted),
        scope=taken,
        steps=steps,
        points=_points(kept, steps),
    )


def scope_of(plan: Plan, scope: Scope | Literal["choose"]) -> Scope:
    """The scope that a plan is asked about in. Raises ArgumentError for one that is none."""
    if scope not in ("choose", "whole", "upstream"):
        raise ArgumentError(f'scope="{scope}": expected "choose", "whole" or "upstream".')
    if scope != "choose":
        return scope
    return (
        "whole"
        if sum(part.size for part in (plan.start, plan.stock, plan.supplied, plan.behind)) <= WHOLE
        else "upstream"
    )


def question(
    network: Network, plan: Plan, demand: int, week: int, *, limit: Limit = "maximum", keep: bool = True,
    scope: Scope = "whole",
) -> Probe:  # fmt: skip
    """How far a demand must be behind at the end of a week; its objective are those pieces.

    network  that of the plan, or a changed one with the same demands and promises
    demand, week  by number
    scope    `upstream` leaves what does not go into the demand as it is planned; the demand has number 0 then
    keep     every other demand keeps what the plan gives it in every week, and every promise is kept as in the plan
    """
    if scope == "upstream":
        network, plan = upstream_of(network, plan, demand)
        demand = 0
    model = weekly_model(network, limit=limit)
    cost = np.zeros(model.places.count)
    cost[model.places.behind[demand, week]] = 1.0
    return Probe(model, cost, _kept(model, plan, demand) if keep else model.program.high)


def _less(amount: float, wanted: float) -> float:
    return amount if amount > NOTHING * (1.0 + wanted) else 0.0


def _asked(network: Network, demand: str, week: date | int) -> tuple[int, int]:
    if demand not in network.demands.names:
        raise ArgumentError(f'there is no demand "{demand}". {meant(demand, network.demands.names)}'.rstrip())
    place = (
        week if isinstance(week, int) else int(week_numbers(np.array([week], "datetime64[D]"))[0]) - network.first_week
    )
    if not 0 <= place < network.weeks:
        first, last = (_week(network, end) for end in (0, network.weeks - 1))
        raise ArgumentError(f"that week is outside of the plan, which goes from {first} to {last}.")
    return network.demands.names.index(demand), place


def _kept(model: Model, plan: Plan, free: int) -> Floats:
    """Upper bounds with which no demand but one is ever further behind than in a plan, and no promise more broken."""
    high, others = model.program.high.copy(), np.arange(len(plan.behind)) != free
    high[model.places.behind[others]] = plan.behind[others] + SLACK * (1.0 + plan.behind[others])
    high[model.places.breach] = plan.breach + SLACK * (1.0 + plan.breach)
    return high


def _walk(probe: Probe, demand: int) -> tuple[Step, ...]:
    """Scarce items upstream of a demand, each once, with what keeps more of it from being made."""
    network = probe.model.network
    scarce = probe.items > TOUCHED
    waiting, seen, steps = deque([int(network.demands.item[demand])]), set[int](), []
    while waiting:
        item = waiting.popleft()
        if item in seen or not scarce[item].any():
            continue
        seen.add(item)
        causes, parts = _causes(probe, item, np.flatnonzero(scarce[item]).tolist())
        causes += _others(probe, item, demand)
        waiting.extend(parts)
        steps.append(
            Step(
                item=network.items.names[item],
                product=network.items.product[item],
                stage=network.items.stage[item],
                weeks=tuple(np.flatnonzero(scarce[item]).tolist()),
                worth=float(probe.items[item].max()),
                causes=tuple(causes),
                parts=tuple(network.items.names[part] for part in parts),
            )
        )
    return tuple(steps)


def _causes(probe: Probe, item: int, weeks: Sequence[int]) -> tuple[list[Cause], list[int]]:
    """Why no more of an item is made for some weeks, and the parts that it waits for."""
    network, made = probe.model.network, probe.model.network.activities
    found: dict[tuple[Reason, str, str], dict[int, float]] = {}
    parts: dict[int, None] = {}
    makers = np.flatnonzero(made.output == item).tolist()

    def note(reason: Reason, name: str, route: str, week: int, worth: float) -> None:
        found.setdefault((reason, name, route), {})[week] = worth

    for activity in makers:
        route = made.names[activity]
        for week in weeks:
            start = week - int(made.lead[activity])
            if start < 0:
                note("too late", route, route, week, 0.0)
            elif made.most[activity, start] <= 0:
                note("closed", route, route, start, 0.0)
            else:
                for group in groups_of(network, activity):
                    if probe.groups[group, start] > TOUCHED:
                        note("full", network.groups.names[group], route, start, float(probe.groups[group, start]))
                for reason, worths in (("most per week", probe.most), ("share", probe.shares)):
                    if worths[activity, start] > TOUCHED:
                        note(reason, route, route, start, float(worths[activity, start]))  # type: ignore[arg-type]
                taken = made.items[made.starts[activity] : made.starts[activity + 1]]
                parts |= dict.fromkeys(part for part in taken.tolist() if probe.items[part, start] > TOUCHED)
    if not makers:
        found["no route", network.items.names[item], ""] = {week: float(probe.items[item, week]) for week in weeks}
    causes = [
        Cause(reason, name, route, tuple(sorted(of_week)), max(of_week.values()))
        for (reason, name, route), of_week in found.items()
    ]
    return causes, list(parts)


def _others(probe: Probe, item: int, demand: int) -> list[Cause]:
    """Other demands that take the item themselves, and what one piece less for them would bring."""
    demands = probe.model.network.demands
    found = []
    for row in np.flatnonzero((demands.item == item) & (np.arange(len(demands)) != demand)).tolist():
        weeks = np.flatnonzero(probe.behind[row] > TOUCHED)
        if len(weeks):
            worth = float(probe.behind[row].max())
            found.append(Cause("held for others", demands.names[row], "", tuple(weeks.tolist()), worth))
    return found


def _points(probe: Probe, steps: tuple[Step, ...]) -> tuple[Point, ...]:
    """What the causes of some steps come down to, measured."""
    network = probe.model.network
    full: dict[str, set[int]] = {}
    levers = []
    for step in steps:
        for cause in step.causes:
            if cause.reason == "full":
                full.setdefault(cause.name, set()).update(cause.weeks)
            elif cause.reason == "most per week":
                levers.append(probe.most_of(network.activities.names.index(cause.name), cause.weeks))
        if all(cause.reason in ("no route", "too late", "closed") for cause in step.causes) and not step.parts:
            item = network.items.names.index(step.item)
            levers.append(probe.stock(item, int(np.argmax(probe.items[item]))))
    levers += [probe.capacity(network.groups.names.index(name), weeks) for name, weeks in full.items()]
    levers.sort(key=lambda lever: -lever.dual * max(lever.amount, lever.step))
    return ranked(probe.point(lever) for lever in levers[:MOST_POINTS])


def _week(network: Network, week: int) -> str:
    return week_name(network.monday(week).astype(date))


def weeks_told(network: Network, weeks: Sequence[int]) -> str:
    """Weeks of a horizon in words, runs of them together: `2027-W05..2027-W07 and 2027-W09`; many are counted."""
    runs: list[list[int]] = []
    for week in sorted(weeks):
        if runs and runs[-1][-1] == week - 1:
            runs[-1].append(week)
        else:
            runs.append([week])
    if len(runs) > MOST_RUNS:
        return f"{len(set(weeks))} weeks from {_week(network, runs[0][0])} to {_week(network, runs[-1][-1])}"
    told = [
        _week(network, run[0]) if len(run) == 1 else f"{_week(network, run[0])}..{_week(network, run[-1])}"
        for run in runs
    ]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"


def pieces(amount: float) -> str:
    """Pieces as a planner reads them.

    >>> pieces(1577.25), pieces(38.9982), pieces(4.0000001)
    ('1,577', '39.0', '4')
    """
    whole = amount >= 100 or abs(amount - round(amount)) < 1e-4
    return f"{amount:,.0f}" if whole else f"{amount:,.1f}"


def _sentences(answer: Explanation) -> list[str]:
    week = _week(answer.network, answer.week)
    if not answer.short:
        return [f"{answer.demand} is not short in {week}: all {pieces(answer.wanted)} wanted up to then have come."]
    said = [f"{answer.demand} is {pieces(answer.short)} short in {week}, of {pieces(answer.wanted)} wanted up to then."]
    if answer.spare:
        said.append(
            f"{pieces(answer.spare)} of them could come without taking from anybody; "
            "the plan has other costs, or a rule that does not ask for them."
        )
    if answer.first < answer.short - answer.spare - NOTHING * (1.0 + answer.wanted):
        least = f"be {pieces(answer.first)} short" if answer.first else "not be short"
        rest = "the rest goes to other demands by the plan's rule"
        others = "others" if answer.scope == "whole" else "others that take the same parts"
        said.append(f"Served before all {others} it would {least}: {rest}.")
    for step in answer.steps:
        said += _of_step(answer.network, step)
    said += [_of_point(answer, point) for point in answer.points]
    return said


def _of_step(network: Network, step: Step) -> list[str]:
    said = []
    if step.parts:
        said.append(f"{step.item} waits for {' and '.join(step.parts)}.")
    for cause in step.causes:
        via = f" (route {cause.route})" if cause.route and cause.route != cause.name else ""
        said.append(f"{step.item}: {cause.name}{via}: {REASONS[cause.reason]}, {weeks_told(network, cause.weeks)}.")
    return said


def _of_point(answer: Explanation, point: Point) -> str:
    """A blocking point in words."""
    where = f"{point.name} at {point.site}" if point.site else point.name
    unit = point.unit if point.kind != "stock" else "piece"
    head = f"Blocking: {point.kind} of {where}, {weeks_told(answer.network, point.weeks)}"
    lost = f"{point.less:,.4g}" if np.isfinite(point.less) else "what others are given"
    loses = f"one {unit} less of it would lose {lost}" if point.less > TOUCHED else ""
    if not point.more:
        tail = "more of it alone gives nothing" + (f", {loses}" if loses else "")
        return f"{head}: {tail}. Something else blocks as well."
    each = f"{point.more:,.4g} of {answer.demand}"
    gains = f"one {unit} more of it gives {each}, up to {point.reach:,.4g} more"
    if point.best > point.gain * 1.01 + NOTHING:
        gains += f", and all of {pieces(point.best)} with about {point.useful:,.4g}"
    odd = f" ({loses}: the price differs on either side)" if point.degenerate else ""
    return f"{head}: {gains}{odd}."
