"""Hard requirements: what refuses an offer and in which words, what stays an open question, which miss is nearest."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from tests.match.markets import DAY, NEED, OFFER, chain_of

from corecar.match import Matches, match
from corecar.match.filtering import questions, reasons, refusals
from corecar.match.requirements import MISSED, REQUIREMENTS


def matched(need: dict[str, str], offer: dict[str, str], **more: Any) -> Matches:
    return match(chain_of([NEED | need], [OFFER | offer], **more), day=DAY)


def why(found: Matches) -> list[str]:
    """The reasons for which the first offer is refused; empty where it is not."""
    refused = refusals(found.needs, found.offers, 0, found.terms)
    assert len(refused.offer) + len(found.need) == len(found.offers)
    return [
        reason
        for place, offer in enumerate(refused.offer.tolist())
        for reason in reasons(found.needs, found.offers, 0, offer, refused.states[:, place], found.terms)
    ]


def open_questions(found: Matches) -> list[str]:
    return questions(found.needs, found.offers, 0, 0, int(found.unknown[0]), found.terms)


def test_an_offer_that_shows_all_that_is_asked_fits_without_a_question() -> None:
    found = matched({}, {})
    assert (found.taken.tolist(), why(found), open_questions(found)) == ([0], [], [])


TEMPLATE = "(template, to be confirmed)"


@pytest.mark.parametrize(
    ("need", "offer", "reason"),
    [
        ({}, {"grade": "2"}, f"grade 2 offered, grade 1 needed; re-qualification would take 26 weeks {TEMPLATE}"),
        ({}, {"package_family": "QFN"}, "QFN offered, LQFP needed; qualifying the package"),
        ({}, {"pins_most": "80"}, "64 to 80 pins offered, 100 pins needed; tooling for the pin count"),
        ({}, {"node_least_nm": "65", "node_most_nm": "90"}, "65 to 90 nm offered, up to 55 nm needed"),
        ({}, {"voltage_least_v": "3"}, "3 to 5.5 V offered, 2.7 to 5.5 V needed"),
        ({}, {"interfaces": "CAN FD"}, "CAN FD offered, LIN needed; a design with the interface"),
        ({}, {"temperature_most_c": "105"}, "-40 to 105 C offered, -40 to 125 C needed"),
        ({}, {"certificates": "ISO 9001"}, "ISO 9001 offered, IATF 16949 needed; certification would take 39 weeks"),
        ({}, {"quantity": "1000"}, "1,000 pieces a week offered, 12,000 pieces a week (10% of it at least) needed"),
        ({}, {"from_week": "2027-W12"}, "from 2027-W12 offered, 2027-W10 to 2027-W40 needed"),
        ({}, {"until_week": "2027-W39"}, "2027-W05 to 2027-W39 offered, 2027-W10 to 2027-W40 needed"),
        ({}, {"valid_until": "2027-01-03"}, "the offer stood until 2027-01-03"),
        ({}, {"party": "CARS", "site": "CARS-1"}, "CARS offers and needs it itself"),
        ({"from_week": "", "until_week": ""}, {"from_week": "", "until_week": "2026-W40"}, "until 2026-W40 offered"),
    ],
)
def test_a_refusal_says_what_is_offered_what_is_needed_and_what_would_mend_it(
    need: dict[str, str], offer: dict[str, str], reason: str
) -> None:
    found = matched(need, offer)
    (told,) = why(found)
    assert told.startswith(reason)
    assert len(found.need) == 0


@pytest.mark.parametrize(
    ("need", "offer"),
    [
        ({}, {"grade": "0"}),
        ({"grade": ""}, {"grade": "3", "temperature_most_c": "125"}),
        ({}, {"pins_least": "100", "pins_most": "100"}),
        ({"pins_least": "80", "pins_most": "128"}, {"pins_least": "100", "pins_most": "100"}),
        ({}, {"temperature_least_c": "", "temperature_most_c": ""}),
        ({"interfaces": ""}, {"interfaces": ""}),
        ({}, {"quantity": "1200"}),
        ({}, {"valid_until": "2027-01-04"}),
        ({"from_week": "", "until_week": ""}, {"from_week": ""}),
        ({"until_week": ""}, {"until_week": "2027-W10"}),
        ({"unit": "wafer", "quantity": "10", "product": "MCU"}, {}),
    ],
)
def test_what_fulfils_a_requirement_is_not_refused_and_nothing_is_asked(
    need: dict[str, str], offer: dict[str, str]
) -> None:
    products = [{"product": "MCU", "kind": "chip", "gross_die_per_wafer": "1000", "grade": "3"}]
    found = matched(need, offer, products=products)
    assert (why(found), open_questions(found)) == ([], [])


@pytest.mark.parametrize(
    ("need", "offer", "question"),
    [
        ({}, {"grade": "", "temperature_most_c": "150"}, "grade: grade 1 needed"),
        ({}, {"package_family": ""}, "package: LQFP needed"),
        ({}, {"pins_least": "", "pins_most": ""}, "pins: 100 pins needed"),
        ({}, {"node_least_nm": "", "node_most_nm": ""}, "node: up to 55 nm needed"),
        ({}, {"voltage_most_v": ""}, "voltage: 2.7 to 5.5 V needed"),
        ({}, {"interfaces": ""}, "interfaces: CAN FD, LIN needed"),
        ({}, {"certificates": ""}, "certificates: IATF 16949 needed"),
        ({}, {"quantity": ""}, "volume: 12,000 pieces a week (10% of it at least) needed"),
        ({}, {"from_week": ""}, "date: 2027-W10 to 2027-W40 needed"),
    ],
)
def test_what_an_offer_does_not_say_is_asked_and_refuses_nobody(
    need: dict[str, str], offer: dict[str, str], question: str
) -> None:
    found = matched(need, offer)
    assert why(found) == []
    assert open_questions(found) == [f"{question}, the offer does not say"]
    assert found.scores.score[0] < found.scores.at_best[0]


def test_a_quantity_in_another_unit_is_told_as_it_stands_and_asked_about() -> None:
    found = matched({}, {"unit": "hour", "quantity": "90"})
    assert why(found) == []
    assert open_questions(found) == [
        "volume: 12,000 pieces a week (10% of it at least) needed, 90 hours a week offered: "
        "the one cannot be counted in the unit of the other"
    ]


def test_capacity_has_to_cover_what_a_need_brings_where_a_chip_only_has_to_lie_in_it() -> None:
    wide = {"pins_least": "64", "pins_most": "128"}
    assert why(matched(wide, {"pins_least": "100", "pins_most": "100"})) == []
    narrow = {"kind": "packaging", "node_most_nm": "55", "pins_least": "100", "pins_most": "100"}
    (told,) = why(matched(wide | {"kind": "packaging"}, narrow))
    assert told.startswith("100 pins offered, 64 to 128 pins needed")


def test_a_certificate_of_the_site_and_the_grade_of_the_product_count_for_the_offer() -> None:
    products = [{"product": "MCU", "kind": "chip", "grade": "2", "package_family": "LQFP", "pins": "100"}]
    bare = {"grade": "", "package_family": "", "pins_least": "", "pins_most": "", "product": "MCU"}
    (told, hot) = why(matched({}, bare | {"temperature_most_c": "", "certificates": ""}, products=products))
    assert told.startswith("grade 2 offered, grade 1 needed")
    assert hot.startswith("-40 to 105 C by grade 2 offered, -40 to 125 C needed")
    sites = [{"site": "CHIPS-1", "party": "CHIPS", "place": "B", "certificates": "IATF 16949"},
             {"site": "CARS-1", "party": "CARS", "place": "A"}]  # fmt: skip
    found = matched({}, {"certificates": ""}, sites=sites)
    assert (why(found), open_questions(found)) == ([], [])


def test_the_nearest_miss_comes_first() -> None:
    offers = [
        OFFER | {"offer": "far", "grade": "3"}, OFFER | {"offer": "two", "grade": "2", "package_family": "QFN"},
        OFFER | {"offer": "near", "grade": "2"}, OFFER | {"offer": "fits"},
    ]  # fmt: skip
    found = match(chain_of([NEED], offers), day=DAY)
    refused = refusals(found.needs, found.offers, 0, found.terms)
    assert [found.offers.names[row] for row in refused.offer] == ["near", "far", "two"]
    assert [found.offers.names[row] for row in refusals(found.needs, found.offers, 0, found.terms, 1).offer] == ["near"]


def test_counts_by_first_reason_and_pairs_are_those_of_judging_every_pair_by_itself() -> None:
    random = np.random.default_rng(5)
    changes = [{"grade": "2"}, {"package_family": "QFN"}, {"interfaces": "SPI"}, {"quantity": "5"}, {"grade": ""},
               {"certificates": ""}, {"voltage_least_v": "4"}, {"kind": "test"}, {"from_week": "2027-W30"}]  # fmt: skip

    def drawn(row: dict[str, str], key: str, count: int) -> list[dict[str, str]]:
        found = []
        for place in range(count):
            changed = dict(row) | {key: f"{key}{place:02}"}
            for change in random.permutation(len(changes))[: random.integers(0, 3)]:
                changed |= changes[change]
            found.append(changed)
        return found

    found = match(chain_of(drawn(NEED, "need", 30), drawn(OFFER, "offer", 40)), day=DAY)
    kinds = (found.needs.words["kind"], found.offers.words["kind"])
    fitting, refused = set(), [[0] * len(REQUIREMENTS) for _ in range(30)]
    for n, o in itertools.product(range(30), range(40)):
        if kinds[0][n] == kinds[1][o]:
            at = np.array([n]), np.array([o])
            states = [int(r.judge(found.needs, found.offers, *at, found.terms).state[0]) for r in REQUIREMENTS]
            if int(MISSED) in states:
                refused[n][states.index(int(MISSED))] += 1
            else:
                fitting.add((n, o))
    assert refused == found.refused.tolist()
    assert found.fits.sum() == len(fitting)
    assert set(zip(found.need.tolist(), found.offer.tolist(), strict=True)) <= fitting
    assert 20 < len(fitting) < 1000


def test_a_need_that_no_longer_stands_is_left_out_and_said() -> None:
    found = match(chain_of([NEED | {"valid_until": "2027-01-01"}], [OFFER]), day=DAY)
    assert (found.past.tolist(), len(found.need)) == ([0], 0)
