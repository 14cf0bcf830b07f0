"""A submission folder checked offline: every file by its hash, every verdict by judging the evidence again."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from math import isfinite
from pathlib import Path, PurePosixPath
from typing import Any

from corecar.errors import ArgumentError, SourceError
from corecar.plurals import plural
from corecar.qualify.quality_tables import overdue
from corecar.qualify.submission import FORMAT, approval, asked_otherwise, judged

INDEX = "index.json"
DATA = "data/qualification.json"
_ERRORS = (ArgumentError, KeyError, TypeError, ValueError, AttributeError, IndexError)
"""What damaged data makes of its readers."""


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify_submission(folder: str | Path, today: date | None = None) -> dict[str, Any]:
    """Say what a submission folder holds and everything that speaks against it.

    Every file is held against the index, and the evidence is judged again from the data alone.
    today    by which day gates, actions and disciplines that are not done are overdue; without it the clock's
    Returns  said, rows: a row for each fault; facts: product, level, state, index: SHA-256 of the index
    Raises   SourceError where it is no submission folder
    """
    root = Path(folder)
    try:
        index = json.loads((root / INDEX).read_text("utf-8"))
        listed = {str(one["path"]): str(one["sha256"]) for one in index["files"]}
    except (OSError, *_ERRORS) as error:
        raise SourceError(str(root), f"no submission folder: {INDEX} cannot be read. Unpack it whole.") from error
    faults = _files(root, listed)
    facts: dict[str, Any] = {"index": sha256(root / INDEX), "files": len(listed)}
    if DATA not in listed:
        faults.append({"file": INDEX, "fault": f"{DATA} is not listed"})
    elif (root / DATA).is_file():
        try:
            day = datetime.now(UTC).date() if today is None else today
            faults += _data(json.loads((root / DATA).read_text("utf-8")), listed, facts, day)
        except (OSError, *_ERRORS) as error:
            why = f"it has no {error}" if isinstance(error, KeyError) else str(error)
            faults.append({"file": DATA, "fault": f"it cannot be judged: {why}"})
    said = "Nothing speaks against this submission." if not faults else f"{plural(len(faults), 'fault')}."
    return {"said": said, "sound": not faults, "facts": facts, "rows": faults}


def _files(root: Path, listed: dict[str, str]) -> list[dict[str, str]]:
    """Files that are missing, changed, outside of the folder, or not listed."""
    faults = []
    for name, digest in listed.items():
        place = PurePosixPath(name)
        if place.is_absolute() or ".." in place.parts or "\\" in name:
            faults.append({"file": name, "fault": "it lies outside of the folder"})
        elif not (root / name).is_file():
            faults.append({"file": name, "fault": "it is missing"})
        elif sha256(root / name) != digest:
            faults.append({"file": name, "fault": "it was changed: its SHA-256 is another"})
    there = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file() or path.is_symlink()}
    faults += [{"file": name, "fault": "the index does not list it"} for name in sorted(there - {*listed, INDEX})]
    return faults


def _data(data: Any, listed: dict[str, str], facts: dict[str, Any], today: date) -> list[dict[str, str]]:
    """What the data says that does not follow from its own evidence, and what is missing."""
    if data["format"] != FORMAT:
        return [{"file": DATA, "fault": f'format "{data["format"]}" is not {FORMAT}'}]
    again = judged(data)
    facts |= {"product": data["product"], "level": data["level"], "state": data["state"]}
    found = [f"{test}: it says {told['state']}, its evidence says {again['statuses'][test]['state']}"
             for test, told in data["statuses"].items() if told != again["statuses"][test]]  # fmt: skip
    found += [f"{test}: it has no verdict" for test in again["statuses"] if test not in data["statuses"]]
    found += [f"{test}: a result of lot {one['lot']} is no count" for test, kept in data["evidence"].items()
              for one in kept["results"] if not _counts(one)]  # fmt: skip
    found += asked_otherwise(data)
    found += [f"gap: {gap}" for gap in again["gaps"]]
    found += [f"to be submitted and missing: {name}" for name in again["missing"]]
    found += again["findings"]
    found += [f"{one['table']}: {one['finding']}" for one in overdue(data.get("tables", {}), today)]
    found += [f"{subject}: document {name} is not in the folder" for subject, names in data["documents"].items()
              for name in names if not any(path.startswith(f"documents/{subject}/") and path.endswith(name)
                                           for path in listed)]  # fmt: skip
    people = approval(data["history"])
    if data["state"] != "approved" or people is None:
        found.append("it is not approved")
    elif data["accounts"] and people[0] == people[1]:
        found.append("one person proposed and approved it")
    return [{"file": DATA, "fault": one} for one in found]


def _counts(one: dict[str, Any]) -> bool:
    """Whether a lot's result can have been: units, no more fails than units, and a value that is a number."""
    return 0 <= one["fails"] <= one["units"] and (one["value"] is None or isfinite(one["value"]))
