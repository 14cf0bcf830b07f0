"""A kept plan as it was, from its tables and those of its chain, without planning it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from corecar.bridge.calls import Call, in_session
from corecar.bridge.chain.kept_chains import chain_in, seen_tables
from corecar.bridge.plan.kept_plans import corner_file, last_plan, plan_files, plan_row, read_plan_table, starts_of_plan
from corecar.bridge.plan.kept_questions import inputs_of_plan
from corecar.bridge.plan.options import Options
from corecar.bridge.plan.planning import STEPS, ChainPlan, chain_plan, plan_of_chain, planned_on
from corecar.bridge.plan.shared_plans import asked_options
from corecar.chain.chain import Chain
from corecar.errors import NotFound
from corecar.network.model import Model
from corecar.plan.corners import corner_of
from corecar.plan.plans import Plan, gap_of
from corecar.plan.restored import restored
from corecar.plan.steering import Planned, steered_model
from corecar.program import Basis
from corecar.store.catalogue.chains import ChainTable

SAME = 1e-6
"""Part by which the cost of a restored plan may differ from what was kept of it."""
RESTORED_FROM = ("starts", "supply", "prices")


@dataclass(frozen=True)
class Kept:
    """A plan that questions begin from, and where it comes from.

    number  of the kept plan
    model   the weekly one, where the plan was restored and not made again
    note    what there is to say of it
    """

    number: int
    made: ChainPlan
    model: Model | None
    note: str


def kept_plan(call: Call, number: int | None) -> Kept:
    """A kept plan to begin from.

    number  of the plan, which is then as it was, whatever has changed since. Without one it is the last plan; where its
            tables have newer versions it is planned again on those, from its starts and prices
    Raises  NotFound for no plan; DamagedSource, SolverError, Cancelled
    """
    party = call.actor.party_id
    with call.store.catalogue.reading() as session:
        row = last_plan(session, party) if number is None else plan_row(session, party, number)
        if row is None:
            raise NotFound("no plan was made yet. Make one with: corecar plan")
        tables, now = inputs_of_plan(session, party, row), seen_tables(session, party)
        files, figures = plan_files(session, row.id), dict(row.figures)
        cornered = corner_file(session, row.id)
        options = Options(**asked_options(in_session(call, session), row))
        why, found = row.why, row.id
    moved = _moved(tables, now)
    kept = {name: read_plan_table(call.store, files[name]) for name in RESTORED_FROM if name in files}
    frozen = starts_of_plan(call, options.as_plan) if isinstance(options.as_plan, int) else None
    chain = chain_in(call.store, tables)
    corner = None if cornered is None else corner_of(read_plan_table(call.store, cornered))
    again = _restored(chain, options, kept, figures, why, frozen, corner)
    if again is not None and (number is not None or not moved):
        made, model = again
        since = f"; since then there are new versions of: {', '.join(moved)}. Plan again" if moved else ""
        return Kept(found, made, model, f"The base is plan {found} as it was kept{since}.")
    newer = moved and number is None
    if newer:
        chain = chain_in(call.store, _same_owners(now, tables))
    tell = _telling(call)
    start = again[0].planned.weekly if again else None
    made = plan_of_chain(chain, options, tell, call.stopped, frozen, start)
    reason = (
        f"there are new versions of: {', '.join(moved)}" if newer
        else "what was kept of it does not tell its prices" if "prices" not in kept
        else "it is not the same any more by what was kept of it"
    )  # fmt: skip
    return Kept(
        found, made, None, f"The base is plan {found}, planned again, since {reason}. `corecar plan` keeps one that is "
        "not planned again."
    )  # fmt: skip


def _restored(
    chain: Chain,
    options: Options,
    kept: dict[str, Any],
    figures: dict[str, Any],
    why: str,
    frozen: Any,
    corner: Basis | None,
) -> tuple[ChainPlan, Model] | None:
    """The plan from its tables, with its model; None where they do not tell it."""
    if len(kept) < len(RESTORED_FROM) or figures["kind"] != "weekly":
        return None
    taken, network = planned_on(chain, options, frozen, sound=True)
    static, steered, model = steered_model(
        network,
        rule=options.rule,
        over=options.over,
        exact=options.exact,
        limit=options.limit,
        whole_lots=options.whole_lots,
    )
    weekly = restored(steered, *(kept[name] for name in RESTORED_FROM))
    if weekly is None or weekly.prices is None or not _same(weekly, figures):
        return None
    bound = min(float(figures["bound"]), weekly.cost)
    weekly = replace(weekly, bound=bound, gap=gap_of(weekly.cost, bound), corner=corner)
    planned = Planned(
        network, options.rule, options.over, options.exact and options.rule != "cost", options.limit, static, weekly,
        why, (), str(figures["method"]), model.places.count, {}, str(figures["ended"]),
        options.whole_lots,
    )  # fmt: skip
    return chain_plan(taken, planned, options), model


def _same(plan: Plan, figures: dict[str, Any]) -> bool:
    told = float(figures["objective"])
    return abs(plan.cost - told) <= SAME * (1.0 + abs(told))


def _moved(tables: list[ChainTable], now: list[ChainTable]) -> list[str]:
    """Tables of which there are newer versions, by name."""
    seen = {(each.owner_id, each.table): each.version for each in now}
    return sorted({each.table for each in tables if seen.get((each.owner_id, each.table)) != each.version})


def _same_owners(now: list[ChainTable], tables: list[ChainTable]) -> list[ChainTable]:
    """The newest versions of tables of those whose tables a plan was made of."""
    owners = {each.owner_id for each in tables}
    return [each for each in now if each.owner_id in owners]


def _telling(call: Call) -> Callable[[str], None]:
    done = 0

    def tell(words: str) -> None:
        nonlocal done
        call.report(min(done, STEPS), STEPS, words)
        done += 1

    return tell
