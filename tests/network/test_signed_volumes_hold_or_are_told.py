"""A signed volume holds in the plan, or the plan says why not: random chains, each plan against plain arithmetic."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from tests.network.signed_chains import WEEKS, Signed, done_for, name_of, signed_chain

from corecar.bridge.agree.signed_volumes import breached_of
from corecar.network.agreements import with_signed, within_maxima
from corecar.network.arrays import Network
from corecar.network.from_chain import network_of
from corecar.plan.arithmetic import errors_of
from corecar.plan.certificate import check_plan, table_of
from corecar.plan.plans import Plan
from corecar.plan.solving import solve

SEEDS = range(int(os.environ.get("CORECAR_SIGNED_SEEDS", "8")))
"""Of random chains: more where somebody asks for more."""


def network_with(signed: Signed) -> Network:
    chain, network = within_maxima(signed.chain, network_of(signed.chain), signed.volumes)
    return with_signed(chain, network, signed.volumes)


def tables_of(plan: Plan) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    network = plan.network
    starts = [
        {"route": network.activities.names[row], "week": week, "pieces": float(plan.start[row, week])}
        for row, week in zip(*(part.tolist() for part in np.nonzero(plan.start)), strict=True)
    ]
    supply = [
        {"product": network.demands.product[row], "customer": network.demands.customer[row], "week": week,
         "pieces": float(plan.supplied[row, week])}
        for row in range(len(network.demands)) for week in range(network.weeks)
    ]  # fmt: skip
    return starts, supply


def told_of(network: Network, clause: str, pattern: str) -> float:
    """The quantities in sentences on a clause."""
    found = (re.search(pattern, text) for text in network.left_out if text.startswith(f"{clause}:"))
    return sum(float(each[1].replace(",", "")) for each in found if each)


def of_week(volume: dict[str, Any], place: int) -> list[float]:
    by_week = {row[0]: row[place] for row in volume["weeks"]}
    return [by_week.get(name_of(week), 0.0) for week in range(WEEKS)]


def first_of(volume: dict[str, Any]) -> int:
    return [name_of(week) for week in range(WEEKS)].index(volume["weeks"][0][0])


def check_kept(signed: Signed, plan: Plan, tolerance: float) -> None:
    """All that was agreed of what is counted alike was done, or is told: breached, not asked for, or not countable."""
    network = plan.network
    broken = {(row["memorandum"], row["clause"]): row for row in breached_of(network, plan.breach, signed.volumes)}
    alike: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for volume in signed.volumes:
        if not any(text == f"{volume['clause']}: no demand of the horizon is for it" for text in network.left_out):
            alike[volume["supplier"], volume["product"], volume["group"], volume["unit"], volume["product"] == "CAR"
                  and volume["customer"]].append(volume)  # fmt: skip
    starts, supply = tables_of(plan)
    for volumes in alike.values():
        done = done_for(signed, volumes[0], starts, supply)
        first = min(map(first_of, volumes))
        agreed = sum(sum(of_week(volume, 1)) for volume in volumes)
        missing = sum(
            broken.get((each["clause"].split()[0], "volume 1"), {"missing": 0})["missing"] for each in volumes
        )
        not_asked = sum(told_of(network, each["clause"], r"s ([\d,.]+) are not asked for") for each in volumes)
        rounding = (0.55 if volumes[0]["unit"] == "piece" else 0.06) * len(volumes)
        assert sum(done[first:]) + missing + not_asked >= agreed * (1 - tolerance) - rounding, volumes


@pytest.mark.parametrize("seed", SEEDS)
def test_a_signed_volume_holds_in_the_plan_or_the_plan_says_why_not(seed: int) -> None:
    signed = signed_chain(seed)
    plan = solve(network_with(signed))
    assert errors_of(plan).worst < 1e-6
    assert check_plan(table_of(plan.network), plan).violation < 1e-6
    check_kept(signed, plan, 1e-6)


def check_maxima(signed: Signed, plan: Plan, tolerance: float) -> None:
    """Up to every week no more is done than all that counts alike may take, but for what is told to lie above."""
    broken = breached_of(plan.network, plan.breach, signed.volumes)
    above = {row["memorandum"]: row["missing"] for row in broken if row["clause"].endswith("maximum")}
    starts, supply = tables_of(plan)
    for volume in signed.volumes:
        if volume["product"] == "CAR":
            continue
        alike = [each for each in signed.volumes if all(
            each[name] == volume[name] for name in ("supplier", "product", "group", "unit"))]  # fmt: skip
        done = np.cumsum(done_for(signed, volume, starts, supply))
        most = np.cumsum(np.sum([of_week(each, 3) for each in alike], axis=0))
        told = sum(above.get(each["clause"].split()[0], 0) for each in alike)
        assert (done <= most + told + 0.5 * bool(told) + tolerance * (1 + most)).all(), volume


@pytest.mark.parametrize("seed", SEEDS)
def test_no_more_is_planned_of_a_supplier_than_may_be_called_off(seed: int) -> None:
    signed = signed_chain(seed, alone=True)
    plan = solve(network_with(signed))
    assert check_plan(table_of(plan.network), plan).violation < 1e-6
    check_maxima(signed, plan, 1e-6)


@pytest.mark.parametrize("seed", range(2))
def test_the_first_order_method_keeps_to_maxima_too_and_both_methods_bound_each_other(seed: int) -> None:
    signed = signed_chain(seed, alone=True)
    network = network_with(signed)
    best, plan = solve(network), solve(network, method="first-order", gap=0.02, time_limit=5)
    assert check_plan(table_of(network), plan).violation < 1e-9
    check_maxima(signed, plan, 1e-6)
    check_kept(signed, plan, 1e-6)
    rounding = 1e-6 * (1 + abs(plan.cost))
    assert plan.bound <= best.cost + rounding
    assert best.cost <= plan.cost + rounding
