"""`simulate lot`, `stress`, `chain`: fictional test data with a known truth, and a fictional province."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from corecar.cli.options import Json


class Stage(StrEnum):
    """Where in the chain the lot is tested."""

    sort = "wafer-sort"
    final = "final-test"


class Style(StrEnum):
    """How much each record of a test repeats of what the first one said."""

    lean = "lean"
    text = "text"
    full = "full"


class Size(StrEnum):
    """How large a province is."""

    small = "small"
    medium = "medium"
    large = "large"


class FileKind(StrEnum):
    """What the files of a folder are."""

    csv = "csv"
    parquet = "parquet"


Out = Annotated[
    Path, typer.Argument(metavar="OUT", help="The file to write: .stdf, with .gz or .zst behind it or not.")
]
Wafers = Annotated[int, typer.Option("--wafers", min=1, max=1000, help="Wafers, or trays at final test.")]
Dies = Annotated[int, typer.Option("--dies", min=1, help="Parts on each wafer.")]
Tests = Annotated[int, typer.Option("--tests", min=8, help="Tests in the program.")]
Sites = Annotated[int, typer.Option("--sites", min=1, help="Parts tested at a time.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same options and seed write the same bytes.")]
StageOption = Annotated[Stage, typer.Option("--stage", help="Wafers with X and Y, or trays of numbered units.")]
StyleOption = Annotated[Style, typer.Option("--style", help="Names and limits once, names always, or all always.")]
Big = Annotated[bool, typer.Option("--big-endian", help="Write the other byte order.")]
LotName = Annotated[str | None, typer.Option("--lot", metavar="NAME", help="Its name; else SIM and the seed.")]
Product = Annotated[str, typer.Option("--product", metavar="NAME", help="What it is of.")]
Start = Annotated[
    datetime | None, typer.Option("--start", help="When testing begins by the tester's clock; else always the same.")
]
BadZone = Annotated[bool, typer.Option("--bad-zone", help="Plant a zone of every wafer in which most dies fail.")]
Stop = Annotated[bool, typer.Option("--stop-on-fail", help="Leave out what comes after a part's first failing test.")]


def lot(
    out: Out,
    wafers: Wafers = 25,
    dies: Dies = 1000,
    tests: Tests = 60,
    sites: Sites = 4,
    seed: Seed = 1,
    stage: StageOption = Stage.sort,
    style: StyleOption = Style.lean,
    big_endian: Big = False,
    stop_on_fail: Stop = False,
    lot_name: LotName = None,
    product: Product = "DEMO-HSD4",
    start: Start = None,
    bad_zone: BadZone = False,
) -> None:
    """Write a fictional lot as genuine STDF, and a truth file that lists the outliers planted in it."""
    from corecar.cli.progress import counting
    from corecar.simulate import simulate_lot, truth_path

    with counting("simulating wafers") as progress:
        simulate_lot(
            out,
            wafers=wafers,
            dies=dies,
            tests=tests,
            sites=sites,
            seed=seed,
            stage="final test" if stage is Stage.final else "wafer sort",
            style=style.value,
            big_endian=big_endian,
            stop_on_fail=stop_on_fail,
            lot=lot_name,
            product=product,
            start=start,
            bad_zone=bad_zone,
            progress=progress,
        )
    typer.echo(f"wrote {out} (a fictional lot)")
    typer.echo(f"wrote {truth_path(out)} (what was planted in it)")


Before = Annotated[Path, typer.Argument(metavar="BEFORE", help="The file of the units before the stress.")]
After = Annotated[Path, typer.Argument(metavar="AFTER", help="The file of the same units after it.")]
Units = Annotated[int, typer.Option("--units", min=1, max=5000, help="Units that are stressed.")]
Controls = Annotated[int, typer.Option("--controls", min=0, max=500, help="Further units that are only measured.")]
Drifting = Annotated[int, typer.Option("--drifting", min=0, help="Units that move apart from the rest.")]
MovedTest = Annotated[str, typer.Option("--test", metavar="NAME", help="The test in which they move.")]
Drift = Annotated[float, typer.Option("--drift", help="How far, as part of the width of its limits.")]


def stress(
    before: Before,
    after: After,
    units: Units = 77,
    controls: Controls = 3,
    drifting: Drifting = 8,
    test: MovedTest = "VREF_1V2",
    drift: Drift = 0.04,
    seed: Seed = 1,
    lot_name: LotName = None,
    product: Product = "DEMO-HSD4",
    start: Start = None,
) -> None:
    """Write the units of a stress before and after it, and a truth file that says which of them drift within limits."""
    from corecar.simulate import simulate_stress, truth_path

    simulate_stress(before, after, units=units, controls=controls, drifting=drifting, test=test, drift=drift, seed=seed,
                    lot=lot_name, product=product, start=start)  # fmt: skip
    typer.echo(f"wrote {before} and {after} (fictional units)")
    typer.echo(f"wrote {truth_path(after)} (what was planted in them)")


SizeOption = Annotated[Size, typer.Option("--size", help="Chips, modules, programs, sites: 26, 8, 10, 30; medium 260, "
                                          "40, 60, 200; large 3,000, 300, 500, 200.")]  # fmt: skip
ChainOut = Annotated[
    Path, typer.Option("--out", metavar="PATH", help="A folder, which is made, or a workbook (.xlsx).")
]
ChainSeed = Annotated[int, typer.Option("--seed", min=0, help="The same size and seed make the same province.")]
Cells = Annotated[
    int, typer.Option("--cells", metavar="N", min=0, help="So many cells of machines, one at least for each group.")
]
Types = Annotated[
    int, typer.Option("--options", metavar="N", min=1, max=10, help="Types of machines to order for each cell.")
]
Format = Annotated[FileKind, typer.Option("--format", help="Of a folder: what its files are.")]


def chain(
    out: ChainOut, size: SizeOption = Size.small, seed: ChainSeed = 1, cells: Cells = 0, options: Types = 2,
    format: Format = FileKind.csv, json: Json = False,
) -> None:  # fmt: skip
    """Write a fictional province of chips and cars: every table of the chain, over 60 weeks.

    Some sites cannot do what is wanted of them, some products have one source, pipelines are full. Every company in it
    is fictional. With --cells its test floors have cells of machines, machines to order for each, and budgets.
    """
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import form
    from corecar.formats.chain import write_chain
    from corecar.simulate import simulate_chain
    from corecar.simulate.machines import with_machines
    from corecar.simulate.provinces import BEGIN, SIZES

    made = simulate_chain(size.value, seed=seed)
    if cells:
        weeks = SIZES[size.value].weeks
        made = with_machines(made, cells=cells, options=options, begin=BEGIN, weeks=weeks, seed=seed)
    files = write_chain(made, out, as_=format.value)
    rows = [{"table": name, "rows": count} for name, count in made.counts.items() if count]
    said = f"wrote {out} (a fictional province)"
    print_answer({"said": said, "rows": rows, "details": {"files": [str(file) for file in files]}}, form(json, False))
