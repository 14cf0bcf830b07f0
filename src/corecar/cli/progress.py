"""A progress bar on stderr for work that takes longer than a glance, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

    from corecar.cli.first_run import Work

LONG = 30_000_000
"""Bytes above which reading is worth a bar; below, the bar would flash up and be gone."""

Advance = Callable[[int, int], None]


@contextmanager
def reading(*paths: Path, works: Sequence[Work] = ("reading",)) -> Iterator[Advance | None]:
    """What to call with the bytes done and the bytes in all; None when nobody watches or the files are small."""
    from corecar.cli.first_run import tell_first_run

    tell_first_run(paths, works)
    if not sys.stderr.isatty() or sum(path.stat().st_size for path in paths if path.is_file()) < LONG:
        yield None
        return
    from rich.progress import DownloadColumn

    title = f"reading {paths[0].name}" if len(paths) == 1 else f"reading {len(paths)} files"
    with _bar(title, DownloadColumn()) as advance:
        yield advance


@contextmanager
def counting(title: str) -> Iterator[Advance | None]:
    """What to call with the pieces done and the pieces in all; None when nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import MofNCompleteColumn

    with _bar(title, MofNCompleteColumn()) as advance:
        yield advance


@contextmanager
def _bar(title: str, amount: ProgressColumn) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), amount, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield advance
