"""A progress bar on stderr for work that takes longer than a glance, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LONG = 30_000_000
"""Bytes above which reading is worth a bar; below, the bar would flash up and be gone."""


@contextmanager
def reading(*paths: Path) -> Iterator[Callable[[int, int], None] | None]:
    """What to call with the bytes done and the bytes in all; None when nobody watches or the files are small."""
    if not sys.stderr.isatty() or _bytes(paths) < LONG:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"reading {paths[0].name}" if len(paths) == 1 else f"reading {len(paths)} files")

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield advance


def _bytes(paths: tuple[Path, ...]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())
