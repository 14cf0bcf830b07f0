"""Which attempts are one unit, and which counts: every identity, every choice, every reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corecar.errors import ArgumentError
from corecar.formats.retests import Attempts, resolve


def attempts(count: int, **given: Any) -> Attempts:
    """Complete passing attempts on one wafer of one file, each at its own place, unless told otherwise."""
    columns: dict[str, Any] = {
        "group": np.zeros(count, np.int64),
        "on_wafer": np.ones(count, np.bool_),
        "x": np.arange(count, dtype=np.int16),
        "y": np.zeros(count, np.int16),
        "flags": np.zeros(count, np.uint8),
        "complete": np.ones(count, np.bool_),
        "passed": np.ones(count, np.bool_),
        "part_id": pa.array([str(i + 1) for i in range(count)]),
        "part_text": pa.nulls(count, pa.string()),
        "ecid": None,
        "test_pass": np.ones(count, np.uint16),
        "run": np.zeros(count, np.uint32),
    }
    for name, value in given.items():
        kind = getattr(columns[name], "dtype", None)
        columns[name] = np.array(value, kind) if kind is not None and not isinstance(value, pa.Array) else value
    return Attempts(**columns)


def at_final_test(count: int, **given: Any) -> Attempts:
    return attempts(count, on_wafer=[False] * count, x=[-32768] * count, y=[-32768] * count, **given)


def test_the_same_place_on_a_wafer_is_the_same_die() -> None:
    found = resolve(attempts(4, x=[1, 2, 1, 1]))
    assert found.attempt.tolist() == [1, 1, 2, 3]
    assert found.superseded.tolist() == [True, False, True, False]
    assert (found.report.identity, found.report.units, found.report.superseded) == ("xy", 1, 2)


def test_the_same_place_on_another_wafer_is_another_die() -> None:
    found = resolve(attempts(2, x=[1, 1], group=[0, 1]))
    assert not found.superseded.any()


@pytest.mark.parametrize(
    ("choice", "kept"),
    [("first", [0]), ("last", [3]), ("best", [2]), ("all", [0, 1, 2, 3])],
)
def test_the_choice_says_which_attempt_counts(choice: Any, kept: list[int]) -> None:
    found = resolve(attempts(4, x=[5] * 4, passed=[False, True, True, False]), "xy", choice)
    assert np.flatnonzero(~found.superseded).tolist() == kept


def test_an_incomplete_attempt_neither_supersedes_nor_counts_as_an_attempt() -> None:
    found = resolve(attempts(3, x=[7, 7, 7], complete=[True, False, True]))
    assert found.attempt.tolist() == [1, 2, 2]
    assert found.superseded.tolist() == [True, False, False]


def test_a_wafer_whose_places_are_all_zero_proves_nothing() -> None:
    found = resolve(attempts(5, x=[0] * 5))
    assert (found.report.identity, found.report.superseded) == ("none", 0)


def test_flags_and_places_are_joined() -> None:
    """The third attempt names the second by PART_ID, the fourth stands where the first did."""
    given_ = attempts(4, x=[1, 2, 9, 1], part_id=pa.array(["A", "B", "B", "D"]), flags=[0, 0, 1, 0])
    found = resolve(given_)
    assert found.superseded.tolist() == [True, True, False, False]
    assert found.report.identity == "flag and xy"


def test_a_part_id_is_never_an_identity_by_itself() -> None:
    given_ = at_final_test(4, part_id=pa.array(["1", "2", "1", "2"]), run=[0, 0, 1, 1])
    assert resolve(given_).report.identity == "none"
    asked = resolve(given_, "part_id")
    assert asked.superseded.tolist() == [True, True, False, False]
    assert any("counter" in note for note in asked.notes)


def test_retest_passes_without_identity_count_as_later_attempts() -> None:
    found = resolve(at_final_test(4, test_pass=[1, 1, 2, 2], run=[0, 0, 1, 1]))
    assert found.attempt.tolist() == [1, 1, 2, 2]
    assert not found.superseded.any()
    assert any("2 part(s) of retest passes" in note for note in found.notes)


def test_a_barcode_on_every_part_proves_the_unit() -> None:
    given_ = at_final_test(3, part_text=pa.array(["K8A1", "K8A2", "K8A1"]), run=[0, 0, 1])
    found = resolve(given_)
    assert (found.report.identity, found.superseded.tolist()) == ("part_text", [True, False, False])


@pytest.mark.parametrize(
    "text",
    [["K8A1", None, "K8A1"], ["1", "2", "1"], ["K8A1", "K8A1", "K8A2"]],
    ids=["not on every part", "a mere counter", "twice in one file"],
)
def test_a_text_that_proves_nothing_is_no_identity(text: list[str | None]) -> None:
    assert resolve(at_final_test(3, part_text=pa.array(text, pa.string()), run=[0, 0, 1])).report.identity == "none"


def test_a_chip_identity_merges_attempts_at_final_test() -> None:
    found = resolve(at_final_test(2, ecid=pa.array(["L1|W2|3|4", "L1|W2|3|4"]), run=[0, 1]))
    assert (found.report.identity, found.report.units) == ("ecid", 1)


@pytest.mark.parametrize("identity", ["xy", "ecid", "part_text", "part_id"])
def test_an_identity_the_data_cannot_give_is_refused(identity: Any) -> None:
    nameless = at_final_test(2, part_id=pa.nulls(2, pa.string()))
    with pytest.raises(ArgumentError, match="Choose another identity"):
        resolve(nameless, identity)


@pytest.mark.parametrize(("identity", "choice"), [("serial", "last"), ("auto", "worst")])
def test_unknown_words_are_refused(identity: Any, choice: Any) -> None:
    with pytest.raises(ArgumentError, match="expected one of"):
        resolve(attempts(1), identity, choice)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.booleans(), st.booleans()), max_size=30),
    st.sampled_from(["first", "last", "best"]),
)
def test_every_unit_with_a_complete_attempt_keeps_exactly_one(
    rows: list[tuple[int, int, bool, bool]], choice: Any
) -> None:
    x, group, complete, passed = zip(*rows, strict=True) if rows else ((), (), (), ())
    given_ = attempts(len(rows), x=x, group=group, complete=complete, passed=passed)
    found = resolve(given_, "xy", choice) if rows else resolve(given_)
    kept: dict[tuple[int, int], list[int]] = {}
    for row, (place, wafer, whole, _) in enumerate(rows):
        if whole:
            kept.setdefault((wafer, place), [])
            if not found.superseded[row]:
                kept[wafer, place].append(row)
    assert all(len(unit) == 1 for unit in kept.values())
    if choice == "best":
        for (wafer, place), (row,) in kept.items():
            good = any(p for a, g, c, p in rows if (a, g, c) == (place, wafer, True))
            assert passed[row] == good


def test_more_recovered_than_failed_is_told() -> None:
    found = resolve(at_final_test(3, passed=[True, True, True], test_pass=[1, 2, 2], run=[0, 1, 1]))
    assert any("There is no final yield" in note for note in found.notes)


def test_no_merging_that_was_asked_for_is_told_with_its_counts() -> None:
    found = resolve(attempts(4, x=[1, 2, 1, 2], run=[0, 0, 1, 1], test_pass=[1, 1, 2, 2]), "none")
    assert found.report.reason == "asked for: no merging."
    assert found.notes[0].startswith("2 runs without a unit identity: parts are not merged across them; 2 part(s)")
    assert found.notes[1].startswith("The retest passes hold 2 good part(s), more than the 0 that failed")
