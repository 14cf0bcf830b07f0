"""What reading has to reach, and whether a run of the benchmark reached it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from measure import Measurement

Found = Mapping[str, Measurement]


@dataclass(frozen=True)
class Target:
    """One promise about a file: a figure from its measurements, held against a limit.

    files   `plain`, `gzip` or `any`: the files it is promised of
    figure  None when the measurements it needs are missing or failed
    """

    promise: str
    unit: str
    limit: float
    at_least: bool
    files: str
    figure: Callable[[Found], float | None]

    def met(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit


def _seconds(slow: str, fast: str) -> Callable[[Found], float | None]:
    """How many times longer one subject took than another."""

    def ratio(found: Found) -> float | None:
        pair = [found.get(slow), found.get(fast)]
        if any(each is None or each.failure for each in pair):
            return None
        return found[slow].seconds / found[fast].seconds

    return ratio


def _read(figure: Callable[[Measurement], float]) -> Callable[[Found], float | None]:
    """A figure of `corecar read` alone."""

    def value(found: Found) -> float | None:
        read = found.get("corecar read")
        return None if read is None or read.failure else figure(read)

    return value


def _written(found: Found) -> float | None:
    pair = [found.get("corecar to Parquet"), found.get("stdf-convert to Parquet")]
    if any(each is None or each.failure for each in pair):
        return None
    ours, theirs = (each.facts["written_bytes"] for each in pair if each is not None)
    return ours / theirs


TARGETS = (
    Target(
        "joined columns against stdf-convert tables",
        "x",
        6.0,
        True,
        "plain",
        _seconds("stdf-convert tables", "corecar read"),
    ),
    Target(
        "Parquet against stdf-convert + pyarrow",
        "x",
        5.0,
        True,
        "plain",
        _seconds("stdf-convert to Parquet", "corecar to Parquet"),
    ),
    Target("Parquet size against stdf-convert + pyarrow", "x", 1.0, False, "plain", _written),
    Target("gzip against bare isal inflate", "x", 2.0, False, "gzip", _seconds("corecar read", "isal inflate")),
    Target(
        "bytes a result in memory",
        "B",
        10.1,
        False,
        "any",
        _read(lambda read: read.facts["resident_bytes"] / max(read.facts["results"], 1)),
    ),
    Target(
        "peak memory against the resident result",
        "x",
        2.5,
        False,
        "plain",
        _read(lambda read: read.peak_mb * 1e6 / max(read.facts["resident_bytes"], 1)),
    ),
)

LEAST_BYTES = 5_000_000
"""Below this size a run is mostly start-up, and nothing was promised."""


def held_against_targets(path: Path, found: Found) -> list[tuple[Target, float, bool]]:
    """Each target that this file's measurements can answer: its figure, and whether it is met."""
    if path.stat().st_size < LEAST_BYTES:
        return []
    kinds = ("any", "gzip" if path.suffix == ".gz" else "plain")
    rows = [(target, target.figure(found)) for target in TARGETS if target.files in kinds]
    return [(target, value, target.met(value)) for target, value in rows if value is not None]
