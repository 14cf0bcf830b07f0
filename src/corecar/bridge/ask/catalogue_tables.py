"""What the catalogue knows of runs and lots, as Arrow tables for questions: only the columns asked for are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, select

from corecar.bridge.calls import Call
from corecar.bridge.sharing import visible_lots, visible_runs
from corecar.store.catalogue.models import Lot, LotState, Person, Run, Source
from corecar.store.questions import ByColumn
from corecar.tables import RUNS

AT_ONCE = 20_000
"""Rows of the catalogue that are in memory as Python values."""

TEXT, NUMBER, MOMENT = pa.string(), pa.int64(), pa.timestamp("us")

_COUNTS = ("parts", "tests", "results", "first_tested", "first_good", "final_tested", "final_good")

_IN_FORCE: dict[str, Any] = {
    "run": Run.id, "customer": Run.customer, "source": Source.path, "lot_number": Run.lot_id, "lot": Run.lot_name,
    "sublot": Run.sublot, "product": Run.product, "stage": Run.stage, "temperature": Run.temperature,
    "test_pass": Run.test_pass, "start": Run.start, "finish": Run.finish,
    **{name: getattr(Run, name) for name in _COUNTS},
}  # fmt: skip
"""Columns of `runs` that are columns of the catalogue; the others stand in what the file itself said."""

_RUNS = (
    {"run": TEXT, "customer": TEXT, "source": TEXT, "lot_number": NUMBER}
    | {column.name: column.type for column in RUNS if column.name not in ("run", "source")}
    | dict.fromkeys(_COUNTS, NUMBER)
)
_LOTS = {"lot_number": (Lot.id, NUMBER), "name": (Lot.name, TEXT), "product": (Lot.product, TEXT),
         "customer": (Lot.customer, TEXT), "state": (Lot.state, TEXT),
         "state_since": (Lot.state_since, MOMENT)}  # fmt: skip
_LOT_STATES = {"lot_number": (LotState.lot_id, NUMBER), "lot": (Lot.name, TEXT), "at": (LotState.at, MOMENT),
               "action": (LotState.action, TEXT), "state": (LotState.state, TEXT), "by": (Person.name, TEXT),
               "reason": (LotState.reason, TEXT)}  # fmt: skip
_FACTS = ("run", "customer", "product", "lot", "lot_number", "stage", "temperature", "start", "test_pass")
"""What tells runs apart, and when they began."""


def catalogue_tables(call: Call) -> dict[str, ByColumn]:
    """`runs`, `lots` and `lot_states` as far as the actor sees them."""
    return {
        "runs": ByColumn(tuple(_RUNS), partial(_runs, call)),
        "lots": ByColumn(tuple(_LOTS), partial(_lots, call)),
        "lot_states": ByColumn(tuple(_LOT_STATES), partial(_lot_states, call)),
    }


def facts_of_runs(call: Call, which: ColumnElement[bool]) -> Any:
    """What tells runs apart, and when they began, as an Arrow table."""
    asked = select(*(_IN_FORCE[name] for name in _FACTS)).where(which).order_by(Run.start)
    return _table(call, asked, {name: _RUNS[name] for name in _FACTS})


def _runs(call: Call, names: Sequence[str]) -> Any:
    """The facts in force of all visible runs, with what each counted."""
    own = [name for name in names if name in _IN_FORCE]
    said = [name for name in names if name not in _IN_FORCE]
    asked = select(*(_IN_FORCE[name] for name in own), *([Run.read] if said else [])).select_from(Run)
    if "source" in own:
        asked = asked.join(Source, Source.hash == Run.source_hash)
    types = {name: _RUNS[name] for name in (*own, *said)}
    return _table(call, asked.where(visible_runs(call.actor)), types, said).select(list(names))


def _lots(call: Call, names: Sequence[str]) -> Any:
    asked = select(*(_LOTS[name][0] for name in names)).where(visible_lots(call.actor))
    return _table(call, asked, {name: _LOTS[name][1] for name in names})


def _lot_states(call: Call, names: Sequence[str]) -> Any:
    asked = select(*(_LOT_STATES[name][0] for name in names)).select_from(LotState)
    asked = asked.join(Lot, Lot.id == LotState.lot_id).join(Person, Person.id == LotState.by_id)
    asked = asked.where(visible_lots(call.actor)).order_by(LotState.id)
    return _table(call, asked, {name: _LOT_STATES[name][1] for name in names})


def _table(call: Call, asked: Any, types: Mapping[str, Any], said: Sequence[str] = ()) -> Any:
    """The rows of a SELECT as an Arrow table; never more than AT_ONCE of them are Python values.

    said  the last of these columns, which stand in a mapping that the SELECT gives as its last value
    """
    schema = pa.schema(types.items())
    found = call.session.execute(asked.execution_options(yield_per=AT_ONCE))
    batches = []
    for rows in found.partitions():
        columns = list(zip(*rows, strict=True))
        if said:
            columns[-1:] = [tuple(read.get(name) for read in columns[-1]) for name in said]
        batches.append(pa.record_batch([_array(*pair) for pair in zip(columns, schema.types, strict=True)], schema))
    return pa.Table.from_batches(batches, schema)


def _array(values: Sequence[Any], kind: Any) -> Any:
    if kind == MOMENT:
        values = [value.replace(tzinfo=None) if isinstance(value, datetime) else value for value in values]
    return pa.array(values, kind)
