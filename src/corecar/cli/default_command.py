"""Groups of which one command is meant where none is named."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

DEFAULTS = {"match": "pairs", "plan": "make"}
"""The command that is meant: `corecar plan sheets` is `corecar plan make sheets`."""


class DefaultGroup(TyperGroup):
    """A group whose default command is taken where the first word is none of its commands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The words of a call, with the name of the default command where none is given."""
        named = bool(args) and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named else [DEFAULTS[str(self.name)], *args])

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """What the default command takes, and the names of all."""
        meant = self.commands[DEFAULTS[str(self.name)]]
        for title, kind in (("Arguments", "argument"), ("Options", "option")):
            told = [one.get_help_record(ctx) for one in meant.params if one.param_type_name == kind]
            if any(told):
                with formatter.section(title):
                    formatter.write_dl([record for record in told if record])
        self.format_commands(ctx, formatter)
