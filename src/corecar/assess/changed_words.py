"""The answer to "what changed?" in at most ten lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from typing import Any

from corecar.assess.pools import title
from corecar.plurals import plural

Row = dict[str, Any]
MOST = 10
_TESTS, _BINS = 3, 2


def ten_lines(
    whole: Any, tables: Mapping[str, Sequence[Row]], lots: tuple[int, int], parts: tuple[int, int]
) -> list[Row]:
    """What changed, a line each: what, and found.

    whole   the yields of both sides
    tables  those of `Changes`
    """
    sides = [f"{plural(count, 'lot')}, {plural(each, 'part')}" for count, each in zip(lots, parts, strict=True)]
    said = [("compared", f"before: {sides[0]}; now: {sides[1]}"), ("yield", _yield(whole))]
    said += [("bins", text) for text in _bins(tables["bins"])]
    said += _tests(tables["tests"])
    said += [("zone", _group(row, "zone")) for row in _changed(tables["zones"])[:1]]
    said += [("site", f"site {_group(row, 'site')}") for row in _changed(tables["sites"])[:1]]
    said += _setup(tables["hardware"])
    said += _program(tables["program"])
    return [{"what": what, "found": found} for what, found in said[:MOST]]


def _changed(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["verdict"] == "changed"]


def _percent(share: float) -> str:
    return "-" if isnan(share) else f"{share:.1%}".replace("%", " %")


def _points(change: float) -> str:
    return f"{100 * change:+.1f} points"


def _yield(whole: Any) -> str:
    return f"{_percent(whole.before)} before, {_percent(whole.now)} now: {_points(whole.change)} (p {whole.p:.1g})"


def _bins(rows: Sequence[Row]) -> Iterator[str]:
    for row in _changed(rows)[:_BINS]:
        name = f" {row['name']}" if row["name"] else ""
        both = f"{_percent(row['share_before'])} before, {_percent(row['share_now'])} now"
        yield f"bin {row['bin']}{name}: {both}: {_points(row['share_change'])}"


def _tests(rows: Sequence[Row]) -> list[tuple[str, str]]:
    changed = _changed(rows)
    if not changed:
        return [("tests", f"none of {plural(len(rows), 'test')} changed")]
    rest = f"{len(changed):,} of {plural(len(rows), 'test')} changed; "
    told = []
    for place, row in enumerate(changed[:_TESTS]):
        named = title(row["number"], row["name"], row["pin"])
        words = f"{named}: {row['shift']:+.2f} sigmas, spread x{row['spread_ratio']:.2f}"
        told.append(("tests", f"{'' if place else rest}{words}, delta {row['delta']:+.2f}"))
    return told


def _group(row: Row, what: str) -> str:
    both = f"{_percent(row['yield_before'])} before, {_percent(row['yield_now'])} now"
    return f"{row[what]}: {both}: {_points(row['beyond'])} beyond the whole"


def _setup(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Hardware and program that one side alone had, in one line."""
    told = []
    for what in dict.fromkeys(row["what"] for row in rows):
        own = [row for row in rows if row["what"] == what]
        before, now = ([row["value"] for row in own if row["change"] == side] for side in ("only before", "only now"))
        if before or now:
            told.append(f"{what} {_listed(before)} before, {_listed(now)} now")
    return [("set-up", "; ".join(told) if told else "the same hardware and program on both sides")]


def _listed(names: Sequence[str]) -> str:
    few = ", ".join(names[:3]) or "no other"
    return f"{few} and {len(names) - 3} more" if len(names) > 3 else few


def _program(rows: Sequence[Row]) -> list[tuple[str, str]]:
    if not rows:
        return []
    counts = {word: sum(row["change"] == word for row in rows) for word in ("only before", "only now")}
    limits = len(rows) - sum(counts.values())
    told = [plural(count, f"test {word}", f"tests {word}") for word, count in counts.items() if count]
    return [("program", ", ".join([*told, *([plural(limits, "limit") + " changed"] if limits else [])]))]
