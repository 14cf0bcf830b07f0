"""Scores: each part by its formula, what is not known counted as nothing, the weights of a file."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from tests.match.markets import BASE, DAY, NEED, OFFER, chain_of

from corecar.errors import MappingError, SourceMissing
from corecar.match import Ways, match, read_weights, weights_text
from corecar.match.telling import pair_rows, part_rows
from corecar.match.weights import OFFER_PARTS, PARTS, parse_weights

FAR_KM = 6371 * math.acos(
    math.sin(math.radians(31)) * math.sin(math.radians(22))
    + math.cos(math.radians(31)) * math.cos(math.radians(22)) * math.cos(math.radians(3))
)
"""From Demo Cars to Demo Packaging, by the spherical law of cosines."""


def parts_of(need: dict[str, str], offer: dict[str, str], **more: list[dict[str, str]]) -> dict[str, float]:
    found = match(chain_of([NEED | need], [OFFER | offer], **more), day=DAY)
    return {name: float(values[0]) for name, values in found.scores.parts.items()}


MCU = {"product": "MCU", "kind": "chip", "party": "CHIPS"}
ROUTES = [{"route": "R", "product": "MCU", "stage": "test", "site": "CHIPS-1", "lead_weeks": "1"}]


@pytest.mark.parametrize(
    ("part", "need", "offer", "expected"),
    [
        ("technical", {}, {}, 1.0),
        ("technical", {}, {"grade": "0"}, 0.95),
        ("technical", {}, {"interfaces": ""}, 7 / 8),
        ("technical", {"class": "control"}, {"class": "power"}, 8 / 9),
        ("technical", {"class": "control"}, {"class": "Control"}, 1.0),
        ("capacity", {}, {"quantity": "6000"}, 0.5),
        ("capacity", {}, {"quantity": "90000"}, 1.0),
        ("capacity", {}, {"quantity": ""}, math.nan),
        ("lead_time", {}, {"lead_weeks": "0"}, 1.0),
        ("lead_time", {}, {"lead_weeks": "8"}, 0.5),
        ("lead_time", {}, {"lead_weeks": "12"}, 0.25),
        ("lead_time", {}, {"lead_weeks": "16"}, 0.0),
        ("lead_time", {"lead_weeks": "0"}, {"lead_weeks": "1"}, 0.0),
        ("lead_time", {"lead_weeks": ""}, {}, math.nan),
        ("price", {}, {"price": "10"}, 0.5),
        ("price", {}, {"price": "15"}, 0.25),
        ("price", {}, {"currency": "EUR"}, math.nan),
        ("price", {}, {"price": ""}, math.nan),
        ("distance", {}, {}, 1.0),
        ("distance", {}, {"site": "OSAT-1", "party": "OSAT"}, 1 / (1 + FAR_KM / 1000)),
        ("distance", {"party": "UNI", "site": ""}, {}, math.nan),
        ("risk_spread", {}, {}, math.nan),
        ("history", {}, {}, math.nan),
    ],
)
def test_each_part_follows_its_formula(part: str, need: dict[str, str], offer: dict[str, str], expected: float) -> None:
    found = parts_of(need, offer)[part]
    assert math.isnan(found) if math.isnan(expected) else found == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("party", "site", "expected"), [("CHIPS", "CHIPS-1", 0.0), ("OSAT", "OSAT-1", 1.0), ("UNI", "UNI-1", 0.5)]
)
def test_a_new_party_spreads_the_risk_and_a_new_region_more(party: str, site: str, expected: float) -> None:
    sites = [*BASE["sites"], {"site": "UNI-1", "party": "UNI", "place": "D", "region": "South"}]
    found = parts_of({"product": "MCU", "kind": "test", "node_most_nm": ""}, {"kind": "test", "party": party,
                     "site": site}, products=[MCU], routes=ROUTES, sites=sites)  # fmt: skip
    assert found["risk_spread"] == expected


def test_history_is_what_came_of_what_was_promised_before_the_day() -> None:
    row = {"product": "MCU", "customer": "CARS", "supplier": "CHIPS", "quantity": "100"}
    demand = [
        row | {"week": "2026-W50", "committed": "100", "delivered": "80"},
        row | {"week": "2026-W51", "committed": "100", "delivered": "130"},
        row | {"week": "2026-W52", "committed": "100"},
        row | {"week": "2027-W02", "committed": "100", "delivered": "0"},
    ]
    assert parts_of({}, {}, products=[MCU], demand=demand)["history"] == pytest.approx(0.9)


def test_what_came_of_a_meeting_counts_where_nothing_was_delivered() -> None:
    found = match(chain_of([NEED], [OFFER]), day=DAY, met={("CARS", "CHIPS"): (0.0, "declined at Demo Day")})
    assert found.scores.parts["history"].tolist() == [0.0]
    assert [row["why"] for row in part_rows(found, [0]) if row["part"] == "history"] == ["declined at Demo Day"]


def test_a_score_counts_nothing_for_what_is_not_known_and_says_what_it_may_come_to() -> None:
    found = match(chain_of([NEED], [OFFER]), day=DAY)
    weights = read_weights().parts
    known = {name: values[0] for name, values in found.scores.parts.items() if not math.isnan(values[0])}
    assert {*PARTS} - {*known} == {"risk_spread", "history"}
    expected = sum(weights[name] * value for name, value in known.items())
    assert found.scores.score[0] == pytest.approx(expected)
    assert found.scores.at_best[0] == pytest.approx(expected + weights["risk_spread"] + weights["history"])
    shown = part_rows(found, [0])
    assert [row["part"] for row in shown] == [name.replace("_", " ") for name in PARTS]
    assert all(row["why"] for row in shown)
    assert {row["part"] for row in shown if row["value"] is None} == {"risk spread", "history"}


def test_each_side_sees_its_benefit() -> None:
    (row,) = pair_rows(match(chain_of([NEED], [OFFER]), day=DAY), [0])
    assert {name: row[name] for name in ("covers", "saves", "uses", "earns", "currency")} == {
        "covers": 1.0, "saves": 24000.0, "uses": 0.5, "earns": 96000.0, "currency": "CNY",
    }  # fmt: skip
    (row,) = pair_rows(match(chain_of([NEED], [OFFER | {"currency": "EUR"}]), day=DAY), [0])
    assert row["saves"] is None


def test_weights_are_divided_by_their_sum_and_change_the_order(tmp_path: Path) -> None:
    own = tmp_path / "weights.toml"
    zero = "".join(f"{name} = 0\n" for name in PARTS if name != "price")
    own.write_text(f"[weights]\nprice = 7\n{zero}", encoding="utf-8")
    offers = [OFFER | {"offer": "quick", "lead_weeks": "1", "price": "9"}, OFFER | {"offer": "cheap", "price": "7.9",
              "lead_weeks": "7"}]  # fmt: skip
    chain = chain_of([NEED], offers)
    for weights, best in ((None, "quick"), (read_weights(own), "cheap")):
        found = match(chain, day=DAY, weights=weights)
        assert pair_rows(found, found.of_need("N1"))[0]["offer"] == best
    assert read_weights(own).parts == {name: float(name == "price") for name in PARTS}


def test_the_shipped_weights_name_every_part_and_sum_to_one() -> None:
    weights = parse_weights(weights_text(), "default")
    assert tuple(weights.parts) == PARTS
    assert tuple(weights.offer) == OFFER_PARTS
    assert sum(weights.parts.values()) == pytest.approx(1)


def test_all_that_is_wrong_with_weights_is_told_at_once(tmp_path: Path) -> None:
    own = tmp_path / "weights.toml"
    own.write_text("[weights]\nprise = 1\nprice = -1\n[ofer]\nuse = 1\n[matching]\nleast_share = 2\n", encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        read_weights(own)
    told = [str(fault) for fault in caught.value.faults]
    assert len(told) == 4
    assert 'prise: there is no such key. Did you mean "price"?' in told[0]
    assert 'Did you mean "offer"?' in told[1]
    with pytest.raises(SourceMissing, match="corecar match weights"):
        read_weights(tmp_path / "none.toml")
    with pytest.raises(MappingError, match="weighs nothing"):
        parse_weights("[weights]\n" + "".join(f"{name} = 0\n" for name in PARTS), "x")
    with pytest.raises(MappingError, match="no TOML"):
        parse_weights("[weights", "x")


@pytest.mark.parametrize("method", ["largest", "stable"])
@pytest.mark.parametrize("by", ["partners", "quantity"])
def test_services_and_research_of_which_only_the_kind_is_known_go_the_same_way(method: Any, by: Any) -> None:
    kinds = ("research", "failure-analysis", "reliability")
    needs = [{"need": f"N-{kind}", "party": "OSAT", "kind": kind, "title": "x"} for kind in kinds]
    offers = [{"offer": f"O-{kind}", "party": "UNI", "kind": kind, "title": "y"} for kind in kinds]
    found = match(chain_of(needs, offers), day=DAY, ways=Ways(method, by))
    pairs = [(row["need"][2:], row["offer"][2:], row["taken"]) for row in pair_rows(found, found.taken)]
    assert sorted(pairs) == sorted((kind, kind, 1) for kind in kinds)
    assert found.scores.score.tolist() == [0.0, 0.0, 0.0]


def test_quantities_are_shared_out_whole_and_wafers_count_by_their_dies() -> None:
    products = [{"product": "MCU", "kind": "chip", "gross_die_per_wafer": "1000"}]
    needs = [NEED | {"need": "N1", "quantity": "15000"}, NEED | {"need": "N2", "quantity": "9000.5"}]
    offers = [OFFER | {"quantity": "20", "unit": "wafer", "product": "MCU"}]
    found = match(chain_of(needs, offers, products=products), day=DAY, ways=Ways(by="quantity"))
    assert sorted(found.amount.tolist()) in ([5000, 15000], [9000, 11000])
    hours = [OFFER | {"quantity": "20", "unit": "hour"}]
    assert len(match(chain_of(needs, hours), day=DAY, ways=Ways(by="quantity")).taken) == 0


def test_the_same_facts_in_another_order_give_the_same_pairs() -> None:
    needs = [NEED | {"need": f"N{place}", "price": str(8 + place)} for place in range(6)]
    offers = [OFFER | {"offer": f"O{place}", "lead_weeks": str(place)} for place in range(7)]
    one, two = (match(chain_of(a, b), day=DAY) for a, b in ((needs, offers), (needs[::-1], offers[::-1])))
    assert pair_rows(one, one.taken) == pair_rows(two, two.taken)
