"""A plan that does not add up is never given out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.plan.drawn_networks import drawn_network

from corecar.errors import SolverError
from corecar.plan import steering
from corecar.plan.arithmetic import MOST, checked, errors_of
from corecar.plan.plans import Plan
from corecar.plan.solving import solve


def wrong(plan: Plan, name: str) -> Plan:
    """The plan with one of its tables wrong by a thousandth of its largest amount."""
    amounts = np.array(getattr(plan, name), copy=True)
    place = np.unravel_index(int(np.argmax(amounts)), amounts.shape)
    amounts[place] += 1e-3 * (1.0 + amounts.max())
    changes: dict[str, Any] = {name: amounts}
    return replace(plan, **changes)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", ["start", "stock", "supplied", "behind"])
def test_an_amount_that_comes_from_nowhere_is_told(seed: int, name: str) -> None:
    plan = solve(drawn_network(seed))
    checked(plan)
    assert errors_of(plan).worst < MOST / 10
    with pytest.raises(SolverError, match=r"does not add up: its (flow|demand|capacity|closed|share|cost) is wrong by"):
        checked(wrong(plan, name))


def test_a_method_that_gives_a_wrong_plan_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    network = drawn_network(3)
    assert steering.plan_network(network).weekly is not None
    monkeypatch.setattr("corecar.plan.steering.checked", lambda plan, **_: checked(wrong(plan, "supplied")))
    with pytest.raises(SolverError, match="does not add up"):
        steering.plan_network(network)
