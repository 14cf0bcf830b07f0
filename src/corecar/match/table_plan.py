"""A table plan: conversations on rounds and tables, nobody at two tables at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from corecar.errors import ArgumentError

Pair = tuple[str, str]


@dataclass(frozen=True)
class Seat:
    """Where a conversation takes place; rounds and tables are counted from 1."""

    round: int
    table: int


def table_plan(conversations: Sequence[Pair], *, rounds: int, tables: int) -> list[Seat | None]:
    """A seat for each conversation, the first ones first, in as few rounds as are found to do.

    conversations  pairs of parties, the most important first; no two of the same parties
    rounds         how many there are; tables: how many conversations a round has room for
    Returns        of each conversation its seat, or None where no round is left in which both are free
    Raises         ArgumentError for a conversation of one party with itself, or one that stands twice
    Source         proper edge colouring: a greedy round, else two rounds swapped along an alternating path (Koenig,
                   Kempe); between two groups that do not mix, as many rounds as the busiest party has conversations
                   are always enough where tables are

    >>> table_plan([("a", "x"), ("a", "y"), ("b", "x")], rounds=2, tables=2)
    [Seat(round=1, table=1), Seat(round=2, table=1), Seat(round=2, table=2)]
    """
    _check(conversations, rounds, tables)
    busiest = max(Counter(party for pair in conversations for party in pair).values(), default=1)
    least = max(busiest, -(-len(conversations) // tables))
    for enough in (*range(least, rounds), rounds):
        plan = _Plan(conversations, enough, tables)
        for one in range(len(conversations)):
            plan.place(one)
        if len(plan.round_of) == len(conversations):
            break
    return plan.seats()


def _check(conversations: Sequence[Pair], rounds: int, tables: int) -> None:
    if rounds < 1 or tables < 1:
        raise ArgumentError(f"rounds={rounds}, tables={tables}: expected 1 or more of each.")
    seen = set()
    for one, two in conversations:
        if one == two:
            raise ArgumentError(f"{one} would talk to itself. Leave this pair out.")
        if frozenset((one, two)) in seen:
            raise ArgumentError(f"{one} and {two} stand twice. Give their conversation once.")
        seen.add(frozenset((one, two)))


class _Plan:
    """Rounds given so far. busy: party -> round -> its conversation there."""

    def __init__(self, conversations: Sequence[Pair], rounds: int, tables: int) -> None:
        self.pairs, self.rounds, self.tables = conversations, rounds, tables
        self.round_of: dict[int, int] = {}
        self.busy: dict[str, dict[int, int]] = {party: {} for pair in conversations for party in pair}
        self.used = [0] * rounds

    def place(self, number: int) -> None:
        """Give a conversation the earliest round in which both are free and a table is, or make one so."""
        one, two = self.pairs[number]
        for at in range(self.rounds):
            if self.used[at] < self.tables and at not in self.busy[one] and at not in self.busy[two]:
                self._put(number, at)
                return
        for first in self._free(one):
            for second in self._free(two):
                if self._swapped(number, first, second):
                    return

    def _free(self, party: str) -> list[int]:
        return [at for at in range(self.rounds) if at not in self.busy[party]]

    def _swapped(self, number: int, first: int, second: int) -> bool:
        """Free `first`, in which the one is free, for the other too, by swapping it with `second` along the path of
        conversations that begins at the other; False where that would not do."""
        one, two = self.pairs[number]
        path = self._path(two, first, second)
        ends = {party for at in path for party in self.pairs[at]}
        if one in ends or not path:
            return False
        change = sum(1 if self.round_of[at] == first else -1 for at in path)  # more in second, fewer in first
        if self.used[second] + change > self.tables or self.used[first] - change >= self.tables:
            return False
        moves = [(at, second if self.round_of[at] == first else first) for at in path]
        for at in path:
            self._take(at)
        for at, to in moves:
            self._put(at, to)
        self._put(number, first)
        return True

    def _path(self, party: str, first: int, second: int) -> list[int]:
        """Conversations from a party on, in turn of the first and of the second round."""
        path: list[int] = []
        at = first
        while (number := self.busy[party].get(at)) is not None and number not in path:
            path.append(number)
            party = next(other for other in self.pairs[number] if other != party)
            at = second if at == first else first
        return path

    def _put(self, number: int, at: int) -> None:
        self.round_of[number] = at
        self.used[at] += 1
        for party in self.pairs[number]:
            self.busy[party][at] = number

    def _take(self, number: int) -> None:
        at = self.round_of.pop(number)
        self.used[at] -= 1
        for party in self.pairs[number]:
            del self.busy[party][at]

    def seats(self) -> list[Seat | None]:
        """Tables of each round in the order of the conversations."""
        taken = [0] * self.rounds
        found: list[Seat | None] = []
        for number in range(len(self.pairs)):
            at = self.round_of.get(number)
            if at is None:
                found.append(None)
            else:
                taken[at] += 1
                found.append(Seat(at + 1, taken[at]))
        return found
