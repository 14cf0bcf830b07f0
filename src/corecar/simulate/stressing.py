"""The same units before and after a stress: a tester's two files, with some units that drift, and control units."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from corecar.atomic import whole_file
from corecar.errors import ArgumentError
from corecar.lot import BoolArray, Float32Array
from corecar.simulate.probing import Simulation, Stress, prepare
from corecar.simulate.process import generator
from corecar.simulate.simulation import PRODUCT, check_path, named_as, write_simulation
from corecar.simulate.touchdowns import TEXT_DIGITS
from corecar.simulate.truth import truth_path

SCHEMA = 1
_CHOICE = 7
"""Stream of random numbers of which units drift; others are those of `corecar.simulate.probing` and `simulation`."""
TESTER_SIGMAS = 0.3
"""By how much the tester reads otherwise after the stress, of control units too [sigma]."""


@dataclass(frozen=True)
class Planted:
    """What was planted: the test, how far its units move [its unit], and which units; control units are not stressed.

    units, controls  as PART_TXT names them
    """

    test_number: int
    test_name: str
    by: float
    units: tuple[str, ...]
    controls: tuple[str, ...]


def simulate_stress(
    before: str | Path,
    after: str | Path,
    *,
    units: int = 77,
    controls: int = 3,
    drifting: int = 8,
    test: str = "VREF_1V2",
    drift: float = 0.04,
    tests: int = 20,
    sites: int = 4,
    seed: int = 1,
    lot: str | None = None,
    product: str = PRODUCT,
    start: datetime | None = None,
) -> Planted:
    """Write the units of a stress as they were measured before and after it: two files of STDF V4, and the truth.

    Every unit is good before; what drifts stays within its limits, so that only the drift of units tells of it.
    before, after  `.stdf`, or with `.gz` or `.zst` behind it; the truth goes to `truth_path(after)`
    units          units that are stressed; controls: further units that are only measured, the last of the tray
    drifting       units that move apart from the rest; 0 plants none
    test           the test in which they move; drift: how far, as part of the width of its limits
    lot            its name; the files name it with `-PRE` and `-POST` behind
    start          when testing before the stress begins; after it, six weeks later
    Raises         ArgumentError, OutputError
    """
    one, other = Path(before), Path(after)
    for path in (one, other):
        check_path(path)
    if not (1 <= units <= 5_000 and 0 <= controls <= 500 and 0 <= drifting <= units):
        raise ArgumentError(f"units={units}, controls={controls}, drifting={drifting}: expected 1 to 5,000 units, "
                            "0 to 500 control units, and no more that drift than are stressed.")  # fmt: skip
    simulation = prepare(1, units + controls, tests, sites, seed, "final test", stop_on_fail=False)
    planted = _planted(simulation, units, controls, drifting, test, drift)
    name = lot or f"SIM{seed:05d}"
    for path, again, late in ((one, False, 0), (other, True, 42 * 86_400)):
        stressed = replace(simulation, stress=_stress(simulation, planted, again=again))
        said = named_as(f"{name}-{'POST' if again else 'PRE'}", product, start)
        write_simulation(path, stressed, (), replace(said, start=said.start + late))
    _write_truth(other, planted, seed)
    return planted


def _planted(simulation: Simulation, units: int, controls: int, drifting: int, test: str, drift: float) -> Planted:
    names = [each.name for each in simulation.program.tests if each.kind == "parametric"]
    if test not in names:
        raise ArgumentError(f'test="{test}": this program has {", ".join(names)}.')
    row = next(each for each in simulation.program.tests if each.name == test)
    if row.low is None or row.high is None:
        raise ArgumentError(f'test="{test}": it has no two limits, so no width of them.')
    chosen = np.sort(generator(simulation.seed, _CHOICE).permutation(units)[:drifting])
    return Planted(
        row.number, row.name, drift * (row.high - row.low), tuple(_text(int(unit) + 1) for unit in chosen),
        tuple(_text(unit + 1) for unit in range(units, units + controls)),
    )  # fmt: skip


def _stress(simulation: Simulation, planted: Planted, *, again: bool) -> Stress:
    """What is added to the readings of the tray; nothing before the stress."""
    program = simulation.program
    shift: Float32Array = np.zeros((len(program.owner), len(simulation.layout)), dtype=np.float32)
    if again:
        shift += TESTER_SIGMAS * program.sigma[:, None]
        shift[program.columns_shaped("stepped")] = 0.0
        row = next(at for at, each in enumerate(program.tests) if each.number == planted.test_number)
        moved: BoolArray = np.isin([_text(unit + 1) for unit in range(len(simulation.layout))], planted.units)
        shift[program.starts[row], moved] += planted.by
    return Stress(again, shift)


def _text(unit: int) -> str:
    """PART_TXT of a unit."""
    return f"U{unit:0{TEXT_DIGITS}d}"


def _write_truth(path: Path, planted: Planted, seed: int) -> None:
    told: dict[str, Any] = {
        "schema": SCHEMA, "source": path.name, "seed": seed, "stage": "stress", "test_number": planted.test_number,
        "test_name": planted.test_name, "by": planted.by, "drifting": list(planted.units),
        "controls": list(planted.controls),
    }  # fmt: skip
    with whole_file(truth_path(path)) as sibling:
        sibling.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
