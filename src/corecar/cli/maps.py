"""`map show`, `map convert`, `map compare`: wafer maps of G85, E142, SINF and KLARF."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corecar.cli.options import Csv, Json

if TYPE_CHECKING:
    from corecar.formats.maps import MapComparison, WaferMap


class Target(StrEnum):
    """A format that a map can be written in."""

    g85 = "g85"
    e142 = "e142"
    sinf = "sinf"
    csv = "csv"


class Rows(StrEnum):
    """Which way the rows of a SEMI map run."""

    seen = "as-seen"
    origin = "from-origin"


class By(StrEnum):
    """What makes two dies the same."""

    coordinates = "coordinates"
    places = "places"


MapFile = Annotated[Path, typer.Argument(metavar="FILE", help="A wafer map: SEMI G85, SEMI E142, SINF or KLARF.")]
First = Annotated[Path, typer.Argument(metavar="A", help="A wafer map: SEMI G85, SEMI E142, SINF or KLARF.")]
To = Annotated[
    Path, typer.Argument(metavar="B", help="What to write: .xml (G85), .e142.xml, .sinf, or .csv, a row per die.")
]
Second = Annotated[Path, typer.Argument(metavar="B", help="Another map of the same wafer.")]
Wafer = Annotated[str | None, typer.Option("--wafer", help="Which wafer, where a file holds several.")]
Name = Annotated[str | None, typer.Option("--name", help="Which map of the wafer, where a file holds several.")]
Order = Annotated[
    Rows | None,
    typer.Option("--rows", help="Rows of a SEMI map: the first on top, or from the origin along the axes."),
]
As = Annotated[Target | None, typer.Option("--to", help="The format, where the name of B does not say it.")]
Turn = Annotated[
    int | None,
    typer.Option(
        "--orientation", metavar="DEGREES", help="Turn it: flat or notch 0, 90, 180, 270 clockwise from the bottom."
    ),
]
MAP_COLUMNS = ("table", "first", "second", "dies", "x", "y")
"""Columns of two maps side by side, also where nothing differs."""
MatchBy = Annotated[
    By, typer.Option("--by", help="Dies are the same by their X and Y, or by column and row of the map.")
]

SHOWN = 12
"""Changes of bin that are listed."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def show(
    file: MapFile,
    json: Json = False,
    csv: Csv = False,
    wafer: Wafer = None,
    name: Name = None,
    rows: Order = None,
) -> None:
    """Say what a wafer map holds: whose it is, how it lies, its bins, and the map itself where it fits.

    With --csv every die is a row: x, y, column, row, bin, passed.
    """
    from corecar.bridge.files.maps import map_facts
    from corecar.cli.forms import Form, form
    from corecar.cli.listing import Look, print_table
    from corecar.cli.streams import print_json
    from corecar.formats.maps import read_map

    wanted = form(json, csv)
    chart = read_map(file, wafer=wafer, name=name, rows=_word(rows))
    if wanted is Form.CSV:
        print_table(chart.table(), wanted, None, Look("die"))
    elif wanted is Form.JSON:
        print_json(map_facts(chart), indent=1)
    else:
        for line in _told(map_facts(chart)):
            typer.echo(line)
        for line in _drawn(chart):
            typer.echo(line)


def convert(
    source: First,
    target: To,
    to: As = None,
    orientation: Turn = None,
    wafer: Wafer = None,
    name: Name = None,
    rows: Order = None,
) -> None:
    """Convert a wafer map into another format, or turn it; what the format cannot hold is told."""
    from corecar.bridge.files.maps import convert_map
    from corecar.cli.wording import wrapped

    notes = convert_map(
        source, target, format=None if to is None else to.value, orientation=orientation, wafer=wafer, name=name,
        rows=_word(rows),
    )  # fmt: skip
    for note in notes:
        typer.echo(wrapped("note: ", note))
    typer.echo(f"wrote {target}")


def compare(
    first: First,
    second: Second,
    by: MatchBy = By.coordinates,
    rows: Order = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Hold two maps of one wafer against each other: dies that only one has, and dies that changed their bin."""
    from corecar.bridge.files.maps import compare_map_files
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import Form, form
    from corecar.cli.streams import print_json
    from corecar.cli.wording import wrapped

    wanted = form(json, csv)
    answer = compare_map_files(first, second, by=by.value, rows=_word(rows))
    if wanted is Form.CSV:
        print_answer({**answer.to_dict(), "columns": MAP_COLUMNS}, wanted)
        return
    if wanted is Form.JSON:
        print_json(answer.to_dict(), indent=1)
        return
    for line in _compared(answer.found, answer.p):
        typer.echo(line)
    for note in answer.notes:
        typer.echo(wrapped("note: ", note))


def _word(rows: Rows | None) -> Any:
    return None if rows is None else rows.value


def _told(facts: dict[str, Any]) -> list[str]:
    """Identity, how it lies, bins, notes."""
    from corecar.cli.wording import wrapped
    from corecar.report.quantities import plural, share

    about = ((word, facts[word]) for word in ("wafer", "lot", "product", "name"))
    lines = [", ".join(f"{word} {value}" for word, value in about if value) or "a map without names"]
    untested = f", {facts['untested']:,} untested" if facts["untested"] else ""
    lines.append(
        f"{plural(facts['dies'], 'die')} on {facts['columns']} by {facts['rows']} places{untested}; "
        f"{facts['good']:,} good ({share(facts['good'], facts['dies'])})"
    )
    ways = f"x grows to the {'right' if facts['step_x'] > 0 else 'left'}, y {'down' if facts['step_y'] > 0 else 'up'}"
    first = f"the upper left place is ({facts['first_x']}, {facts['first_y']})"
    lines.append(f"flat or notch {facts['orientation']} degrees clockwise from the bottom; {ways}; {first}")
    if facts["reference"]:
        lines.append(f"reference die in column {facts['reference'][0]}, row {facts['reference'][1]}")
    for row in sorted(facts["bins"], key=lambda row: -row["dies"]):
        said = " ".join(part for part in (f"bin {row['bin']}", row["name"]) if part)
        lines.append(f"  {row['dies']:>7,}  {'pass' if row['passed'] else 'fail'}  {said}")
    return [*lines, *(wrapped("note: ", note) for note in facts["notes"])]


def _drawn(chart: WaferMap) -> list[str]:
    """The map in letters: a dot for good dies, A for the fail bin of most dies and so on; nothing where it is wider."""
    import numpy as np

    from corecar.cli.table import terminal_room
    from corecar.formats.maps import UNTESTED

    rows, columns = chart.bins.shape
    if columns > min(terminal_room(), 100) or rows > 100:
        return []
    good = chart.good
    fails = sorted(
        (code for code in chart.counts if not (good & (chart.bins == code)).any()), key=lambda code: -chart.counts[code]
    )
    signs = np.full(chart.bins.shape, " ", dtype="<U1")
    signs[good], signs[chart.bins == UNTESTED] = "·", "?"
    for place, code in enumerate(fails):
        signs[chart.bins == code] = LETTERS[min(place, len(LETTERS) - 1)]
    keys = [f"{LETTERS[place]} bin {code}" for place, code in enumerate(fails[: len(LETTERS)])]
    return ["", *("".join(row).rstrip() for row in signs.tolist()), "", ", ".join(["· good", *keys])]


def _compared(found: MapComparison, p: float | None) -> list[str]:
    from corecar.report.quantities import plural, share

    head = "the maps are alike" if found.alike else "the maps differ"
    turned = f" (B turned by {found.turned} degrees)" if found.turned else ""
    lines = [f"{head}: {plural(found.both, 'die')} on both, {found.same:,} in the same bin "
             f"({share(found.same, found.both)}){turned}"]  # fmt: skip
    for number, which in ((found.only_first, "A"), (found.only_second, "B")):
        if number:
            lines.append(f"{plural(number, 'die')} only on {which}")
    if found.lost or found.gained:
        chance = "" if p is None else f"; so uneven by chance: p = {p:.2g} (McNemar)"
        lines.append(f"{found.lost:,} went from pass to fail, {found.gained:,} from fail to pass{chance}")
    rows = found.switched.to_pylist()
    lines += [f"  {row['dies']:>7,}  bin {_bin(row['first'])} -> {_bin(row['second'])}" for row in rows[:SHOWN]]
    if len(rows) > SHOWN:
        lines.append(f"  {len(rows) - SHOWN:,} more changes; --csv and --json have them and every die")
    return lines


def _bin(number: int) -> str:
    return str(number) if number >= 0 else "untested"
