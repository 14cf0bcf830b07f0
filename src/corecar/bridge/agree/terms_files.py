"""Terms as somebody gives them: a file of JSON, single fields to change, or both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from corecar.agree.changing import with_changes
from corecar.agree.reading import json_in
from corecar.agree.terms import Terms, terms_in, terms_value
from corecar.bridge.travel import Sent
from corecar.errors import ArgumentError, SourceMissing

TermsFile = Annotated[str | Path | None, "A file of terms (JSON, as `corecar agree show --out` writes it).", Sent()]
Changes = Annotated[
    list[str] | None,
    "A field to change, such as `quality.ppm_most=5` or `volumes[0].periods[2027-W05].agreed=900`; as often as needed.",
]


def value_in(path: str | Path) -> dict[str, Any]:
    """The JSON object in a file. Raises SourceMissing; MappingError for what is none."""
    file = Path(path)
    if not file.is_file():
        raise SourceMissing(file, "there is no such file of terms.", advice="Write one with: corecar agree show --out")
    value = json_in(file.read_bytes(), file.name)
    if not isinstance(value, dict):
        raise ArgumentError(f"{file.name}: terms are a JSON object with fields.")
    return value


def changed_terms(now: Terms, path: str | Path | None, changes: Sequence[str] | None) -> Terms:
    """Other terms in place of those that count now.

    Raises  ArgumentError where neither a file nor a change is given; MappingError, SourceMissing
    """
    if path is None and not changes:
        raise ArgumentError("say what changes: a file of terms (--terms), or single fields (--change FIELD=VALUE).")
    value = terms_value(now) if path is None else value_in(path)
    source = now.number if path is None else Path(path).name
    return terms_in(with_changes(value, changes or ()), source)
