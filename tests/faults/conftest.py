"""A house of each kind, tester files for it, and how many processes died in the end."""

from __future__ import annotations

import gc
import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.database_server import DatabaseServer
from tests.faults.houses import House
from tests.memory import quick_folder

import corecar

TALLY = pytest.StashKey[list[str]]()


@pytest.fixture(autouse=True, scope="session")
def imported_before() -> Iterator[None]:
    """Set aside what was there before the first of these tests: no connection that they break off is in it, and looking
    through it after each takes longer than many of them.
    """
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def fast() -> Iterator[Path]:
    """A folder where fsync costs nothing: what is tried here are processes that die, not disks that lose power."""
    folder = quick_folder("corecar-faults-")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def testers(fast: Path) -> Path:
    """Two tiny lots, the first one of them also gzipped."""
    folder = fast / "testers"
    folder.mkdir()
    for seed in (1, 2):
        corecar.simulate_lot(folder / f"lot{seed}.stdf", wafers=1, dies=8, tests=8, seed=seed)
    (folder / "again.stdf.gz").write_bytes(gzip.compress((folder / "lot1.stdf").read_bytes()))
    return folder


@pytest.fixture(scope="session")
def served(database_server: DatabaseServer, fast: Path) -> House:
    """Workspaces whose catalogue is in PostgreSQL."""
    return House("postgresql", fast, database_server)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, fast: Path) -> House:
    """Workspaces whose catalogue is of one kind."""
    if request.param == "sqlite":
        return House("sqlite", fast, None)
    return request.getfixturevalue("served")  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
def begun_by_alembic(request: pytest.FixtureRequest) -> None:
    """Let what begins a workspace, and is harmed at that, take the long way."""
    called = getattr(request.node, "callspec", None)
    if called is not None and called.params.get("work") == "init":
        request.getfixturevalue("migrations_by_alembic")


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> list[str]:
    """Lines that are told when all tests are over: what died how often."""
    return request.config.stash.setdefault(TALLY, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(TALLY, []):
        terminalreporter.write_line(line)
