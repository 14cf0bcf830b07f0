"""Catena-X messages in JSON files: which aspect model each follows, its identity, and what does not fit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from corecar.chain.faults import Findings
from corecar.errors import CellFault, DamagedSource, SourceMissing, UnknownFormat
from corecar.formats.catenax.aspects import Aspect, aspects
from corecar.formats.catenax.validation import misfits

ENDING = ".json"
OWN_IDENTITY = {
    "WeekBasedMaterialDemand": "materialDemandId",
    "WeekBasedCapacityGroup": "capacityGroupId",
    "DemandAndCapacityNotification": "notificationId",
}
"""The field that is the identity of a message; others are told apart by material, direction and sites."""
_TOLD_BY = {
    "WeekBasedMaterialDemand": ("materialDemandId",), "WeekBasedCapacityGroup": ("capacityGroupId",),
    "ItemStock": ("allocatedStocks", "positions"), "ShortTermMaterialDemand": ("customerLocationBpns",),
    "PlannedProductionOutput": ("allocatedPlannedProductionOutputs",), "DeliveryInformation": ("deliveries",),
    "DaysOfSupply": ("allocatedDaysOfSupply",), "DemandAndCapacityNotification": ("notificationId",),
}  # fmt: skip
"""Fields that stand in messages of one aspect model alone."""


@dataclass(frozen=True)
class Message:
    """One message.

    identity  the same for every later message about the same
    content   as parsed; text: as it came, so that nothing of it is lost
    path      the file; number: which message of it, from 1
    """

    aspect: str
    identity: str
    content: dict[str, Any]
    text: str
    path: str
    number: int = 1


def read_messages(path: str | Path, findings: Findings) -> list[Message]:
    """The messages of a file: one, or a list of them. One that its aspect model does not allow is noted, and left out.

    Raises  SourceMissing, DamagedSource for what is no JSON, UnknownFormat for what is no message of a known model
    """
    place = Path(path)
    try:
        text = place.read_text(encoding="utf-8-sig")
        read = json.loads(text, parse_constant=_no_number)
    except OSError as error:
        raise SourceMissing(path, f"cannot be read: {error.strerror}.", advice="Check the path.") from error
    except (ValueError, RecursionError) as error:
        raise DamagedSource(path, f"is no JSON ({error}).", advice="Write it once more.") from error
    several = read if isinstance(read, list) else [read]
    found = []
    for number, content in enumerate(several, 1):
        aspect = aspect_of(content, place)
        if _fits(aspect, content, place, number, findings):
            own = text if content is read else json.dumps(content, ensure_ascii=False)
            identity = identity_of(aspect.name, content)
            found.append(Message(aspect.name, identity, content, own, str(place), number))
    return found


def message_of(text: str, path: str = "") -> Message:
    """A message that was kept, from its text."""
    content = json.loads(text)
    aspect = aspect_of(content, Path(path))
    return Message(aspect.name, identity_of(aspect.name, content), content, text, path)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _fits(aspect: Aspect, content: Any, path: Path, number: int, findings: Findings) -> bool:
    """Whether a message is as its aspect model says; what is not is noted."""
    found = misfits(aspect, content)
    advice = f"See the aspect model {aspect.name} {aspect.version}."
    for one in found:
        findings.add(CellFault(
            str(path), aspect.name, number, one.path, one.value, "schema", one.problem, advice,
        ))  # fmt: skip
    return not found


def aspect_of(content: Any, path: Path) -> Aspect:
    """The aspect model that a message follows: by fields that only its messages have, else by the file's name.

    Raises  UnknownFormat
    """
    known = aspects()
    names = _names(content)
    found = [name for name, fields in _TOLD_BY.items() if fields[0] in names]
    if not found:
        found = [name for name in known if path.name.startswith(name)]
    if len(found) != 1 or not isinstance(content, dict):
        raise UnknownFormat(
            path, f"is no message of one of the aspect models {', '.join(known)}.",
            advice="Begin the file's name with that of its aspect model.",
        )  # fmt: skip
    return known[found[0]]


def _names(content: Any) -> set[str]:
    """The names of all fields, however deep."""
    if isinstance(content, list):
        return set().union(*(_names(inner) for inner in content))
    if not isinstance(content, dict):
        return set()
    return set(content).union(*(_names(inner) for inner in content.values()))


def identity_of(aspect: str, content: dict[str, Any]) -> str:
    """What tells a message from others of its aspect model, and not from its later versions."""
    if aspect in OWN_IDENTITY:
        return str(content.get(OWN_IDENTITY[aspect], ""))
    parts = [str(content.get("materialGlobalAssetId", "")), str(content.get("direction", "")), *sorted(_sites(content))]
    return " ".join(part for part in parts if part)


def _sites(content: Any) -> set[str]:
    """Every business partner number of a site in a message."""
    if isinstance(content, str):
        return {content} if content.startswith("BPNS") else set()
    inner = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    return set[str]().union(*(_sites(value) for value in inner))
