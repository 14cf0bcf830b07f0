"""The log of a Delta table: what it says now, and one more commit.

Source  Delta transaction protocol: a commit is a numbered file of JSON lines in `_delta_log`, put only if absent; a
        checkpoint says in one Parquet file what all commits up to it say together.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import pyarrow as pa

from corecar.errors import DamagedSource, SourceError
from corecar.store.delta import checkpoint
from corecar.store.delta.places import LOG, Place

_COMMIT, _CHECKPOINT = re.compile(r"(\d{20})\.json"), re.compile(r"(\d{20})\.checkpoint\.parquet")
_ADVICE = "Move the log away and publish anew; the files it names stay where they are."

Action = dict[str, Any]


@dataclass
class Snapshot:
    """What a log says.

    version     -1 without a log
    checkpoint  the version of the last checkpoint, -1 without one
    protocol, metadata  the actions in force; empty without a log
    files       the `add` of each file of the table, by its path
    gone        the `remove` of each file that is no longer in it
    """

    version: int = -1
    checkpoint: int = -1
    protocol: Action = field(default_factory=dict)
    metadata: Action = field(default_factory=dict)
    files: dict[str, Action] = field(default_factory=dict)
    gone: dict[str, Action] = field(default_factory=dict)

    def apply(self, action: Action) -> None:
        """Take one action of a log into account. Raises KeyError for one that is not as the protocol has it."""
        for kind, said in action.items():
            if kind == "metaData":
                self.metadata = {"id": said["id"], "schemaString": said["schemaString"]} | said
            elif kind == "protocol":
                self.protocol = said
            elif kind == "add":
                path = unquote(said["path"])
                self.files[path] = {"size": said["size"]} | said
                self.gone.pop(path, None)
            elif kind == "remove":
                path = unquote(said["path"])
                self.files.pop(path, None)
                self.gone[path] = said


@dataclass(frozen=True)
class Commit:
    """The actions that make one version."""

    version: int
    actions: list[Action]


def snapshot(place: Place) -> Snapshot:
    """The table as of its last version: the last checkpoint and what came after it.

    Raises  DamagedSource for a log with gaps or unreadable files
    """
    names = place.log()
    found = Snapshot()
    points = [int(match[1]) for name in names if (match := _CHECKPOINT.fullmatch(name))]
    if points:
        found.version = found.checkpoint = max(points)
        _replay(found, place, checkpoint.name_of(found.checkpoint))
    for name in names:
        match = _COMMIT.fullmatch(name)
        if match is None or int(match[1]) <= found.checkpoint:
            continue
        if int(match[1]) != found.version + 1:
            problem = f"version {found.version + 1} was expected before it."
            raise DamagedSource(f"{place.root}/{LOG}/{name}", problem, advice=_ADVICE)
        _replay(found, place, name)
        found.version += 1
    return found


def put_commit(place: Place, commit: Commit) -> bool:
    """Add a version to the log; False when somebody else added that version first. Raises OutputError."""
    text = "".join(json.dumps(action) + "\n" for action in commit.actions)
    return place.put_new(f"{commit.version:020}.json", text.encode())


def put_checkpoint(place: Place, state: Snapshot) -> None:
    """Say in one file what the log says up to a version, and which file that is. Raises OutputError.

    Two who do it at once write the same, so neither harms the other.
    """
    actions = checkpoint.actions_of(state)
    place.put(checkpoint.name_of(state.version), checkpoint.encoded(actions))
    last = {"version": state.version, "size": len(actions), "numOfAddFiles": len(state.files)}
    place.put("_last_checkpoint", json.dumps(last).encode())


def _replay(found: Snapshot, place: Place, name: str) -> None:
    try:
        content = place.read(name)
        if name.endswith(".parquet"):
            actions = checkpoint.decoded(content)
        else:
            actions = [json.loads(line) for line in content.decode().splitlines()]
        for action in actions:
            found.apply(action)
    except (OSError, ValueError, KeyError, AttributeError, TypeError, SourceError, pa.ArrowException) as error:
        problem = f"this is no {'checkpoint' if name.endswith('.parquet') else 'commit'} of a Delta table ({error!r})."
        raise DamagedSource(f"{place.root}/{LOG}/{name}", problem, advice=_ADVICE) from error
