"""Where the tests find real files, and what a missing one means."""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from tests.database_server import catalogue_url, database_server
from tests.object_server import object_server
from tests.recorded_migrations import migrations_by_alembic, recorded_migrations
from tests.shared_statements import shared_statements

__all__ = [
    "catalogue_url", "database_server", "migrations_by_alembic", "object_server", "recorded_migrations",
    "shared_statements",
]  # fmt: skip

settings.register_profile("corecar", deadline=None)  # the first example may wait for the compiler
settings.load_profile("corecar")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def required(path: Path, what: str) -> Path:
    """The path when it exists; else a skip with the reason, or a failure when CORECAR_REQUIRE is set.

    On a user's machine there is no shared folder, so its absence only skips; where the folder exists, a missing
    file in it is a failure under CORECAR_REQUIRE=1 (the switch that .ci/run sets).
    """
    if path.exists():
        return path
    if os.environ.get("CORECAR_REQUIRE") == "1" and SHARED.exists():
        pytest.fail(f"{what} is missing: {path}")
    pytest.skip(f"{what} is not on this machine: {path}")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real files and reference cases that stands beside the project."""
    return required(SHARED, "the folder of shared test data")


@pytest.fixture(scope="session")
def real_lot(shared: Path) -> Path:
    """A real wafer sort file: one wafer, 74 tests, 113 repeated places."""
    return required(shared / "stdf" / "a530_lot2.stdf.gz", "a real lot")


@pytest.fixture(scope="session")
def fictional_lot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated lot of two wafers; its truth file stands beside it."""
    from corecar import simulate_lot

    path = tmp_path_factory.mktemp("lot") / "lot.stdf.gz"
    simulate_lot(path, wafers=2)
    return path


SERVERS = frozenset({"database_server", "catalogue_url", "mortal_cluster"})
"""Fixtures of servers that may die, or whose connections may be broken off."""


@pytest.fixture(autouse=True, scope="module")
def sockets_of_a_module(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collect, after the tests of a module and its own fixtures, what is left of connections that were broken off."""
    yield
    own = (item for item in request.session.items if item.path == request.path)
    if any(SERVERS & set(getattr(item, "fixturenames", ())) for item in own):
        _collect()


@pytest.fixture(autouse=True)
def sockets_of_broken_connections(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collect, after a test whose server may die, what the driver left of connections that were broken off.

    pg8000 and the cluster's client leave such a socket to the garbage collector; met later, the warning would fail a
    test that has none. Where servers die on purpose all is looked through, since the connection may be older than the
    test. Elsewhere what stood before the test is set aside: looking through all of it takes longer than most tests.
    """
    if not SERVERS & set(request.fixturenames):
        yield
        return
    if "faults" in request.path.parts:
        yield
        _collect()
        return
    gc.freeze()
    yield
    _collect()
    gc.unfreeze()


def _collect() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
