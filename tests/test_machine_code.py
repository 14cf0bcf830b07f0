"""Machine code from disk does what the compiled function did, whatever it takes and returns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corecar import machine_code
from corecar.compiled import Kernel, compiled


def total(values: Any, factor: Any) -> Any:
    """The sum of a table, times a factor."""
    found = values[0, 0] * 0
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            found += values[row, column]
    return found * factor


def ends(values: Any, whole: bool) -> tuple[float, int, bool]:
    """The first value, how many there are, and what was passed."""
    return values[0] + 0.5, len(values), whole


def double(values: Any) -> None:
    """Every value twice as large."""
    for place in range(len(values)):
        values[place] *= 2


def quotient(dividend: int, divisor: int) -> int:
    return dividend // divisor


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for machine code."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(machine_code, "_folder_of", machine_code._folder_of.__wrapped__)
    return tmp_path


def twice(function: Any) -> tuple[Kernel, Kernel]:
    """A kernel that has to be compiled, and one that will find what the first one made."""
    first, second = compiled(function), compiled(function)
    assert isinstance(first, Kernel)
    assert isinstance(second, Kernel)
    return first, second


@pytest.mark.parametrize("table", [
    np.arange(12, dtype=np.int64).reshape(3, 4),
    np.arange(12, dtype=np.uint16).reshape(3, 4),
    np.arange(12, dtype=np.float32).reshape(3, 4),
    np.arange(12, dtype=np.float64).reshape(3, 4).T,
    np.arange(24, dtype=np.int32).reshape(4, 6)[::2, 1::3],
    np.arange(12, dtype=np.int64).reshape(3, 4)[::-1],
    np.array([[7.0]]),
])  # fmt: skip
@pytest.mark.parametrize("factor", [2, 1.5, np.int64(3), np.float32(0.5), np.uint8(200)])
def test_a_kernel_from_disk_gives_what_the_compiled_one_gave(shelf: Path, table: Any, factor: Any) -> None:
    first, second = twice(total)
    expected = total(table, factor)
    assert first(table, factor) == second(table, factor) == expected
    assert (first.from_disk, second.from_disk) == (0, 1)


def test_several_numbers_come_back_as_a_tuple_of_their_kinds(shelf: Path) -> None:
    first, second = twice(ends)
    values = np.array([1.0, 2.0, 3.0])
    for kernel in (first, second):
        assert kernel(values, True) == (1.5, 3, True)
        assert [type(each) for each in kernel(values, False)] == [float, int, bool]


def test_what_a_kernel_writes_stands_in_the_caller_s_array(shelf: Path) -> None:
    values = np.arange(6)
    for kernel in twice(double):
        assert kernel(values[::2]) is None
    assert values.tolist() == [0, 1, 8, 3, 16, 5]


def test_code_that_was_cut_short_is_made_anew(shelf: Path) -> None:
    first, second = twice(ends)
    first(np.arange(3), True)
    (kept,) = shelf.rglob("*.code")
    kept.write_bytes(kept.read_bytes()[:-100])
    assert second(np.arange(3), True) == (0.5, 3, True)
    assert second.from_disk == 0
    assert compiled(ends)(np.arange(3), True) == (0.5, 3, True)


def test_a_disk_that_refuses_costs_time_and_nothing_else(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr("os.replace", refuse)
    for kernel in twice(ends):
        assert kernel(np.arange(3), True) == (0.5, 3, True)
        assert kernel.from_disk == 0
    assert not [path for path in shelf.rglob("*") if path.is_file()]


def test_a_failure_in_a_kernel_is_not_taken_for_a_result(shelf: Path) -> None:
    for kernel in twice(quotient):
        assert kernel(7, 2) == 3
        with pytest.raises(ArithmeticError, match="quotient"):
            kernel(7, 0)


def test_a_kernel_refuses_what_is_neither_number_nor_array(shelf: Path) -> None:
    with pytest.raises(TypeError, match="str: a kernel takes numbers"):
        compiled(ends)("text", True)
