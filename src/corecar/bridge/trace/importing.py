"""Taking events in: a whole file, or nothing of it and every fault."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from sqlalchemy import select

from corecar.bridge.calls import Call
from corecar.bridge.trace.kept_events import Counters, KeptEvents, counters
from corecar.bridge.trace.quick_import import LARGE, quick_import
from corecar.bridge.trace.vins import vin_hash, with_hashed_vehicles
from corecar.bridge.travel import Sent
from corecar.errors import SourceMissing, UnknownFormat
from corecar.faults import Faults
from corecar.formats.catenax.as_built import as_built_files, event_rows
from corecar.formats.maps.e142_transfers import transfer_rows
from corecar.garbage import no_collection
from corecar.plurals import plural
from corecar.store.catalogue.tracing import TraceImport
from corecar.trace.blocks import Entries
from corecar.trace.kinds import POOL
from corecar.trace.ledger import record
from corecar.trace.lines import Event, gathered, read_events

Form = Literal["CSV", "E142", "Catena-X"]
File = Annotated[
    str | Path, "A CSV of events, an E142 map with transfers, or Catena-X JSON (a file, or a folder of them).", Sent()
]


def import_events(
    call: Call,
    path: File,
    *,
    at: Annotated[datetime | None, "When it happened, for an E142 map, which does not say."] = None,
    try_only: Annotated[bool, "Check the file, and take nothing in."] = False,
) -> dict[str, Any]:
    """Take events in: what was made of what, moved, tested, shipped, mounted. The whole file, or nothing of it.

    Each content is taken in once. Every event is held against what is there: quantities in and out, unknown and
    emptied things, order, cycles, doubles, a vehicle with two ECUs of one kind.
    Raises  MappingError with every fault and its line; SourceMissing, UnknownFormat
    """
    form, content = _content(Path(path))
    digest = hashlib.sha256(content).hexdigest()
    asked = select(TraceImport).filter_by(owner_id=call.actor.party_id, hash=digest)
    there = call.session.scalar(asked)
    answer: dict[str, Any] = {"file": str(path), "hash": digest, "new": there is None and not try_only}
    if there is not None:
        said = f"{path}: this content is in the workspace already, as {there.path}."
        return answer | {"said": said, "events": there.events, "rows": []}
    with no_collection():
        return answer | _taken_in(call, Path(path), form, content, digest, at, try_only)


def _taken_in(
    call: Call, path: Path, form: Form, content: bytes, digest: str, at: datetime | None, try_only: bool
) -> dict[str, Any]:
    """Read, check and keep a file; what to say of it."""
    faults = Faults()
    next_, kept = counters(call.session), KeptEvents(call)
    hashed = vin_hash(call.session)
    quick = quick_import(kept, content, hashed, next_) if form == "CSV" and len(content) >= LARGE else None
    if quick is not None:
        answer: dict[str, Any] = {"events": quick.events, "rows": quick.rows()}
        return answer | _kept(call, path, form, digest, quick.events, None if try_only else quick.keep, next_)
    kept = KeptEvents(call)
    events = _events(path, form, content, at or call.now, kept, faults)
    faults.settle()
    events = with_hashed_vehicles(events, hashed)
    entries = record(str(path), events, kept, next_.key, faults)
    if not faults and not events:
        faults.add(str(path), "there is no event in it.")
    faults.settle()
    answer = {"events": len(events), "rows": _told(entries)}

    def keep(imported: int, next_: Counters) -> None:
        kept.keep(entries, imported, next_)

    return answer | _kept(call, path, form, digest, len(events), None if try_only else keep, next_)


def _kept(call: Call, path: Path, form: Form, digest: str, events: int, keep: Callable[[int, Counters], None] | None,
          next_: Counters) -> dict[str, Any]:  # fmt: skip
    """Keep what a file adds under a new import; what to say of it.

    keep  adds it, told the import and the counters; None where the file is checked alone
    """
    if keep is None:
        return {"said": f"{path}: {plural(events, 'event')} fit. Nothing was taken in."}
    imported = TraceImport(path=path.name, format=form, hash=digest, events=events, options={}, at=call.now,
                           **call.facts)  # fmt: skip
    call.session.add(imported)
    call.session.flush()
    keep(imported.id, next_)
    return {"said": f"{path}: {plural(events, 'event')} taken in."}


def list_imports(call: Call) -> dict[str, Any]:
    """List what was taken in: file, events, when and by whom."""
    asked = select(TraceImport).filter_by(owner_id=call.actor.party_id).order_by(TraceImport.id.desc())
    rows = [
        {"import": row.id, "file": row.path, "format": row.format, "events": row.events, "at": row.at,
         "by": row.by.name} for row in call.session.scalars(asked).unique()
    ]  # fmt: skip
    return {"said": "" if rows else "No event yet. Take some in with: corecar trace import", "rows": rows}


def _content(path: Path) -> tuple[Form, bytes]:
    """Of which form a file or folder is, and all its bytes."""
    if path.is_dir():
        return "Catena-X", b"".join(one.read_bytes() for one in as_built_files(path))
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise SourceMissing(path, "there is no such file.") from None
    first = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return ("Catena-X" if first in (b"{", b"[") else "E142" if first == b"<" else "CSV"), content


def _events(path: Path, form: Form, content: bytes, at: datetime, kept: KeptEvents, faults: Faults) -> list[Event]:
    """The events of a file of any form."""
    if form == "CSV":
        return read_events(str(path), _text(path, content).splitlines(), faults)
    if form == "E142":
        return gathered(str(path), enumerate(transfer_rows(path, content, at.isoformat()), 1), faults)
    events = gathered(str(path), event_rows(as_built_files(path)), faults)
    made = {line.thing for event in events if event.kind == "create" for line in event.lines}
    known = kept.holders(made)
    return [event for event in events if not (event.kind == "create" and event.lines[0].thing in known)]


def _text(path: str | Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnknownFormat(path, "this is no text in UTF-8.", offset=error.start) from None


def _told(entries: Entries) -> list[dict[str, Any]]:
    """How many things of each class were made, with their pieces."""
    counts: dict[str, list[int]] = {}
    for block in entries.blocks:
        if block.thing.kind != POOL:
            one = counts.setdefault(block.thing.kind, [0, 0])
            one[0] += 1
            one[1] += block.quantity
    return [{"class": kind, "made": made, "pieces": pieces} for kind, (made, pieces) in counts.items()]
