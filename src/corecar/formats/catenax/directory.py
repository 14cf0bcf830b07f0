"""Who, where and what a message speaks of: business partner and material numbers to the names of the chain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from corecar.chain.chain import Chain
from corecar.chain.sheets import Sheet

_MATERIAL = (("global_asset_id", "materialGlobalAssetId"), ("number", "materialNumberSupplier"),
             ("customer_number", "materialNumberCustomer"))  # fmt: skip


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
    tables = [(name, chain[name].to_pylist()) for name in ("parties", "sites", "products")]
    tables += [(sheet.table.strip().casefold(), _rows(sheet)) for sheet in sheets]
    for name, rows in tables:
        for row in rows:
            if name == "parties" and row.get("bpnl"):
                found.parties[row["bpnl"]] = row["party"]
            elif name == "sites":
                found.zones[row["site"]] = row.get("time_zone") or "UTC"
                if row.get("bpns"):
                    found.sites[row["bpns"]] = row["site"]
            elif name == "products":
                for column, _ in _MATERIAL:
                    if row.get(column):
                        found.products[column, _plain(row[column])] = row["product"]
    return found


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
