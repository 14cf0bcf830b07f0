"""The elements of a submission (PPAP) and what each level asks of them."""

from __future__ import annotations

from corecar.standards.tabled import table

ELEMENTS = {row["element"]: row["name"] for row in table("ppap_elements")}
"""The 18 elements by their key, in their order."""
