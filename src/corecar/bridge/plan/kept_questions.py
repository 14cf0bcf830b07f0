"""Questions to a kept plan: it is made again from the versions of its tables, so the answer is of that very plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from corecar.bridge.calls import AtLeast, Call, in_session, moved
from corecar.bridge.chain.kept_chains import chain_in, seen_tables, visible_tables
from corecar.bridge.plan.changed_plans import policy_effects, what_if
from corecar.bridge.plan.drawn_scenarios import drawn_scenarios
from corecar.bridge.plan.explaining import explained
from corecar.bridge.plan.explaining import shortages as shortages_of
from corecar.bridge.plan.kept_plans import last_plan, plan_row, starts_of_plan
from corecar.bridge.plan.linked_lights import lights_of
from corecar.bridge.plan.needs import alerts_between, needs_of
from corecar.bridge.plan.options import Options
from corecar.bridge.plan.planning import STEPS, ChainPlan, plan_of_chain
from corecar.bridge.plan.shared_plans import asked_options
from corecar.bridge.travel import Returned, Sent
from corecar.errors import ArgumentError, NotFound
from corecar.store.catalogue.chains import ChainImport, ChainTable
from corecar.store.catalogue.models import Party
from corecar.store.catalogue.plans import Plan

PlanNumber = Annotated[int | None, "Number of the kept plan; without it your last one."]
Out = Annotated[str | Path | None, "A folder for a page, a PDF and the tables; it is made.", Returned(folder=True)]
INTERVAL = 4
"""Weeks between two states of demand that are held against each other (CX-0128)."""


def plan_explain(
    call: Call,
    demand: Annotated[str | None, "Which demand is short; without it the one that misses most value."] = None,
    *,
    week: Annotated[str | None, "By when, such as 2027-W30; without it the week in which it is worst."] = None,
    remedies: Annotated[int, "How many remedies are planned at most.", AtLeast(0)] = 6,
    cost: Annotated[list[str] | None, "What one more unit of a group or item costs, such as TEST-1=4500."] = None,
    plan: PlanNumber = None,
    out: Out = None,
) -> dict[str, Any]:
    """Say why a demand of a kept plan is short: what it waits for, what blocks at which price, and what would help.

    Raises  NotFound, ArgumentError; SolverError for a static plan; Cancelled, OutputError
    """
    made, notes = kept_again(call, plan)
    answer = explained(made, demand, week, tries=remedies, costs=cost or (), stop=call.stopped)
    return told_and_written(answer, notes, "plan_explain", out)


def plan_shortages(call: Call, *, plan: PlanNumber = None, out: Out = None) -> dict[str, Any]:
    """List every demand and week of a kept plan in which something is behind, with why.

    Raises  NotFound; SolverError for a static plan; OutputError
    """
    made, notes = kept_again(call, plan)
    return told_and_written(shortages_of(made), notes, "plan_shortages", out)


def plan_whatif(
    call: Call,
    *,
    scenarios: Annotated[
        list[str] | None, "Changes such as `demand * +20%; site S1 down 2027-W10..W13`; each is a scenario."
    ] = None,
    file: Annotated[str | Path | None, "A TOML file of [[scenario]] tables.", Sent()] = None,
    plan: PlanNumber = None,
    out: Out = None,
) -> dict[str, Any]:
    """Say what changes of demand, sites, routes, yields, stock or lots do to a kept plan, side by side.

    Raises  NotFound; ArgumentError for a change that is none; SolverError, Cancelled, OutputError
    """
    made, notes = kept_again(call, plan)
    answer = what_if(made, scenarios or (), file=file, stop=call.stopped)
    return told_and_written(answer, notes, "plan_whatif", out)


def plan_policy(
    call: Call,
    *,
    file: Annotated[
        str | Path | None, "A TOML file of [[policy]] tables; without it the table policies.", Sent()
    ] = None,
    plan: PlanNumber = None,
    out: Out = None,
) -> dict[str, Any]:
    """Show a kept plan with policies and without: vehicles, output value, on time, each party's benefit, public cost.

    Raises  NotFound; ArgumentError for a policy that is none; SolverError, Cancelled, OutputError
    """
    made, notes = kept_again(call, plan)
    return told_and_written(policy_effects(made, file=file, stop=call.stopped), notes, "plan_policy", out)


def plan_chances(
    call: Call,
    *,
    scenarios: Annotated[int, "How many are drawn.", AtLeast(1)] = 100,
    demand: Annotated[float, "Each demand is drawn within this part of itself, up or down.", AtLeast(0)] = 0.1,
    stops: Annotated[float, "Groups that stop in a scenario, on the mean.", AtLeast(0)] = 1.0,
    down: Annotated[int, "Weeks that each of them stops.", AtLeast(1)] = 4,
    left: Annotated[float, "Part of its capacity that is left then.", AtLeast(0)] = 0.0,
    seed: Annotated[int, "Seed of the draw: the same seed draws the same scenarios.", AtLeast(0)] = 0,
    gap: Annotated[float, "Part by which a scenario's cost may lie above its bound.", AtLeast(0)] = 0.01,
    workers: Annotated[str | None, "`inline`, `processes:N`, or a cluster's address."] = None,
    plan: PlanNumber = None,
    out: Out = None,
) -> dict[str, Any]:
    """Draw many scenarios of a kept plan, plan each from that plan's starts and prices, and say what the worst cost.

    Raises  NotFound; ArgumentError for what cannot be drawn; SolverError for a static plan; Cancelled, OutputError
    """
    made, notes = kept_again(call, plan)
    answer = drawn_scenarios(
        made, scenarios=scenarios, demand=demand, stops=stops, down=down, left=left, seed=seed, gap=gap,
        workers=workers or call.store.cluster or "inline", stop=call.stopped,
        advance=lambda done, whole: call.report(done, whole, "scenarios"),
    )  # fmt: skip
    return told_and_written(answer, notes, "plan_chances", out)


def plan_needs(call: Call, *, plan: PlanNumber = None, out: Out = None) -> dict[str, Any]:
    """List what each need asked for, was promised, got and gets by a kept plan, and demand that is in doubt.

    Raises  NotFound; SolverError for a static plan; OutputError
    """
    made, notes = kept_again(call, plan)
    return told_and_written(needs_of(made), notes, "plan_needs", out)


def plan_alerts(
    call: Call,
    *,
    weeks: Annotated[int, "How many weeks ago the earlier state of the chain is taken.", AtLeast(0)] = INTERVAL,
    before: Annotated[int | None, "Number of an import whose state is taken instead."] = None,
    first_week: Annotated[str | None, "In which the first sub-horizon begins; without it the first demand."] = None,
    out: Out = None,
) -> dict[str, Any]:
    """Say which demand has changed by a threshold of its sub-horizon since a measurement interval ago (CX-0128).

    Raises  NotFound for an import that is not there; ArgumentError where nothing was there then; OutputError
    """
    tables = seen_tables(call.session, call.actor.party_id)
    earlier, since = _earlier(call, weeks, before)
    if not earlier:
        raise ArgumentError(
            f"there was no chain in the state {since}, so there is nothing to hold its demand against. "
            "Take a later state: --weeks, or --before with the number of an import (corecar chain imports)."
        )
    answer = alerts_between(
        chain_in(call.store, tables), chain_in(call.store, earlier), first_week=first_week, since=f"the state {since}"
    )
    return told_and_written(answer, [], "plan_alerts", out)


def plan_lights(
    call: Call,
    *,
    first_week: Annotated[str | None, "First week, such as 2027-W05; without it the first with open demand."] = None,
    weeks: Annotated[int | None, "How many weeks; without it as far as demand reaches.", AtLeast(1)] = None,
    customer: Annotated[str | None, "Only its demand, against the capacity that is told for it."] = None,
    out: Out = None,
) -> dict[str, Any]:
    """Hold demand that is linked to a capacity group against its capacity by week: green, orange, red (CX-0128).

    Raises  ArgumentError for a chain without demand, a week or a customer that is none; OutputError
    """
    chain = chain_in(call.store, seen_tables(call.session, call.actor.party_id))
    answer = lights_of(chain, first_week=first_week, weeks=weeks, customer=customer)
    return told_and_written(answer, [], "plan_lights", out)


def told_and_written(answer: dict[str, Any], notes: Sequence[str], verb: str, out: str | Path | None) -> dict[str, Any]:
    """An answer with further notes, written into a folder where one is named. Raises OutputError."""
    whole = answer | {"notes": [*answer["notes"], *notes]}
    if out is not None:
        from corecar.bridge.plan.plan_answers import TITLES, write_answer

        write_answer(whole, TITLES[verb], out)
    return whole


def kept_again(call: Call, number: int | None, *, alone: bool = False) -> tuple[ChainPlan, list[str]]:
    """A kept plan, made again, and what there is to know of its inputs.

    alone  without the volumes of memoranda
    """
    party = call.actor.party_id
    with call.store.catalogue.reading() as session:
        row = last_plan(session, party) if number is None else plan_row(session, party, number)
        if row is None:
            raise NotFound("no plan was made yet. Make one with: corecar plan")
        tables = inputs_of_plan(session, party, row)
        seen = {(each.owner_id, each.table): each.version for each in seen_tables(session, party)}
        options, found = Options(**asked_options(in_session(call, session), row)), row.id
    options = replace(options, agreed=()) if alone else options
    done = 0

    def tell(words: str) -> None:
        nonlocal done
        call.report(min(done, STEPS), STEPS, words)
        done += 1

    moved = sorted({each.table for each in tables if seen.get((each.owner_id, each.table)) != each.version})
    notes = [f"This is about plan {found}."]
    if moved:
        notes = [f"This is about plan {found}; since then there are new versions of: {', '.join(moved)}. Plan again."]
    frozen = starts_of_plan(call, options.as_plan) if isinstance(options.as_plan, int) else None
    return plan_of_chain(chain_in(call.store, tables), options, tell, call.stopped, frozen), notes


def inputs_of_plan(session: Session, party: int, plan: Plan) -> list[ChainTable]:
    """The versions of tables that a plan was made of. Raises NotFound for one that the party may not see."""
    owners = {one.name: one.id for one in session.scalars(select(Party))}
    found = []
    for each in plan.inputs["tables"]:
        asked = select(ChainTable).where(
            and_(
                ChainTable.owner_id == owners.get(each["owner"]), ChainTable.table == each["table"],
                ChainTable.version == each["version"], visible_tables(party),
            )
        )  # fmt: skip
        row = session.scalars(asked).unique().first()
        if row is None:
            raise NotFound(
                f"plan {plan.id} was made of {each['table']} of {each['owner']}, which you may not see. "
                "Ask its owner for `corecar chain share`, or look at the plan with corecar plan show."
            )
        found.append(row)
    return found


def _earlier(call: Call, weeks: int, number: int | None) -> tuple[list[ChainTable], str]:
    """The tables as they were some weeks ago, or after an import, and that in words."""
    party, until = call.actor.party_id, moved(call.now, "weeks", weeks=-weeks)
    condition, since = ChainImport.at <= until, f"of {until:%Y-%m-%d}"
    if number is not None:
        found = call.session.get(ChainImport, number)
        if found is None or found.owner_id != party:
            raise NotFound(f"there is no import {number}. `corecar chain imports` lists those that there are.")
        condition, since = ChainTable.import_id <= number, f"after import {number}"
    then = (
        select(ChainTable.owner_id, ChainTable.table, func.max(ChainTable.version).label("version"))
        .join(ChainImport, ChainImport.id == ChainTable.import_id)
        .where(condition)
        .group_by(ChainTable.owner_id, ChainTable.table)
        .subquery()
    )
    asked = (
        select(ChainTable)
        .join(
            then,
            and_(
                ChainTable.owner_id == then.c.owner_id,
                ChainTable.table == then.c.table,
                ChainTable.version == then.c.version,
            ),
        )
        .where(visible_tables(party))
    )
    rows = call.session.scalars(asked).unique()
    return sorted(rows, key=lambda row: (row.table, row.owner_id != party, row.owner_id)), since
