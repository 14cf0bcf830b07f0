"""The verbs around plans of the chain: make one, list, show, compare, share; each is kept with what it was made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.access import named_party
from corecar.bridge.agree.signed_volumes import is_hidden, signed_volumes
from corecar.bridge.calls import AtLeast, Call, in_session
from corecar.bridge.chain.kept_chains import chain_in, seen_tables
from corecar.bridge.lot.stopped import stopped_lots
from corecar.bridge.measured.measuring import measured_numbers
from corecar.bridge.plan.kept_plans import (
    inputs_of,
    keep_plan,
    last_plan,
    plan_files,
    plan_row,
    read_plan_table,
    starts_of_plan,
    visible_plans,
)
from corecar.bridge.plan.options import Options
from corecar.bridge.plan.other_options import freeze_note
from corecar.bridge.plan.planning import STEPS, plan_of_chain
from corecar.bridge.plan.shared_plans import hidden_in, shown_options, shown_table, with_agreements
from corecar.bridge.plan.summary import NAMED, WORST, answer_of, rounded
from corecar.bridge.qualified_routes import qualified_notes, qualified_routes
from corecar.bridge.travel import Returned
from corecar.errors import ArgumentError, NotFound
from corecar.network.model import Limit
from corecar.plan import told
from corecar.plan.rules import Over, Rule
from corecar.plan.solving import TIME_LIMIT
from corecar.plurals import plural, signed
from corecar.store.catalogue.models import Party
from corecar.store.catalogue.plans import Plan, PlanShare

Number = Annotated[int, "Number of the plan, as `corecar plan list` has it."]
Folder = Annotated[
    str | Path | None, "A folder for the tables, a workbook, a page and a PDF; it is made.", Returned(folder=True)
]


def plan(
    call: Call,
    *,
    rule: Annotated[
        Rule, "Who gets what is scarce: by cost, by class, in one proportion, or by max-min."
    ] = "max_min_fill",
    over: Annotated[Over, "Shares of the horizon's sum, or of the sum up to every week."] = "horizon",
    exact: Annotated[bool, "Settle shares on the weekly model itself, run by run: exact, and slow."] = False,
    first_week: Annotated[str | None, "First week, such as 2027-W05; without it the first with open demand."] = None,
    weeks: Annotated[int | None, "How many weeks; without it as far as demand reaches.", AtLeast(1)] = None,
    limit: Annotated[Limit, "Plan up to the actual capacity, or the maximum reachable at short notice."] = "maximum",
    whole_lots: Annotated[bool, "Round starts to whole pieces, wafers and the least lots of routes."] = False,
    gap: Annotated[float, "Part by which the cost may lie above its bound.", AtLeast(0)] = 0.01,
    time_limit: Annotated[
        float, "Seconds; where they do not suffice, the static plan is given.", AtLeast(0)
    ] = TIME_LIMIT,
    method: Annotated[str, "How the model is solved; `choose` goes by its size."] = "choose",
    freeze: Annotated[
        int, "How many of the first weeks keep the starts of an earlier plan, if they can.", AtLeast(0)
    ] = 0,
    as_plan: Annotated[int | None, "That plan, by its number; without it your last one."] = None,
    measured: Annotated[bool, "Plan with what testers measured instead of what the tables assume."] = False,
    assumed: Annotated[
        list[str] | None, "A number that stays as assumed all the same, such as `MCU-T.yield`, or a route."
    ] = None,
    of: Annotated[str | None, "Only tables that this party owns; without it your own and all shared with you."] = None,
    out: Folder = None,
    note: Annotated[str, "What it is for, in words."] = "",
    try_only: Annotated[bool, "Say what the plan would be, and keep nothing."] = False,
) -> dict[str, Any]:
    """Plan the chain that you may see: who gets how much in which week, and how full every group of machines is.

    The plan is kept with the versions of its tables, and what it changes against your last one is told.
    Raises  NotFound; ArgumentError for a chain without demand; Infeasible, SolverError, Cancelled, OutputError
    """
    if assumed and not measured:
        raise ArgumentError(f"{assumed[0]} is assumed anyway: only --measured plans with measured numbers.")
    if freeze and as_plan is None:
        as_plan = _last(call).id
    options = Options(
        rule, over, exact, first_week, weeks, limit, gap, time_limit, method, freeze, as_plan, whole_lots=whole_lots
    )
    options.check()
    done = 0

    def tell(words: str) -> None:
        nonlocal done
        call.report(min(done, STEPS), STEPS, words)
        done += 1

    with call.store.catalogue.reading() as session:
        tables = seen_tables(session, call.actor.party_id)
        if of is not None:
            owner = named_party(session, of).id
            tables = [row for row in tables if row.owner_id == owner]
        inputs = inputs_of(session, tables)
        before = last_plan(session, call.actor.party_id)
        reading = in_session(call, session)
        options = replace(options, agreed=signed_volumes(reading), qualified=qualified_routes(reading))
        earlier = None if before is None else _supply(session, call, before.id)
    if not tables:
        raise ArgumentError("the chain is empty, so there is nothing to plan. Begin with: corecar chain template DIR")
    frozen, kept_weeks = None if as_plan is None else starts_of_plan(call, as_plan), list[str]()
    chain = chain_in(call.store, tables)
    if measured:
        tell("measuring")
        numbers = measured_numbers(call, chain, assumed or ())
        with call.store.catalogue.reading() as session:
            known = stopped_lots(session, call.actor)
        stopped = sorted(set(known) & set(chain.wip["lot"].to_pylist()))
        options = replace(options, measured=[asdict(each) for each in numbers], stopped=stopped)
    if as_plan is not None:
        with call.store.catalogue.reading() as session:
            kept_weeks = freeze_note(as_plan, plan_row(session, call.actor.party_id, as_plan).options, options)
    made = plan_of_chain(chain, options, tell, call.stopped, frozen)
    answer = made.answer | ({"measured": list(map(_measured_row, options.measured))} if measured else {})
    answer["notes"] = [*answer["notes"], *_measured_notes(options, measured),
                       *qualified_notes(options.qualified), *kept_weeks]  # fmt: skip
    if before is not None and earlier is not None:
        against = _against(
            before, earlier, inputs, (before.options, options.kept()), made.figures, made.tables["supply"]
        )
        answer["notes"] = [*answer["notes"], against.pop("changed")]
        answer |= against
    if out is not None:
        tell("writing")
        made.write(out)
    number: int | None = None
    if not try_only:
        tell("keeping")
        number, new = keep_plan(call, made, options.kept(), inputs, note)
        kept = f"Kept as plan {number}." if new else f"It is plan {number} again, bit for bit."
        answer["notes"] = [*answer["notes"], kept]
    return answer | {"plan": number}


def _measured_row(number: Mapping[str, Any]) -> dict[str, Any]:
    return {"route": number["route"], "number": number["number"], "assumed": number["assumed"],
            "measured": number["value"]}  # fmt: skip


def _measured_notes(options: Options, measured: bool) -> list[str]:
    if not measured:
        return []
    notes = [f"{plural(len(options.measured), 'number')} of routes as measured; the rest is assumed: corecar measured."]
    if options.stopped:
        names = ", ".join(options.stopped[:NAMED]) + (", ..." if len(options.stopped) > NAMED else "")
        notes.append(f"No supply, since they are held, quarantined or scrapped in the workspace: lots {names}.")
    return notes


def _last(call: Call) -> Plan:
    """The last plan of whoever calls. Raises NotFound."""
    with call.store.catalogue.reading() as session:
        found = last_plan(session, call.actor.party_id)
    if found is None:
        raise NotFound("no plan was made yet whose weeks could be frozen. Make one with: corecar plan")
    return found


def plan_list(call: Call, *, limit: Annotated[int, "At most so many, the latest.", AtLeast(0)] = 40) -> dict[str, Any]:
    """List the plans that you may see: when and by whom, by which rule, how much of what is wanted it supplies."""
    names = {party.id: party.name for party in call.session.scalars(select(Party))}
    asked = select(Plan).where(visible_plans(call.actor.party_id)).order_by(Plan.id.desc()).limit(limit)
    rows = []
    for one in call.session.scalars(asked).unique():
        figures = one.figures
        shown = {name: figures[name] for name in ("wanted", "supplied", "short", "fill", "on_time", "value", "gap")}
        rows.append(
            {"plan": one.id, "at": one.at, "by": one.by.name, "owner": names[one.owner_id], "kind": figures["kind"],
             "rule": one.options["rule"], "over": one.options["over"], "first_week": figures["first_week"],
             "weeks": figures["weeks"], **rounded(shown), "note": one.note,
             "shared_with": _shared_with(call, one, names)}
        )  # fmt: skip
    return {"said": "" if rows else "No plan was made yet. Make one with: corecar plan", "rows": rows}


def plan_show(
    call: Call,
    number: Number,
    *,
    table: Annotated[
        Literal["supply", "load", "starts", "stock", "floors", "prices"] | None,
        "Every row of this table instead of the summary.",
    ] = None,
    out: Folder = None,
) -> dict[str, Any]:
    """Show a plan as it was when it was made, and what it was made of; or one of its tables, row by row.

    Raises  NotFound, DamagedSource, OutputError; ArgumentError for a table and a folder at once
    """
    row = plan_row(call.session, call.actor.party_id, number)
    files, hidden = plan_files(call.session, row.id), hidden_in(call, row)
    if table is not None:
        if out is not None:
            raise ArgumentError("a folder gets every table: leave out --table, or --out.")
        return {"rows": shown_table(table, read_plan_table(call.store, files[table]), hidden, row).to_pylist()}
    read = ((name, read_plan_table(call.store, file)) for name, file in files.items())
    tables = {name: shown_table(name, found, hidden, row) for name, found in read}
    left_out = [item for item in row.left_out["items"] if not is_hidden(item, hidden)]
    answer = with_agreements(answer_of(row.figures, tables, row.why, left_out), tables, row)
    if out is not None:
        from corecar.bridge.plan.plan_folder import write_plan

        write_plan(answer, tables, out)
    answer["facts"] = {"plan": row.id, "made": f"{row.at:%Y-%m-%d %H:%M} by {row.by.name}", "note": row.note or None,
                       **answer["facts"]}  # fmt: skip
    return answer | {"inputs": row.inputs["tables"], "options": shown_options(row, hidden)}


def plan_compare(
    call: Call, first: Annotated[int, "The earlier plan, by its number."], second: Annotated[int, "The later one."]
) -> dict[str, Any]:
    """Say what differs between two plans: demand by demand with its price, the tables they were made of, the options.

    Raises  NotFound, DamagedSource
    """
    rows = [plan_row(call.session, call.actor.party_id, number) for number in (first, second)]
    earlier, later = (_supply(call.session, call, row.id) for row in rows)
    one, other = rows
    options = [shown_options(row, hidden_in(call, row)) for row in rows]
    found = _against(one, earlier, other.inputs["tables"], options, other.figures, later)
    return {"said": found["changed"], "rows": found["changes"], "inputs": found["input_changes"],
            "options": found["option_changes"]}  # fmt: skip


def plan_share(call: Call, number: Number, party: Annotated[str, "Who may see it from now on."]) -> dict[str, Any]:
    """Let another party see a plan that is yours.

    Raises  NotFound; ArgumentError for your own party
    """
    row, other = _own(call, number, party)
    if call.session.get(PlanShare, (row.id, other.id)) is None:
        call.session.add(PlanShare(plan_id=row.id, party_id=other.id, at=call.now, by_id=call.actor.person_id))
    return {"said": f"{other.name} may see plan {row.id}.", "plan": row.id, "party": other.name}


def plan_unshare(call: Call, number: Number, party: Annotated[str, "Who may not see it any more."]) -> dict[str, Any]:
    """Stop letting a party see a plan; what it has seen it has seen.

    Raises  NotFound; ArgumentError for your own party
    """
    row, other = _own(call, number, party)
    found = call.session.get(PlanShare, (row.id, other.id))
    if found is None:
        raise NotFound(f"plan {row.id} is not shared with {other.name}.")
    call.session.delete(found)
    return {"said": f"{other.name} may not see plan {row.id} any more.", "plan": row.id, "party": other.name}


def _own(call: Call, number: int, party: str) -> tuple[Plan, Party]:
    row = plan_row(call.session, call.actor.party_id, number)
    other = named_party(call.session, party)
    if row.owner_id != call.actor.party_id:
        raise NotFound(f"plan {number} is not yours to share.")
    if other.id == row.owner_id:
        raise ArgumentError(f"plan {number} belongs to {other.name}, which sees it anyway. Name another party.")
    return row, other


def _shared_with(call: Call, plan: Plan, names: Mapping[int, str]) -> list[str]:
    if plan.owner_id != call.actor.party_id:
        return []
    return sorted(names[one] for one in call.session.scalars(
        select(PlanShare.party_id).where(PlanShare.plan_id == plan.id)
    ))  # fmt: skip


def _supply(session: Session, call: Call, number: int) -> Any:
    return read_plan_table(call.store, plan_files(session, number)["supply"])


def _against(
    before: Plan,
    earlier: Any,
    inputs: list[dict[str, Any]],
    options: Sequence[Mapping[str, Any]],
    figures: Mapping[str, Any],
    later: Any,
) -> dict[str, Any]:
    """What a later plan changes against an earlier one: supply with its price, tables, options (those of both)."""
    made_before, made_now = options
    rows = told.changes(earlier, later)
    gain = figures["value"] - before.figures["value"]
    more = figures["supplied"] - before.figures["supplied"]
    money = f"{signed(gain)} {figures['currency']}".strip()
    said = (
        f"Against plan {before.id}: {signed(more)} {figures['piece']}s supplied, {money}, "
        f"{len(rows):,} of the demands changed."
        if rows
        else f"Against plan {before.id} nothing changes in what is supplied."
    )
    was = {(row["table"], row["owner"]): row["version"] for row in before.inputs["tables"]}
    now = {(row["table"], row["owner"]): row["version"] for row in inputs}
    return {
        "changed": said,
        "changes": [rounded(row) for row in rows[:WORST]],
        "input_changes": [
            {"table": table, "owner": owner, "version_before": was.get((table, owner)),
             "version_now": now.get((table, owner))}
            for table, owner in sorted(was.keys() | now.keys())
            if was.get((table, owner)) != now.get((table, owner))
        ],
        "option_changes": [
            {"option": name, "before": made_before.get(name), "now": value}
            for name, value in made_now.items()
            if made_before.get(name) != value
        ],
    }  # fmt: skip
