"""Policies: with and without, each figure that of a plan made apart; what is not kept is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.network.test_network_of_a_chain import a_chain, activity, item, week
from tests.plan.drawn_networks import drawn_network
from tests.plan.test_rules import one_resource

from corecar.chain.chain import Chain
from corecar.errors import ArgumentError
from corecar.network.from_chain import network_of
from corecar.network.model import weekly_model
from corecar.plan.arithmetic import errors_of
from corecar.plan.changes import Weeks
from corecar.plan.compare import by_rule
from corecar.plan.policies import (
    CapexShare,
    LocalShare,
    PriorityClass,
    StockDuty,
    effect_of,
    policy_of,
    read_policies,
)
from corecar.plan.rules import share_out


def a_province() -> Chain:
    """Two packaging houses, the dearer one at home; demand above what test can do."""
    routes = a_chain().routes.to_pylist()
    rows = a_chain().bills.to_pylist()
    return a_chain(
        parties=[{"party": name, "name": name, "kind": "packaging-and-test"} for name in ("HOME", "AWAY")],
        sites=[
            {"site": "P", "party": "AWAY", "place": "x"},
            {"site": "H", "party": "HOME", "place": "y"},
            {"site": "F", "party": "AWAY", "place": "x"},
        ],
        bills=[rows[0], rows[2]],
        routes=[*routes, routes[1] | {"route": "R2H", "site": "H", "group": None, "cost": 0.5}],
        demand=[{"product": "CAR", "customer": "A", "week": week(n), "quantity": 400.0} for n in range(6)],
    )


def test_new_machines_give_what_a_wider_network_gives_and_cost_their_share() -> None:
    network = one_resource([4, 8], 6)
    effect = effect_of(network, [CapexShare("grant", "m", units=3, capex=1000, share=0.3)])
    assert effect.pieces == pytest.approx(3)
    assert effect.value == pytest.approx(3)
    assert effect.on_time == pytest.approx(3 / 12)
    assert effect.public_cost == pytest.approx(300)
    assert effect.broken == {}
    assert str(effect).startswith("+3.0 pieces, value +3, on time +25.0 points, public cost 300.")


def test_a_class_moves_pieces_from_one_to_another() -> None:
    network = one_resource([4, 8], 6)
    network = replace(network, demands=replace(network.demands, customer=("A", "B"), priority=np.array([1, 2])))
    effect = effect_of(network, [PriorityClass("fire engines", ("B",), 1), PriorityClass("others", ("A",), 2)])
    assert effect.pieces == pytest.approx(0, abs=1e-5)
    assert effect.with_.fill["p1"] == pytest.approx(6 / 8)
    assert effect.without.fill["p1"] == pytest.approx(2 / 8)
    assert effect.benefit == pytest.approx({"A": -4, "B": 4, "s": 0}, abs=1e-5) or effect.benefit == pytest.approx(
        {"A": -4, "B": 4}, abs=1e-5
    )
    blind = effect_of(network, [PriorityClass("fire engines", ("B",), 1)], planner=by_rule("proportional"))
    assert str(blind).startswith("Nothing that is supplied changes; public cost 0.")


def test_a_local_share_moves_starts_home_and_pays_the_owner() -> None:
    chain = a_province()
    network = network_of(chain)
    effect = effect_of(network, [LocalShare("at home", ("H",), ("MCU",), 0.5, "packaging")], chain=chain)
    before, after = effect.plans
    row, all_ = activity(network, "R2H"), [activity(network, "R2"), activity(network, "R2H")]
    assert after.start[row].sum() >= 0.5 * before.start[all_].sum() - 1e-5
    assert errors_of(after).worst < 1e-6
    assert effect.broken == {}
    assert effect.benefit["HOME"] >= 0
    paid = (network.activities.cost[row] * (after.start[row] - before.start[row])).sum()
    assert effect.benefit["HOME"] == pytest.approx(paid)
    assert effect.benefit["A"] == pytest.approx(effect.value)


def test_a_share_that_no_route_can_keep_is_said() -> None:
    routes = a_province().routes.to_pylist()
    chain = a_chain(**{name: a_province()[name].to_pylist() for name in ("bills", "demand", "sites", "parties")},
                    routes=[*routes[:3], routes[3] | {"most_per_week": 10.0}])  # fmt: skip
    effect = effect_of(network_of(chain), [LocalShare("at home", ("H",), ("MCU",), 0.9, "packaging")], chain=chain)
    (clause,) = effect.broken
    assert clause == "at home: MCU after packaging"
    assert effect.broken[clause] > 100
    assert "Not kept: at home: MCU after packaging" in str(effect)


def test_a_share_at_a_site_without_a_route_is_wholly_missing() -> None:
    chain = a_province()
    effect = effect_of(network_of(chain), [LocalShare("at the fab", ("F",), ("MCU",), 0.5, "packaging")], chain=chain)
    before, _ = effect.plans
    made = before.network.activities
    packed = sum(before.start[row].sum() for row in (made.names.index("R2"), made.names.index("R2H")))
    assert effect.broken["at the fab: MCU after packaging"] == pytest.approx(packed / 2)


def test_a_stock_duty_holds_stock_and_its_cost_is_shared() -> None:
    chain = a_province()
    network = network_of(chain)
    duty = StockDuty("reserve", ("MCU after test",), 0.2, Weeks(week(3), week(4)), public_part=0.5)
    effect = effect_of(network, [duty], chain=chain)
    place = item(network, "MCU after test")
    before, after = effect.plans
    use = 2 * before.supplied.sum() / network.weeks
    assert (after.stock[place, 3:5] >= 0.2 * use - 1e-5).all()
    assert effect.public_cost == pytest.approx(0.5 * network.items.holding[place] * after.stock[place, 3:5].sum())
    assert effect.with_.on_time <= effect.without.on_time + 1e-9
    early = effect_of(network, [replace(duty, weeks_of_use=50.0, weeks=Weeks())], chain=chain)
    assert any(clause.startswith("reserve: MCU after test in 2027-W05") for clause in early.broken)


@pytest.mark.parametrize("seed", range(3))
def test_with_a_policy_that_asks_for_nothing_both_plans_are_the_same(seed: int) -> None:
    network = drawn_network(seed, tightness=0.5)
    effect = effect_of(network, [], planner=by_rule("cost"))
    assert effect.plans[0].start.tobytes() == effect.plans[1].start.tobytes()
    wide = effect_of(network, [CapexShare("g", "group0", 50, 1e6, 0.5)], planner=by_rule("cost"))
    model = weekly_model(replace(network, groups=replace(
        network.groups, maximum=network.groups.maximum + 50.0 * (np.arange(4) == 0)[:, None])))  # fmt: skip
    assert wide.with_.cost == pytest.approx(share_out(model).plan.cost)
    assert wide.with_.cost <= wide.without.cost + 1e-6


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"lever": "capex", "name": "x"}, 'no lever "capex". Did you mean "capex-share"'),
        ({"lever": "priority", "name": "x", "who": "A"}, "priority needs class"),
        ({"lever": "priority", "name": "x", "who": "A", "clas": 1}, 'has no "clas". Did you mean "class"'),
        ({"lever": "priority", "name": "x", "who": "A", "class": "first"}, 'class is "first"; a number was expected'),
        ({"lever": "priority", "name": "x", "who": "A", "class": 1, "from": "2027-W05"}, "holds in all weeks"),
        ({"lever": "stock-duty", "name": "x", "items": "A", "weeks_of_use": 1, "from": "2027"}, "is no ISO week"),
    ],
)
def test_a_policy_that_is_none_says_what_is_missing(row: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        policy_of(row)


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (CapexShare("x", "gruop0", 1, 1, 0.1), 'Did you mean "group0"'),
        (CapexShare("x", "group0", 1, 1, 1.1), "share is 1.1; 0 to 1 was expected"),
        (CapexShare("x", "group0", -1, 1, 0.1), "units is -1; at least 0"),
        (PriorityClass("x", ("car9",), 1), 'no demand, product or customer "car9"'),
        (PriorityClass("x", ("car0",), 0), "class is 0; 1 to 9"),
        (LocalShare("x", ("site9",), ("chip0",), 0.5), 'no site "site9"'),
        (StockDuty("x", ("module0 position 1",), 1), "nothing can lie at"),
        (StockDuty("x", ("chip9",), 1), 'no item "chip9"'),
    ],
)
def test_a_policy_on_what_is_not_there_is_refused(policy: Any, said: str) -> None:
    network = drawn_network(1)
    made = replace(network.activities, site=("site0",) * len(network.activities))
    with pytest.raises(ArgumentError, match=said):
        effect_of(replace(network, activities=made), [policy])


def test_policies_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "policies.toml"
    path.write_text(
        '[[policy]]\nlever = "capex-share"\nname = "grant"\ngroup = "PACK"\nunits = 100\ncapex = 2e6\nshare = 0.3\n'
        'from = "2027-W08"\n'
        '[[policy]]\nlever = "local-share"\nname = "home"\nsites = ["H"]\nproducts = "MCU, MCU-B"\nshare = 0.3\n'
    )
    grant, home = read_policies(path)
    assert grant == CapexShare("grant", "PACK", 100.0, 2e6, 0.3, Weeks(week(3)))
    assert home == LocalShare("home", ("H",), ("MCU", "MCU-B"), 0.3)
    path.write_text(
        '[[policy]]\npolicy = "grant"\nlever = "capex-share"\nwho = "PACK"\nfrom_week = "2027-W08"\nunits = 100\n'
        "capex = 2e6\nshare = 0.3\n"
        '[[policy]]\npolicy = "home"\nlever = "local-share"\nwho = "H"\nproducts = ["MCU", "MCU-B"]\nshare = 0.3\n'
    )
    assert read_policies(path) == (grant, home)
    for wrong in ('policy = [1, "a"]\n', "policy = [[1]]\n", '[[policy]]\npolicy = "a"\nlever = ["x"]\n'):
        path.write_text(wrong)
        with pytest.raises(ArgumentError, match=r"policies.toml: "):
            read_policies(path)
    path.write_text('[[policy]]\nlever = "grant"\n')
    with pytest.raises(ArgumentError, match=r"policies.toml: policy without a name: there is no lever"):
        read_policies(path)
    path.write_text("x = 1\n")
    with pytest.raises(ArgumentError, match="expected"):
        read_policies(path)
