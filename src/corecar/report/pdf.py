"""The report as a PDF: the document travels to the typesetter as data, never as markup."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from corecar.errors import OutputError
from corecar.fonts import families, undrawable
from corecar.graded import Grade
from corecar.report.blocks import Block, Document, Gallery, Picture, Section, Table, Text
from corecar.report.document import lot_report
from corecar.report.figures.palette import light
from corecar.report.figures.svg import standalone
from corecar.report.html import decimal_paddings
from corecar.report.quantities import plural


def write_pdf(grade: Grade, path: str | Path, *, author: str = "", made: datetime | None = None) -> Path:
    """Write the report of a graded lot as a PDF (A4) and return its path.

    author  who answers for it, as printed on the first page
    made    when it was made, with time zone; now by default
    Raises  OutputError when the file can't be written
    """
    target = Path(path)
    content = typeset(lot_report(grade, author=author, made=made))
    try:
        target.write_bytes(content)
    except OSError as error:
        raise OutputError(f"{target}: the report could not be written ({error}). Choose another folder.") from error
    return target


def typeset(document: Document) -> bytes:
    """A document as the bytes of a PDF. Raises OutputError when the typesetter refuses it."""
    import typst

    data = json.dumps(document_data(document), ensure_ascii=False)
    template = files("corecar.report").joinpath("report.typ").read_bytes()
    try:
        content: bytes = typst.compile(template, format="pdf", sys_inputs={"report": data})
    except typst.TypstError as error:
        raise OutputError(
            f"The PDF of {document.subject} could not be set ({error}). The HTML report holds the same content; "
            "please report this as a fault of Corecar."
        ) from error
    return content


def document_data(document: Document) -> dict[str, Any]:
    """A document as plain values for the template; characters that no font can draw are written as codes."""
    fonts = families()
    missing = undrawable(_characters(document))
    if missing:
        document = replace(document, front=(*document.front, _missing_note(missing)))
    plain = asdict(replace(document, front=(), sections=()))
    plain["front"] = [_block_data(block, fonts) for block in document.front]
    plain["sections"] = [_section_data(section, fonts) for section in document.sections]
    plain["fonts"], plain["colours"] = list(fonts), light()
    written: dict[str, Any] = _translated(plain, {ord(c): f"{{{ord(c):04X}}}" for c in missing})
    return written


def _missing_note(missing: frozenset[str]) -> Text:
    said = plural(len(missing), "character")
    return Text(
        f"This machine has no font for {said} of the names in this report, written as Unicode numbers in braces. "
        "Install a font that has them, for example Noto Sans CJK, to print them.",
        "attention",
    )


def _characters(value: object) -> set[str]:
    """All characters of all texts in a document."""
    return set().union(*(set(text) for text in _texts(asdict(value))))  # type: ignore[call-overload]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)


def _translated(value: Any, codes: dict[int, str]) -> Any:
    if not codes:
        return value
    if isinstance(value, str):
        return value.translate(codes)
    if isinstance(value, dict):
        return {key: _translated(inner, codes) for key, inner in value.items()}
    return [_translated(inner, codes) for inner in value] if isinstance(value, (list, tuple)) else value


def _section_data(section: Section, fonts: tuple[str, ...]) -> dict[str, Any]:
    blocks = [_block_data(block, fonts) for block in section.blocks]
    return {"title": section.title, "new_page": section.new_page, "wide": section.wide, "blocks": blocks}


def _block_data(block: Block, fonts: tuple[str, ...]) -> dict[str, Any]:
    """A block as plain values, with its kind by name."""
    if isinstance(block, Table):
        return _table_data(block)
    if isinstance(block, Picture):
        return {"kind": "Picture", **asdict(block), "svg": standalone(block.svg, fonts)}
    if isinstance(block, Gallery):
        items = [_block_data(item, fonts) for item in block.items]
        legend = [{"svg": standalone(svg, fonts), "label": words} for svg, words in block.legend]
        return {"kind": "Gallery", **asdict(block), "items": items, "legend": legend}
    return {"kind": type(block).__name__, **asdict(block)}


def _table_data(table: Table) -> dict[str, Any]:
    paper = replace(table, rows=table.rows[: table.printed])
    return {
        "kind": "Table",
        "columns": [asdict(column) for column in table.columns],
        "rows": paper.rows,
        "paddings": decimal_paddings(paper),
        "rest": table.remainder(len(paper.rows)),
    }
