"""What waits for a person, as a list that can be read: what has one cause stands together, the cause once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import typer

from corecar.cli.failures import spelled
from corecar.cli.wording import wrapped
from corecar.plurals import plural

EACH = 5
"""Things of one cause that are named."""
CAUSES = 10
"""Causes of one kind that are told."""

Row = Mapping[str, Any]


def print_worklist(answer: Mapping[str, Any]) -> None:
    """Print the answer of `todo`: under each kind its causes, under each cause what it concerns."""
    typer.echo(answer["said"])
    for line in _lines(answer["rows"]):
        typer.echo(line)


def _lines(rows: Sequence[Row]) -> Iterator[str]:
    for kind, members in groupby(rows, key=lambda row: str(row["kind"])):
        found = list(members)
        yield ""
        yield typer.style(f"{kind.capitalize()} ({len(found):,})", bold=True)
        causes = _by_cause(found)
        for same in causes[:CAUSES]:
            yield from _cause(same)
        left = sum(len(same) for same in causes[CAUSES:])
        if left:
            yield f"  and {left:,} more; --csv and --json print all"


def _by_cause(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows of one kind by what they say, in the order they came."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["why"], []).append(row)
    return list(found.values())


def _cause(rows: Sequence[Row]) -> Iterator[str]:
    """What waits, the file it is in and since when; then why and what to do."""
    width = max(len(row["what"]) for row in rows[:EACH])
    for row in rows[:EACH]:
        file = f"  {row['file']}" if row["file"] else ""
        yield f"  {row['what']:<{width}}  {row['since']:%Y-%m-%d %H:%M}{file}"
    if len(rows) > EACH:
        yield f"  and {plural(len(rows) - EACH, 'other')} for the same reason"
    yield wrapped("      ", spelled(rows[0]["why"]))
