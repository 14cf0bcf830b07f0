"""What state a lot is in, what may be done with it, and who may let it go."""

from __future__ import annotations

import pickle
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corecar.errors import ArgumentError, Conflict, WrongState
from corecar.store.lot_states import (
    ACTIONS,
    STATES,
    STEPS,
    Event,
    allowed,
    following,
    is_screened,
    next_state,
    second_person,
    state_of,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "lot-states.md"
DAY = datetime(2026, 9, 21, tzinfo=UTC)


def history(*steps: str) -> tuple[Event, ...]:
    """A history from words such as `hold by Li`; each step a day after the one before."""
    events: tuple[Event, ...] = ()
    for step in steps:
        action, _, by = step.partition(" by ")
        at = DAY + timedelta(days=len(events))
        events = (*events, following(events, action, by=by or "Wu", at=at, reason="because", lot="LOT7"))
    return events


def test_a_lot_goes_from_its_first_data_to_its_customer() -> None:
    events = history("receive", "screen", "release", "ship")
    assert [event.state for event in events] == ["received", "screened", "released", "shipped"]


def test_new_test_data_take_a_verdict_back() -> None:
    assert state_of(history("receive", "screen", "receive")) == "received"


@pytest.mark.parametrize("before", [("release",), ("release", "ship")])
def test_new_test_data_hold_a_lot_that_was_let_go_and_say_why(before: tuple[str, ...]) -> None:
    events = history("receive", "screen", *before)
    held = following(events, "receive", by="Wu", at=DAY, reason="run 3fa9c2", lot="LOT7")
    assert held.state == "held"
    assert re.fullmatch("test data came after (its release|it was shipped): run 3fa9c2", held.reason)


def test_a_hold_stands_through_new_data_and_screens() -> None:
    assert state_of(history("receive", "hold", "receive", "screen")) == "held"


def test_a_held_lot_is_released_only_when_all_of_its_data_are_screened() -> None:
    events = history("receive", "screen", "hold", "receive")
    with pytest.raises(WrongState) as fault:
        following(events, "release", by="Li", at=DAY, reason="fine", lot="LOT7")
    assert str(fault.value) == (
        'Lot LOT7 is held and has test data that no screen has judged, so "release" is not possible. Screen it first: '
        "corecar grade LOT7. Possible now: grade, hold, quarantine, scrap."
    )
    assert state_of(history("receive", "screen", "hold", "receive", "screen", "release")) == "released"


def test_what_is_not_possible_names_the_state_and_what_is() -> None:
    with pytest.raises(WrongState) as fault:
        next_state("shipped", "release", lot="LOT7")
    assert str(fault.value) == 'Lot LOT7 is shipped, so "release" is not possible. Possible now: hold, quarantine.'
    parts = (fault.value.lot, fault.value.state, fault.value.action, fault.value.allowed)
    assert parts == ("LOT7", "shipped", "release", ("hold", "quarantine"))
    assert isinstance(fault.value, Conflict)
    again = pickle.loads(pickle.dumps(fault.value))
    assert (str(again), again.allowed) == (str(fault.value), ("hold", "quarantine"))


def test_nothing_leads_out_of_scrapped_and_nothing_happens_before_the_first_data() -> None:
    assert allowed("scrapped") == ()
    with pytest.raises(WrongState, match=r"Lot LOT7 is scrapped, .* Nothing more can be done with it."):
        next_state("scrapped", "hold", lot="LOT7")
    with pytest.raises(WrongState, match=r"The lot has no test data, .* File test data to it first."):
        next_state(None, "screen")


def test_a_word_that_is_no_state_or_action_is_refused() -> None:
    with pytest.raises(ArgumentError, match='state "lost": expected one of received, screened'):
        next_state("lost", "hold")
    with pytest.raises(ArgumentError, match='action "sell": expected one of receive, screen'):
        next_state("held", "sell")


def test_who_stops_a_lot_or_lets_it_go_says_why() -> None:
    events = history("receive", "screen")
    with pytest.raises(ArgumentError, match='Lot LOT7: "hold" needs a reason'):
        following(events, "hold", by="Li", at=DAY, reason=" ", lot="LOT7")
    with pytest.raises(ArgumentError, match='Lot LOT7: "release" needs a reason'):
        following(events, "release", by="Li", at=DAY, lot="LOT7")
    released = history("receive", "screen", "release")
    assert following(released, "ship", by="Li", at=DAY, lot="LOT7").reason == "left for the customer"


def test_who_held_a_lot_does_not_release_it() -> None:
    events = history("receive", "screen", "hold by Li")
    own = second_person(events, "Li", accounts=True, lot="LOT7")
    assert (own.allowed, own.sentence) == (False, "Li held lot LOT7, so another person has to release it.")
    other = second_person(events, "Wang", accounts=True, lot="LOT7")
    assert (other.allowed, other.enforced, other.sentence) == (True, True, "Held by Li, released by Wang.")


@pytest.mark.parametrize(
    "steps",
    [
        ("receive", "screen", "hold by Li", "hold by Chen"),
        ("receive", "screen", "quarantine by Li", "hold by Chen"),
        ("receive", "screen", "hold by Li", "receive by Chen", "screen by Chen"),
    ],
)
def test_everyone_who_stopped_it_counts_until_it_is_free(steps: tuple[str, ...]) -> None:
    events = history(*steps)
    assert not second_person(events, "Li", accounts=True, lot="LOT7").allowed
    freed = history(*steps, "screen", "release by Wang", "hold by Wang")
    assert second_person(freed, "Li", accounts=True, lot="LOT7").allowed


@pytest.mark.parametrize(
    "steps",
    [("receive", "screen", "release", "receive by Li", "screen"), ("receive", "screen by Li", "stop by Li")],
)
def test_what_the_workspace_held_by_itself_anyone_may_release(steps: tuple[str, ...]) -> None:
    events = history(*steps)
    found = second_person(events, "Li", accounts=True, lot="LOT7")
    assert (state_of(events), found.allowed) == ("held", True)
    assert found.sentence == "The workspace held it by itself, so anyone who may release lots may do so."
    assert not second_person((*events, *history(*steps, "hold by Li")[-1:]), "Li", accounts=True, lot="LOT7").allowed


def test_a_lot_that_nobody_held_anyone_may_release() -> None:
    found = second_person(history("receive", "screen by Li"), "Li", accounts=True, lot="LOT7")
    assert found.sentence == "Nobody held lot LOT7, so anyone who may release lots may do so."


def test_without_accounts_the_rule_is_not_enforced_and_says_so() -> None:
    found = second_person(history("receive", "screen", "hold by Li"), "Li", accounts=False, lot="LOT7")
    assert (found.allowed, found.enforced) == (True, False)
    assert found.sentence.startswith("Not enforced")


@given(st.lists(st.sampled_from(list(ACTIONS)), max_size=30))
def test_whatever_is_tried_history_only_grows_and_no_unscreened_lot_is_let_go(actions: list[str]) -> None:
    events: tuple[Event, ...] = ()
    for action in actions:
        now = state_of(events)
        possible = allowed(now, screened=is_screened(events))
        judged = {"screened": ("stop", "isolate"), "held": ("stop", "isolate"), "quarantined": ("isolate",)}
        by_itself = ("receive", *judged.get(str(now), ()))
        if action not in (*possible, *by_itself):
            with pytest.raises(WrongState) as fault:
                following(events, action, by="Wu", at=DAY, reason="because", lot="L")
            assert fault.value.allowed == possible
            continue
        event = following(events, action, by="Wu", at=DAY, reason="because", lot="L")
        events = (*events, event)
        assert event.reason
        if event.state in ("released", "shipped"):
            assert is_screened(events)


def test_every_state_is_reached_and_every_step_is_between_known_ones() -> None:
    assert {step.then for step in STEPS} == set(STATES)
    assert {step.action for step in STEPS} == set(ACTIONS)
    assert {step.now for step in STEPS} == {None, *STATES}
    assert len({(step.now, step.action) for step in STEPS}) == len(STEPS)
    assert all((state, "receive") in {(step.now, step.action) for step in STEPS} for state in STATES)


def test_the_page_shows_every_step() -> None:
    page = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+|\(new\)) \| `(\w+)` \| (\w+) \| (.*) \|$", page, re.MULTILINE)
    assert rows == [(step.now or "(new)", step.action, step.then, step.why) for step in STEPS]
    for word, meaning in (STATES | ACTIONS).items():
        assert f"| {word} | {meaning} |" in page or f"| `{word}` | {meaning} |" in page
