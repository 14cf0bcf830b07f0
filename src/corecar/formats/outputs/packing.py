"""Readings to bytes: compiled loops that write each record at its place."""

from __future__ import annotations

from typing import Any

from corecar.compiled import compiled


@compiled
def measure(offset: Any, stop: Any, part: Any, first_part: int, group: Any, length: Any, index: Any, own: Any,
            own_length: Any, sizes: Any) -> None:  # fmt: skip
    """Add the bytes of all test records of a run to the size of the group of parts that each belongs to.

    offset, stop  first and last reading of each test; own: the first whole record of each test, in `index`
    """
    for test in range(len(offset)):
        at = own[test]
        for reading in range(offset[test], stop[test]):
            size = length[test]
            if at < len(index) and index[at] == reading:
                size = own_length[at]
                at += 1
            sizes[group[part[reading] - first_part]] += size


@compiled
def place_readings(
    out: Any, position: Any, offset: Any, stop: Any, own: Any, last_part: int, first_part: int, first_group: int,
    part: Any, bits: Any, flags: Any, group: Any, head: Any, site: Any, shared: Any, start: Any, length: Any,
    functional: Any, index: Any, own_start: Any, own_length: Any, content: Any, big: bool,
) -> None:  # fmt: skip
    """Write the test records of all parts before `last_part`; `offset` and `own` move behind what was written.

    out       uint8; `position` says where the next record of each group goes
    bits      uint32, the values as they lie in memory; big: their bytes are written the other way round
    """
    for test in range(len(offset)):
        reading = offset[test]
        at = own[test]
        source, size = start[test], length[test]
        while reading < stop[test] and part[reading] < last_part:
            of = part[reading] - first_part
            place = position[group[of] - first_group]
            if at < len(index) and index[at] == reading:
                for byte in range(own_length[at]):
                    out[place + byte] = content[own_start[at] + byte]
                position[group[of] - first_group] = place + own_length[at]
                at += 1
                reading += 1
                continue
            for byte in range(size):
                out[place + byte] = shared[source + byte]
            out[place + 8] = head[of]
            out[place + 9] = site[of]
            out[place + 10] = flags[reading] & 0xFF
            if functional[test] == 0:
                out[place + 11] = flags[reading] >> 8
                word = bits[reading]
                for byte in range(4):
                    out[place + 12 + (3 - byte if big else byte)] = (word >> (8 * byte)) & 0xFF
            position[group[of] - first_group] = place + size
            reading += 1
        offset[test] = reading
        own[test] = at


@compiled
def place_edges(
    out: Any, position: Any, first: int, last: int, first_group: int, group: Any, edge: Any, edge_start: Any
) -> None:
    """Write what stands at the edge of each part first to last, before its test records or after them."""
    for of in range(first, last):
        at = group[of] - first_group
        place = position[at]
        for byte in range(edge_start[of + 1] - edge_start[of]):
            out[place + byte] = edge[edge_start[of] + byte]
        position[at] = place + edge_start[of + 1] - edge_start[of]


@compiled
def record_edges(content: Any, first: int, big: bool, edges: Any) -> None:
    """Where each record begins, and where the last one ends; `edges` has room for one more than the records."""
    place = first
    for record in range(len(edges) - 1):
        edges[record] = place
        low, high = content[place], content[place + 1]
        place += 4 + ((low << 8 | high) if big else (high << 8 | low))
    edges[len(edges) - 1] = place
