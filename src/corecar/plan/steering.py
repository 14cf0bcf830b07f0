"""From a network to a plan by a rule: shares from all weeks in one, then week by week with those shares as soft floors.

The static plan takes all weeks as one, so it is small and quick, and what it gives to each demand is what a rule is
about. It knows no lead times, so a weekly plan may not reach every share; each piece that it is short of one costs more
than any shortage, the first pieces of a share most. The exact way settles the shares on the weekly model itself.

Priority needs no shares: what the weekly plan is late with counts so much more in a class than in the next one that no
piece of the next is worth one of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from corecar.errors import ArgumentError, Cancelled, Infeasible, SolverError, Unbounded
from corecar.faults import meant
from corecar.network.arrays import Floor, Network
from corecar.network.model import Limit, Model, weekly_model
from corecar.network.pricing import CLASS_STEP, SHARE_PARTS, SHARE_STEP
from corecar.plan.arithmetic import checked
from corecar.plan.in_whole_lots import in_whole_lots, with_whole_capacity
from corecar.plan.plans import Plan, Step
from corecar.plan.rules import RULES, Level, Over, Rule, Shared, share_out
from corecar.plan.solving import TIME_LIMIT, Watch, chosen, never, solve
from corecar.solve import Method, Stop

HIGHS: dict[str, Method] = {
    "simplex": "simplex", "interior-point": "interior-point", "interior-point-only": "interior-point-only",
}  # fmt: skip
"""Methods that can run a model many times, as the exact way needs."""
WORDS: dict[Over, str] = {"horizon": "over the horizon", "week": "per week"}

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Planned:
    """A static plan, the weekly plan that it steers, and how both came to be.

    network   without the shares as floors; weekly.breach begins with its floors
    static    all weeks in one, by the rule
    weekly    None where it was not found in the time; `why` says so
    levels    of the exact way; those of the static plan stand there
    seconds   of each step by name
    variables of the weekly model
    ended     why the weekly plan is farther from its bound than was asked: `stopped`, `time`, or empty
    whole_lots  whether the weekly plan's starts are whole lots; its bound is of starts of any size then
    """

    network: Network
    rule: Rule
    over: Over
    exact: bool
    limit: Limit
    static: Shared
    weekly: Plan | None
    why: str
    levels: tuple[Level, ...]
    method: str
    variables: int
    seconds: dict[str, float]
    ended: str = ""
    whole_lots: bool = False

    @property
    def plan(self) -> Plan:
        """The weekly plan; where there is none, the static one."""
        return self.static.plan if self.weekly is None else self.weekly

    @property
    def words(self) -> str:
        """The rule as it was applied, in words."""
        if self.rule == "cost":
            return "cost"
        if self.rule == "priority":
            how = "class after class" if self.exact else f"a class counts {CLASS_STEP:g} times the next one"
            return f"priority, {how} on the weekly model"
        how = "settled on the weekly model" if self.exact else "shares of the static plan steer the weekly one"
        return f"{self.rule} {WORDS[self.over]}, {how}"

    @property
    def farthest(self) -> tuple[str, float, float] | None:
        """The demand that stays farthest below its static share: name, fill there, fill here.

        None where no shares of a static plan steer this one.
        """
        steers = self.weekly is not None and not self.exact and self.rule not in ("cost", "priority")
        if not steers or not len(self.network.demands):
            return None
        there, here = self.static.plan.fill, self.plan.fill
        row = int(np.argmax(there - here))
        return self.network.demands.names[row], float(there[row]), float(here[row])

    @property
    def cost(self) -> float:
        """What the plan costs by the network's own prices, without those that steer it."""
        plan = self.plan
        if self.weekly is None:
            return plan.cost
        late = ((plan.network.demands.late - self.network.demands.late) * plan.behind).sum()
        prices = np.array([floor.price for floor in plan.network.floors])
        prices[: len(self.network.floors)] -= [floor.price for floor in self.network.floors]
        return plan.cost - float(late) - float(prices @ plan.breach)

    @property
    def without_shares(self) -> Plan:
        """The plan of the network itself: its cost, breaches and prices without those of shares; bound and gap are with
        them."""
        plan, promises = self.plan, len(self.network.floors)
        prices = plan.prices and plan.prices.promises_alone(promises)
        return replace(plan, network=self.network, breach=plan.breach[:promises], prices=prices, cost=self.cost)

    @property
    def breaches(self) -> list[tuple[Floor, float]]:
        """Promises of the network, each with the pieces that the plan is short of it."""
        short = self.plan.breach[: len(self.network.floors)]
        return [(floor, float(pieces)) for floor, pieces in zip(self.network.floors, short, strict=True)]


def plan_network(
    network: Network,
    *,
    rule: Rule = "max_min_fill",
    over: Over = "horizon",
    exact: bool = False,
    limit: Limit = "maximum",
    whole_lots: bool = False,
    gap: float = 0.01,
    time_limit: float = TIME_LIMIT,
    method: str = "choose",
    start: Plan | None = None,
    tell: Tell = lambda _: None,
    stop: Stop = never,
) -> Planned:
    """A plan of a network by a rule.

    over        whether shares are of the horizon's sum, or in every week of the sum so far
    exact       settle the shares on the weekly model, run by run, not on the static one
    whole_lots  round the weekly plan's starts to whole pieces, wafers and least lots; its gap is to the bound without
    time_limit  seconds for everything; where they do not suffice for the weekly plan, the static one stands alone
    start       a weekly plan of much the same network, to begin from by a method that can
    tell        told of each step
    Raises      ArgumentError for a word that is none; Infeasible, Cancelled; SolverError where not even the static plan
                was found
    """
    check_rule(rule, over, limit)
    until = time.monotonic() + time_limit
    clock = Clock(tell)
    settled = exact and rule != "cost"
    static, steered, model = steered_model(
        network,
        rule=rule,
        over=over,
        exact=exact,
        limit=limit,
        whole_lots=whole_lots,
        time_limit=time_limit,
        clock=clock,
        stop=stop,
    )
    variables = model.places.count
    name = _repeatable(method, chosen(method, model)) if settled else chosen(method, model)
    weekly: Plan | None = None
    levels: tuple[Level, ...] = ()
    why = ""

    def planned(model: Model, like: Plan | None = None) -> tuple[Plan, tuple[Level, ...]]:
        left = max(until - time.monotonic(), 0.0)
        if settled:
            shared = share_out(model, rule, over=over, method=HIGHS[name], time_limit=left, stop=stop)
            return shared.plan, shared.levels
        steps = _Steps(like, stop, _told(tell))
        begin = like or start
        return solve(model, gap=gap, time_limit=left, start=begin, method=name, stop=steps.enough, watch=steps.seen), ()

    try:
        with clock("weekly plan", f"weekly plan, {variables:,} variables, {name}"):
            weekly, levels = planned(model)
    except (Infeasible, Unbounded):
        raise
    except SolverError as error:
        lots = " It is not in whole lots." if whole_lots else ""
        why = (
            f"The weekly plan of {variables:,} variables was not found in {time_limit:g} s, so this is the static "
            f"plan: all weeks as one, without lead times.{lots} Give it more time, plan fewer weeks, or leave it at "
            f"that. ({error})"
        )
    ended = ""
    if weekly is not None:
        if weekly.gap > gap:
            ended = "stopped" if stop() else "time"
        if whole_lots:
            with clock("whole lots"):
                weekly = replace(_in_lots(model, weekly, planned), network=steered)
        checked(weekly, whole_lots=whole_lots)
    return Planned(
        network,
        rule,
        over,
        settled,
        limit,
        static,
        weekly,
        why,
        levels,
        name,
        variables,
        clock.seconds,
        ended,
        whole_lots,
    )


class _Steps:
    """Ends a search after as many steps as a plan like it took, or when that is asked for; passes on what it tells."""

    def __init__(self, like: Plan | None, stop: Stop, watch: Watch) -> None:
        self.most = like.history[-1].iterations if like is not None and like.history else None
        self.stop, self.watch, self.done = stop, watch, 0

    def seen(self, step: Step) -> None:
        """One look at plan and bound."""
        self.done = step.iterations
        self.watch(step)

    def enough(self) -> bool:
        """Whether to end."""
        return self.stop() or (self.most is not None and self.done >= self.most)


def _in_lots(model: Model, plan: Plan, planned: Callable[[Model, Plan], tuple[Plan, tuple[Level, ...]]]) -> Plan:
    """The plan in whole lots; where no time is left to plan later stages anew, all of it rounded in one go."""
    try:
        return in_whole_lots(model, plan, lambda rest: planned(rest, plan)[0])
    except (SolverError, Cancelled):
        return in_whole_lots(model, plan)


def steered_model(
    network: Network, *, rule: Rule, over: Over, exact: bool, limit: Limit, whole_lots: bool = False,
    time_limit: float = TIME_LIMIT, clock: Clock | None = None, stop: Stop = never,
) -> tuple[Shared, Network, Model]:  # fmt: skip
    """The static plan of a network by a rule, the network that it steers, and the weekly model of that; arguments as of
    `plan_network`. Of whole lots the model may use what whole pieces can of its capacity."""
    timed = clock or Clock(lambda _: None)
    with timed("static plan"):
        whole = weekly_model(network.over_the_horizon(), limit=limit)
        static = share_out(whole, rule, time_limit=time_limit, stop=stop)
    steered = network if exact and rule != "cost" else steered_by(static, network, over)
    with timed("weekly model"):
        return (
            static,
            steered,
            weekly_model(with_whole_capacity(steered, limit) if whole_lots else steered, limit=limit),
        )


def _repeatable(asked: str, name: str) -> str:
    """A method that can run a model many times. Raises ArgumentError where another was asked for by name."""
    if name in HIGHS:
        return name
    if asked == "choose":
        return "interior-point"
    raise ArgumentError(f'the exact way runs the model many times, which "{asked}" cannot. Use {" or ".join(HIGHS)}.')


def check_rule(rule: str, over: str, limit: str) -> None:
    """Raises ArgumentError for a word that is none, with the one that may be meant."""
    for name, word, words in (("rule", rule, RULES), ("over", over, WORDS), ("limit", limit, ("actual", "maximum"))):
        if word not in words:
            raise ArgumentError(f'{name}="{word}": there is none of that name. {meant(word, words)}')


def steered_by(static: Shared, network: Network, over: Over) -> Network:
    """A network whose cheapest weekly plan keeps near to a rule: by classes of dear delay, or by shares as floors."""
    if static.rule == "priority":
        return by_class(network)
    return replace(network, floors=(*network.floors, *share_floors(static, network, over)))


def by_class(network: Network) -> Network:
    """A network in which a piece that never comes costs `CLASS_STEP` times as much in a class as any of the next.

    Costs of delay rise within a class by one factor, so they keep their order there; promises stay dearer than any.
    """
    demands = network.demands
    factor, dearest = np.ones(len(demands)), 0.0
    for rank in np.unique(demands.priority)[::-1].tolist():
        lost = demands.late[:, -1] * (demands.priority == rank)
        if not lost.any():
            continue
        factor[demands.priority == rank] = times = max(1.0, CLASS_STEP * dearest / float(lost[lost > 0].min()))
        dearest = times * float(lost.max())
    most = float(factor.max(initial=1.0))
    return replace(
        network,
        demands=replace(demands, late=demands.late * factor[:, None]),
        floors=tuple(replace(floor, price=floor.price * most) for floor in network.floors),
    )


def share_floors(static: Shared, network: Network, over: Over) -> Iterator[Floor]:
    """What a static plan gives to each demand, as soft floors of the weekly plan; none for `cost` and `priority`.

    There is a floor at each of `SHARE_PARTS` of a share, so that a piece is the dearer the less a demand has; over the
    horizon of its sum, per week of every week's sum so far.
    """
    if static.rule in ("cost", "priority"):
        return
    demands = network.demands
    dearest = float(demands.value.max(initial=0.0)) * SHARE_STEP
    fill = static.plan.fill
    for demand in np.flatnonzero(demands.total > 0).tolist():
        name = f"share of {demands.names[demand]}"
        wanted = fill[demand] * np.cumsum(demands.wanted[demand])
        spans = np.flatnonzero(demands.wanted[demand] > 0).tolist() if over == "week" else [network.weeks - 1]
        price = dearest / (network.weeks if over == "week" else 1)
        for week in spans:
            for part in SHARE_PARTS:
                yield Floor(name, "supplied", (demand,), tuple(range(week + 1)), part * float(wanted[week]), price)


def _told(tell: Tell) -> Watch:
    """Tells how plan and bound close in."""
    return lambda step: tell(
        f"{step.seconds:.0f} s: a plan of {step.cost:.6g}, none below {step.bound:.6g}, gap {_in_percent(step.gap)}"
    )


def _in_percent(gap: float) -> str:
    """A gap with three digits that count; no figure where the bound proves nothing yet."""
    return f"{100 * gap:.3g} %" if gap < 1 else "above 100 %"


class Clock:
    """Seconds of each step; tells when one begins."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str, words: str = "") -> Iterator[None]:
        self.tell(words or step)
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[step] = time.perf_counter() - begun
