"""Whether vehicles are kept by their number or by a keyed hash of it. The key stays outside: in the environment or in
a file, as the mail server's password does."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.calls import Call
from corecar.bridge.travel import OnServer
from corecar.errors import ArgumentError, Conflict, WorkspaceError
from corecar.plurals import plural
from corecar.store.catalogue.models import Setting
from corecar.store.catalogue.tracing import TraceThing
from corecar.trace.lines import Event, Thing
from corecar.trace.vins import HASHED, hashed_vin

VINS = "trace vins"
"""The setting that says that vehicles are kept hashed, and where the key is."""
KEY = "CORECAR_VIN_KEY"
"""The environment variable that holds the key where no other is named."""
LEAST = 16
"""Characters that a key has at least."""
PROOF = "the key of this workspace"
"""What is hashed so that another key is noticed."""
VEHICLE = "vehicle"


def keep_vins(
    call: Call,
    how: Annotated[Literal["hashed", "plain"], "How vehicles that come in from now on are kept."],
    *,
    key_variable: Annotated[str | None, "The environment variable with the key, beginning with CORECAR_."] = None,
    key_file: Annotated[str | Path | None, "A file that holds the key, readable by whoever serves.", OnServer()] = None,
) -> dict[str, Any]:
    """Keep vehicles by a keyed hash of their number (VIN), those that are there too, or plain again from now on.

    The key stays outside of the workspace. Without it no vehicle is found by its number, and what was hashed stays so.
    Raises  ArgumentError; WorkspaceError where the key cannot be had; Conflict for another key than the one before
    """
    kept = call.session.get(Setting, VINS)
    if how == "plain":
        if kept is not None:
            kept.value = kept.value | {"hashed": False}
        return {"said": "Vehicles are kept by their number from now on; those that are hashed stay so.", "hashed": 0}
    if key_variable is not None and key_file is not None:
        raise ArgumentError("the key is in a variable or in a file. Name one of them.")
    if key_variable is not None and not key_variable.startswith("CORECAR_"):
        raise ArgumentError(f'key_variable="{key_variable}": its name begins with CORECAR_.')
    where = {"variable": key_variable, "file": None if key_file is None else str(Path(key_file).absolute())}
    value = where | {"hashed": True, "proof": hashed_vin(PROOF, _key(where))}
    if kept is None:
        call.session.add(Setting(name=VINS, value=value))
    elif kept.value["proof"] != value["proof"]:
        raise Conflict("vehicles are hashed under another key. Give that one: with a new one nobody finds them again.")
    else:
        kept.value = value
    call.session.flush()
    changed = _hash_all(call.session)
    told = f" {plural(changed, 'vehicle')} that was there is hashed." if changed == 1 else (
        f" {plural(changed, 'vehicle')} that were there are hashed." if changed else "")  # fmt: skip
    return {"said": f"Vehicles are kept by a keyed hash of their number from now on.{told}", "hashed": changed}


def vin_hash(session: Session, *, asked: bool = False) -> Callable[[str], str] | None:
    """How the number of a vehicle becomes the name it is kept under; None where it is kept as it is.

    asked   for a question: also where vehicles are kept plain again, since some may be hashed still
    Raises  WorkspaceError where the key cannot be had, or is another one
    """
    kept = session.get(Setting, VINS)
    if kept is None or not (kept.value["hashed"] or asked):
        return None
    key = _key(kept.value)
    if hashed_vin(PROOF, key) != kept.value["proof"]:
        raise WorkspaceError(f"{_where(kept.value)}: this is not the key under which vehicles are hashed here.")
    return lambda vin: hashed_vin(vin, key)


def are_hashed(names: Sequence[str]) -> int:
    """How many of these vehicles are told by their hash."""
    return sum(name.startswith(HASHED) for name in names)


def with_hashed_vehicles(events: list[Event], hashed: Callable[[str], str] | None) -> list[Event]:
    """Events whose vehicles bear the name they are kept under."""
    if hashed is None:
        return events
    for event in events:
        event.lines = [
            line._replace(thing=Thing(VEHICLE, hashed(line.thing.name))) if line.thing.kind == VEHICLE else line
            for line in event.lines
        ]
    return events


def _hash_all(session: Session) -> int:
    """Hash the vehicles that are there; how many."""
    hashed = vin_hash(session)
    assert hashed is not None
    plain = select(TraceThing).where(TraceThing.kind == VEHICLE, TraceThing.name.not_like(f"{HASHED}%"))
    found = list(session.scalars(plain).unique())
    for thing in found:
        thing.name = hashed(thing.name)
    session.flush()
    return len(found)


def _key(where: dict[str, Any]) -> bytes:
    """The key. Raises WorkspaceError where it cannot be had, or is too short to be one."""
    if where.get("file"):
        try:
            found = Path(where["file"]).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise WorkspaceError(f"{where['file']}: the key of vehicles cannot be read ({error}).") from error
    else:
        found = os.environ.get(where.get("variable") or KEY, "").strip()
    if len(found) < LEAST:
        raise WorkspaceError(f"{_where(where)}: holds no key of {LEAST} characters or more. Vehicles are kept hashed "
                             "under it. Make one, such as: openssl rand -hex 32")  # fmt: skip
    return found.encode()


def _where(where: dict[str, Any]) -> str:
    return str(where.get("file") or where.get("variable") or KEY)
