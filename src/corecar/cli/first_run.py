"""The line that a first run prints: making machine code takes a while, and without a word it looks like hanging."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Literal

import typer

Work = Literal["reading", "records", "grading"]

KERNELS: dict[Work, tuple[str, str, int]] = {
    "reading": ("corecar.formats.stdf.scan", "scan", 8),
    "records": ("corecar.formats.stdf.locate", "locate", 5),
    "grading": ("corecar.screen.verdicts", "_outside", 10),
}
"""Of each kind of work the function that stands for its machine code, and the seconds that making all of it takes."""


def tell_first_run(paths: Sequence[Path], works: Sequence[Work]) -> None:
    """Say on stderr that machine code is being made, when the disk does not hold it yet for these kinds of work.

    paths  what is read, none when the command makes its own tester file; a path that is not there is told by reading
    """
    if all(path.exists() for path in paths):
        needed = works if not paths or _are_tester_files(paths) else [work for work in works if work == "grading"]
        seconds = sum(KERNELS[work][2] for work in needed if not _is_made(work))
        if seconds:
            typer.echo(f"making machine code, once; this takes about {seconds} s", err=True)


def _are_tester_files(paths: Sequence[Path]) -> bool:
    """Whether any of these is read by the machine code for STDF: a file, and no CSV with a mapping."""
    from corecar.formats.prepared import is_datalog

    return any(path.is_file() and not is_datalog(path) for path in paths)


def _is_made(work: Work) -> bool:
    from corecar.compiled import has_code

    module, name, _ = KERNELS[work]
    return has_code(getattr(import_module(module), name))
