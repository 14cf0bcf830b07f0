"""The mapping of a workspace: by which rules a run is filed into a lot."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.calls import Call
from corecar.errors import NotFound, SourceMissing
from corecar.plurals import plural
from corecar.store.catalogue.models import Run, Setting, Source
from corecar.store.filing import DEFAULT, FilingMapping, file_run, load_mapping, propose_mapping

SETTING = "mapping"
SHOWN = 20
"""Runs that `mapping try` lists of those that would move."""


def mapping_in_force(session: Session) -> FilingMapping:
    """The mapping that files runs now; without one the file's own records say where it belongs."""
    kept = session.get(Setting, SETTING)
    return DEFAULT if kept is None else _loaded(kept.value)


def show(call: Call) -> str:
    """Print the mapping in force, with the look-up tables that it names."""
    kept = call.session.get(Setting, SETTING)
    if kept is None:
        return "# No mapping was set: a run is filed by what its own MIR says. Set one with: corecar mapping set FILE"
    tables = [
        f"\n# {name}\n" + "\n".join(f"# {line}" for line in text.splitlines())
        for name, text in kept.value["files"].items()
    ]
    return str(kept.value["text"]) + "".join(tables)


def set_mapping(call: Call, file: Annotated[str | Path, "The mapping, a TOML file."]) -> dict[str, Any]:
    """File runs by a new mapping from now on. Runs that are there stay where they are; correct them, or see `mapping
    try`.

    Raises  MappingError with every fault at once
    """
    path = Path(file)
    load_mapping(path)
    value = _kept(path)
    kept = call.session.get(Setting, SETTING)
    if kept is None:
        call.session.add(Setting(name=SETTING, value=value))
    else:
        kept.value = value
    return {"said": f"Runs are filed by {path.name} from now on.", "file": path.name}


def try_mapping(call: Call, file: Annotated[str | Path, "The mapping, a TOML file."]) -> dict[str, Any]:
    """Say how a mapping would file the runs that are there, without changing anything.

    Raises  MappingError with every fault at once
    """
    mapping = load_mapping(Path(file))
    asked = select(Run, Source.path).join(Source, Source.hash == Run.source_hash)
    moved, unfiled, total = [], 0, 0
    for run, path in call.session.execute(asked.where(Run.owner_id == call.actor.party_id).order_by(Run.ingested_at)):
        filed = file_run(read_facts(run), path, mapping)
        total, unfiled = total + 1, unfiled + (not filed.filed)
        if filed.facts["lot"] != run.lot_name or filed.facts["product"] != run.product:
            moved.append(
                {"run": run.id[:12], "file": path, "lot now": run.lot_name, "lot then": filed.facts["lot"],
                 "product then": filed.facts["product"], "why not": " ".join(filed.reasons) or None}
            )  # fmt: skip
    said = f"Of {plural(total, 'run')} {len(moved)} would lie elsewhere, and {unfiled} in no lot."
    return {"said": said, "runs": total, "moved": len(moved), "unfiled": unfiled, "rows": moved[:SHOWN]}


def propose(call: Call) -> str:
    """Draft a mapping from runs that are there: what their records leave open is looked for in their paths.

    Raises  NotFound in a workspace without a run
    """
    asked = select(Run, Source.path).join(Source, Source.hash == Run.source_hash).order_by(Run.ingested_at)
    found = call.session.execute(asked.where(Run.owner_id == call.actor.party_id)).all()
    if not found:
        raise NotFound("no run is there to learn from. Take some files in first: corecar ingest PATH")
    return propose_mapping([read_facts(run) for run, _ in found], [path for _, path in found])


def read_facts(run: Run) -> dict[str, Any]:
    """What the file itself said of a run, as the columns of `runs`."""
    return {**run.read, "start": run.start, "finish": run.finish}


def _kept(path: Path) -> dict[str, Any]:
    """The mapping and the tables it names, as texts."""
    text = path.read_text(encoding="utf-8-sig")
    names = dict.fromkeys(_tables_named(tomllib.loads(text)))
    return {"text": text, "name": path.name, "files": {name: _text(path.parent / name) for name in names}}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SourceMissing(path, "the table cannot be read.", advice="Put it beside the mapping.") from error


def _tables_named(content: Any) -> Iterator[str]:
    """The CSV files that a mapping names, wherever they stand in it."""
    if isinstance(content, dict):
        for value in content.values():
            yield from _tables_named(value)
    elif isinstance(content, list):
        for value in content:
            yield from _tables_named(value)
    elif isinstance(content, str) and content.lower().endswith(".csv"):
        yield content


def _loaded(kept: dict[str, Any]) -> FilingMapping:
    with TemporaryDirectory(prefix="corecar-") as folder:
        for name, text in kept["files"].items():
            (Path(folder) / Path(name).name).write_text(text, encoding="utf-8")
        place = Path(folder) / "mapping.toml"
        place.write_text(kept["text"], encoding="utf-8")
        return load_mapping(place, name=kept["name"])
