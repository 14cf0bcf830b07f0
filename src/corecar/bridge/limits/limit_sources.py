"""What limits may be proposed from: a file of static limits, or lots of the workspace as they were graded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select

from corecar.bridge.calls import Call
from corecar.bridge.limits.kept_limits import Insertion, sets_in_force
from corecar.bridge.limits.static_limits import read_static_limits
from corecar.bridge.lot.kept_lots import KeptRun, kept_lot, kept_runs_of
from corecar.bridge.lot.run_rows import distinct
from corecar.bridge.sharing import own_lot
from corecar.errors import ArgumentError, NotFound, TooFewParts
from corecar.lot import Lot as ReadLot
from corecar.screen.dynamic import screened_tests
from corecar.screen.kept_recipes import recipe_of
from corecar.screen.lot_yields import lot_yields
from corecar.screen.recipe import Recipe
from corecar.screen.rows import STATIC
from corecar.screen.shaping import shape_rules
from corecar.screen.static_lots import INSERTION, StaticTest, static_limits_of_lots
from corecar.store.catalogue.models import Grading
from corecar.temperatures import temperature_c


@dataclass(frozen=True)
class Proposal:
    """Limits that may become a set, and what they were made of in words."""

    tests: tuple[StaticTest, ...]
    insertion: Insertion
    origin: str

    @property
    def applied(self) -> int:
        """Tests that have limits."""
        return sum(test.limits is not None and test.limits.record.applied for test in self.tests)

    @property
    def set_on(self) -> date:
        """Day of the limits."""
        return max(test.limits.set_on for test in self.tests if test.limits is not None)

    @property
    def preliminary(self) -> str:
        """Why they are preliminary; empty when the baseline is whole."""
        found = [test.limits.preliminary for test in self.tests if test.limits is not None and test.limits.preliminary]
        return found[0] if found else ""

    @property
    def flags(self) -> list[str]:
        """What an engineer must look at before approval."""
        return [
            f"{' '.join(str(word) for word in test.key if word)}: {flag}"
            for test in self.tests
            for flag in (test.limits.flags if test.limits is not None else ())
        ]


@dataclass(frozen=True)
class _Graded:
    """What one grading of a lot covered, by its insertion, and how."""

    lot: str
    runs: tuple[KeptRun, ...]
    parameters: dict[str, Any]
    how: dict[str, Any]


def proposals(call: Call, sources: Sequence[str], *, preliminary: bool) -> list[Proposal]:
    """What the sources of a call give, one proposal for each product, stage and temperature.

    Raises  ArgumentError where files and lots are mixed; NotFound; TooFewParts where no test gets limits
    """
    files = [source for source in sources if Path(source).is_file()]
    if files and len(sources) > 1:
        raise ArgumentError(f"{files[0]}: is a file. Give one file of static limits, or lots of the workspace.")
    found = [_of_file(files[0])] if files else _of_lots(call, sources, preliminary)
    for one in found:
        if not one.applied:
            raise TooFewParts(next((test.why for test in one.tests if test.why), "no test has any limits."))
    return found


def _of_file(path: str) -> Proposal:
    tests = read_static_limits(path)
    made = [dict(test.limits.record.parameters) for test in tests if test.limits is not None]
    known = {tuple(str(one.get(name, "")) for name in INSERTION) for one in made}
    product, stage, temperature = next(iter(known), ("", "", ""))
    return Proposal(tests, (product, stage, temperature_c(temperature) or ""), path)


def _of_lots(call: Call, names: Sequence[str], preliminary: bool) -> list[Proposal]:
    with call.store.catalogue.reading() as session:
        within = Call(call.actor, call.store, call.now, call.report, call.stopped, session)
        graded = [one for name in names for one in _gradings(within, name)]
        force = {key: one.set_on for key, one in sets_in_force(session, call.actor.party_id).items()}
    by_insertion: dict[tuple[str | None, ...], list[_Graded]] = {}
    for one in graded:
        by_insertion.setdefault(one.runs[0].insertion, []).append(one)
    return [_of_insertion(call, members, force, preliminary) for members in by_insertion.values()]


def _gradings(call: Call, named: str) -> list[_Graded]:
    """The last grading of a lot at each stage and temperature."""
    lot = own_lot(call, named)
    rows = call.session.scalars(select(Grading).where(Grading.lot_id == lot.id).order_by(Grading.id)).all()
    if not rows:
        raise NotFound(f"lot {lot.name} was not graded yet. Grade it first: corecar grade {lot.name}")
    last = {(row.stage, row.temperature): row for row in rows}
    runs = {run.id: run for run in kept_runs_of(call.session, lot)}
    found = []
    for row in last.values():
        here = tuple(runs[number] for number in row.runs if number in runs)
        if len(here) < len(row.runs):
            raise NotFound(f"lot {lot.name} lost runs since it was graded. Grade it again: corecar grade {lot.name}")
        how = {"identity": row.summary["identity"], "retest": row.summary["retest"]}
        found.append(_Graded(lot.name, here, row.summary["parameters"], how))
    return found


def _of_insertion(call: Call, members: Sequence[_Graded], force: dict[Insertion, date], preliminary: bool) -> Proposal:
    others = [one.lot for one in members if _screens(one) != _screens(members[0])]
    if others:
        raise ArgumentError(
            f"lots {members[0].lot} and {others[0]} were graded by different recipes. Grade them by one, then propose."
        )
    recipe, lots = recipe_of(members[0].parameters), []
    for number, one in enumerate(members):
        call.check_stopped()
        call.report(number, len(members), f"reading {one.lot}")
        with kept_lot(call.store.objects, one.runs, **one.how) as (lot, _):
            lots.append(lot)
    yields = [lot_yields(lot) for lot in lots]
    days = [one.tested_on for one in yields if one.tested_on is not None]
    if not days:
        raise ArgumentError(f"no file of lot {members[0].lot} says when it was tested: it can't make static limits.")
    updated = force.get(yields[0].insertion)
    tests = static_limits_of_lots(
        lots, today=max(days), updated=updated if updated is None or updated <= max(days) else None,
        preliminary=preliminary, rules=shape_rules(recipe),
    )  # fmt: skip
    named = ", ".join(distinct(one.lot for one in members))
    return Proposal(_wanted(tests, lots[-1], recipe), yields[0].insertion, f"lots {named} by {recipe.title}")


def _wanted(tests: tuple[StaticTest, ...], lot: ReadLot, recipe: Recipe) -> tuple[StaticTest, ...]:
    """Those of the tests that the recipe screens."""
    rows = screened_tests(lot, recipe).tolist()
    columns = [lot.tests[name].to_pylist() for name in ("number", "name", "pin")]
    keys = {(int(columns[0][row]), columns[1][row] or "", columns[2][row] or "") for row in rows}
    return tuple(test for test in tests if test.key in keys)


def _screens(one: _Graded) -> dict[str, Any]:
    """The parameters of a grading but for static limits, which make no difference to new ones."""
    return {name: value for name, value in one.parameters.items() if f" {STATIC} " not in name}
