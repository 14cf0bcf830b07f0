"""Folders in memory, for what is written often and lost anyway when the tests end."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 3 << 30
"""Bytes that must be free there: as much as all databases of the tests take, and then as much again."""


def quick_folder(prefix: str) -> Path:
    """A new folder in memory, or on disk where memory is short or no such place."""
    fits = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM
    return Path(tempfile.mkdtemp(prefix=prefix, dir=MEMORY if fits else None))


__all__ = ["quick_folder"]
