"""What a benchmark of the screens says beside single times: against pandas, of one group of tests, and how it grows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PANDAS = "dynamic PAT in pandas"
LINEAR = 1.5
"""Times per result that a larger size may take of the smallest that is long enough to be measured."""
LEAST_S = 0.1

Found = Mapping[str, Mapping[str, float]]


def print_pandas(found: Found, ours: str) -> None:
    """How many times as long the same dynamic limits take in pandas, and whether it rejects as many readings."""
    for name, row in found.items():
        if name.startswith(PANDAS):
            own = found[ours]
            same = "as many" if row["beyond"] == own["beyond"] else f"NOT as many ({own['beyond']:,.0f} here)"
            print(
                f"  {name}: {row['seconds'] / own['seconds']:.1f} times as long as here, CPU time "
                f"{row['cpu'] / own['cpu']:.1f} times; {row['beyond']:,.0f} readings beyond, {same}",
                flush=True,
            )


def print_groups(found: Found, *, tests: int, of: int) -> None:
    """The time of one group of tests."""
    groups = -(-tests // of)
    for name, row in found.items():
        if name.endswith(f"groups of {of}"):
            print(f"  {name}: {row['seconds'] / groups:.3f} s a group ({row['cpu'] / groups:.3f} s CPU)", flush=True)


def print_growth(sizes: Mapping[str, Mapping[str, Any]]) -> None:
    """Nanoseconds per result of each subject at each size; linear where they stay the same."""
    if len(sizes) < 2:
        return
    print("\nnanoseconds per result, by size", flush=True)
    print(f"  {'':32} " + " ".join(f"{size:>13}" for size in sizes) + "  most by the first")
    for name in dict.fromkeys(name for size in sizes.values() for name in size["subjects"]):
        rows = [size["subjects"].get(name) for size in sizes.values()]
        told = " ".join(f"{row['ns']:13.1f}" if row else f"{'':13}" for row in rows)
        print(f"  {name:32} {told}  {_growth([row for row in rows if row])}", flush=True)


def _growth(rows: list[Mapping[str, float]]) -> str:
    """How much more a result takes at the worst size than at the first that took long enough."""
    long_enough = [row["ns"] for row in rows if row["seconds"] >= LEAST_S]
    if len(long_enough) < 2:
        return ""
    most = max(long_enough) / long_enough[0]
    return f"{most:.2f}x {'linear' if most <= LINEAR else 'MORE THAN LINEAR'} (<= {LINEAR:g}x)"
