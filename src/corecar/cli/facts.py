"""What `info` found about a file, as JSON or as a few lines for a person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import typer

from corecar.cli.wording import fraction, size, words
from corecar.report.quantities import plural


def print_facts(found: dict[str, Any], *, as_json: bool) -> None:
    """Print what one file is: one JSON object on one line, or a paragraph."""
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, allow_nan=False))
        return
    for line in paragraph(found):
        typer.echo(line)


def paragraph(found: dict[str, Any]) -> Iterator[str]:
    """The lines a person reads, most important first."""
    yield found["file"]
    yield "  " + _kind(found)
    yield from _line("lot", words(found["lot"]), "product", words(found["product"]), *_conditions(found))
    held = (plural(found["wafers"], "wafer"), plural(found["parts"], "part"), plural(found["tests"], "test"))
    yield f"  {', '.join(held)}, {plural(found['results'], 'result')}"
    yield f"  first yield {_share(found, 'first')}; final yield {_share(found, 'final')}"
    yield f"  retests: {_retests(found)}"
    for note in found["notes"]:
        yield f"  note: {note}"
    yield f"  records: {', '.join(f'{kind} {number:,}' for kind, number in found['records'].items())}"
    for warning in found["warnings"]:
        yield f"  warning: {warning}"


def _kind(found: dict[str, Any]) -> str:
    version = f" {found['version']}" if found["version"] else ""
    endian = f", {found['endian']} endian" if found["endian"] else ""
    packed = f", {found['compression']}" if found["compression"] else ""
    streams = f", {found['streams']} files in one" if found["streams"] > 1 else ""
    damage = ", damaged: what was whole is counted here" if found["salvaged"] else ""
    return f"{found['format']}{version}{endian}{packed}, {size(found['bytes'])}{streams}{damage}"


def _conditions(found: dict[str, Any]) -> tuple[str, ...]:
    return (
        *("program", words(found["test_program"])),
        *("stage", words(found["stage"])),
        *("temperature", words(found["temperature"])),
    )


def _retests(found: dict[str, Any]) -> str:
    again = plural(found["retested_units"], "unit") + " tested again"
    counts = f", the {found['retest']} attempt counts" if found["retested_units"] else ""
    return f"{again}{counts}; identity {found['identity']} ({found['identity_reason'].rstrip('.')})"


def _line(*labelled: str) -> Iterator[str]:
    pairs = zip(labelled[::2], labelled[1::2], strict=True)
    told = ", ".join(f"{label} {value}" for label, value in pairs if value)
    if told:
        yield f"  {told}"


def _share(found: dict[str, Any], which: str) -> str:
    return fraction(found[f"{which}_good"], found[f"{which}_tested"])
