"""One command as the command line parses it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import typer
from typer.core import TyperCommand

from corecar.faults import meant


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
        try:
            return super().parse_args(ctx, args)
        except typer.BadParameter as error:
            error.message = in_our_words(error.message)
            raise


def in_our_words(said: str) -> str:
    """What the parser says of a refused value, without the parser's own words, and with the word that may be meant.

    >>> in_our_words("Value error, 'stabel' is not one of 'largest', 'stable'.")
    '"stabel" is none of its words. Did you mean "stable"?'
    """
    plain = said.removeprefix("Value error, ")
    head, found, tail = plain.partition(" is not one of ")
    words = re.findall(r"'([^']*)'", tail)
    return f'"{head[1:-1]}" is none of its words. {meant(head[1:-1], words)}' if found and words else plain


def _is_path(parameter: Any) -> bool:
    """Whether a parameter is a path, or several, or the folder of a workspace."""
    annotation = parameter.type_descriptor.annotation
    return annotation is Path or Path in get_args(annotation) or parameter.name == "workspace"
