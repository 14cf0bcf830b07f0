"""Tables of more rows than a browser should hold: kept as columns beside the page, sorted, filtered and cut here.

The browser asks for the rows that it shows, at an address that holds for the session that opened the page, as long as
the page is open.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from fastapi import FastAPI
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from corecar.bridge.logins import session_person
from corecar.web.api import Served
from corecar.web.callers import COOKIE
from corecar.web.pages.cells import Cells, cell_of, cells_for
from corecar.words import Words

LONG_FROM = 1_000
"""Rows from which a table is kept here."""
BLOCK = 200
"""Rows that the browser asks for at a time."""
AT_MOST = 2_000
"""Rows of one answer."""
ADDRESS = "/rows"

Row = Mapping[str, Any]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class LongTable:
    """Rows as columns.

    say       how their words are shown, by which texts are filtered
    currency  of money whose rows do not say theirs
    """

    rows: pa.Table
    say: Words
    currency: str = ""

    @cached_property
    def written(self) -> Cells:
        """How its columns are written, by what stands in its first rows."""
        some = self.rows.slice(0, BLOCK).to_pylist()
        return cells_for(self.say, self.rows.column_names, some, self.currency)

    def places(self, sort: Sequence[Row], filters: Row) -> Places:
        """Numbers of the rows that pass, in order; what is not there comes last.

        sort     columns as the grid names them: colId and `asc` or `desc`
        filters  by column, as the grid's text and number filters say them; one that is not known lets everything pass
        """
        keep = np.ones(self.rows.num_rows, dtype=bool)
        for column, wanted in filters.items():
            if column in self.rows.column_names:
                keep &= self._passes(column, wanted)
        found = np.flatnonzero(keep)
        keys = [(each["colId"], "descending" if each.get("sort") == "desc" else "ascending")
                for each in sort if each.get("colId") in self.rows.column_names]  # fmt: skip
        keys = [key for key in keys if not pa.types.is_nested(self.rows.schema.field(key[0]).type)]
        if not keys:
            return found
        order = pc.sort_indices(self.rows.select([name for name, _ in keys]).take(pa.array(found)), sort_keys=keys)
        return np.asarray(found[order.to_numpy()])

    def cells(self, places: Places) -> list[dict[str, Any]]:
        """Some rows as the grid takes them."""
        return self.written.rows(self.rows.take(pa.array(places)).to_pylist())

    def _passes(self, column: str, wanted: Any) -> NDArray[np.bool_]:
        values = self.rows[column].combine_chunks()
        if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
            numbers = np.asarray(values.cast("float64").fill_null(np.nan), dtype=np.float64)
            return _combined(wanted, lambda one: _number_passes(numbers, one))
        encoded = values.cast("string").dictionary_encode() if not pa.types.is_nested(values.type) else None
        if encoded is None:
            shown = [str(value) for value in values.to_pylist()]
            return _combined(wanted, lambda one: np.array([_text_passes(text, one) for text in shown], dtype=bool))
        words = [str(cell_of(self.say, column, word)).split("\0")[0] for word in encoded.dictionary.to_pylist()]
        codes = np.asarray(encoded.indices.fill_null(len(words)), dtype=np.int64)
        return _combined(wanted, lambda one: np.array([_text_passes(word, one) for word in (*words, "")])[codes])


def _combined(wanted: Any, passes: Callable[[Row], NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """One condition, or several joined by AND or OR."""
    several = wanted.get("conditions")
    if not several:
        return passes(wanted)
    join = np.logical_or if wanted.get("operator") == "OR" else np.logical_and
    return np.asarray(join.reduce([passes(one) for one in several]), dtype=bool)


def _number_passes(numbers: NDArray[np.float64], one: Row) -> NDArray[np.bool_]:
    kind, low, high = one.get("type"), one.get("filter"), one.get("filterTo")
    if kind in ("blank", "notBlank"):
        return np.asarray(np.isnan(numbers) == (kind == "blank"))
    if not isinstance(low, int | float):
        return np.ones(len(numbers), dtype=bool)
    tests: dict[Any, Callable[[], Any]] = {
        "equals": lambda: numbers == low, "notEqual": lambda: numbers != low,
        "greaterThan": lambda: numbers > low, "greaterThanOrEqual": lambda: numbers >= low,
        "lessThan": lambda: numbers < low, "lessThanOrEqual": lambda: numbers <= low,
        "inRange": lambda: (numbers >= low) & (numbers <= (high if isinstance(high, int | float) else low)),
    }  # fmt: skip
    return np.asarray(tests.get(kind, lambda: np.ones(len(numbers)))(), dtype=bool)


def _text_passes(text: str, one: Row) -> bool:
    kind, wanted, text = one.get("type"), str(one.get("filter") or "").casefold(), text.casefold()
    tests: dict[Any, bool] = {
        "contains": wanted in text, "notContains": wanted not in text, "equals": text == wanted,
        "notEqual": text != wanted, "startsWith": text.startswith(wanted), "endsWith": text.endswith(wanted),
        "blank": text in ("", "–"), "notBlank": text not in ("", "–"),
    }  # fmt: skip
    return tests.get(kind, True)


def rows_of(table: pa.Table) -> Iterator[Row]:
    """All rows, one after the other."""
    for batch in table.to_batches(max_chunksize=10_000):
        yield from batch.to_pylist()


class Shelf:
    """The long tables of the pages that are open, each by a name that cannot be guessed, with its session's secret."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, LongTable]] = {}

    def put(self, secret: str, table: LongTable) -> str:
        """Keep a table for a session; its name."""
        name = secrets.token_urlsafe(16)
        self._kept[name] = (secret, table)
        return name

    def drop(self, name: str) -> None:
        """Let go of a table."""
        self._kept.pop(name, None)

    def get(self, name: str, secret: str) -> LongTable | None:
        """A table for the session that it was kept for; None for another, or where it is gone."""
        owner, table = self._kept.get(name, ("", None))
        return table if table is not None and secrets.compare_digest(owner, secret) else None


SHELF = Shelf()
"""Of this process: pages are served by one."""


def add_rows(app: FastAPI, served: Served) -> None:
    """The address at which a page asks for the rows that it shows."""

    async def rows(name: str, request: Request) -> JSONResponse:
        secret = request.cookies.get(COOKIE, "")
        if not secret or session_person(served.store.catalogue, secret) is None:
            return JSONResponse({"error": "no session"}, 401)
        table = SHELF.get(name, secret)
        if table is None:
            return JSONResponse({"error": "the page is closed"}, 404)
        try:
            asked = json.loads(request.query_params.get("asked", "{}"))
            begin, end = int(asked.get("startRow", 0)), int(asked.get("endRow", BLOCK))
            sort, filters = list(asked.get("sortModel") or []), dict(asked.get("filterModel") or {})
            answer = await run_in_threadpool(_cut, table, max(begin, 0), min(end, begin + AT_MOST), sort, filters)
        except (ValueError, TypeError, AttributeError, KeyError):
            return JSONResponse({"error": "not understood"}, 400)
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    app.add_api_route(f"{ADDRESS}/{{name}}", rows, methods=["GET"], include_in_schema=False)


def _cut(table: LongTable, begin: int, end: int, sort: Sequence[Row], filters: Row) -> dict[str, Any]:
    places = table.places(sort, filters)
    return {"rows": table.cells(places[begin:end]), "count": len(places)}


def source_js(name: str) -> str:
    """Where the grid gets its rows, as JavaScript."""
    return (
        "({getRows: async (p) => { try { const asked = encodeURIComponent(JSON.stringify({startRow: p.startRow, "
        "endRow: p.endRow, sortModel: p.sortModel, filterModel: p.filterModel})); "
        f"const answer = await fetch('{ADDRESS}/{name}?asked=' + asked); const found = await answer.json(); "
        "p.successCallback(found.rows, found.count); } catch (e) { p.failCallback(); } }})"
    )
