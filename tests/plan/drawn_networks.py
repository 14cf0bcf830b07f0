"""Networks drawn from a seed: chips, modules with alternates, vehicle programs, shared and nested groups."""

from __future__ import annotations

import numpy as np

from corecar.network.arrays import NONE, Activities, Demands, Groups, Items, Network


def drawn_network(
    seed: int,
    *,
    chips: int = 4,
    modules: int = 3,
    programs: int = 3,
    groups: int = 4,
    weeks: int = 8,
    tightness: float = 0.8,
) -> Network:
    """A network with shortage.

    tightness  capacity over what full supply would take, about
    """
    random = np.random.default_rng(seed)
    names: list[tuple[str, str]] = []
    kept: list[bool] = []
    wafers = [_item(names, kept, f"chip{c}", "wafer") for c in range(chips)]
    tested = [_item(names, kept, f"chip{c}", "test") for c in range(chips)]
    built = [_item(names, kept, f"module{m}", "") for m in range(modules)]
    positions = [_item(names, kept, f"module{m}", "position 1", False) for m in range(modules)]
    rows: list[tuple[str, int, list[tuple[int, float]], int, float, int, float, float]] = []
    for chip in range(chips):
        for way in range(1 + chip % 2):
            rows.append(
                (
                    f"fab{chip}.{way}",
                    wafers[chip],
                    [],
                    int(random.integers(groups)),
                    random.uniform(0.5, 2),
                    int(random.integers(0, 4)),
                    random.uniform(0.7, 0.99),
                    random.uniform(0.5, 2),
                )
            )
            rows.append(
                (
                    f"test{chip}.{way}",
                    tested[chip],
                    [(wafers[chip], 1.0)],
                    int(random.integers(groups)),
                    random.uniform(0.2, 1),
                    int(random.integers(0, 2)),
                    random.uniform(0.8, 1),
                    random.uniform(0.1, 1),
                )
            )
    shares = {}
    for module in range(modules):
        fixed, either = random.choice(chips, 2, replace=False), random.choice(chips, 2, replace=False)
        rows.append(
            (
                f"build{module}",
                built[module],
                [(tested[fixed[0]], float(random.integers(1, 4))), (positions[module], 1.0)],
                int(random.integers(groups)),
                random.uniform(0.2, 1),
                1,
                1.0,
                0.3,
            )
        )
        for chip in either.tolist():
            shares[len(rows)] = 0.7 if random.random() < 0.5 else 1.0
            rows.append(
                (
                    f"module{module} 1 chip{chip}",
                    positions[module],
                    [(tested[chip], float(random.integers(1, 3)))],
                    NONE,
                    0.0,
                    0,
                    1.0,
                    0.0,
                )
            )
    count = len(rows)
    lengths = [len(row[2]) for row in rows]
    flat = [pair for row in rows for pair in row[2]]
    made = Activities(
        names=tuple(row[0] for row in rows),
        site=tuple("" for _ in rows),
        output=np.array([row[1] for row in rows]),
        group=np.array([row[3] for row in rows]),
        use=np.array([row[4] for row in rows]),
        lead=np.array([row[5] for row in rows]),
        yields=np.array([row[6] for row in rows])[:, None] * random.uniform(0.9, 1.0, (count, weeks)),
        cost=np.array([row[7] for row in rows])[:, None] * random.uniform(0.9, 1.1, (count, weeks)),
        most=np.where(
            random.random((count, weeks)) < 0.05, 0.0, np.where(random.random((count, weeks)) < 0.1, 30.0, np.inf)
        ),
        starts=np.concatenate(([0], np.cumsum(lengths))),
        items=np.array([item for item, _ in flat]),
        quantities=np.array([quantity for _, quantity in flat]),
        share=np.array([shares.get(row, 1.0) for row in range(count)]),
    )
    cars = random.integers(0, modules, programs)
    wanted = random.integers(0, 12, (programs, weeks)).astype(float)
    able = tightness * wanted.sum() / weeks * random.uniform(2, 6, (groups, 1)) * np.ones((groups, weeks))
    value = random.uniform(50, 150, programs)
    late = np.repeat(0.02 * value[:, None], weeks, axis=1)
    late[:, -1] = value
    part_of = np.full(groups, NONE)
    part_of[1] = 0
    return Network(
        first_week=2975,
        weeks=weeks,
        items=Items(
            names=tuple(f"{product} {stage}".strip() for product, stage in names),
            product=tuple(product for product, _ in names),
            stage=tuple(stage for _, stage in names),
            opening=np.where(kept, random.integers(0, 20, len(names)), 0).astype(float),
            arrivals=np.where(np.array(kept)[:, None] & (random.random((len(names), weeks)) < 0.2), 5.0, 0.0),
            holding=np.where(kept, 0.01, 0.0),
            kept=np.array(kept),
        ),
        activities=made,
        groups=Groups(_named("group", groups), _named("site", groups), ("piece",) * groups, part_of, 0.8 * able, able),
        demands=Demands(
            names=tuple(f"car{p}" for p in range(programs)),
            product=tuple(f"car{p}" for p in range(programs)),
            customer=("",) * programs,
            item=np.array([built[m] for m in cars.tolist()]),
            wanted=wanted,
            value=value,
            priority=random.integers(1, 4, programs),
            late=late,
        ),
    )  # fmt: skip


def _named(what: str, count: int) -> tuple[str, ...]:
    return tuple(f"{what}{number}" for number in range(count))


def _item(names: list[tuple[str, str]], kept: list[bool], product: str, stage: str, lies: bool = True) -> int:
    names.append((product, stage))
    kept.append(lies)
    return len(names) - 1
