"""What goes out: JSON always in UTF-8, text in whatever the terminal can show."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any


def print_json(value: Any, *, indent: int | None = None) -> None:
    """Print a value as JSON in UTF-8, whatever encoding the terminal has; on one line unless indented."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent, default=str)
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode() + b"\n")
    sys.stdout.buffer.flush()


def stand_in_for_closed() -> None:
    """Let output that nobody takes (`corecar ... >&-`) go nowhere, rather than fail over it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 (open as long as we run)


def forgive_narrow_terminals() -> None:
    """Show `?` for a letter that the terminal cannot show, rather than fail over it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
