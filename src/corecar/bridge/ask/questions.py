"""What one asks of all lots: SQL, and the few questions that need none. Each sees what its actor may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal

import numpy as np
from sqlalchemy import ColumnElement, func, select

from corecar.bridge.ask.catalogue_tables import catalogue_tables, facts_of_runs
from corecar.bridge.ask.coverage import DESCRIBED, RANKED, RATED, coverage, with_resolved_bins
from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.chain.chain_tables import chain_views
from corecar.bridge.lot.left_out import counted, runs_left_out
from corecar.bridge.lot.resolved_lots import counting_runs, is_plain, merged_parts_of
from corecar.bridge.lot.run_rows import rows_of_runs
from corecar.bridge.sharing import is_number, sees_everything, visible_lot, visible_runs
from corecar.errors import ArgumentError
from corecar.plurals import plural
from corecar.store import questions as asked
from corecar.store.catalogue.models import LakeFile, LakeSpan, Run
from corecar.store.lake.tables import LAKE_TABLES

Files = dict[str, list[asked.LakeFile]]

Product = Annotated[str | None, "Only runs of this product."]
Stage = Annotated[str | None, "Only runs of this stage."]
Temperature = Annotated[str | None, "Only runs at this temperature."]
Customer = Annotated[str | None, "Only runs for this customer."]
Since = Annotated[datetime | None, "Only runs begun from this moment on."]
Until = Annotated[datetime | None, "Only runs begun before this moment."]
Retests = Annotated[bool, "Also runs that are a retest pass."]
Attempts = Annotated[bool, "Every attempt as such, not the final one of each unit; of tests, also retest passes."]
Test = Annotated[str, "The test: its number, its name, or a pattern such as `VDD*`."]
Pin = Annotated[str | None, "The pin, where a test has several."]
Kind = Annotated[
    Literal["parametric", "multiple", "functional"] | None, "The kind, where tests of several share number and name."
]
LotName = Annotated[str, "Name or number of the lot."]


def sql(
    call: Call,
    statement: Annotated[str, "One SELECT; `show tables` and `describe runs` say what there is."],
    *,
    limit: Annotated[int | None, "At most so many rows; without it all.", AtLeast(0)] = None,
    timeout: Annotated[float, "Seconds after which to give up.", AtLeast(0)] = 60.0,
) -> Any:
    """Ask the lake a question in SQL: one SELECT over the tables of all visible runs. It can read nothing else.

    Runs of which others hold the same testing are left out of every table, and a note says how many.

    Views: runs, lots, lot_states, the tables of the lake, and those of the chain as chain_demand, chain_routes, ...; a
    week is the date of its Monday. The language is DuckDB's.
    Raises  QuestionError for what is no question, names what is not there, or takes too long
    """
    listing, notes = listing_of(call)
    answer = asked.open_sql(listing).ask(statement, limit=limit, timeout_s=timeout)
    return _rows(answer.table, [answer.rest, *notes] if answer.more else notes)


def trend(
    call: Call,
    test: Test,
    *,
    pin: Pin = None,
    kind: Kind = None,
    by: Annotated[Literal["lot", "run", "wafer"], "What a point is."] = "lot",
    product: Product = None,
    stage: Stage = None,
    temperature: Temperature = None,
    customer: Customer = None,
    since: Since = None,
    until: Until = None,
    retests: Retests = False,
) -> Any:
    """Follow one test over lots, runs or wafers, in the order of testing. Only the measures are read.

    n and failed are of the final attempts of each run by itself, statistics of the good parts among them; a note says
    how many parts another run tested again.
    Raises  QuestionError when no test or several fit, or no run is in scope
    """
    scope: dict[str, Any] = {"product": product, "stage": stage, "temperature": temperature, "customer": customer}
    scope |= {"since": _naive(since), "until": _naive(until), "retests": retests}
    listing, notes = _summaries_of(call, "measures")
    table = asked.trend(listing, **vars(_key(test, pin, kind)), by=by, **scope)
    return _rows(table, coverage(call, DESCRIBED, _runs_in(listing, scope), retests=retests) + notes)


def compare(
    call: Call,
    a: Annotated[str, "The one lot, by name or number."],
    b: Annotated[str, "The other lot."],
    *,
    rank: Annotated[Literal["shift", "spread", "cpk", "fails"], "Which difference counts."] = "shift",
    product: Product = None,
    stage: Stage = None,
    temperature: Temperature = None,
    customer: Customer = None,
    limit: Annotated[int, "At most so many tests, those that differ most.", AtLeast(0)] = 20,
) -> Any:
    """Say what differs between two lots, test by test, the strongest difference first. Only the measures are read.

    Their figures are of the final attempts of each run by itself, without retest passes; a note says how many parts
    another run tested again.
    Raises  NotFound; QuestionError for a lot of several stages or temperatures: name one
    """
    lots = [visible_lot(call, lot, customer=customer, product=product).id for lot in (a, b)]
    scope: dict[str, Any] = {"product": product, "stage": stage, "temperature": temperature, "customer": customer}
    listing, left = _summaries_of(call, "measures")
    table = asked.compare(listing, *lots, rank=rank, **scope)
    runs = {run for lot in lots for run in _runs_in(listing, {**scope, "lot": lot})}
    notes = [f"{plural(rest, 'more test')}: raise --limit."] if (rest := table.num_rows - limit) > 0 else []
    if moved := int(np.isinf(table["shift"].fill_null(0)).sum()):
        notes.append(f"{plural(moved, 'mean')} moved without any spread: an infinite shift, which JSON gives as null.")
    return _rows(table.slice(0, limit), notes + coverage(call, RATED, runs, retests=True) + left)


def pareto(
    call: Call,
    *,
    what: Annotated[Literal["bin", "soft_bin", "test"], "What to rank."] = "bin",
    product: Product = None,
    stage: Stage = None,
    temperature: Temperature = None,
    customer: Customer = None,
    lot: Annotated[str | None, "Only this lot, by name or number."] = None,
    since: Since = None,
    until: Until = None,
    retests: Attempts = False,
) -> Any:
    """Rank what fails most, by bin or by test, with its share of all fails.

    By bin it counts the final attempts that `corecar lot` counts, retests resolved over all runs of a lot; a lot's
    insertion counts whole when its first run is in scope. By test it reads the measures, as `corecar trend` does.
    Raises  NotFound; QuestionError when no run is in scope
    """
    number = None if lot is None else visible_lot(call, lot, customer=customer, product=product).id
    scope: dict[str, Any] = {
        "product": product, "stage": stage, "temperature": temperature, "customer": customer, "lot": number,
        "since": _naive(since), "until": _naive(until), "retests": retests,
    }  # fmt: skip
    if what == "test":
        listing, left = _summaries_of(call, "measures")
        table = asked.pareto(listing, what=what, **scope)
        return _rows(table, coverage(call, RANKED, _runs_in(listing, scope), retests=retests) + left)
    listing, notes = _summaries_of(call, "bins", "parts") if retests else _summaries_of(call, "bins")
    if not retests:
        runs = _runs_in(listing, {**scope, "retests": True})
        listing, told = with_resolved_bins(call, listing, number, runs)
        notes = [*told, *notes]
    return _rows(asked.pareto(listing, what=what, **scope), notes)


def readings(call: Call, lot: LotName, test: Test, *, pin: Pin = None, kind: Kind = None) -> Any:
    """All readings of one test of one lot, exact, every attempt, with the part they are of.

    Raises  NotFound; QuestionError when no test or several fit
    """
    return asked.test_results(*_listing_of_lot(call, lot), _key(test, pin, kind))


def wafer(
    call: Call,
    lot: LotName,
    wafer: Annotated[str, "The wafer's name."],
    *,
    test: Annotated[str | None, "Also the readings of this test."] = None,
    pin: Pin = None,
    kind: Kind = None,
    retests: Annotated[bool, "Every attempt as such, also those that another superseded or that broke off."] = False,
) -> Any:
    """One wafer of a lot: the bin of every part by X and Y and, with a test, its reading.

    The final attempts, retests resolved over all runs of the lot as `corecar lot` does; a wafer that passed several
    insertions has those of each.
    Raises  NotFound; QuestionError when there is no such wafer, or no or several tests fit; ArgumentError for a pin or
    kind of no test
    """
    if test is None and (pin is not None or kind is not None):
        raise ArgumentError("--pin and --kind say which of several tests is meant. Name the test too, with --test.")
    key = None if test is None else _key(test, pin, kind)
    found = visible_lot(call, lot)
    runs = counting_runs(call.session, call.store, found.id)
    plain = is_plain(call.session, found.id)
    attempts = None if plain else merged_parts_of(call.session, call.store, runs).parts
    if key is None and runs:
        parts = rows_of_runs(call.session, call.store, "parts", [run.id for run in runs], (*asked.DIE, "wafer"))
        return asked.wafer_of(parts, wafer, every_attempt=retests, attempts=attempts)
    return asked.wafer_map(*_listing_of_lot(call, lot), wafer, key, every_attempt=retests, attempts=attempts)


def check_test(call: Call, test: str, product: str | None = None) -> None:
    """That a visible run that counts has such a test; only the measures are read.

    test  its number, its name, or a pattern
    Raises  QuestionError that lists what is near
    """
    listing, _ = _summaries_of(call, "measures")
    if product is not None:
        listing = listing.narrowed(_runs_in(listing, {"product": product, "retests": True}))
    asked.check_test(listing, _key(test, None, None))


def listing_of(call: Call) -> tuple[asked.Listing, list[str]]:
    """What this actor may ask about: files, catalogue tables and runs; and what to say of those left out."""
    seen, notes = _seen_by(call)
    return asked.Listing(
        call.store.objects, _files(call, LAKE_TABLES), {**catalogue_tables(call), **chain_views(call)}, seen
    ), notes


def _summaries_of(call: Call, *tables: str) -> tuple[asked.Listing, list[str]]:
    """Some tables of the lake for all visible runs, and of the runs only what tells them apart; and what to say."""
    runs = {"runs": cache(lambda: facts_of_runs(call, visible_runs(call.actor)))}
    seen, notes = _seen_by(call)
    return asked.Listing(call.store.objects, _files(call, tables), runs, seen), notes


def _runs_in(listing: asked.Listing, scope: dict[str, Any]) -> list[str]:
    """The runs that a question's scope takes."""
    runs: list[str] = asked.chosen_runs(listing, asked.Scope(**scope))["run"].to_pylist()
    return runs


def _listing_of_lot(call: Call, named: str) -> tuple[asked.Listing, list[str]]:
    """One lot and nothing else, so that a question about it costs the same however many there are; and its runs."""
    lot = visible_lot(call, named)
    facts = facts_of_runs(call, Run.lot_id == lot.id)
    left = runs_left_out(call.session, call.store, Run.lot_id == lot.id)
    runs = [run for run in facts["run"].to_pylist() if run not in left]
    files = _files(call, ("parts", "tests", "results"), LakeSpan.run_id.in_(select(Run.id).where(Run.lot_id == lot.id)))
    return asked.Listing(call.store.objects, files, {"runs": facts}, frozenset(runs)), runs


def _seen_by(call: Call) -> tuple[frozenset[str] | None, list[str]]:
    """The runs that the actor may see and that count, None when that is all there are; and a note of those left out."""
    left = runs_left_out(call.session, call.store, visible_runs(call.actor))
    if not left and sees_everything(call.session, call.actor):
        return None, []
    return frozenset(call.session.scalars(select(Run.id).where(visible_runs(call.actor)))) - left.keys(), counted(left)


def _files(call: Call, tables: Sequence[str], of_runs: ColumnElement[bool] | None = None) -> Files:
    """The files of some tables that count; of a file that holds one run, which."""
    wanted = select(LakeFile.id).where(LakeFile.retired_at.is_(None), LakeFile.table.in_(tables))
    spans = select(LakeSpan.file_id, func.count().label("runs"), func.min(LakeSpan.run_id).label("run"))
    if of_runs is not None:
        wanted = wanted.where(LakeFile.id.in_(select(LakeSpan.file_id).where(of_runs)))
    alone = spans.where(LakeSpan.file_id.in_(wanted)).group_by(LakeSpan.file_id).subquery()
    found = select(LakeFile.table, LakeFile.key, LakeFile.bytes, LakeFile.rows, alone.c.runs, alone.c.run).join(
        alone, alone.c.file_id == LakeFile.id
    )
    files: Files = defaultdict(list)
    for table, key, size, rows, runs, run in call.session.execute(found):
        files[table].append(asked.LakeFile(key, size, rows, run if runs == 1 else None))
    return files


def _key(test: str | int, pin: str | None, kind: str | None) -> asked.TestKey:
    """The test that a person means: a text of digits is a number, also where a program gives it as one."""
    text = str(test)
    return asked.TestKey(int(text), None, pin, kind) if is_number(text) else asked.TestKey(None, text, pin, kind)


def _naive(moment: datetime | None) -> datetime | None:
    """A moment as testers write it: their own clock, without a zone."""
    return None if moment is None else moment.replace(tzinfo=None)


def _rows(table: Any, notes: list[str] | None = None) -> dict[str, Any]:
    return {"rows": table.to_pylist(), "columns": table.column_names, "notes": notes or []}
