"""`static`: limits from a baseline of lots."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corecar.cli.options import Identity, IdentityOption, Retest, RetestOption, Salvage, on_error

if TYPE_CHECKING:
    from corecar.screen.static_lots import StaticTest

DAYS = ["%Y-%m-%d"]

Lots = Annotated[
    list[Path], typer.Argument(metavar="LOT", help="One per lot: its tester file, or a folder with all files of it.")
]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="The file of limits to write.")]
Day = Annotated[
    datetime | None,
    typer.Option("--day", formats=DAYS, help="Day of the limits; that of the lot tested last when not given."),
]
Updated = Annotated[
    datetime | None,
    typer.Option("--updated", formats=DAYS, help="Day of the limits in force: older lots are left out."),
]
Changed = Annotated[
    datetime | None,
    typer.Option(
        "--changed", formats=DAYS, help="Day of the last change of design or process: no lot before it counts."
    ),
]
Preliminary = Annotated[
    bool, typer.Option("--preliminary", help="Let fewer lots than the standard asks make limits, and mark them.")
]
Recipe = Annotated[
    str | None, typer.Option("--recipe", help="A recipe file, or a shipped one: its width, quartile rule and shapes.")
]


def static(
    lots: Lots,
    out: Out,
    day: Day = None,
    updated: Updated = None,
    changed: Changed = None,
    preliminary: Preliminary = False,
    recipe: Recipe = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
) -> None:
    """Make static part-average limits of every test from several lots, for `corecar grade --static`."""
    from corecar.bridge.limits.static_limits import make_static_limits

    tests = make_static_limits(
        lots, out, day=_date(day), updated=_date(updated), changed=_date(changed), preliminary=preliminary,
        recipe=recipe, identity=identity.value, retest=retest.value, on_error=on_error(salvage),
    )  # fmt: skip
    _print(tests, out)


def _date(when: datetime | None) -> date | None:
    return None if when is None else when.date()


def _print(tests: tuple[StaticTest, ...], out: Path) -> None:
    from corecar.plurals import plural

    made = [test.limits for test in tests if test.limits is not None]
    typer.echo(f"static limits of {len([one for one in made if one.record.applied]):,} of {plural(len(tests), 'test')}")
    for words in dict.fromkeys(one.preliminary for one in made if one.preliminary):
        typer.echo(f"note: preliminary: {words}")
    for name, why in dict.fromkeys(left for one in made for left in one.left_out):
        typer.echo(f"note: {name} left out: {why}")
    for why in dict.fromkeys(test.why for test in tests if test.why):
        typer.echo(f"note: none for {plural(sum(test.why == why for test in tests), 'test')}: {why}")
    for test in tests:
        for flag in test.limits.flags if test.limits is not None else ():
            typer.echo(f"review: {' '.join(str(word) for word in test.key if word)}: {flag}")
    typer.echo(f"wrote {out}")
