"""What a person sees when a command cannot go on, and the exit code a script sees.

0 done, 1 the input or output is at fault, 2 the command was called wrongly (also with a value that is refused), 3 the
lot is held (with `--fail-on-hold`), 130 stopped, by Ctrl-C or on request.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import typer

from corecar.errors import ArgumentError, Cancelled, CorecarError

FAULT, CALLED_WRONGLY, HELD, STOPPED = 1, 2, 3, 130
CODES: dict[type[CorecarError], int] = {ArgumentError: CALLED_WRONGLY, Cancelled: STOPPED}
SPELLING = (
    ('on_error="salvage" (on the command line --salvage)', "--salvage"),
    ('on_error="salvage"', "--salvage"),
    ("preliminary=True", "--preliminary"),
    ("`anyway`", "--anyway"),
    ("`even` would", "--apportion even would"),
    ("`then_stage` and `then_temperature`", "--then-stage and --then-temperature"),
    ("`stage` and `temperature` choose", "--stage and --temperature choose"),
)
"""How messages name an option in Python, and how the command line names it."""


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """The command with every expected failure turned into one plain sentence on stderr and an exit code."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
            sys.stdout.flush()
        except CorecarError as failure:
            complain(failure)
            raise typer.Exit(next((code for kind, code in CODES.items() if isinstance(failure, kind)), FAULT)) from None
        except KeyboardInterrupt:
            typer.echo("stopped; nothing half-finished was written", err=True)
            raise typer.Exit(STOPPED) from None
        except BrokenPipeError:
            _close_quietly()
            raise typer.Exit(0) from None
        except MemoryError:
            typer.echo("corecar: the data do not fit into this machine's memory; read fewer files at once.", err=True)
            raise typer.Exit(FAULT) from None
        except OSError as failure:
            complain(failure)
            raise typer.Exit(FAULT) from None

    return run


def complain(failure: Exception) -> None:
    """Say on stderr what went wrong, in the words of the command line."""
    typer.echo(f"corecar: {spelled(_sentence(failure))}", err=True)


def spelled(message: str) -> str:
    """A message that names an option as Python has it, in the words of the command line."""
    for python, command_line in SPELLING:
        message = message.replace(python, command_line)
    return message


def _sentence(failure: Exception) -> str:
    if isinstance(failure, OSError) and failure.strerror:
        where = f"{failure.filename}: " if failure.filename else ""
        return f"{where}{failure.strerror}. Check the path, the permissions and the free space."
    return str(failure)


def _close_quietly() -> None:
    """Keep Python from complaining at exit that nobody reads its output any more (`corecar results x | head`)."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
