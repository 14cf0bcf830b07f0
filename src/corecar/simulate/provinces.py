"""A fictional province of chips and cars: parties, sites, products, routes, demand, capacity, full pipelines.

Everything follows from size and seed. Capacity is what the mean demand takes, times a headroom that is below one at a
few sites: so some programs run short, and which sites are to blame is known.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from corecar.chain import bpn
from corecar.chain.chain import Chain
from corecar.chain.intake import take_in
from corecar.chain.sheets import Sheet
from corecar.chain.weeks import week_name
from corecar.errors import ArgumentError
from corecar.simulate import exchange
from corecar.simulate.sign_up import SignUp
from corecar.simulate.transit import on_their_way

Size = Literal["small", "medium", "large"]
Row = dict[str, Any]


@dataclass(frozen=True)
class Counts:
    """How many of each there are."""

    chips: int
    modules: int
    programs: int
    sites: int
    weeks: int = 60


SIZES: dict[str, Counts] = {
    "small": Counts(26, 8, 10, 30),
    "medium": Counts(260, 40, 60, 200),
    "large": Counts(3_000, 300, 500, 200),
}
IDENTITIES = uuid.uuid5(uuid.NAMESPACE_DNS, "province.corecar.example")
"""Name space of the identities of products in messages."""
BEGIN = date(2027, 1, 4)
"""The Monday of the first week."""


@dataclass(frozen=True)
class Trade:
    """What sites of one kind do.

    share    part of all sites
    stages   stage -> (unit of its capacity, lead time [weeks], yield, cost of a piece, routes of a product at most)
    """

    prefix: str
    kind: str
    title: str
    share: float
    stages: Mapping[str, tuple[str, tuple[int, int], tuple[float, float], float, int]] = field(default_factory=dict)


TRADES = (
    Trade("FAB", "foundry", "Foundry", 0.17, {"wafer": ("wafer", (12, 18), (0.80, 0.96), 1.2, 2)}),
    Trade("OSAT", "packaging-and-test", "Packaging and Test", 0.33, {
        "packaging": ("piece", (2, 4), (0.985, 0.998), 0.25, 3),
        "test": ("hour", (1, 1), (0.93, 0.99), 0.12, 3),
        "burn-in": ("hour", (1, 1), (0.995, 0.999), 0.08, 2),
    }),
    Trade("TIER", "tier-1", "Systems", 0.20, {"module-assembly": ("piece", (1, 1), (0.99, 0.998), 9.0, 2)}),
    Trade("CARS", "carmaker", "Motors", 0.20, {"vehicle-assembly": ("piece", (1, 1), (1.0, 1.0), 0.0, 1)}),
    Trade("LAB", "laboratory", "Reliability Laboratory", 0.07),
    Trade("UNI", "university", "University", 0.03),
)  # fmt: skip
"""Kinds of parties in the order of the way from wafer to car; shares sum to one."""

CLASSES = (
    "control",
    "power",
    "sensor",
    "driver",
    "memory",
    "communication",
    "analogue",
    "security",
    "compute",
    "discrete",
)
PACKAGES = (("QFN", 32, 64), ("LQFP", 48, 176), ("BGA", 196, 484), ("SOIC", 8, 28), ("DFN", 6, 16))
NODES = (180, 110, 90, 55, 40, 28, 16)
SINGLE = 0.35
"""Part of chips and modules that one site alone makes at a stage."""
ALTERNATES = 0.2
"""Part of a module's positions that a second chip may fill."""
TIGHT, TIGHT_HEADROOM = 0.08, (0.70, 0.92)
"""Part of capacity groups that cannot do what the mean demand takes, one at least, and what part of it they can."""
HEADROOM = (1.05, 1.45)
HELD = 0.03
"""Part of lots that are held."""
RAMPS = ((1.0, 1.0), (1.0, 1.0), (0.3, 1.5), (1.3, 0.5))
"""What part of its mean a program begins and ends with: steady, steady, beginning, ending."""
FESTIVAL = {6: 0.45, 7: 0.30, 40: 0.75}
"""Weeks of the year in which less is built and worked, and what part of it."""


def simulate_chain(size: Size = "small", *, seed: int = 1, counts: Counts | None = None) -> Chain:
    """A fictional province.

    size     small: 26 chips, 8 modules, 10 programs, 30 sites; medium: 260, 40, 60, 200; large: 3,000, 300, 500, 200;
             60 weeks each
    seed     the same seed makes the same province
    counts   other numbers than those of the size
    Raises   ArgumentError for a size that is none

    >>> simulate_chain("small").counts["products"]
    44
    """
    if size not in SIZES:
        raise ArgumentError(f'"{size}" is no size. Choose {", ".join(SIZES)}.')
    province = _Province(counts or SIZES[size], np.random.default_rng(seed))
    return take_in(_sheet(name, rows) for name, rows in province.tables().items() if rows).chain


def _sheet(name: str, rows: Sequence[Row]) -> Sheet:
    header = list(dict.fromkeys(word for row in rows for word in row))
    columns = {word: pa.array([_text(row.get(word)) for row in rows], pa.string()) for word in header}
    return Sheet(name, "simulated", columns, np.arange(2, len(rows) + 2, dtype=np.int64))


def _text(value: Any) -> str:
    return "" if value is None else f"{value:.12g}" if isinstance(value, float) else str(value)


class _Province:
    """A province as it is made, table by table; each step draws on, so their order is part of the seed."""

    def __init__(self, counts: Counts, draw: np.random.Generator) -> None:
        self.counts, self.draw = counts, draw
        self.weeks = [BEGIN + timedelta(weeks=week) for week in range(counts.weeks)]
        self.sites_of: dict[str, list[str]] = defaultdict(list)
        self.owner: dict[str, str] = {}
        self.flow: dict[str, float] = {}
        self.load: dict[str, float] = defaultdict(float)

    def tables(self) -> dict[str, list[Row]]:
        """Every table of the province."""
        parties, sites = self._parties_and_sites()
        products = self._products()
        bills = list(self._bills())
        demand = list(self._demand(bills))
        routes, wip, stock = self._routes(products)
        signed = SignUp(self.sites_of, self.owner, week_name(BEGIN), self.draw)
        made = {
            "parties": parties, "sites": sites, "products": products, "bills": bills,
            "groups": list(self._groups()), "routes": routes, "capacity": list(self._capacity()), "demand": demand,
            "stock": stock, "wip": wip, "prices": list(self._prices(products)),
            "offers": list(signed.offers(products)), "needs": list(signed.needs(products)),
        }  # fmt: skip
        made["wip"] = on_their_way(made, week_name(BEGIN), self.draw)
        return made | self._told(made)

    def _told(self, made: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
        """What parties tell each other beside their sheets."""
        links = exchange.linked(made)
        return {
            "route_weeks": list(exchange.learning(made["routes"], self.weeks, self.draw)),
            "links": links, "alerts": exchange.watched(links),
            "short_term": list(exchange.called(made, BEGIN)),
            "disruptions": list(exchange.disrupted(made, BEGIN, self.draw)),
        }  # fmt: skip

    def _parties_and_sites(self) -> tuple[list[Row], list[Row]]:
        parties, sites = list[Row](), list[Row]()
        numbers = np.floor(np.cumsum([0.0] + [trade.share for trade in TRADES]) * self.counts.sites + 1e-9).astype(int)
        for trade, first, last in zip(TRADES, numbers, numbers[1:], strict=False):
            there, number = max(int(last - first), 1), 0
            while there > 0:
                number += 1
                of_party = min(there, int(self.draw.integers(1, 4)))
                party = f"{trade.prefix}{number:02}"
                parties.append({
                    "party": party, "name": f"Demo {trade.title} {number:02} (fictional)", "kind": trade.kind,
                    "bpnl": bpn.completed("BPNL", f"DEMO{trade.prefix[0]}{number:05}"), "country": "CN",
                    "contact": f"planning@{party.lower()}.example",
                })  # fmt: skip
                for place in range(1, of_party + 1):
                    sites.append(self._site(trade, party, number, place))
                there -= of_party
        return parties, sites

    def _site(self, trade: Trade, party: str, number: int, place: int) -> Row:
        site, town = f"{party}-{place}", int(self.draw.integers(1, 9))
        self.sites_of[trade.prefix].append(site)
        self.owner[site] = party
        ten = f"DEMO{trade.prefix[0]}{number:03}{place:02}"
        return {
            "site": site, "party": party, "name": f"Demo plant {site} (fictional)", "place": f"Demo Town {town}",
            "region": f"Demo Region {(town + 2) // 3}", "country": "CN", "time_zone": "Asia/Shanghai",
            "bpns": bpn.completed("BPNS", ten), "bpna": bpn.completed("BPNA", ten),
            "latitude": round(30 + 0.3 * town + float(self.draw.normal(0, 0.05)), 4),
            "longitude": round(116 + 0.4 * town + float(self.draw.normal(0, 0.05)), 4),
            "certificates": "IATF 16949; ISO 26262" if self.draw.random() < 0.7 else "IATF 16949",
        }  # fmt: skip

    def _products(self) -> list[Row]:
        """Every product, with an identity for messages that follows from its name alone."""
        return [
            row | {"global_asset_id": uuid.uuid5(IDENTITIES, row["product"]).urn}
            for row in (*self._chips(), *self._modules_and_programs())
        ]

    def _chips(self) -> Iterator[Row]:
        self.chips = [f"CHIP{number:04}" for number in range(1, self.counts.chips + 1)]
        makers = self.sites_of["FAB"]
        for number, chip in enumerate(self.chips):
            family, low, high = PACKAGES[int(self.draw.integers(len(PACKAGES)))]
            kind = CLASSES[number % len(CLASSES)]
            yield {
                "product": chip, "kind": "chip", "party": self.owner[makers[int(self.draw.integers(len(makers)))]],
                "name": f"Demo {kind} chip {number + 1} (fictional)", "number": f"DM-{number + 1:05}", "class": kind,
                "gross_die_per_wafer": int(self.draw.integers(300, 6_000)),
                "value": round(float(self.draw.lognormal(1.2, 0.7)), 2), "currency": "CNY",
                "grade": int(self.draw.choice([0, 1, 1, 1, 2, 2, 3])), "package_family": family,
                "pins": int(self.draw.integers(low, high + 1)), "node_nm": int(self.draw.choice(NODES)),
            }  # fmt: skip

    def _modules_and_programs(self) -> Iterator[Row]:
        self.modules = [f"MOD{number:03}" for number in range(1, self.counts.modules + 1)]
        self.programs = [f"CAR{number:03}" for number in range(1, self.counts.programs + 1)]
        makers, plants = self.sites_of["TIER"], self.sites_of["CARS"]
        for number, module in enumerate(self.modules):
            yield {"product": module, "kind": "module", "party": self.owner[makers[number % len(makers)]],
                   "name": f"Demo module {number + 1} (fictional)",
                   "value": round(float(self.draw.uniform(200, 2_500)), 2), "currency": "CNY"}  # fmt: skip
        self.plant = {program: plants[number % len(plants)] for number, program in enumerate(self.programs)}
        for number, program in enumerate(self.programs):
            yield {"product": program, "kind": "vehicle-program", "party": self.owner[self.plant[program]],
                   "name": f"Demo car {number + 1} (fictional)", "priority": int(self.draw.choice([1, 2, 2, 3])),
                   "value": round(float(self.draw.uniform(60_000, 350_000)), -2), "currency": "CNY"}  # fmt: skip

    def _bills(self) -> Iterator[Row]:
        """Programs of modules and modules of chips, so that each chip and module is in something."""
        yield from self._of(self.programs, self.modules, (3, 9), (1, 2), 0.0)
        yield from self._of(self.modules, self.chips, (5, 25), (1, 4), ALTERNATES)

    def _of(
        self, wholes: list[str], parts: list[str], size: tuple[int, int], quantity: tuple[int, int], second: float
    ) -> Iterator[Row]:
        bill: dict[str, list[str]] = {whole: [] for whole in wholes}
        for number, part in enumerate(parts):
            bill[wholes[number % len(wholes)]].append(part)
        for whole, own in bill.items():
            wanted = min(int(self.draw.integers(size[0], size[1] + 1)), len(parts))
            others = [part for part in self.draw.permutation(parts).tolist() if part not in own]
            chosen = [*own, *others[: max(wanted - len(own), 0)]]
            spare = others[len(chosen) - len(own) :]
            for place, part in enumerate(chosen, 1):
                row = {"parent": whole, "position": f"{place * 10}", "child": part,
                       "quantity": int(self.draw.integers(quantity[0], quantity[1] + 1)), "preference": 1}  # fmt: skip
                yield row
                if spare and self.draw.random() < second:
                    yield row | {"child": spare.pop(), "preference": 2}

    def _demand(self, bills: list[Row]) -> Iterator[Row]:
        """Vehicles a week: a season, a festival, a ramp up or down, noise; and what all products flow on average."""
        year = np.array([day.isocalendar().week for day in self.weeks])
        quiet = np.array([FESTIVAL.get(int(week), 1.0) for week in year])
        season = 1 + 0.15 * np.cos(2 * np.pi * (year - 48) / 52)
        for program in self.programs:
            mean = float(self.draw.lognormal(6.3, 0.7))
            first, last = RAMPS[int(self.draw.integers(len(RAMPS)))]
            ramp = np.linspace(first, last, self.counts.weeks)
            noise = self.draw.normal(1, 0.06, self.counts.weeks)
            wanted = np.rint(np.maximum(mean * season * quiet * ramp * noise, 0)).astype(int)
            self.flow[program] = float(wanted.mean())
            for day, quantity in zip(self.weeks, wanted.tolist(), strict=True):
                yield {"product": program, "customer": self.owner[self.plant[program]],
                       "customer_site": self.plant[program], "category": "SR99", "week": week_name(day),
                       "quantity": quantity}  # fmt: skip
        for row in bills:
            if row["preference"] == 1:
                part = row["quantity"] * self.flow[row["parent"]]
                self.flow[row["child"]] = self.flow.get(row["child"], 0.0) + part

    def _routes(self, products: list[Row]) -> tuple[list[Row], list[Row], list[Row]]:
        """The ways of every product, with the lots that are on them and the stock behind each stage."""
        routes, wip, stock = list[Row](), list[Row](), list[Row]()
        by_kind = {"chip": ("FAB", "OSAT"), "module": ("TIER",), "vehicle-program": ("CARS",)}
        for product in products:
            trades = [trade for trade in TRADES if trade.prefix in by_kind[product["kind"]]]
            ways = [(trade, stage) for trade in trades for stage in trade.stages
                    if stage != "burn-in" or product["grade"] == 0]  # fmt: skip
            need = self.flow.get(product["product"], 0.0)
            for trade, stage in reversed(ways):
                own = list(self._ways(product, trade, stage, need))
                routes += own
                for row in own:
                    wip += self._lots(row, need / len(own))
                if product["kind"] != "vehicle-program":
                    stock.append(self._stock(product, own[0], stage, need, last=stage == ways[-1][1]))
                need = need / float(np.mean([row["yield"] for row in own]))
        return routes, wip, stock

    def _ways(self, product: Row, trade: Trade, stage: str, need: float) -> Iterator[Row]:
        unit, lead, yields, cost, most = trade.stages[stage]
        sites = self.sites_of[trade.prefix]
        several = 1 if self.draw.random() < SINGLE else min(int(self.draw.integers(1, most + 1)), len(sites))
        chosen = self.draw.choice(sites, several, replace=False).tolist()
        if trade.prefix == "CARS":
            chosen = [self.plant[product["product"]]]
        for place, site in enumerate(chosen, 1):
            good = round(float(self.draw.uniform(*yields)), 4)
            hours = round(float(self.draw.lognormal(-6.2, 0.5)), 6)
            started = need / len(chosen) / good
            per_piece = {"wafer": 1 / product.get("gross_die_per_wafer", 1), "piece": 1.0, "hour": hours}[unit]
            group = f"{site}-{stage}"
            self.load[group] += started * per_piece
            name = product["product"]
            yield {
                "route": f"{name}-{stage}-{place}", "product": name, "stage": stage, "site": site, "group": group,
                "use": hours if unit == "hour" else None, "lead_weeks": int(self.draw.integers(lead[0], lead[1] + 1)),
                "yield": good, "cost": round(cost * float(self.draw.uniform(0.7, 1.4)), 4),
                "currency": "CNY" if cost else None, "preference": place, "grade": product.get("grade"),
                "package_family": product.get("package_family") if stage == "packaging" else None,
                "node_nm": product.get("node_nm") if stage == "wafer" else None,
                "tester_platform": f"platform {'ABC'[int(self.draw.integers(3))]}" if stage == "test" else None,
                "ppap": "approved", "valid_from": "2025-01-01", "valid_until": "2030-12-31",
            }  # fmt: skip

    def _lots(self, route: Row, need: float) -> Iterator[Row]:
        """One lot for each week of the lead time: the pipeline is full when the first week begins."""
        for week in range(route["lead_weeks"] if route["stage"] != "vehicle-assembly" else 0):
            quantity = int(need * float(self.draw.uniform(0.85, 1.05)) / route["yield"])
            if quantity > 0:
                yield {"lot": f"L-{route['route']}-{week + 1:02}", "product": route["product"], "quantity": quantity,
                       "unit": "piece", "route": route["route"], "stage": route["stage"], "site": route["site"],
                       "week": week_name(BEGIN + timedelta(weeks=week)),
                       "state": "held" if self.draw.random() < HELD else "in-process"}  # fmt: skip

    def _stock(self, product: Row, route: Row, stage: str, need: float, *, last: bool) -> Row:
        return {"product": product["product"], "stage": None if last else stage, "site": route["site"], "blocked": "no",
                "quantity": int(need * float(self.draw.uniform(0.4, 2.0))), "unit": "piece",
                "day": (BEGIN - timedelta(days=3)).isoformat()}  # fmt: skip

    def _groups(self) -> Iterator[Row]:
        unit = {stage: told[0] for trade in TRADES for stage, told in trade.stages.items()}
        for group in self.load:
            site = next(site for site in self.owner if group.startswith(f"{site}-"))
            stage = group.removeprefix(f"{site}-")
            yield {"group": group, "site": site, "name": f"Demo {stage} at {site}", "unit": unit[stage]}

    def _capacity(self) -> Iterator[Row]:
        """What the mean demand takes, times a headroom; less in the weeks of festivals."""
        quiet = [0.5 + 0.5 * FESTIVAL.get(day.isocalendar().week, 1.0) for day in self.weeks]
        groups = [group for group in self.load if not group.endswith("vehicle-assembly")]
        tight = set(self.draw.choice(groups, max(round(TIGHT * len(groups)), 1), replace=False).tolist())
        for group, load in self.load.items():
            room = float(self.draw.uniform(*(TIGHT_HEADROOM if group in tight else HEADROOM)))
            for day, part in zip(self.weeks, quiet, strict=True):
                actual = max(load * room * part * float(self.draw.normal(1, 0.02)), 0.0)
                yield {"group": group, "week": week_name(day), "actual": float(f"{actual:.6g}"),
                       "maximum": float(f"{actual * 1.1:.6g}")}  # fmt: skip

    def _prices(self, products: list[Row]) -> Iterator[Row]:
        for row in products:
            if row["kind"] == "chip":
                yield {"product": row["product"], "seller": row["party"], "least_quantity": 0, "price": row["value"],
                       "currency": "CNY"}  # fmt: skip
