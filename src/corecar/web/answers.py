"""What a verb answers over HTTP: JSON, or its rows as CSV or as an Arrow stream; rows page by page for who wants so.

An answer is a text, an Arrow table or a mapping, as the command line prints it. A table is `{"rows": [...]}` in JSON.
"""

from __future__ import annotations

import base64
import csv
import io
import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow as pa
from starlette.responses import JSONResponse, PlainTextResponse, Response

from corecar.bridge.plain import plain
from corecar.errors import ArgumentError

JSON, CSV, ARROW, TEXT = "application/json", "text/csv", "application/vnd.apache.arrow.stream", "text/plain"
LARGEST_PAGE = 10_000
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet takes for a formula (OWASP, CSV injection)."""


@dataclass(frozen=True)
class Page:
    """Which rows are wanted: `size` of them from `start` on."""

    size: int
    start: int
    of: str

    @property
    def following(self) -> str:
        """The cursor of the page after this one."""
        return base64.urlsafe_b64encode(json.dumps([self.start + self.size, self.of]).encode()).decode()


def page_asked(per_page: str | None, cursor: str | None, question: Any) -> Page | None:
    """The page that is asked for; None where no pages are. A cursor is good for the very question it came from.

    Raises  ArgumentError
    """
    if per_page is None and cursor is None:
        return None
    try:
        size = int(per_page or 100)
    except ValueError:
        size = 0
    if not 1 <= size <= LARGEST_PAGE:
        raise ArgumentError(f"per_page={per_page}: expected 1 to {LARGEST_PAGE:_} rows.")
    of = sha256(json.dumps(plain(question), sort_keys=True, default=str).encode()).hexdigest()[:16]
    if cursor is None:
        return Page(size, 0, of)
    try:
        start, meant = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        whole = isinstance(start, int) and not isinstance(start, bool) and start >= 0
    except ValueError:
        whole, meant, start = False, None, 0
    if not whole or meant != of:
        raise ArgumentError("this cursor belongs to another question. Begin again without one.")
    return Page(size, start, of)


def rows_of(answer: Any) -> list[dict[str, Any]] | None:
    """The rows of an answer; None for one that has none."""
    if isinstance(answer, pa.Table):
        return table_rows(answer)
    if isinstance(answer, dict) and isinstance(answer.get("rows"), list):
        return list(answer["rows"])
    return None


def table_rows(table: pa.Table) -> list[dict[str, Any]]:
    """The rows of a table; a float32 as the shortest number that means it, 0.1 and not 0.10000000149011612."""
    columns = {
        name: [None if one is None else float(str(np.float32(one))) for one in column.to_pylist()]
        if pa.types.is_float32(column.type)
        else column.to_pylist()
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def response_of(answer: Any, accept: str, page: Page | None, address: str) -> Response:
    """An answer as whoever asked wants it. Raises ArgumentError where rows are wanted of an answer without any."""
    headers: dict[str, str] = {}
    if page is not None:
        answer = _paged(answer, page, address, headers)
    wanted = _wanted(accept)
    if wanted in (CSV, ARROW):
        rows = rows_of(answer)
        if rows is None:
            raise ArgumentError("this answer has no rows; ask for application/json.")
        body = _csv(rows) if wanted == CSV else _arrow(answer, rows)
        return Response(body, media_type=wanted, headers=headers)
    if isinstance(answer, str):
        return PlainTextResponse(answer, headers=headers) if wanted == TEXT else JSONResponse(answer, headers=headers)
    if isinstance(answer, pa.Table):
        answer = {"rows": table_rows(answer)}
    return JSONResponse(json_ready(answer), headers=headers)


def json_ready(answer: Any) -> Any:
    """An answer as JSON can hold it: what JSON lacks as text, bytes in base64."""
    return json.loads(json.dumps(plain(answer), default=_told, ensure_ascii=False))


def _told(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if hasattr(value, "item"):
        return plain(value.item())
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _wanted(accept: str) -> str:
    kinds = [part.split(";")[0].strip() for part in accept.split(",")]
    return next((kind for kind in kinds if kind in (JSON, CSV, ARROW, TEXT)), JSON)


def _paged(answer: Any, page: Page, address: str, headers: dict[str, str]) -> Any:
    rows = rows_of(answer)
    if rows is None:
        raise ArgumentError("this answer has no rows that could come page by page.")
    headers["Corecar-Rows"] = str(len(rows))
    if page.start + page.size < len(rows):
        headers["Link"] = f'<{address}>; rel="next"'.replace("CURSOR", page.following)
    if isinstance(answer, pa.Table):
        return answer.slice(page.start, page.size)
    return answer | {"rows": rows[page.start : page.start + page.size]}


def _csv(rows: list[dict[str, Any]]) -> bytes:
    """Rows as CSV. A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    nested = isinstance(value, (dict, list))
    shown = json.dumps(json_ready(value), ensure_ascii=False) if nested else plain(value)
    dangerous = isinstance(shown, str) and shown[:1] in FORMULAS and not _is_number(shown)
    return f"'{shown}" if dangerous else shown


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _arrow(answer: Any, rows: list[dict[str, Any]]) -> bytes:
    table = answer if isinstance(answer, pa.Table) else pa.Table.from_pylist(json_ready(rows))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    body: bytes = sink.getvalue().to_pybytes()
    return body
