"""Small lots and workspaces that tests of the verbs share."""

from __future__ import annotations

import gzip
from pathlib import Path

import corecar
from corecar.bridge.workspace import Workspace

FEW: dict[str, int] = {"wafers": 1, "dies": 60, "tests": 8}


def small_lot(folder: Path, seed: int) -> Path:
    """A fictional lot of a few dies, plain; its name is SIM0000<seed>."""
    path = folder / f"lot{seed}.stdf"
    corecar.simulate_lot(path, seed=seed, **FEW)  # type: ignore[arg-type]
    path.with_name(f"lot{seed}.truth.json").unlink(missing_ok=True)
    return path


def cut_copy(lot: Path, name: str = "cut.stdf") -> Path:
    """The first two thirds of a file."""
    content = lot.read_bytes()
    cut = lot.with_name(name)
    cut.write_bytes(content[: len(content) * 2 // 3])
    return cut


def packed_copy(lot: Path) -> Path:
    packed = lot.with_name(f"{lot.name}.gz")
    packed.write_bytes(gzip.compress(lot.read_bytes()))
    return packed


def house_in(folder: Path, database: str | None = None) -> Workspace:
    return corecar.init(folder / "house", owner="Demo House", database=database)


def lake_hashes(workspace: Workspace) -> set[tuple[str, str]]:
    """Table and content of every file of the lake."""
    from sqlalchemy import select

    from corecar.store.catalogue.models import LakeFile

    with workspace.store.catalogue.reading() as session:
        return {(table, digest) for table, digest in session.execute(select(LakeFile.table, LakeFile.sha256))}
