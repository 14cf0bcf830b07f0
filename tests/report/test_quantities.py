"""Numbers as people of the trade write them."""

from __future__ import annotations

import doctest
import math

import pytest

from corecar import fonts
from corecar.report import blocks, chapters, printable, quantities
from corecar.report.chapters import history
from corecar.report.figures import histogram, svg, wafer_map
from corecar.report.quantities import (
    DASH,
    count,
    decimals_written,
    display_for,
    number,
    plural,
    quantity,
    scale_for,
    share,
    split_unit,
)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.0125, "V", "12.50 mV"),
        (3.2e-9, "A", "3.200 nA"),
        (2.2e6, "Hz", "2.200 MHz"),
        (47_000.0, "OHM", "47.00 kΩ"),
        (1500.0, "uA", "1.500 mA"),
        (-0.9, "V", "−900.0 mV"),
        (12.5, "%", "12.50 %"),
        (0.25, "dB", "0.2500 dB"),
        (1_240_002.0, "V/s", "1.240 MV/s"),
        (4.2, None, "4.200"),
        (0.0, "V", "0 V"),
        (2500.0, "MV", "2,500 MV"),
        (2500.0, "MHZ", "2.500 GHz"),
        (2.5, "MΩ", "2.500 MΩ"),
        (None, "V", DASH),
        (math.nan, "V", DASH),
        (math.inf, "V", DASH),
    ],
)
def test_a_value_takes_the_prefix_that_fits_its_unit(value: float | None, unit: str | None, expected: str) -> None:
    assert quantity(value, unit) == expected


def test_values_that_are_read_together_share_one_prefix_and_one_number_of_decimals() -> None:
    display = display_for([0.9, 0.0125, 1.1], "V", spread=0.002)
    assert [display.show(v) for v in (0.9, 0.0125, 1.1)] == ["0.9000", "0.0125", "1.1000"]
    assert display.scale.unit == "V"


def test_a_spread_much_smaller_than_its_mean_still_shows_two_digits() -> None:
    assert display_for([3.3], "V", spread=0.00021).show(0.00021) == "0.00021"


def test_digits_are_those_that_the_test_program_prints() -> None:
    assert decimals_written("%9.3f", 3) == 6
    assert decimals_written("%d", None) == 0
    assert decimals_written("%g", 3) is None
    assert decimals_written(None, None) is None
    assert quantity(0.0123456, "V", written=decimals_written("%9.3f", 3)) == "12.346 mV"


def test_no_number_shows_more_digits_than_a_float32_carries() -> None:
    assert display_for([123.456789], "V", written=9).show(123.456789) == "123.4568"


def test_a_prefix_already_in_the_unit_counts() -> None:
    assert split_unit("mA") == ("A", -3, True)
    assert scale_for([0.5], "mA").unit == "µA"


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (1332, 1456, "91.5 %"),
        (0, 10, "0 %"),
        (10, 10, "100 %"),
        (9_999, 10_000, "99.99 %"),
        (999_999, 1_000_000, "99.9999 %"),
        (3, 40_000, "75 ppm"),
        (1, 1_000_000, "1 ppm"),
        (0, 0, DASH),
        (None, 5, DASH),
    ],
)
def test_a_share_never_rounds_to_all_or_nothing(part: int | None, whole: int, expected: str) -> None:
    assert share(part, whole) == expected


def test_a_missing_number_is_a_dash_and_never_zero() -> None:
    assert number(None, 2) == number(math.nan, 2) == count(None) == DASH


def test_a_negative_number_that_rounds_to_zero_has_no_sign() -> None:
    assert number(-0.001, 1) == "0.0"


def test_enormous_numbers_are_written_with_an_exponent() -> None:
    assert number(-1.5e30, 2) == "−1.50e30"


def test_one_part_is_not_one_parts() -> None:
    assert plural(1, "part") == "1 part"
    assert plural(1200, "die", "dies") == "1,200 dies"


@pytest.mark.parametrize("module", [quantities, printable, blocks, fonts, svg, wafer_map, histogram, history, chapters])
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]
