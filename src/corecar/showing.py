"""How a thing shows itself in a notebook: it names the function above that draws it, which is loaded when first asked.

What is drawn lies below what draws it, so that a lot knows no report; only the name of the function stands with it.
"""

from __future__ import annotations

from importlib import import_module
from typing import ClassVar


class Showing:
    """Shows itself in a notebook.

    drawn_by  `module:function` below `corecar`; the function takes the thing and gives HTML in which all text is
              escaped
    """

    drawn_by: ClassVar[str] = ""

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        module, function = self.drawn_by.split(":")
        drawn: str = getattr(import_module(f"corecar.{module}"), function)(self)
        return drawn
