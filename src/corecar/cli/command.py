"""One command as the command line parses it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import typer
from typer.core import TyperCommand


class Command(TyperCommand):
    """A command that refuses an empty path, which would be the current folder."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Look at paths as they were written, before `Path("")` makes a `.` of them."""
        if any(not word or word.endswith("=") for word in args):
            given, _, _ = self.make_parser(ctx).parse_args(args=list(args))
            parameters: list[Any] = [parameter for parameter in self.params if _is_path(parameter)]
            for parameter in parameters:
                written = given.get(parameter.name)
                if "" in (written if isinstance(written, (list, tuple)) else (written,)):
                    told = "the path is empty: a variable that is not set? The current folder is `.`."
                    raise typer.BadParameter(told, ctx, parameter)
        return super().parse_args(ctx, args)


def _is_path(parameter: Any) -> bool:
    """Whether a parameter is a path, or several, or the folder of a workspace."""
    annotation = parameter.type_descriptor.annotation
    return annotation is Path or Path in get_args(annotation) or parameter.name == "workspace"
