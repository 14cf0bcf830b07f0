"""NaN as a limit of an assembly measurement says nothing; an empty cell says that there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corecar.errors import MappingError
from corecar.formats.assembly import read_assembly

COLUMNS = {"step": "Step", "lot": "Lot", "characteristic": "Item", "value": "Value", "low_limit": "LSL", "time": "Time"}
HEADER = "Step,Lot,Item,Value,LSL,Time\n"
DAY = "2026-11-02 08:15\n"


def read(folder: Path, limits: list[str], **file: Any) -> list[float | None]:
    path = folder / "bond.csv"
    lines = "".join(f"wire bond,A1,wire pull,8.4,{limit},{DAY}" for limit in limits)
    path.write_text(HEADER + lines, encoding="utf-8")
    return [row.low_limit for row in read_assembly(path, {"columns": COLUMNS, "file": file}).rows]


def test_nan_in_a_limit_is_refused_with_its_line_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MappingError) as caught:
        read(tmp_path, ["4", "nan", "NaN"])
    text = str(caught.value)
    assert 'line 3, column "LSL": "nan" is no limit, and does not say that there is none.' in text
    assert "line 4" in text
    assert 'Leave the cell empty where there is no limit, or add "nan" to missing under [file].' in text


def test_an_empty_cell_and_a_dash_say_that_there_is_no_limit(tmp_path: Path) -> None:
    assert read(tmp_path, ["4", "", "-", "N/A"]) == [4.0, None, None, None]


def test_a_mapping_may_say_that_nan_means_no_limit(tmp_path: Path) -> None:
    assert read(tmp_path, ["4", "nan"], missing=["nan"]) == [4.0, None]


def test_nan_as_a_limit_for_every_row_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "bond.csv"
    path.write_text(HEADER + f"wire bond,A1,wire pull,8.4,4,{DAY}", encoding="utf-8")
    with pytest.raises(MappingError, match="is no limit"):
        read_assembly(path, {"columns": COLUMNS | {"low_limit": {"text": "nan"}}})
