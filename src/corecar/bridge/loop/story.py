"""The whole way on fictional data: a province, tester files, screens, a meeting, a plan, a bad zone, the way round.

Everybody and everything in it is made up. The figures are not: each comes from the verb that a user would call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from corecar.bridge.workspace import Workspace, init
from corecar.errors import OutputError
from corecar.formats.chain import write_chain
from corecar.plurals import plural
from corecar.simulate import simulate_chain, simulate_lot

HOUSE = "Demo Packaging and Test 03 (fictional)"
"""The packaging-and-test house of the fictional province that keeps the workspace."""
BAD, OTHERS = "CHIP0004", ("CHIP0001", "CHIP0010")
BAD_LOTS, OTHER_LOTS = 10, 5
"""Lots of the chip with the bad zone, and of each of the two others: 20 in all."""
SIZE: dict[str, Any] = {"wafers": 4, "dies": 300, "tests": 20}
WEEKS = 16
REASON = "most dies of one zone at the edge fail, on every wafer"
Tell = Callable[[str], None]


def played(out: str | Path) -> Path | None:
    """The workspace of a story that was played through in a folder; None where there is none."""
    house = Path(out) / "house"
    return house if (Path(out) / "province").is_dir() and (house / "corecar.toml").is_file() else None


def story(out: str | Path, tell: Tell) -> Path:
    """Play it through in a folder, telling each step; the workspace that it leaves.

    out     a folder; it is made, and must not hold a story already
    Raises  OutputError for a folder that cannot be made or holds one; what the verbs raise
    """
    folder = Path(out)
    house = folder / "house"
    if house.exists():
        raise OutputError(f"{house}: there is a workspace already. Choose another folder, or delete this one.")
    try:
        (folder / "lots").mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise OutputError(f"{folder}: cannot be made: {failure.strerror}. Choose another folder.") from failure
    with _chapter(tell, "A fictional province"):
        province = simulate_chain()
        write_chain(province, folder / "province")
        counts = province.counts
        told = ", ".join(f"{counts[name]:,} {name}" for name in ("parties", "sites", "products"))
        tell(f"{told}, {counts['wip']:,} lots in process; nobody and nothing in it is real.")
    bad, files = _lots(folder / "lots", province.wip.to_pylist(), tell)
    with init(house, owner=HOUSE) as opened:
        _grade(opened, files, bad, tell)
        _meet(opened, folder / "province", tell)
        _plan_and_contain(opened, bad, tell)
    return house


@contextmanager
def _chapter(tell: Tell, title: str) -> Iterator[None]:
    tell(f"\n{title}")
    begun = perf_counter()
    yield
    tell(f"({perf_counter() - begun:.1f} s)")


def _lots(folder: Path, wip: list[dict[str, Any]], tell: Tell) -> tuple[list[str], list[Path]]:
    """Tester files of lots that the province has in process, four wafers of each."""
    names = {chip: [row["lot"] for row in wip if row["product"] == chip and row["state"] == "in-process"
                    and row["stage"] == "wafer"] for chip in (BAD, *OTHERS)}  # fmt: skip
    chosen = [(BAD, lot) for lot in names[BAD][:BAD_LOTS]]
    chosen += [(chip, lot) for chip in OTHERS for lot in names[chip][:OTHER_LOTS]]
    files = []
    with _chapter(tell, "Their testers write"):
        for seed, (chip, lot) in enumerate(chosen, start=1):
            start = datetime(2026, 11, 1, 6, 0) + timedelta(hours=9 * seed)
            files.append(
                simulate_lot(folder / f"{lot}.stdf.gz", seed=seed, lot=lot, product=chip, start=start,
                             bad_zone=chip == BAD, **SIZE)
            )  # fmt: skip
        what = f"{plural(len(files), 'genuine STDF file')} of {plural(len(names), 'chip')}"
        tell(f"{what}, four wafers of each lot, with outliers planted that pass every test.")
    return [lot for chip, lot in chosen if chip == BAD], files


def _grade(opened: Workspace, files: list[Path], bad: list[str], tell: Tell) -> None:
    with _chapter(tell, "Every part is screened"):
        tell(str(opened.ingest(files)["said"]))
        lots = opened.lots()["rows"]
        may_ship = tested = 0
        for row in lots:
            graded = opened.grade(row["lot"])["rows"][0]
            may_ship, tested = may_ship + graded["may_ship"], tested + graded["tested"]
        tell(f"{may_ship:,} of {tested:,} parts may ship by AEC-Q001.")
        yields = {row["lot"]: row["final_yield"] for row in lots}
        good = [value for lot, value in yields.items() if lot not in bad]
        tell(f"{plural(len(bad), 'lot')} of {BAD} yield {min(yields[lot] for lot in bad):.1%} to "
             f"{max(yields[lot] for lot in bad):.1%}, all others {min(good):.1%} at least.")  # fmt: skip


def _meet(opened: Workspace, province: Path, tell: Tell) -> None:
    with _chapter(tell, "Needs and offers meet"):
        opened.chain_import([province])
        tell(str(opened.match()["said"]))
        day = datetime.now(UTC) + timedelta(days=30)
        tell(str(opened.meeting_propose("Core and car (fictional)", day=day, place="Demo Town")["said"]))


def _plan_and_contain(opened: Workspace, bad: list[str], tell: Tell) -> None:
    how: dict[str, Any] = {"weeks": WEEKS, "limit": "actual", "measured": True}
    with _chapter(tell, f"The plan of {WEEKS} weeks, with the yields that testers measured"):
        planned = opened.plan(**how)
        tell(str(planned["said"]))
        measured = next((row for row in planned["measured"] if row["number"] == "yield"), None)
        if measured is not None:
            tell(f"Such as {measured['route']}: {measured['measured']:.1%} instead of {measured['assumed']:.1%}.")
    with _chapter(tell, "The bad zone is contained"):
        for lot in bad:
            opened.quarantine(lot, reason=REASON)
        answer = opened.impact(bad)
        tell(str(answer["said"]))
        for row in answer["rows"][:3]:
            tell(f"  {row['demand']}: {row['never']:,} never come, {row['never_without']:,} if nobody planned again.")
        tell("Called: " + ", ".join(row["who"] for row in answer["touched"] if row["as"] == "customer") + ".")
    with _chapter(tell, "And planned again without those lots"):
        again = opened.plan(**how)
        tell(str(again["said"]))
        tell(next((note for note in again["notes"] if note.startswith("Against plan")), ""))
