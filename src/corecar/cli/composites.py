"""`map composite`: maps of insertions and wafers laid over each other."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corecar.cli.generated import ActorOption, WorkspaceOption
from corecar.cli.maps import By, Rows, Target
from corecar.cli.options import Csv, Encoding, Identity, IdentityOption, Json, Retest, RetestOption, Salvage, on_error

if TYPE_CHECKING:
    from corecar.bridge.grade.composites import CompositeMaps
    from corecar.cli.forms import Form


class Rule(StrEnum):
    """How several maps of one wafer become one."""

    union = "union"
    majority = "majority"
    all = "all"
    last = "last"


Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE",
        help="Wafer maps (G85, E142, SINF, KLARF) and tester files, most important first; or one lot of a workspace.",
    ),
]
OfWafer = Annotated[
    Rule,
    typer.Option("--rule", help="A die of a wafer with several maps is bad if any, most, all or the last one says so."),
]
Bins = Annotated[
    list[int] | None, typer.Option("--bin", metavar="BIN", help="Count only fails of this bin; repeatable.")
]
Reticle = Annotated[
    str | None, typer.Option("--reticle", metavar="ROWSxCOLUMNS", help="Dies of one exposure: do positions repeat?")
]
First = Annotated[
    str,
    typer.Option("--reticle-first", metavar="X,Y", help="A die in the corner of an exposure, the one at the top left."),
]
EdgeMm = Annotated[
    float, typer.Option("--edge-mm", min=0, help="Leave out dies that reach into this ring at the edge [mm].")
]
EdgeRows = Annotated[int, typer.Option("--edge-rows", min=0, help="Leave out the outermost dies, so many.")]
Alpha = Annotated[
    float, typer.Option("--alpha", help="Chance of naming any place if all fails lay at random (Bonferroni).")
]
Figure = Annotated[Path | None, typer.Option("--figure", metavar="FILE", help="Draw it too: .svg, .png or .html.")]
Maps = Annotated[
    Path | None, typer.Option("--maps", metavar="DIR", help="Write the combined map of each wafer into this folder.")
]
To = Annotated[Target, typer.Option("--to", help="The format of the combined maps.")]
MatchBy = Annotated[
    By, typer.Option("--by", help="Dies lie over each other by their X and Y, or by column and row of the map.")
]
Order = Annotated[
    Rows | None,
    typer.Option("--rows", help="Rows of a SEMI map: the first on top, or from the origin along the axes."),
]

SHOWN = 12
"""Bins, positions and places that are listed."""


def composite(
    files: Files,
    rule: OfWafer = Rule.union,
    bins: Bins = None,
    reticle: Reticle = None,
    reticle_first: First = "0,0",
    edge_mm: EdgeMm = 0.0,
    edge_rows: EdgeRows = 0,
    alpha: Alpha = 0.05,
    figure: Figure = None,
    maps: Maps = None,
    to: To = Target.g85,
    by: MatchBy = By.coordinates,
    rows: Order = None,
    json: Json = False,
    csv: Csv = False,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    encoding: Encoding = None,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
) -> None:
    """Lay wafer maps over each other: one map per wafer from its insertions, and the fails at each place of all wafers.

    Of a lot of a workspace the maps are those of its insertions as they were taken in.
    With --csv every place is a row: x, y, wafers tested and failed, chance, position in the reticle, a column per bin.
    """
    from corecar.bridge.grade.composites import composite as laid_over
    from corecar.bridge.grade.composites import draw_composite, write_composites
    from corecar.cli.forms import Form, form
    from corecar.cli.grading import NOT_OF_A_LOT, NOT_OF_FILES, means_lot, no_lot_either, refuse
    from corecar.cli.listing import Look, print_table
    from corecar.cli.progress import reading
    from corecar.cli.streams import print_json
    from corecar.cli.wording import wrapped

    wanted = form(json, csv)
    alone = len(files) == 1 and not files[0].exists()
    of_lots = {"--workspace": workspace, "--as": actor}
    if alone and means_lot(str(files[0]), workspace, actor, surely=any(of_lots.values())):
        refuse({"--salvage": salvage, "--encoding": encoding, "--rows": rows}, NOT_OF_A_LOT)
        given = {
            "lot": str(files[0]), "rule": rule.value, "bin": bins or [], "reticle": reticle,
            "reticle_first": reticle_first, "edge_mm": edge_mm, "edge_rows": edge_rows, "alpha": alpha,
            "figure": figure, "maps": maps, "to": to.value, "by": by.value, "identity": identity.value,
            "retest": retest.value,
        }  # fmt: skip
        _of_lot(given, workspace, actor, wanted)
        return
    refuse(of_lots, NOT_OF_FILES)
    with no_lot_either(alone), reading(*files):
        found = laid_over(
            files, rule=rule.value, by=by.value, bins=bins or (), reticle=_pair("--reticle", reticle, "x"),
            reticle_first=_pair("--reticle-first", reticle_first, ",") or (0, 0), edge_mm=edge_mm, edge_rows=edge_rows,
            alpha=alpha, rows=None if rows is None else rows.value, identity=identity.value, retest=retest.value,
            encoding=encoding, on_error=on_error(salvage),
        )  # fmt: skip
    left_out = write_composites(found, maps, format=to.value) if maps is not None else ()
    if figure is not None:
        draw_composite(found, figure)
    if wanted is Form.CSV:
        print_table(found.table, wanted, None, Look("place"))
        return
    if wanted is Form.JSON:
        print_json(found.to_dict(), indent=1)
        return
    for line in _told(found):
        typer.echo(line)
    for note in (*found.notes, *left_out):
        typer.echo(wrapped("note: ", note))
    for written in (figure, maps):
        if written is not None:
            typer.echo(f"wrote {written}")


def _of_lot(given: Mapping[str, object], workspace: str | None, actor: str | None, wanted: Form) -> None:
    from corecar.bridge.verbs import WORKSPACE_VERBS
    from corecar.cli.calling import call_verb

    verb = WORKSPACE_VERBS["map_composite"]
    call_verb(verb, given, workspace=workspace, actor=actor, key=None, later=False, wanted=wanted)


def _pair(option: str, text: str | None, between: str) -> tuple[int, int] | None:
    """Two whole numbers of an option. Raises BadParameter."""
    if text is None:
        return None
    try:
        one, two = (int(piece) for piece in text.lower().split(between))
    except ValueError as error:
        raise typer.BadParameter(f"{option} {text}: expected two whole numbers such as 3{between}4.") from error
    return one, two


def _told(found: CompositeMaps) -> list[str]:
    """The sentence, bins, positions of the reticle, places."""
    from corecar.bridge.grade.composites import said_of
    from corecar.report.quantities import plural, share

    counts = found.found
    tested = int(counts.tested.sum())
    lines = [f"{said_of(found)}."]
    if counts.excluded.any():
        lines.append(f"{plural(int(counts.excluded.sum()), 'place')} in the excluded edge left out.")
    for number, count in list(counts.of_bin.items())[:SHOWN]:
        dies = int(count.sum())
        lines.append(
            f"  {dies:>7,}  bin {number} {counts.names.get(number, '')}".rstrip() + f" ({share(dies, tested)})"
        )
    return [*lines, *_positions(found), *_places(found)]


def _positions(found: CompositeMaps) -> list[str]:
    from corecar.report.quantities import share

    if found.reticle_shape is None:
        return []
    wide = found.reticle_shape[1]
    bad = [one for one in found.reticle if one.repeats]
    if not bad:
        return ["reticle: no position fails more often than the others."]
    return [
        f"reticle: row {one.group // wide}, column {one.group % wide} repeats: {one.failed:,} of {one.tested:,} failed "
        f"({share(one.failed, one.tested)}), the others {one.others * 100:.3g} %; chance {one.chance:.2g}"
        for one in sorted(bad, key=lambda one: one.chance)[:SHOWN]
    ]


def _places(found: CompositeMaps) -> list[str]:
    from corecar.bridge.grade.composites import ENOUGH
    from corecar.report.quantities import plural

    if not found.judged:
        return [f"fewer than {ENOUGH} wafers at every place: whether places repeat was not judged."]
    rows = found.table.filter(found.table["systematic"]).to_pylist()
    if not rows:
        return ["no place fails on more wafers than chance allows."]
    lines = [f"{plural(len(rows), 'place')} {'fails' if len(rows) == 1 else 'fail'} on more wafers than chance allows:"]
    for row in sorted(rows, key=lambda row: row["chance"])[:SHOWN]:
        place = f"x {row['x']}, y {row['y']}"
        lines.append(f"  {place:<16} {row['failed']} of {row['tested']} wafers, chance {row['chance']:.2g}, "
                     f"most in bin {row['top_bin']}")  # fmt: skip
    if len(rows) > SHOWN:
        lines.append(f"  {len(rows) - SHOWN:,} more places; --csv has every place")
    return lines
