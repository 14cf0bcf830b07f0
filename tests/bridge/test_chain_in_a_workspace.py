"""The chain in a workspace: taken in once, all or nothing, versioned, shared by table, kept by every upkeep."""

from __future__ import annotations

import csv
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.bridge.houses import house_in
from tests.chain.books import small_book, write_book

import corecar
from corecar.bridge.workspace import Workspace
from corecar.chain.tables import TABLES
from corecar.errors import AccessDenied, ArgumentError, ChainError, DamagedSource, NotFound
from corecar.formats.chain import read_chain


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return write_book(small_book(), tmp_path / "chain")


@pytest.fixture
def house(tmp_path: Path) -> Any:
    with house_in(tmp_path) as made:
        yield made


def counts(house: Workspace) -> dict[str, int]:
    return {row["table"]: row["rows"] for row in house.chain_tables()["rows"]}


def test_an_import_again_changes_nothing_and_leaves_no_version(house: Workspace, book: Path) -> None:
    first = house.chain_import([book])
    assert first["said"] == "24 rows: 24 added."
    assert counts(house) == {name: len(rows) for name, rows in small_book().items()}
    again = house.chain_import([book])
    assert again["said"] == "Nothing changes: all of it is there already."
    assert {row["version"] for row in house.chain_tables()["rows"]} == {1}
    assert len(house.chain_imports()["rows"]) == 1


def test_a_change_makes_a_version_of_that_table_alone_and_says_cell_by_cell_what(
    house: Workspace, book: Path, tmp_path: Path
) -> None:
    house.chain_import([book])
    rows = [small_book()["demand"][0] | {"quantity": "1250"}]
    changed = write_book({"demand": rows}, tmp_path / "changed")
    tried = house.chain_import([changed], try_only=True)
    assert tried["said"] == "1 row: 1 changed (nothing was taken in)."
    assert house.chain_show("demand")["rows"][0]["quantity"] == 1000
    done = house.chain_import([changed])
    assert done["cells"] == [
        {"table": "demand", "row": "CAR CARS 0001 2027-W01", "column": "quantity", "before": "1000", "after": "1250"}
    ]
    assert {row["table"]: row["version"] for row in house.chain_tables()["rows"] if row["version"] > 1} == {"demand": 2}
    assert house.chain_show("demand")["rows"][0] | {"quantity": 1250} == house.chain_show("demand")["rows"][0]
    assert [row["changed"] for row in house.chain_imports()["rows"]] == [1, 0]


def test_with_a_fault_nothing_is_taken_in_and_all_faults_are_in_the_file(
    house: Workspace, book: Path, tmp_path: Path
) -> None:
    house.chain_import([book])
    rows = [small_book()["demand"][0] | {"quantity": "-1", "week": "soon"}]
    wrong = write_book({"demand": rows, "wip": [small_book()["wip"][1] | {"lot": "L9"}]}, tmp_path / "wrong")
    with pytest.raises(ChainError) as caught:
        house.chain_import([wrong], faults=tmp_path / "faults.csv")
    assert len(caught.value.faults) == 2
    with (tmp_path / "faults.csv").open(encoding="utf-8-sig", newline="") as stream:
        told = [(row["sheet"], row["row"], row["column"], row["value"], row["rule"]) for row in csv.DictReader(stream)]
    assert told == [("demand", "2", "quantity", "-1", "bound"), ("demand", "2", "week", "soon", "type")]
    assert counts(house)["wip"] == 2
    partial = house.chain_import([wrong], partial=True)
    assert partial["notes"] == ["1 row left out for its faults."]
    assert [fault["value"] for fault in partial["left_out"]] == ["-1", "soon"]
    assert counts(house)["wip"] == 3
    other = write_book({"demand": [small_book()["demand"][0] | {"colour": "red"}]}, tmp_path / "other")
    beside = house.chain_import([other], partial=True)
    assert ([fault["column"] for fault in beside["left_out"]], beside["notes"]) == (["colour"], [])


def test_tables_may_come_one_by_one_and_refer_to_what_is_there(house: Workspace, book: Path, tmp_path: Path) -> None:
    with pytest.raises(ChainError, match='is not in the sheet "products"'):
        house.chain_import([book / "demand.csv"])
    for names in (("parties", "sites", "products"), ("demand", "bills")):
        house.chain_import([book / f"{name}.csv" for name in names])
    assert set(counts(house)) == {"parties", "sites", "products", "demand", "bills"}


def test_what_is_written_out_is_read_back_the_same(house: Workspace, book: Path, tmp_path: Path) -> None:
    house.chain_import([book])
    whole = read_chain(book)
    for place, how in (("out.xlsx", "csv"), ("csv", "csv"), ("parquet", "parquet")):
        house.chain_export(tmp_path / place, format=how)
        assert all(read_chain(tmp_path / place)[name].equals(whole[name]) for name in TABLES)
        assert house.chain_import([tmp_path / place])["said"].startswith("Nothing changes")


def test_a_party_sees_its_own_tables_and_those_that_are_shared_with_it(
    house: Workspace, book: Path, tmp_path: Path
) -> None:
    house.chain_import([book])
    house.parties_add("Demo Cars", kind="carmaker")
    house.people_add("ann", role="engineer", party="Demo Cars")
    place = house.store.folder
    with corecar.open(place, actor="ann") as ann:
        assert ann.chain_tables()["rows"] == []
        house.chain_share("demand", "Demo Cars")
        assert [(row["table"], row["owner"]) for row in ann.chain_tables()["rows"]] == [("demand", "Demo House")]
        assert len(ann.chain_show("demand")["rows"]) == 2
        assert ann.chain_show("wip")["rows"] == []
        own = small_book() | {"demand": [small_book()["demand"][0] | {"quantity": "7"}]}
        ann.chain_import([write_book({n: own[n] for n in ("parties", "products", "demand")}, tmp_path / "own")])
        assert [row["quantity"] for row in ann.chain_show("demand")["rows"]] == [7, 1100]
        assert [row["quantity"] for row in ann.chain_show("demand", of="Demo House")["rows"]] == [1000, 1100]
        assert [row["quantity"] for row in house.chain_show("demand")["rows"]] == [1000, 1100]
        house.chain_unshare("demand", "Demo Cars")
        assert [row["quantity"] for row in ann.chain_show("demand")["rows"]] == [7]
    house.people_add("ben", role="reader", party="Demo Cars")
    with corecar.open(place, actor="ben") as ben, pytest.raises(AccessDenied):
        ben.chain_import([book])


def test_sharing_what_is_not_there_or_with_oneself_is_refused(house: Workspace, book: Path) -> None:
    house.parties_add("Demo Cars")
    with pytest.raises(NotFound, match="chain import"):
        house.chain_share("demand", "Demo Cars")
    house.chain_import([book])
    with pytest.raises(ArgumentError, match="sees it anyway"):
        house.chain_share("demand", "Demo House")
    with pytest.raises(NotFound, match='Did you mean "demand"'):
        house.chain_share("demands", "Demo Cars")
    with pytest.raises(NotFound, match="not shared"):
        house.chain_unshare("demand", "Demo Cars")


def test_upkeep_knows_the_files_of_the_chain(house: Workspace, book: Path, tmp_path: Path) -> None:
    house.chain_import([book])
    house.chain_import([write_book({"demand": small_book()["demand"][:1]}, tmp_path / "less")], replace=True)
    assert house.vacuum(keep_days=0)["files"] == 0
    assert house.verify()["sound"]
    house.backup(tmp_path / "copy")
    with corecar.open(tmp_path / "copy") as copy:
        assert copy.verify()["sound"]
        assert copy.chain_show("demand")["rows"] == house.chain_show("demand")["rows"]
    (file,) = (Path(str(house.store.folder)) / "lake" / "chain" / "wip").iterdir()
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-9])
    assert [row["what"] for row in house.verify()["rows"]] == ["lake file"]
    with pytest.raises(DamagedSource, match="Parquet"):
        house.chain_show("wip")


def test_two_imports_at_once_both_come_in(house: Workspace, book: Path, tmp_path: Path) -> None:
    house.chain_import([book])
    place, failed = house.store.folder, list[BaseException]()

    def bring(number: int) -> None:
        rows = [small_book()["demand"][0] | {"week": f"2027-W{number:02}"}]
        try:
            with corecar.open(place) as other:
                other.chain_import([write_book({"demand": rows}, tmp_path / f"w{number}")])
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=bring, args=(number,)) for number in range(10, 14)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(house.chain_show("demand")["rows"]) == 6
    assert house.vacuum(keep_days=0)["files"] >= 0
    assert house.verify()["sound"]


def test_questions_in_sql_see_the_tables_that_the_actor_sees(house: Workspace, book: Path, tmp_path: Path) -> None:
    house.chain_import([book])
    asked = (
        "select p.kind, sum(d.quantity) as wanted from chain_demand d join chain_products p using (product) group by 1"
    )
    assert house.sql(asked)["rows"] == [{"kind": "vehicle-program", "wanted": 2100.0}]
    assert house.sql("select count(*) as n from chain_stock")["rows"] == [{"n": 0}]
    house.parties_add("Demo Cars")
    house.people_add("ann", role="engineer", party="Demo Cars")
    with corecar.open(house.store.folder, actor="ann") as ann:
        assert ann.sql("select count(*) as n from chain_demand")["rows"] == [{"n": 0}]
        house.chain_share("demand", "Demo Cars")
        assert ann.sql("select count(*) as n from chain_demand")["rows"] == [{"n": 2}]
