"""`demo`: the whole way on fictional data, or the main job on a file of your own."""

from __future__ import annotations

import sys
from pathlib import Path
from shutil import which
from typing import Annotated

import typer

Lot = Annotated[Path | None, typer.Option("--lot", metavar="FILE", help="A tester file of your own to grade instead.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder for everything that is made.")]
Serve = Annotated[
    bool | None,
    typer.Option("--serve/--no-serve", help="Serve the workspace at the end; without either, on a terminal alone."),
]


def demo(out: Out, lot: Lot = None, serve: Serve = None) -> None:
    """Play the whole way through on a fictional province: testers, screens, a meeting, a plan, a bad zone, a way round.

    With --lot, grade that file instead. The workspace of the story stays in the folder, and is served at the end.
    """
    if lot is not None:
        _grade(out, lot)
        return
    from corecar.bridge.loop.story import played, story

    at_the_end = sys.stdout.isatty() if serve is None else serve
    house = played(out)
    if house is None:
        house = story(out, typer.echo)
    else:
        shown = " Its pages are served again." if at_the_end else ""
        typer.echo(f"The story was played in {out} already, and stays as it was left.{shown}\n"
                   "To play it again, choose another folder or delete this one.")  # fmt: skip
    when = " later" if at_the_end else ""
    typer.echo(f"\nThe workspace is {house}. Serve it{when} with: {_program()} serve -w {house}")
    if at_the_end:
        from corecar.cli.serving import serve as run

        run(workspace=str(house))


def _program() -> str:
    """This program as the shell finds it: by its name, or where it was installed."""
    beside = Path(sys.executable).with_name("corecar")
    if which("corecar") is not None or not beside.exists():
        return "corecar"
    return str(beside.relative_to(Path.cwd()) if beside.is_relative_to(Path.cwd()) else beside)


def _grade(out: Path, lot: Path) -> None:
    from corecar.bridge.grade.grading import grade
    from corecar.cli.progress import reading
    from corecar.cli.summary import print_summary

    with reading(lot, works=("reading", "grading")) as progress:
        graded = grade([lot], out=out, progress=progress)
    print_summary(graded, out)
