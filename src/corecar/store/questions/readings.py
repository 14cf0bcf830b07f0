"""All readings of one test, and the map of one wafer; only their runs' files are read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import pyarrow.compute as pc

from corecar.errors import QuestionError
from corecar.store.lake.listing import Listing
from corecar.store.questions.chosen_runs import runs_named
from corecar.store.questions.chosen_test import TestKey, as_key, checked_key, the_one
from corecar.store.questions.measured import identities, is_test
from corecar.store.questions.sql import own_questions

Ask = Callable[[str, Sequence[Any]], Any]

_TESTS = "select run, test, number, name, pin, kind from tests"
_RESULTS = """
select results.run, results.test, part, value, flags, passed from results
semi join (select unnest(?::varchar[]) as run, unnest(?::integer[]) as test) as wanted
on results.run = wanted.run and results.test = wanted.test
where results.test between ? and ? order by results.run, results.test, part
"""
DIE = (
    "run", "part", "x", "y", "head", "site", "hard_bin", "soft_bin", "passed", "attempt", "superseded", "incomplete",
)  # fmt: skip
"""What a map says of a die."""
_MAP = f"select {', '.join(DIE)} from parts where wafer = ? order by run, part"


def test_results(listing: Listing, runs: str | Collection[str], test: TestKey | int | str) -> Any:
    """All first executions of one test in these runs, every attempt.

    runs  run ids (64 hex digits), or one
    test  its number, its name or a pattern of it, or a `TestKey`
    Returns  an Arrow table sorted by (run, part): run, test (row of the run's `tests`), part, value [the test's unit],
             flags, passed
    Raises   QuestionError when a run is not there, or no test or several tests fit
    """
    with own_questions(_of_runs(listing, runs), ["tests", "results"]) as ask:
        return _results(ask, as_key(test))


test_results.__test__ = False  # type: ignore[attr-defined]  # begins like a pytest function, and is none


def wafer_map(
    listing: Listing,
    runs: str | Collection[str],
    wafer: str,
    test: TestKey | int | str | None = None,
    *,
    every_attempt: bool = False,
    attempts: Any = None,
) -> Any:
    """The dice of one wafer with their bins and, when a test is named, its readings.

    attempts       Arrow table of run, part, attempt, superseded, where retests are resolved over several runs; without
                   it they are as each run by itself has them
    every_attempt  also attempts that another superseded, or that ended abnormally
    Returns  an Arrow table sorted by (run, part): run, part, x, y, head, site, hard_bin, soft_bin, passed, attempt,
             superseded, incomplete; with a test also value [its unit] and flags, null where a part was not measured
    Raises   QuestionError when a run or the wafer is not there, or no test or several tests fit
    """
    lake = ["parts"] if test is None else ["parts", "tests", "results"]
    with own_questions(_of_runs(listing, runs), lake) as ask:
        dice = _final(_resolved(ask(_MAP, [wafer]), attempts), every_attempt)
        if not dice.num_rows:
            names = ask("select distinct wafer from parts where wafer is not null", [])["wafer"].to_pylist()
            raise QuestionError(_no_wafer(names, wafer))
        if test is None:
            return dice
        readings = _results(ask, as_key(test)).select(["run", "part", "value", "flags"])
    joined = dice.join(readings, ["run", "part"], join_type="left outer")
    return joined.select([*dice.column_names, "value", "flags"]).sort_by([("run", "ascending"), ("part", "ascending")])


def wafer_of(parts: Any, wafer: str, *, every_attempt: bool = False, attempts: Any = None) -> Any:
    """The same map from the parts of the runs in memory, as an Arrow table with the columns `DIE` and `wafer`.

    Without a database to open, it takes a third of the time; readings of a test need `wafer_map`.
    Raises  QuestionError when the wafer is not there
    """
    dice = parts.filter(pc.equal(parts["wafer"], wafer)).select(DIE)
    dice = _final(_resolved(dice.sort_by([("run", "ascending"), ("part", "ascending")]), attempts), every_attempt)
    if not dice.num_rows:
        raise QuestionError(_no_wafer(parts["wafer"].drop_null().unique().to_pylist(), wafer))
    return dice


def _final(dice: Any, every_attempt: bool) -> Any:
    """The dice whose attempt counts; or all."""
    return dice if every_attempt else dice.filter(pc.invert(pc.or_(dice["superseded"], dice["incomplete"])))


def _of_runs(listing: Listing, runs: str | Collection[str]) -> Listing:
    names = [runs] if isinstance(runs, str) else list(runs)
    return listing.narrowed(runs_named(listing, names)["run"].to_pylist())


def _resolved(dice: Any, attempts: Any) -> Any:
    """The dice with the attempts that were found over several runs."""
    if attempts is None:
        return dice
    keyed = attempts.select(["run", "part", "attempt", "superseded"])
    for place, name in ((1, "part"), (2, "attempt")):
        keyed = keyed.set_column(place, name, keyed[name].cast(dice.schema.field(name).type))
    joined = dice.drop_columns(["attempt", "superseded"]).join(keyed, ["run", "part"], join_type="left outer")
    return joined.select(dice.column_names).sort_by([("run", "ascending"), ("part", "ascending")])


def _results(ask: Ask, key: TestKey) -> Any:
    checked_key(key)
    tests = ask(_TESTS, [])
    wanted = tests.filter(is_test(tests, the_one(key, identities(tests))))
    runs, rows = wanted["run"].to_pylist(), wanted["test"].to_pylist()
    return ask(_RESULTS, [runs, rows, min(rows), max(rows)])


def _no_wafer(names: Collection[str], wafer: str) -> str:
    listed = ", ".join(sorted(names)) if names else "none: they were tested without wafers"
    return f'wafer "{wafer}": no such wafer, or no complete part of it. The wafers of these runs: {listed}.'
