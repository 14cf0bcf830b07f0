"""From lots to cars: what holding, quarantining or scrapping lots takes out of the plan, and the best way round."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated, Any

import pyarrow as pa

from corecar.bridge.agree.signed_volumes import breach_notes, breached_by, newly_breached
from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.lot.stopped import NO_SUPPLY, lot_states
from corecar.bridge.plan.asked_plan import ONLY_WEEKLY
from corecar.bridge.plan.kept_questions import Out, PlanNumber, told_and_written
from corecar.bridge.plan.kept_weekly import kept_plan
from corecar.bridge.plan.options import Options
from corecar.bridge.plan.planning import ChainPlan
from corecar.bridge.plan.summary import nearness
from corecar.chain.chain import Chain
from corecar.chain.weeks import week_name
from corecar.chain.words import HELD
from corecar.errors import ArgumentError, NotFound, SolverError
from corecar.faults import alike
from corecar.network.model import Model
from corecar.plan.changes import Change, applied
from corecar.plan.changes import Lot as LotChange
from corecar.plan.compare import difference
from corecar.plan.lost_supply import Lost, Worse, lost_supply, worse_off
from corecar.plan.plans import Plan
from corecar.plan.replanning import Made, Replanned, replanned
from corecar.plan.scenarios import Scenario, change_of
from corecar.plan.solving import never
from corecar.plurals import plural, signed

MOVED = 12
"""Routes whose starts move most."""
WILD = "*?["


def impact(
    call: Call,
    lots: Annotated[
        list[str] | None,
        "Lots, or patterns such as `L-CHIP0001-*`; without any those that are held, quarantined or scrapped.",
    ] = None,
    *,
    change: Annotated[
        list[str] | None, "What else comes with it, such as `yield R1 -3%` for a new screen; as of `plan whatif`."
    ] = None,
    plan: PlanNumber = None,
    time_limit: Annotated[
        float | None,
        "Seconds for a wider search where the plan near the kept one is not enough; by size without.",
        AtLeast(0),
    ] = None,
    out: Out = None,
) -> dict[str, Any]:
    """Say which programs run short when lots are stopped, when, by how much, and the best way round.

    A lot is found in the chain's work in process by its name. From the kept plan two are made in the same way, with the
    lot released and with it stopped; the second is the re-allocation, and what would come without one stands beside it.
    Raises  NotFound for no plan, or no such lot; ArgumentError for nothing to look at; SolverError, Cancelled
    """
    with call.store.catalogue.reading() as session:
        states = lot_states(session, call.actor)
    if not lots and not change:
        lots = sorted(name for name, state in states.items() if state in NO_SUPPLY)
        if not lots:
            raise ArgumentError("no lot is held, quarantined or scrapped. Name lots, such as: corecar impact LOT")
    kept = kept_plan(call, plan)
    answer = impact_of(
        kept.made, lots or (), change=change or (), states=states, time_limit=time_limit, stop=call.stopped,
        model=kept.model,
    )  # fmt: skip
    return told_and_written(answer, [kept.note], "impact", out)


def impact_of(
    made: ChainPlan,
    lots: Iterable[str] = (),
    *,
    change: Sequence[str] = (),
    states: Mapping[str, str] | None = None,
    time_limit: float | None = None,
    stop: Callable[[], bool] = never,
    model: Model | None = None,
) -> dict[str, Any]:
    """What stopping lots does to a plan.

    lots    names or patterns of lots of the chain's work in process, or of the workspace
    change  further changes, lines as of `corecar.plan.scenarios.FORMS`
    states  of lots in a workspace, by name
    time_limit  seconds to plan again in, where the plan is not found outright; None: by size
    model   the weekly one of the plan, where it is at hand
    Returns said, facts, rows (a demand each), lots, supply (a product, stage and week each), moves, touched, notes
    Raises  NotFound for a lot that is in neither; ArgumentError for nothing that changes the plan, or a line that is no
            change; SolverError where the plan is static; Cancelled
    """
    if made.planned.weekly is None:
        raise SolverError(ONLY_WEEKLY.format(why=made.planned.why))
    known = states or {}
    found = _found(made.chain, list(lots), known)
    extra = tuple(change_of(line) for line in change)
    if not found.in_process and not extra:
        names = ", ".join(found.elsewhere)
        raise ArgumentError(
            f"{names}: not in the chain's work in process, so the plan counts on nothing of it. List it in the table "
            "wip (corecar chain import) under the lot's own name, and plan again."
        )
    effect = _effect(made, found, extra, _made(made.options, time_limit, stop), model)
    return _answer(made, effect, found, known)


@dataclass(frozen=True)
class _Found:
    """Lots that are asked about: rows of work in process, and names of those that stand in the workspace alone."""

    in_process: tuple[dict[str, Any], ...]
    elsewhere: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row["lot"] for row in self.in_process))


@dataclass(frozen=True)
class _Effect:
    """The plans with the lots released and with them stopped, what is lost of supply, which demands are worse off."""

    plans: Replanned
    lost: list[Lost]
    worse: list[Worse]

    @property
    def before(self) -> Plan:
        return self.plans.before.plan

    @property
    def after(self) -> Plan:
        return self.plans.after.plan


def _found(chain: Chain, lots: Sequence[str], states: Mapping[str, str]) -> _Found:
    of_rows = chain.wip["lot"].to_pylist()
    there = dict.fromkeys(of_rows)
    chosen: dict[str, None] = {}
    for name in lots:
        several = [lot for lot in (*there, *states) if fnmatchcase(lot, name)] if set(WILD) & set(name) else [name]
        missing = [lot for lot in several if lot not in there and lot not in states]
        if missing or not several:
            near = alike(name, [*there, *states])
            raise NotFound(f'no lot is called "{name}", neither in the chain nor among the lots.{near}')
        chosen |= dict.fromkeys(several)
    rows = chain.wip.filter(pa.array([lot in chosen for lot in of_rows], pa.bool_())).to_pylist()
    return _Found(tuple(rows), tuple(lot for lot in chosen if lot not in there))


def _made(options: Options, time_limit: float | None, stop: Callable[[], bool]) -> Made:
    return Made(
        options.rule, options.over, options.exact, options.limit, options.gap, options.method, stop, time_limit,
        options.time_limit, options.whole_lots,
    )  # fmt: skip


def _effect(kept: ChainPlan, found: _Found, extra: tuple[Change, ...], made: Made, model: Model | None) -> _Effect:
    stopped = tuple(dict.fromkeys(row["lot"] for row in found.in_process if row["state"] == HELD))
    chain, network = kept.chain, kept.planned.network
    if stopped:
        release = LotChange(stopped, held=False)
        network = applied([release], network, chain, as_made=True)
        chain = release.on_chain(chain, network) or chain
    holding = (LotChange(found.names, held=True),) if found.names else ()
    changed = applied([*holding, *extra], network, chain, as_made=True)
    plans = replanned(kept.planned, network, changed, made, model)
    return _Effect(plans, lost_supply(network, changed), list(worse_off(plans.before.plan, plans.after.plan)))


def _agreements(made: ChainPlan, effect: _Effect) -> list[dict[str, Any]]:
    """Signed volumes that the stopped lots breach, or breach more."""
    before, after = (breached_by(plan, made.options.agreed) for plan in (effect.before, effect.after))
    return newly_breached(before, after)


def _answer(made: ChainPlan, effect: _Effect, found: _Found, states: Mapping[str, str]) -> dict[str, Any]:
    broken = _agreements(made, effect)
    network = effect.after.network
    alone = {each.demand: each for each in worse_off(effect.before, effect.plans.alone)}

    def week(number: int) -> str | None:
        return None if number < 0 else week_name(network.monday(number).astype(date))

    rows = [
        {"demand": each.demand, "customer": each.customer, "from_week": week(each.first), "until_week": week(each.last),
         "most_behind": round(each.most), "in_week": week(each.at_week) if each.most else None,
         "never": round(each.never), "value": round(each.value),
         "never_without": round(alone[each.demand].never) if each.demand in alone else 0}
        for each in effect.worse if round(each.never) or round(each.most)
    ]  # fmt: skip
    what = difference(effect.before, effect.after, Scenario("impact", ()))
    return {
        "said": _said(made, effect, found, week),
        "facts": _facts(made, effect, what.value),
        "rows": rows,
        "lots": [
            {"lot": row["lot"], "state": states.get(row["lot"]) or f"in the chain: {row['state']}",
             "product": row["product"], "quantity": round(row["quantity"]), "unit": row["unit"], "stage": row["stage"],
             "site": row["site"], "expected": _week_of(row["week"])}
            for row in found.in_process
        ],
        "supply": [
            {"product": each.product, "stage": each.stage or "finished", "week": week(each.week),
             "pieces": round(each.pieces), "finished": round(each.finished)}
            for each in effect.lost
        ],
        "moves": _moves(effect),
        "touched": [
            *({"who": name, "as": "customer"} for name in what.customers),
            *({"who": name, "as": "site"} for name in what.sites),
        ],
        **({"agreements": broken} if broken else {}),
        "notes": [*breach_notes(broken), *_notes(found, effect)],
    }  # fmt: skip


def _said(made: ChainPlan, effect: _Effect, found: _Found, week: Callable[[int], str | None]) -> str:
    finished = sum(each.finished for each in effect.lost)
    begins = f"{plural(len(found.names), 'lot')} stopped" if found.names else "With this change"
    products = sorted({each.product for each in effect.lost})
    lost = f": {finished:,.0f} good pieces of {_named(products)} do not come" if effect.lost else ""
    short = [each for each in effect.worse if each.never > 0.5]
    late = [each for each in effect.worse if each.never <= 0.5 < each.most]
    if not short and not late:
        return f"{begins}{lost}; planned again, no demand gets less or later."
    told = []
    if short:
        never, value = sum(each.never for each in short), sum(each.value for each in short)
        money = f", worth {value:,.0f} {made.currency}".rstrip()
        worst = max(short, key=lambda each: each.never)
        told.append(
            f"{plural(round(never), made.piece)} of {plural(len(short), 'demand')} never come{money}, most of "
            f"{worst.demand} ({round(worst.never):,}, from {week(worst.first)})"
        )
    if late:
        most = max(late, key=lambda each: each.most)
        told.append(
            f"{plural(len(late), 'demand')} come later, {most.demand} by up to {plural(round(most.most), made.piece)} "
            f"in {week(most.at_week)}"
        )
    return f"{begins}{lost}; planned again, {' and '.join(told)}."


def _named(products: Sequence[str]) -> str:
    """A few names, and how many more."""
    more = len(products) - 3
    return ", ".join(products[:3]) + (f" and {plural(more, 'more product')}" if more > 0 else "")


def _facts(made: ChainPlan, effect: _Effect, value: float) -> dict[str, Any]:
    plans = effect.plans
    saved = plans.alone.cost - effect.after.cost
    apart = max(float(each.never) for each in effect.worse) if effect.worse else 0.0
    return {
        "output_value": f"{signed(value)} {made.currency}".strip(),
        "never_comes": f"{round(sum(max(each.never, 0.0) for each in effect.worse)):,} {made.piece}s",
        "most_of_one": f"{round(max(apart, 0.0)):,} {made.piece}s",
        "base": nearness(plans.before.plan.gap, plans.before.plan.cost),
        "planned_again": nearness(plans.after.plan.gap, plans.after.plan.cost),
        "certainty": _certainty(plans),
        "saved_by_it": f"{saved:,.0f} of cost against keeping every start as it was planned",
    }


def _certainty(plans: Replanned) -> str:
    """How much of the difference is certain: what it costs by two plans made the same way, and the best plans."""
    costs = f"it costs {plans.costs:,.0f} by two plans made the same way"
    low, high = plans.between
    if plans.before.plan.gap <= 1e-9 and plans.after.plan.gap <= 1e-9:
        return f"{costs}, and no plan is better than either"
    within = f"between the best plans it is {low:,.0f} to {high:,.0f}"
    if plans.certain:
        return f"{costs}; {within}"
    return f"{costs}, which is less than their gaps leave open ({plans.before.open + plans.after.open:,.0f}); {within}"


def _moves(effect: _Effect) -> list[dict[str, Any]]:
    """Routes whose starts change most, first those that make up for what is lost."""
    made = effect.after.network.activities
    before = dict(zip(effect.before.network.activities.names, effect.before.start.sum(axis=1).tolist(), strict=True))
    now = effect.after.start.sum(axis=1)
    rows = [
        {"route": name, "site": made.site[row], "started_before": round(before.get(name, 0.0)),
         "started_now": round(float(now[row])), "change": round(float(now[row]) - before.get(name, 0.0))}
        for row, name in enumerate(made.names)
    ]  # fmt: skip
    rows = [row for row in rows if row["change"]]
    return sorted(rows, key=lambda row: (-abs(row["change"]), row["route"]))[:MOVED]


def _notes(found: _Found, effect: _Effect) -> list[str]:
    notes = []
    if found.elsewhere:
        names = ", ".join(found.elsewhere[:5]) + (", ..." if len(found.elsewhere) > 5 else "")
        notes.append(
            f"Not in the chain's work in process, so the plan counts on nothing of it: {names}. List it in the table "
            "wip under the lot's own name."
        )
    if found.names and not effect.lost:
        notes.append(
            "Nothing of these lots was supply of the plan: they end after its weeks, or no route takes them on."
        )
    if not effect.plans.certain and effect.worse:
        gap = max(effect.before.gap, effect.after.gap)
        notes.append(
            f"The loss is smaller than the gaps of the plans (up to {gap:.2%} of their cost). It is what the lots cost "
            "in two plans that are made the same way and differ by nothing else; the best may lose less, or more."
        )
    return notes


def _week_of(day: Any) -> str | None:
    return day if isinstance(day, str) or day is None else week_name(day)
