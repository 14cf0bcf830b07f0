"""From a chain's tables to its network: stages, bills, alternates, stock, lots under way, what is qualified."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from corecar.chain.chain import Chain
from corecar.chain.tables import TABLES
from corecar.chain.words import ALL_STAGES
from corecar.errors import ArgumentError
from corecar.network.arrays import Network
from corecar.network.from_chain import network_of
from corecar.network.model import weekly_model
from corecar.network.pricing import PREFERENCE
from corecar.plan.arithmetic import errors_of
from corecar.plan.plans import plan_of
from corecar.simulate import simulate_chain
from corecar.solve import solve

FIRST = date(2027, 2, 1)


def week(number: int) -> date:
    return FIRST + timedelta(weeks=number)


def route(name: str, stage: str, site: str, group: str, **more: Any) -> dict[str, Any]:
    return {"route": name, "product": "MCU", "stage": stage, "site": site, "group": group, **more}


def lot(name: str, quantity: float, unit: str, ends: int, state: str, **more: Any) -> dict[str, Any]:
    found = {"lot": name, "product": "MCU", "quantity": quantity, "unit": unit, "week": week(ends), "state": state}
    return found | more


def a_chain(**changed: list[dict[str, Any]]) -> Chain:
    """One chip through three stages into an ECU, of which a car takes two; the position has an alternate chip."""
    tables: dict[str, list[dict[str, Any]]] = {
        "products": [
            {"product": "MCU", "kind": "chip", "gross_die_per_wafer": 100, "grade": 1, "value": 5.0},
            {"product": "MCU-B", "kind": "chip", "value": 6.0},
            {"product": "ECU", "kind": "module", "value": 50.0},
            {"product": "CAR", "kind": "vehicle-program", "value": 20_000.0, "priority": 1},
        ],
        "bills": [
            {"parent": "ECU", "position": "10", "child": "MCU", "quantity": 1.0, "preference": 1},
            {"parent": "ECU", "position": "10", "child": "MCU-B", "quantity": 1.0, "preference": 2, "most_share": 0.5},
            {"parent": "CAR", "position": "10", "child": "ECU", "quantity": 2.0, "preference": 1},
        ],
        "groups": [
            {"group": "FAB", "site": "F", "unit": "wafer"},
            {"group": "PACK", "site": "P", "unit": "piece"},
            {"group": "TEST", "site": "P", "unit": "hour"},
        ],
        "routes": [
            route("R1", "wafer", "F", "FAB", lead_weeks=2, **{"yield": 0.9}),
            route("R2", "packaging", "P", "PACK", lead_weeks=1, cost=0.2, **{"yield": 1.0}),
            route("R3", "test", "P", "TEST", use=0.01, lead_weeks=0, **{"yield": 0.95}),
        ],
        "capacity": [
            {"group": group, "week": week(number), "actual": able, "maximum": most}
            for group, able, most in (("FAB", 4.0, 5.0), ("PACK", 400.0, None), ("TEST", 5.0, 6.0))
            for number in range(6)
        ],
        "demand": [{"product": "CAR", "week": week(number), "quantity": 100.0} for number in range(6)],
        "stock": [
            {"product": "MCU", "stage": "wafer", "site": "P", "quantity": 3.0, "unit": "wafer", "blocked": False},
            {"product": "MCU-B", "site": "P", "quantity": 120.0, "unit": "piece", "blocked": False},
            {"product": "MCU-B", "site": "P", "quantity": 999.0, "unit": "piece", "blocked": True},
        ],
        "wip": [
            lot("L1", 2.0, "wafer", 1, "in-process", route="R1", stage="wafer"),
            lot("L2", 50.0, "piece", 0, "in-transit"),
            lot("L3", 70.0, "piece", 2, "held", route="R3", stage="test"),
        ],
    }
    tables |= changed
    return Chain({name: pa.Table.from_pylist(rows, TABLES[name].schema) for name, rows in tables.items()})


def item(network: Network, name: str) -> int:
    return network.items.names.index(name)


def activity(network: Network, name: str) -> int:
    return network.activities.names.index(name)


def test_stages_follow_one_another_and_alternates_fill_a_position() -> None:
    network = network_of(a_chain())
    made = network.activities
    taken = {
        made.names[a]: [
            (network.items.names[made.items[p]], float(made.quantities[p]))
            for p in range(made.starts[a], made.starts[a + 1])
        ]
        for a in range(len(made))
    }
    assert taken["R1"] == []
    assert taken["R2"] == [("MCU after wafer", 1.0)]
    assert taken["R3"] == [("MCU after packaging", 1.0)]
    assert taken["ECU put together"] == [("ECU position 10", 1.0)]
    assert taken["ECU 10 MCU-B"] == [("MCU-B", 1.0)]
    assert taken["CAR put together"] == [("ECU", 2.0)]
    assert made.share[activity(network, "ECU 10 MCU-B")] == 0.5
    assert not network.items.kept[item(network, "ECU position 10")]
    assert network.weeks == 6
    assert network.monday(0) == np.datetime64("2027-02-01")


def test_wafers_become_pieces_and_hours_stay_hours() -> None:
    network = network_of(a_chain())
    made = network.activities
    assert made.use[activity(network, "R1")] == 0.01
    assert made.use[activity(network, "R2")] == 1.0
    assert made.use[activity(network, "R3")] == 0.01
    assert network.items.opening[item(network, "MCU after wafer")] == 300
    assert network.groups.maximum[1].tolist() == [400.0] * 6


def test_a_plan_begins_with_open_demand_and_says_what_was_owed_before() -> None:
    earlier = [{"product": "CAR", "week": week(-1 - n), "quantity": 100.0, "delivered": 90.0 + 5 * n} for n in range(3)]
    later = [{"product": "CAR", "week": week(number), "quantity": 100.0} for number in range(6)]
    network = network_of(a_chain(demand=earlier + later))
    assert network.monday(0) == np.datetime64("2027-02-01")
    assert network.demands.wanted.tolist() == [[100.0] * 6]
    said = "demand of CAR, {} pieces: it was wanted before the plan begins"
    assert said.format(15) in network.left_out
    assert said.format(115) in network_of(a_chain(demand=earlier + later), first_week=week(1)).left_out
    assert not [text for text in network_of(a_chain()).left_out if "wanted before" in text]


def test_lots_arrive_with_the_yield_of_their_route_and_held_ones_do_not() -> None:
    network = network_of(a_chain())
    assert network.items.arrivals[item(network, "MCU after wafer"), 1] == pytest.approx(200 * 0.9)
    assert network.items.arrivals[item(network, "MCU after test"), 0] == 50
    assert network.items.arrivals.sum() == pytest.approx(180 + 50)
    assert "lot L3: it is held" in network.left_out
    assert "stock of MCU-B at P: blocked" in network.left_out
    assert network.items.opening[item(network, "MCU-B")] == 120


def test_the_plan_of_a_chain_is_what_a_hand_works_out() -> None:
    """Packaged and tested: 50 in transit, 300 from stock at once, 180 in week 1, then the fab's 450 a week from week 2.

    Test gives 600 a week, packaging takes a week. MCU-B fills at most half of each week's ECUs and ends with 120.
    """
    network = network_of(a_chain())
    model = weekly_model(network)
    plan = plan_of(model, solve(model.program))
    assert errors_of(plan).worst < 1e-9
    assert plan.supplied[0, 0] == pytest.approx(50.0)
    pieces = 50 + 300 * 0.95 + 180 * 0.95 + 400 * 0.95 * 2 + 120
    assert plan.supplied.sum() == pytest.approx(min(pieces / 2, 600))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"grade": 2}, "qualified for grade 2, grade 1 is needed"),
        ({"ppap": "rejected"}, "its production part approval is rejected"),
        ({"valid_until": date(2026, 12, 31)}, "qualified from ever until 2026-12-31 only"),
        ({"package_family": "BGA"}, ""),
    ],
)
def test_a_route_that_is_not_qualified_makes_nothing_and_says_why(change: dict[str, Any], said: str) -> None:
    chain = a_chain()
    routes = chain.routes.to_pylist()
    routes[0] |= change
    network = network_of(a_chain(routes=routes))
    assert (f"route R1: {said}" in network.left_out) is bool(said)
    assert ("R1" in network.activities.names) is not bool(said)


def test_a_route_is_open_in_the_weeks_of_its_qualification() -> None:
    routes = a_chain().routes.to_pylist()
    routes[1] |= {"valid_from": date(2027, 2, 9), "valid_until": date(2027, 3, 1)}
    network = network_of(a_chain(routes=routes))
    most = network.activities.most[activity(network, "R2")]
    assert (most > 0).tolist() == [False, False, True, True, True, False]


def test_yields_and_costs_of_single_weeks_count() -> None:
    network = network_of(
        a_chain(
            route_weeks=[{"route": "R1", "week": week(2), "yield": 0.5}, {"route": "R2", "week": week(3), "cost": 0.7}]
        )
    )
    assert network.activities.yields[activity(network, "R1")].tolist() == [0.9, 0.9, 0.5, 0.9, 0.9, 0.9]
    assert network.activities.cost[activity(network, "R2"), 3] == 0.7


def test_demand_of_several_customers_stays_apart_and_what_came_is_not_asked_again() -> None:
    rows = [
        {"product": "CAR", "customer": "A", "week": week(0), "quantity": 10.0, "delivered": 4.0},
        {"product": "CAR", "customer": "B", "week": week(1), "quantity": 5.0},
        {"product": "MCU", "week": week(1), "quantity": 7.0},
    ]
    parties = [{"party": name, "name": name, "kind": "carmaker"} for name in "AB"]
    network = network_of(a_chain(demand=rows, parties=parties))
    assert network.demands.names == ("CAR for A", "CAR for B", "MCU")
    assert network.demands.wanted.tolist() == [[6, 0], [0, 5], [0, 7]]


def test_a_horizon_can_be_chosen_and_an_empty_one_is_refused() -> None:
    assert network_of(a_chain(), first_week=week(2), weeks=3).demands.wanted.shape == (1, 3)
    with pytest.raises(ArgumentError, match="no demand"):
        network_of(a_chain(demand=[]))
    with pytest.raises(ArgumentError, match="holds no week"):
        network_of(a_chain(), first_week=week(20))
    with pytest.raises(ArgumentError, match="at most 260"):
        network_of(a_chain(), weeks=900)


def test_weeks_and_lots_of_a_route_behind_alternates_are_its_own() -> None:
    """The ECU's route needs a position with two alternates, which stand before it; its weeks are not theirs."""
    routes = [
        *a_chain().routes.to_pylist(),
        {"route": "R9", "product": "ECU", "stage": "module-assembly", "site": "P", "group": "PACK", "lead_weeks": 1,
         "yield": 0.8},
    ]  # fmt: skip
    wip = [{"lot": "L9", "product": "ECU", "quantity": 100.0, "unit": "piece", "week": week(1), "state": "in-process",
            "route": "R9", "stage": "module-assembly"}]  # fmt: skip
    network = network_of(
        a_chain(routes=routes, wip=wip, route_weeks=[{"route": "R9", "week": week(3), "yield": 0.6, "cost": 2.0}])
    )
    made = network.activities
    own = activity(network, "R9")
    assert made.names[own - 2 : own] == ("ECU 10 MCU", "ECU 10 MCU-B")
    assert made.yields[own].tolist() == [0.8, 0.8, 0.8, 0.6, 0.8, 0.8]
    assert made.cost[own].tolist() == [0.0, 0.0, 0.0, 2.0, 0.0, 0.0]
    assert (made.yields[own - 2 : own] == 1).all()
    assert network.items.arrivals[item(network, "ECU after module-assembly"), 1] == pytest.approx(80)


def test_every_route_of_a_province_takes_and_gives_what_its_row_says() -> None:
    """Against the rows one by one: output, inputs, use, yield, cost, lead, and the weeks in which it is open."""
    chain = simulate_chain("small", seed=5)
    network, made = network_of(chain), network_of(chain).activities
    products = {row["product"]: row for row in chain.products.to_pylist()}
    units = dict(zip(network.groups.names, network.groups.unit, strict=True))
    stages: dict[str, list[str]] = {}
    for stage in ALL_STAGES:
        for row in chain.routes.to_pylist():
            if row["stage"] == stage and stage not in stages.setdefault(row["product"], []):
                stages[row["product"]].append(stage)
    learns = set(chain.route_weeks["route"].to_pylist())
    bills: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for row in chain.bills.to_pylist():
        bills.setdefault((row["parent"], row["position"]), []).append((row["child"], row["quantity"]))
    for row in chain.routes.to_pylist():
        at, product = activity(network, row["route"]), row["product"]
        passed = stages[product]
        place = passed.index(row["stage"])
        takes = {
            network.items.names[made.items[p]]: made.quantities[p] for p in range(made.starts[at], made.starts[at + 1])
        }
        if place:
            assert takes == {f"{product} after {passed[place - 1]}": 1.0}
        else:
            own = {position: parts for (parent, position), parts in bills.items() if parent == product}
            wanted = {}
            for position, parts in own.items():
                (child, quantity), alone = parts[0], len(parts) == 1
                name = f"{child} after {stages[child][-1]}" if alone else f"{product} position {position}"
                wanted[name] = quantity if alone else 1.0
            assert takes == wanted
        use = row["use"] if row["use"] is not None else 1.0
        if units[row["group"]] == "wafer":
            use = 1 / products[product]["gross_die_per_wafer"]
        assert made.use[at] == use
        assert network.items.names[made.output[at]] == f"{product} after {row['stage']}"
        assert made.lead[at] == row["lead_weeks"]
        assert (made.yields[at] == row["yield"]).all() or row["route"] in learns
        value = products[product]["value"]
        assert made.cost[at, 0] == pytest.approx(row["cost"] + PREFERENCE * (row["preference"] - 1) * value)
        assert np.isinf(made.most[at]).all()
