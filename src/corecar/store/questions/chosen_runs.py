"""Which runs a question is about: by product, stage, temperature, lot and time, first passes unless asked otherwise."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corecar.errors import ArgumentError, QuestionError
from corecar.store.lake.listing import Listing
from corecar.temperatures import same_temperature

FACTS = ("customer", "product", "lot", "stage", "temperature")
"""What makes readings of a lot comparable: runs that differ in one of these are never merged."""

Moment = datetime | date | str

_NOT_TOLD = ("test_pass", "lot_number")


@dataclass(frozen=True)
class Scope:
    """Limits on the runs of a question; None sets none.

    lot      its name, or its number in the catalogue, since lots of several customers or products may share a name
    since    first start that counts
    until    first start that no longer counts
    retests  also runs that are a retest pass (`test_pass` above 1)
    Times are as the testers' clocks showed them, without a zone: datetime, date, or ISO text such as `2026-03-01`.
    """

    product: str | None = None
    stage: str | None = None
    temperature: str | None = None
    customer: str | None = None
    lot: str | int | None = None
    since: Moment | None = None
    until: Moment | None = None
    retests: bool = False


def chosen_runs(listing: Listing, scope: Scope) -> Any:
    """The visible runs in scope as an Arrow table: run, customer, product, lot, stage, temperature, start.

    Raises  QuestionError when there is none
    """
    return runs_in_scope(listing, scope).drop_columns([*_NOT_TOLD])


def runs_in_scope(listing: Listing, scope: Scope) -> Any:
    """The same with test_pass and lot_number; null where nothing is known of them."""
    runs = _uniform(listing.catalogue_table("runs"))
    keep = pc.is_valid(runs["run"])
    for name in FACTS:
        wanted = getattr(scope, name)
        if wanted is not None:
            column = "lot_number" if isinstance(wanted, int) else name
            meant = [wanted] if name != "temperature" else _spellings(runs[name], wanted)
            keep = pc.and_(keep, pc.is_in(runs[column], pa.array(meant, runs[column].type)))
    for wanted, compare in ((scope.since, pc.greater_equal), (scope.until, pc.less)):
        if wanted is not None:
            keep = pc.and_(keep, pc.fill_null(compare(runs["start"], _moment(wanted)), False))
    if not scope.retests:
        keep = pc.and_(keep, pc.less_equal(pc.fill_null(runs["test_pass"], 1), 1))
    found = runs.filter(keep)
    if not found.num_rows:
        raise QuestionError(_no_runs(runs, scope))
    return found


def _spellings(temperatures: Any, wanted: str) -> list[str]:
    """The temperatures that are the one asked for, however it is written."""
    return [told for told in pc.unique(temperatures).to_pylist() if told and same_temperature(told, wanted)]


def runs_named(listing: Listing, runs: Collection[str]) -> Any:
    """The named visible runs, in the form of `chosen_runs`. Raises QuestionError for one that is not there."""
    known = _uniform(listing.catalogue_table("runs")).drop_columns([*_NOT_TOLD])
    found = known.filter(pc.is_in(known["run"], pa.array(list(runs), pa.string())))
    missing = sorted(set(runs) - set(found["run"].to_pylist()))
    if missing or not found.num_rows:
        named = f'run "{missing[0]}"' if missing else "no run"
        raise QuestionError(
            f"{named}: there is no such run among the {known.num_rows:,} visible ones. List the runs first."
        )
    return found


def _uniform(runs: Any) -> Any:
    """The columns that questions use, null where the catalogue does not have them."""
    types = {
        "run": pa.string(),
        **dict.fromkeys(FACTS, pa.string()),
        "start": pa.timestamp("us"),
        "test_pass": pa.int64(),
        "lot_number": pa.int64(),
    }
    columns = [
        runs[name].cast(kind) if name in runs.column_names else pa.nulls(runs.num_rows, kind)
        for name, kind in types.items()
    ]
    return pa.table(dict(zip(types, columns, strict=True)))


def _moment(value: Moment) -> Any:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise ArgumentError(f'"{value}": a time as 2026-03-01 or 2026-03-01T06:00 was expected.') from error
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if value.tzinfo is not None:
        raise ArgumentError(f"{value}: testers write times without a zone. Give the time as their clocks showed it.")
    return pa.scalar(value, pa.timestamp("us"))


def _no_runs(runs: Any, scope: Scope) -> str:
    """What was asked for and what there is, by the first fact that fits no run at all."""
    asked = ", ".join(f"{name} {value}" for name, value in vars(scope).items() if value not in (None, False))
    for name in FACTS:
        wanted = getattr(scope, name)
        there = sorted(value for value in pc.unique(runs[name]).to_pylist() if value is not None)
        if isinstance(wanted, str) and wanted not in there:
            some = ", ".join(there[:10]) + (f" and {len(there) - 10:,} more" if len(there) > 10 else "")
            return f'no visible run is of {name} "{wanted}". There are: {some or "none"}.'
    more = "" if scope.retests else " Retest passes were left out."
    return f"none of the {runs.num_rows:,} visible runs fits{': ' + asked if asked else ''}.{more} Ask more widely."
