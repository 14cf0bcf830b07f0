"""`info`, `tests`, `parts`, `results`, `records`: look at a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corecar.cli.failures import FAULT, complain
from corecar.cli.options import (
    Csv,
    Encoding,
    File,
    Files,
    Identity,
    IdentityOption,
    Json,
    Limit,
    Retest,
    RetestOption,
    Salvage,
    on_error,
)

if TYPE_CHECKING:
    from corecar.lot import Lot

OnlyTest = Annotated[str | None, typer.Option("--test", help="Only the test with this number or name.")]
Kind = Annotated[
    str | None, typer.Argument(metavar="TYPE", help="A record type such as PRR; without it the types are counted.")
]


def info(
    files: Files,
    json: Json = False,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    encoding: Encoding = None,
) -> None:
    """Say what each file is: format, records, parts, tests, first and final yield, and what is damaged.

    With --json every file is one JSON object on a line of its own. A damaged file is described, not refused.
    """
    from corecar.bridge.files import inspection
    from corecar.cli.facts import print_facts
    from corecar.cli.progress import reading
    from corecar.errors import CorecarError

    refused = False
    for path in files:
        try:
            with reading(path) as progress:
                found = inspection.info(
                    path, identity=identity.value, retest=retest.value, encoding=encoding, progress=progress
                )
            print_facts(found, as_json=json)
        except CorecarError as failure:
            complain(failure)
            refused = True
    if refused:
        raise typer.Exit(FAULT)


def list_tests(
    file: File,
    json: Json = False,
    csv: Csv = False,
    limit: Limit = None,
    salvage: Salvage = False,
    encoding: Encoding = None,
) -> None:
    """List the tests of a file: number, name, pin, unit, limits, and how many readings failed."""
    from corecar.bridge.files import inspection
    from corecar.cli.forms import form
    from corecar.cli.listing import Look, print_table

    wanted = form(json, csv)
    table = inspection.tests(_read(file, salvage, encoding))
    print_table(table, wanted, limit, Look("test", TEST_COLUMNS, quantities=("low_limit", "high_limit")))


def list_parts(
    file: File,
    json: Json = False,
    csv: Csv = False,
    limit: Limit = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    encoding: Encoding = None,
) -> None:
    """List the attempts at testing a part: place, site, bins, verdict, and whether a later attempt replaced it."""
    from corecar.bridge.files import inspection
    from corecar.cli.forms import form
    from corecar.cli.listing import Look, print_table

    wanted = form(json, csv)
    lot = _read(file, salvage, encoding, identity=identity.value, retest=retest.value)
    print_table(inspection.parts(lot), wanted, limit, Look("part", PART_COLUMNS))


def list_results(
    file: File,
    json: Json = False,
    csv: Csv = False,
    limit: Limit = None,
    test: OnlyTest = None,
    salvage: Salvage = False,
    encoding: Encoding = None,
) -> None:
    """List the readings: test, part, value in the test's unit, flags, verdict."""
    from corecar.bridge.files import inspection
    from corecar.cli.forms import form
    from corecar.cli.listing import Look, print_batches

    wanted = form(json, csv)
    lot = _read(file, salvage, encoding)
    rows = wanted.rows(limit)
    batches = inspection.results(lot, test=test, limit=rows)
    total = inspection.result_count(lot, test)
    print_batches(batches, wanted, total, Look("result", RESULT_COLUMNS, quantities=("value",)))


def list_records(
    file: File,
    kind: Kind = None,
    json: Json = False,
    csv: Csv = False,
    limit: Limit = None,
    salvage: Salvage = False,
    encoding: Encoding = None,
) -> None:
    """List the records of one type with every field, their number in the file and their byte; or count the types."""
    from corecar.bridge.files import inspection
    from corecar.cli.first_run import tell_first_run
    from corecar.cli.forms import form
    from corecar.cli.listing import Look, print_table

    wanted = form(json, csv)
    if kind is None:
        table = inspection.record_counts(file, on_error=on_error(salvage))
        print_table(table, wanted, limit, Look("record type"))
        return
    tell_first_run([file], ["records"])
    table = inspection.records(file, kind, encoding=encoding, on_error=on_error(salvage))
    print_table(table, wanted, limit, Look(f"{kind.upper()} record"))


TEST_COLUMNS = ("number", "name", "pin", "kind", "low_limit", "high_limit", "readings", "failed")
PART_COLUMNS = (
    *("part", "wafer", "x", "y", "part_id", "part_text", "head", "site", "hard_bin", "soft_bin", "passed"),
    *("attempt", "superseded", "incomplete", "test_time_ms"),
)
RESULT_COLUMNS = ("number", "name", "pin", "part", "wafer", "x", "y", "part_id", "site", "value", "passed")


def _read(file: Path, salvage: bool, encoding: str | None, **retests: Any) -> Lot:
    from corecar.cli.progress import reading
    from corecar.formats import read

    with reading(file) as progress:
        return read(file, on_error=on_error(salvage), encoding=encoding, progress=progress, **retests)
