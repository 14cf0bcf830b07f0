"""Stops ranked and drawn by what is measured of the risk of their routes, on the small fictional province."""

from __future__ import annotations

from typing import Any

import pytest

from corecar.bridge.stress.stressing import stress_chain
from corecar.chain.chain import Chain
from corecar.simulate import simulate_chain


@pytest.fixture(scope="module")
def chain() -> Chain:
    return simulate_chain()


@pytest.fixture(scope="module")
def assumed(chain: Chain) -> dict[str, Any]:
    return stress_chain(chain)


def routes_at(chain: Chain, site: str) -> list[str]:
    return [row["route"] for row in chain.routes.to_pylist() if row["site"] == site]


def test_a_site_whose_routes_are_riskier_rises_above_one_with_more_impact(
    chain: Chain, assumed: dict[str, Any]
) -> None:
    first, second = next(
        (one, other) for one, other in zip(assumed["rows"], assumed["rows"][1:], strict=False)
        if 0 < other["impact"] < one["impact"] < 4 * other["impact"]
    )  # fmt: skip
    risks = dict.fromkeys(routes_at(chain, second["stop"]), 4.0)
    rows = {row["stop"]: row for row in stress_chain(chain, risks=risks)["rows"]}
    assert rows[second["stop"]]["rank"] < rows[first["stop"]]["rank"]
    assert rows[second["stop"]]["impact"] == pytest.approx(second["impact"])
    assert rows[first["stop"]]["risk_factor"] == 1


def test_risk_as_assumed_ranks_by_impact_alone(chain: Chain, assumed: dict[str, Any]) -> None:
    again = stress_chain(chain, risks={})
    assert [row["stop"] for row in again["rows"]] == [row["stop"] for row in assumed["rows"]]
    assert all(row["weighted_impact"] == row["impact"] for row in again["rows"])


def test_a_route_alone_and_a_region_have_risks_of_their_own(chain: Chain) -> None:
    site = chain.routes["site"][0].as_py()
    risky, *others = routes_at(chain, site)
    risks = {risky: 3.0}
    routes = {row["stop"]: row for row in stress_chain(chain, by="route", risks=risks)["rows"]}
    assert routes[risky]["chance"] == pytest.approx(3 * routes[risky]["chance_assumed"])
    assert all(routes[name]["risk_factor"] == 1 for name in others if name in routes)
    regions = stress_chain(chain, by="region", risks=risks)["rows"]
    assert all((row["risk_factor"], row["chance"]) == (1, None) for row in regions)
