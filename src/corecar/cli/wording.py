"""Lines for a person on the terminal, beside the numbers of `corecar.report.quantities`."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from corecar.report.quantities import plural, share

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


def sizes(about: Mapping[str, Any], *kinds: str) -> list[str]:
    """`25 wafers`, `74 tests`, `1,884,484 results` of a summary; wafers only where there are some."""
    found = kinds or ("wafer", "test", "result")
    return [plural(about[f"{kind}s"], kind) for kind in found if kind != "wafer" or about["wafers"]]


def page_width() -> int:
    """Columns to write prose in: the terminal's, up to 120; 100 when the output goes elsewhere."""
    return min(shutil.get_terminal_size((100, 24)).columns, 120) if sys.stdout.isatty() else 100


def wrapped(lead: str, text: str) -> str:
    """A text behind its lead over as many lines as it needs, runs of blanks as one, indented under the lead."""
    tidy = " ".join(text.split())
    return textwrap.fill(tidy, page_width(), initial_indent=lead, subsequent_indent=" " * len(lead))
