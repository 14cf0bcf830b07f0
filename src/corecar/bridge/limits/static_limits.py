"""Static limits from the files of several lots, and the file that keeps them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from corecar.atomic import whole_file
from corecar.errors import ArgumentError, DamagedSource, SourceMissing, TooFewParts, UnknownFormat
from corecar.file_kinds import json_of
from corecar.formats.recognition import is_companion
from corecar.lot import Choice, Identity, Lot, OnError
from corecar.screen.limit_record import LimitRecord
from corecar.screen.lot_yields import lot_yields
from corecar.screen.recipe import read_recipe
from corecar.screen.shaping import shape_rules
from corecar.screen.static import StaticLimits
from corecar.screen.static_lots import StaticTest, static_limits_of_lots

KIND = "static part-average limits"
WANTED = "a file of static limits (JSON)"
ADVICE = "Make one with `corecar static`."
IN_FORCE = "in-force"
"""Word in place of a file: the limit set that was released for the product, stage and temperature of a lot."""


def make_static_limits(
    sources: Sequence[str | Path],
    out: str | Path,
    *,
    day: date | None = None,
    updated: date | None = None,
    changed: date | None = None,
    preliminary: bool = False,
    recipe: str | Path | None = None,
    identity: Identity = "auto",
    retest: Choice = "last",
    on_error: OnError = "raise",
) -> tuple[StaticTest, ...]:
    """Make static limits of every test from several lots, and write them into a file.

    sources      one per lot: its file, or a folder with all files of it
    out          the file to write
    day          day of the limits; that of the lot tested last by default
    updated      day of the limits in force, and `changed` that of the last change of design or process
    preliminary  whether fewer than six lots may make limits, marked as preliminary
    recipe       whose `[dynamic-pat]` and `[shape]` say how
    others       as in `corecar.read`
    Raises       SourceError, RecipeError, OutputError; ArgumentError for lots of several products or insertions;
                 TooFewParts when no test gets limits: then nothing is written
    Source       AEC-Q001 Rev D
    """
    how: dict[str, Any] = {"identity": identity, "retest": retest, "on_error": on_error}
    rules = shape_rules(read_recipe(recipe))
    lots = [read_whole_lot(Path(source), how) for source in sources]
    when = day or max((one.tested_on for one in map(lot_yields, lots) if one.tested_on), default=None)
    if when is None:
        raise ArgumentError("no file says when it was tested: give the day of the limits.")
    tests = static_limits_of_lots(
        lots, today=when, updated=updated, changed=changed, preliminary=preliminary, rules=rules
    )
    if not any(one.limits is not None and one.limits.record.applied for one in tests):
        reasons = list(dict.fromkeys(one.why for one in tests if one.why))[:3]
        raise TooFewParts(
            f"no test gets static limits, and {out} was not written: {' '.join(reasons)} "
            "Preliminary ones, of fewer lots, are made when asked for: preliminary=True."
        )
    write_static_limits(tests, out)
    return tests


def write_static_limits(tests: Sequence[StaticTest], out: str | Path) -> None:
    """Write static limits as JSON, whole or not at all; `read_static_limits` reads back the same bits."""
    with whole_file(out) as place:
        place.write_text(static_text(tests), encoding="utf-8")


def static_text(tests: Sequence[StaticTest]) -> str:
    """Static limits as the text of their file, the same letters for the same bits."""
    return json.dumps({"kind": KIND, "tests": [_plain(test) for test in tests]}, indent=1, ensure_ascii=False) + "\n"


def read_static_limits(path: str | Path) -> tuple[StaticTest, ...]:
    """The inverse of `write_static_limits`.

    Raises  SourceMissing, UnknownFormat, DamagedSource; ArgumentError for `in-force`, which a workspace knows
    """
    if str(path) == IN_FORCE and not Path(path).is_file():
        raise ArgumentError(
            f"{IN_FORCE} is the limit set in force of a workspace, and what is graded are files. Take them in "
            "(`corecar ingest`) and grade the lot by its name, or name a file that `corecar static` wrote."
        )
    if not Path(path).exists():
        raise SourceMissing(path, "there is no file of static limits.", advice=ADVICE)
    content = json_of(path, WANTED, ADVICE)
    if not isinstance(content, dict) or content.get("kind") != KIND:
        said = f', of kind "{content["kind"]}"' if isinstance(content, dict) and "kind" in content else ""
        raise UnknownFormat(path, f"this looks like JSON{said}; expected {WANTED}.", advice=ADVICE)
    try:
        return tuple(_test(values) for values in content["tests"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        problem = f"the file of static limits is not whole: {type(error).__name__} at {error}."
        raise DamagedSource(path, problem, advice=ADVICE) from error


def parse_static_limits(text: str) -> tuple[StaticTest, ...]:
    """The inverse of `static_text`. Raises ValueError, KeyError, TypeError, AttributeError for another text."""
    content = json.loads(text)
    if content["kind"] != KIND:
        raise ValueError(f"kind {content['kind']!r}")
    return tuple(_test(values) for values in content["tests"])


def read_whole_lot(source: Path, how: dict[str, Any]) -> Lot:
    """The lot in a file, or in a folder with all files of it; `how` as in `corecar.read`.

    What belongs to a tester file and is none, such as the truth of a simulated lot, is left alone.
    Raises  SourceMissing for a folder without a tester file, and what `corecar.read` raises
    """
    from corecar.formats import read
    from corecar.formats.prepared import is_parquet_lot

    if not source.is_dir() or is_parquet_lot(source):
        return read([source], **how)
    files = sorted(one for one in source.iterdir() if one.is_file() and not is_companion(one))
    if not files:
        raise SourceMissing(source, "the folder holds no tester file.", advice="Name the folder of one lot.")
    return read(files, **how)


def _plain(test: StaticTest) -> dict[str, Any]:
    number, name, pin = test.key
    limits = test.limits
    found = None if limits is None else {**asdict(limits), "record": limits.record.to_dict(),
                                         "set_on": limits.set_on.isoformat()}  # fmt: skip
    return {"number": number, "name": name, "pin": pin, "unit": test.unit, "limits": found, "why": test.why}


def _test(values: dict[str, Any]) -> StaticTest:
    key = (int(values["number"]), str(values["name"]), str(values["pin"]))
    found, unit = values["limits"], str(values.get("unit", ""))
    if found is None:
        return StaticTest(key, None, str(values["why"]), unit)
    limits = StaticLimits(
        record=LimitRecord.from_dict(found["record"]),
        lots=tuple(found["lots"]),
        left_out=tuple((str(name), str(why)) for name, why in found["left_out"]),
        set_on=date.fromisoformat(found["set_on"]),
        preliminary=str(found["preliminary"]),
        flags=tuple(found["flags"]),
    )
    return StaticTest(key, limits, str(values["why"]), unit)
