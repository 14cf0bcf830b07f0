"""`recipe new`, `show`, `check`, `compare`: screening recipes, made, looked at, held against each other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corecar.cli.generated import ActorOption, WorkspaceOption
from corecar.cli.options import Csv, Identity, IdentityOption, Json, Retest, RetestOption, Salvage, on_error
from corecar.errors import ArgumentError

Name = Annotated[
    str | None,
    typer.Argument(metavar="RECIPE", help="A recipe file (TOML), or the name of one that comes with Corecar."),
]
Needed = Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe file (TOML).")]
Target = Annotated[Path, typer.Argument(metavar="OUT", help="The recipe file to write; one that is there stays.")]
From = Annotated[str | None, typer.Option("--from", metavar="RECIPE", help="The recipe to begin with.")]
NewName = Annotated[str | None, typer.Option("--name", help="Its name; that of the file when not given.")]
Version = Annotated[str, typer.Option("--version", help="Its version.")]
First = Annotated[str, typer.Argument(metavar="A", help="A recipe file, or the name of one that comes with Corecar.")]
Second = Annotated[str, typer.Argument(metavar="B", help="The recipe to hold against it.")]
Lots = Annotated[
    list[Path],
    typer.Argument(
        metavar="LOT",
        help="One per lot: its tester file, a folder with all files of it, or the name of a lot of the workspace.",
    ),
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="The folder for comparison.json and the tables as CSV.")
]


def new(out: Target, begin: From = None, name: NewName = None, version: Version = "1") -> None:
    """Write a recipe of your own to change: one that is there, with its explanations, under a name of its own."""
    from corecar.bridge.files.recipe_files import new_recipe

    made = new_recipe(out, begin, name=name, version=version)
    typer.echo(f"wrote {out}: {made.title}. Change it, then: corecar recipe check {out}")


def show(recipe: Name = None) -> None:
    """Print a recipe as TOML, to copy and change; without a name the default one."""
    from corecar.screen.recipe import recipe_text

    typer.echo(recipe_text(recipe), nl=False)


def check(recipe: Needed) -> None:
    """Say whether a recipe is well formed, and every parameter it stands for, defaults included.

    Of a malformed one everything that is wrong is told at once.
    """
    from itertools import groupby
    from operator import itemgetter

    from corecar.screen.recipe import read_recipe
    from corecar.screen.recipe_values import toml_value

    found = read_recipe(recipe)
    typer.echo(f"{recipe}: well formed, {found.title}")
    for row, parameters in groupby(found.rows(), key=itemgetter(0)):
        typer.echo(f"  {row}")
        for _, key, value in parameters:
            typer.echo(f"    {key} = {toml_value(value)}")


def compare(
    a: First,
    b: Second,
    lots: Lots,
    out: Out = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Screen the same lots by two recipes and say what differs: screens, parts, yield. Nothing is graded."""
    from corecar.bridge.grade.recipe_comparison import compare_recipes
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import form
    from corecar.cli.grading import NOT_OF_A_LOT, NOT_OF_FILES, refuse
    from corecar.cli.whatif import call_lot_verb

    wanted = form(json, csv)
    of_lots = {"--workspace": workspace, "--as": actor}
    if _are_kept([str(lot) for lot in lots], workspace, actor, surely=any(of_lots.values())):
        refuse({"--salvage": salvage}, NOT_OF_A_LOT)
        refuse({"--identity": identity != Identity.auto, "--retest": retest != Retest.last}, NOT_OF_A_LOT)
        given = {"a": a, "b": b, "lots": [str(lot) for lot in lots], "out": out}
        call_lot_verb("recipe_compare", given, workspace, actor, wanted)
        return
    refuse(of_lots, NOT_OF_FILES)
    answer = compare_recipes(
        a, b, lots, out=out, identity=identity.value, retest=retest.value, on_error=on_error(salvage)
    )
    if out is not None:
        answer["notes"].append(f"wrote: {out}/ comparison.json, screens.csv, lots.csv, parts.csv")
    print_answer(answer, wanted)


def _are_kept(words: list[str], workspace: str | None, actor: str | None, *, surely: bool) -> bool:
    """Whether these are lots of a workspace, not files. Raises ArgumentError for some of each."""
    from corecar.cli.grading import means_lot

    missing = [word for word in words if not Path(word).exists()]
    kept = [word for word in missing if means_lot(word, workspace, actor, surely=surely)]
    if kept and len(kept) < len(words):
        other = next(word for word in words if word not in kept)
        raise ArgumentError(f"{kept[0]} is a lot of the workspace and {other} is not. Give files alone, or lots alone.")
    return bool(kept)
