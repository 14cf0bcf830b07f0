"""Processes killed at any moment: the same command again, and nothing is lost or doubled."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.faults.conftest import House, prove_whole
from tests.faults.dying import dies_at, killed_after, moments

import corecar
from corecar.bridge.workspace import Workspace
from corecar.store import merging

EVERY = os.environ.get("CORECAR_EVERY_DEATH") == "1"
"""Die at every step and at a hundred moments of each work: a quarter of an hour. Otherwise at some of them."""


@pytest.fixture(autouse=True)
def soon_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two files of a size be enough to merge."""
    monkeypatch.setattr(merging, "FAN", 2)


def ingest(workspace: Workspace, testers: Path) -> Any:
    return workspace.ingest([testers], workers="inline")


def command(work: str, house: House, testers: Path) -> tuple[Path, Callable[[], Any]]:
    """A fresh workspace in which some work is due, and that work as a command."""

    def unmerged(workspace: Workspace) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("corecar.bridge.ingestion.compact_what_is_due", lambda *_: None)
            ingest(workspace, testers)

    def merged(workspace: Workspace) -> None:
        unmerged(workspace)
        workspace.compact()

    def run(folder: Path, verb: str, *given: Any, **named: Any) -> Callable[[], Any]:
        def call() -> Any:
            with corecar.open(folder) as workspace:
                return workspace.call(verb, *given, **named)

        return call

    if work == "ingest":
        folder = house.fresh()
        return folder, run(folder, "ingest", [testers], workers="inline")
    if work == "compact":
        folder = house.like("unmerged", unmerged)
        return folder, run(folder, "compact")
    folder = house.like("merged", merged)
    return folder, run(folder, "vacuum", keep_days=0)


@pytest.mark.slow
@pytest.mark.parametrize("work", ["ingest", "compact", "vacuum"])
def test_death_at_each_step_of_the_store_in_turn(work: str, house: House, testers: Path) -> None:
    stride = 1 if EVERY else 4 if house.kind == "sqlite" else 8
    step, died = 1, True
    while died:
        folder, call = command(work, house, testers)
        died = dies_at(call, step)
        call()
        prove_whole(folder)
        shutil.rmtree(folder)
        step += stride
    assert step > 10


@pytest.mark.slow
@pytest.mark.parametrize("work", ["ingest", "compact", "vacuum"])
def test_kill_at_moments_drawn_by_lot(work: str, house: House, testers: Path) -> None:
    folder, call = command(work, house, testers)
    begun = time.monotonic()
    killed_after(call, 0.0)
    call()
    takes = time.monotonic() - begun
    prove_whole(folder)
    killed = 0
    for seconds in moments(seed=len(work), count=100 if EVERY else 8, longest=takes):
        folder, call = command(work, house, testers)
        killed += killed_after(call, seconds)
        call()
        prove_whole(folder)
        shutil.rmtree(folder)
    assert killed >= 2


def test_the_work_is_really_due(house: House, testers: Path) -> None:
    answers = {work: command(work, house, testers)[1]() for work in ("ingest", "compact", "vacuum")}
    assert (answers["ingest"]["new"], answers["ingest"]["known"]) == (2, 1)
    assert answers["compact"]["merged"] >= 10
    assert answers["vacuum"]["files"] >= 10
