"""The mapping of a workspace: by which rules a run is filed into a lot."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.calls import Call
from corecar.bridge.ingest.refiling import Refiled, corrected_facts, file_waiting, read_facts
from corecar.bridge.travel import Sent
from corecar.errors import NotFound, SourceMissing
from corecar.plurals import plural
from corecar.store.catalogue.models import Run, Setting, Source
from corecar.store.filing import DEFAULT, Filed, FilingMapping, file_run, load_mapping, propose_mapping

SETTING = "mapping"
SHOWN = 20
"""Runs that `mapping try` lists: those that would wait still, then those that would come in, then those elsewhere."""

Row = dict[str, Any]


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


def set_mapping(call: Call, file: Annotated[str | Path, "The mapping, a TOML file.", Sent()]) -> dict[str, Any]:
    """File runs by a new mapping: those to come, and at once those that wait without a lot. Runs that lie in a lot stay
    where they are, and what a person corrected stays as corrected.

    Raises  MappingError with every fault at once
    """
    path = Path(file)
    mapping = load_mapping(path, name=path.name)
    _keep(call.session, _kept(path))
    done = file_waiting(call, mapping, reason=f"filed by the mapping {path.name}")
    said = f"Runs are filed by {path.name} from now on.{_told(done)}"
    return {"said": said, "file": path.name, "filed": done.filed, "waiting": done.waiting}


def _keep(session: Session, value: dict[str, Any]) -> None:
    """Put a mapping into force."""
    kept = session.get(Setting, SETTING)
    if kept is None:
        session.add(Setting(name=SETTING, value=value))
    else:
        kept.value = value


def _told(done: Refiled) -> str:
    """What became of the runs that waited, in a sentence; nothing where none did."""
    if not done.filed and not done.waiting:
        return ""
    came = f" {done.filed} of {plural(done.filed + done.waiting, 'run')} that waited came into a lot."
    return f"{came} Why the others wait still: corecar todo" if done.waiting else came


def try_mapping(call: Call, file: Annotated[str | Path, "The mapping, a TOML file.", Sent()]) -> dict[str, Any]:
    """Say how a mapping would file the runs that are there, without changing anything: which of those that wait would
    come into a lot, why the others would not, and which lie in a lot where it would not have put them.

    Raises  MappingError with every fault at once
    """
    mapping = load_mapping(Path(file))
    rows = {"stay": list[Row](), "come": list[Row](), "move": list[Row]()}
    total = unfiled = 0
    given = corrected_facts(call.session)
    for run, path in _own_runs(call):
        waits = run.lot_id is None
        filed = file_run(read_facts(run), path, mapping, given=given.get(run.id, {}) if waits else {})
        total, unfiled = total + 1, unfiled + (not filed.filed)
        if waits:
            rows["come" if filed.filed else "stay"].append(_tried(run, path, filed))
        elif _elsewhere(run, filed):
            rows["move"].append(_tried(run, path, filed))
    stay, come, move = (len(found) for found in rows.values())
    said = _foretold(stay + come, come, move, total) if total else "No run is there to try it on."
    shown = [row for found in rows.values() for row in found][:SHOWN]
    return {"said": said, "runs": total, "come_in": come, "stay_out": stay, "moved": move, "unfiled": unfiled,
            "rows": shown}  # fmt: skip


def _foretold(waiting: int, come: int, move: int, total: int) -> str:
    """What a mapping would do, in two sentences."""
    first = f"{come} of {plural(waiting, 'run')} that wait would come into a lot." if waiting else "No run waits."
    if waiting == total:
        return first
    if not move:
        return f"{first} Every run in a lot lies where it would put it."
    if move == 1:
        return (
            f"{first} 1 run lies in another lot than it would put it into, and stays there unless somebody corrects it."
        )
    return f"{first} {move} runs lie in other lots than it would put them into, and stay unless somebody corrects them."


def _elsewhere(run: Run, filed: Filed) -> bool:
    """Whether rules would put a run that lies in a lot into none or another one."""
    told = [filed.facts[fact] or "" for fact in ("customer", "product", "lot")]
    return not filed.filed or told != [run.customer or "", run.product or "", run.lot_name or ""]


def _tried(run: Run, path: str, filed: Filed) -> Row:
    return {
        "run": run.id[:12], "file": path, "lot now": run.lot_name if run.lot_id is not None else None,
        "lot then": filed.facts["lot"] if filed.filed else None, "product then": filed.facts["product"],
        "why": " ".join(filed.reasons) or None,
    }  # fmt: skip


def propose(call: Call) -> str:
    """Draft a mapping from runs that are there: what their records leave open is looked for in their paths.

    Raises  NotFound in a workspace without a run
    """
    found = _own_runs(call)
    if not found:
        raise NotFound("no run is there to learn from. Take some files in first: corecar ingest PATH")
    return propose_mapping([read_facts(run) for run, _ in found], [path for _, path in found])


def _own_runs(call: Call) -> Sequence[tuple[Run, str]]:
    """The runs of the caller's party with the path of each, in the order in which they came."""
    asked = select(Run, Source.path).join(Source, Source.hash == Run.source_hash).order_by(Run.ingested_at, Run.id)
    return call.session.execute(asked.where(Run.owner_id == call.actor.party_id)).all()


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
