"""Typesetting of what parties sign: nothing is read but what is given, and every character has to be drawable."""

from __future__ import annotations

import json
from collections.abc import Mapping
from tempfile import TemporaryDirectory
from typing import Any

from corecar.errors import OutputError
from corecar.fonts import families, undrawable

PACKAGE = b'"@'
"""How a template asks for a package of the web, which a text that is signed must not depend on."""


def set_pdf(template: bytes, inputs: Mapping[str, str], *, what: str, archival: bool = False) -> bytes:
    """A template, filled in, as the bytes of a PDF: the same bytes for the same inputs, fonts and typesetter.

    inputs    what it finds in `sys.inputs`; `fonts` is added, a JSON list of families
    what      the document is called in errors
    archival  as PDF/A-3b (ISO 19005-3): all that is needed to show it is in it, and files may be attached
    Raises    OutputError when the template is refused, or a character has no font on this machine
    """
    import typst

    _refuse_undrawable("".join(inputs.values()), what)
    if PACKAGE in template:
        raise OutputError(f"The template of {what} asks for a package of the web. Write what it needs into it.")
    source: Any = template
    with TemporaryDirectory(prefix="corecar-typeset-") as nothing:
        try:
            content: bytes = typst.compile(
                source, format="pdf", root=nothing, sys_inputs=_with_fonts(inputs), timestamp=0,
                pdf_standards="a-3b" if archival else [],
            )  # fmt: skip
        except typst.TypstError as error:
            raise OutputError(f"The PDF of {what} could not be set ({error}). Mend its template.") from error
    return content


def asked(template: bytes, inputs: Mapping[str, str], label: str) -> list[Any]:
    """The values of the `metadata` that a template marks with a label: where it left places, for example."""
    import typst

    source: Any = template
    with TemporaryDirectory(prefix="corecar-typeset-") as nothing:
        try:
            found = typst.query(source, f"<{label}>", field="value", root=nothing, sys_inputs=_with_fonts(inputs))
        except typst.TypstError as error:
            raise OutputError(f"The template could not be asked for <{label}> ({error}). Mend it.") from error
    values: list[Any] = json.loads(found)
    return values


def _with_fonts(inputs: Mapping[str, str]) -> dict[str, str]:
    return {**inputs, "fonts": json.dumps(families())}


def _refuse_undrawable(text: str, what: str) -> None:
    """What is signed must not show empty boxes."""
    missing = undrawable(set(text))
    if missing:
        shown = " ".join(sorted(missing)[:8])
        raise OutputError(
            f"This machine has no font for {len(missing)} characters of {what} ({shown}). Install one that has them, "
            "for example Noto Sans CJK, and set it again."
        )
