"""Whether limits come out again: every record of a file derived once more from the tester files it rests on."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from corecar.bridge.files.ink_maps import ink_list
from corecar.bridge.limits.static_limits import read_static_limits, read_whole_lot
from corecar.errors import ArgumentError, SourceError, SourceMissing
from corecar.lot import Choice, Identity, Lot, OnError
from corecar.screen.kept_recipes import recipe_of
from corecar.screen.limit_record import LimitRecord
from corecar.screen.rederiving import rederive
from corecar.screen.rows import DRIFT, STATIC
from corecar.screen.screening import screen
from corecar.screen.static_lots import StaticTest, baseline_readings

SUMMARY, LIMITS = "summary.json", "limits.parquet"
ELSEWHERE = {
    STATIC: "comes from a file of static limits: check that one",
    DRIFT: "rests on the units before the stress, which are not among the files",
}
"""Screens whose limits come from other files than those of the lot."""


@dataclass(frozen=True)
class LimitCheck:
    """One limit and whether it came out again: `same`, `different` or `not checked`, and why not."""

    number: int | None
    name: str
    pin: str
    screen: str
    scope: str
    outcome: str
    why: str

    def to_dict(self) -> dict[str, Any]:
        """As plain values ready for JSON."""
        return asdict(self)


def check_limits(
    records: str | Path,
    sources: Sequence[str | Path],
    *,
    identity: Identity = "auto",
    retest: Choice = "last",
    on_error: OnError = "raise",
) -> tuple[LimitCheck, ...]:
    """Derive limits again from the tester files that they were made of, and compare every bit.

    records  a file of static limits that `corecar static` wrote, or the folder of a grading
    sources  of static limits one per lot of the baseline, as they were given then; of a grading all files of its lot
    others   as in `corecar.read`, as they were then
    Raises   SourceMissing, SourceError for what holds no limits; ArgumentError for none to be checked; RecipeError
    Source   AEC-Q001 Rev D: limits are recorded; that they come out again to the bit is Corecar's own
    """
    how: dict[str, Any] = {"identity": identity, "retest": retest, "on_error": on_error}
    of = _of_grading if Path(records).is_dir() else _of_static
    found = tuple(of(Path(records), sources, how))
    if not found:
        raise ArgumentError(f"{records}: holds no limits, so there is nothing to check.")
    return found


def _of_static(path: Path, sources: Sequence[str | Path], how: dict[str, Any]) -> Iterator[LimitCheck]:
    tests = read_static_limits(path)
    lots = [read_whole_lot(Path(source), how) for source in sources]
    for test, readings in zip(tests, baseline_readings(lots, tests), strict=True):
        if test.limits is None or isinstance(readings, str):
            yield _of_test(test, "not checked", str(readings))
            continue
        try:
            again = rederive(test.limits.record, readings)
        except ArgumentError as error:
            yield _of_test(test, "different", str(error))
            continue
        same = again.digest() == test.limits.record.digest()
        yield _of_test(test, *(("same", "") if same else ("different", _differs(test.limits.record, again))))


def _of_test(test: StaticTest, outcome: str, why: str) -> LimitCheck:
    scope = "" if test.limits is None else test.limits.record.scope
    return LimitCheck(*test.key, STATIC, scope, outcome, why)


def _differs(kept: LimitRecord, again: LimitRecord) -> str:
    """The first of a record's fields that came out otherwise."""
    pairs = ((field.name, getattr(kept, field.name), getattr(again, field.name)) for field in fields(LimitRecord))
    return next(f"{name}: {one!r} in the record, {other!r} derived" for name, one, other in pairs if one != other)


def _of_grading(folder: Path, sources: Sequence[str | Path], how: dict[str, Any]) -> Iterator[LimitCheck]:
    """The rows of a grading's `limits` table beside those of the same recipe over the same files."""
    summary, kept = _kept(folder)
    lot = _lot(sources, how)
    again = screen(lot, recipe_of(summary["parameters"]), read_list=ink_list).limits
    rows: dict[tuple[Any, ...], deque[dict[str, Any]]] = defaultdict(deque)
    for row in again.to_pylist():
        rows[_place(row)].append(row)
    for row in kept.to_pylist():
        same = rows[_place(row)]
        yield _of_row(row, same.popleft() if same else None, lot)


def _kept(folder: Path) -> tuple[dict[str, Any], Any]:
    """Summary and `limits` table of a folder that grading wrote."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for name in (SUMMARY, LIMITS):
        if not (folder / name).is_file():
            raise SourceMissing(folder, f"there is no {name} in it.", advice="Give a folder that grading wrote.")
    try:
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        return {"parameters": summary["parameters"]}, pq.read_table(folder / LIMITS)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise SourceError(
            folder, f"is no whole folder of a grading: {error}.", advice="Grade the lot again."
        ) from error


def _lot(sources: Sequence[str | Path], how: dict[str, Any]) -> Lot:
    from corecar.formats import read

    return read(list(sources), **how)


def _place(row: dict[str, Any]) -> tuple[Any, ...]:
    """What tells one limit of a lot from the others; several screens of one kind have them in the same order."""
    return tuple(row[name] for name in ("screen", "test", "scope", "population"))


def _of_row(kept: dict[str, Any], again: dict[str, Any] | None, lot: Lot) -> LimitCheck:
    number, name, pin = None, "", ""
    if kept["test"] is not None and kept["test"] < lot.tests.num_rows:
        number, name, pin = (lot.tests[column][kept["test"]].as_py() for column in ("number", "name", "pin"))
    outcome, why = _outcome(kept, again)
    return LimitCheck(number, name or "", pin or "", kept["screen"], kept["scope"] or "", outcome, why)


def _outcome(kept: dict[str, Any], again: dict[str, Any] | None) -> tuple[str, str]:
    if kept["screen"] in ELSEWHERE:
        return "not checked", ELSEWHERE[kept["screen"]]
    if again is None:
        return "different", "the files give no such limit: other files, or read in another way"
    for name in kept:
        if name != "limit" and kept[name] != again[name]:
            return "different", f"{name}: {kept[name]!r} in the record, {again[name]!r} derived"
    return "same", ""
