"""The life of a memorandum: no path skips a step, no one acts for another party, of two counters one wins."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from corecar.agree.life import Action, By, Right, Standing, Step, may_now, next_step, standing
from corecar.errors import AccessDenied, ArgumentError, Conflict, CorecarError, WrongState

PARTIES = ("A", "B", "C")
VALID_UNTIL = date(2027, 12, 31)
NOON = datetime(2027, 1, 4, 12, tzinfo=UTC)
ALL: frozenset[Right] = frozenset({"negotiate", "sign"})
FOLLOWS = {
    "": {"draft"},
    "draft": {"draft", "offered", "withdrawn"},
    "offered": {"offered", "countered", "signed", "refused", "withdrawn", "expired"},
    "countered": {"countered", "signed", "refused", "withdrawn", "expired"},
    "signed": {"signed", "ended"},
    **{last: {last} for last in ("ended", "withdrawn", "refused")},
    "expired": {"expired"},
}  # fmt: skip
"""Written down by hand, not taken from the rows of the module."""
ACTIONS: tuple[Action, ...] = ("draft", "revise", "offer", "counter", "sign", "refuse", "withdraw", "end", "supersede")


def person_of(party: str, rights: frozenset[Right] = ALL) -> By:
    return By(f"somebody of {party}", party, rights)


class Negotiation:
    """A memorandum that steps are taken of, as the catalogue would keep it."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.today = NOON

    @property
    def now(self) -> Standing:
        return standing(self.steps, PARTIES, self.today.date(), VALID_UNTIL)

    def state(self) -> str:
        """The state that it is in now."""
        return self.now.state

    def take(self, action: Action, party: str, terms: str = "", **other: Any) -> Step:
        """A step by somebody of a party with every right, who has seen the last step and the terms that count."""
        seen = {"revision": len(self.steps), "reason": "because", **other}
        by = seen.pop("by", person_of(party))
        hashed = terms or (self.now.terms_hash if self.steps else "one")
        step = next_step(
            self.steps, action, by, named="M-1", parties=PARTIES, valid_until=VALID_UNTIL, terms_hash=hashed,
            at=self.today, **seen,
        )  # fmt: skip
        self.steps.append(step)
        return step


@pytest.fixture
def offered() -> Negotiation:
    """Terms of A that lie on the table."""
    found = Negotiation()
    found.take("draft", "A")
    found.take("offer", "A")
    return found


def test_three_parties_offer_counter_and_sign_in_any_order(offered: Negotiation) -> None:
    offered.take("counter", "B", "two")
    assert (offered.now.state, offered.now.proposer, offered.now.terms_hash) == ("countered", "B", "two")
    for party in ("C", "A"):
        offered.take("sign", party)
    assert offered.state() == "countered"
    assert offered.now.missing(PARTIES) == ["B"]
    offered.take("sign", "B")
    assert offered.state() == "signed"


def test_a_counter_makes_signatures_of_other_terms_void(offered: Negotiation) -> None:
    offered.take("sign", "A")
    offered.take("sign", "B")
    offered.take("counter", "C", "two")
    assert offered.now.signed == frozenset()
    offered.take("sign", "C")
    offered.take("sign", "A")
    assert offered.state() == "countered"


def test_of_two_counters_at_once_one_wins_and_the_other_is_told(offered: Negotiation) -> None:
    seen = len(offered.steps)
    offered.take("counter", "B", "two")
    with pytest.raises(Conflict, match=r"changed since step 2 that you saw \(somebody of B of B: counter\)"):
        offered.take("counter", "C", "three", revision=seen)
    assert offered.now.terms_hash == "two"


def test_who_signs_signs_the_terms_on_the_table(offered: Negotiation) -> None:
    with pytest.raises(Conflict, match="are not those that count"):
        offered.take("sign", "B", "other")


def test_a_counter_that_changes_nothing_is_none(offered: Negotiation) -> None:
    with pytest.raises(Conflict, match="Sign them, or change something"):
        offered.take("counter", "B", "one")


DENIED: list[tuple[Action, str, str]] = [
    ("counter", "A", "proposed these terms itself"),
    ("refuse", "A", "proposed these terms itself"),
    ("withdraw", "B", "these terms are A's"),
    ("sign", "D", "none of its parties"),
]


@pytest.mark.parametrize(("action", "party", "why"), DENIED)
def test_nobody_takes_a_step_of_another_party(offered: Negotiation, action: Action, party: str, why: str) -> None:
    with pytest.raises(AccessDenied, match=why):
        offered.take(action, party, "two" if action == "counter" else "")


def test_nobody_signs_twice_or_counters_what_they_signed(offered: Negotiation) -> None:
    offered.take("sign", "B")
    with pytest.raises(AccessDenied, match="has signed these terms already"):
        offered.take("sign", "B")
    with pytest.raises(AccessDenied, match="B has signed these terms"):
        offered.take("counter", "B", "two")


def test_a_person_without_the_right_to_sign_does_not_sign(offered: Negotiation) -> None:
    with pytest.raises(AccessDenied, match="somebody of B may not sign for B"):
        offered.take("sign", "B", by=person_of("B", frozenset({"negotiate"})))


def test_a_refusal_a_withdrawal_and_an_end_say_why(offered: Negotiation) -> None:
    for action, party in (("refuse", "B"), ("withdraw", "A")):
        with pytest.raises(ArgumentError, match="needs a reason"):
            offered.take(action, party, reason=" ")  # type: ignore[arg-type]


def test_an_offer_that_nobody_answers_expires_and_nothing_more_is_done_with_it() -> None:
    found = Negotiation()
    found.take("draft", "A")
    found.take("offer", "A", until=date(2027, 1, 10))
    found.today += timedelta(days=6)
    assert found.state() == "offered"
    found.today += timedelta(days=1)
    assert found.state() == "expired"
    with pytest.raises(WrongState, match="M-1 is expired"):
        found.take("sign", "B")


def test_an_answer_is_not_expected_before_today() -> None:
    found = Negotiation()
    found.take("draft", "A")
    with pytest.raises(ArgumentError, match="2027-01-03 has passed"):
        found.take("offer", "A", until=date(2027, 1, 3))


def test_a_signed_memorandum_ends_with_its_last_day(offered: Negotiation) -> None:
    for party in PARTIES:
        offered.take("sign", party)
    offered.today = datetime(2027, 12, 31, 23, tzinfo=UTC)
    assert offered.state() == "signed"
    offered.today += timedelta(days=1)
    assert offered.state() == "ended"


def test_what_a_party_may_do_now_is_told(offered: Negotiation) -> None:
    assert may_now(offered.now, "A", PARTIES) == ["sign", "withdraw"]
    assert may_now(offered.now, "B", PARTIES) == ["counter", "sign", "refuse"]
    assert may_now(offered.now, "D", PARTIES) == []


def test_nothing_leads_out_of_an_end(offered: Negotiation) -> None:
    offered.take("refuse", "C")
    for action in ACTIONS:
        with pytest.raises(CorecarError):
            offered.take(action, "A", "two")
    assert offered.state() == "refused"


class Negotiations(RuleBasedStateMachine):
    """Anybody tries any step at any time, with whatever revision and terms they have seen."""

    def __init__(self) -> None:
        super().__init__()
        self.talks = Negotiation()
        self.path = [""]
        self.signed: set[str] = set()
        self.table = ""

    @rule(
        action=st.sampled_from(ACTIONS), party=st.sampled_from("ABCD"), terms=st.sampled_from(["", "one", "two", "x"]),
        behind=st.integers(0, 2), sign=st.booleans(), negotiate=st.booleans(),
    )  # fmt: skip
    def somebody_tries(self, action: Action, party: str, terms: str, behind: int, sign: bool, negotiate: bool) -> None:
        rights: list[Right] = [*(["sign"] if sign else []), *(["negotiate"] if negotiate else [])]  # type: ignore[list-item]
        before = list(self.talks.steps)
        try:
            step = self.talks.take(
                action, party, terms, by=person_of(party, frozenset(rights)), revision=len(before) - behind
            )
        except CorecarError:
            assert self.talks.steps == before
            return
        assert behind == 0
        assert party in PARTIES
        assert (step.party, step.person) == (party, f"somebody of {party}")
        assert sign if action in ("sign", "end", "supersede") else negotiate
        self.note(step)

    def note(self, step: Step) -> None:
        if step.action in ("draft", "revise", "counter"):
            assert step.action != "counter" or step.terms_hash != self.table
            self.signed, self.table = set(), step.terms_hash
        assert step.terms_hash == self.table
        if step.action == "sign":
            assert step.party not in self.signed
            self.signed.add(step.party)

    @precondition(lambda self: self.talks.steps)
    @rule(party=st.sampled_from(PARTIES), data=st.data())
    def a_party_does_what_it_may(self, party: str, data: st.DataObject) -> None:
        ways = may_now(self.talks.now, party, PARTIES)
        if ways:
            action = data.draw(st.sampled_from(ways))
            self.note(self.talks.take(action, party, f"of step {len(self.path)}" if action == "counter" else ""))

    @invariant()
    def every_state_follows_from_the_one_before(self) -> None:
        if self.talks.steps:
            state = self.talks.now.state
            assert state in FOLLOWS[self.path[-1]] or state == self.path[-1]
            self.path.append(state)

    @invariant()
    def it_holds_exactly_when_every_party_signed_the_same_terms(self) -> None:
        if self.talks.steps:
            holds = self.talks.now.state in ("signed", "ended")
            assert holds == (self.signed == set(PARTIES))
            assert self.talks.now.terms_hash == self.table

    @invariant()
    def steps_are_only_ever_added(self) -> None:
        assert [step.number for step in self.talks.steps] == list(range(1, len(self.talks.steps) + 1))


TestAnybodyTriesAnything = Negotiations.TestCase
TestAnybodyTriesAnything.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_the_standing_is_that_of_the_steps_alone(offered: Negotiation) -> None:
    offered.take("sign", "B")
    again = [replace(step) for step in offered.steps]
    assert standing(again, PARTIES, NOON.date(), VALID_UNTIL) == offered.now
