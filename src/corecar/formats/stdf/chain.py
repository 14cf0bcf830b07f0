"""The chain of record headers: whether it holds at a place, where it begins again, where no part is open."""

from __future__ import annotations

from corecar.compiled import compiled, inner
from corecar.formats.stdf.loads import byte_pair, load_u1, load_u2

PIR, PRR, FAR = 0x050A, 0x0514, 0x000A


@compiled
def chain_holds(known: int, address: int, start: int, stop: int, swap: bool, steps: int) -> int:
    """Do record headers follow one another from `start`? 1 yes, 0 no, -1 the bytes end before it shows.

    Yes means that `steps` headers of known types follow, or that the last record ends exactly at `stop`.
    """
    position = start
    for _ in range(steps):
        if position == stop:
            return 1
        if stop - position < 4:
            return -1
        if load_u1(known + byte_pair(address + position + 2), False) == 0:
            return 0
        position += 4 + load_u2(address + position, swap)
        if position > stop:
            return -1
    return 1


@compiled
def find_chain(known: int, address: int, start: int, stop: int, swap: bool, steps: int) -> int:
    """The first place from `start` on at which a chain of records begins; -1 when there is none."""
    for position in range(start, stop - 3):
        if load_u1(known + byte_pair(address + position + 2), False) and (
            chain_holds(known, address, position, stop, swap, steps) == 1
        ):
            return position
    return -1


@inner
def chain_within(known: int, start: int, end: int, swap: bool) -> int:
    """Address of the first record of a chain that begins from `start` on and ends exactly at `end`; -1 without one.

    start, end  addresses within the body of a record: such a chain stands in it when its REC_LEN is too large
    A header that says fewer bytes than its type takes is none: it is text or a number that reads as one.
    """
    for first in range(start, end - 3):
        if load_u1(known + byte_pair(first + 2), False):
            at = first
            while end - at >= 4:
                kind, length = load_u1(known + byte_pair(at + 2), False), load_u2(at, swap)
                if kind == 0 or length + 2 < kind:
                    break
                at += 4 + length
            if at == end:
                return first
    return -1


@compiled
def find_rest(address: int, start: int, earliest: int, stop: int, swap: bool) -> int:
    """The first place from `earliest` on before a PIR at which no part is open; -1 when there is none.

    Walks the headers from `start`, where no part is open; gives up where the chain of records does.
    """
    position, open_parts = start, 0
    while stop - position >= 4:
        code = byte_pair(address + position + 2)
        if code == FAR and position > start:
            return -1
        if code == PIR:
            if open_parts == 0 and position >= earliest:
                return position
            open_parts += 1
        elif code == PRR:
            open_parts -= 1
        position += 4 + load_u2(address + position, swap)
    return -1
