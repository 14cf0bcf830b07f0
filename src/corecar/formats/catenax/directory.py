"""Who, where and what a message speaks of: business partner and material numbers to the names of the chain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from corecar.chain.chain import Chain
from corecar.chain.sheets import Sheet
from corecar.chain.tables import TABLES
from corecar.chain.weeks import is_zone

_MATERIAL = (("global_asset_id", "materialGlobalAssetId"), ("number", "materialNumberSupplier"),
             ("customer_number", "materialNumberCustomer"))  # fmt: skip


NUMBERED = ("parties", "sites", "products")
"""Tables whose rows bear the numbers that messages speak of."""


@dataclass
class Directory:
    """Names by number, and back.

    parties, sites  BPNL -> party, BPNS -> site
    products        (column, number) -> product; identities as bare UUIDs in small letters
    zones           site -> IANA time zone
    """

    parties: dict[str, str] = field(default_factory=dict)
    sites: dict[str, str] = field(default_factory=dict)
    products: dict[tuple[str, str], str] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)

    def party(self, number: str) -> str:
        """The party of a BPNL; the number itself where no party has it, which the intake then tells."""
        return self.parties.get(number, number)

    def site(self, number: str) -> str:
        """The site of a BPNS; the number itself where no site has it."""
        return self.sites.get(number, number)

    def known_site(self, number: str) -> str:
        """The site of a BPNS; empty where no site has it."""
        return self.sites.get(number, "")

    def zone(self, site: str) -> str:
        """The time zone of a site."""
        return self.zones.get(site) or "UTC"

    def product(self, material: dict[str, Any]) -> str:
        """The product of a message's material: by its identity, else its maker's number, else its customer's."""
        told = [(column, _plain(material[name])) for column, name in _MATERIAL if material.get(name)]
        for number in told:
            if number in self.products:
                return self.products[number]
        return next((str(material[name]) for _, name in reversed(_MATERIAL) if material.get(name)), "")


def directory(chain: Chain, sheets: Iterable[Sheet] = ()) -> Directory:
    """The numbers of a chain, and of sheets that come with the messages."""
    found = Directory()
    tables = [(name, chain[name].to_pylist()) for name in NUMBERED]
    named = [(sheet.table.strip().casefold(), sheet) for sheet in sheets]
    tables += [(name, _rows(sheet)) for name, sheet in named if name in NUMBERED]
    for name, rows in tables:
        for row in rows:
            if row.get(TABLES[name].key[0]):
                _enter(found, name, row)
    return found


def _enter(found: Directory, table: str, row: dict[str, Any]) -> None:
    """Note the numbers of one row; a time zone that is none, the intake tells."""
    name = row[TABLES[table].key[0]]
    if table == "parties" and row.get("bpnl"):
        found.parties[row["bpnl"]] = name
    if table == "sites":
        if row.get("bpns"):
            found.sites[row["bpns"]] = name
        if is_zone(row.get("time_zone") or ""):
            found.zones[name] = row["time_zone"]
    if table == "products":
        for column, _ in _MATERIAL:
            if row.get(column):
                found.products[column, _plain(row[column])] = name


def _rows(sheet: Sheet) -> list[dict[str, str]]:
    names = ["_".join(name.strip().casefold().split()) for name in sheet.columns]
    columns = [[(text or "").strip() for text in texts.to_pylist()] for texts in sheet.columns.values()]
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _plain(number: Any) -> str:
    """
    >>> _plain("urn:uuid:48878D48-6f1d-47f5-8ded-a441d0d879df")
    '48878d48-6f1d-47f5-8ded-a441d0d879df'
    """
    text = str(number).strip()
    return text.removeprefix("urn:uuid:").lower() if text.lower().startswith("urn:uuid:") or _is_uuid(text) else text


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4
