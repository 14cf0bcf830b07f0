"""A served workspace and a browser that the tests of the pages share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from tests.bridge.houses import small_lot
from tests.chain.books import small_book, write_book
from tests.gauge_files import gauge_table
from tests.web.browsers import Person, Site, browsing, need_browser, serving, sits_down

import corecar


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    need_browser()
    folder = tmp_path_factory.mktemp("site")
    with corecar.init(folder / "house", owner="Demo House") as house:
        for seed in (1, 2):  # one after the other, so that the first is lot 1
            house.ingest([small_lot(folder, seed)])
        house.ingest([corecar.simulate_lot(folder / "wafers.stdf", lot="WAFERS", wafers=3, dies=60, tests=8, seed=5)])
        house.grade("SIM00001")
        house.limits_propose(["SIM00001"], preliminary=True)
        house.action_open(
            "one zone fails", kind="yield", measure="yield", expected=0.02, responsible=house.me()["facts"]["person"],
            due=datetime(2030, 1, 1),
        )  # fmt: skip
        table = gauge_table(folder / "gauge.csv")
        house.gauge_keep([table], gauge="tester 7", operator="site", test=["vref", "idd"])
        book = small_book()
        book["wip"][0]["lot"] = "SIM00001"
        house.chain_import([write_book(book, folder / "chain")])
        house.plan()
        house.plan(rule="cost")
        house.parties_add("Demo Cars", kind="carmaker")
        house.qualify_open(
            "DEMO-MCU", grade=1, package="leaded", wire="copper", change="wire-bonding", detail=["thinner-wire=no"],
            customer="Demo Cars",
        )  # fmt: skip
        house.qualify_result(1, "A4", lot="L1", units=77)
        special = folder / "control-plan.csv"
        special.write_text("step,characteristic,special,method,test,reaction\nbond,pull,bond,gauge,,hold the lot\n")
        house.qualify_table(1, special)
    with serving(folder / "house") as made:
        yield made


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    need_browser()
    with browsing() as made:
        yield made


@pytest.fixture(scope="package")
def administrator(site: Site, browser: Any) -> Person:
    person = sits_down(browser, site)
    person.choose(site.link)
    return person
