"""Yields of a lot of two files, against figures made here from the raw records of each file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.bridge.houses import house_in

import corecar
from corecar.bridge.workspace import Workspace

FILES = ("a530_lot2.stdf.gz", "a530_lot3.stdf.gz")
PART_FAILED, NO_VERDICT = 8, 16
"""Bits 3 and 4 of PART_FLG."""


class Attempt(NamedTuple):
    """What one PRR says."""

    place: tuple[str, int, int]
    good: bool
    hard_bin: int
    soft_bin: int


@pytest.fixture(scope="module")
def attempts(shared: Path) -> list[Attempt]:
    """Every PRR of both files, in their order: lot3 was begun after lot2."""
    return [attempt for name in FILES for attempt in raw_attempts(shared / "stdf" / name)]


def raw_attempts(path: Path) -> Iterator[Attempt]:
    """The PRRs of a file of one wafer."""
    tables = corecar.records(path)
    (wafer,) = set(tables["WIR"]["WAFER_ID"].to_pylist())
    for row in tables["PRR"].to_pylist():
        assert not row["PART_FLG"] & NO_VERDICT
        place = (wafer, row["X_COORD"], row["Y_COORD"])
        yield Attempt(place, not row["PART_FLG"] & PART_FAILED, row["HARD_BIN"], row["SOFT_BIN"])


@pytest.fixture(scope="module")
def shown(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The lot as the workspace shows it; the later file comes in first."""
    with house_in(tmp_path_factory.mktemp("yields")) as house:
        take(house, [shared / "stdf" / name for name in reversed(FILES)])
        yield house.lot("GAL-LOT")


def take(house: Workspace, paths: list[Path]) -> None:
    for path in paths:
        assert house.ingest([path], workers="inline")["new"] == 1


def first_of(attempts: list[Attempt]) -> dict[tuple[str, int, int], Attempt]:
    return {attempt.place: attempt for attempt in reversed(attempts)}


def last_of(attempts: list[Attempt]) -> dict[tuple[str, int, int], Attempt]:
    return {attempt.place: attempt for attempt in attempts}


def good(found: dict[tuple[str, int, int], Attempt]) -> int:
    return sum(attempt.good for attempt in found.values())


def test_the_raw_records_give_the_figures_counted_by_hand(attempts: list[Attempt]) -> None:
    first, last = first_of(attempts), last_of(attempts)
    assert (len(first), good(first), len(last), good(last)) == (2912, 2637, 2912, 2766)
    assert len(attempts) == 2912 + 113 + 163


def test_the_insertion_has_them(shown: dict[str, Any], attempts: list[Attempt]) -> None:
    first, last = first_of(attempts), last_of(attempts)
    (insertion,) = shown["insertions"]
    assert (insertion["stage"], insertion["runs"], insertion["incomplete"]) == ("wafer sort", 2, 0)
    found = [insertion[name] for name in ("first_tested", "first_good", "final_tested", "final_good")]
    assert found == [len(first), good(first), len(last), good(last)]
    assert insertion["first_yield"] == pytest.approx(good(first) / len(first))
    assert insertion["final_yield"] == pytest.approx(good(last) / len(last))


def test_each_wafer_has_them(shown: dict[str, Any], attempts: list[Attempt]) -> None:
    wanted = []
    for wafer in ("GAL-LOT-02", "GAL-LOT-03"):
        own = [attempt for attempt in attempts if attempt.place[0] == wafer]
        wanted.append((wafer, len(first_of(own)), good(first_of(own)), len(last_of(own)), good(last_of(own))))
    names = ("wafer", "first_tested", "first_good", "final_tested", "final_good")
    (rows,) = shown["by_wafer"].values()
    assert [tuple(row[name] for name in names) for row in rows] == wanted


def test_each_bin_has_them(shown: dict[str, Any], attempts: list[Attempt]) -> None:
    first, last = first_of(attempts).values(), last_of(attempts).values()
    for kind, shelf in (("hard_bin", shown["by_bin"]), ("soft_bin", shown["details"]["soft_bins"])):
        (rows,) = shelf.values()
        wanted = (Counter(getattr(one, kind) for one in first), Counter(getattr(one, kind) for one in last))
        assert {row["bin"]: row["first"] for row in rows if row["first"]} == wanted[0]
        assert {row["bin"]: row["final"] for row in rows if row["final"]} == wanted[1]


def test_the_files_read_alone_add_up_to_it(shared: Path, shown: dict[str, Any]) -> None:
    alone = [corecar.read(shared / "stdf" / name).yield_() for name in FILES]
    for name in ("first_tested", "first_good", "final_tested", "final_good"):
        assert shown["insertions"][0][name] == sum(getattr(one, name) for one in alone)
