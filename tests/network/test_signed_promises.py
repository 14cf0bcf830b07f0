"""Volumes of signed memoranda as floors of a network: of a demand, of a part that goes into it, of a capacity group."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.network.test_network_of_a_chain import activity, week
from tests.network.test_promises import made, two_customers

from corecar.chain.weeks import week_name
from corecar.network.agreements import with_caps, with_signed
from corecar.plan.solving import solve


def volume(agreed: float, at: int = 4, **changed: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "clause": "M-1 volume 1", "supplier": "CHIPS", "customer": "North", "product": "CAR", "group": "",
        "unit": "piece", "weeks": [[week_name(week(at)), agreed, 0.0, agreed]],
    }  # fmt: skip
    return whole | changed


def test_a_volume_of_what_the_customer_wants_is_a_floor_on_its_supply() -> None:
    chain = two_customers(None)
    network = with_signed(chain, made(chain), [volume(30.0)])
    (floor,) = network.floors
    assert (floor.kind, floor.weeks, floor.least) == ("supplied", (4,), 30.0)
    assert floor.clause == f"M-1 volume 1, CAR for North, for {week_name(week(4))}"
    assert solve(network).supplied[network.demands.names.index("CAR"), 4] >= 30 - 1e-6


def test_a_volume_above_the_demand_promises_the_demand() -> None:
    chain = two_customers(None)
    (floor,) = with_signed(chain, made(chain), [volume(9_999.0)]).floors
    assert floor.least == 1_000.0


SITES = [{"site": "F", "party": "FABCO", "place": "Hill"}, {"site": "P", "party": "CHIPS", "place": "Town"}]


def test_a_volume_of_a_part_is_a_floor_on_what_its_supplier_gives_when_it_is_due() -> None:
    chain = two_customers(None, sites=SITES)
    network = with_signed(chain, made(chain), [volume(95.0, product="MCU")])
    floor, cap = network.floors
    assert (floor.kind, floor.rows, floor.weeks) == ("given", (activity(network, "R3"),), (4,))
    assert floor.least == pytest.approx(95.0)
    assert floor.weights == (1.0,)
    assert cap.is_cap
    plan = solve(network)
    assert plan.breach.tolist() == pytest.approx([0.0, 0.0])
    assert plan.start[floor.rows[0], 4] * 0.95 >= 95 - 1e-6


def test_a_volume_of_a_group_is_a_floor_on_what_is_started_in_it() -> None:
    chain = two_customers(None, sites=SITES)
    network = with_signed(chain, made(chain), [volume(60.0, product="", group="PACK")])
    floor, _ = network.floors
    assert (floor.kind, floor.rows) == ("started", (activity(network, "R2"),))
    assert floor.least == pytest.approx(60.0)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"product": "", "group": "NONE"}, "no route at a site of CHIPS loads NONE"),
        ({"product": "", "group": ""}, "it names neither a product nor a group, so no plan counts it"),
        ({"product": "", "group": "PACK", "customer": "Nobody"}, "no demand of the horizon is for it"),
        ({"product": "MCU", "supplier": "FABCO"}, "no route at a site of FABCO is for MCU"),
        ({"product": "MCU", "unit": "hour", "stage": "packaging"},
         "unit: hours cannot be counted: route R2 loads PACK, which counts in pieces. Count that group in hours, or "
         "agree in another unit."),
        ({"unit": "wafer"}, "unit: wafers cannot be counted: the table products has no gross_die_per_wafer of CAR."),
    ],
)  # fmt: skip
def test_a_volume_that_no_route_or_demand_is_for_or_no_unit_counts_is_told(changed: dict[str, Any], said: str) -> None:
    chain = two_customers(None, sites=SITES)
    network = with_signed(chain, made(chain), [volume(5.0, **changed)])
    assert network.floors == ()
    (told,) = [text for text in network.left_out if text.startswith("M-1 volume 1")]
    assert said in told


def test_what_is_wanted_above_the_maxima_of_all_memoranda_is_cut_and_told() -> None:
    chain = two_customers(None)
    capped, told = with_caps(
        chain, made(chain), [volume(300.0), volume(200.0, clause="M-2 volume 1", supplier="OTHER")]
    )
    wanted = made(capped).demands.wanted
    assert np.round(wanted[made(capped).demands.customer.index("North")]).tolist() == [
        1000,
        1000,
        1000,
        1000,
        500,
        1000,
    ]
    assert told == [
        "M-1 volume 1, M-2 volume 1: 500 pieces of CAR for North are wanted above their maximum call-offs, "
        f"{week_name(week(4))}"
    ]
    assert with_caps(chain, made(chain), [volume(300.0, group="PACK", product="")]) == (chain, [])
