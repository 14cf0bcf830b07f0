"""A house that was made once and is copied for each round, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import gzip
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import corecar
from corecar.bridge.workspace import Workspace
from corecar.store.models import Lot, Run, Source


@pytest.fixture(scope="session")
def fast() -> Iterator[Path]:
    """A folder where fsync costs nothing: what is tried here are processes that die, not disks that lose power."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="corecar-faults-", dir=memory if memory.is_dir() else None))
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


@dataclass
class House:
    """Workspaces that are copies of one, as many as are asked for."""

    kind: str
    folder: Path
    server: Any
    made: int = 0

    def __post_init__(self) -> None:
        self.template: dict[str, Path] = {}

    def like(self, name: str, fill: Callable[[Workspace], Any]) -> Path:
        """A fresh copy of the workspace of this name, which is filled when it is asked for first."""
        if name not in self.template:
            self.template[name] = self.folder / f"{self.kind}-{name}"
            database = f"template_{name}"
            if self.kind == "postgresql":
                self.server.statement(f"CREATE DATABASE {database}")
            url = self.server.url(database) if self.kind == "postgresql" else None
            with corecar.init(self.template[name], database=url) as workspace:
                fill(workspace)
        self.made += 1
        copy = self.folder / f"{self.kind}-{self.made}"
        shutil.copytree(self.template[name], copy)
        if self.kind == "postgresql":
            mark = copy / "corecar.toml"
            fresh = self.server.fresh(f"template_{name}").rpartition("/")[2]
            mark.write_text(mark.read_text().replace(f"/template_{name}", f"/{fresh}"))
        return copy

    def fresh(self) -> Path:
        return self.like("fresh", lambda _: None)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, fast: Path) -> House:
    """Workspaces whose catalogue is of one kind."""
    server = request.getfixturevalue("database_server") if request.param == "postgresql" else None
    return House(request.param, fast, server)


def prove_whole(folder: Path, runs: int = 2) -> None:
    """The workspace is sound, each run is there exactly once, and vacuum leaves nothing that is unlisted."""
    with corecar.open(folder) as workspace:
        workspace.vacuum(keep_days=0)
        told = workspace.verify()
        assert told["sound"], told["rows"]
        assert (told["unlisted"], told["notes"]) == ([], [])
        with workspace.store.catalogue.reading() as session:
            sources = session.scalars(select(Source.hash)).all()
            lots = Counter(lot.name for lot in session.scalars(select(Lot)))
            filed = Counter(session.scalars(select(Run.lot_id)))
        assert (len(sources), len(lots), set(lots.values()), set(filed.values())) == (runs, runs, {1}, {1})
        assert not list(workspace.store.objects.unfinished())


__all__ = ["House", "prove_whole"]
