"""The test program of a simulated lot: one row per test, one row per bin group. Values are in units without prefix."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from corecar.errors import ArgumentError
from corecar.lot import Float32Array, Int64Array

Kind = Literal["parametric", "functional", "multiple"]
Shape = Literal["normal", "skewed", "stepped"]

FIRST_TEST_NUMBER = 1000
"""Numbers go up by ten from here, as test engineers leave room between tests."""

PINS = ("SCK", "SDI", "SDO", "CSN", "EN", "DIAG", "PWM", "INT")


@dataclass(frozen=True)
class Group:
    """What a failing test says about the part: the hard bin it sends the part to.

    name      what failed
    hard_bin  HARD_BIN; the soft bins of the group are hard_bin * 100 + 1, 2, ...
    retested  whether the floor touches such parts down a second time
    """

    name: str
    hard_bin: int
    retested: bool = False


GROUPS = {
    group.name: group
    for group in (
        Group("contact", 2, retested=True),
        Group("supply", 3),
        Group("leakage", 4),
        Group("reference", 5, retested=True),
        Group("power", 6),
        Group("timing", 7),
        Group("converter", 8),
        Group("functional", 9),
    )
}


@dataclass(frozen=True)
class ProgramTest:
    """One test: what it measures, how it varies, how the tester writes it.

    group        row of `GROUPS`
    target       mean of the process [unit]
    sigma        standard deviation of the process within a lot [unit]
    low, high    limits [unit]; None where the test has none
    result_scale RES_SCAL: shown as value x 10^scale with the matching prefix
    threshold, mobility, leakage, thickness
                 how much of the variation follows each process factor; the square sum is below 1
    shape        `normal`, `skewed` (log-normal) or `stepped` (quantised in steps of `step`)
    site_offset  shift of the last site [sigma]: a worn probe or socket
    plantable    whether a latent outlier may be planted here: its limits leave room for one
    """

    name: str
    unit: str
    group: str
    target: float
    sigma: float
    low: float | None
    high: float | None
    result_scale: int = 0
    threshold: float = 0.0
    mobility: float = 0.0
    leakage: float = 0.0
    thickness: float = 0.0
    shape: Shape = "normal"
    step: float = 0.0
    site_offset: float = 0.0
    plantable: bool = False
    kind: Kind = "parametric"
    pins: tuple[str, ...] = ()
    number: int = 0
    soft_bin: int = 0

    @property
    def columns(self) -> int:
        """Readings of one execution: one per pin for a multiple-result test, else one."""
        return len(self.pins) if self.kind == "multiple" else 1


PARAMETRIC = (
    ProgramTest("CONT_GND_OPEN", "V", "contact", -0.62, 0.012, -0.90, -0.30, 3, threshold=0.2),
    ProgramTest("CONT_VBAT_OPEN", "V", "contact", -0.58, 0.010, -0.85, -0.30, 3, threshold=0.2),
    ProgramTest("IDDQ_VCC", "A", "supply", 2.1e-6, 1.1e-7, None, 5.0e-6, 6, leakage=0.6, plantable=True),
    ProgramTest(
        "IDD_ACTIVE", "A", "supply", 12.4e-3, 1.6e-4, 8.5e-3, 16.0e-3, 3, threshold=-0.4, mobility=0.4, plantable=True
    ),
    ProgramTest("IDD_SLEEP", "A", "supply", 8.6e-6, 3.2e-7, None, 16.0e-6, 6, leakage=0.5, plantable=True),
    ProgramTest("ILEAK_VBAT", "A", "leakage", 3.4e-8, 1.0e-8, None, 4.0e-7, 9, leakage=0.5, shape="skewed"),
    ProgramTest("ILEAK_OUT_HS", "A", "leakage", 4.4e-7, 2.1e-8, None, 1.0e-6, 9, leakage=0.6, plantable=True),
    ProgramTest("VREF_1V2", "V", "reference", 1.205, 1.9e-3, 1.155, 1.255, 3, threshold=0.5, plantable=True),
    ProgramTest("VREG_3V3", "V", "reference", 3.302, 5.0e-3, 3.17, 3.43, 0, threshold=0.4, plantable=True),
    ProgramTest(
        "VREG_3V3_LOAD", "V", "reference", 3.281, 6.0e-3, 3.12, 3.43, 0, threshold=0.4, mobility=-0.2, plantable=True
    ),
    ProgramTest("IBIAS_10U", "A", "reference", 10.02e-6, 6.0e-8, 9.6e-6, 10.4e-6, 6, threshold=-0.3, thickness=0.3),
    ProgramTest("TRIM_CODE_BG", "", "reference", 31.0, 1.9, 4.0, 58.0, 0, threshold=0.4, shape="stepped", step=1.0),
    ProgramTest("TEMP_SENSE_25C", "V", "reference", 0.682, 2.2e-3, 0.63, 0.74, 3, threshold=0.5, plantable=True),
    ProgramTest("UVLO_RISE", "V", "reference", 4.31, 0.014, 4.0, 4.65, 0, threshold=0.5, plantable=True),
    ProgramTest("UVLO_FALL", "V", "reference", 4.02, 0.014, 3.9, 4.14, 0, threshold=0.5),
    ProgramTest(
        "RDSON_HS", "Ohm", "power", 0.0452, 5.5e-4, None, 0.056, 3, mobility=-0.5, thickness=0.3, site_offset=1.2
    ),
    ProgramTest(
        "RDSON_LS", "Ohm", "power", 0.0385, 4.4e-4, None, 0.050, 3, mobility=-0.5, thickness=0.3, plantable=True
    ),
    ProgramTest("BVDSS_HS", "V", "power", 52.6, 0.42, 43.0, None, 0, thickness=0.6, plantable=True),
    ProgramTest("BVDSS_LS", "V", "power", 53.1, 0.44, 43.0, None, 0, thickness=0.6, plantable=True),
    ProgramTest("ILIM_HS", "A", "power", 6.2, 0.075, 4.6, 7.8, 0, mobility=0.4, threshold=-0.3, plantable=True),
    ProgramTest("VTH_POWER", "V", "power", 1.84, 0.021, 1.7, 1.98, 0, threshold=0.7),
    ProgramTest("VF_BODY_DIODE", "V", "power", 0.81, 0.0045, 0.70, 0.92, 3, thickness=0.3, plantable=True),
    ProgramTest(
        "FOSC_16M", "Hz", "timing", 16.0e6, 3.4e4, 15.2e6, 16.8e6, -6, mobility=0.5, threshold=-0.3, plantable=True
    ),
    ProgramTest(
        "TPD_RISE", "s", "timing", 38.2e-9, 4.5e-10, None, 55.0e-9, 9, mobility=-0.5, threshold=0.3, plantable=True
    ),
    ProgramTest(
        "TPD_FALL", "s", "timing", 36.9e-9, 4.4e-10, None, 55.0e-9, 9, mobility=-0.5, threshold=0.3, plantable=True
    ),
    ProgramTest("SLEW_OUT", "V/s", "timing", 1.24e6, 1.9e4, 0.8e6, 1.7e6, -6, mobility=0.4, plantable=True),
    ProgramTest("T_WAKEUP", "s", "timing", 112.0e-6, 1.9e-6, None, 124.0e-6, 6, mobility=-0.3),
    ProgramTest("ADC_OFFSET", "V", "converter", 1.1e-4, 8.0e-5, -2.0e-3, 2.0e-3, 6, threshold=0.2, plantable=True),
    ProgramTest("ADC_GAIN", "dB", "converter", 20.01, 0.011, 19.93, 20.09, 0, thickness=0.3),
    ProgramTest("ADC_INL_MAX", "LSB", "converter", 0.62, 0.045, None, 2.0, 0, thickness=0.2, plantable=True),
    ProgramTest("ADC_DNL_MAX", "LSB", "converter", 0.38, 0.030, None, 1.0, 0, thickness=0.2, plantable=True),
    ProgramTest("CSA_GAIN", "V/V", "converter", 50.0, 0.09, 47.8, 52.2, 0, thickness=0.4, plantable=True),
    ProgramTest("CSA_OFFSET", "V", "converter", -2.0e-5, 6.0e-5, -1.5e-3, 1.5e-3, 6, threshold=0.2, plantable=True),
    ProgramTest("VOL_DIAG", "V", "converter", 0.182, 3.2e-3, None, 0.4, 3, mobility=-0.4, plantable=True),
)
"""A smart power switch for a car body controller, as far as a data sheet would show it."""

MULTIPLE = (
    ProgramTest(
        "IIH_PINS", "A", "leakage", 2.2e-7, 1.0e-8, -1.0e-6, 1.0e-6, 9, leakage=0.4, kind="multiple", pins=PINS
    ),
    ProgramTest(
        "IIL_PINS", "A", "leakage", -1.9e-7, 1.0e-8, -1.0e-6, 1.0e-6, 9, leakage=-0.4, kind="multiple", pins=PINS
    ),
)

FUNCTIONAL = tuple(
    ProgramTest(name, "", "functional", 0.0, 0.0, None, 0.5, kind="functional")
    for name in ("SCAN_CHAIN", "SCAN_STUCK_AT", "SPI_ACCESS", "MBIST_RAM")
)
"""A functional test's reading is 0 when its vectors match and 1 when they do not; only the verdict is written."""

CONDITIONS = ("", "_VMIN", "_VMAX", "_FAST", "_SLOW", "_HOT", "_COLD")


@dataclass(frozen=True)
class Program:
    """A test program as columns. A column is one reading of one execution; tests stand in the order of the flow."""

    tests: tuple[ProgramTest, ...]

    @cached_property
    def owner(self) -> Int64Array:
        """int64, shape (columns,): row of `tests` that each column belongs to."""
        return np.repeat(np.arange(len(self.tests)), [test.columns for test in self.tests])

    @cached_property
    def starts(self) -> Int64Array:
        """int64, shape (tests,): first column of each test."""
        return np.searchsorted(self.owner, np.arange(len(self.tests))).astype(np.int64)

    @cached_property
    def low(self) -> Float32Array:
        """float32, shape (columns,): low limits; -inf where there is none [the test's unit]."""
        return self._column([-np.inf if test.low is None else test.low for test in self.tests])

    @cached_property
    def high(self) -> Float32Array:
        """float32, shape (columns,): high limits; inf where there is none [the test's unit]."""
        return self._column([np.inf if test.high is None else test.high for test in self.tests])

    @cached_property
    def target(self) -> Float32Array:
        """float32, shape (columns,) [the test's unit]."""
        return self._column([test.target for test in self.tests])

    @cached_property
    def sigma(self) -> Float32Array:
        """float32, shape (columns,) [the test's unit]."""
        return self._column([test.sigma for test in self.tests])

    @cached_property
    def loadings(self) -> Float32Array:
        """float32, shape (columns, 4): share of each process factor in each column [sigma]."""
        rows = [(test.threshold, test.mobility, test.leakage, test.thickness) for test in self.tests]
        return np.array(rows, dtype=np.float32)[self.owner]

    def columns_of(self, *groups: str) -> Int64Array:
        """int64: the columns of the tests in some groups that have a limit to fail."""
        chosen = np.array([test.group in groups for test in self.tests])[self.owner]
        return np.flatnonzero(chosen & (np.isfinite(self.low) | np.isfinite(self.high)))

    def columns_shaped(self, shape: Shape) -> Int64Array:
        """int64: the columns of the tests of one shape."""
        return np.flatnonzero(np.array([test.shape == shape for test in self.tests])[self.owner])

    def _column(self, values: list[float]) -> Float32Array:
        return np.array(values, dtype=np.float32)[self.owner]


def build_program(tests: int) -> Program:
    """A program of so many tests: contact first, then parametric ones under several conditions, then functional ones.

    tests   number of tests, at least 8
    Raises  ArgumentError below 8

    >>> program = build_program(60)
    >>> len(program.tests), program.tests[2].name
    (60, 'IDDQ_VCC')
    """
    if tests < 8:
        raise ArgumentError(f"tests={tests}: a simulated program has at least 8 tests.")
    others = MULTIPLE + FUNCTIONAL if tests >= 20 else FUNCTIONAL[:2]
    rows = [_under_condition(place) for place in range(tests - len(others))]
    return Program(_numbered([*rows, *others]))


def _under_condition(place: int) -> ProgramTest:
    """The base test of a place in the flow, shifted a little by the condition it runs under."""
    turn, base = divmod(place, len(PARAMETRIC))
    test = PARAMETRIC[base]
    if turn == 0:
        return test
    suffix = CONDITIONS[turn] if turn < len(CONDITIONS) else f"_C{turn}"
    factor = 1.0 if test.shape == "stepped" else 1.0 + 0.004 * turn
    return replace(
        test,
        name=test.name + suffix,
        target=test.target * factor,
        sigma=test.sigma * factor,
        low=None if test.low is None else test.low * factor,
        high=None if test.high is None else test.high * factor,
    )


def _numbered(tests: list[ProgramTest]) -> tuple[ProgramTest, ...]:
    """The tests with their TEST_NUM and soft bin; a soft bin stands for a base test, whatever its condition."""
    soft: dict[str, int] = {}
    counts: dict[str, int] = {}
    out = []
    for place, test in enumerate(tests):
        base = PARAMETRIC[place % len(PARAMETRIC)].name if test.kind == "parametric" else test.name
        if base not in soft:
            counts[test.group] = counts.get(test.group, 0) + 1
            soft[base] = GROUPS[test.group].hard_bin * 100 + counts[test.group]
        out.append(replace(test, number=FIRST_TEST_NUMBER + 10 * place, soft_bin=soft[base]))
    return tuple(out)
