"""Pieces taken out and put in, compiled: the blocks and edges that an event adds, by the rules of `ledger`."""

from __future__ import annotations

from typing import Any

from corecar.compiled import inner
from corecar.trace import ledger_columns as c
from corecar.trace.blocks import EXACT, PLACED
from corecar.trace.compiled_holders import add_block, add_source, put, take_out


@inner
def move(s: Any, number: int, group: int) -> None:
    """Take the pieces of a group out and put them in, with the edges between them."""
    event, rows = s.events[number], s.groups[group]
    first_take, first_make = rows[c.R_TAKE], rows[c.R_MAKE]
    one_each = first_take != c.NONE and first_take == rows[c.R_LAST_TAKE] and first_make == rows[c.R_LAST_MAKE]
    begin = s.counts[c.C_BLOCKS]
    if one_each and s.kinds[event[c.E_KIND], c.K_KEEPS] and can_copy(s, first_take, first_make):
        copies(s, number, event[c.E_AT], first_take, first_make)
        end = s.counts[c.C_BLOCKS]
    else:
        make = first_make
        while make != c.NONE:
            row = s.makes[make]
            many = row[c.M_PLACE] == c.NONE or s.places[row[c.M_PLACE], c.P_FORM] == c.NAMED
            span = row[c.M_QUANTITY] if many else s.places[row[c.M_PLACE], c.P_COUNT]
            add_block(s, number, event[c.E_AT], row[c.M_THING], row[c.M_PLACE], row[c.M_QUANTITY], span)
            make = row[c.M_NEXT]
        end = s.counts[c.C_BLOCKS]
        if not s.counts[c.C_FULL]:
            link(s, number, first_take, begin, end, one_each, rows[c.R_MADE])
    if not s.counts[c.C_FULL]:
        settle(s, event[c.E_AT], first_take, begin, end)


@inner
def settle(s: Any, at: int, first_take: int, begin: int, end: int) -> None:
    """What the things of a group hold now."""
    take = first_take
    while take != c.NONE:
        row = s.takes[take]
        holder = s.things[row[c.A_THING]]
        holder[c.T_LEFT] -= row[c.A_QUANTITY]
        holder[c.T_TAKEN_AT], holder[c.T_CHANGED] = at, 1
        for piece in range(row[c.A_PIECES], row[c.A_END] if row[c.A_PLACED] else row[c.A_PIECES]):
            take_out(s, s.pieces[piece, c.I_BLOCK], s.pieces[piece, c.I_FIRST], s.pieces[piece, c.I_LAST])
        take = row[c.A_NEXT]
    for block in range(begin, end):
        put(s, block)
        take = first_take
        while take != c.NONE:
            add_source(s, s.blocks[block, c.B_THING], s.takes[take, c.A_THING])
            take = s.takes[take, c.A_NEXT]


@inner
def can_copy(s: Any, take: int, make: int) -> Any:
    """Whether every piece may keep its place: all are taken, and where they go fits."""
    row, place = s.takes[take], s.makes[make, c.M_PLACE]
    if not row[c.A_WHOLE]:
        return False
    if place == c.NONE or s.places[place, c.P_FORM] == c.NAMED:
        return True
    piece = s.pieces[row[c.A_PIECES]]
    return row[c.A_END] - row[c.A_PIECES] == 1 and s.places[place, c.P_COUNT] == piece[c.I_LAST] - piece[c.I_FIRST] + 1


@inner
def copies(s: Any, number: int, at: int, take: int, make: int) -> None:
    """Each range anew in another thing, every piece at the place it had."""
    row, thing, place = s.takes[take], s.makes[make, c.M_THING], s.makes[make, c.M_PLACE]
    left = row[c.A_QUANTITY]
    for one in range(row[c.A_PIECES], row[c.A_END]):
        source, first, last = s.pieces[one, c.I_BLOCK], s.pieces[one, c.I_FIRST], s.pieces[one, c.I_LAST]
        block = s.blocks[source]
        whole = first == block[c.B_FIRST] and last == block[c.B_LAST]
        while first <= last:
            end, rows = last, 0
            if place == c.NONE and block[c.B_FORM] != c.NONE and block[c.B_FORM] != c.NAMED:
                end, rows = cut(block, first, last)
            quantity = min(block[c.B_QUANTITY] if whole else end - first + 1, left)
            left -= quantity
            made = add_block(s, number, at, thing, place, quantity, end - first + 1)
            if made == c.NONE:
                return
            if place == c.NONE and block[c.B_FORM] != c.NONE:
                keep_places(s, made, source, first, end, rows)
            add_edge(s, source, first, end, made, s.blocks[made, c.B_FIRST], s.blocks[made, c.B_LAST], EXACT)
            first = end + 1


@inner
def cut(block: Any, first: int, last: int) -> tuple[int, int]:
    """The last key of the first rectangle of a block's places from one key to another, and its full rows."""
    width = block[c.B_RIGHT] - block[c.B_LEFT] + 1
    column = (first - block[c.B_FIRST]) % width
    rows = (last - first + 1) // width if column == 0 else 0
    return (first + rows * width - 1 if rows else min(last, first - column + width - 1)), rows


@inner
def keep_places(s: Any, made: int, source: int, first: int, end: int, rows: int) -> None:
    """Give a block the places that a range of another has."""
    new, old = s.blocks[made], s.blocks[source]
    new[c.B_FORM] = old[c.B_FORM]
    if old[c.B_FORM] == c.NAMED:
        new[c.B_PLACE] = old[c.B_PLACE]
        return
    width = old[c.B_RIGHT] - old[c.B_LEFT] + 1
    y, column = (first - old[c.B_FIRST]) // width, (first - old[c.B_FIRST]) % width
    new[c.B_LEFT] = old[c.B_LEFT] + column
    new[c.B_RIGHT] = old[c.B_RIGHT] if rows else old[c.B_LEFT] + (end - old[c.B_FIRST]) % width
    new[c.B_LOW] = old[c.B_LOW] + y
    new[c.B_HIGH] = new[c.B_LOW] + max(rows, 1) - 1


@inner
def link(s: Any, number: int, first_take: int, begin: int, end: int, one_each: bool, total: int) -> None:
    """The edges between what was taken and made: one by one where places tell, else any to any."""
    if first_take == c.NONE:
        return
    if one_each and tells(s, first_take, begin):
        row, to = s.takes[first_take], s.blocks[begin, c.B_FIRST]
        flags = EXACT | (PLACED if row[c.A_PLACED] else 0)
        for one in range(row[c.A_PIECES], row[c.A_END]):
            piece = s.pieces[one]
            span = piece[c.I_LAST] - piece[c.I_FIRST]
            add_edge(s, piece[c.I_BLOCK], piece[c.I_FIRST], piece[c.I_LAST], begin, to, to + span, flags)
            to += span + 1
        return
    pieces, take = 0, first_take
    while take != c.NONE:
        pieces += s.takes[take, c.A_END] - s.takes[take, c.A_PIECES]
        take = s.takes[take, c.A_NEXT]
    pool = c.NONE
    if pieces > 1 and end - begin > 1:
        pool = add_block(s, number, s.events[number, c.E_AT], c.NONE, c.NONE, total, total)
        if pool == c.NONE:
            return
    take = first_take
    while take != c.NONE:
        row = s.takes[take]
        for one in range(row[c.A_PIECES], row[c.A_END]):
            for block in range(begin if pool == c.NONE else pool, end if pool == c.NONE else pool + 1):
                add_edge(s, s.pieces[one, c.I_BLOCK], s.pieces[one, c.I_FIRST], s.pieces[one, c.I_LAST], block,
                         s.blocks[block, c.B_FIRST], s.blocks[block, c.B_LAST],
                         PLACED if row[c.A_PLACED] else 0)  # fmt: skip
        take = row[c.A_NEXT]
    for block in range(begin, end if pool != c.NONE else begin):
        add_edge(s, pool, s.blocks[pool, c.B_FIRST], s.blocks[pool, c.B_LAST], block, s.blocks[block, c.B_FIRST],
                 s.blocks[block, c.B_LAST], 0)  # fmt: skip


@inner
def tells(s: Any, take: int, block: int) -> bool:
    """Whether it is known which piece became which: as many places on both sides, or a single piece."""
    row, span = s.takes[take], 0
    for one in range(row[c.A_PIECES], row[c.A_END]):
        span += s.pieces[one, c.I_LAST] - s.pieces[one, c.I_FIRST] + 1
    if span != s.blocks[block, c.B_LAST] - s.blocks[block, c.B_FIRST] + 1:
        return False
    form = s.blocks[block, c.B_FORM]
    return span == 1 or (row[c.A_PLACED] == 1 and form != c.NONE and form != c.NAMED)


@inner
def add_edge(s: Any, source: int, first: int, last: int, to: int, to_first: int, to_last: int, flags: int) -> None:
    """Note which pieces became which."""
    at = s.counts[c.C_EDGES]
    if at >= len(s.edges):
        s.counts[c.C_FULL] = 1
        return
    edge = s.edges[at]
    edge[c.D_FROM], edge[c.D_FROM_FIRST], edge[c.D_FROM_LAST] = s.blocks[source, c.B_FIRST], first, last
    edge[c.D_TO], edge[c.D_TO_FIRST], edge[c.D_TO_LAST] = s.blocks[to, c.B_FIRST], to_first, to_last
    edge[c.D_FLAGS] = flags
    s.counts[c.C_EDGES] = at + 1
