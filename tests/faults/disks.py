"""Small disks in memory that are mounted for a test."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def mounted(place: Path, *options: str) -> Iterator[Path]:
    """A disk in memory; skips where it cannot be mounted."""
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", *options, "tmpfs", str(place)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("no leave to mount a disk here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@contextmanager
def filled(disk: Path, *, but_for: int = 0) -> Iterator[None]:
    """Leave only so many bytes free on a disk, while the block lasts."""
    filler, block = disk / "filler", bytes(1 << 12)
    with filler.open("wb", buffering=0) as sink:
        try:
            while sink.write(block) == len(block):
                pass
        except OSError:
            pass  # it is full now
        sink.truncate(max(0, sink.tell() - but_for))
    yield
    filler.unlink()


def remount(disk: Path, how: str) -> None:
    """Let a mounted disk be written to, or not: `rw` or `ro`."""
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


__all__ = ["filled", "mounted", "remount"]
