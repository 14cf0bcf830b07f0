"""What a policy does to a plan: a lever as a fact, and every figure with it and without.

Four levers: a share of what new capacity costs, a class under shortage, a share that must be made at some sites, a
stock that must lie there. Each is applied to a copy of the network; both networks are planned in the same way.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from corecar.chain.chain import Chain
from corecar.chain.weeks import monday, week_name
from corecar.errors import ArgumentError
from corecar.faults import meant
from corecar.network.arrays import Floor, Network
from corecar.network.model import Limit
from corecar.network.pricing import BREACH
from corecar.plan.changes import EVER, Amount, Capacity, Weeks
from corecar.plan.compare import Planner, Summary, by_rule, summary_of
from corecar.plan.flow_times import leaving_of
from corecar.plan.plans import Plan

NOBODY = "nobody named"
WHO = {"capex-share": "group", "priority": "who", "local-share": "sites", "stock-duty": "items"}
"""What the column `who` of the sheet names under each lever."""
COLUMNS = {"policy": "name", "from_week": "from", "until_week": "until"}
"""Other columns of the sheet, and what they set."""
BESIDE = ("lever", "from", "until", "party", "note")
"""What stands beside a lever's own values: who sets it and remarks change no plan."""


class Policy(Protocol):
    """A lever that somebody sets."""

    @property
    def name(self) -> str:
        """Of the policy."""

    @property
    def weeks(self) -> Weeks:
        """In which it holds."""

    def on(self, network: Network, without: Plan) -> Network:
        """The network under it; `without` is the plan that there would be else. Raises ArgumentError."""

    def public_cost(self, plan: Plan) -> float:
        """What it costs the public in a plan under it."""


@dataclass(frozen=True)
class CapexShare:
    """The public pays a share of new machines: the group can do more each week from a week on.

    units   more in each week [unit of the group]; capex: what they cost; share: the public's part, 0 to 1
    """

    lever: ClassVar[str] = "capex-share"
    name: str
    group: str
    units: float
    capex: float
    share: float
    weeks: Weeks = EVER

    def on(self, network: Network, without: Plan) -> Network:
        """With the new machines."""
        _between(self.name, "share", self.share, 0, 1)
        _between(self.name, "units", self.units, 0, np.inf)
        _between(self.name, "capex", self.capex, 0, np.inf)
        return Capacity(self.group, Amount("add", self.units), self.weeks).on(network)

    def public_cost(self, plan: Plan) -> float:
        """The public's part of the price."""
        return self.share * self.capex


@dataclass(frozen=True)
class PriorityClass:
    """Some demands are of another class under shortage; it counts where a plan is made by classes.

    who     demands, products or customers
    class_  1 is served first
    """

    lever: ClassVar[str] = "priority"
    name: str
    who: tuple[str, ...]
    class_: int
    weeks: ClassVar[Weeks] = EVER

    def on(self, network: Network, without: Plan) -> Network:
        """With the demands in their class."""
        _between(self.name, "class", self.class_, 1, 9)
        demands = network.demands
        known = (demands.names, demands.product, demands.customer)
        _there(self.name, self.who, "demand, product or customer", *known)
        chosen = np.array([any(word in self.who for word in row) for row in zip(*known, strict=True)])
        return replace(network, demands=replace(demands, priority=np.where(chosen, self.class_, demands.priority)))

    def public_cost(self, plan: Plan) -> float:
        """Nothing."""
        return 0.0


@dataclass(frozen=True)
class LocalShare:
    """At least a share of what is started for some products is started at some sites.

    share   of the pieces that the plan without the policy starts at that stage, so that the promise is in pieces
    stage   such as `packaging`; empty: every stage of the products, each on its own
    price   of one piece that is missing; above any shortage where none is given
    """

    lever: ClassVar[str] = "local-share"
    name: str
    sites: tuple[str, ...]
    products: tuple[str, ...]
    share: float
    stage: str = ""
    weeks: Weeks = EVER
    price: float | None = None

    def on(self, network: Network, without: Plan) -> Network:
        """With a promise for each product and stage."""
        _between(self.name, "share", self.share, 0, 1)
        made, items, weeks = network.activities, network.items, self.weeks.places(network)
        _there(self.name, self.sites, "site", made.site)
        _there(self.name, self.products, "product", items.product)
        floors = []
        for item, (product, stage) in enumerate(zip(items.product, items.stage, strict=True)):
            routes = np.flatnonzero((made.output == item) & np.array([bool(site) for site in made.site]))
            local = tuple(row for row in routes.tolist() if made.site[row] in self.sites)
            if product not in self.products or (self.stage and stage != self.stage) or not len(routes):
                continue
            least = self.share * float(without.start[np.ix_(routes, weeks)].sum())
            clause = f"{self.name}: {items.names[item]}"
            floors.append(Floor(clause, "started", local, tuple(weeks.tolist()), least, _price(network, self.price)))
        if not floors:
            raise ArgumentError(f"policy {self.name}: no route makes {' or '.join(self.products)} at that stage.")
        return replace(network, floors=(*network.floors, *floors))

    def public_cost(self, plan: Plan) -> float:
        """Nothing."""
        return 0.0


@dataclass(frozen=True)
class StockDuty:
    """So many weeks of use of some items must lie there at the end of each week.

    weeks_of_use  of what leaves an item in a mean week of the plan without the policy
    public_part   of the cost of holding it that the public pays, 0 to 1
    """

    lever: ClassVar[str] = "stock-duty"
    name: str
    items: tuple[str, ...]
    weeks_of_use: float
    weeks: Weeks = EVER
    public_part: float = 0.0
    price: float | None = None

    def on(self, network: Network, without: Plan) -> Network:
        """With a promise for each item and week."""
        _between(self.name, "weeks_of_use", self.weeks_of_use, 0, np.inf)
        _between(self.name, "public_part", self.public_part, 0, 1)
        names = network.items.names
        _there(self.name, self.items, "item", names)
        use = leaving_of(without).mean(axis=1)
        floors = []
        for name in self.items:
            row = names.index(name)
            if not network.items.kept[row]:
                raise ArgumentError(f"policy {self.name}: nothing can lie at {name}. Name one of its alternates.")
            for week in self.weeks.places(network).tolist():
                clause = f"{self.name}: {name} in {week_name(network.monday(week).astype(date))}"
                least = self.weeks_of_use * float(use[row])
                floors.append(Floor(clause, "stock", (row,), (week,), least, _price(network, self.price)))
        return replace(network, floors=(*network.floors, *floors))

    def public_cost(self, plan: Plan) -> float:
        """The public's part of holding what lies there, in the weeks of the duty."""
        rows = np.array([plan.network.items.names.index(name) for name in self.items], np.int64)
        held = plan.stock[np.ix_(rows, self.weeks.places(plan.network))].sum(axis=1)
        return self.public_part * float(plan.network.items.holding[rows] @ held)


KINDS: dict[str, type[Any]] = {kind.lever: kind for kind in (CapexShare, PriorityClass, LocalShare, StockDuty)}
"""Every lever by its name."""


@dataclass(frozen=True)
class Effect:
    """A plan with policies and without.

    without, with_  the same figures of both
    benefit       by party: what a customer's supplies are worth more, and what a site's owner is paid more for what it
                  starts, as the plan counts it
    public_cost   of all policies together
    broken        promises of the policies that are not kept, with the pieces missing
    """

    without: Summary
    with_: Summary
    plans: tuple[Plan, Plan]
    benefit: Mapping[str, float]
    public_cost: float
    broken: Mapping[str, float]

    @property
    def pieces(self) -> float:
        """More supplied with the policies."""
        return self.with_.pieces - self.without.pieces

    @property
    def value(self) -> float:
        """More output by value."""
        return self.with_.value - self.without.value

    @property
    def on_time(self) -> float:
        """More that comes in time, as a part of what is requested."""
        return self.with_.on_time - self.without.on_time

    def __str__(self) -> str:
        moved = abs(self.pieces) > 1e-6 or abs(self.value) > 1e-6 or abs(self.on_time) > 1e-9
        said = [
            f"{self.pieces:+,.1f} pieces, value {self.value:+,.0f}, on time {100 * self.on_time:+.1f} points, "
            f"public cost {self.public_cost:,.0f}."
            if moved
            else f"Nothing that is supplied changes; public cost {self.public_cost:,.0f}."
        ]
        said += [f"{party}: {gain:+,.0f}." for party, gain in self.benefit.items() if abs(gain) > 0.5]
        said += [f"Not kept: {clause}, {missing:,.1f} pieces are missing." for clause, missing in self.broken.items()]
        return "\n".join(said)


def effect_of(
    network: Network, policies: Iterable[Policy], *, chain: Chain | None = None, planner: Planner | None = None,
    limit: Limit = "maximum",
) -> Effect:  # fmt: skip
    """A network planned with some policies and without.

    chain    names the party of each site; without it sites stand for themselves
    planner  how both are planned; by priority classes, exactly, where none is given
    limit    up to which the planner plans; says which groups are full
    Raises   ArgumentError for a policy that names what is not there; what the planner raises
    """
    several, plan_it = list(policies), planner or by_rule("priority")
    without = plan_it(network)
    changed = network
    for policy in several:
        changed = policy.on(changed, without)
    plan = plan_it(changed)
    own = changed.floors[len(network.floors) :]
    missing = plan.breach[len(network.floors) :]
    return Effect(
        without=summary_of(without, "without", limit),
        with_=summary_of(plan, "with", limit),
        plans=(without, plan),
        benefit=_benefits(without, plan, chain),
        public_cost=sum(policy.public_cost(plan) for policy in several),
        broken={floor.clause: float(less) for floor, less in zip(own, missing, strict=True) if less > 1e-6},
    )


def _benefits(before: Plan, after: Plan, chain: Chain | None) -> dict[str, float]:
    owner: dict[str, str] = {}
    if chain is not None:
        owner = dict(zip(chain.sites["site"].to_pylist(), chain.sites["party"].to_pylist(), strict=True))
    gains: dict[str, float] = {}
    for plan, sign in ((before, -1), (after, 1)):
        demands, made = plan.network.demands, plan.network.activities
        worth = demands.value * plan.supplied.sum(axis=1)
        paid = (made.cost * plan.start).sum(axis=1)
        for party, amount in (
            *((customer or NOBODY, amount) for customer, amount in zip(demands.customer, worth.tolist(), strict=True)),
            *((owner.get(site, site), amount) for site, amount in zip(made.site, paid.tolist(), strict=True) if site),
        ):
            gains[party] = gains.get(party, 0.0) + sign * amount
    return dict(sorted(gains.items()))


def policy_of(row: Mapping[str, Any]) -> Policy:
    """A policy from plain values, as of a table's row or a TOML file: `lever`, `name` and what the lever asks for.

    Weeks are `from` and `until`, ISO weeks, both inside; several names a list, or one text with commas between. The
    names of the sheet's columns do as well: `policy`, `from_week`, `until_week`, and `who` for what the lever is about.

    >>> policy_of({"lever": "priority", "policy": "ambulances", "who": "VAN", "class": 1}).name
    'ambulances'
    """
    lever = str(row.get("lever"))
    also = {**COLUMNS, "who": WHO.get(lever, "who")}
    row = {also.get(key, key): value for key, value in row.items()}
    name = row.get("name") or "without a name"
    if lever not in KINDS:
        raise ArgumentError(f'policy {name}: there is no lever "{lever}". {meant(str(lever), KINDS)}')
    kind = KINDS[lever]
    known = {field.name.rstrip("_"): field for field in fields(kind)}
    given = {key: value for key, value in row.items() if key not in BESIDE and value is not None}
    for key in given:
        if key not in known or key == "weeks":
            raise ArgumentError(f'policy {name}: {lever} has no "{key}". {meant(key, [*known, "from", "until"])}')
    missing = [key for key, field in known.items() if field.default is MISSING and key not in given]
    if missing:
        raise ArgumentError(f"policy {name}: {lever} needs {', '.join(missing)}.")
    values = {known[key].name: _typed(name, key, known[key].type, value) for key, value in given.items()}
    if "weeks" in known:
        first, last = (None if row.get(end) is None else monday(str(row[end])) for end in ("from", "until"))
        values["weeks"] = Weeks(first, last)
    elif row.get("from") or row.get("until"):
        raise ArgumentError(f"policy {name}: {lever} holds in all weeks. Leave out from and until.")
    made: Policy = kind(**values)
    return made


def read_policies(path: str | Path) -> tuple[Policy, ...]:
    """Policies from a TOML file of `[[policy]]` tables. Raises ArgumentError that names the file."""
    try:
        content = tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise ArgumentError(f"{path}: cannot be read ({error.strerror}).") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ArgumentError(f"{path}: is no TOML ({error}).") from None
    rows = content.get("policy")
    if (
        not isinstance(rows, list) or not rows or content.keys() - {"policy"}
        or not all(isinstance(row, Mapping) for row in rows)
    ):  # fmt: skip
        raise ArgumentError(f"{path}: expected [[policy]] tables with policy and lever, and nothing else.")
    try:
        return tuple(policy_of(row) for row in rows)
    except ArgumentError as error:
        raise ArgumentError(f"{path}: {error}") from None


def _typed(policy: str, key: str, kind: Any, value: Any) -> Any:
    """A value in the type of its field."""
    if "tuple" in str(kind):
        several = value.split(",") if isinstance(value, str) else list(value)
        return tuple(str(one).strip() for one in several if str(one).strip())
    if str(kind) == "str":
        return str(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise ArgumentError(f'policy {policy}: {key} is "{value}"; a number was expected.')
    return int(value) if str(kind) == "int" else float(value)


def _price(network: Network, price: float | None) -> float:
    return BREACH * float(network.demands.value.max(initial=0.0)) if price is None else price


def _between(policy: str, what: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        bounds = f"at least {least:g}" if most == np.inf else f"{least:g} to {most:g}"
        raise ArgumentError(f"policy {policy}: {what} is {value:g}; {bounds} was expected.")


def _there(policy: str, names: Iterable[str], what: str, *known: Iterable[str]) -> None:
    choices = dict.fromkeys(name for several in known for name in several if name)
    for name in names:
        if name not in choices:
            raise ArgumentError(f'policy {policy}: there is no {what} "{name}". {meant(name, choices)}')
