"""Two recipes on the same lots: what each screen of either rejects, which parts differ, what it does to the yield."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from corecar.atomic import refused
from corecar.bridge.calls import Call
from corecar.bridge.files.ink_maps import ink_list
from corecar.bridge.grade.grading import check_one_lot, read_lot
from corecar.bridge.grade.whatif import insertions_read
from corecar.bridge.plain import plain
from corecar.bridge.travel import Returned, Sent
from corecar.errors import ArgumentError
from corecar.lot import Choice, Identity, Lot, OnError
from corecar.plurals import plural
from corecar.screen import Recipe, Screening, read_recipe, screen

ALL = "all together"
SCREEN_COUNTS = ("kills_a", "kills_b", "both", "only_a", "only_b")


@dataclass
class _Tally:
    """What was found so far: counts of each screen, a row per lot, a row per part that differs, notes."""

    screens: dict[str, dict[str, int]] = field(default_factory=dict)
    lots: list[dict[str, Any]] = field(default_factory=list)
    parts: list[dict[str, Any]] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)


def compare_recipes(
    a: str | Path | Recipe,
    b: str | Path | Recipe,
    sources: Sequence[str | Path | Lot],
    *,
    out: str | Path | None = None,
    identity: Identity = "auto",
    retest: Choice = "last",
    on_error: OnError = "raise",
) -> dict[str, Any]:
    """Screen the same lots by two recipes and say what differs. Nothing is graded.

    a, b     recipes, as in `corecar.grade`
    sources  one per lot: its file, a folder with all files of it, or a lot that was read before
    out      folder for comparison.json, screens.csv, lots.csv and parts.csv; nothing is written without
    others   as in `corecar.grade`
    Returns  said, rows (a screen each), lots, parts_that_differ, notes
    Raises   RecipeError, SourceError, OutputError; ArgumentError where a source holds several lots

    >>> compare_recipes("aec-q001", "zero-defect", ["lot.stdf.gz"])["lots"][0]["yield_change"]   # doctest: +SKIP
    -0.027
    """
    lots = (_one(source, identity, retest, on_error) for source in sources)
    return _answer(_recipe(a), _recipe(b), lots, out)


def recipe_compare(
    call: Call,
    a: Annotated[str, "A recipe file, or the name of one that comes with Corecar.", Sent(or_word=True)],
    b: Annotated[str, "The recipe to hold against it.", Sent(or_word=True)],
    lots: Annotated[list[str], "Names or numbers of the lots."],
    *,
    out: Annotated[
        str | Path | None, "A folder for comparison.json, screens.csv, lots.csv and parts.csv.", Returned(folder=True)
    ] = None,
) -> dict[str, Any]:
    """Screen the same lots by two recipes and say what differs, screen by screen and part by part. Nothing is graded.

    Raises  NotFound, RecipeError, OutputError, and what reading raises
    """
    one, other = read_recipe(a), read_recipe(b)
    read = (lot for named in lots for _, lot in insertions_read(call, named))
    return _answer(one, other, read, out)


def _one(source: str | Path | Lot, identity: Identity, retest: Choice, on_error: OnError) -> Lot:
    if isinstance(source, Lot):
        return source
    path = Path(source)
    files: list[str | Path] = sorted(one for one in path.iterdir() if one.is_file()) if path.is_dir() else [path]
    lot = read_lot(files, identity, retest, None, on_error, None)
    check_one_lot(lot)
    return lot


def _recipe(given: str | Path | Recipe) -> Recipe:
    return given if isinstance(given, Recipe) else read_recipe(given)


def _answer(a: Recipe, b: Recipe, lots: Iterable[Lot], out: str | Path | None) -> dict[str, Any]:
    tally = _Tally()
    for lot in lots:
        _add(tally, lot, a, b)
    if not tally.lots:
        raise ArgumentError("no lot was given to compare the recipes on. Give one file, or one folder, per lot.")
    answer = {
        "said": _said(tally, a, b),
        "facts": {"a": a.title, "b": b.title},
        "rows": [{"screen": name, **counts} for name, counts in tally.screens.items()],
        "lots": tally.lots,
        "parts_that_differ": tally.parts,
        "notes": list(tally.notes),
        "details": {"a": a.parameters(), "b": b.parameters()},
    }
    if out is not None:
        write_comparison(answer, out)
    return answer


def _add(tally: _Tally, lot: Lot, a: Recipe, b: Recipe) -> None:
    """Screen one lot by both and count."""
    one, other = (screen(lot, recipe, read_list=ink_list) for recipe in (a, b))
    by_a, by_b = _by_screen(one), _by_screen(other)
    for name in dict.fromkeys([*by_a, *by_b]):
        _count(tally, name, by_a.get(name, set()), by_b.get(name, set()))
    all_a, all_b = (set().union(*found.values()) for found in (by_a, by_b))
    _count(tally, ALL, all_a, all_b)
    tally.screens[ALL] = tally.screens.pop(ALL)
    label = _name(lot)
    good, tested = int((lot.final & lot.passed).sum()), int(lot.final.sum())
    ships_a, ships_b = good - len(all_a), good - len(all_b)
    change = (ships_b - ships_a) / tested if tested else None
    tally.lots.append(
        {
            "lot": label, "tested": tested, "good": good, "may_ship_a": ships_a, "may_ship_b": ships_b,
            "yield_a": ships_a / tested if tested else None, "yield_b": ships_b / tested if tested else None,
            "yield_change": change, "held_a": bool(one.hold), "held_b": bool(other.hold),
        }
    )  # fmt: skip
    tally.parts += _differing(label, one, other, all_a, all_b)
    for letter, found in (("A", one), ("B", other)):
        tally.notes |= dict.fromkeys(f"{label}, {letter}: {note}" for note in found.notes)
        tally.notes |= dict.fromkeys(f"{label}, {letter} would hold it: {reason}" for reason in found.hold)


def _by_screen(found: Screening) -> dict[str, set[int]]:
    """Parts that the screens of each kind reject."""
    out: dict[str, set[int]] = {one.screen.split(" ")[0]: set() for one in found.kills.screens}
    for rule, part in zip(found.verdicts["rule"].to_pylist(), found.verdicts["part"].to_pylist(), strict=True):
        out.setdefault(rule, set()).add(part)
    return out


def _count(tally: _Tally, name: str, a: set[int], b: set[int]) -> None:
    before = tally.screens.setdefault(name, dict.fromkeys(SCREEN_COUNTS, 0))
    counts = (len(a), len(b), len(a & b), len(a - b), len(b - a))
    tally.screens[name] = {key: before[key] + count for key, count in zip(SCREEN_COUNTS, counts, strict=True)}


def _differing(lot: str, one: Screening, other: Screening, a: set[int], b: set[int]) -> list[dict[str, Any]]:
    """Parts that only one of the recipes rejects, with its reasons."""
    rows = []
    for letter, found, only in (("A", one, a - b), ("B", other, b - a)):
        table = found.dispositions
        columns = (table[name].to_pylist() for name in ("part", "unit", "reasons"))
        rows += [
            {"lot": lot, "part": unit, "rejected_by": letter, "why": why}
            for part, unit, why in zip(*columns, strict=True)
            if part in only
        ]
    return rows


def _name(lot: Lot) -> str:
    names = [name for name in dict.fromkeys(lot.runs["lot"].to_pylist()) if name]
    stages = [stage for stage in dict.fromkeys(lot.runs["stage"].to_pylist()) if stage]
    return " ".join((", ".join(names) or "without a name", *stages))


def _said(tally: _Tally, a: Recipe, b: Recipe) -> str:
    both = tally.screens[ALL]
    tested, ships_a, ships_b = (sum(row[key] for row in tally.lots) for key in ("tested", "may_ship_a", "may_ship_b"))
    shares = "" if not tested else f" ({ships_a / tested:.3%} against {ships_b / tested:.3%})"
    return (
        f"Of {plural(tested, 'part')} in {plural(len(tally.lots), 'lot')}, {ships_a:,} may ship by A, {a.title}, and "
        f"{ships_b:,} by B, {b.title}{shares}; "
        f"{both['only_a']:,} are rejected by A alone, {both['only_b']:,} by B alone."
    )


def write_comparison(answer: dict[str, Any], out: str | Path) -> None:
    """Write comparison.json, screens.csv, lots.csv and parts.csv into a folder. Raises OutputError."""
    tables = {"screens": answer["rows"], "lots": answer["lots"], "parts": answer["parts_that_differ"]}
    heads = {"screens": ["screen", *SCREEN_COUNTS], "parts": ["lot", "part", "rejected_by", "why"]}
    contents = {"comparison.json": json.dumps(plain(answer), indent=1, ensure_ascii=False) + "\n"}
    for name, rows in tables.items():
        text = io.StringIO()
        writer = csv.DictWriter(text, heads.get(name) or list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        contents[f"{name}.csv"] = text.getvalue()
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            (Path(out) / name).write_text(content, encoding="utf-8")
    except OSError as error:
        raise refused(out, error) from error
