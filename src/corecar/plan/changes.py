"""What if: changes of a network, each typed, read from a short line and applied to a copy.

Changes of demand, sites, groups, yields, stock and open routes need the network alone. A lot that is held or released,
and a route that was left out of the network, stand in the chain's tables: the network is made anew from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, Protocol

import numpy as np
import pyarrow as pa

from corecar.chain.chain import Chain
from corecar.chain.tables import TABLES
from corecar.chain.weeks import week_name, week_numbers
from corecar.chain.words import HELD
from corecar.errors import ArgumentError
from corecar.faults import meant
from corecar.network.arrays import Floats, Floor, Integers, Lots, Network
from corecar.network.counting import variable_of
from corecar.network.from_chain import network_of

ALL = "*"


@dataclass(frozen=True)
class Weeks:
    """Some weeks on end, by their Mondays, both inside; None is open."""

    first: date | None = None
    last: date | None = None

    def reach(self, network: Network) -> bool:
        """Whether any of them lies in a network's horizon."""
        begin, end = self._ends(network)
        return begin <= end

    def _ends(self, network: Network) -> tuple[int, int]:
        begin, end = 0, network.weeks - 1
        if self.first is not None:
            begin = max(begin, _number(self.first) - network.first_week)
        if self.last is not None:
            end = min(end, _number(self.last) - network.first_week)
        return begin, end

    def places(self, network: Network) -> Integers:
        """Weeks of a network's horizon, int64.

        Raises  ArgumentError where none of them lies in it
        """
        begin, end = self._ends(network)
        if end < begin:
            first, last = (week_name(network.monday(week).astype(date)) for week in (0, network.weeks - 1))
            raise ArgumentError(f"{str(self).strip()} is outside of the plan, which goes from {first} to {last}.")
        return np.arange(begin, end + 1)

    def __str__(self) -> str:
        if self.first is None:
            return "" if self.last is None else f" until {week_name(self.last)}"
        if self.last is None:
            return f" from {week_name(self.first)}"
        return f" {week_name(self.first)}" + ("" if self.last == self.first else f"..{week_name(self.last)}")


EVER = Weeks()
"""All weeks of a plan."""


@dataclass(frozen=True)
class Amount:
    """How a number changes: by a factor, by so much more, or to a value."""

    how: Literal["factor", "add", "set"]
    value: float

    def of(self, before: Floats) -> Floats:
        """The numbers after it, none below 0."""
        after = {"factor": before * self.value, "add": before + self.value, "set": np.full_like(before, self.value)}
        return np.asarray(np.maximum(after[self.how], 0.0))

    def __str__(self) -> str:
        if self.how == "factor":
            return f"{(self.value - 1) * 100:+.10g}%"
        return f"{self.value:+.10g}" if self.how == "add" else f"={self.value:.10g}"


class Change(Protocol):
    """One change: of a network, and where it must of the chain that the network is made from."""

    def on(self, network: Network) -> Network:
        """The network after it. Raises ArgumentError for names that are not there."""

    def on_chain(self, chain: Chain, network: Network) -> Chain | None:
        """The chain after it; None where the network alone is changed."""


class _OfNetwork:
    """A change that the chain's tables need not know."""

    def on_chain(self, chain: Chain, network: Network) -> Chain | None:
        """None."""
        return None


@dataclass(frozen=True)
class Demand(_OfNetwork):
    """More or less is wanted: `demand CAR-3 +20% 2027-W10..W13`; added pieces are those of each week.

    names  of demands or products; all where it is `*`
    """

    names: tuple[str, ...]
    amount: Amount
    weeks: Weeks = EVER

    def on(self, network: Network) -> Network:
        demands = network.demands
        rows = [_rows(name, "demand", demands.names, demands.product) for name in self.names]
        wanted = demands.wanted.copy()
        place = np.ix_(np.unique(np.concatenate(rows)), self.weeks.places(network))
        wanted[place] = self.amount.of(wanted[place])
        return replace(network, demands=replace(demands, wanted=wanted))

    def __str__(self) -> str:
        return f"demand {', '.join(self.names)} {self.amount}{self.weeks}"


@dataclass(frozen=True)
class SiteDown(_OfNetwork):
    """Nothing is started at a site: `site S12 down 2027-W10..W13`. What was started there before still comes."""

    site: str
    weeks: Weeks = EVER

    def on(self, network: Network) -> Network:
        made, groups = network.activities, network.groups
        known = dict.fromkeys(name for name in (*groups.site, *made.site) if name)
        _must(self.site, "site", known)
        weeks = self.weeks.places(network)
        most, actual, maximum = made.most.copy(), groups.actual.copy(), groups.maximum.copy()
        most[np.ix_(_where(made.site, self.site), weeks)] = 0.0
        stopped = np.ix_(_where(groups.site, self.site), weeks)
        actual[stopped] = maximum[stopped] = 0.0
        return replace(
            network, activities=replace(made, most=most), groups=replace(groups, actual=actual, maximum=maximum)
        )

    def __str__(self) -> str:
        return f"site {self.site} down{self.weeks}"


@dataclass(frozen=True)
class Capacity(_OfNetwork):
    """A group can do more or less each week: `capacity TEST-1 +40 2027-W08..W12`; what is planned and the maximum."""

    group: str
    amount: Amount
    weeks: Weeks = EVER

    def on(self, network: Network) -> Network:
        groups = network.groups
        _must(self.group, "group", groups.names)
        place = np.ix_(_where(groups.names, self.group), self.weeks.places(network))
        actual, maximum = groups.actual.copy(), groups.maximum.copy()
        actual[place], maximum[place] = self.amount.of(actual[place]), self.amount.of(maximum[place])
        return replace(network, groups=replace(groups, actual=actual, maximum=maximum))

    def __str__(self) -> str:
        return f"capacity {self.group} {self.amount}{self.weeks}"


@dataclass(frozen=True)
class Yield(_OfNetwork):
    """A route gives more or fewer good pieces: `yield R1 =0.92` or `yield R1 -5%`."""

    route: str
    amount: Amount
    weeks: Weeks = EVER

    def on(self, network: Network) -> Network:
        made = network.activities
        _must(self.route, "route", made.names)
        yields = made.yields.copy()
        place = np.ix_(_where(made.names, self.route), self.weeks.places(network))
        yields[place] = self.amount.of(yields[place])
        if float(yields[place].max()) > 1:
            raise ArgumentError(f"{self}: a yield of {yields[place].max():g} is above 1. Write a smaller change.")
        return replace(network, activities=replace(made, yields=yields))

    def __str__(self) -> str:
        return f"yield {self.route} {self.amount}{self.weeks}"


@dataclass(frozen=True)
class Stock(_OfNetwork):
    """More or less lies there as the plan begins, or comes in its first week: `stock MCU after test +500 2027-W08`.

    item   its name, or a product for the finished one
    """

    item: str
    amount: Amount
    week: Weeks = EVER

    def on(self, network: Network) -> Network:
        items = network.items
        row = self._row(network)
        if not items.kept[row]:
            raise ArgumentError(f"{self}: nothing can lie at {items.names[row]}. Name one of its alternates.")
        if self.week.first is None:
            opening = items.opening.copy()
            opening[row] = self.amount.of(opening[row : row + 1])[0]
            return replace(network, items=replace(items, opening=opening))
        arrivals, week = items.arrivals.copy(), int(self.week.places(network)[0])
        arrivals[row, week] = self.amount.of(arrivals[row, week : week + 1])[0]
        return replace(network, items=replace(items, arrivals=arrivals))

    def _row(self, network: Network) -> int:
        names, products = network.items.names, network.items.product
        if self.item in names:
            return names.index(self.item)
        lying = [row for row, product in enumerate(products) if product == self.item and network.items.kept[row]]
        if not lying:
            _must(self.item, "item or product", (*names, *products))
        return lying[-1]

    def __str__(self) -> str:
        return f"stock {self.item} {self.amount}{self.week}"


@dataclass(frozen=True)
class NewRoute(_OfNetwork):
    """One more route like one that is there: `route R9 like R3 group TEST-2 from 2027-W20`."""

    name: str
    like: str
    group: str | None = None
    weeks: Weeks = EVER

    def on(self, network: Network) -> Network:
        made, groups = network.activities, network.groups
        _must(self.like, "route", made.names)
        if self.name in made.names:
            raise ArgumentError(f'{self}: there is a route "{self.name}" already. Write another name.')
        row = made.names.index(self.like)
        group, site = int(made.group[row]), made.site[row]
        if self.group is not None:
            _must(self.group, "group", groups.names)
            group = groups.names.index(self.group)
            site = groups.site[group]
        most = np.zeros(network.weeks)
        most[self.weeks.places(network)] = made.most[row].max()
        taken = slice(int(made.starts[row]), int(made.starts[row + 1]))

        def twice(values: Any) -> Any:
            return np.append(values, values[row : row + 1], axis=0)

        return replace(
            network,
            activities=replace(
                made,
                names=(*made.names, self.name),
                site=(*made.site, site),
                **{name: twice(getattr(made, name)) for name in ("output", "use", "lead", "yields", "cost", "share")},
                group=np.append(made.group, group),
                most=np.append(made.most, most[None, :], axis=0),
                starts=np.append(made.starts, made.starts[-1] + taken.stop - taken.start),
                items=np.append(made.items, made.items[taken]),
                quantities=np.append(made.quantities, made.quantities[taken]),
                lots=None if made.lots is None else Lots(*map(twice, made.lots)),
            ),
        )

    def __str__(self) -> str:
        return f"route {self.name} like {self.like}{f' group {self.group}' if self.group else ''}{self.weeks}"


@dataclass(frozen=True)
class OpenRoute:
    """A route may supply in some weeks, qualified or not until now: `route R9 from 2027-W20`.

    One that was left out of the network is taken from the chain's tables as if it were approved for its product.
    """

    route: str
    weeks: Weeks = EVER

    def on(self, network: Network) -> Network:
        made = network.activities
        _must(self.route, "route", made.names)
        row, most = made.names.index(self.route), made.most.copy()
        most[row, self.weeks.places(network)] = most[row].max() or np.inf
        return replace(network, activities=replace(made, most=most))

    def on_chain(self, chain: Chain, network: Network) -> Chain | None:
        """With the route approved; None where the network has it."""
        if self.route in network.activities.names:
            return None
        self.weeks.places(network)
        approved = {
            "ppap": "approved", "grade": None, "package_family": None, "node_nm": None,
            "valid_from": self.weeks.first, "valid_until": self.weeks.last,
        }  # fmt: skip
        return _with_row(chain, "routes", "route", self.route, approved)

    def __str__(self) -> str:
        return f"route {self.route} open{self.weeks}"


@dataclass(frozen=True)
class Lot:
    """Lots are held, or released: `lot L3 released`, `lot L3, L4 held`."""

    lots: tuple[str, ...]
    held: bool

    def on(self, network: Network) -> Network:
        raise ArgumentError(f"{self}: lots stand in the chain's tables. Plan on a chain, not on a network alone.")

    def on_chain(self, chain: Chain, network: Network) -> Chain | None:
        """With the lots in their new state."""
        return with_lots(chain, self.lots, held=self.held)

    def __str__(self) -> str:
        return f"lot {', '.join(self.lots)} {'held' if self.held else 'released'}"


def with_lots(chain: Chain, lots: Iterable[str], *, held: bool) -> Chain:
    """A chain in which some lots are held, or in process. Raises ArgumentError for one that is not there."""
    named, of_rows = list(dict.fromkeys(lots)), chain.wip["lot"].to_pylist()
    known = set(of_rows)
    for lot in named:
        if lot not in known:
            _must(lot, "lot", known)
    chosen, state = set(named), HELD if held else "in-process"
    states = [state if lot in chosen else now for lot, now in zip(of_rows, chain.wip["state"].to_pylist(), strict=True)]
    column = chain.wip.schema.get_field_index("state")
    changed = chain.wip.set_column(column, chain.wip.schema.field(column), pa.array(states, chain.wip["state"].type))
    return Chain(chain.tables | {"wip": changed})


def applied(
    changes: Iterable[Change], network: Network, chain: Chain | None = None, *, as_made: bool = False
) -> Network:
    """A network after some changes, one after the other.

    chain   that it was made from; needed for lots and for routes that the network does not have
    as_made whether it is known to be as it was made from the chain, so that nobody looks
    Raises  ArgumentError for a name that is not there, weeks outside of the plan, a change that needs the chain, or
            one that needs it where the network was changed since it was made
    """
    several = list(changes)
    for change in several:
        found = None if chain is None else change.on_chain(chain, network)
        if chain is not None and found is not None:
            if not as_made:
                _same(network, _made(chain, network), change)
            chain, network = found, _made(found, network)
            several = [other for other in several if other is not change]
    for change in several:
        network = change.on(network)
    return network


def _made(chain: Chain, like: Network) -> Network:
    """The network of a chain over the horizon and with the promises of another."""
    made = network_of(chain, first_week=like.monday(0).astype(date), weeks=like.weeks, sound=True)
    return replace(made, floors=tuple(_moved(floor, like, made) for floor in like.floors))


def _moved(floor: Floor, before: Network, after: Network) -> Floor:
    """A promise on the rows of the same names in another network."""
    names = {
        "supplied": (before.demands.names, after.demands.names),
        "started": (before.activities.names, after.activities.names),
        "stock": (before.items.names, after.items.names),
    }
    old, new = names[variable_of(floor.kind)]
    return replace(floor, rows=tuple(new.index(old[row]) for row in floor.rows))


def _same(network: Network, made: Network, change: Change) -> None:
    """Nothing where a network is as it was made. Raises ArgumentError."""
    for part in ("items", "activities", "groups", "demands"):
        for name, values in vars(getattr(made, part)).items():
            if not np.array_equal(values, getattr(getattr(network, part), name)):
                problem = f"the network is not as the chain's tables make it ({part}: {name} differs)"
                raise ArgumentError(f"{change}: {problem}. Give all changes at once, on the network as it was made.")


def _with_row(chain: Chain, table: str, key: str, name: str, cells: dict[str, Any]) -> Chain:
    rows = chain[table].to_pylist()
    _must(name, key, [row[key] for row in rows])
    for row in rows:
        if row[key] == name:
            row.update(cells)
    return Chain(chain.tables | {table: pa.Table.from_pylist(rows, TABLES[table].schema)})


def _rows(name: str, what: str, *several: Sequence[str]) -> Integers:
    """Rows that bear a name in any of some columns."""
    if name == ALL:
        return np.arange(len(several[0]))
    _must(name, what, dict.fromkeys(known for names in several for known in names))
    return np.unique(np.concatenate([_where(names, name) for names in several]))


def _where(names: Sequence[str], name: str) -> Integers:
    return np.array([row for row, known in enumerate(names) if known == name], np.int64)


def _must(name: str, what: str, known: Iterable[str]) -> None:
    choices = list(known)
    if name not in choices:
        raise ArgumentError(f'there is no {what} "{name}". {meant(name, choices)}'.rstrip())


def _number(day: date) -> int:
    return int(week_numbers(np.array([day], "datetime64[D]"))[0])
