"""The log of a Delta table in a folder: what it says now, and one more commit, whole or not at all.

Source  Delta transaction protocol: a commit is a numbered file of JSON lines in `_delta_log`, put only if absent.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from corecar.atomic import refused, sibling_of
from corecar.errors import DamagedSource

LOG, LOCK = "_delta_log", ".lock"
_ADVICE = "Move the log away and publish anew; the files it names stay where they are."


@dataclass
class Snapshot:
    """What a log says: version (-1 without a log), id and schema of the table, size of each file by its path."""

    version: int = -1
    id: str = ""
    schema: str = ""
    files: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Commit:
    """The actions that make one version."""

    version: int
    actions: list[dict[str, Any]]


def snapshot(folder: Path) -> Snapshot:
    """The table in a folder as of its last version. Raises DamagedSource for a log with gaps or unreadable lines."""
    found = Snapshot()
    for place in sorted((folder / LOG).glob("*.json")):
        if not place.stem.isdecimal():
            continue
        if int(place.stem) != found.version + 1:
            raise DamagedSource(place, f"version {found.version + 1} was expected before it.", advice=_ADVICE)
        _replay(found, place)
        found.version += 1
    return found


def _replay(found: Snapshot, place: Path) -> None:
    try:
        for line in place.read_text(encoding="utf-8").splitlines():
            for kind, action in json.loads(line).items():
                if kind == "metaData":
                    found.id, found.schema = action["id"], action["schemaString"]
                elif kind == "add":
                    found.files[unquote(action["path"])] = action["size"]
                elif kind == "remove":
                    found.files.pop(unquote(action["path"]), None)
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise DamagedSource(place, f"this is no commit of a Delta table ({error!r}).", advice=_ADVICE) from error


def put_commit(folder: Path, commit: Commit) -> bool:
    """Add a version to the log; False when somebody else added that version first. Raises OutputError."""
    place = folder / LOG / f"{commit.version:020}.json"
    sibling = sibling_of(place)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _write(sibling, "".join(json.dumps(action) + "\n" for action in commit.actions))
        return _put_if_absent(sibling, place)
    except OSError as error:
        raise refused(place, error) from error
    finally:
        sibling.unlink(missing_ok=True)


def _write(place: Path, text: str) -> None:
    with place.open("x", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())


def _put_if_absent(sibling: Path, place: Path) -> bool:
    """Give a finished file its name unless the name is taken; a hard link does that in one step."""
    try:
        os.link(sibling, place)
    except FileExistsError:
        return False
    except OSError:
        return _renamed_if_absent(sibling, place)
    return True


def _renamed_if_absent(sibling: Path, place: Path) -> bool:
    """The same where there are no hard links: Windows renames onto no file; elsewhere a lock dies with its process."""
    if os.name == "nt":
        try:
            os.rename(sibling, place)
        except FileExistsError:
            return False
        return True
    import fcntl

    with (place.parent / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if place.exists():
            return False
        os.rename(sibling, place)
    return True
