"""Dynamic limits by wafer and site with pandas, as one would write them: the frame wide, and long."""

from __future__ import annotations

from typing import Any

import numpy as np

WIDTH, DIVISOR = 6.0, 1.35
KEYS = ["wafer", "site"]


def wide_frame(lot: Any) -> Any:
    """One row per good part, one column per test."""
    import pandas as pd

    good = np.flatnonzero(lot.passed)
    frame = pd.DataFrame(lot.matrix()[:, good].T.copy())
    for name in KEYS:
        frame[name] = lot.parts[name].take(good).to_pandas().astype("category").to_numpy()
    return frame


def long_frame(lot: Any) -> Any:
    """One row per reading of a good part."""
    import pandas as pd

    m, good = lot.measurements, lot.passed
    keep = good[m.part]
    test = np.repeat(np.arange(lot.tests.num_rows, dtype=np.int32), np.diff(m.offsets))[keep]
    codes = {name: lot.parts[name].to_pandas().astype("category") for name in KEYS}
    part = m.part[keep]
    columns = {name: pd.Categorical.from_codes(code.cat.codes.to_numpy()[part], code.cat.categories)
               for name, code in codes.items()}  # fmt: skip
    return pd.DataFrame({"test": test, "part": part, "value": m.value[keep], **columns})


def dynamic_wide(frame: Any) -> int:
    """Readings beyond median ± 6 robust sigmas of their wafer and site."""
    tests = [name for name in frame.columns if name not in KEYS]
    groups = frame.groupby(KEYS, observed=True)[tests]
    q1, centre, q3 = (groups.quantile(share) for share in (0.25, 0.5, 0.75))
    reach = WIDTH * (q3 - q1) / DIVISOR
    place = groups.ngroup().to_numpy()
    values = frame[tests].to_numpy()
    low, high = (centre - reach).to_numpy()[place], (centre + reach).to_numpy()[place]
    return int(((values < low) | (values > high)).sum())


def dynamic_long(frame: Any) -> int:
    """The same of the long frame."""
    groups = frame.groupby(["test", *KEYS], observed=True)["value"]
    q1, centre, q3 = (groups.quantile(share) for share in (0.25, 0.5, 0.75))
    reach = WIDTH * (q3 - q1) / DIVISOR
    place = groups.ngroup().to_numpy()
    values = frame["value"].to_numpy()
    low, high = (centre - reach).to_numpy()[place], (centre + reach).to_numpy()[place]
    return int(((values < low) | (values > high)).sum())
