"""The ledger compiled: the same rules as `ledger`, over rows of whole numbers. It says whether all events keep them,
not which one breaks which: that the plain ledger tells.

Columns stand in `ledger_columns`.
"""

from __future__ import annotations

from typing import Any

from corecar.compiled import compiled, inner
from corecar.trace import ledger_columns as c
from corecar.trace.compiled_holders import alive, at_places, history, is_free, occupied
from corecar.trace.compiled_moves import move

FITS, BROKEN, FULL, UNSURE = range(4)
"""Every event keeps the rules; one breaks one; a table is too short; what was recorded before must be asked."""


@compiled
def run(events: Any, lines: Any, kinds: Any, places: Any, things: Any, blocks: Any, edges: Any, touches: Any,
        gone: Any, sources: Any, pieces: Any, takes: Any, makes: Any, groups: Any, pairs: Any,
        counts: Any) -> int:  # fmt: skip
    """Take events in, in order; the tables as in `State`. One of FITS, BROKEN, FULL, UNSURE."""
    s = c.State(events, lines, kinds, places, things, blocks, edges, touches, gone, sources, pieces, takes, makes,
              groups, pairs, counts)  # fmt: skip
    for number in range(len(events)):
        answer = take_in(s, number)
        if s.counts[c.C_FULL]:
            return FULL
        if answer != FITS:
            return answer
    return FITS


@inner
def take_in(s: Any, number: int) -> int:
    """Take one event in."""
    event = s.events[number]
    kind = s.kinds[event[c.E_KIND]]
    s.counts[c.C_PIECES] = s.counts[c.C_TAKES] = s.counts[c.C_MAKES] = s.counts[c.C_GROUPS] = 0
    for row in range(event[c.E_INS], event[c.E_OUTS]):
        if not taken(s, row, event[c.E_AT], kind[c.K_IN_PLACE] == 1):
            return BROKEN
    for row in range(event[c.E_OUTS], event[c.E_END]):
        if not made(s, row, kind[c.K_ADDS] == 1, kind[c.K_INTO]):
            return BROKEN
    if s.counts[c.C_FULL]:
        return FULL
    if kind[c.K_IN_PLACE]:
        touch(s, number)
        return FITS
    if kind[c.K_SCRAPS]:
        for at in range(s.counts[c.C_TAKES]):
            add_make(s, event[c.E_SCRAP], c.NONE, s.takes[at, c.A_QUANTITY], s.takes[at, c.A_PAIR])
    if not kind[c.K_CREATES] and not balanced(s):
        return BROKEN
    if not kind[c.K_RETURNS]:
        answer = cycles(s)
        if answer != FITS:
            return answer
    if not grouped(s):
        return BROKEN
    for group in range(s.counts[c.C_GROUPS]):
        move(s, number, group)
    return FITS


@inner
def taken(s: Any, row: int, at: int, in_place: bool) -> bool:
    """Note what a row takes; False where it breaks a rule."""
    thing, place, asked = s.lines[row, c.L_THING], s.lines[row, c.L_PLACE], s.lines[row, c.L_QUANTITY]
    holder, begin = s.things[thing], s.counts[c.C_PIECES]
    if holder[c.T_HEAD] == c.NONE:
        return False
    if holder[c.T_TAKEN_AT] != c.NEVER and at < holder[c.T_TAKEN_AT]:
        if place != c.NONE:
            at_places(s, thing, place, at)
        else:
            history(s, thing, at)
        return in_place and s.counts[c.C_PIECES] > begin and add_take(s, row, begin, 0, 0, 0)
    if place != c.NONE:
        at_places(s, thing, place, 2**63 - 1)
    elif holder[c.T_LEFT] != 0:
        alive(s, thing)
    end, count = s.counts[c.C_PIECES], 0
    for one in range(begin, end):
        block, first, last = s.pieces[one, c.I_BLOCK], s.pieces[one, c.I_FIRST], s.pieces[one, c.I_LAST]
        count += last - first + 1
        if s.blocks[block, c.B_AT] > at or (place != c.NONE and not is_free(s, block, first, last)):
            return False
    if end == begin or (place != c.NONE and holder[c.T_LEFT] == 0):
        return False
    if place == c.NONE:
        count = holder[c.T_LEFT]
    elif s.places[place, c.P_FORM] != c.NAMED and count < s.places[place, c.P_COUNT]:
        return False
    most = min(count, holder[c.T_LEFT])
    quantity = most if asked == c.NONE else asked
    if quantity > most:
        return False
    placed = place != c.NONE and (quantity == count or quantity == holder[c.T_LEFT])
    whole = place == c.NONE and quantity == holder[c.T_LEFT]
    return add_take(s, row, begin, quantity, 1 if placed else 0, 1 if whole else 0)


@inner
def add_take(s: Any, row: int, begin: int, quantity: int, placed: int, whole: int) -> bool:
    """Note what a row takes."""
    take = s.takes[s.counts[c.C_TAKES]]
    take[c.A_THING], take[c.A_PIECES], take[c.A_END] = s.lines[row, c.L_THING], begin, s.counts[c.C_PIECES]
    take[c.A_QUANTITY], take[c.A_PLACED], take[c.A_WHOLE] = quantity, placed, whole
    take[c.A_PAIR], take[c.A_NEXT] = s.lines[row, c.L_PAIR], c.NONE
    s.counts[c.C_TAKES] += 1
    return True


@inner
def made(s: Any, row: int, adds: bool, into: int) -> bool:
    """Note what a row makes; False where it breaks a rule."""
    thing, place, quantity = s.lines[row, c.L_THING], s.lines[row, c.L_PLACE], s.lines[row, c.L_QUANTITY]
    sort, holder = s.things[thing, c.T_CLASS], s.things[thing]
    if into and not into >> sort & 1:
        return False
    named = place != c.NONE and s.places[place, c.P_FORM] == c.NAMED
    if (sort == c.VEHICLE_CLASS and not named) or (place == c.NONE and quantity == c.NONE):
        return False
    if place != c.NONE and not named:
        quantity = s.places[place, c.P_COUNT] if quantity == c.NONE else quantity
        if quantity > s.places[place, c.P_COUNT]:
            return False
    anew = holder[c.T_HEAD] == c.NONE or sort == c.SCRAP_CLASS or (holder[c.T_LEFT] == 0 and c.CARRYING >> sort & 1)
    if not anew and (not adds or (place != c.NONE and occupied(s, thing, place))):
        return False
    add_make(s, thing, place, 1 if quantity == c.NONE else quantity, s.lines[row, c.L_PAIR])
    return True


@inner
def add_make(s: Any, thing: int, place: int, quantity: int, pair: int) -> None:
    """Note what is made."""
    make = s.makes[s.counts[c.C_MAKES]]
    make[c.M_THING], make[c.M_PLACE], make[c.M_QUANTITY], make[c.M_PAIR], make[c.M_NEXT] = (
        thing,
        place,
        quantity,
        pair,
        c.NONE,
    )
    s.counts[c.C_MAKES] += 1


@inner
def touch(s: Any, number: int) -> None:
    """Note which pieces an event touched where they were."""
    for at in range(s.counts[c.C_PIECES]):
        place = s.counts[c.C_TOUCHES]
        if place >= len(s.touches):
            s.counts[c.C_FULL] = 1
            return
        row = s.touches[place]
        row[c.U_EVENT], row[c.U_BLOCK] = number, s.blocks[s.pieces[at, c.I_BLOCK], c.B_FIRST]
        row[c.U_FIRST], row[c.U_LAST] = s.pieces[at, c.I_FIRST], s.pieces[at, c.I_LAST]
        s.counts[c.C_TOUCHES] = place + 1


@inner
def balanced(s: Any) -> bool:
    """Whether as many pieces come out as go in."""
    left = 0
    for at in range(s.counts[c.C_TAKES]):
        left += s.takes[at, c.A_QUANTITY]
    for at in range(s.counts[c.C_MAKES]):
        left -= s.makes[at, c.M_QUANTITY]
    return left == 0


@inner
def cycles(s: Any) -> int:
    """Whether pieces would come back to a thing they came from."""
    s.counts[c.C_MARK] += 1
    mark = s.counts[c.C_MARK]
    for at in range(s.counts[c.C_TAKES]):
        s.things[s.takes[at, c.A_THING], c.T_MARK] = mark
    for at in range(s.counts[c.C_MAKES]):
        if s.things[s.makes[at, c.M_THING], c.T_MARK] == mark:
            return BROKEN
    for at in range(s.counts[c.C_MAKES]):
        thing = s.makes[at, c.M_THING]
        holder = s.things[thing]
        if s.counts[c.C_TAKES] and holder[c.T_TAKEN_AT] != c.NEVER and not c.CARRYING >> holder[c.T_CLASS] & 1:
            answer = came_from(s, thing)
            if answer != FITS:
                return answer
    return FITS


@inner
def came_from(s: Any, thing: int) -> int:
    """BROKEN where what an event takes came from a thing, UNSURE where that was recorded before."""
    s.counts[c.C_MARK] += 1
    mark, top = s.counts[c.C_MARK], 0
    for at in range(s.counts[c.C_TAKES]):
        one = s.takes[at, c.A_THING]
        if s.things[one, c.T_MARK] != mark:
            s.things[one, c.T_MARK], s.things[top, c.T_STACK], top = mark, one, top + 1
    while top:
        top -= 1
        one = s.things[top, c.T_STACK]
        if s.things[one, c.T_KNOWN]:
            return UNSURE
        at = s.things[one, c.T_SOURCE]
        while at != c.NONE:
            source = s.sources[at, c.S_THING]
            if source == thing:
                return BROKEN
            if s.things[source, c.T_MARK] != mark:
                s.things[source, c.T_MARK], s.things[top, c.T_STACK], top = mark, source, top + 1
            at = s.sources[at, c.S_NEXT]
    return FITS


@inner
def grouped(s: Any) -> bool:
    """Put rows of the same pair together; False where a pair has one side alone, or not as many pieces on both."""
    takes, makes = s.counts[c.C_TAKES], s.counts[c.C_MAKES]
    alone = takes == 1 and makes == 1
    for at in range(takes):
        group = s.groups[group_of(s, 0 if alone else s.takes[at, c.A_PAIR])]
        if group[c.R_TAKE] == c.NONE:
            group[c.R_TAKE] = at
        else:
            s.takes[group[c.R_LAST_TAKE], c.A_NEXT] = at
        group[c.R_LAST_TAKE] = at
        group[c.R_TAKEN] += s.takes[at, c.A_QUANTITY]
    for at in range(makes):
        group = s.groups[group_of(s, 0 if alone else s.makes[at, c.M_PAIR])]
        if group[c.R_MAKE] == c.NONE:
            group[c.R_MAKE] = at
        else:
            s.makes[group[c.R_LAST_MAKE], c.M_NEXT] = at
        group[c.R_LAST_MAKE] = at
        group[c.R_MADE] += s.makes[at, c.M_QUANTITY]
    for at in range(s.counts[c.C_GROUPS] if takes else 0):
        group = s.groups[at]
        if group[c.R_TAKE] == c.NONE or group[c.R_MAKE] == c.NONE or group[c.R_TAKEN] != group[c.R_MADE]:
            return False
    return True


@inner
def group_of(s: Any, pair: int) -> Any:
    """The group of a pair in the event at hand."""
    number = s.pairs[pair]
    if number < s.counts[c.C_GROUPS] and s.groups[number, c.R_PAIR] == pair:
        return number
    number = s.counts[c.C_GROUPS]
    group = s.groups[number]
    group[c.R_TAKE] = group[c.R_LAST_TAKE] = group[c.R_MAKE] = group[c.R_LAST_MAKE] = c.NONE
    group[c.R_TAKEN] = group[c.R_MADE] = 0
    group[c.R_PAIR] = pair
    s.pairs[pair] = number
    s.counts[c.C_GROUPS] = number + 1
    return number


__all__ = ["BROKEN", "FITS", "FULL", "UNSURE", "run"]
