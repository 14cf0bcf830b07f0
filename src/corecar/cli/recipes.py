"""`recipe show`, `recipe check`: look at the screening recipes."""

from __future__ import annotations

from typing import Annotated

import typer

Name = Annotated[
    str | None,
    typer.Argument(metavar="RECIPE", help="A recipe file (TOML), or the name of one that comes with Corecar."),
]
Needed = Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe file (TOML), or the name of one in Corecar.")]


def show(recipe: Name = None) -> None:
    """Print a recipe as TOML, to copy and change; without a name the default one."""
    from corecar.screen.recipe import recipe_text

    typer.echo(recipe_text(recipe), nl=False)


def check(recipe: Needed) -> None:
    """Say whether a recipe is well formed, and what it screens."""
    from corecar.screen.recipe import read_recipe

    typer.echo(f"{recipe}: {read_recipe(recipe)}")
