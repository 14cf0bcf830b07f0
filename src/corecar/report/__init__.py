"""Reports of a graded lot: `write_pdf` for the customer's file, `write_html` for the screen, from the same document.

Both are imported when first used, so that the command line can format a number without drawing a wafer.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from corecar.report.html import write_html
    from corecar.report.pdf import write_pdf

_HOME = {"write_html": "corecar.report.html", "write_pdf": "corecar.report.pdf"}

__all__ = ["write_html", "write_pdf"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'corecar.report' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)
