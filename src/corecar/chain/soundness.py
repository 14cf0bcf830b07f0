"""Whether a chain's tables can be planned on: numbers that are numbers, rows that are there once, names that are known.

Intake holds what it takes in to all rules. A chain that was put together in Python has not passed it; what a plan would
choke on is looked for here, all of it told at once.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.chain.chain import Chain
from corecar.chain.checks import Book, cycles, stages, units
from corecar.chain.columns import Column
from corecar.chain.faults import Findings, in_order
from corecar.chain.identities import identities
from corecar.chain.rows import Rows, there
from corecar.chain.tables import TABLES
from corecar.faults import meant

PLANNED = ("products", "bills", "groups", "routes", "route_weeks", "capacity", "demand", "stock", "wip", "prices")
"""Tables that a plan is made of."""
KNOWN = ("products", "groups", "routes")
"""Tables whose names a plan looks up."""
NUMBERS = ("number", "whole")


def check_sound(chain: Chain) -> None:
    """Nothing where a plan can be made of a chain's tables.

    Raises  ChainError with every place at which a number is none or out of its bounds, a required cell is empty, two
            rows have the same key, a product, group or route is not there, a unit does not fit, a stage is not one of
            the product's, or something is made of or nested in itself
    """
    findings = Findings()
    book = {name: there(table, chain[name]) for name, table in TABLES.items()}
    for check in CHECKS:
        check(book, findings)
    findings.faults = in_order(findings.faults, tuple(TABLES))
    findings.settle()


def _numbers(book: Book, findings: Findings) -> None:
    """Every number is one, and within the bounds of its column."""
    for rows in (book[name] for name in PLANNED):
        for column in rows.table.columns:
            if column.kind in NUMBERS and len(rows):
                for row in _where(_outside(rows, column)):
                    bounds = f", {column.bounds}" if column.bounds else ""
                    problem = f"is out of bounds: a finite number{bounds} was expected."
                    findings.add(rows.fault(row, column.name, "bound", problem, "Mend the cell."))


def _outside(rows: Rows, column: Column) -> object:
    values = pc.cast(rows.data[column.name], pa.float64())
    wrong = pc.invert(pc.is_finite(values))
    for bound, beyond in ((column.least, pc.less), (column.above, pc.less_equal), (column.most, pc.greater)):
        if bound is not None:
            wrong = pc.or_(wrong, beyond(values, bound))
    return wrong


def _filled(book: Book, findings: Findings) -> None:
    """Required numbers, weeks and names of products, groups and routes are not empty."""
    for rows in (book[name] for name in PLANNED):
        for column in rows.table.columns:
            wanted = column.kind in (*NUMBERS, "week") or column.refers in KNOWN or not column.refers
            if column.required and wanted and column.name != "currency":
                for row in _where(pc.is_null(rows.data[column.name])):
                    findings.add(rows.fault(row, column.name, "required", "is empty.", "Fill it in."))


def _once(book: Book, findings: Findings) -> None:
    """No two rows have the same key."""
    for rows in (book[name] for name in PLANNED):
        if len(rows) < 2:
            continue
        codes = identities([rows.data[name] for name in rows.table.key])
        _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
        for row in np.flatnonzero(first[inverse] != np.arange(len(rows))).tolist():
            problem = "stands in the table more than once."
            findings.add(rows.fault(row, rows.table.key[0], "identity", problem, "Take one of the rows out."))


def _names(book: Book, findings: Findings) -> None:
    """Products, groups and routes that rows refer to are there."""
    for rows in (book[name] for name in PLANNED):
        for column in rows.table.columns:
            if column.refers not in KNOWN or not len(rows):
                continue
            target = book[column.refers]
            known = target.data[target.table.key[0]].unique().drop_null().to_pylist()
            missing = set(rows.data[column.name].unique().drop_null().to_pylist()) - set(known)
            if not missing:
                continue
            for row in _where(
                pc.is_in(pc.cast(rows.data[column.name], pa.string()), pa.array(sorted(missing), pa.string()))
            ):
                problem = f'is not in the table "{column.refers}".'
                advice = meant(rows.text(row, column.name), known) or f'Add it to "{column.refers}".'
                findings.add(rows.fault(row, column.name, "reference", problem, advice))


def _where(mask: object) -> list[int]:
    """Rows at which a mask holds."""
    found = pc.fill_null(mask, False)
    flat = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    return [int(row) for row in np.flatnonzero(flat.to_numpy(zero_copy_only=False))]


CHECKS: tuple[Callable[[Book, Findings], None], ...] = (_numbers, _filled, _once, _names, stages, units, cycles)
