"""A mapping proposed from examples can be loaded as it is, and files the examples."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corecar.errors import ArgumentError
from corecar.store.filing import Filed, file_run, load_mapping, propose_mapping

PATHS = [
    "in/acme/2026/A530_FT1_HOT.stdf.gz",
    "in/acme/2026/A531_FT2_M40C_R1.stdf.gz",
    "in\\bert\\2026\\B7_ft1_hot.stdf.gz",
]
ROWS: list[dict[str, Any]] = [
    {"lot": "A530", "product": "ADC7", "stage": "final test", "test_pass": 1},
    {"lot": None, "product": "ADC7", "stage": "final test", "test_pass": 1},
    {"lot": "B7", "product": "DRV12", "stage": "final test", "temperature": "150C", "test_pass": 1},
]


def filed(rows: list[dict[str, Any]], paths: list[str]) -> list[Filed]:
    mapping = load_mapping(tomllib.loads(propose_mapping(rows, paths)))
    return [file_run(row, path, mapping) for row, path in zip(rows, paths, strict=True)]


def test_what_the_records_leave_open_is_found_in_the_paths() -> None:
    found = filed(ROWS, PATHS)
    names = ("customer", "lot", "stage", "temperature", "test_pass")
    assert [[one.facts[name] for name in names] for one in found] == [
        ["acme", "A530", "FT1", "125", "1"],
        ["acme", "A531", "FT2", "-40", "2"],
        ["bert", "B7", "FT1", "150", "1"],
    ]
    assert all(one.filed for one in found)


def test_the_proposal_says_what_it_saw() -> None:
    text = propose_mapping(ROWS, PATHS)
    assert '# products = ["ADC7", "DRV12"]' in text
    assert "[[lot]]  # the lot record names it in 2 of 3" in text
    assert "[[lot]]  # word 1 of the file name, as where both are known" in text
    assert "[[customer]]  # a guess: folder 2 of the path differs" in text
    assert "[[test_pass]]  # a word of the file name in 1 of 3" in text


def test_a_customer_is_found_behind_the_folder_they_share_wherever_that_lies() -> None:
    text = propose_mapping(ROWS, [f"/home/someone/{path}" for path in PATHS])
    assert "pattern = '(?:^|/)in/([^/]+)/'" in text
    mapping = load_mapping(tomllib.loads(text))
    assert file_run(ROWS[0], "/elsewhere/in/bert/x.stdf", mapping).facts["customer"] == "bert"


def test_a_shared_folder_that_comes_twice_in_the_path_is_no_landmark() -> None:
    text = propose_mapping(ROWS, [f"/in/deep/{path}" for path in PATHS])
    assert "pattern = '^[^/]*/[^/]*/[^/]*/[^/]*/([^/]+)/'" in text


def test_one_file_gives_no_customer_and_a_complete_record_needs_no_path() -> None:
    text = propose_mapping([ROWS[2]], ["x.stdf"])
    assert "# [[customer]]  # no folder tells customers apart: say it here" in text
    assert re.findall(r"^\[\[(\w+)\]\]", text, re.MULTILINE) == ["lot"]


def test_files_that_nothing_names_are_told_to_wait() -> None:
    assert "files without it will wait" in propose_mapping([{}, {}], ["x.stdf", "y.stdf"])


def test_without_examples_nothing_is_proposed() -> None:
    with pytest.raises(ArgumentError, match="0 rows and 0 paths"):
        propose_mapping([], [])


@given(st.lists(st.tuples(st.text("AB_.-/\\'\"#µ\n\x00", max_size=20), st.text(max_size=5)), min_size=1, max_size=5))
def test_whatever_the_paths_the_proposal_loads(examples: list[tuple[str, str]]) -> None:
    filed([{"lot": lot, "product": lot} for _, lot in examples], [path for path, _ in examples])
