"""The plan of a qualification: which tests, by which rows of which standard, with how many lots and units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from corecar.errors import ArgumentError
from corecar.qualify.changes import asks_of_change, condition, details
from corecar.qualify.product import Product, facts
from corecar.qualify.revisions import Row, rows_of
from corecar.standards.tabled import UNCONFIRMED, table

Needed = str
"""`needed`, `open` (hangs on a detail that nobody told), `goes along`, `does not apply`, `skipped`."""
COUNTED = ("needed", "open", "goes along")
"""States in which a test is to be done."""
_STRESSES = frozenset({"A2", "A3", "A4", "A5", "A6", "B1", "B2", "B3"})
_AFTER_PRECONDITIONING = frozenset({"A2", "A3", "A4", "A5"})


@dataclass(frozen=True)
class PlanRow:
    """One test of a plan.

    lots, units  of each lot; 0 where the standard gives no number
    accept       what is allowed: fails, or the figure that `judged` names; None for a report
    state        needed | open | goes along | does not apply | skipped
    why          what asks for it, or why it is skipped
    to_confirm   what in the row no standard at hand says
    """

    test: str
    group: str
    name: str
    standard: str
    reference: str
    conditions: str
    lots: int
    units: int
    accept: float | None
    judged: str
    state: Needed
    why: str
    clause: str
    to_confirm: str
    generic: bool

    @property
    def total(self) -> int:
        """Parts that the test takes; 0 where it is not done."""
        return self.lots * self.units if self.state in COUNTED else 0


@dataclass(frozen=True)
class Asked:
    """What a plan is made for.

    change    a change of a qualified product; None for a new product
    details   details of the change that somebody told, such as {"thinner-wire": False}
    skipped   tests that are left out, each with its reason
    """

    product: Product
    change: str | None = None
    revision: str = "H"
    details: Mapping[str, bool] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)


def plan(asked: Asked) -> list[PlanRow]:
    """The tests that a product, or a change of it, needs.

    Raises  ArgumentError for an unknown change, detail or test, and for a test that is skipped without a reason

    >>> rows = plan(Asked(Product("P", 1, "leaded", "gold"), change="die-scribe-separate"))
    >>> [(row.test, row.total) for row in rows if row.state == "needed"]
    [('A2', 231), ('A3', 231), ('A4', 231)]
    >>> [(row.test, row.state) for row in rows if row.state != "needed"]
    [('A1', 'goes along'), ('A5', 'does not apply'), ('E1', 'goes along')]
    """
    _check_details(asked)
    wanted = _of_change(asked) if asked.change else _of_product(asked)
    rows = [_row(asked, test, state, why) for test, (state, why) in wanted.items()]
    done = {row.test for row in rows if row.state in COUNTED}
    rows += _copper(asked, done) + _module(asked)
    return _without(rows, asked.skipped)


def parts_needed(rows: list[PlanRow]) -> int:
    """Parts that a plan takes: those of preconditioning and of AEC-Q006 are the parts of the stresses themselves."""
    taken: dict[str, int] = {}
    for row in rows:
        base = row.test.split("-")[0] if row.group == "Q006" else row.test
        if row.test != "A1":
            taken[base] = max(taken.get(base, 0), row.total)
    return sum(taken.values())


def _of_product(asked: Asked) -> dict[str, tuple[Needed, str]]:
    """All tests, those that the product's facts do not ask for with what it lacks."""
    held = facts(asked.product)
    found: dict[str, tuple[Needed, str]] = {}
    for test, row in rows_of(asked.revision).items():
        lacks = _lacks(row, held)
        found[test] = ("does not apply", lacks) if lacks else ("needed", _reason(row, "new product"))
    return found


def _of_change(asked: Asked) -> dict[str, tuple[Needed, str]]:
    """The tests of the table of changes, and what goes along with them."""
    held, tests = facts(asked.product), rows_of(asked.revision)
    found: dict[str, tuple[Needed, str]] = {}
    assert asked.change is not None
    for test, when in asks_of_change(asked.change, asked.revision).items():
        answer, meaning = condition(when, held, asked.details)
        lacks = meaning if answer is False else _lacks(tests[test], held)
        if lacks:
            found[test] = ("does not apply", lacks)
            continue
        found[test] = ("needed" if answer else "open", f"{asked.change}: {meaning}" if meaning else asked.change)
    done = {test for test, (state, _) in found.items() if state in COUNTED}
    if "surface-mount" in held and _AFTER_PRECONDITIONING & done:
        found["A1"] = ("goes along", "before A2 to A5 of surface-mount parts")
    if _STRESSES & done:
        found.setdefault("E1", ("goes along", "before and after each stress"))
    return {test: found[test] for test in tests if test in found}


def _lacks(row: Row, held: frozenset[str]) -> str:
    """What the test is for and the product is not or has not; empty where it applies."""
    missing = [fact for fact in row["applies"].split() if fact not in held]
    return f"only of: {', '.join(missing)}" if missing else ""


def _reason(row: Row, why: str) -> str:
    return f"{why}: {row['applies']}" if row["applies"] else why


def _row(asked: Asked, test: str, state: Needed, why: str) -> PlanRow:
    row = rows_of(asked.revision)[test]
    column = f"grade_{asked.product.grade}"
    return PlanRow(
        test=test,
        group=row["group"],
        name=row["name"],
        standard=f"AEC-Q100 Rev {asked.revision}",
        reference=row["reference"],
        conditions="; ".join(part for part in (row[column], row["conditions"]) if part),
        lots=int(row["lots"] or 0),
        units=int(row["units"] or 0),
        accept=float(row["accept"]) if row["accept"] else None,
        judged=row["judged"],
        state=state,
        why=why,
        clause=row["clause"],
        to_confirm=_to_confirm(row, column),
        generic=row["generic"] != "never",
    )


def _to_confirm(row: Row, column: str = "") -> str:
    """`lots, units: template, to be confirmed`, empty where a standard gives all."""
    named = [("conditions" if name == column else name) for name in row["unconfirmed"].split()
             if not name.startswith("grade_") or name == column]  # fmt: skip
    if named:
        return f"{', '.join(dict.fromkeys(named))}: {UNCONFIRMED}"
    return f"all: {UNCONFIRMED}" if UNCONFIRMED in row["clause"] else ""


def _copper(asked: Asked, planned: set[str]) -> list[PlanRow]:
    """Steps that copper wire adds to the stresses of the plan (AEC-Q006)."""
    if "copper" not in facts(asked.product):
        return []
    return [
        PlanRow(
            test=f"{row['test']}-{row['stage']}-{row['step'].replace(' ', '-')}",
            group="Q006",
            name=f"{row['stress']} {row['stage']}: {row['step']}",
            standard=f"AEC-Q006 Rev {row['revision']}",
            reference="AEC-Q006",
            conditions=_stage(row["stage"]),
            lots=int(row["lots"]),
            units=int(row["units"]),
            accept=0.0,
            judged="fails",
            state="needed",
            why="copper wire",
            clause=row["clause"],
            to_confirm="",
            generic=True,
        )
        for row in table("q006_steps")
        if row["test"] in planned
    ]


def _stage(stage: str) -> str:
    return {
        "PC": "after preconditioning",
        "1X": "after the stress of AEC-Q100",
        "2X": "after twice the stress of AEC-Q100",
    }[stage]


def _module(asked: Asked) -> list[PlanRow]:
    """Tests of a module (AEC-Q104, group H), of a new product or a new package."""
    if not asked.product.modules or asked.change not in (None, "new-package", "assembly-site-transfer"):
        return []
    return [
        PlanRow(
            test=row["test"],
            group="H",
            name=row["name"],
            standard="AEC-Q104",
            reference=row["reference"],
            conditions=row["conditions"],
            lots=int(row["lots"] or 0),
            units=int(row["units"] or 0),
            accept=float(row["accept"]) if row["accept"] else None,
            judged=row["judged"],
            state="needed",
            why="module",
            clause=row["clause"],
            to_confirm=_to_confirm(row),
            generic=True,
        )
        for row in table("q104_tests")
    ]


def _without(rows: list[PlanRow], skipped: Mapping[str, str]) -> list[PlanRow]:
    """The rows, those that are left out marked with their reason."""
    known = {row.test for row in rows}
    for test, reason in skipped.items():
        if test not in known:
            raise ArgumentError(f'skip: "{test}" is not in this plan. Tests of it are {", ".join(sorted(known))}.')
        if not reason.strip():
            raise ArgumentError(f"skip: {test} is left out without a reason. Write one: {test}=why it is not needed")
    return [
        replace(row, state="skipped", why=skipped[row.test].strip()) if row.test in skipped else row for row in rows
    ]


def _check_details(asked: Asked) -> None:
    for name in asked.details:
        if name not in details():
            raise ArgumentError(f'detail: "{name}" decides nothing. There are: {", ".join(details())}.')
