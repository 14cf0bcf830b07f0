"""Grade a lot of the workspace: every insertion from the sources that were kept, under the facts in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.calls import Call
from corecar.bridge.grade.grading import grade_lot
from corecar.bridge.limits.chosen_limits import StaticChoice
from corecar.bridge.lot.kept_lots import KeptRun, by_insertion, insertion_label, kept_lot, kept_runs, left_out_by
from corecar.bridge.lot.kept_overrides import LIMIT_RECORDS, approved_overrides, rejected_units
from corecar.bridge.lot.left_out import runs_left_out
from corecar.bridge.lot.lot_histories import add_event
from corecar.bridge.lot.run_rows import distinct
from corecar.bridge.plain import plain
from corecar.bridge.travel import Returned, Sent
from corecar.errors import Conflict
from corecar.graded import Grade
from corecar.lot import Choice, Identity
from corecar.plurals import plural
from corecar.screen import Recipe, read_recipe
from corecar.screen.limit_hashes import limit_hashes
from corecar.screen.lot_yields import LotYields, read_lot_yields
from corecar.screen.overrides import Override
from corecar.screen.screening import with_static
from corecar.store.catalogue.models import Grading, Lot, Run
from corecar.store.lot_states import SCREEN_ISOLATES, SCREEN_STOPS
from corecar.store.objects import ObjectStore

Graded = tuple[tuple[str | None, ...], Sequence[KeptRun], Grade]
"""An insertion, its runs, and what grading them found."""


def grade(
    call: Call,
    lot: Annotated[str, "Name or number of the lot."],
    *,
    recipe: Annotated[
        str | None, "A recipe file, or the name of one that comes with Corecar.", Sent(or_word=True)
    ] = None,
    out: Annotated[
        str | Path | None,
        "A folder for reports, tables, maps and re-binned STDF, one below it per insertion.",
        Returned(folder=True),
    ] = None,
    maps: Annotated[Sequence[str], "Formats of the wafer maps beside SEMI G85: `e142`, `sinf`, `csv`."] = (),
    identity: Annotated[Identity, "What makes two attempts the same unit."] = "auto",
    retest: Annotated[Choice, "Which attempt at a unit counts."] = "last",
    static: Annotated[
        str | Path | None,
        "A file of static limits, or `in-force` for the limit set in force at each insertion.",
        Sent(or_word=True),
    ] = None,
) -> dict[str, Any]:
    """Screen a lot to automotive grade: every stage and temperature of it, from the files that were kept.

    The outcome is kept with the lot, and the lot is screened; one that must not ship before review is held, and
    one beyond a yield or bin limit of level 2 is quarantined (AEC-Q002). Runs of
    which another holds the same testing are left out, as in `corecar lot`, and a note says so.
    Static limits that are asked for and not there hold the lot: nothing is held against none in silence.
    Raises  NotFound; Conflict when runs came meanwhile; RecipeError, OutputError, and what reading raises
    """
    chosen = read_recipe(recipe)
    with call.store.catalogue.reading() as session:
        found, kept = kept_runs(session, call, lot)
        earlier = _earlier_lots(session, found)
        limits = StaticChoice.of(session, call.actor.party_id, static)
        left = runs_left_out(session, call.store, Run.lot_id == found.id)
        overrides = approved_overrides(session, found)
    insertions = by_insertion(run for run in kept if run.id not in left)
    graded: list[Graded] = []
    for number, (insertion, members) in enumerate(insertions.items()):
        call.check_stopped()
        call.report(number, len(insertions), f"grading {insertion_label(insertion)}")
        folder = _folder(out, insertion, len(insertions))
        why = left_out_by(members, left)
        one = _graded(call.store.objects, members, chosen, folder, maps, identity, retest, why, earlier, limits,
                      overrides.pop(insertion_label(insertion), ()))  # fmt: skip
        graded.append((insertion, members, one))
    covered = {run.id for run in kept}
    state = call.store.catalogue.write(lambda session: _noted(session, call, found.id, covered, graded))
    rows = [insertion_row(insertion, one) for insertion, _, one in graded]
    held = distinct(sentence for _, _, one in graded for sentence in one.hold)
    overridden = sum(one.overridden for _, _, one in graded)
    shippable, tested = (sum(row[name] for row in rows) for name in ("may_ship", "tested"))
    verdict = ("may ship after review" if held else "may ship") + _by_override(overridden)
    if any(one.study for _, _, one in graded):
        verdict = "would pass, and nothing of it ever ships"
    said = f"Lot {found.name} is {state}: {shippable:,} of {plural(tested, 'part')} {verdict}."
    notes = distinct([*(f"hold: {sentence}" for sentence in held), *_notes(graded), *_without_place(overrides)])
    return {"said": said, "lot": found.name, "number": found.id, "state": state, "hold": held, "rows": rows,
            "notes": notes,
            "details": [plain(one.summary()) for _, _, one in graded]}  # fmt: skip


def _earlier_lots(session: Session, lot: Lot) -> list[LotYields]:
    """What the last grading of each other lot of this product left, at each insertion."""
    asked = (
        select(Grading)
        .join(Lot, Lot.id == Grading.lot_id)
        .where(Lot.owner_id == lot.owner_id, Lot.product == lot.product, Lot.id != lot.id)
        .order_by(Grading.id)
    )
    last = {(one.lot_id, one.stage, one.temperature): one.summary for one in session.scalars(asked)}
    return [read_lot_yields(summary["yields"]["counts"]) for summary in last.values() if "yields" in summary]


def _graded(
    objects: ObjectStore,
    runs: Sequence[KeptRun],
    recipe: Recipe,
    out: Path | None,
    maps: Sequence[str],
    identity: Identity,
    retest: Choice,
    notes: Sequence[str],
    earlier: Sequence[LotYields],
    limits: StaticChoice,
    overrides: Sequence[Override],
) -> Grade:
    """Read and grade the runs of one insertion; `notes` is what there is to say of their choice."""
    with kept_lot(objects, runs, identity=identity, retest=retest) as (lot, files):
        tests, said = limits.for_lot(lot)
        lot = replace(lot, notes=(*notes, *said, *lot.notes))
        chosen = with_static(recipe) if limits.asked else recipe
        return grade_lot(lot, chosen, out=out, maps=maps, files=files, earlier=earlier, static=tests,
                         overrides=overrides)  # fmt: skip


def _notes(graded: Sequence[Graded]) -> Iterator[str]:
    """What grading has to say, as of files; of several insertions, of which it is said."""
    for insertion, _, one in graded:
        where = f"{insertion_label(insertion)}: " if len(graded) > 1 else ""
        yield from (f"{where}{note}" for note in one.notes)


def _by_override(parts: int) -> str:
    return f", {parts:,} of them by override" if parts else ""


def _without_place(overrides: Mapping[str, Sequence[Override]]) -> Iterator[str]:
    """What there is to say of overrides for insertions that the lot has no more."""
    for label, found in overrides.items():
        for one in found:
            units = plural(len(one.units), "part")
            yield f"Override {one.number} lets {units} of {label} through no more: the lot has no such insertion."


def _noted(session: Session, call: Call, number: int, covered: Set[str], graded: Sequence[Graded]) -> str:
    """Keep what was found with the lot, if it still has just the runs that were looked at; its state afterwards."""
    lot = session.scalars(select(Lot).where(Lot.id == number).with_for_update()).one()
    if _is_noted(session, call, number):
        return lot.state
    if set(session.scalars(select(Run.id).where(Run.lot_id == number))) != covered:
        raise Conflict(f"lot {lot.name} got or lost runs while it was graded. Grade it again.")
    for insertion, runs, one in graded:
        session.add(
            Grading(
                lot_id=number, stage=insertion[0], temperature=insertion[2], recipe=one.recipe,
                summary=_summary(insertion, one),
                runs=[run.id for run in runs], hold=list(one.hold), at=call.now,
                job_id=call.job, **call.facts,
            )
        )  # fmt: skip
    about: dict[str, Any] = {"by_id": call.actor.person_id, "by": call.actor.name, "now": call.now}
    recipes = ", ".join(distinct(one.recipe for _, _, one in graded))
    event = add_event(session, lot, "screen", reason=f"graded by {recipes}", **about)
    held = distinct(sentence for _, _, one in graded for sentence in one.hold)
    isolated = distinct(sentence for _, _, one in graded for sentence in one.quarantine)
    if isolated and event.state in ("screened", "held", "quarantined"):
        event = add_event(session, lot, SCREEN_ISOLATES, reason=" ".join(distinct([*isolated, *held])), **about)
    elif held and event.state in ("screened", "held"):
        event = add_event(session, lot, SCREEN_STOPS, reason=" ".join(held), **about)
    return event.state


def _summary(insertion: tuple[str | None, ...], one: Grade) -> dict[str, Any]:
    """What is kept of a grading: its summary, which units it rejected, the hashes of its limit records."""
    told: dict[str, Any] = plain(one.summary() | rejected_units(one, insertion))
    return told | {LIMIT_RECORDS: limit_hashes(one.limits)}


def _is_noted(session: Session, call: Call, number: int) -> bool:
    """Whether this very job has noted its grading: its commit happened, and only the answer or the end was lost."""
    asked = select(Grading.id).where(Grading.lot_id == number, Grading.job_id == call.job)
    return call.job is not None and session.scalar(asked.limit(1)) is not None


def insertion_row(insertion: tuple[str | None, ...], one: Grade) -> dict[str, Any]:
    """What a grading found at one insertion, in a row."""
    return {
        "insertion": insertion_label(insertion), "tested": one.tested, "good": one.good, "may_ship": one.shippable,
        "screened_out": one.rejected, "recipe": one.recipe,
    }  # fmt: skip


def _folder(out: str | Path | None, insertion: tuple[str | None, ...], insertions: int) -> Path | None:
    """The folder of one insertion's reports: `out` itself when there is only one."""
    if out is None or insertions == 1:
        return None if out is None else Path(out)
    Path(out).mkdir(parents=True, exist_ok=True)
    name = "".join(letter if letter.isalnum() or letter in "+-." else "-" for letter in insertion_label(insertion))
    return Path(out) / name
