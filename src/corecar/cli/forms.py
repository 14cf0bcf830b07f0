"""How a command prints rows: as a table for a person, as JSON or as CSV; which one the options ask for."""

from __future__ import annotations

from enum import Enum

import typer

SHOWN = 40
"""Rows of a table on a terminal when no limit is given: about one screen."""


class Form(Enum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"

    def rows(self, limit: int | None) -> int | None:
        """How many rows to print; None means all."""
        if limit is None:
            return SHOWN if self is Form.TABLE else None
        return limit or None


def form(as_json: bool, as_csv: bool) -> Form:
    """The form that the options ask for; --json and --csv together are a wrong call."""
    if as_json and as_csv:
        raise typer.BadParameter("choose --json or --csv, not both")
    return Form.JSON if as_json else Form.CSV if as_csv else Form.TABLE
