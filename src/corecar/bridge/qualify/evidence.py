"""Evidence added to a qualification: tests left out, family data claimed, results, documents."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

from corecar.assess import cpk_at_least
from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.qualify.kept_qualifications import (
    Kept,
    Number,
    Reason,
    Test,
    add,
    edited,
    evidence_of,
    needs_text,
    row_of,
)
from corecar.bridge.travel import Sent
from corecar.errors import ArgumentError
from corecar.qualify.claims import COMMON, Claim, objections
from corecar.qualify.evidence import status
from corecar.qualify.planning import PlanRow
from corecar.qualify.ppap import ELEMENTS
from corecar.store.catalogue.qualifying import QualificationFile

_LARGEST = 50_000_000
"""Bytes of a document that is kept in the catalogue."""
MOST_UNITS = 1_000_000_000
"""Units that a lot can have; more are a slip of the pen."""


def skip(call: Call, number: Number, test: Test, *, reason: Reason) -> dict[str, Any]:
    """Leave a test or an element of the submission out, with the reason: it stands in the plan and in the submission.

    Raises  NotFound; ArgumentError without a reason; Conflict where nothing is added now
    """
    found = edited(call, number)
    if test not in ELEMENTS:
        row_of(found, test)
    if not reason.strip():
        raise ArgumentError(f"{test} is left out without a reason. Write one: --reason ...")
    add(call, found, "skip", test, reason, {})
    return {"said": f"{test} is left out of qualification {number}: {reason.strip()}", "test": test}


def claim(
    call: Call,
    number: Number,
    test: Test,
    *,
    reference: Annotated[str, "The report that holds the data."],
    product: Annotated[str, "The member of the family that was tested."],
    lots: Annotated[int, "Lots that were tested, with those of this product.", AtLeast(0)],
    units: Annotated[int, "Units of each lot.", AtLeast(0)],
    unexplained_fails: Annotated[int, "Fails that nobody explained.", AtLeast(0)] = 0,
    same: Annotated[
        list[str] | None, "What both have in common: `technology`, `package`, `site`. Repeat for more."
    ] = None,
    copper_same: Annotated[bool, "Of copper wire: pad metal, wire, mould compound, finish, package, site too."] = False,
    die_diagonal: Annotated[float | None, "Diagonal of this die, in percent of the other's.", AtLeast(0)] = None,
) -> dict[str, Any]:
    """Claim data of a product family for a test; what the rules say against it is told and kept, and then a gap stays.

    Raises  NotFound; ArgumentError without a report; Conflict where nothing is added now
    """
    found = edited(call, number)
    row = row_of(found, test)
    needs_text(reference, "reference")
    asked = Claim(test.split("-")[0], reference, product, lots, units, unexplained_fails, tuple(same or ()),
                  copper_same, die_diagonal)  # fmt: skip
    unknown = sorted(set(asked.same) - COMMON)
    if unknown:
        raise ArgumentError(f'same: "{unknown[0]}" is none of {", ".join(sorted(COMMON))}.')
    copper = found.plan.asked["product"]["wire"] == "copper"
    against = objections(asked, row.lots, row.units, copper=copper)
    text = f"{reference.strip()} ({product})"
    add(call, found, "claim", row.test, text, {"objections": against, "lots": lots, "units": units})
    said = f"{test}: the claim of {text} stands." if not against else f"{test}: the claim of {text} does not stand."
    return {"said": said, "test": test, "stands": not against, "rows": [{"against": one} for one in against]}


def result(
    call: Call,
    number: Number,
    test: Test,
    *,
    lot: Annotated[str, "The lot that was tested."],
    units: Annotated[int, "Units of it that were tested.", AtLeast(0)],
    fails: Annotated[int, "How many failed.", AtLeast(0)] = 0,
    value: Annotated[float | None, "The figure that the test is judged by: Cpk, volts, percent."] = None,
    read_point: Annotated[str | None, "When it was read, such as `1000 h`."] = None,
    note: Annotated[str, "What was seen."] = "",
) -> dict[str, Any]:
    """Add a lot's result of a test, and say where the test stands by the plan.

    Raises  NotFound; ArgumentError for more fails than units; Conflict where nothing is added now
    """
    found = edited(call, number)
    bound = add_result(call, found, row_of(found, test), lot, units, fails, value, read_point, note)
    return _stands(call, number, test, bound)


def add_result(
    call: Call, found: Kept, row: PlanRow, lot: str, units: int, fails: int, value: float | None,
    read_point: str | None, note: str,
) -> float | None:  # fmt: skip
    """Add a lot's result to the history; the lower bound of a Cpk, where it is one. Raises  ArgumentError"""
    if fails > units:
        raise ArgumentError(f"fails={fails}: of {units} units at most so many can fail.")
    if units > MOST_UNITS:
        raise ArgumentError(f"units={units}: a lot has at most {MOST_UNITS:,}.")
    if value is not None and not isfinite(value):
        raise ArgumentError(f"value={value}: a finite number was expected. Leave it out where nothing was measured.")
    bound = None
    if value is not None and row.judged == "Cpk above" and units > 1:
        bound = cpk_at_least(value, units)
    facts = {"lot": needs_text(lot, "lot"), "units": units, "fails": fails, "value": value, "read_point": read_point,
             "cpk_at_least": bound}  # fmt: skip
    add(call, found, "result", row.test, text_of(lot, units, fails, note), facts)
    return bound


def text_of(lot: str, units: int, fails: int, note: str) -> str:
    """What the history says of a result."""
    return note.strip() or f"lot {lot}: {fails} of {units} failed"


def attach(
    call: Call,
    number: Number,
    subject: Annotated[
        str, "The test, or the element of the submission, that the document belongs to; several with commas between."
    ],
    file: Annotated[str | Path, "The document.", Sent()],
) -> dict[str, Any]:
    """Attach a document, whole, with its SHA-256.

    Raises  NotFound for a test or element that is not there; ArgumentError for an empty or very large file; Conflict
    """
    found = edited(call, number)
    subjects = subjects_of(found, subject)
    path = Path(file)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ArgumentError(f"{file}: it cannot be read: {error.strerror}.") from error
    if not content or len(content) > _LARGEST:
        raise ArgumentError(f"{file}: 1 byte to {_LARGEST / 1e6:.0f} MB were expected, found {len(content):,} bytes.")
    digest = add_document(call, found, subjects, path.name, content)
    told = ", ".join(subjects)
    return {"said": f"{path.name} is attached to {told} of qualification {number}.", "subject": told,
            "name": path.name, "bytes": len(content), "sha256": digest}  # fmt: skip


def subjects_of(found: Kept, subject: str) -> list[str]:
    """Tests and elements that a text names, commas between. Raises  NotFound"""
    subjects = list(dict.fromkeys(name.strip() for name in subject.split(",") if name.strip()))
    for each in subjects or [subject]:
        if each not in ELEMENTS:
            row_of(found, each)
    return subjects


def add_document(call: Call, found: Kept, subjects: Iterable[str], name: str, content: bytes) -> str:
    """Keep a document of tests or elements; its SHA-256."""
    digest = hashlib.sha256(content).hexdigest()
    for each in subjects:
        call.session.add(QualificationFile(
            qualification_id=found.row.id, version=found.plan.version, subject=each, name=name, sha256=digest,
            size=len(content), content=content, at=call.now, **call.facts,
        ))  # fmt: skip
    call.session.flush()
    return digest


def _stands(call: Call, number: int, test: str, bound: float | None) -> dict[str, Any]:
    found: Kept = edited(call, number)
    row = row_of(found, test)
    here = status(row, evidence_of(found, row))
    notes = [] if bound is None else [f"Cpk is at least {bound:.4f} at 95 % confidence."]
    more = f": {'; '.join(here.gaps)}" if here.gaps else ""
    return {"said": f"{test} of qualification {number} is {here.state}{more}.", "test": test, "state": here.state,
            "missing": list(here.gaps), "notes": notes}  # fmt: skip
