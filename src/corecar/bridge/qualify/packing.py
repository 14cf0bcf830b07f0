"""The submission (PPAP) of a qualification: its elements by level, and the folder that a customer checks offline."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa

from corecar.bridge.calls import Call
from corecar.bridge.files.submissions import DATA, INDEX, sha256
from corecar.bridge.plain import plain
from corecar.bridge.qualify.kept_qualifications import Kept, Number, evidence_of, one, state_at, statuses_of
from corecar.bridge.qualify.kept_tables import known_charts, table_csv, tables_of
from corecar.bridge.qualify.opening import history_of, owner_of
from corecar.bridge.travel import Returned
from corecar.errors import OutputError
from corecar.formats.outputs.sheets import styles_of, table_sheet, workbook
from corecar.plurals import plural
from corecar.qualify.ppap import ELEMENTS
from corecar.qualify.quality_tables import ELEMENT_OF, overdue
from corecar.qualify.submission import FORMAT, evidence_as_data, judged
from corecar.report.pdf import typeset
from corecar.report.qualification import qualification_document

Level = Annotated[int, "Level of the submission, 1 to 5."]


def ppap(call: Call, number: Number, *, level: Level = 3) -> dict[str, Any]:
    """Show the 18 elements of the submission: what the level asks, and what is there.

    Documents are attached with `qualify attach NUMBER ELEMENT FILE`; one that does not apply is left out with
    `qualify skip NUMBER ELEMENT`, with the reason.
    Raises  NotFound; ArgumentError for a level that there is none of
    """
    found = one(call, number)
    again = judged(_data(call, found, level, {}))
    said = f"Level {level}: {plural(len(again['missing']), 'element')} to be submitted and missing."
    return {"said": said, "rows": again["elements"], "missing": again["missing"]}


def pack(
    call: Call,
    number: Number,
    out: Annotated[str | Path, "A new folder for the submission.", Returned(folder=True)],
    *,
    level: Level = 3,
    part: Annotated[str | None, "The customer's number of the part."] = None,
    reason: Annotated[str, "Reason of the submission, as the warrant says it."] = "initial submission",
) -> dict[str, Any]:
    """Write the submission folder: PDF with the warrant, workbook, data, documents, and an index with every hash.

    Whoever gets it checks it without a workspace: `corecar qualify verify FOLDER`. What is missing is told, and stands
    in it.
    Raises  NotFound; ArgumentError; OutputError where the folder is there or cannot be written
    """
    found = one(call, number)
    warrant = {
        "supplier": owner_of(call, found), "customer": found.row.customer, "part": part, "product": found.row.product,
        "reason": reason, "level": level, "submitted by": call.actor.name, "date": f"{call.now:%Y-%m-%d}",
        "status": state_at(found, call.now),
    }  # fmt: skip
    data = _data(call, found, level, warrant)
    again = judged(data)
    folder = Path(out)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise OutputError(f"{folder}: it cannot be made ({error.strerror}). Name a new folder.") from error
    try:
        _write(found, folder, data, again)
        files = _index(folder, number)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    late = [f"{each['table']}: {each['finding']}" for each in overdue(data["tables"], call.now.date())]
    lacks = [
        *again["gaps"],
        *again["findings"],
        *late,
        *(f"to be submitted and missing: {name}" for name in again["missing"]),
    ]
    digest = sha256(folder / INDEX)
    return {
        "said": f"{plural(files, 'file')} of qualification {number} are in {folder}. SHA-256 of the index: {digest}",
        "sha256_of_index": digest, "files": files, "rows": [{"missing": one} for one in lacks],
    }  # fmt: skip


def _data(call: Call, found: Kept, level: int, warrant: Mapping[str, Any]) -> dict[str, Any]:
    """All that the submission says, as JSON has it."""
    statuses = statuses_of(found)
    current = [file for file in found.files if file.version == found.plan.version]
    documents: dict[str, list[str]] = {}
    for file in current:
        documents.setdefault(file.subject, []).append(file.name)
    tables = tables_of(found)
    for kind in tables.keys() & ELEMENT_OF.keys():
        documents.setdefault(ELEMENT_OF[kind], []).append(f"{kind}.csv")
    told: dict[str, Any] = plain({
        "format": FORMAT, "number": found.row.id, "product": found.row.product, "state": state_at(found, call.now),
        "version": found.plan.version, "level": level, "accounts": call.actor.accounts, "asked": found.plan.asked,
        "tests": found.plan.rows["tests"],
        "evidence": {row.test: evidence_as_data(evidence_of(found, row)) for row in found.rows},
        "statuses": {test: {"state": each.state, "gaps": list(each.gaps)} for test, each in statuses.items()},
        "documents": documents, "tables": tables, "charts": known_charts(call, tables),
        "not_needed": {entry.subject: entry.text for entry in found.of("skip") if entry.subject in ELEMENTS},
        "runs": [{"test": entry.subject, **entry.facts} for entry in found.of("runs")],
        "history": history_of(found), "warrant": warrant,
    })  # fmt: skip
    return told


def _write(found: Kept, folder: Path, data: dict[str, Any], again: Mapping[str, Any]) -> None:
    (folder / "data").mkdir()
    (folder / DATA).write_text(json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    document = qualification_document(data, again["elements"], again["gaps"])
    (folder / "submission.pdf").write_bytes(typeset(document))
    with workbook(folder / "submission.xlsx") as book:
        styles = styles_of(book)
        for title, rows in _sheets(data, again):
            if rows:
                table_sheet(book, styles, title, pa.Table.from_pylist(rows))
    taken: set[Path] = set()
    for file in found.files:
        if file.version == found.plan.version:
            place = folder / "documents" / file.subject / file.name
            place = place if place not in taken else place.with_name(f"{file.id}-{file.name}")
            taken.add(place)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.content)

    for kind, rows in tables_of(found).items():
        place = folder / "documents" / ELEMENT_OF.get(kind, "tables") / f"{kind}.csv"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(table_csv(kind, rows))


def _sheets(data: Mapping[str, Any], again: Mapping[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Sheets of the workbook: tests, results, elements, drift, history."""
    tests = [{**row, "result": data["statuses"][row["test"]]["state"],
              "missing": "; ".join(data["statuses"][row["test"]]["gaps"])} for row in data["tests"]]  # fmt: skip
    results = [{"test": test, **each} for test, kept in data["evidence"].items() for each in kept["results"]]
    drifts = [{"test": run["test"], **{f"of_{key}" if key == "test" else key: value for key, value in row.items()}}
              for run in data["runs"] for row in run["rows"]]  # fmt: skip
    return [("Tests", tests), ("Results", results), ("Elements", list(again["elements"])), ("Drift", drifts),
            *((kind, list(rows)) for kind, rows in data["tables"].items()), ("History", data["history"])]  # fmt: skip


def _index(folder: Path, number: int) -> int:
    """Write the index; returns how many files it lists."""
    paths: Sequence[Path] = sorted(path for path in folder.rglob("*") if path.is_file())
    files = [{"path": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size, "sha256": sha256(path)}
             for path in paths]  # fmt: skip
    index = {"format": FORMAT, "qualification": number, "files": files}
    (folder / INDEX).write_text(json.dumps(index, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return len(files)
