"""The commands, one row each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from typing import Annotated, ClassVar

import typer

from corecar.cli import (
    assess_rates,
    assess_tables,
    assessing,
    composites,
    conversion,
    datalog,
    demonstration,
    drawing,
    editing,
    grading,
    housing,
    inspection,
    maps,
    matching,
    recipes,
    serving,
    simulation,
    static,
    strength,
    stressing,
    studies,
    whatif,
)
from corecar.cli.generated import LOOK, Entry, Group, Row, group, single
from corecar.cli.servers import SERVER

COMMANDS: tuple[Row, ...] = (
    ("info", inspection.info, "Say what each file is and holds."),
    ("tests", inspection.list_tests, "List the tests of a file."),
    ("parts", inspection.list_parts, "List the parts of a file."),
    ("results", inspection.list_results, "List the readings of a file."),
    ("records", inspection.list_records, "List or count the records of a file."),
    ("grade", grading.grade, "Screen a lot and say what may ship."),
    ("whatif", whatif.whatif, "Say what other limits would cost and let through."),
    ("stress", stressing.stress, "Say what happens when a site, route, region or party stops."),
    ("concentration", strength.concentration, "Say what one site alone can do."),
    ("indicators", strength.indicators, "Follow how strong the chain is, against targets."),
    ("static", static.static, "Make static limits from a baseline of lots."),
    ("draw", drawing.draw, "Draw a lot: wafers, histograms, trends."),
    ("bias", studies.bias, "Say which sites, testers, boards or cards differ."),
    ("related", studies.related, "Say which tests go together."),
    ("drifts", studies.drifts, "Say which tests move while a run goes on."),
    ("recovery", studies.recovery, "Say what retests recovered, by first bin and site."),
    ("convert", conversion.convert, "Convert a file into another format."),
    ("anonymise", editing.anonymise, "Make a copy that can be shared."),
    ("relimit", editing.relimit, "Hold readings against new limits, for study."),
    ("repair", editing.repair, "Close a file that broke off."),
    ("demo", demonstration.demo, "Grade a fictional lot with planted outliers."),
    ("init", housing.init, "Make a workspace."),
    ("restore", housing.restore, "Make a workspace out of a backup."),
    ("serve", serving.serve, "Serve a workspace over HTTP."),
    ("migrate", housing.migrate, "Bring a workspace up to this version."),
)
GROUPS: tuple[tuple[str, str, tuple[Row, ...]], ...] = (
    (
        "what",
        "Compare two groups of lots or files.",
        (("changed", studies.what_changed, "Say what changed between two groups of lots."),),
    ),
    (
        "bin",
        "Compare the bins of the same units.",
        (("switch", studies.bin_switch, "Say how bins moved between two insertions."),),
    ),
    (
        "test",
        "Look at what testing costs.",
        (("time", studies.time_of_tests, "Say where test time goes, and what could be left out."),),
    ),
    (
        "assess",
        "Capability, control charts, gauge studies, life.",
        (
            ("capability", assessing.capability, "Cp, Cpk, Pp, Ppk with their bounds."),
            ("chart", assessing.chart, "A control chart and its signals."),
            ("gauge", assess_tables.gauge, "Gauge R&R: %GRR and distinct categories."),
            ("nested", assess_tables.nested, "Repeats within days within runs."),
            ("hotelling", assessing.hotelling, "T-squared of several characteristics."),
            ("weibull", assess_tables.weibull, "Fit a Weibull life."),
            ("fit", assess_rates.fit, "A failure rate in FIT."),
            ("mtbf", assess_rates.mtbf, "Mean time between failures."),
            ("dppm", assess_rates.dppm, "Defective parts per million from returns."),
            ("drift", assess_tables.drift, "Before and after stress, by unit."),
            ("kappa", assess_tables.kappa, "How far two verdicts agree."),
            ("correlate", assess_tables.correlate, "Two testers over the same parts."),
            ("bias", assess_tables.bias, "Sites, testers or boards against each other."),
            ("outliers", assessing.outliers, "Rosner's and Grubbs' tests."),
            ("between", assessing.between, "Lots or wafers against each other."),
            ("guard-band", assess_rates.guard_band, "Test limits inside the specification."),
            ("sample-size", assess_rates.sample_size, "Units that show a reliability."),
            ("lot-plan", assess_rates.lot_plan, "Parts of a lot to look at."),
            ("arrhenius", assess_rates.arrhenius, "Acceleration by temperature."),
            ("voltage", assess_rates.voltage, "Acceleration by voltage."),
            ("humidity", assess_rates.humidity, "Acceleration by damp heat."),
            ("cycling", assess_rates.cycling, "Acceleration by temperature cycles."),
            ("solder", assess_rates.solder, "Acceleration of solder fatigue."),
        ),
    ),
    (
        "recipe",
        "Make, look at and compare screening recipes.",
        (
            ("new", recipes.new, "Write a recipe of your own, to change."),
            ("show", recipes.show, "Print a recipe, to copy and change."),
            ("check", recipes.check, "Say whether a recipe is well formed."),
            ("compare", recipes.compare, "Say what two recipes do to the same lots."),
        ),
    ),
    (
        "datalog",
        "Read testers that write CSV instead of STDF.",
        (("propose", datalog.propose, "Propose a mapping from a CSV header."),),
    ),
    (
        "map",
        "Look at wafer maps, convert, compare and combine them.",
        (
            ("show", maps.show, "Say what a wafer map holds."),
            ("convert", maps.convert, "Convert a wafer map, or turn it."),
            ("compare", maps.compare, "Say what differs between two maps."),
            ("composite", composites.composite, "Lay maps of insertions and wafers over each other."),
        ),
    ),
    (
        "match",
        "Say who should talk to whom.",
        (
            ("pairs", matching.pairs, "Which offers fit which needs; meant where no word is given."),
            ("search", matching.search, "Find needs and offers by words."),
            ("weights", matching.weights, "Print the weights of scores, to copy and change."),
        ),
    ),
    (
        "simulate",
        "Write fictional lots and chains.",
        (
            ("lot", simulation.lot, "Write a fictional lot as STDF."),
            ("stress", simulation.stress, "Write units before and after a stress, as STDF."),
            ("chain", simulation.chain, "Write a fictional province of chips and cars."),
        ),
    ),
)


class Program(Group):
    """The whole program, which makes only the command that is called."""

    by_hand: ClassVar[Mapping[str, Entry]] = {
        **{name: Entry(text, partial(single, name, function, text)) for name, function, text in COMMANDS},
        **{name: Entry(text, partial(group, name, text, rows)) for name, text, rows in GROUPS},
    }


app = typer.Typer(name="corecar", cls=Program, **LOOK)


def _version(wanted: bool) -> None:
    if wanted:
        from corecar import __version__

        typer.echo(f"corecar {__version__}")
        raise typer.Exit


@app.callback()
def corecar(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and stop.", callback=_version, is_eager=True)
    ] = False,
    server: Annotated[
        str | None,
        typer.Option(
            "--server", metavar="URL", help="Act on the workspace of a server; its token is in CORECAR_TOKEN."
        ),
    ] = None,
) -> None:
    """Read what semiconductor testers wrote, and grade every part for the car.

    Start with `corecar info FILE`, then `corecar grade FILE --out DIR`. For many lots make a workspace: `corecar init
    DIR`, then `corecar ingest PATH`.
    """
    if server is not None:
        os.environ[SERVER] = server
