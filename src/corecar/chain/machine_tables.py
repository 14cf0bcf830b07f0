"""The tables of a house's machines: cells as they are, what each runs, what can be ordered within which means."""

from __future__ import annotations

from functools import partial

from corecar.chain.columns import Column, Table
from corecar.chain.words import ADDED, ASSUMED, CELL_PARTS, CURRENCIES, MOST_SHIFTS, WAYS

_name = partial(Column, kind="name")
_text = partial(Column, kind="text")
_number = partial(Column, kind="number")
_whole = partial(Column, kind="whole")
_week = partial(Column, kind="week")
_flag = partial(Column, kind="flag")

CELLS = Table("cells", "Machines of one kind that work together, as they stand: what they can do is the least of it.", (
    _name("cell", meaning="short name that the other sheets use", key=True, required=True, example="DEMO-T1"),
    _name("group", meaning="capacity group whose hours it gives; that group counts in hours", required=True,
          refers="groups", example="DEMO-OSAT-1-TEST"),
    _name("kind", meaning="what is done there", required=True, choices=tuple(CELL_PARTS), example="test"),
    _text("platform", meaning="of its machines", example="platform A"),
    _whole("machines", meaning="testers, bonders, presses, ovens, saws that stand there", least=0, required=True,
           example="4"),
    _whole("handlers", meaning="handlers of a test cell, probers of a sort cell; other cells have none", least=0,
           example="4"),
    _whole("boards", meaning="load boards, probe cards, burn-in boards, moulds, that can be used at a time; empty: as "
           "many as are asked for", least=0, example="3"),
    _whole("sites", meaning="units at a time, at most: sites of a board, places of an oven", least=1, default="1",
           example="4"),
    _number("temperature_least_c", meaning="lowest temperature", unit="C", least=-273, example="-40"),
    _number("temperature_most_c", meaning="highest temperature", unit="C", least=-273, example="150"),
    _number("shifts", meaning="of eight hours, worked in a week", above=0, most=MOST_SHIFTS, required=True,
            example="21"),
    _number("oee", meaning="part of the time worked in which it makes (OEE, SEMI E79)", above=0, most=1, required=True,
            example="0.8"),
    _flag("assumed", meaning="shifts and OEE are assumed, not measured", default="yes", example="yes"),
))  # fmt: skip

CELL_RUNS = Table("cell_runs", "A route that a cell runs, and how fast.", (
    _name("cell", meaning="which", key=True, required=True, refers="cells", example="DEMO-T1"),
    _name("route", meaning="of the same capacity group", key=True, required=True, refers="routes",
          example="DEMO-MCU-TEST-1"),
    _whole("sites", meaning="units at a time; empty: as many as the cell can", least=1, example="4"),
    _whole("boards", meaning="load boards, probe cards or moulds of this product; empty: as many as are asked for",
           least=0, example="3"),
    _number("time_s", meaning="of one unit alone: test time, bonding time; of an oven or saw, of one load", unit="s",
            above=0, required=True, example="6.5"),
    _number("index_time_s", meaning="from one touchdown or load to the next", unit="s", least=0, default="0",
            example="0.6"),
    _number("multi_site_efficiency", meaning="1 where several sites take as long as one, 0 where each takes its own "
            "time", least=0, most=1, default="1", example="0.95"),
    _number("retest_rate", meaning="units that are tested again, as a part of those that are tested", least=0,
            default="0", example="0.03"),
    _number("setups_a_week", meaning="times that the cell is set up for it", least=0, default="0", example="2"),
    _number("setup_hours", meaning="of each of them, on one machine", unit="hour", least=0, default="0", example="1.5"),
    _flag("assumed", meaning="times and rates are assumed, not measured", default="yes", example="yes"),
))  # fmt: skip

MACHINES = Table("machines", "What can be ordered for a cell: machines, boards, conversions.", (
    _name("option", meaning="its name", key=True, required=True, example="DEMO-T1-TESTER"),
    _name("cell", meaning="that it is added to", required=True, refers="cells", example="DEMO-T1"),
    _name("part", meaning="what one of it adds: a machine, a handler or prober, a board, or a station, one of each",
          required=True, choices=ADDED, example="station"),
    _name("way", meaning="how it comes: bought, second hand, rented, or converted from another cell", required=True,
          choices=WAYS, example="buy"),
    _number("price", meaning="of one; of a rented one for one week", unit="currency", least=0, required=True,
            example="4200000"),
    _name("currency", meaning="of the price", choices=CURRENCIES, required=True, example="CNY"),
    _whole("lead_weeks", meaning="from order to delivery", unit="week", least=0, required=True, example="16"),
    _whole("qualification_weeks", meaning="from delivery until it makes", unit="week", least=0, default="0",
           example="6"),
    _number("works", meaning="hours that it works, as a part of those of a machine that stands there", above=0, most=1,
            default="1", example="1"),
    _whole("most", meaning="how many of it, over the plan", least=0, default="1", example="4"),
    _whole("rent_weeks", meaning="for how long one is rented; empty: as long as the plan lasts", unit="week", least=1,
           example=""),
    _whole("life_weeks", meaning="over which its price is written off", unit="week", least=1, default="260",
           example="260"),
    _number("floor_m2", meaning="that one takes", unit="m2", least=0, default="0", example="12"),
    _number("staff", meaning="that one takes, over all shifts", unit="person", least=0, default="0", example="1.5"),
    _name("from_cell", meaning="converted: the cell that it is taken from", refers="cells", example=""),
    _week("from_week", meaning="first week in which it can be ordered", example=""),
    _week("until_week", meaning="last week in which it can be ordered", example=""),
))  # fmt: skip

BUDGETS = Table("budgets", "Money for orders over some weeks, such as a quarter: what is paid in them is no more.", (
    _name("budget", meaning="its name", key=True, required=True, example="2027-Q1"),
    _week("from_week", meaning="first week", required=True, example="2027-W01"),
    _week("until_week", meaning="last week", required=True, example="2027-W13"),
    _number("amount", meaning="that can be paid", unit="currency", least=0, required=True, example="9000000"),
    _name("currency", meaning="of the amount", choices=CURRENCIES, required=True, example="CNY"),
))  # fmt: skip

CO_INVESTMENTS = Table("co_investments", "Money of others for machines: what a party adds to a budget.", (
    _name("co_investment", meaning="its name", key=True, required=True, example="DEMO-CARS-OVEN"),
    _name("party", meaning="who pays", required=True, refers="parties", example="DEMO-CARS"),
    _name("budget", meaning="that it is paid into", required=True, refers="budgets", example="2027-Q1"),
    _name("option", meaning="only for this machine, board or conversion; empty: for any", refers="machines",
          example="DEMO-T1-TESTER"),
    _number("amount", meaning="that is paid at most", unit="currency", least=0, required=True, example="2100000"),
    _name("currency", meaning="of the amount", choices=CURRENCIES, required=True, example="CNY"),
    _text("note", meaning="anything else", example=""),
))  # fmt: skip

ROOMS = Table("rooms", "What a site has left for machines that are ordered.", (
    _name("site", meaning="where", key=True, required=True, refers="sites", example="DEMO-OSAT-1"),
    _number("floor_m2", meaning="free floor; empty: enough", unit="m2", least=0, example="60"),
    _number("staff", meaning="people that can be had; empty: enough", unit="person", least=0, example="12"),
))  # fmt: skip

CHOSEN_ORDERS = Table("chosen_orders", "What a committee chose to order, and when.", (
    _name("option", meaning="which machine, board or conversion", key=True, required=True, refers="machines",
          example="DEMO-T1-TESTER"),
    _week("week", meaning="in which it is ordered", key=True, required=True, example="2027-W05"),
    _whole("quantity", meaning="how many", least=1, default="1", example="2"),
))  # fmt: skip

ASSUMPTIONS = Table("assumptions", "What is assumed where a case for new machines is reckoned.", (
    _name("assumption", meaning="margin: part of the value of what is won that is earned; interest: of a year; demand: "
          "part by which each demand moves in a scenario; scenarios: how many", key=True, required=True,
          choices=ASSUMED, example="interest"),
    _number("value", meaning="as a part; of scenarios their number", least=0, required=True, example="0.08"),
    _text("note", meaning="from where", example="house rate of 2027"),
))  # fmt: skip

MACHINE_TABLES = (CELLS, CELL_RUNS, MACHINES, BUDGETS, CO_INVESTMENTS, ROOMS, CHOSEN_ORDERS, ASSUMPTIONS)
