"""A fictional province is plausible: counts as asked, repeatable, short at a few sites, full pipelines."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

import corecar
from corecar.chain.bpn import wrong_check
from corecar.chain.chain import Chain
from corecar.chain.machine_tables import MACHINE_TABLES
from corecar.chain.tables import TABLES
from corecar.chain.words import STAGES
from corecar.cli.app import app
from corecar.errors import ArgumentError
from corecar.formats.catenax import built_messages
from corecar.formats.catenax.aspects import aspects
from corecar.formats.catenax.validation import misfits
from corecar.formats.chain import read_chain
from corecar.network.from_chain import network_of
from corecar.simulate.provinces import CLASSES, SIZES, Counts, simulate_chain
from corecar.simulate.sign_up import IN_CHINESE


@pytest.fixture(scope="module")
def small() -> Chain:
    return simulate_chain("small")


def kinds(chain: Chain) -> Counter[str]:
    return Counter(chain.products["kind"].to_pylist())


@pytest.mark.parametrize("size", ["small", "medium"])
def test_a_province_has_as_many_of_each_as_its_size_says(size: str) -> None:
    chain, counts = simulate_chain(size), SIZES[size]  # type: ignore[arg-type]
    assert kinds(chain) == {"chip": counts.chips, "module": counts.modules, "vehicle-program": counts.programs}
    assert chain.sites.num_rows == counts.sites
    assert chain.demand.num_rows == counts.programs * 60
    assert len(chain.capacity["week"].unique()) == 60


def test_the_same_seed_makes_the_same_province_and_another_seed_another() -> None:
    first, again, other = (simulate_chain("small", seed=seed) for seed in (3, 3, 4))
    assert all(first[name].equals(again[name]) for name in TABLES)
    assert not first.demand.equals(other.demand)


def mean_load(chain: Chain) -> dict[str, float]:
    """What the mean demand takes of each capacity group when routes of a stage share alike, by plain arithmetic."""
    need: dict[str, float] = defaultdict(float)
    wanted = defaultdict(list)
    for product, quantity in zip(
        chain.demand["product"].to_pylist(), chain.demand["quantity"].to_pylist(), strict=True
    ):
        wanted[product].append(quantity)
    need.update({product: float(np.mean(values)) for product, values in wanted.items()})
    bills = [row for row in chain.bills.to_pylist() if row["preference"] == 1]
    for level in ("CAR", "MOD"):
        for row in bills:
            if row["parent"].startswith(level):
                need[row["child"]] += row["quantity"] * need[row["parent"]]
    dies = dict(
        zip(chain.products["product"].to_pylist(), chain.products["gross_die_per_wafer"].to_pylist(), strict=True)
    )
    ways = defaultdict(lambda: defaultdict(list))  # type: ignore[var-annotated]
    for row in chain.routes.to_pylist():
        ways[row["product"]][row["stage"]].append(row)
    load: dict[str, float] = defaultdict(float)
    for product, by_stage in ways.items():
        out = need[product]
        for stage in [stage for stages in STAGES.values() for stage in stages][::-1]:
            rows = by_stage.get(stage, [])
            for row in rows:
                use = row["use"] if row["use"] is not None else 1 / dies[product] if stage == "wafer" else 1
                load[row["group"]] += out / len(rows) / row["yield"] * use
            out = out / float(np.mean([row["yield"] for row in rows])) if rows else out
    return load


def test_a_few_groups_cannot_do_what_the_mean_demand_takes_and_the_others_can(small: Chain) -> None:
    actual = defaultdict(list)
    for group, value in zip(small.capacity["group"].to_pylist(), small.capacity["actual"].to_pylist(), strict=True):
        actual[group].append(value)
    room = {group: float(np.median(actual[group])) / load for group, load in mean_load(small).items()}
    short = [group for group, part in room.items() if part < 0.95]
    assert 1 <= len(short) <= len(room) / 5
    assert min(room.values()) > 0.6
    assert max(room.values()) < 1.6


def test_some_chips_have_one_source_and_sites_are_shared(small: Chain) -> None:
    sources = Counter((row["product"], row["stage"]) for row in small.routes.to_pylist())
    assert {1, 2} <= set(sources.values())
    users = defaultdict(set)
    for row in small.routes.to_pylist():
        users[row["site"]].add(row["product"])
    assert max(map(len, users.values())) >= 5


def test_every_product_can_be_made_of_what_there_is(small: Chain) -> None:
    staged = defaultdict(set)
    for row in small.routes.to_pylist():
        staged[row["product"]].add(row["stage"])
    parents = set(small.bills["parent"].to_pylist())
    for product, kind in zip(small.products["product"].to_pylist(), small.products["kind"].to_pylist(), strict=True):
        assert {"chip": {"wafer", "packaging", "test"}, "module": {"module-assembly"}}.get(kind, set()) <= staged[
            product
        ]
        assert kind == "chip" or product in parents
    assert set(small.bills["child"].to_pylist()) >= {row for row in staged if row.startswith(("CHIP", "MOD"))}


def test_pipelines_are_full_for_the_lead_time_of_each_route(small: Chain) -> None:
    """A lot that has left its site stands on no route any more; its name still says on which it was."""
    lots = Counter(lot.removeprefix("L-").rpartition("-")[0] for lot in small.wip["lot"].to_pylist())
    for row in small.routes.to_pylist():
        if row["stage"] == "wafer":
            assert lots[row["route"]] == row["lead_weeks"]
    states = Counter(small.wip["state"].to_pylist())
    assert 0 < states["held"] < 0.1 * small.wip.num_rows


def test_lots_are_on_their_way_to_a_site_that_takes_them_on(small: Chain) -> None:
    ways, users = defaultdict(set), defaultdict(set)
    for route in small.routes.to_pylist():
        ways[route["product"], route["stage"]].add(route["site"])
        users[route["product"]].add(route["site"])
    wholes: dict[str, set[str]] = defaultdict(set)
    for bill in small.bills.to_pylist():
        wholes[bill["child"]] |= users[bill["parent"]]
    gone = [lot for lot in small.wip.to_pylist() if lot["origin"]]
    assert {lot["state"] for lot in gone} == {"in-transit", "held"}
    assert {lot["stage"] for lot in gone} >= {None, "wafer", "packaging"}
    for lot in gone:
        assert lot["origin"] != lot["site"]
        assert lot["route"] is None
        goals = wholes[lot["product"]] if lot["stage"] is None else {
            site for (product, stage), sites in ways.items() if product == lot["product"] and stage != lot["stage"]
            for site in sites
        }  # fmt: skip
        assert lot["site"] in goals


def test_a_held_lot_on_its_way_is_no_supply_until_it_is_released(small: Chain) -> None:
    """Of all lots on their way the held ones alone are missing, each named; released, its pieces arrive."""
    before = network_of(small)
    rows = small.wip.to_pylist()
    held = [lot for lot in rows if lot["origin"] and lot["state"] == "held"]
    assert all(f"lot {lot['lot']}: it is held" in before.left_out for lot in held)
    wip = [lot | ({"state": "in-transit"} if lot in held else {}) for lot in rows]
    released = network_of(Chain({**small.tables, "wip": pa.Table.from_pylist(wip, small.wip.schema)}))
    come = released.items.arrivals.sum() - before.items.arrivals.sum()
    assert held
    assert come == pytest.approx(sum(lot["quantity"] for lot in held))


def test_every_sheet_is_filled_but_policies_and_machines_which_are_assumptions(small: Chain) -> None:
    empty = [name for name, table in TABLES.items() if table.sheet and not small[name].num_rows]
    assert empty == ["policies", *(table.name for table in MACHINE_TABLES)]


def test_a_link_takes_of_its_group_what_one_vehicle_does(small: Chain) -> None:
    """Links of all programs at their mean demand load a group as the sum over its routes does, by plain arithmetic."""
    mean = defaultdict(list)
    for row in small.demand.to_pylist():
        mean[row["product"]].append(row["quantity"])
    load: dict[str, float] = defaultdict(float)
    for link in small.links.to_pylist():
        load[link["group"]] += link["load_factor"] * float(np.mean(mean[link["product"]]))
    whole = {group: value for group, value in mean_load(small).items() if group.endswith("assembly")}
    assert load == pytest.approx(whole, rel=1e-5)
    assert {row["group"] for row in small.alerts.to_pylist()} == set(whole)


def test_a_new_route_learns_until_it_gives_its_yield(small: Chain) -> None:
    yields = dict(zip(small.routes["route"].to_pylist(), small.routes["yield"].to_pylist(), strict=True))
    by_route = defaultdict(list)
    for row in small.route_weeks.to_pylist():
        by_route[row["route"]].append(row["yield"])
    for route, values in by_route.items():
        assert values == sorted(values)
        assert 0.9 * yields[route] < values[0] < values[-1] < yields[route]


def test_services_are_looked_for_too(small: Chain) -> None:
    assert {"chip", "packaging", "test", "reliability", "failure-analysis", "research"} == set(
        small.needs["kind"].to_pylist()
    )


def test_sign_up_sheets_say_in_both_languages_what_their_columns_say(small: Chain) -> None:
    assert set(CLASSES) <= IN_CHINESE.keys()
    for row in (*small.needs.to_pylist(), *small.offers.to_pylist()):
        assert IN_CHINESE[row["class"] if row["kind"] == "chip" else row["kind"]] in row["title_zh"]
        if row["kind"] == "chip":
            assert f"grade {row['grade']} " in row["title"]


def test_every_company_is_clearly_fictional_and_its_numbers_are_whole(small: Chain) -> None:
    assert all(name.startswith("Demo ") and name.endswith("(fictional)") for name in small.parties["name"].to_pylist())
    assert all(contact.endswith(".example") for contact in small.parties["contact"].to_pylist())
    numbers = [*small.parties["bpnl"].to_pylist(), *small.sites["bpns"].to_pylist(), *small.sites["bpna"].to_pylist()]
    assert all(wrong_check(number) == "" for number in numbers)


def test_other_counts_than_those_of_a_size_can_be_asked_for() -> None:
    chain = simulate_chain(counts=Counts(5, 2, 1, 12, weeks=3))
    assert kinds(chain) == {"chip": 5, "module": 2, "vehicle-program": 1}
    with pytest.raises(ArgumentError, match="small, medium, large"):
        simulate_chain("huge")  # type: ignore[arg-type]


def test_the_command_writes_what_import_reads(tmp_path: Path, small: Chain) -> None:
    for place, words in ((tmp_path / "csv", ()), (tmp_path / "parquet", ("--format", "parquet"))):
        done = CliRunner().invoke(app, ["simulate", "chain", "--out", str(place), *words])
        assert done.exit_code == 0, done.output
        assert "a fictional province" in " ".join(done.output.split())
        back = read_chain(place)
        assert all(back[name].equals(small[name]) for name in TABLES)
    assert corecar.simulate_chain is simulate_chain


def test_a_province_goes_out_as_messages_that_fit_their_schemas(small: Chain) -> None:
    messages, _ = built_messages(small, datetime(2027, 1, 4, tzinfo=UTC))
    assert {message.aspect for message in messages} == {
        "WeekBasedMaterialDemand", "ItemStock", "ShortTermMaterialDemand", "DeliveryInformation",
        "PlannedProductionOutput", "DemandAndCapacityNotification",
    }  # fmt: skip
    assert [misfits(aspects()[message.aspect], message.content) for message in messages] == [[]] * len(messages)
    told = [message.content for message in messages if message.aspect == "DeliveryInformation"]
    deliveries = sum(len(place["deliveries"]) for content in told for place in content["positions"])
    gone = [lot for lot in small.wip.to_pylist() if lot["state"] == "in-transit" and lot["stage"] is None]
    assert deliveries == len(gone) > 0
