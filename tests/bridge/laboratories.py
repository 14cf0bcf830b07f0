"""A workspace of a laboratory whose offers two houses see, each with a person of its own and a qualification."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.bridge.houses import house_in
from tests.bridge.negotiators import Table
from tests.chain.books import Book, write_book

import corecar

PEOPLE = {
    "lab": ("engineer", "DEMO-LAB"), "ann": ("engineer", "DEMO-OSAT"), "bo": ("engineer", "DEMO-CHIPS"),
    "rea": ("reader", "DEMO-OSAT"),
}  # fmt: skip
PARTIES = [
    {"party": "DEMO-LAB", "name": "Demo Laboratory (fictional)", "kind": "laboratory"},
    {"party": "DEMO-OSAT", "name": "Demo Packaging (fictional)", "kind": "packaging-and-test"},
    {"party": "DEMO-CHIPS", "name": "Demo Chips (fictional)", "kind": "designer"},
]
OFFERS = [
    {"offer": "O-HAST", "party": "DEMO-LAB", "kind": "reliability", "title": "HAST chamber", "quantity": "168",
     "unit": "hour", "equipment": "HAST chamber", "from_week": "2027-W05", "until_week": "2027-W30", "price": "20",
     "currency": "EUR"},
    {"offer": "O-TC", "party": "DEMO-LAB", "kind": "reliability", "title": "Temperature cycling", "quantity": "168",
     "unit": "hour", "equipment": "Thermal cycling chamber", "from_week": "2027-W08"},
    {"offer": "O-HUM", "party": "DEMO-LAB", "kind": "reliability", "title": "Humidity, 154 parts at once",
     "quantity": "154", "unit": "piece", "equipment": "humidity chamber"},
    {"offer": "O-TEST", "party": "DEMO-LAB", "kind": "test", "title": "Tester hours", "quantity": "40", "unit": "hour"},
    {"offer": "O-RES", "party": "DEMO-LAB", "kind": "research", "title": "Research"},
]  # fmt: skip


@contextmanager
def laboratories(folder: Path, database: str | None = None, **more: Book) -> Iterator[Table]:
    """The workspace, opened by each of `PEOPLE`. DEMO-OSAT has qualification 1, DEMO-CHIPS qualification 2."""
    with house_in(folder, database) as house, ExitStack() as opened:
        for row in PARTIES:
            house.parties_add(row["party"])
        for name, (role, party) in PEOPLE.items():
            house.people_add(name, role=role, party=party)
        of = {name: opened.enter_context(corecar.open(folder / "house", actor=name)) for name in PEOPLE}
        of["lab"].chain_import([write_book({"parties": PARTIES, "offers": OFFERS}, folder / "offered")])
        for party in ("DEMO-OSAT", "DEMO-CHIPS"):
            for name in ("parties", "offers"):
                of["lab"].chain_share(name, party)
        for name in ("ann", "bo"):
            of[name].qualify_open(f"{name.upper()}-MCU", grade=1, package="leaded", wire="gold",
                                  change="die-scribe-separate")  # fmt: skip
        yield Table(folder, of)
