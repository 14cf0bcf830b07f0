"""A unit that came back from the field: one story of it, and which screen would have caught it at what cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from sqlalchemy import select

from corecar.bridge.calls import Call, in_session
from corecar.bridge.lot.kept_lots import insertions_of
from corecar.bridge.sharing import NUMBER
from corecar.bridge.trace.asking import affected, came_from
from corecar.bridge.trace.catching import Caught
from corecar.bridge.trace.die_lots import OF_LOTS, Die, DieLots, die_met
from corecar.bridge.trace.returned_unit import neighbours_of, values_of
from corecar.bridge.trace.screened_again import units_rejected
from corecar.bridge.trace.seen_edges import SeenBlock, SeenEdges
from corecar.bridge.trace.suspects import suspects
from corecar.bridge.trace.tested_die import attempt_of, told_of_die
from corecar.bridge.travel import Sent
from corecar.errors import Conflict, NotFound, RecipeError
from corecar.plurals import plural
from corecar.screen import Recipe, read_recipe, screen
from corecar.screen.kept_recipes import recipe_of
from corecar.screen.recipe import SHIPPED
from corecar.store.catalogue.models import Grading, Lot
from corecar.trace.walk import Part

Row = dict[str, Any]
TOOLS = ("equipment", "probe_card", "load_board", "test_program", "recipe")
"""Classes of side inputs that are tools; `batch` is material."""


@dataclass
class Story:
    """What is known of a unit, gathered step by step.

    die     the one die that it is; lots: those with test data of it
    judged  by lot and insertion the recipe that the last grading used; rejected: the units it rejected
    """

    die: Die
    lots: list[Lot]
    steps: list[Row]
    results: list[Row]
    siblings: list[Row]
    notes: list[str]
    judged: dict[tuple[int, str], Recipe] = field(default_factory=dict)
    rejected: dict[int, dict[str, frozenset[str]]] = field(default_factory=dict)


def trace_return(
    call: Call,
    what: Annotated[str, "Name of the unit, ECU or vehicle, or its die: `unit:U7`, `wafer:W1@6,1`."],
    *,
    recipe: Annotated[
        list[str] | None,
        "Recipes to try, files or names; without any those that come with Corecar and those of the last gradings.",
        Sent(or_word=True),
    ] = None,
    lot: Annotated[list[str] | None, "Lots with its test data, where the genealogy does not name them."] = None,
    neighbours: Annotated[Literal["8", "24"], "How many die around it are told."] = "8",
) -> dict[str, Any]:
    """Tell the story of a unit that came back: die, neighbours, values, tools, siblings, and the screens that catch it.

    Its values stand against its limits and its lot's good parts. Of each screen it is said whether it rejects the part,
    and how many good parts more it would have rejected in the lots than their last gradings did.
    Raises  NotFound; Conflict where several die may be it; RecipeError, and what reading raises
    """
    given = [read_recipe(one) for one in recipe or ()]
    with call.store.catalogue.reading() as session:
        story = _story(in_session(call, session), what, lot or [])
        session.expunge_all()
    tried = given or _tried(story.judged.values())
    caught, values, around, parts = Caught(), [], [], []
    for one in story.lots:
        rejected = story.rejected[one.id]
        for label, read in insertions_of(call, f"{NUMBER}{one.id}"):
            call.check_stopped()
            place = attempt_of(read.parts, story.die, one.name)
            if place is None:
                continue
            before = rejected.get(label, frozenset())
            parts.append(_part(one, label, read.parts.slice(place, 1).to_pylist()[0]))
            judged = story.judged.get((one.id, label)) or read_recipe(None)
            around += neighbours_of(read, story.die, one.name, label, 1 if neighbours == "8" else 2, before)
            values += values_of(read, place, label, screen(read, judged).limits)
            caught.add(read, place, label, tried, before)
    answer = _answer(what, story, caught, values, around)
    answer["details"]["parts"] = parts
    return answer


def _part(lot: Lot, label: str, part: Row) -> Row:
    """Where one insertion has the unit: number of the lot, wafer and place."""
    return {"lot": lot.name, "number": lot.id, "insertion": label, **{name: part[name] for name in ("wafer", "x", "y")}}


def _story(call: Call, what: str, named: Sequence[str]) -> Story:
    """What the catalogue and the genealogy know. Raises NotFound, Conflict."""
    edges = SeenEdges(call.session, call.actor)
    steps, notes, found, blocks = came_from(call, edges, suspects(call, edges, what))
    die = _only(what, *die_met(found, blocks, 1000))
    lots = DieLots(call, edges, blocks, named)
    results, _, _, more = told_of_die(call, [die], lots, ())
    story = Story(die, lots.of(die), steps, results, _siblings(call, edges, die, blocks), [*notes, *more])
    for one in story.lots:
        story.rejected[one.id] = units_rejected(call, one)
        story.judged |= {(one.id, label): used for label, used in _recipes_of(call, one, story.notes)}
    return story


def _only(what: str, met: list[Die], count: int) -> Die:
    """The one die that a unit is."""
    on_wafers = [die for die in met if die.wafer is not None]
    found = on_wafers or met
    if not found:
        raise NotFound(f"{what}: no die and no unit is recorded behind it.")
    if len(found) > 1 or (on_wafers and count - (len(met) - len(on_wafers)) > 1):
        names = ", ".join(f"wafer:{die.wafer}@{die.x},{die.y}" for die in on_wafers[:4]) or found[0].name
        raise Conflict(f"{what}: {plural(count, 'die', 'die')} may be it, such as {names}. Name one of them.")
    return found[0]


def _recipes_of(call: Call, lot: Lot, notes: list[str]) -> Iterable[tuple[str, Recipe]]:
    """The recipe of the last grading of each insertion of a lot, as it was then."""
    for one in call.session.scalars(select(Grading).where(Grading.lot_id == lot.id).order_by(Grading.id)):
        try:
            yield str(one.summary.get("insertion", "")), recipe_of(one.summary["parameters"])
        except (RecipeError, KeyError):
            notes.append(f"Lot {lot.name}: its recipe {one.recipe} is of another Corecar, so it is not tried.")


def _tried(judged: Iterable[Recipe]) -> list[Recipe]:
    """The recipes that come with Corecar and those of the gradings, each once."""
    every = [*judged, *(read_recipe(name) for name in SHIPPED)]
    return list({one.title: one for one in every}.values())


def _siblings(call: Call, edges: SeenEdges, die: Die, blocks: dict[int, SeenBlock]) -> list[Row]:
    """Where the other pieces of its wafer and of its lot are, by state."""
    every = {block.thing for block in blocks.values()}
    things = {thing for thing in every if thing == ("wafer", die.wafer) or thing.kind in OF_LOTS}
    rows: list[Row] = []
    for kind, name in sorted(things, reverse=True):
        mine = [block for block in blocks.values() if block.thing == (kind, name)]
        start = [part for block in mine
                 for part in edges.start([Part(block.first, block.first, block.last)], block.owner_id)]  # fmt: skip
        counts: Counter[tuple[str, str]] = Counter()
        for row in affected(call, edges, start)[0]:
            counts[row["state"], row["party"]] += row["pieces"]
        rows += [{"of": f"{kind} {name}", "state": state, "party": party, "pieces": pieces}
                 for (state, party), pieces in sorted(counts.items())]  # fmt: skip
    return rows


def _answer(what: str, story: Story, caught: Caught, values: list[Row], around: list[Row]) -> dict[str, Any]:
    die, catching = story.die, caught.catching
    lots = ", ".join(lot.name for lot in story.lots)
    said = f"{what}: {die.name}" + (f" of lot {lots}. " if lots else ". ")
    if not caught.rows:
        said += "No test data of it are known, so no screen could be tried."
    elif catching:
        best = catching[0]
        said += f"{plural(len(catching), 'screen')} would have caught it; at the least cost {best['screen']} of " \
                f"{best['recipe']} at {best['insertion']}, with {plural(best['more_rejected'], 'good part')} more " \
                f"({best['share']:.2%})."  # fmt: skip
    else:
        said += f"None of {plural(len({row['recipe'] for row in caught.rows}), 'recipe')} would have caught it."
    used = [row for row in story.steps if row["role"] == "with"]
    own = ("class", "id", "event", "kind", "at")
    return {
        "said": said, "facts": {"die": die.name, "lot": lots or None},
        "rows": caught.sorted, "results": story.results, "values": values, "neighbours": around,
        "tools": [{name: row[name] for name in own} for row in used if row["class"] in TOOLS],
        "material": [{name: row[name] for name in own} for row in used if row["class"] == "batch"],
        "siblings": story.siblings, "notes": [*story.notes, *caught.notes], "details": {"steps": story.steps},
    }  # fmt: skip
