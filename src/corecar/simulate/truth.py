"""The truth file of a simulated lot: what was planted, which a screen is later held against.

`lot.stdf.gz` has its truth in `lot.truth.json`, one JSON object:

| key | what |
| --- | --- |
| `schema` | 1 |
| `source` | name of the STDF file |
| `seed` | seed of the random numbers |
| `stage` | `wafer sort` or `final test` |
| `wafers`, `parts`, `tests`, `sites` | sizes; `parts` counts units, not attempts |
| `planted` | list, one object per latent outlier (below), sorted by wafer and part |
| `defects` | list of objects `wafer, x, y, part_id, part_text, kind, test_number, test_name` |
| `defects_by_kind` | number of defects of each kind: `edge`, `cluster`, `scratch`, `random`, `contact` |

A planted outlier:

| key | what |
| --- | --- |
| `wafer` | WAFER_ID; null at final test |
| `x`, `y` | X_COORD and Y_COORD; null at final test |
| `part_id` | PART_ID of the first attempt, the one that counts |
| `part_text` | PART_TXT; null at wafer sort |
| `test_number`, `test_name` | the test it stands out in |
| `pin` | pin of a multiple-result test, else null |
| `value` | RESULT as written [the test's unit] |
| `sigmas` | signed distance from the median of the lot's good parts, in robust sigmas of the lot |
| `sigmas_wafer` | the same against the good parts of its wafer (at final test: of its tray) |
| `kind` | `strong`: a 6-sigma screen has to catch it; `weak`: it should not be expected to |
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from corecar.atomic import whole_file
from corecar.simulate.defects import KINDS, NONE
from corecar.simulate.outliers import Planted, Population, population
from corecar.simulate.probing import Probing, Simulation
from corecar.simulate.program import ProgramTest
from corecar.simulate.touchdowns import ID_DIGITS, TEXT_DIGITS

SCHEMA = 1
_ENDINGS = (".gz", ".zst", ".stdf", ".std")


def truth_path(path: str | Path) -> Path:
    """Where the truth of a simulated file stands.

    >>> truth_path("lots/demo.stdf.gz").name
    'demo.truth.json'
    """
    path = Path(path)
    name = path.name
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return path.with_name(f"{name or path.name}.truth.json")


@dataclass
class Truth:
    """Collects the truth wafer by wafer while the file is written."""

    simulation: Simulation
    planted: tuple[Planted, ...]
    outliers: list[dict[str, Any]] = field(default_factory=list)
    defects: list[dict[str, Any]] = field(default_factory=list)

    def add(self, wafer: int, probing: Probing) -> None:
        """Note what one wafer holds."""
        here = sorted((row for row in self.planted if row.wafer == wafer), key=lambda row: row.part)
        if here:
            around = population(probing.good_values)
            self.outliers.extend(self._outlier(row, around) for row in here)
        for part in np.flatnonzero(probing.defects.kind != NONE):
            kind, column = KINDS[probing.defects.kind[part]], int(probing.defects.column[part])
            self.defects.append(self._part(wafer, int(part)) | {"kind": kind} | _named(self._test(column)))

    def as_json(self, source: Path) -> dict[str, Any]:
        """The whole object, as the table at the top of this module describes it."""
        simulation = self.simulation
        return {
            "schema": SCHEMA,
            "source": source.name,
            "seed": simulation.seed,
            "stage": simulation.stage,
            "wafers": simulation.wafers,
            "parts": simulation.wafers * len(simulation.layout),
            "tests": len(simulation.program.tests),
            "sites": simulation.layout.sites,
            "planted": self.outliers,
            "defects_by_kind": dict(sorted(Counter(row["kind"] for row in self.defects).items())),
            "defects": self.defects,
        }

    def _test(self, column: int) -> ProgramTest:
        return self.simulation.program.tests[int(self.simulation.program.owner[column])]

    def _part(self, wafer: int, part: int) -> dict[str, Any]:
        """How a reader finds the part in the file."""
        simulation, layout = self.simulation, self.simulation.layout
        name = simulation.wafer_name(wafer)
        unit = int(simulation.unit(wafer, np.array([part]))[0])
        return {
            "wafer": name,
            "x": int(layout.x[part]) if name else None,
            "y": int(layout.y[part]) if name else None,
            "part_id": f"{simulation.first_id(wafer) + part:0{ID_DIGITS}d}",
            "part_text": None if name else f"U{unit:0{TEXT_DIGITS}d}",
        }

    def _outlier(self, row: Planted, around: Population) -> dict[str, Any]:
        test, program = self._test(row.column), self.simulation.program
        pin = int(row.column - program.starts[program.owner[row.column]])
        near = (row.value - float(around.median[row.column])) / float(around.sigma[row.column])
        return {
            **self._part(row.wafer, row.part),
            **_named(test),
            "pin": test.pins[pin] if test.kind == "multiple" else None,
            "value": row.value,
            "sigmas": round(row.sigmas, 3),
            "sigmas_wafer": round(near, 3),
            "kind": row.kind,
        }


def _named(test: ProgramTest) -> dict[str, Any]:
    return {"test_number": test.number, "test_name": test.name}


def write_truth(path: Path, truth: dict[str, Any]) -> None:
    """Write a truth file whole or not at all. Raises OutputError."""
    with whole_file(path) as sibling:
        sibling.write_text(json.dumps(truth, indent=1, allow_nan=False) + "\n", encoding="utf-8")
