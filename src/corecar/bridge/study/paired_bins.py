"""The same units in two groups of lots, and how their bins moved from one to the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from corecar.assess import bin_switching
from corecar.assess.pools import Pool
from corecar.chip_identities import chip_identities
from corecar.errors import ArgumentError
from corecar.lot import Lot
from corecar.plurals import plural

Row = dict[str, Any]
PLACE = ("wafer", "x", "y")
IDENTITIES = ("xy", "ecid", "part_text", "part_id")
PROVED = ("xy", "ecid", "part_text")
"""What may pair units without being asked for: `part_id` is a counter on most testers."""

WITHIN_A_LOT = ("xy", "part_id")
"""What names a unit only within its lot; a chip's own identity and a bar code do so anywhere."""


@contextmanager
def insertion(which: str, options: str) -> Iterator[None]:
    """Say of which insertion an error is, and what chooses it.

    which    `first` or `second`
    options  how stage and temperature of it are named
    """
    try:
        yield
    except ArgumentError as error:
        raise ArgumentError(f"the {which} insertion: {error} {options} choose it.") from error


@dataclass(frozen=True)
class Moved:
    """What `moved_bins` answers.

    said  the sentence; rows: first bin, second bin, units; recovered: the units that went from fail to pass
    """

    said: str
    rows: list[Row]
    recovered: list[Row]
    notes: list[str]


def moved_bins(first: Pool, second: Pool, identity: str = "auto") -> Moved:
    """First bin by second bin of the units that both groups have.

    identity  what makes a part of one group the unit of the other: `xy`, `ecid`, `part_text`, `part_id`; else the one
              of the first three that pairs most
    Raises    ArgumentError where nothing pairs
    """
    several = max(first.lot_count, second.lot_count) > 1
    asked = (identity,) if identity in IDENTITIES else PROVED
    of_lot = {name: several and name in WITHIN_A_LOT for name in asked}
    sides = {name: (_units(first, name, of_lot[name]), _units(second, name, of_lot[name])) for name in asked}
    name = max(asked, key=lambda one: len(sides[one][0].keys() & sides[one][1].keys()))
    one, other = sides[name]
    keys = [key for key in one if key in other]
    if not keys:
        how = ", ".join(asked)
        has = "; ".join(f"{side} has {_has(sides, at)}" for at, side in enumerate(("the first", "the second")))
        raise ArgumentError(
            f"no unit of the first group is in the second, by {how}: {has}. Name an identity that both have."
        )
    pairs = [(_once(one[key]), _once(other[key])) for key in keys]
    whole = [(a, b) for a, b in pairs if a and b and a["hard_bin"] is not None and b["hard_bin"] is not None]
    notes = _notes(name, len(first), len(second), len(keys), len(keys) - len(whole))
    if not whole:
        raise ArgumentError(f"no unit stands once on both sides with a hard bin, by {name}. Name another identity.")
    return _moved(whole, notes)


def _has(sides: Mapping[str, tuple[Mapping[Hashable, list[Row]], ...]], at: int) -> str:
    """Units that a side can name by each identity: `xy (100)`."""
    return ", ".join(f"{name} ({len(both[at]):,})" for name, both in sides.items() if both[at]) or "none of these"


def _moved(pairs: list[tuple[Row, Row]], notes: list[str]) -> Moved:
    bins = [(a["hard_bin"], b["hard_bin"]) for a, b in pairs]
    good = {row["hard_bin"] for pair in pairs for row in pair if row["passed"]}
    found = bin_switching([a for a, _ in bins], [b for _, b in bins], good)
    counts = sorted(Counter(bins).items())
    rows = [{"first_bin": a, "second_bin": b, "units": count, "switched": a != b} for (a, b), count in counts]
    recovered = [_told(a, b) for a, b in pairs if a["passed"] is False and b["passed"]]
    lost = sum(bool(a["passed"]) and b["passed"] is False for a, b in pairs)
    said = (
        f"{plural(found.n, 'unit')}: {found.switched:,} changed their bin ({found.switched_share:.1%}), "
        f"kappa {found.kappa:.3f}; {len(recovered):,} from fail to pass, {lost:,} from pass to fail "
        f"(McNemar p = {found.mcnemar.p:.2g})."
    )
    return Moved(said, rows, recovered, notes)


def _told(first: Row, second: Row) -> Row:
    named = {name: first[name] for name in ("lot", *PLACE, "part_id", "part_text")}
    return named | {"first_bin": first["hard_bin"], "second_bin": second["hard_bin"]}


def _notes(name: str, first: int, second: int, shared: int, unfit: int) -> list[str]:
    notes = [f"Units paired by {name}: {shared:,} of {first:,} parts of the first group and {second:,} of the second."]
    if unfit:
        notes.append(f"{plural(unfit, 'unit')} left out: several final parts on a side, or no hard bin.")
    return notes


def _once(rows: list[Row]) -> Row | None:
    return rows[0] if len(rows) == 1 else None


def _units(pool: Pool, identity: str, by_lot: bool) -> dict[Hashable, list[Row]]:
    """The final parts of each unit; parts without the identity are left out."""
    found: dict[Hashable, list[Row]] = {}
    for lot, chosen in zip(pool.lots, pool.chosen, strict=True):
        rows = lot.parts.take(chosen).to_pylist()
        lots = lot.runs["lot"].to_pylist()
        for row, key in zip(rows, _keys(lot, rows, identity), strict=True):
            if key is not None:
                name = lots[row["run"]]
                found.setdefault((name if by_lot else None, key), []).append(row | {"lot": name})
    return found


def _keys(lot: Lot, rows: list[Row], identity: str) -> list[Hashable]:
    if identity == "ecid":
        chips = chip_identities(lot.texts, lot.parts.num_rows)
        return [None if chips is None else chips[row["part"]].as_py() for row in rows]
    if identity == "xy":
        places = [tuple(row[name] for name in PLACE) for row in rows]
        return [None if None in place else place for place in places]
    return [row[identity] or None for row in rows]
