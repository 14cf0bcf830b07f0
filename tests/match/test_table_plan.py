"""Table plans: nobody twice at once, no more tables than there are, as few rounds as can be."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corecar.errors import ArgumentError
from corecar.match.table_plan import Pair, Seat, table_plan


def check(pairs: list[Pair], seats: list[Seat | None], rounds: int, tables: int) -> None:
    placed = [(pair, seat) for pair, seat in zip(pairs, seats, strict=True) if seat]
    at = Counter((party, seat.round) for pair, seat in placed for party in pair)
    assert set(at.values()) <= {1}, "somebody sits at two tables at once"
    assert set(Counter(seat for _, seat in placed).values()) <= {1}, "a table is given twice"
    assert all(1 <= seat.round <= rounds and 1 <= seat.table <= tables for _, seat in placed)


parties = st.sampled_from("abcdefghij")
drawn = st.lists(st.tuples(parties, parties), max_size=40).map(
    lambda pairs: [tuple(sorted(pair)) for pair in {frozenset(pair) for pair in pairs} if len(pair) == 2]
)


@settings(max_examples=200, deadline=None)
@given(drawn, st.integers(1, 8), st.integers(1, 6))
def test_nobody_sits_at_two_tables_at_once(pairs: list[Pair], rounds: int, tables: int) -> None:
    seats = table_plan(pairs, rounds=rounds, tables=tables)
    check(pairs, seats, rounds, tables)
    for pair, seat in zip(pairs, seats, strict=True):
        if seat is None:  # then no round is left as it is
            for at in range(1, rounds + 1):
                there = [one for one, other in zip(pairs, seats, strict=True) if other and other.round == at]
                assert len(there) == tables or any({*pair} & {*one} for one in there)


@settings(max_examples=100, deadline=None)
@given(st.sets(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("uvwxyz")), min_size=1))
def test_two_groups_need_no_more_rounds_than_the_busiest_party_has_conversations(chosen: set[Pair]) -> None:
    pairs = sorted(chosen)
    busiest = max(Counter(party for pair in pairs for party in pair).values())
    seats = table_plan(pairs, rounds=busiest, tables=len(pairs))
    assert None not in seats
    check(pairs, seats, busiest, len(pairs))


def test_the_first_conversations_are_seated_where_not_all_can_be() -> None:
    assert table_plan([("a", "x"), ("a", "y"), ("a", "z")], rounds=2, tables=1) == [Seat(1, 1), Seat(2, 1), None]


def test_what_cannot_be_a_conversation_is_refused() -> None:
    for pairs in ([("a", "a")], [("a", "b"), ("b", "a")]):
        with pytest.raises(ArgumentError):
            table_plan(pairs, rounds=1, tables=1)
    with pytest.raises(ArgumentError, match="1 or more"):
        table_plan([], rounds=0, tables=1)
