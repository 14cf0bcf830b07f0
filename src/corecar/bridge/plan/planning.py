"""From a chain to a plan and what there is to say of it: the work behind `corecar.plan_chain` and the verb `plan`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corecar.bridge.agree.signed_volumes import breach_notes, breached
from corecar.bridge.answered import Answer
from corecar.bridge.kinds_of_values import held_to_its_signature
from corecar.bridge.plan.options import Options
from corecar.bridge.plan.summary import answer_of
from corecar.chain.chain import Chain
from corecar.chain.measured import Measured, with_measured
from corecar.chain.qualified import with_qualified
from corecar.chain.weeks import monday
from corecar.chain.words import PROGRAM
from corecar.errors import ArgumentError, DamagedSource, SourceMissing
from corecar.formats.chain import read_chain
from corecar.network.agreements import with_signed, within_maxima
from corecar.network.arrays import Network
from corecar.network.from_chain import network_of
from corecar.network.model import Limit
from corecar.network.promises import frozen, with_promises
from corecar.plan import told
from corecar.plan.changes import with_lots
from corecar.plan.flow_times import cycle_times, mean_over_supplies, response_times
from corecar.plan.plans import Plan
from corecar.plan.policies import Policy
from corecar.plan.rules import Over, Rule
from corecar.plan.scenarios import Scenario
from corecar.plan.solving import TIME_LIMIT, never
from corecar.plan.steering import Planned, plan_network
from corecar.plan.tables import plan_tables, week_names
from corecar.showing import Showing

STEPS = 6
"""Steps of a plan that are told: reading, network, static plan, weekly model, weekly plan, writing or keeping."""
STARTS = "starts.parquet"
"""In the folder of a plan: what each route starts in each week."""


@dataclass(frozen=True)
class ChainPlan(Showing):
    """A plan of a chain.

    chain     that it is of
    planned   the static plan, the weekly one, and how they came to be
    piece     what is counted: `vehicle` where only vehicle programs are demanded
    currency  of the values; empty where the products have several, or none
    """

    drawn_by: ClassVar[str] = "bridge.plan.planning:plan_drawn"

    chain: Chain
    planned: Planned
    options: Options
    piece: str
    currency: str

    @cached_property
    def tables(self) -> dict[str, Any]:
        """Arrow tables by the names of `corecar.plan.tables.PLAN_TABLES`."""
        return plan_tables(self.planned)

    @cached_property
    def figures(self) -> dict[str, Any]:
        """What the plan gives and costs: sums over all demands, cost, bound, gap, weeks, rule as it was applied."""
        planned = self.planned
        weeks = week_names(planned.network, planned.network)
        return {
            **told.whole(self.tables["supply"]),
            **self._flow,
            "piece": self.piece,
            "currency": self.currency,
            "first_week": weeks[0],
            "last_week": weeks[-1],
            "weeks": len(weeks),
            "kind": "static" if planned.weekly is None else "weekly",
            "rule": planned.words,
            "limit": planned.limit,
            "farthest": planned.farthest,
            "cost": planned.cost,
            "objective": planned.plan.cost,
            "bound": planned.plan.bound,
            "gap": planned.plan.gap,
            "gap_asked": self.options.gap,
            "ended": planned.ended,
            "lots": self._lots,
            "closing": [[step.seconds, step.cost, step.bound, step.gap] for step in planned.plan.history],
            "method": planned.method,
            "variables": planned.variables,
            "levels": len(planned.levels or planned.static.levels),
            "seconds": planned.seconds,
            "left_out": len(planned.network.left_out),
        }

    @property
    def _lots(self) -> str:
        """`whole` where starts are whole lots, `unkept` where routes have a least lot that no start keeps to."""
        if self.planned.whole_lots:
            return "whole" if self.planned.weekly is not None else ""
        return "unkept" if pc.any(pc.greater(self.chain.routes["least_lot"], 1.0)).as_py() else ""

    @property
    def _flow(self) -> dict[str, float | None]:
        """Response and cycle time [week], means over what is supplied; None of a static plan, which has no weeks."""
        plan = self.planned.weekly
        if plan is None:
            return {"response_weeks": None, "cycle_weeks": None}
        return {
            "response_weeks": mean_over_supplies(plan, response_times(plan)),
            "cycle_weeks": mean_over_supplies(plan, cycle_times(plan)),
        }

    @property
    def answer(self) -> dict[str, Any]:
        """What a planner reads in ten seconds; the verb's answer."""
        answer = answer_of(self.figures, self.tables, self.planned.why, self.planned.network.left_out)
        broken = breached(self.tables["floors"].to_pylist(), self.options.agreed)
        if broken:
            answer |= {"agreements": broken, "notes": [*breach_notes(broken), *answer["notes"]]}
        return answer

    def write(self, out: str | Path) -> None:
        """Write tables, workbook, page and PDF into a folder. Raises OutputError."""
        from corecar.bridge.plan.plan_folder import write_plan

        write_plan(self.answer, self.tables, out)

    @held_to_its_signature
    def explain(
        self, demand: str | None = None, week: str | None = None, *, tries: int = 6, costs: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Why a demand is short in a week, and what would help; as of `corecar.bridge.plan.explaining.explained`."""
        from corecar.bridge.plan.explaining import explained

        return Answer("plan_explain", explained(self, demand, week, tries=tries, costs=costs))

    def shortages(self) -> dict[str, Any]:
        """Every demand and week that is behind, with why; as of `corecar.bridge.plan.explaining.shortages`."""
        from corecar.bridge.plan.explaining import shortages

        return Answer("plan_shortages", shortages(self))

    @held_to_its_signature
    def what_if(self, *scenarios: str | Scenario, file: str | Path | None = None) -> dict[str, Any]:
        """Scenarios side by side with this plan; as of `corecar.bridge.plan.changed_plans.what_if`.

        >>> made.what_if("demand * +20%", "stop: site FAB-1 down 2027-W10..W13")["rows"]     # doctest: +SKIP
        """
        from corecar.bridge.plan.changed_plans import what_if

        return Answer("plan_whatif", what_if(self, scenarios, file=file))

    @held_to_its_signature
    def policies(self, *policies: Policy, file: str | Path | None = None) -> dict[str, Any]:
        """This plan with policies and without; as of `corecar.bridge.plan.changed_plans.policy_effects`."""
        from corecar.bridge.plan.changed_plans import policy_effects

        return Answer("plan_policy", policy_effects(self, policies or None, file=file))

    @held_to_its_signature
    def chances(
        self, *, scenarios: int = 100, demand: float = 0.1, stops: float = 1.0, down: int = 4, left: float = 0.0,
        seed: int = 0, gap: float = 0.01, workers: str = "inline",
    ) -> dict[str, Any]:  # fmt: skip
        """Many scenarios drawn by chance; as of `corecar.bridge.plan.drawn_scenarios.drawn_scenarios`."""
        from corecar.bridge.plan.drawn_scenarios import drawn_scenarios

        found = drawn_scenarios(
            self, scenarios=scenarios, demand=demand, stops=stops, down=down, left=left, seed=seed, gap=gap,
            workers=workers,
        )  # fmt: skip
        return Answer("plan_chances", found)

    def cells(self) -> dict[str, Any]:
        """How full each cell of machines is, and what limits it; as of `corecar.bridge.expand.cell_answers`."""
        from corecar.bridge.expand.cell_answers import cells_told

        return Answer("expand_cells", cells_told(self.chain, self.planned.plan))

    def flow(self, *, load: float = 0.9, week: str | None = None, **assumed: float) -> dict[str, Any]:
        """How long lots take at each cell, and at which load; as of `corecar.bridge.expand.flow_answers`."""
        from corecar.bridge.expand.flow_answers import assumed_by, flow_told

        guess = assumed_by(**assumed)
        return Answer("expand_flow", flow_told(self.chain, self.planned.plan, load=load, week=week, assumed=guess))

    def expand(self, *, margin: float = 0.1, gap: float = 0.02, time_limit: float = 600.0) -> dict[str, Any]:
        """What to order for the cells and when; as of `corecar.bridge.plan.expanded_plans.expanded_plan`."""
        from corecar.bridge.plan.expanded_plans import expanded_plan

        return Answer("expand_plan", expanded_plan(self, margin=margin, gap=gap, time_limit=time_limit))

    def frontier(
        self, *, points: int = 5, margin: float = 0.1, rate: float = 0.08, scenarios: int = 0, demand: float = 0.15,
        seed: int = 0, gap: float = 0.02, time_limit: float = 600.0,
    ) -> dict[str, Any]:  # fmt: skip
        """Sums of money against what stays short; as of `corecar.bridge.plan.money_frontiers.money_frontier`."""
        from corecar.bridge.plan.money_frontiers import money_frontier

        found = money_frontier(
            self, points=points, margin=margin, rate=rate, scenarios=scenarios, demand=demand, seed=seed, gap=gap,
            time_limit=time_limit,
        )  # fmt: skip
        return Answer("expand_frontier", found)

    def case(
        self, *, points: int = 5, margin: float | None = None, rate: float | None = None, scenarios: int | None = None,
        demand: float | None = None, chosen: bool = False, seed: int = 0, gap: float = 0.02, time_limit: float = 600.0,
        out: str | Path | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """The case for new machines; as of `corecar.bridge.plan.committee_cases.committee_case`. out: a folder"""
        from corecar.bridge.plan.case_files import write_case
        from corecar.bridge.plan.committee_cases import committee_case

        found = committee_case(
            self, points=points, margin=margin, rate=rate, scenarios=scenarios, demand=demand, chosen=chosen, seed=seed,
            gap=gap, time_limit=time_limit,
        )  # fmt: skip
        if out is not None:
            write_case(self.chain, found, out)
        return Answer("expand_case", found)

    def shared(
        self, *, memoranda: Sequence[str | Path] = (), file: str | Path | None = None, margin: float = 0.1,
        rate: float = 0.08, scenarios: int = 4, demand: float = 0.15, seed: int = 0, gap: float = 0.02,
        time_limit: float = 600.0,
    ) -> dict[str, Any]:  # fmt: skip
        """What others' money, policies and memoranda change of the case, and who benefits.

        memoranda  files of terms; file: policies. The rest as of `corecar.bridge.plan.shared_views.shared_view`
        """
        from corecar.bridge.agree.signed_volumes import volumes_in_files
        from corecar.bridge.plan.shared_views import shared_view

        found = shared_view(
            self, margin=margin, rate=rate, scenarios=scenarios, demand=demand, seed=seed, file=file, gap=gap,
            time_limit=time_limit, volumes=volumes_in_files(memoranda),
        )  # fmt: skip
        return Answer("expand_shared", found)

    def needs(self) -> dict[str, Any]:
        """What each need asked for, was promised, got and gets; as of `corecar.bridge.plan.needs.needs_of`."""
        from corecar.bridge.plan.needs import needs_of

        return Answer("plan_needs", needs_of(self))


def plan_drawn(plan: ChainPlan) -> str:
    """A plan as a notebook shows it: its answer, in which each program that is short has a bar."""
    from corecar.report.notebook import answer_html

    return answer_html(plan.answer, "plan")


@held_to_its_signature
def plan_chain(
    *paths: str | Path | Chain,
    rule: Rule = "max_min_fill",
    over: Over = "horizon",
    exact: bool = False,
    first_week: str | None = None,
    weeks: int | None = None,
    limit: Limit = "maximum",
    whole_lots: bool = False,
    gap: float = 0.01,
    time_limit: float = TIME_LIMIT,
    method: str = "choose",
    freeze: int = 0,
    as_plan: str | Path | None = None,
    out: str | Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
    stop: Callable[[], bool] = never,
) -> ChainPlan:
    """Plan a chain from plain files: who gets how much in which week, what each group of machines does for it.

    Of the plan that comes back: `explain`, `shortages`, `what_if`, `policies`, `needs`, `write`.

    paths       a chain that was read, or files and folders as in `corecar.read_chain`
    rule        who gets what is scarce: `cost`, `priority`, `proportional`, `max_min_fill` or `max_min_quantity`
    over        shares of the horizon's sum, or `week` for the sum up to every week
    exact       settle shares on the weekly model itself, run by run: exact, and slow
    first_week  such as `2027-W05`; the first with open demand by default. weeks: how many; as far as demand reaches
    limit       plan up to the `actual` capacity or the `maximum` that is reachable at short notice
    whole_lots  round starts to whole pieces, wafers and the least lots of routes
    gap         part by which the cost may lie above its bound
    time_limit  seconds; where they do not suffice for a weekly plan, the static one is given and says so
    method      `choose`, or a key of `corecar.plan.solving.METHODS`
    freeze      how many of the first weeks keep the starts of an earlier plan, as far as they can
    as_plan     that plan: the folder that it was written into
    out         a folder to write everything into
    tell, stop  told of each step; asked whether to stop
    Raises      ChainError, ArgumentError, Infeasible, SolverError, Cancelled, OutputError

    >>> plan_chain("province").answer["said"]                          # doctest: +SKIP
    """
    if not paths:
        raise ArgumentError("no chain was named. Name its files or folder, or a chain that was read.")
    as_folder = None if as_plan is None else str(as_plan)
    options = Options(
        rule, over, exact, first_week, weeks, limit, gap, time_limit, method, freeze, as_folder, whole_lots=whole_lots
    )
    options.check()
    earlier = None if not freeze else starts_in(as_plan)
    files = [path for path in paths if not isinstance(path, Chain)]
    chains = [path for path in paths if isinstance(path, Chain)]
    if len(chains) > 1 or (chains and files):
        raise ArgumentError("one chain that was read is planned at a time; files are put together by read_chain.")
    tell("reading")
    made = plan_of_chain(chains[0] if chains else read_chain(*files), options, tell, stop, earlier)
    if out is not None:
        tell("writing")
        made.write(out)
    return made


def starts_in(folder: str | Path | None) -> Any:
    """The table `starts` of a plan in a folder. Raises ArgumentError for no folder, SourceMissing, DamagedSource."""
    if folder is None:
        raise ArgumentError("weeks are to be frozen as an earlier plan has them: name its folder with --as-plan.")
    file = Path(folder) / STARTS
    if not file.is_file():
        raise SourceMissing(file, "is no part of a plan.", advice="Name a folder that `corecar plan --out` wrote.")
    try:
        return pq.read_table(file)
    except (pa.ArrowException, OSError) as error:
        advice = "Write the plan again."
        raise DamagedSource(file, f"this is no whole Parquet file ({error}).", advice=advice) from error


def plan_of_chain(
    chain: Chain,
    options: Options,
    tell: Callable[[str], None] = lambda _: None,
    stop: Callable[[], bool] = never,
    earlier: Any = None,
    start: Plan | None = None,
) -> ChainPlan:
    """A plan of a chain; errors as of `plan_chain`.

    earlier  the table `starts` of the plan whose weeks are frozen
    start    a weekly plan of much the same network, to begin from by a method that can
    """
    tell("network")
    chain, network = planned_on(chain, options, earlier)
    planned = plan_network(
        network, rule=options.rule, over=options.over, exact=options.exact, limit=options.limit, gap=options.gap,
        whole_lots=options.whole_lots, time_limit=options.time_limit, method=options.method, start=start, tell=tell,
        stop=stop,
    )  # fmt: skip
    return chain_plan(chain, planned, options)


def planned_on(chain: Chain, options: Options, earlier: Any = None, *, sound: bool = False) -> tuple[Chain, Network]:
    """The chain as a plan takes it, and the network that it plans on; arguments and errors as of `plan_of_chain`.

    sound  whether a plan of these tables was made already
    """
    first: date | None = None if options.first_week is None else monday(options.first_week)
    chain = with_qualified(_as_measured(chain, options), options.qualified)
    bare = network_of(chain, first_week=first, weeks=options.weeks, sound=sound)
    chain, bare = within_maxima(chain, bare, options.agreed)
    network = with_signed(chain, with_promises(chain, bare), options.agreed)
    if options.freeze and earlier is not None:
        columns = (earlier["route"].to_pylist(), earlier["week"].to_pylist(), earlier["pieces"].to_numpy())
        network = replace(network, floors=(*network.floors, *frozen(network, *columns, options.freeze)))
    return chain, network


def chain_plan(chain: Chain, planned: Planned, options: Options) -> ChainPlan:
    """A plan of a chain with what is counted in it and the currency of its values."""
    products = chain.products.to_pylist()
    wanted = set(planned.network.demands.product)
    kinds = {row["kind"] for row in products if row["product"] in wanted}
    currencies = {row["currency"] for row in products if row["product"] in wanted and row["currency"]}
    return ChainPlan(
        chain,
        planned,
        options,
        piece="vehicle" if kinds == {PROGRAM} else "piece",
        currency=next(iter(currencies)) if len(currencies) == 1 else "",
    )


def _as_measured(chain: Chain, options: Options) -> Chain:
    """A chain with measured numbers, and without lots that are stopped."""
    chain = with_measured(chain, (Measured(**each) for each in options.measured))
    there = set(chain.wip["lot"].to_pylist())
    stopped = [lot for lot in options.stopped if lot in there]
    return with_lots(chain, stopped, held=True) if stopped else chain
