"""`recipe show`, `recipe check`: look at the screening recipes."""

from __future__ import annotations

from typing import Annotated

import typer

Name = Annotated[
    str | None,
    typer.Argument(metavar="RECIPE", help="A recipe file (TOML), or the name of one that comes with Corecar."),
]
Needed = Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe file (TOML).")]


def show(recipe: Name = None) -> None:
    """Print a recipe as TOML, to copy and change; without a name the default one."""
    from corecar.screen.recipe import recipe_text

    typer.echo(recipe_text(recipe), nl=False)


def check(recipe: Needed) -> None:
    """Say whether a recipe is well formed, and every parameter it stands for, defaults included."""
    from corecar.screen.recipe import read_recipe

    found = read_recipe(recipe)
    typer.echo(f"{recipe}: well formed, {found.title}")
    for name, value in found.parameters().items():
        if name not in ("name", "version"):
            typer.echo(f"  {name} = {', '.join(map(str, value)) if isinstance(value, list) else value}")
