"""Chains for timing: chips of three stages at shared sites, modules of 20 chips, vehicle programs of 10 modules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corecar.network.arrays import NONE, Activities, Demands, Groups, Items, Network

STAGES = ("wafer", "packaging", "test")
LIES = {"wafer": 14.0, "packaging": 4.0, "test": 3.0, "module": 1.0}
"""Weeks of need that lie or are under way after each stage."""


@dataclass(frozen=True)
class Size:
    """How many of each; `tightness` is capacity over need, about."""

    chips: int
    modules: int
    programs: int
    sites: int
    weeks: int = 60
    tightness: float = 1.3


class _Rows:
    """Activities as they are drawn."""

    def __init__(self) -> None:
        self.output: list[int] = []
        self.group: list[int] = []
        self.use: list[float] = []
        self.lead: list[int] = []
        self.gain: list[float] = []
        self.inputs: list[list[tuple[int, float]]] = []

    def add(self, output: int, inputs: list[tuple[int, float]], group: int, use: float, lead: int, gain: float) -> None:
        for column, value in zip(
            (self.output, self.group, self.use, self.lead, self.gain), (output, group, use, lead, gain), strict=True
        ):
            column.append(value)  # type: ignore[attr-defined]
        self.inputs.append(inputs)


def network_of_size(size: Size, seed: int = 1) -> Network:
    """A chain drawn from a seed; about a third of what is made has a second route."""
    random = np.random.default_rng(seed)
    of = {"wafer": size.sites // 4, "packaging": size.sites // 3, "module": size.sites // 4}
    of["test"] = size.sites - sum(of.values())
    begin = dict(zip(of, np.concatenate(([0], np.cumsum(list(of.values()))[:-1])).tolist(), strict=True))
    rows = _Rows()

    def ways(stage: str, second: float) -> list[int]:
        count = min(1 + int(random.random() < second), of[stage])
        return [int(begin[stage] + each) for each in random.choice(of[stage], count, replace=False)]

    for chip in range(size.chips):
        for number, stage in enumerate(STAGES):
            item, inputs = number * size.chips + chip, [((number - 1) * size.chips + chip, 1.0)] if number else []
            for group in ways(stage, 0.3 if stage == "wafer" else 0.5):
                use = random.uniform(0.5, 2) if stage == "test" else 1.0
                rows.add(item, inputs, group, use, (10, 2, 1)[number], random.uniform(0.9, 0.99))
    finished = [2 * size.chips + chip for chip in range(size.chips)]
    modules = [3 * size.chips + module for module in range(size.modules)]
    for item in modules:
        taken = random.choice(finished, min(20, size.chips), replace=False)
        inputs = [(int(chip), float(random.integers(1, 4))) for chip in taken]
        for group in ways("module", 0.4):
            rows.add(item, inputs, group, 1.0, 1, 1.0)
    for program in range(size.programs):
        taken = random.choice(modules, min(10, size.modules), replace=False)
        inputs = [(int(module), float(random.integers(1, 3))) for module in taken]
        rows.add(3 * size.chips + size.modules + program, inputs, NONE, 0.0, 0, 1.0)
    wanted = np.repeat(random.uniform(50, 150, (size.programs, 1)), size.weeks, axis=1)
    return _network(size, rows, wanted, random)


def _network(size: Size, rows: _Rows, wanted: np.ndarray, random: np.random.Generator) -> Network:
    count = 3 * size.chips + size.modules + size.programs
    needed, load = _needs(rows, count, size.sites, wanted.mean(axis=1))
    stages = [stage for stage in STAGES for _ in range(size.chips)]
    stages += ["module"] * size.modules + [""] * size.programs
    names = tuple(f"{stage or 'car'} {number}" for number, stage in enumerate(stages))
    made, weeks = len(rows.output), size.weeks
    able = np.repeat((load * size.tightness * random.uniform(0.85, 1.15, size.sites))[:, None], weeks, axis=1)
    value = random.uniform(1e5, 3e5, size.programs)
    late = np.repeat(0.02 * value[:, None], weeks, axis=1)
    late[:, -1] = value
    group = np.array(rows.group, np.int64)
    sites = tuple(f"SITE-{number:03}" for number in range(size.sites))
    programs = names[-size.programs :]
    return Network(
        first_week=0,
        weeks=weeks,
        items=Items(
            names, names, tuple(stages), needed * np.array([LIES.get(stage, 0.0) for stage in stages]),
            np.zeros((count, weeks)), np.full(count, 0.01), np.ones(count, np.bool_),
        ),
        activities=Activities(
            names=tuple(f"R{number}" for number in range(made)),
            site=tuple(sites[each] if each >= 0 else "" for each in rows.group),
            output=np.array(rows.output, np.int64),
            group=group,
            use=np.array(rows.use),
            lead=np.array(rows.lead, np.int64),
            yields=np.repeat(np.array(rows.gain)[:, None], weeks, axis=1),
            cost=np.full((made, weeks), 0.1),
            most=np.full((made, weeks), np.inf),
            starts=np.concatenate(([0], np.cumsum([len(each) for each in rows.inputs]))).astype(np.int64),
            items=np.array([item for each in rows.inputs for item, _ in each], np.int64),
            quantities=np.array([quantity for each in rows.inputs for _, quantity in each]),
            share=np.ones(made),
        ),
        groups=Groups(sites, sites, ("piece",) * size.sites, np.full(size.sites, NONE), able, able),
        demands=Demands(
            programs, programs, ("",) * size.programs, np.arange(count - size.programs, count), wanted, value,
            random.integers(1, 4, size.programs), late,
        ),
    )  # fmt: skip


def _needs(rows: _Rows, items: int, groups: int, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pieces of each item and load of each group that full supply takes in a week, routes taken in equal parts."""
    needed, load = np.zeros(items), np.zeros(groups)
    needed[-len(wanted) :] = wanted
    ways = np.bincount(rows.output, minlength=items)
    for row in reversed(range(len(rows.output))):
        begun = needed[rows.output[row]] / ways[rows.output[row]] / rows.gain[row]
        if rows.group[row] >= 0:
            load[rows.group[row]] += begun * rows.use[row]
        for item, quantity in rows.inputs[row]:
            needed[item] += quantity * begun
    return needed, load
