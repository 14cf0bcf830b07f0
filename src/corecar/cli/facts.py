"""What `info` found about a file, as JSON or as a few lines for a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from corecar.cli.streams import print_json
from corecar.cli.wording import fraction, size, sizes, words, wrapped
from corecar.report.quantities import plural

NAMED = (
    ("lot", "lot"),
    ("product", "product"),
    ("program", "test_program"),
    ("stage", "stage"),
    ("temperature", "temperature"),
)


def print_facts(found: dict[str, Any], *, as_json: bool) -> None:
    """Print what one file is: one JSON object on one line, or a paragraph."""
    if as_json:
        print_json(found)
        return
    typer.echo(found["file"])
    for lead, text in lines(found):
        typer.echo(wrapped(f"  {lead}", text))


def lines(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(lead, text) of each line that a person reads, most important first."""
    yield "", _kind(found)
    told = ", ".join(f"{label} {words(found[key])}" for label, key in NAMED if words(found[key]))
    if told:
        yield "", told
    yield "", ", ".join(sizes(found, "wafer", "part", "test", "result"))
    yield "", f"first yield {_share(found, 'first')}; final yield {_share(found, 'final')}"
    yield "retests: ", _retests(found)
    yield from (("note: ", note) for note in found["notes"])
    yield _records(found["records"])
    yield from (("warning: ", warning) for warning in found["warnings"])


def _kind(found: dict[str, Any]) -> str:
    version = f" {found['version']}" if found["version"] else ""
    endian = f", {found['endian']} endian" if found["endian"] else ""
    packed = f", {found['compression']}" if found["compression"] else ""
    streams = f", {found['streams']} files in one" if found["streams"] > 1 else ""
    damage = ", damaged: what was whole is counted here" if found["salvaged"] else ""
    tester = f"{found['format']}{version}{endian}{packed}"
    kind = f"Parquet folder (from {tester})" if found["parquet"] else tester
    return f"{kind}, {size(found['bytes'])}{streams}{damage}"


def _records(counted: dict[str, int]) -> tuple[str, str]:
    """Records by their types; a CSV has only rows."""
    if counted.keys() == {"row"}:
        return "", f"rows {counted['row']:,}"
    return "records: ", ", ".join(f"{kind} {number:,}" for kind, number in counted.items())


def _retests(found: dict[str, Any]) -> str:
    again = plural(found["reunits_of_lots"], "unit") + " tested again"
    counts = f", the {found['retest']} attempt counts" if found["reunits_of_lots"] else ""
    return f"{again}{counts}; identity {found['identity']} ({found['identity_reason'].rstrip('.')})"


def _share(found: dict[str, Any], which: str) -> str:
    return fraction(found[f"{which}_good"], found[f"{which}_tested"])
