"""Parts as built in Catena-X JSON: SerialPart, Batch, SingleLevelBomAsBuilt, SingleLevelUsageAsBuilt as rows of events.

What an aspect calls a part by its global id stands in events by its own: `partInstanceId`, `van` or `batchId`. A part
with a `van` is a vehicle; another part that is put together of others is an ECU; a part that goes into one is a unit.
Source: the aspect models of version 4.0.0 (CX-0127 Part Instance).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corecar.errors import DamagedSource, UnknownFormat

Cells = list[str]
"""event, at, kind, role, class, id, places, quantity, pair."""
OWN_SPACE = uuid.UUID("5f0a2c6e-6f0e-4f5e-9d52-3f0c6b1f7a10")
"""The name space of global ids that are made here."""
ASPECTS = ("SerialPart", "Batch", "SingleLevelBomAsBuilt", "SingleLevelUsageAsBuilt")


@dataclass(frozen=True)
class Link:
    """One part that went into another: their global ids, when, how many, of which partner."""

    child: str
    parent: str
    at: str
    quantity: int
    file: str


def aspect_of(message: Any) -> str:
    """Which aspect a message is of; empty for none of them."""
    if not isinstance(message, dict) or not isinstance(message.get("globalAssetId"), str):
        return ""
    if isinstance(message.get("childItems"), list):
        return "SingleLevelBomAsBuilt"
    if isinstance(message.get("parentItems"), list):
        return "SingleLevelUsageAsBuilt"
    part = message.get("partTypeInformation")
    if not isinstance(part, dict) or not isinstance(message.get("localIdentifiers"), list):
        return ""
    return "SerialPart" if "customerPartId" in part else "Batch"


def as_built_files(path: Path) -> list[Path]:
    """The JSON files at a path: itself, or those of a folder by name."""
    return sorted(path.rglob("*.json")) if path.is_dir() else [path]


def event_rows(paths: Sequence[Path]) -> Iterator[tuple[int, Cells]]:
    """The rows of events that aspects tell, each with the number of its file. Raises DamagedSource, UnknownFormat."""
    parts: dict[str, tuple[int, str, Mapping[str, Any]]] = {}
    links: list[tuple[int, Link]] = []
    for number, path in enumerate(paths, 1):
        for message in _messages(path):
            aspect = aspect_of(message)
            if not aspect:
                raise UnknownFormat(path, f"this is none of {', '.join(ASPECTS)}, version 4.0.0.")
            own = _plain(message["globalAssetId"])
            if aspect in ("SerialPart", "Batch"):
                parts[own] = (number, aspect, message)
            else:
                links += [(number, link) for link in _links(path, aspect, own, message)]
    parents = {link.parent for _, link in links}
    named = {own: _named(own, aspect, message, own in parents) for own, (_, aspect, message) in parts.items()}
    for own, (number, aspect, message) in parts.items():
        if aspect == "SerialPart" and own not in parents:
            day = str(message.get("manufacturingInformation", {}).get("productionDate", ""))
            yield number, [f"created {own}", day, "create", "out", *named[own], "", "1", ""]
    yield from _joined(links, parts, named)


def _joined(
    links: list[tuple[int, Link]], parts: Mapping[str, Any], named: Mapping[str, tuple[str, str]]
) -> Iterator[tuple[int, Cells]]:
    seen: set[tuple[str, str]] = set()
    for number, link in links:
        if (link.child, link.parent) in seen:
            continue
        seen.add((link.child, link.parent))
        for one in (link.child, link.parent):
            if one not in named:
                raise DamagedSource(Path(link.file), f"{one} is named, and no SerialPart or Batch tells what it is.")
        parent_kind = named[link.parent][0]
        kind = {"vehicle": "install", "ecu": "mount"}.get(parent_kind, "transform")
        message = parts[link.child][2]
        part = message["partTypeInformation"]
        place = str(part.get("customerPartId") or part.get("manufacturerPartId") or "part")
        places = place if kind == "install" else ""
        event = f"{link.child} into {link.parent}"
        yield number, [event, link.at, kind, "in", *named[link.child], "", str(link.quantity), ""]
        yield number, [event, link.at, kind, "out", *named[link.parent], places, str(link.quantity), ""]


def _links(path: Path, aspect: str, own: str, message: Mapping[str, Any]) -> Iterator[Link]:
    below = aspect == "SingleLevelBomAsBuilt"
    for item in message["childItems" if below else "parentItems"]:
        try:
            other, at = _plain(item["globalAssetId"]), str(item["createdOn"])
            quantity = int(item.get("quantity", {}).get("value", 1))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DamagedSource(path, f"an item of {aspect} lacks what it needs: {error}.") from None
        if not below and item.get("isOnlyPotentialParent"):
            continue
        yield Link(other if below else own, own if below else other, at, quantity, str(path))


def _named(own: str, aspect: str, message: Mapping[str, Any], is_parent: bool) -> tuple[str, str]:
    """Class and id of a part, as events say them."""
    found = {str(one.get("key")): str(one.get("value")) for one in message["localIdentifiers"] if isinstance(one, dict)}
    if aspect == "Batch":
        return "lot", found.get("batchId") or found.get("partInstanceId") or own
    if "van" in found:
        return "vehicle", found["van"]
    return "ecu" if is_parent else "unit", found.get("partInstanceId") or own


def _messages(path: Path) -> list[Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DamagedSource(path, f"this is no JSON: {error}.") from None
    return content if isinstance(content, list) else [content]


def _plain(identity: str) -> str:
    return identity.removeprefix("urn:uuid:").lower()


def global_id(owner: str, kind: str, name: str) -> str:
    """The global id of a thing of a party: always the same for the same thing."""
    return f"urn:uuid:{uuid.uuid5(OWN_SPACE, json.dumps([owner, kind, name]))}"


@dataclass(frozen=True)
class Built:
    """A thing to be told: its global id, class, own id, the day it was made, and what went into it and it into.

    below, above  (global id, pieces, moment, sure) of each thing one step down and up
    """

    identity: str
    kind: str
    name: str
    day: str
    below: tuple[tuple[str, int, str, bool], ...] = ()
    above: tuple[tuple[str, int, str, bool], ...] = ()


SERIAL = frozenset({"unit", "ecu", "vehicle"})
"""Classes that are told as SerialPart; the others are a Batch."""


def as_built(things: Iterable[Built], *, partner: str, country: str, part: str) -> dict[str, dict[str, Any]]:
    """The messages of things by the name of their file.

    partner  the sender's business partner number (BPNL); country: ISO 3166 alpha-3; part: the product's number
    """
    made: dict[str, dict[str, Any]] = {}
    for thing in things:
        end = f"-{thing.identity.removeprefix('urn:uuid:')}.json"
        made[("SerialPart" if thing.kind in SERIAL else "Batch") + end] = _part(thing, partner, country, part)
        if thing.below:
            items = [
                {"globalAssetId": other, "quantity": {"value": float(count), "unit": "unit:piece"},
                 "hasAlternatives": not sure, "createdOn": at, "businessPartner": partner}
                for other, count, at, sure in thing.below
            ]  # fmt: skip
            made["SingleLevelBomAsBuilt" + end] = {"globalAssetId": thing.identity, "childItems": items}
        if thing.above:
            parents = [
                {"globalAssetId": other, "quantity": {"value": float(count), "unit": "unit:piece"},
                 "isOnlyPotentialParent": not sure, "createdOn": at, "businessPartner": partner}
                for other, count, at, sure in thing.above
            ]  # fmt: skip
            usage = {"globalAssetId": thing.identity, "parentItems": parents, "customers": [partner]}
            made["SingleLevelUsageAsBuilt" + end] = usage
    return made


def _part(thing: Built, partner: str, country: str, part: str) -> dict[str, Any]:
    key = {"vehicle": "van"}.get(thing.kind, "partInstanceId" if thing.kind in SERIAL else "batchId")
    kind = {"manufacturerPartId": part, "nameAtManufacturer": f"{part} {thing.kind}"}
    if thing.kind in SERIAL:
        kind |= {"customerPartId": part, "nameAtCustomer": f"{part} {thing.kind}"}
    classified = [{"standard": "class of thing", "id": thing.kind}]
    return {
        "globalAssetId": thing.identity,
        "localIdentifiers": [{"key": "manufacturerId", "value": partner}, {"key": key, "value": thing.name}],
        "manufacturingInformation": {"productionDate": thing.day, "country": country},
        "partTypeInformation": {**kind, "partClassification": classified},
    }
