"""From a CSV datalog and its mapping to a lot."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.errors import MappingError
from corecar.faults import Faults
from corecar.formats.bins import bin_table
from corecar.formats.datalog.cells import Cells
from corecar.formats.datalog.grammar import REMARK
from corecar.formats.datalog.mapping import Mapping, load_mapping
from corecar.formats.datalog.parts import constant, grouped, part_facts, placed_columns, run_rows
from corecar.formats.datalog.programs import column_of, test_columns, test_facts
from corecar.formats.datalog.readings import Readings, long_readings, wide_readings
from corecar.formats.datalog.sheet import Sheet, open_sheet
from corecar.formats.recognition import mapping_beside
from corecar.formats.retests import Attempts, Resolved, resolve
from corecar.formats.stdf.marks import BETWEEN, tells_loss
from corecar.lot import BoolArray, Choice, Identity, Int64Array, Lot, Results, Source, UInt16Array, failed
from corecar.stdf_values import NO_COORDINATE, NO_VERDICT, PART_ABNORMAL, PART_FAILED, PART_NO_VERDICT
from corecar.tables import schema

IDENTITY_FACTS = ("part_id", "part_text", "wafer", "x", "y", "attempt")
"""Facts that together tell one part from another in a long layout."""


def read_datalog(
    path: str | Path,
    mapping: str | Path | Dictionary[str, Any] | None = None,
    *,
    identity: Identity = "auto",
    retest: Choice = "last",
) -> Lot:
    """A lot from a CSV datalog by a declared mapping.

    path      the CSV file, plain or compressed
    mapping   a TOML file, or a dictionary of the same shape; by default `<file>.toml` beside the CSV
    identity  what makes two rows the same unit, as in `corecar.read`
    retest    which of them counts, as in `corecar.read`
    Raises    SourceMissing, UnknownFormat, DamagedSource; MappingError with every fault at once, each with its line,
              column, what was expected and found, and the nearest known name; ArgumentError

    >>> lot = read_datalog("lot7.csv", "tester.toml")      # doctest: +SKIP
    >>> lot.tests["name"][0].as_py()                       # doctest: +SKIP
    'VDD'
    """
    notes: list[str] = []
    if mapping is None:
        mapping = _mapping_beside(Path(path))
        notes.append(f"The mapping was found beside the data: {mapping}.")
    declared = load_mapping(mapping)
    faults = Faults()
    sheet = open_sheet(path, declared, faults)
    cells = Cells(sheet, declared, faults)
    gather = _long if declared.layout == "long" else _wide
    facts, run_table, readings = gather(sheet, declared, cells, faults, notes)
    faults.settle()
    if cells.padded:
        notes.append(f"{cells.padded} short rows were filled with missing readings.")
    return _lot(sheet, declared, facts, run_table, readings, notes, identity, retest)


def _mapping_beside(path: Path) -> Path:
    found = mapping_beside(path)
    if found is None:
        raise MappingError(
            f"{path}: no mapping was given and neither {path.name}.toml nor {path.with_suffix('.toml').name} stands "
            f"beside it. Make one: corecar datalog propose {path} > {path.name}.toml"
        )
    return found


def _wide(
    sheet: Sheet, mapping: Mapping, cells: Cells, faults: Faults, notes: list[str]
) -> tuple[dict[str, Any], Any, Readings]:
    """Facts of the parts, the runs table and the readings of a wide sheet."""
    places = list(placed_columns(sheet, mapping.lot | mapping.parts, faults).values())
    chosen, left = test_columns(sheet, mapping, cells, faults)
    faults.settle()
    if not chosen:
        faults.add(sheet.path, "no column holds readings.", advice="Name the test columns under [tests].")
    tests, assumed = test_facts(sheet, mapping, chosen, faults)
    faults.settle()
    kinds = tests["kind"].to_pylist()
    words = [column for column, kind in zip(chosen, kinds, strict=True) if kind == "functional"]
    read = cells.read([*places, *words], [column for column in chosen if column not in set(words)])
    read |= {column: cells.verdicts(column, read[column]) for column in words}
    faults.settle()
    rows = len(next(iter(read.values())))
    notes += [*left, *assumed]
    facts = part_facts(sheet, mapping, cells, read, rows, faults)
    run_table, run = run_rows(sheet, mapping, read, rows, "wafer" in facts, faults)
    faults.settle()
    return facts | {"run": pa.array(run)}, run_table, wide_readings(chosen, read, tests)


def _long(
    sheet: Sheet, mapping: Mapping, cells: Cells, faults: Faults, notes: list[str]
) -> tuple[dict[str, Any], Any, Readings]:
    """Facts of the parts, the runs table and the readings of a long sheet."""
    places = list(placed_columns(sheet, mapping.lot | mapping.parts, faults).values())
    columns = {fact: column_of(sheet, name, faults) for fact, name in mapping.readings.items()}
    faults.settle()
    read = cells.read([*places, *columns.values()], [])
    rows = len(next(iter(read.values())))
    facts = part_facts(sheet, mapping, cells, read, rows, faults)
    run_table, run = run_rows(sheet, mapping, read, rows, "wafer" in facts, faults)
    facts["run"] = pa.array(run)
    part, firsts = grouped([facts[fact] for fact in (*IDENTITY_FACTS, "run") if fact in facts], rows)
    _agree(sheet, mapping, facts, part, firsts, faults)
    faults.settle()
    readings, assumed = long_readings(cells, columns, read, part)
    notes += assumed
    return {fact: column.take(pa.array(firsts)) for fact, column in facts.items()}, run_table, readings


def _agree(
    sheet: Sheet, mapping: Mapping, facts: dict[str, Any], part: Int64Array, firsts: Int64Array, faults: Faults
) -> None:
    """A part has one site, one bin, one verdict: rows of one part that differ in them are faults."""
    for fact in ("site", "head", "hard_bin", "soft_bin", "passed"):
        if fact not in facts:
            continue
        code, _ = grouped([facts[fact]], len(part))
        wrong = np.flatnonzero(code != code[firsts][part])
        if len(wrong):
            row, first = int(wrong[0]), int(firsts[part[wrong[0]]])
            problem = (
                f"{facts[fact][row]} here, {facts[fact][first]} in line {sheet.data_lines[first][0]} of that part."
            )
            faults.add(sheet.path, problem, row=sheet.data_lines[row][0], column=mapping.parts[fact].column or fact,
                       advice="If it is another attempt at the part, map the column that counts attempts.")  # fmt: skip


def _lot(
    sheet: Sheet, mapping: Mapping, facts: dict[str, Any], run_table: Any, readings: Readings, notes: list[str],
    identity: Identity, retest: Choice,
) -> Lot:  # fmt: skip
    rows = len(facts["run"])
    facts["passed"] = _passed(mapping, facts, readings.results, rows, notes)
    incomplete = pc.fill_null(facts.get("incomplete", pa.array([False] * rows, pa.bool_())), False)
    facts["incomplete"] = incomplete
    facts["flags"] = _part_flags(facts["passed"], incomplete)
    resolved = _resolved(facts, rows, run_table, identity, retest)
    parts = _part_table(facts, resolved, readings.results, rows)
    tests = _test_table(readings.tests)
    remarks = _remarks(sheet, mapping)
    if "passed" not in mapping.readings:
        notes.append(_verdict_note(tests))
    return Lot(
        runs=run_table,
        parts=parts,
        tests=tests,
        measurements=readings.results,
        repeats=readings.repeats,
        part_limits=readings.part_limits,
        bins=bin_table(parts, resolved.report.identity),
        wafers=_wafer_table(parts),
        texts=_text_table(remarks),
        sources=(_source(sheet, rows, remarks),),
        retests=resolved.report,
        notes=(*notes, *resolved.notes),
        units=resolved.unit,
    )


def _verdict_note(tests: Any) -> str:
    if all(tests[side].null_count == tests.num_rows for side in ("low_limit", "high_limit")):
        return "The readings bear no pass or fail: the datalog tells neither it nor limits."
    return "Pass or fail of each reading was derived from the limits: the datalog does not tell it."


def _passed(mapping: Mapping, facts: dict[str, Any], results: Results, rows: int, notes: list[str]) -> Any:
    """Which parts passed: by the verdict column, else by bin, else by their readings; null where nothing says."""
    if "passed" in facts:
        return facts["passed"]
    for fact, word in (("hard_bin", "hard"), ("soft_bin", "soft")):
        if fact in facts:
            bins = pa.array(mapping.pass_bins, pa.int64())
            notes.append(f"A part passes when its {word} bin is {' or '.join(map(str, mapping.pass_bins))}.")
            return pc.if_else(pc.is_valid(facts[fact]), pc.is_in(facts[fact], bins), None)
    notes.append("Pass or fail of each part was derived from the limits of its readings: no column tells it.")
    fails, judged = np.zeros(rows, np.bool_), np.zeros(rows, np.bool_)
    fails[results.part[failed(results.flags)]] = True
    judged[results.part[(results.flags & NO_VERDICT) == 0]] = True
    return pa.array(~fails, mask=~judged)


def _part_flags(passed: Any, incomplete: Any) -> Any:
    told = _bools(passed)
    flags = np.where(told, 0, PART_FAILED) * _bools(pc.is_valid(passed))
    flags += np.where(_bools(pc.is_valid(passed)), 0, PART_NO_VERDICT) + np.where(_bools(incomplete), PART_ABNORMAL, 0)
    return pa.array(flags.astype(np.uint8))


def _bools(column: Any) -> BoolArray:
    filled: BoolArray = pc.fill_null(column, False).to_numpy(zero_copy_only=False)
    return filled


def _resolved(facts: dict[str, Any], rows: int, run_table: Any, identity: Identity, retest: Choice) -> Resolved:
    run = facts["run"].to_numpy()
    wafer = facts.get("wafer", pa.nulls(rows, pa.string()))
    lot = run_table["lot"].combine_chunks().take(facts["run"])
    group, _ = grouped([lot, wafer], rows)
    attempts = Attempts(
        group=group,
        on_wafer=_bools(pc.is_valid(wafer)),
        x=_coordinates(facts, "x", rows),
        y=_coordinates(facts, "y", rows),
        flags=facts["flags"].to_numpy(),
        complete=~_bools(facts["incomplete"]),
        passed=_bools(facts["passed"]),
        part_id=_texts(facts, "part_id", rows),
        part_text=_texts(facts, "part_text", rows),
        ecid=None,
        test_pass=_test_pass(facts, run_table["test_pass"].to_numpy()[run]),
        run=run.astype(np.uint32),
    )
    return resolve(attempts, identity, retest)


def _test_pass(facts: dict[str, Any], of_run: UInt16Array) -> UInt16Array:
    """1 in a first test, 2 and up in a retest: the datalog's own count of attempts where it has one."""
    if "attempt" not in facts:
        return of_run
    told: UInt16Array = pc.coalesce(pc.cast(facts["attempt"], pa.uint16()), pa.array(of_run)).to_numpy()
    return told


def _coordinates(facts: dict[str, Any], fact: str, rows: int) -> Any:
    if fact not in facts:
        return np.full(rows, NO_COORDINATE, np.int16)
    return pc.fill_null(facts[fact], NO_COORDINATE).to_numpy().astype(np.int16)


def _texts(facts: dict[str, Any], fact: str, rows: int) -> Any:
    return facts[fact] if fact in facts else pa.nulls(rows, pa.string())


def _part_table(facts: dict[str, Any], resolved: Resolved, results: Results, rows: int) -> Any:
    """The `parts` table."""
    given = {
        "part": pa.array(np.arange(rows)),
        "head": pa.array(np.ones(rows, np.int64)),
        "site": pa.array(np.ones(rows, np.int64)),
        "attempt": pa.array(resolved.attempt),
        "superseded": pa.array(resolved.superseded),
        "test_count": pa.array(np.minimum(np.bincount(results.part, minlength=rows), 65535)),
    }
    columns = given | facts | {"attempt": given["attempt"]}
    for fact in ("head", "site", "test_count"):
        columns[fact] = pc.coalesce(pc.cast(columns[fact], given[fact].type), given[fact])
    wanted = schema("parts")
    arrays = [columns.get(field.name, pa.nulls(rows, field.type)) for field in wanted]
    arrays = [
        pc.dictionary_encode(pc.cast(array, pa.string())) if field.name == "wafer" else array.cast(field.type)
        for array, field in zip(arrays, wanted, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=wanted)


def _test_table(tests: dict[str, Any]) -> Any:
    columns = {"test": pa.array(np.arange(len(tests["number"])), pa.uint32()), **tests}
    wanted = schema("tests")
    return pa.Table.from_arrays([columns[field.name] for field in wanted], schema=wanted)


def _wafer_table(parts: Any) -> Any:
    """One row per wafer and run, in the order in which their parts begin."""
    chosen = parts.filter(pc.is_valid(parts["wafer"])).select(["wafer", "run", "head"])
    wafer = pc.cast(chosen["wafer"], pa.string()).combine_chunks()
    keys = [wafer, chosen["run"].combine_chunks(), chosen["head"].combine_chunks()]
    _, firsts = grouped(keys, len(wafer))
    columns = {"wafer": wafer, "run": keys[1], "head": keys[2]}
    wanted = schema("wafers")
    taken = pa.array(firsts)
    arrays = [
        columns[field.name].take(taken) if field.name in columns else pa.nulls(len(firsts), field.type)
        for field in wanted
    ]
    return pa.Table.from_arrays(arrays, schema=wanted)


def _remarks(sheet: Sheet, mapping: Mapping) -> list[str]:
    """What the mapping or a line above the header says in words; it was found before."""
    place = mapping.lot.get(REMARK)
    said = None if place is None else constant(sheet, mapping, f"[lot] {REMARK}", place, Faults())
    return [] if not said else said.split(BETWEEN)


def _text_table(remarks: list[str]) -> Any:
    """The remarks as texts of the first run."""
    rows = [{"run": 0, "sequence": at, "offset": 0, "kind": "DTR", "text": text} for at, text in enumerate(remarks)]
    return pa.Table.from_pylist(rows, schema=schema("texts"))


def _source(sheet: Sheet, rows: int, remarks: list[str]) -> Source:
    member = sheet.member
    return Source(
        path=sheet.path,
        bytes=member.path.stat().st_size,
        compression=member.compression,
        format="datalog",
        endian=None,
        version=None,
        salvaged=False,
        warnings=tuple(filter(tells_loss, remarks)),
        records={"row": rows},
    )
