"""Processes killed at any moment: the same command again, and nothing is lost or doubled."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.faults.dying import Boundary, Death, deaths, measured
from tests.faults.houses import Facts, House
from tests.faults.works import MIGRATIONS, WORKS, due, prove

from corecar.store.lake import merging

KILLS = int(os.environ.get("CORECAR_KILLS", "0"))
"""Kills drawn by lot for each work and each kind of database; where it is set, each work also dies at its every step.
Without it there are DRAWN and AT_STEPS of them, spread evenly, and more steps where all migrations happen.
"""
DRAWN, AT_STEPS, AT_MIGRATIONS = 2, 3, 8
SEED = int(os.environ.get("CORECAR_SEED", "20261125"))
AGAIN = 0.25
"""How likely it is that the process which resumes dies too."""


@pytest.fixture(autouse=True)
def soon_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two files of a size be enough to merge."""
    monkeypatch.setattr(merging, "FAN", 2)


def undisturbed(work: str, house: House, testers: Path) -> Facts:
    """What is there when nobody dies."""
    if work not in house.undisturbed:
        task = due(work, house, testers)
        task.call()
        house.undisturbed[work] = prove(work, task.folder)
        house.remove(task.folder)
    return house.undisturbed[work]


def boundary_of(work: str) -> Boundary:
    """A migration must be whole at each statement; of other work, what lies between two commits is the same."""
    return "statements" if work == "init" or work.startswith("migrate") else "changes"


@contextmanager
def told(deaths: list[Death]) -> Iterator[None]:
    """Let a failure say which deaths led to it."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"seed {SEED}, after {deaths}")
        raise


def killed(work: str, house: House, testers: Path, dying: list[Death], expected: Facts) -> int:
    """Let processes that do some work die one after the other, and one do it to its end; how many were killed."""
    task, count = due(work, house, testers), 0
    with told(dying):
        for death in dying:
            count += death.of(task.call)
            task.whole()
        task.call()
        assert prove(work, task.folder) == expected
    house.remove(task.folder)
    return count


@pytest.mark.slow
@pytest.mark.parametrize("work", WORKS)
def test_death_at_each_step_in_turn(work: str, house: House, testers: Path, tally: list[str]) -> None:
    expected, boundary = undisturbed(work, house, testers), boundary_of(work)
    steps, _ = measured(due(work, house, testers).call, boundary)
    deaths_due = AT_MIGRATIONS if work == MIGRATIONS[0] else AT_STEPS
    stride = 1 if KILLS else max(1, steps // deaths_due)
    count, step, died = 0, 1, 1
    while died:
        died = killed(work, house, testers, [Death(step=step, boundary=boundary)], expected)
        count, step = count + died, step + stride
    assert count * stride == pytest.approx(steps, abs=2 * stride + 0.1 * steps)  # slow work shows more signs of life
    tally.append(f"{house.kind} {work}: died at {count} of {steps} {boundary}")


@pytest.mark.slow
@pytest.mark.parametrize("work", WORKS)
def test_kills_drawn_by_lot(work: str, house: House, testers: Path, tally: list[str]) -> None:
    expected = undisturbed(work, house, testers)
    steps, seconds = measured(due(work, house, testers).call)
    drawn = random.Random(f"{SEED} {house.kind} {work}")
    drawing, count = deaths(drawn, steps, seconds), 0
    while count < (KILLS or DRAWN):
        dying = [next(drawing)]
        while drawn.random() < AGAIN:
            dying.append(next(drawing))
        count += killed(work, house, testers, dying, expected)
    tally.append(f"{house.kind} {work}: {count} kills drawn with seed {SEED} over {steps} steps and {seconds:.2f} s")


def test_the_work_is_really_due(house: House, testers: Path) -> None:
    answers = {work: due(work, house, testers).call() for work in ("ingest", "compact", "vacuum")}
    assert (answers["ingest"]["new"], answers["ingest"]["known"]) == (2, 1)
    assert answers["compact"]["merged"] >= 10
    assert answers["vacuum"]["files"] >= 10
