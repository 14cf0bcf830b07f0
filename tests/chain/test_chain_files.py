"""Files of a chain as people and programs leave them: templates, odd CSVs, workbooks, what cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pytest
from tests.chain.books import small_book, write_book

from corecar.bridge.chain.chain_intake import check_files
from corecar.chain.columns import WRITTEN
from corecar.chain.intake import take_in
from corecar.chain.sheets import Sheet
from corecar.chain.tables import TABLES
from corecar.errors import ArgumentError, ChainError, DamagedSource, SourceMissing, UnknownFormat
from corecar.formats.chain import read_chain, sheets_of, write_chain, write_template

SHEETS = [table for table in TABLES.values() if table.sheet]
NEEDED_BY_EXAMPLES = {
    "parties": ({"party": "DEMO-CARS", "name": "Demo Cars (fictional)", "kind": "carmaker"},),
    "products": (
        {"product": "DEMO-ECU", "kind": "module"},
        {"product": "DEMO-CAR", "kind": "vehicle-program", "value": "1", "currency": "CNY"},
    ),
}
"""What the example rows of other sheets refer to beside the example row of each sheet itself."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    files = write_template(folder)
    assert len(files) == 1 + len(SHEETS)
    assert all(file.is_file() for file in files)
    return folder


def test_a_template_as_it_comes_holds_no_fact(template: Path) -> None:
    for place in (template / "chain.xlsx", template / "csv"):
        assert not any(read_chain(place).counts.values())


def test_the_workbook_has_lists_bounds_units_and_an_example_on_every_sheet(template: Path) -> None:
    book = openpyxl.load_workbook(template / "chain.xlsx")
    assert book.sheetnames == ["Guide", *(table.name for table in SHEETS), "Lists"]
    assert book["Lists"].sheet_state == "hidden"
    words = {tuple(cell.value for cell in row if cell.value is not None) for row in book["Lists"].iter_rows()}
    for table in SHEETS:
        sheet = book[table.name]
        assert [cell.value for cell in sheet[1]] == [column.name for column in table.columns]
        assert sheet["A2"].value.startswith("# ")
        assert sheet["A3"].value == f"# {table.columns[0].example}"
        assert sheet.max_row == 3
        rules = {str(rule.sqref)[0]: rule for rule in sheet.data_validations.dataValidation}
        for place, column in enumerate(table.columns[:26]):
            assert column.meaning in sheet.cell(1, place + 1).comment.text
            rule: Any = rules.get("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[place])
            if column.choices:
                assert rule.type == "list"
                assert column.choices in words
            elif column.refers and column.kind == "name":
                assert rule.formula1 == f"'{column.refers}'!$A$4:$A$20004"
            elif column.kind == "number":
                assert rule.type == "decimal"
            if column.unit:
                assert f"[{column.unit}]" in sheet.cell(2, place + 1).value


def test_the_example_rows_are_facts_that_fit_together() -> None:
    def sheet(table: Any) -> Sheet:
        rows = [{column.name: column.example for column in table.columns}, *NEEDED_BY_EXAMPLES.get(table.name, ())]
        columns = {c.name: pa.array([row.get(c.name, "") for row in rows]) for c in table.columns}
        return Sheet(table.name, "x", columns, np.arange(2, len(rows) + 2))

    taken = take_in(map(sheet, SHEETS))
    assert all(taken.chain[table.name].num_rows >= 1 for table in SHEETS)
    assert [(warning.sheet, warning.column) for warning in taken.warnings] == [("demand", "product")]


def test_a_filled_in_template_is_read_below_its_remarks(template: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(template / "chain.xlsx")
    for name, rows in small_book().items():
        for row in rows:
            book[name].append([_cell(row.get(column.name)) for column in TABLES[name].columns])
    book.save(tmp_path / "filled.xlsx")
    chain = read_chain(tmp_path / "filled.xlsx")
    whole = read_chain(write_book(small_book(), tmp_path / "csv"))
    assert all(chain[name].equals(whole[name]) for name in TABLES)
    book["demand"]["F4"].value = "next week"
    book.save(tmp_path / "wrong.xlsx")
    with pytest.raises(ChainError, match=r'wrong\.xlsx: demand, row 4, column "week": "next week" is no ISO week'):
        read_chain(tmp_path / "wrong.xlsx")


def _cell(text: str | None) -> Any:
    """A cell as a person types it: numbers as numbers."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


def test_rows_keep_their_numbers_behind_blank_lines_remarks_and_ragged_rows(tmp_path: Path) -> None:
    (tmp_path / "parties.csv").write_text(
        '\n# a remark,,\nparty,name,kind\n\nA,Demo A,carmaker\nB,Demo B\nC,"Demo\nC",carmaker\n,,\nD,Demo D,car\n'
    )
    with pytest.raises(ChainError) as caught:
        read_chain(tmp_path / "parties.csv")
    assert [(fault.row, fault.rule) for fault in caught.value.faults] == [(6, "row"), (9, "choice")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_is_read_in_the_usual_encodings_and_separators(tmp_path: Path, encoding: str, separator: str) -> None:
    lines = ["party,name,kind".replace(",", separator), "甲,示例汽车公司,carmaker".replace(",", separator)]
    (tmp_path / "parties.csv").write_bytes("\r\n".join(lines).encode(encoding))
    assert read_chain(tmp_path).parties.to_pylist()[0]["name"] == "示例汽车公司"


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing):
        read_chain(tmp_path / "nothing.csv")
    with pytest.raises(UnknownFormat, match="corecar chain template"):
        read_chain(tmp_path)
    (tmp_path / "demand.txt").write_text("x")
    with pytest.raises(UnknownFormat, match=r"\.xlsx"):
        read_chain(tmp_path / "demand.txt")
    (tmp_path / "book.xlsx").write_bytes(b"PK no workbook")
    with pytest.raises(DamagedSource, match="no workbook"):
        read_chain(tmp_path / "book.xlsx")
    (tmp_path / "demand.csv").write_bytes(b"\xff\xfe\xfa\xff\x00\xd8")
    with pytest.raises(DamagedSource, match="UTF-8"):
        read_chain(tmp_path / "demand.csv")
    (tmp_path / "stock.parquet").write_bytes(b"PAR1")
    with pytest.raises(DamagedSource, match="Parquet"):
        read_chain(tmp_path / "stock.parquet")


def test_an_empty_file_is_a_table_without_rows_that_lacks_its_columns(tmp_path: Path) -> None:
    (tmp_path / "parties.csv").write_text("")
    with pytest.raises(ChainError, match="is missing"):
        read_chain(tmp_path)


def test_numbers_dates_and_flags_of_a_workbook_are_taken_as_typed(tmp_path: Path) -> None:
    from datetime import datetime

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Parties"
    for row in (["Party", "NAME", "Kind"], ["1", "Demo", "Carmaker"]):
        sheet.append(row)
    products = book.create_sheet("products")
    products.append(["product", "kind", "from_week"])
    products.append([4711, "chip", datetime(2027, 2, 1)])
    book.save(tmp_path / "book.xlsx")
    chain = read_chain(tmp_path / "book.xlsx")
    assert chain.products["product"].to_pylist() == ["4711"]
    assert str(chain.products["from_week"][0]) == "2027-02-01"
    assert set(WRITTEN) >= {column.kind for table in TABLES.values() for column in table.columns}


def test_a_sheet_of_an_unknown_name_beside_the_tables_is_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["by hand"])
    book.save(tmp_path / "book.xlsx")
    with pytest.raises(ChainError, match=r"book\.xlsx: Notes: is none of the tables"):
        read_chain(tmp_path / "book.xlsx")
    assert [sheet.table for sheet in sheets_of(tmp_path / "book.xlsx")] == ["Notes"]


def test_a_written_workbook_is_read_back(tmp_path: Path) -> None:
    chain = read_chain(write_book(small_book(), tmp_path / "csv"))
    assert write_chain(chain, tmp_path / "out.xlsx") == [tmp_path / "out.xlsx"]
    assert all(read_chain(tmp_path / "out.xlsx")[name].equals(chain[name]) for name in TABLES)


def test_a_file_of_a_folder_that_is_named_for_no_table_is_told_and_not_passed_over(tmp_path: Path) -> None:
    folder = write_book(small_book(), tmp_path / "chain")
    (folder / "notes.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (folder / "demand_old.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    _, told = check_files([folder])
    assert [(one["sheet"], one["problem"]) for one in told["warnings"] if one["rule"] == "sheet"] == [
        ("demand_old", "is none of the tables, and was not read."),
        ("notes", "is none of the tables, and was not read."),
    ]
    (folder / "demand.csv").rename(folder / "demnd.csv")
    with pytest.raises(ChainError, match=r'demnd: is none of the tables\. Did you mean "demand"'):
        read_chain(folder)


@pytest.mark.parametrize("name", ["out.csv", "out.parquet", "out.ods"])
def test_several_files_do_not_go_into_a_folder_with_the_name_of_one(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        ArgumentError, match=rf"{name} is the name of one file, and several are written\. Name a folder, or"
    ):
        write_chain(read_chain(write_book(small_book(), tmp_path / "chain")), tmp_path / name)
    assert not (tmp_path / name).exists()
    with pytest.raises(ArgumentError, match="is the name of one file"):
        write_template(tmp_path / name)
