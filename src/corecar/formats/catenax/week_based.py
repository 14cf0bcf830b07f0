"""Demand and capacity by week as messages: WeekBasedMaterialDemand and WeekBasedCapacityGroup."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from corecar.formats.catenax.book import UNIT_NAMES, Book, Content, Row, identity_of, rows_by, without_none
from corecar.formats.catenax.directory import directory
from corecar.formats.catenax.into_tables import THRESHOLDS


def week_demand(book: Book, old: dict[str, Content]) -> Iterator[Content]:
    for (product, customer, supplier), rows in rows_by(book.rows("demand"), "product", "customer", "supplier").items():
        material = book.products[product]
        seller = supplier or material["party"]
        numbers = [book.number("parties", party, "bpnl") for party in (customer, seller)]
        series = [_series(book, key, own) for key, own in rows_by(rows, "customer_site", "category").items()]
        told = [one for one in series if one is not None]
        if None in numbers or not told:
            continue
        head = _earlier(book, old, material, numbers) or {
            "materialDemandId": identity_of("WeekBasedMaterialDemand", product, *numbers),
            "materialNumberCustomer": material["customer_number"] or product,
            "materialNumberSupplier": material["number"], "materialGlobalAssetId": material["global_asset_id"],
            "materialDescriptionCustomer": material["name"] or product, "unitOfMeasureIsOmitted": False,
            "unitOfMeasure": "unit:piece", "customer": numbers[0], "supplier": numbers[1],
        }  # fmt: skip
        yield without_none({**head, "changedAt": book.now, "materialDemandIsInactive": False, "demandSeries": told})


def _earlier(book: Book, old: dict[str, Content], material: Row, numbers: list[str | None]) -> Content | None:
    """The message that came about the same material, customer and supplier."""
    names = directory(book.chain)
    return next((content for content in old.values()
                 if [content["customer"], content["supplier"]] == numbers
                 and names.product(content) == material["product"]), None)  # fmt: skip


def _series(book: Book, key: tuple[Any, ...], rows: list[Row]) -> Content | None:
    site = book.number("sites", key[0], "bpns")
    if site is None:
        return None
    demands = [{"pointInTime": row["week"].isoformat(), "demand": row["quantity"]} for row in rows]
    return {"customerLocation": site, "demandCategory": {"demandCategoryCode": key[1]}, "demands": demands}


def capacity_groups(book: Book, old: dict[str, Content]) -> Iterator[Content]:
    links, alerts = rows_by(book.rows("links"), "group"), rows_by(book.rows("alerts"), "group")
    nobodys = ("a message goes to one customer, and these name none", lambda row: row["customer"] is None)
    uncounted = (
        "messages count in pieces and hours, and these in neither",
        lambda row: book.groups[row["group"]]["unit"] not in UNIT_NAMES,
    )
    told_rows = book.sayable("capacity", book.rows("capacity"), nobodys, uncounted)
    for (group, customer), rows in rows_by(told_rows, "group", "customer").items():
        told = book.groups[group]
        site = book.sites[told["site"]]
        numbers = [book.number("parties", party, "bpnl") for party in (customer, site["party"])]
        place, unit = book.number("sites", site["site"], "bpns"), UNIT_NAMES[told["unit"]]
        if None in (*numbers, place):
            continue
        before = old.get(group, {})
        before = before if before.get("customer") == numbers[0] else {}
        content = {
            "capacityGroupId": identity_of("WeekBasedCapacityGroup", group, customer), "supplierLocations": [place],
            "unitOfMeasureIsOmitted": False, **before, "name": told["name"] or group, "customer": numbers[0],
            "supplier": numbers[1], "unitOfMeasure": unit, "changedAt": book.now, "capacityGroupIsInactive": False,
            "capacities": [_capacity(row) for row in rows],
            "linkedDemandSeries": [one for row in links[group,] if (one := _link(book, row)) is not None] or None,
        }  # fmt: skip
        if alerts[group,]:
            content["demandVolatilityParameters"] = {
                "startReferenceDateTime": book.now, "measurementInterval": 4,
                **before.get("demandVolatilityParameters", {}),
                "rollingHorizonAlertThresholds": [_alert(row) for row in alerts[group,]],
            }  # fmt: skip
        yield without_none(content)


def _capacity(row: Row) -> Content:
    most = row["actual"] if row["maximum"] is None else row["maximum"]
    return without_none({
        "pointInTime": row["week"].isoformat(), "actualCapacity": row["actual"], "maximumCapacity": most,
        "agreedCapacity": row["agreed"], "deltaProductionResult": row["delta"],
    })  # fmt: skip


def _link(book: Book, row: Row) -> Content | None:
    place, material = book.number("sites", row["customer_site"], "bpns"), book.products[row["product"]]
    if place is None:
        return None
    return without_none({
        "materialNumberCustomer": material["customer_number"] or material["product"],
        "materialNumberSupplier": material["number"], "customerLocation": place,
        "demandCategory": {"demandCategoryCode": row["category"]}, "loadFactor": row["load_factor"],
    })  # fmt: skip


def _alert(row: Row) -> Content:
    return without_none({
        "sequenceNumber": row["sequence"], "subhorizonLength": row["weeks"],
        **{name: row[column] for column, name in THRESHOLDS.items()},
    })  # fmt: skip
