"""Scenarios, stopped lots and stops that breach a signed volume name the clause that stands against it, as plans do."""

from __future__ import annotations

from typing import Any

import pytest
from tests.network.test_network_of_a_chain import route, week
from tests.network.test_promises import ALL, two_customers
from tests.network.test_signed_promises import SITES, volume
from tests.plan.test_contradictions import at_most, only_north

from corecar.bridge.loop.impact import impact_of
from corecar.bridge.mail.breached_memoranda import _told, _without_ended
from corecar.bridge.plan.changed_plans import what_if
from corecar.bridge.plan.options import Options
from corecar.bridge.plan.planning import ChainPlan, plan_of_chain
from corecar.bridge.stress.stressing import stress_chain
from corecar.chain.chain import Chain
from corecar.web.pages.agreement_links import _told as page_sentence
from corecar.words import words_of

VOLUMES = [volume(36.0, product="MCU"), at_most(10.0)]
"""36 good pieces of 0.95 need 38 starts by week 3; the group allows 40 up to then."""
WORSE = "yield R3 -30%"
"""40 starts give 26.6 good pieces then: 9 of 36 are missing."""


@pytest.fixture(scope="module")
def made() -> ChainPlan:
    return plan_of_chain(only_north(), Options(agreed=VOLUMES))


def checked(row: dict[str, Any], missing: int) -> None:
    assert (row["memorandum"], row["clause"], row["missing"]) == ("M-1", "volume 1", missing)
    assert (row["supplier"], row["customer"], row["against"]) == ("CHIPS", "North", "M-2, volume 1 maximum")


def test_a_plan_that_keeps_both_tells_nothing(made: ChainPlan) -> None:
    assert "agreements" not in made.answer


def test_a_scenario_names_whose_promise_it_breaches_and_what_stands_against_it(made: ChainPlan) -> None:
    found = what_if(made, [WORSE])
    (row,) = found["agreements"]
    checked(row, 9)
    assert found["notes"][0] == (
        "breach: M-1, volume 1 (MCU of CHIPS for North): 9 missing, 2027-W09 to 2027-W09. "
        "M-2, volume 1 maximum stands against it."
    )


def test_what_comes_with_stopped_lots_names_it_too(made: ChainPlan) -> None:
    (row,) = impact_of(made, change=[WORSE])["agreements"]
    checked(row, 9)


def two_packagers() -> Chain:
    """The same with a second site that packages, without a maximum."""
    one = only_north()
    groups = [*one.groups.to_pylist(), {"group": "PACK2", "site": "Q", "unit": "piece"}]
    routes = [*one.routes.to_pylist(), route("R2B", "packaging", "Q", "PACK2", lead_weeks=1, **{"yield": 1.0})]
    open_at = [{"group": "PACK2", "week": week(number), "actual": 400.0} for number in ALL]
    return two_customers(
        None, sites=[*SITES, {"site": "Q", "party": "CHIPS", "place": "Port"}], groups=groups, routes=routes,
        capacity=[*one.capacity.to_pylist(), *open_at], demand=one.demand.to_pylist(),
    )  # fmt: skip


def test_a_stop_names_it_too() -> None:
    """95 need 100 starts. Where Q stops, the group allows 40: 38 pieces come of 95."""
    found = stress_chain(two_packagers(), default=6.0, agreed=[volume(95.0, product="MCU"), at_most(10.0)])
    (row,) = [each for each in found["agreements"] if each["stop"] == "Q"]
    checked(row, 57)
    assert any(note.startswith("Q stopped: breach: M-1") and "stands against it" in note for note in found["notes"])


def test_an_alert_names_whose_promise_it_is_and_what_stands_against_it_while_that_holds(made: ChainPlan) -> None:
    (row,) = what_if(made, [WORSE])["agreements"]
    checked(_told(_without_ended(row, {"M-1", "M-2"}), "plan whatif"), 9)
    assert "against" not in _told(_without_ended(row, {"M-1"}), "plan whatif")


def test_a_page_says_so_in_both_languages(made: ChainPlan) -> None:
    (row,) = what_if(made, [WORSE])["agreements"]
    told = {**row, "because": "plan whatif: less"}
    assert page_sentence(words_of("en"), told).endswith("(scenario: less). M-2, volume 1 maximum stands against it.")
    assert page_sentence(words_of("zh"), told).endswith("与 M-2，第 1 项数量的最大值 相抵触。")


@pytest.mark.parametrize(
    ("because", "english", "chinese"),
    [
        ("plan 2", "plan 2", "计划 2"),
        ("stress: OSAT-1", "if OSAT-1 stops", "若 OSAT-1 停产"),
        ("stopped: L2, L3", "stopped lots: L2, L3", "停滞批次：L2, L3"),
    ],
)
def test_a_page_says_what_would_breach_a_memorandum_in_both_languages(
    made: ChainPlan, because: str, english: str, chinese: str
) -> None:
    (row,) = what_if(made, [WORSE])["agreements"]
    told = {name: value for name, value in row.items() if name != "against"} | {"because": because}
    assert page_sentence(words_of("en"), told).endswith(f"({english}).")
    assert page_sentence(words_of("zh"), told).endswith(f"（{chinese}）。")
