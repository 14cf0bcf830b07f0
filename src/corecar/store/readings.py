"""All readings of one test, and the map of one wafer; only their runs' files are read."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pyarrow.compute as pc

from corecar.errors import QuestionError
from corecar.store.chosen_runs import runs_named
from corecar.store.chosen_test import TestKey, as_key, checked_key, the_one
from corecar.store.listing import Listing
from corecar.store.measured import identities, is_test
from corecar.store.sql import ask_own

WANTED = "_wanted_tests"

_RESULTS = """
select results.run, results.test, part, value, flags, passed from results
semi join {wanted} as wanted on results.run = wanted.run and results.test = wanted.test
where results.test between ? and ? order by results.run, results.test, part
"""
_MAP = """
select run, part, x, y, head, site, hard_bin, soft_bin, passed, attempt, superseded, incomplete from parts
where wafer = ? and (? or not (superseded or incomplete)) order by run, part
"""


def test_results(listing: Listing, runs: str | Collection[str], test: TestKey | int | str) -> Any:
    """All first executions of one test in these runs, every attempt.

    runs  run ids (64 hex digits), or one
    test  its number, its name or a pattern of it, or a `TestKey`
    Returns  an Arrow table sorted by (run, part): run, test (row of the run's `tests`), part, value [the test's unit],
             flags, passed
    Raises   QuestionError when a run is not there, or no test or several tests fit
    """
    names = [runs] if isinstance(runs, str) else list(runs)
    here = listing.narrowed(runs_named(listing, names)["run"].to_pylist())
    return _results(here, as_key(test))


test_results.__test__ = False  # type: ignore[attr-defined]  # begins like a pytest function, and is none


def wafer_map(
    listing: Listing,
    runs: str | Collection[str],
    wafer: str,
    test: TestKey | int | str | None = None,
    *,
    every_attempt: bool = False,
) -> Any:
    """The dice of one wafer with their bins and, when a test is named, its readings.

    every_attempt  also attempts that another superseded, or that ended abnormally
    Returns  an Arrow table sorted by (run, part): run, part, x, y, head, site, hard_bin, soft_bin, passed, attempt,
             superseded, incomplete; with a test also value [its unit] and flags, null where a part was not measured
    Raises   QuestionError when a run or the wafer is not there, or no test or several tests fit
    """
    names = [runs] if isinstance(runs, str) else list(runs)
    here = listing.narrowed(runs_named(listing, names)["run"].to_pylist())
    dice = ask_own(here, ["parts"], _MAP, [wafer, every_attempt])
    if not dice.num_rows:
        raise QuestionError(_no_wafer(here, wafer))
    if test is None:
        return dice
    readings = _results(here, as_key(test)).select(["run", "part", "value", "flags"])
    joined = dice.join(readings, ["run", "part"], join_type="left outer")
    return joined.select([*dice.column_names, "value", "flags"]).sort_by([("run", "ascending"), ("part", "ascending")])


def _results(here: Listing, key: TestKey) -> Any:
    checked_key(key)
    tests = ask_own(here, ["tests"], "select run, test, number, name, pin from tests")
    wanted = tests.filter(is_test(tests, the_one(key, identities(tests)))).select(["run", "test"])
    span = pc.min_max(wanted["test"])
    with_wanted = here.with_catalogue(WANTED, wanted)
    sql = _RESULTS.format(wanted=WANTED)
    return ask_own(with_wanted, ["results", WANTED], sql, [span["min"].as_py(), span["max"].as_py()])


def _no_wafer(here: Listing, wafer: str) -> str:
    there = ask_own(here, ["parts"], "select distinct wafer from parts where wafer is not null order by wafer")
    names: list[str] = there["wafer"].to_pylist()
    listed = ", ".join(names) if names else "none: they were tested without wafers"
    return f'wafer "{wafer}": no such wafer, or no complete part of it. The wafers of these runs: {listed}.'


__all__ = ["test_results", "wafer_map"]
