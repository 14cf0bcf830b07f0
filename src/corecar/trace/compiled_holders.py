"""What a thing holds, compiled: its blocks, which places were emptied, which pieces are at given places.

The rules are those of `holders`, over the rows of whole numbers that `ledger_columns` lists.
"""

from __future__ import annotations

from typing import Any

from corecar.compiled import inner
from corecar.trace import ledger_columns as c


@inner
def add_piece(s: Any, block: int, first: int, last: int) -> None:
    """Note a piece of the event at hand."""
    at = s.counts[c.C_PIECES]
    if at >= len(s.pieces):
        s.counts[c.C_FULL] = 1
        return
    s.pieces[at, c.I_BLOCK], s.pieces[at, c.I_FIRST], s.pieces[at, c.I_LAST] = block, first, last
    s.counts[c.C_PIECES] = at + 1


@inner
def add_block(s: Any, event: int, at: int, thing: int, place: int, quantity: int, span: int) -> Any:
    """A new block with the next keys; its number, `NONE` where the table is full."""
    number = s.counts[c.C_BLOCKS]
    if number >= len(s.blocks):
        s.counts[c.C_FULL] = 1
        return c.NONE
    block = s.blocks[number]
    block[c.B_FIRST], block[c.B_LAST] = s.counts[c.C_KEY], s.counts[c.C_KEY] + span - 1
    block[c.B_THING], block[c.B_PLACE], block[c.B_QUANTITY] = thing, place, quantity
    block[c.B_EVENT], block[c.B_AT], block[c.B_NEXT], block[c.B_GONE] = event, at, c.NONE, c.NONE
    block[c.B_FORM] = c.NONE
    if place != c.NONE:
        places = s.places[place]
        block[c.B_FORM], block[c.B_LEFT], block[c.B_RIGHT] = places[c.P_FORM], places[c.P_LEFT], places[c.P_RIGHT]
        block[c.B_LOW], block[c.B_HIGH] = places[c.P_LOW], places[c.P_HIGH]
    s.counts[c.C_KEY] += span
    s.counts[c.C_BLOCKS] = number + 1
    return number


@inner
def put(s: Any, number: int) -> None:
    """Put a block into its thing; what was empty is filled anew, and what it held before is history."""
    block = s.blocks[number]
    thing = s.things[block[c.B_THING]]
    if thing[c.T_HEAD] != c.NONE and thing[c.T_LEFT] == 0:
        thing[c.T_HEAD], thing[c.T_SINCE] = c.NONE, block[c.B_FIRST]
    if thing[c.T_HEAD] == c.NONE:
        thing[c.T_HEAD] = number
    else:
        s.blocks[thing[c.T_TAIL], c.B_NEXT] = number
    thing[c.T_TAIL] = number
    thing[c.T_LEFT] += block[c.B_QUANTITY]
    thing[c.T_CHANGED] = 1


@inner
def add_source(s: Any, thing: int, source: int) -> None:
    """Note from which thing pieces came."""
    head = s.things[thing, c.T_SOURCE]
    if head != c.NONE and s.sources[head, c.S_THING] == source:
        return
    at = s.counts[c.C_SOURCES]
    if at >= len(s.sources):
        s.counts[c.C_FULL] = 1
        return
    s.sources[at, c.S_THING], s.sources[at, c.S_NEXT] = source, head
    s.things[thing, c.T_SOURCE] = at
    s.counts[c.C_SOURCES] = at + 1


@inner
def take_out(s: Any, block: int, first: int, last: int) -> None:
    """Note that places were emptied, none of which was before."""
    before, after = c.NONE, s.blocks[block, c.B_GONE]
    while after != c.NONE and s.gone[after, c.G_LAST] < first - 1:
        before, after = after, s.gone[after, c.G_NEXT]
    if after != c.NONE and s.gone[after, c.G_LAST] == first - 1:
        s.gone[after, c.G_LAST] = last
        behind = s.gone[after, c.G_NEXT]
        if behind != c.NONE and s.gone[behind, c.G_FIRST] == last + 1:
            s.gone[after, c.G_LAST], s.gone[after, c.G_NEXT] = s.gone[behind, c.G_LAST], s.gone[behind, c.G_NEXT]
        return
    if after != c.NONE and s.gone[after, c.G_FIRST] == last + 1:
        s.gone[after, c.G_FIRST] = first
        return
    at = s.counts[c.C_GONE]
    if at >= len(s.gone):
        s.counts[c.C_FULL] = 1
        return
    s.gone[at, c.G_FIRST], s.gone[at, c.G_LAST], s.gone[at, c.G_NEXT] = first, last, after
    if before == c.NONE:
        s.blocks[block, c.B_GONE] = at
    else:
        s.gone[before, c.G_NEXT] = at
    s.counts[c.C_GONE] = at + 1


@inner
def is_free(s: Any, block: int, first: int, last: int) -> bool:
    """Whether none of a range was emptied."""
    at = s.blocks[block, c.B_GONE]
    while at != c.NONE and s.gone[at, c.G_FIRST] <= last:
        if s.gone[at, c.G_LAST] >= first:
            return False
        at = s.gone[at, c.G_NEXT]
    return True


@inner
def is_gone(s: Any, block: int, first: int, last: int) -> Any:
    """Whether all of a range was emptied; ranges that were emptied never touch each other."""
    at = s.blocks[block, c.B_GONE]
    while at != c.NONE and s.gone[at, c.G_LAST] < first:
        at = s.gone[at, c.G_NEXT]
    return at != c.NONE and s.gone[at, c.G_FIRST] <= first and s.gone[at, c.G_LAST] >= last


@inner
def alive(s: Any, thing: int) -> None:
    """The pieces of all ranges of a thing that were not emptied."""
    block = s.things[thing, c.T_HEAD]
    while block != c.NONE:
        start, last = s.blocks[block, c.B_FIRST], s.blocks[block, c.B_LAST]
        at = s.blocks[block, c.B_GONE]
        while at != c.NONE:
            if s.gone[at, c.G_FIRST] > start:
                add_piece(s, block, start, s.gone[at, c.G_FIRST] - 1)
            start = s.gone[at, c.G_LAST] + 1
            at = s.gone[at, c.G_NEXT]
        if start <= last:
            add_piece(s, block, start, last)
        block = s.blocks[block, c.B_NEXT]


@inner
def history(s: Any, thing: int, until: int) -> None:
    """All ranges in which pieces may have been at a time."""
    block = s.things[thing, c.T_HEAD]
    while block != c.NONE:
        if s.blocks[block, c.B_AT] <= until:
            add_piece(s, block, s.blocks[block, c.B_FIRST], s.blocks[block, c.B_LAST])
        block = s.blocks[block, c.B_NEXT]


@inner
def is_single(s: Any, block: int) -> Any:
    """Whether a block has one place with its own number."""
    row = s.blocks[block]
    return row[c.B_FORM] == c.NAMED or (row[c.B_LEFT] == row[c.B_RIGHT] and row[c.B_LOW] == row[c.B_HIGH])


@inner
def at_places(s: Any, thing: int, place: int, until: int) -> None:
    """The pieces at places, of blocks that came until a time: those with that very place, else what they share."""
    places, begin = s.places[place], s.counts[c.C_PIECES]
    single, found = places[c.P_FORM] == c.NAMED or places[c.P_COUNT] == 1, False
    block = s.things[thing, c.T_HEAD]
    while single and block != c.NONE:
        row = s.blocks[block]
        if row[c.B_FORM] == places[c.P_FORM] and is_single(s, block):
            same = row[c.B_LEFT] == places[c.P_LEFT] and row[c.B_LOW] == places[c.P_LOW]
            if (row[c.B_PLACE] == place) if places[c.P_FORM] == c.NAMED else same:
                found = True
                if row[c.B_AT] <= until:
                    add_piece(s, block, row[c.B_FIRST], row[c.B_LAST])
        block = row[c.B_NEXT]
    if found or s.counts[c.C_PIECES] > begin or places[c.P_FORM] == c.NAMED:
        return
    shared_places(s, thing, place, until, False)
    if not single:
        shared_places(s, thing, place, until, True)
    in_order(s, place, begin)


@inner
def shared_places(s: Any, thing: int, place: int, until: int, singles: bool) -> None:
    """What places share with the blocks of one place each, or with the others."""
    places = s.places[place]
    block = s.things[thing, c.T_HEAD]
    while block != c.NONE:
        row = s.blocks[block]
        if row[c.B_FORM] == places[c.P_FORM] and is_single(s, block) == singles and row[c.B_AT] <= until:
            left, right = max(row[c.B_LEFT], places[c.P_LEFT]), min(row[c.B_RIGHT], places[c.P_RIGHT])
            low, high = max(row[c.B_LOW], places[c.P_LOW]), min(row[c.B_HIGH], places[c.P_HIGH])
            if left <= right and low <= high:
                whole = left == places[c.P_LEFT] and right == places[c.P_RIGHT]
                add_rectangle(s, block, left, right, low, high, whole)
        block = row[c.B_NEXT]


@inner
def add_rectangle(s: Any, block: int, left: int, right: int, low: int, high: int, whole: bool) -> None:
    """The pieces at a rectangle within a block's places: a range a row, or one where it has whole rows of both.

    whole  whether it has whole rows of the places that are asked for
    """
    row = s.blocks[block]
    width = row[c.B_RIGHT] - row[c.B_LEFT] + 1
    a, b = left - row[c.B_LEFT], right - row[c.B_LEFT]
    if whole and a == 0 and b == width - 1:
        first = row[c.B_FIRST] - row[c.B_LOW] * width
        add_piece(s, block, first + low * width, first + high * width + b)
        return
    for y in range(low - row[c.B_LOW], high - row[c.B_LOW] + 1):
        add_piece(s, block, row[c.B_FIRST] + y * width + a, row[c.B_FIRST] + y * width + b)


@inner
def stands(s: Any, piece: int, place: int) -> Any:
    """Where a piece's first key stands in the order of places, row by row."""
    row, places = s.blocks[s.pieces[piece, c.I_BLOCK]], s.places[place]
    offset, width = s.pieces[piece, c.I_FIRST] - row[c.B_FIRST], row[c.B_RIGHT] - row[c.B_LEFT] + 1
    down = offset // width + row[c.B_LOW] - places[c.P_LOW]
    return down * (places[c.P_RIGHT] - places[c.P_LEFT] + 1) + offset % width + row[c.B_LEFT] - places[c.P_LEFT]


@inner
def in_order(s: Any, place: int, begin: int) -> None:
    """Sort the pieces from one on by where they stand in the order of places; most stand in it already."""
    for piece in range(begin + 1, s.counts[c.C_PIECES]):
        at, here = piece, stands(s, piece, place)
        block, first, last = s.pieces[piece, c.I_BLOCK], s.pieces[piece, c.I_FIRST], s.pieces[piece, c.I_LAST]
        while at > begin and stands(s, at - 1, place) > here:
            for column in range(3):
                s.pieces[at, column] = s.pieces[at - 1, column]
            at -= 1
        s.pieces[at, c.I_BLOCK], s.pieces[at, c.I_FIRST], s.pieces[at, c.I_LAST] = block, first, last


@inner
def occupied(s: Any, thing: int, place: int) -> bool:
    """Whether any of these places holds something."""
    if s.things[thing, c.T_LEFT] == 0:
        return False
    begin = s.counts[c.C_PIECES]
    at_places(s, thing, place, 2**63 - 1)
    end, found = s.counts[c.C_PIECES], False
    for at in range(begin, end):
        if not is_gone(s, s.pieces[at, c.I_BLOCK], s.pieces[at, c.I_FIRST], s.pieces[at, c.I_LAST]):
            found = True
    s.counts[c.C_PIECES] = begin
    return found
