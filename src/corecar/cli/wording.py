"""Lines for a person on the terminal, beside the numbers of `corecar.report.quantities`."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence

from corecar.report.quantities import share

SIZES = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3))


def size(number: int) -> str:
    """`231 kB`; decimal prefixes, as disks are sold."""
    for unit, scale in SIZES:
        if number >= scale:
            return f"{number / scale:.3g} {unit}"
    return f"{number} bytes"


def fraction(part: int, whole: int) -> str:
    """`94.6 % (1,378 of 1,456)`; a dash where nothing was tested."""
    return f"{share(part, whole)} ({part:,} of {whole:,})" if whole else "–"


def words(values: Sequence[str], most: int = 4) -> str:
    """Distinct texts in one line; beyond `most` only their number."""
    told = [value for value in values if value.strip()]
    return ", ".join(told[:most]) + (f" and {len(told) - most} more" if len(told) > most else "")


def page_width() -> int:
    """Columns to write prose in: the terminal's, up to 120; 100 when the output goes elsewhere."""
    return min(shutil.get_terminal_size((100, 24)).columns, 120) if sys.stdout.isatty() else 100


def wrapped(lead: str, text: str) -> str:
    """A text behind its lead over as many lines as it needs, runs of blanks as one, indented under the lead."""
    tidy = " ".join(text.split())
    return textwrap.fill(tidy, page_width(), initial_indent=lead, subsequent_indent=" " * len(lead))
