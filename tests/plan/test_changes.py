"""What-if lines: how they are read, what each changes, and what is said where one does not fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.network.test_network_of_a_chain import a_chain, activity, item, week
from tests.plan.drawn_networks import drawn_network

from corecar.errors import ArgumentError
from corecar.network.arrays import Floor, Network
from corecar.network.from_chain import network_of
from corecar.network.model import weekly_model
from corecar.plan.arithmetic import errors_of
from corecar.plan.changes import Amount, Demand, Weeks, applied
from corecar.plan.plans import Plan, plan_of
from corecar.plan.scenarios import FORMS, change_of, read_scenarios, scenario_of
from corecar.solve import solve


def after(network: Network, *lines: str) -> Network:
    return applied(scenario_of("", *lines).changes, network)


def planned(network: Network) -> Plan:
    model = weekly_model(network)
    return plan_of(model, solve(model.program))


def of_chain(*lines: str) -> Network:
    chain = a_chain()
    return applied(scenario_of("", *lines).changes, network_of(chain), chain)


@pytest.mark.parametrize("form", FORMS)
def test_what_is_read_is_written_as_it_is_read(form: str) -> None:
    change = change_of(form)
    assert change_of(str(change)) == change


@given(st.sampled_from([None, date(2027, 3, 8)]), st.integers(0, 60), st.floats(0, 1e6), st.sampled_from("+-="))
def test_any_demand_change_is_read_back(first: date | None, length: int, value: float, sign: str) -> None:
    last = None if first is None else first.fromordinal(first.toordinal() + 7 * length)
    number = round(value, 3)
    amount = Amount("set", number) if sign == "=" else Amount("add", number if sign == "+" else -number)
    change = Demand(("A", "B"), amount, Weeks(first, last))
    assert str(change_of(str(change))) == str(change)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("demand CAR 20%", 'not understood. Write it like "demand CAR-3'),
        ("demand CAR-3", "not understood"),
        ("capacity TEST-1", "not understood"),
        ("factory X down", "is no change. Write it like"),
        ("site X closed", "not understood"),
        ("lot L1 lost", 'Write it like "lot L3 released"'),
        ("capacity TEST =20%", "not understood"),
        ("site X down 2027-W60", "has weeks 1 to 52"),
        ("site X down 2027-W10..W08", "does not end weeks that begin with 2027-W10"),
        ("site X 2027-W10 down", "the weeks are not understood"),
        ("route R9 like", "not understood"),
    ],
)
def test_a_line_that_is_none_says_how_to_write_it(line: str, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        change_of(line)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("demand car9 +10%", 'no demand "car9". Did you mean "car'),
        ("site site9 down", 'no site "site9"'),
        ("capacity group9 +1", 'no group "group9"'),
        ("yield fab9 -10%", 'no route "fab9"'),
        ("yield fab0.0 =1.2", "is above 1"),
        ("stock chip9 +5", 'no item or product "chip9"'),
        ("stock module0 position 1 +5", "nothing can lie at module0 position 1"),
        ("demand car0 +10% 2020-W01..W05", "outside of the plan, which goes from 2027-W01 to 2027-W08"),
        ("route fab0.0 like fab1.0", "there is a route"),
        ("route new like fab1.0 group gruop1", 'Did you mean "group1"'),
        ("lot L1 held", "Plan on a chain"),
    ],
)
def test_a_name_that_is_not_there_is_said(line: str, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        after(drawn_network(1), line)


def test_demand_rises_in_its_weeks_only() -> None:
    network = drawn_network(1)
    changed = after(network, "demand car1 +50% 2027-W02..W03", "demand * +1 2027-W08")
    wanted = network.demands.wanted.copy()
    wanted[1, 1:3] *= 1.5
    wanted[:, 7] += 1
    assert np.array_equal(changed.demands.wanted, wanted)


def test_a_site_that_is_down_starts_nothing() -> None:
    network = of_chain("site P down 2027-W06..W07")
    plan = planned(network)
    assert plan.start[activity(network, "R2"), 1:3].tolist() == [0, 0]
    assert plan.start[activity(network, "R3"), 1:3].tolist() == [0, 0]
    assert errors_of(plan).worst < 1e-9
    assert plan.behind.sum() > planned(network_of(a_chain())).behind.sum() + 100


def test_capacity_yield_and_stock_change_what_they_name() -> None:
    network = of_chain("capacity FAB =9", "yield R1 -10%", "stock MCU +70", "stock MCU after wafer +30 2027-W06")
    assert network.groups.maximum[network.groups.names.index("FAB")].tolist() == [9.0] * 6
    assert network.activities.yields[activity(network, "R1")] == pytest.approx(np.full(6, 0.81))
    assert network.items.opening[item(network, "MCU after test")] == 70
    assert network.items.arrivals[item(network, "MCU after wafer"), 1] == pytest.approx(210)


def test_a_route_like_another_is_taken_from_its_week_on() -> None:
    network = of_chain("capacity PACK =0", "route R9 like R2 group TEST from 2027-W07")
    row = activity(network, "R9")
    assert network.activities.site[row] == "P"
    assert (network.activities.most[row] > 0).tolist() == [False, False, True, True, True, True]
    plan = planned(network)
    assert plan.start[row].sum() > 0
    assert errors_of(plan).worst < 1e-9


def test_a_route_that_was_left_out_comes_in_as_if_it_were_approved() -> None:
    routes = a_chain().routes.to_pylist()
    chain = a_chain(routes=[*routes[:2], routes[2] | {"ppap": "rejected", "grade": 3}])
    network = network_of(chain)
    assert "R3" not in network.activities.names
    opened = applied([change_of("route R3 from 2027-W07")], network, chain)
    assert (opened.activities.most[activity(opened, "R3")] > 0).tolist() == [False, False, True, True, True, True]
    assert opened.weeks == network.weeks
    with pytest.raises(ArgumentError, match="outside of the plan"):
        applied([change_of("route R3 from 2028-W07")], network, chain)
    with pytest.raises(ArgumentError, match='no route "R3"'):
        applied([change_of("route R3 from 2027-W07")], network)


def test_lots_are_held_and_released() -> None:
    network = network_of(a_chain())
    assert of_chain("lot L3 released").items.arrivals.sum() == pytest.approx(network.items.arrivals.sum() + 70 * 0.95)
    assert of_chain("lot L2 held").items.arrivals.sum() == pytest.approx(network.items.arrivals.sum() - 50)
    both = of_chain("stock MCU +70", "lot L3 released")
    assert both.items.opening.sum() == pytest.approx(network.items.opening.sum() + 70)
    with pytest.raises(ArgumentError, match='no lot "L9"'):
        of_chain("lot L9 held")


def test_a_network_that_was_changed_before_is_not_made_anew_from_the_chain() -> None:
    """The site would be up again without a word."""
    chain = a_chain()
    down = applied([change_of("site P down")], network_of(chain), chain)
    with pytest.raises(ArgumentError, match=r"activities: most differs.*Give all changes at once"):
        applied([change_of("lot L3 released")], down, chain)
    both = of_chain("site P down", "lot L3 released", "lot L2 held")
    assert both.items.arrivals.sum() == pytest.approx(network_of(chain).items.arrivals.sum() + 70 * 0.95 - 50)
    assert not both.groups.maximum[both.groups.names.index("PACK")].any()


def test_promises_stay_with_their_routes_when_one_comes_in() -> None:
    routes = a_chain().routes.to_pylist()
    chain = a_chain(routes=[routes[0] | {"route": "R0", "ppap": "rejected"}, *routes])
    network = network_of(chain)
    floor = Floor("frozen", "started", (activity(network, "R2"),), (1,), 10.0, 1e4)
    opened = applied([change_of("route R0 from 2027-W05")], replace(network, floors=(floor,)), chain)
    assert activity(opened, "R2") == activity(network, "R2") + 1
    assert opened.floors[0].rows == (activity(opened, "R2"),)


def test_the_network_itself_stays_as_it_was() -> None:
    network, same = drawn_network(2), drawn_network(2)
    after(network, "demand +10%", "site site1 down", "capacity group0 +5", "stock chip0 +9", "yield fab0.0 -5%")
    for part in ("items", "activities", "groups", "demands"):
        for name, values in vars(getattr(network, part)).items():
            assert np.array_equal(values, getattr(getattr(same, part), name)), name


def test_scenarios_come_from_a_file_with_its_faults_named(tmp_path: Path) -> None:
    path = tmp_path / "scenarios.toml"
    path.write_text(
        f'[[scenario]]\nname = "more"\nchanges = ["demand CAR +20%"]\n'
        f'[[scenario]]\nname = "stop"\nchanges = ["site P down {week(1):%G-W%V}..W08"]\n'
    )
    assert [str(scenario) for scenario in read_scenarios(path)] == [
        "more: demand CAR +20%",
        "stop: site P down 2027-W06..2027-W08",
    ]
    for content, said in (
        ('[[scenario]]\nname = "x"\nchanges = ["nothing"]\n', r'scenario 1 \("x"\): "nothing" is no change'),
        ('[[scenario]]\nname = "x"\nchanges = "demand"\n', "changes is no list"),
        ('[[scenario]]\nnaem = "x"\n', "expected name"),
        ('[[scenario]]\nname = "x"\n[[scenario]]\nname = "x"\n', "two scenarios"),
        ("[scenario", "is no TOML"),
        ("", "expected"),
    ):
        path.write_text(content)
        with pytest.raises(ArgumentError, match=said):
            read_scenarios(path)
    with pytest.raises(ArgumentError, match="cannot be read"):
        read_scenarios(tmp_path / "none.toml")
