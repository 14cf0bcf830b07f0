"""A group of commands of which the first is meant where none is named: `corecar match` is `corecar match pairs`."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class DefaultGroup(TyperGroup):
    """A group whose first command is taken where the first word is none of its commands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The words of a call, with the name of the first command where none is given."""
        first = next(iter(self.commands))
        named = bool(args) and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named else [first, *args])

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """What the first command takes, and the names of all."""
        first = next(iter(self.commands.values()))
        for title, kind in (("Arguments", "argument"), ("Options", "option")):
            told = [one.get_help_record(ctx) for one in first.params if one.param_type_name == kind]
            if any(told):
                with formatter.section(title):
                    formatter.write_dl([record for record in told if record])
        self.format_commands(ctx, formatter)
