"""What others' money, policies and memoranda change of the case for new machines, and who benefits how much."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from corecar.bridge.agree.signed_volumes import breached_by
from corecar.bridge.expand.expansion_answers import IMPACT, exposure_told
from corecar.bridge.expand.exposures import Exposure, exposure_of
from corecar.bridge.plan.asked_plan import AskedPlan, asked_plan
from corecar.bridge.plan.expanded_plans import MARGIN, means_for
from corecar.bridge.plan.money_frontiers import RATE
from corecar.bridge.plan.planning import ChainPlan
from corecar.bridge.plan.shared_cases import Maker, SharedCase, Volumes, several_circumstances
from corecar.chain.chain import Chain
from corecar.errors import ArgumentError
from corecar.plan.chances import Chance
from corecar.plan.compare import summary_of
from corecar.plan.expansion.benefits import paid_more, shares, supplied_more
from corecar.plan.expansion.cells import Measured
from corecar.plan.expansion.others_money import others_money
from corecar.plan.plans import Plan
from corecar.plan.policies import read_policies
from corecar.plan.solving import never
from corecar.plan.tabled_policies import policies_in
from corecar.plurals import plural, signed

AS_IT_IS, PUBLIC = "as it is", "the public"
GAINS = ("vehicles_won", "margin_won", "paid_more", "exposure_removed", "pays")
NONE = (
    "nobody else has a part in it. Fill in the table co_investments or policies, name a file of policies, or a "
    "memorandum."
)
ABOUT = (
    "Vehicles are counted at their customer; margin at whose value it is: of a chip or module its own value less that "
    "of what goes into it, the rest at the customer.",
    "Own money is compared with the plan as it is, every other case with own money. Orders have to earn their price "
    "whoever pays it; others' money is spent first.",
)  # fmt: skip


def shared_view(
    made: ChainPlan, *, margin: float = MARGIN, rate: float = RATE, scenarios: int = 4, demand: float = 0.15,
    seed: int = 0, file: str | Path | None = None, volumes: Volumes = (), gap: float = 0.02, time_limit: float = 600.0,
    measured: Mapping[str, Measured] | None = None, stop: Callable[[], bool] = never,
) -> dict[str, Any]:  # fmt: skip
    """The case for new machines with own money alone, with each of what others do, and with all of it.

    made      planned without the volumes of memoranda
    file      a TOML file of [[policy]] tables; without it the policies of the chain
    volumes   of memoranda, as of `corecar.network.agreements.SignedVolume.kept`
    margin, rate, scenarios, demand, seed, gap, time_limit  as of `money_frontier`
    Returns   said, rows (a case each), parties (case, party: what it gets and pays), shares (by program and chip),
              agreements (what is broken), notes, details (both sums of each case, by parties and by plans)
    Raises    as `money_frontier`; ArgumentError where nobody else has a part in it, or for a policy that is none
    """
    policies = list(read_policies(file) if file is not None else policies_in(made.chain))
    money = others_money(made.chain.co_investments.to_pylist())
    if not (money or policies or volumes):
        raise ArgumentError(NONE)
    if not margin > 0 or scenarios < 0 or not rate > -1:
        raise ArgumentError(f"margin={margin}, scenarios={scenarios}, rate={rate}: expected above 0, 0 and above -1.")
    asked = asked_plan(made, stop)
    beyond = [each.name for each in policies if not each.weeks.reach(asked.plan.network)]
    policies = [each for each in policies if each.name not in beyond]
    maker = Maker(
        asked, means_for(made, asked.plan.network, measured), margin, rate, gap, time_limit, Chance(demand, 0.0, 1),
        scenarios, seed, stop,
    )  # fmt: skip
    cases = [maker.case(each) for each in several_circumstances(money, policies, volumes)]
    exposed = exposure_of(asked.plan.network, made.chain.sites)
    rows = [_bare(asked, exposed), *(_row(asked, each, margin) for each in cases)]
    gains = [_Gains(made.chain, asked, exposed, case, cases[0], margin, _payers(made.chain)) for case in cases]
    return {
        "said": _said(made, rows),
        "facts": {"margin": margin, "interest": f"{rate:.1%} a year", "currency": made.currency,
                  "scenarios": scenarios or None},
        "rows": rows,
        "parties": [row for each in gains for row in each.rows()],
        "shares": [row for each in gains for row in each.shares()],
        "agreements": [row for each in cases for row in _broken(each, volumes)],
        "notes": [*_notes(margin, rate, scenarios, demand, beyond), *_limits(cases, gap)],
        "details": {"piece": made.piece, "currency": made.currency,
                    "sums": {each.case.under.name: each.sums() for each in gains}},
    }  # fmt: skip


def has_others(chain: Chain) -> bool:
    """Whether anybody else has a part in a case of a chain: money for machines, or policies."""
    return bool(chain.co_investments.num_rows or chain.policies.num_rows)


class _Gains:
    """Who gets what of one case, against own money alone; of own money, against the plan as it is."""

    def __init__(
        self, chain: Chain, asked: AskedPlan, exposed: Exposure | None, case: SharedCase, alone: SharedCase,
        margin: float, payers: Mapping[str, str],
    ) -> None:  # fmt: skip
        first = case is alone
        self.case, self.margin = case, margin
        self.before: Plan = asked.plan if first else alone.plan
        self.exposed = (exposed if first else alone.exposure, case.exposure)
        self.parts = shares(chain, self.before, case.plan, margin=margin)
        self.paid = paid_more(chain, self.before, case.plan)
        self.payers, self.owner = (
            payers,
            dict(zip(chain.sites["site"].to_pylist(), chain.sites["party"].to_pylist(), strict=True)),
        )

    def by_party(self) -> dict[str, dict[str, float]]:
        """Party -> what it gets and pays; exposure removed is a part of that of the chain's worst stop."""
        found: dict[str, dict[str, float]] = defaultdict(lambda: dict.fromkeys(GAINS, 0.0))
        for party, pieces in supplied_more(self.before, self.case.plan).items():
            found[party]["vehicles_won"] += pieces
        for share in self.parts:
            found[share.party]["margin_won"] += share.margin
        for party, amount in self.paid.items():
            found[party]["paid_more"] += amount
        before, after = self.exposed
        for exposure, sign in ((before, 1.0), (after, -1.0)):
            for party, value in (exposure.lost if exposure else {}).items():
                found[party]["exposure_removed"] += sign * value
        for party, amount in self._pays():
            found[party]["pays"] += amount
        return found

    def _pays(self) -> list[tuple[str, float]]:
        """What each pays for the orders of the case: others as they said, the owners of the cells the rest."""
        found, case = self.case.found, self.case
        own: dict[str, float] = defaultdict(float)
        for place in np.flatnonzero(found.ordered).tolist():
            option = found.orders.means.options[found.orders.option[place]]
            amounts = option.payments(int(found.orders.week[place]), found.orders.weeks)
            site = found.orders.means.sites[option.cell]
            own[self.owner.get(site, site)] += float(found.ordered[place]) * sum(amount for _, amount in amounts)
        left = 1.0 - case.others / found.spent if found.spent else 0.0
        others = [(each.party, case.given[each.name]) for each in case.under.money]
        public = [(self.payers.get(name, PUBLIC), amount) for name, amount in case.public.items()]
        return [*((party, left * amount) for party, amount in own.items()), *others, *public]

    def rows(self) -> list[dict[str, Any]]:
        """A row for each party that gets or pays anything, and their sum."""
        name, parties = self.case.under.name, self.by_party()
        told = [
            {"case": name, "party": party, **{what: round(amount) for what, amount in gains.items()}}
            for party, gains in sorted(parties.items())
        ]
        told = [row for row in told if any(row[what] for what in GAINS)]
        sums = {what: round(sum(each[what] for each in parties.values())) for what in GAINS}
        return [*told, {"case": name, "party": "all parties", **sums}]

    def shares(self) -> list[dict[str, Any]]:
        """A row for each program and what is in it."""
        return [
            {"case": self.case.under.name, "program": each.program, "customer": each.customer, "part": each.part,
             "party": each.party, "pieces_won": round(each.pieces), "margin_won": round(each.margin)}
            for each in self.parts if round(each.margin) or round(each.pieces)
        ]  # fmt: skip

    def sums(self) -> dict[str, list[float]]:
        """Of each gain the sum over parties, and the same of the two plans, reckoned without parties."""
        parties, before, after = self.by_party(), self.before, self.case.plan
        worth = after.network.demands.value
        exposed = [each.impact if each else 0.0 for each in self.exposed]
        whole = {
            "vehicles_won": float(after.supplied.sum() - before.supplied.sum()),
            "margin_won": self.margin * float(worth @ (after.supplied - before.supplied).sum(axis=1)),
            "paid_more": _paid(after) - _paid(before),
            "exposure_removed": exposed[0] - exposed[1],
            "pays": self.case.found.spent + sum(self.case.public.values()),
        }
        return {what: [sum(each[what] for each in parties.values()), whole[what]] for what in GAINS}


def _paid(plan: Plan) -> float:
    made = plan.network.activities
    there = np.array([bool(site) for site in made.site])
    return float((made.cost * plan.start)[there].sum())


def _payers(chain: Chain) -> dict[str, str]:
    """Who sets each policy of the chain, where that is told."""
    return {row["policy"]: row["party"] for row in chain.policies.to_pylist() if row["party"]}


def _bare(asked: AskedPlan, exposed: Exposure | None) -> dict[str, Any]:
    """The plan as it is, without orders and without anything from others."""
    summary = summary_of(asked.plan, AS_IT_IS, asked.limit)
    return {
        "case": AS_IT_IS, "orders": 0, "own_money": 0, "others_money": 0, "public_cost": 0,
        "vehicles_won": 0, "net_present_value": 0, "margin_won": 0, "payback": None, "supplied": round(summary.pieces),
        "fill": summary.pieces / summary.wanted if summary.wanted else 1.0, **exposure_told(exposed),
    }  # fmt: skip


def _row(asked: AskedPlan, case: SharedCase, margin: float) -> dict[str, Any]:
    """A case beside the plan as it is; what the orders are worth is of the orders alone, in the same circumstances."""
    found, earned, network = case.found, case.earned, case.plan.network
    summary = summary_of(case.plan, case.under.name, asked.limit)
    more = (case.plan.supplied - asked.plan.supplied).sum(axis=1)
    return {
        "case": case.under.name, "orders": int(found.ordered.sum()), "own_money": round(found.spent - case.others),
        "others_money": round(case.others), "public_cost": round(sum(case.public.values())),
        "vehicles_won": round(float(more.sum())),
        "net_present_value": round(earned.value),
        **_over(case.values),
        "margin_won": round(margin * float(network.demands.value @ more)),
        "payback": None if earned.payback is None else network.week_name(earned.payback),
        "supplied": round(summary.pieces), "fill": summary.pieces / summary.wanted if summary.wanted else 1.0,
        **exposure_told(case.exposure),
        "case_gap": found.gap, "seconds": round(found.seconds, 2),
    }  # fmt: skip


def _over(values: Sequence[float]) -> dict[str, Any]:
    """Over scenarios; nothing without any."""
    if not values:
        return {}
    return {"worst_value": round(min(values)), "expected_value": round(float(np.mean(values)))}


def _broken(case: SharedCase, volumes: Volumes) -> list[dict[str, Any]]:
    """What of the memoranda is not kept without orders and with them, where a case has them."""
    if not case.under.volumes:
        return []
    plans = (("without orders", case.without), ("with the orders", case.plan))
    return [
        {"case": case.under.name, "plan": name, **row} for name, plan in plans for row in breached_by(plan, volumes)
    ]


def _said(made: ChainPlan, rows: Sequence[Mapping[str, Any]]) -> str:
    alone, last = rows[1], rows[-1]
    money = f"{signed(last['margin_won'] - alone['margin_won'])} {made.currency}".strip()
    return (
        f"Case {last['case']}, against own money alone: {signed(last['vehicles_won'] - alone['vehicles_won'])} "
        f"{made.piece}s, margin {money}; own money {last['own_money']:,} instead of {alone['own_money']:,}, "
        f"others {last['others_money']:,}, public cost {last['public_cost']:,}."
    )


def _notes(margin: float, rate: float, scenarios: int, demand: float, beyond: Sequence[str]) -> list[str]:
    notes = [
        f"Assumed: {margin:.0%} of the value of what is won is earned, interest of {rate:.1%} a year, machines are "
        "worth their written-off price when the plan ends; no margin after that is counted.",
        *ABOUT, IMPACT,
    ]  # fmt: skip
    if scenarios:
        notes.append(
            f"Worst value is the least net present value of the orders in {plural(scenarios, 'scenario')} in which "
            f"each demand moves within {demand:.0%}; customers of memoranda ask for no less than their minimum "
            "call-offs."
        )
    if beyond:
        notes.append(
            f"Left out, since none of their weeks lies in the plan: {', '.join(beyond)}. Plan more weeks to see them."
        )
    return notes


def _limits(cases: Sequence[SharedCase], gap: float) -> list[str]:
    return [
        f"The orders of {each.under.name} may be up to {each.found.gap:.2%} from the best, more than the {gap:.2%} "
        "asked."
        for each in cases if each.found.gap > gap + 1e-9
    ]  # fmt: skip
