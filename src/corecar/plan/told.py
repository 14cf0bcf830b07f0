"""A plan in figures that a planner reads in ten seconds, from its tables alone, so that a kept plan tells the same.

Tables are those of `corecar.plan.tables`. Amounts are sums over all weeks of the plan.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from corecar.chain.words import PIECE
from corecar.network.arrays import Floats, Integers
from corecar.plan.punctuality import not_in_time, on_time_part

Row = dict[str, Any]
SAME = 1e-6
"""Part of what is wanted that counts as nothing: rounding of the solver."""
FULL = 0.999
"""Part of its capacity from which a group counts as full in a week."""


def whole(supply: Any) -> Row:
    """Of all demands: pieces wanted, supplied, short and late, fill, on-time part, value supplied and short."""
    rows = programs(supply)
    total = {name: sum(row[name] for row in rows) for name in ("wanted", "supplied", "short", "value", "value_short")}
    late = sum(row["late"] for row in rows)
    wanted = total["wanted"]
    return {
        **total,
        "late": late,
        "fill": total["supplied"] / wanted if wanted else 1.0,
        "on_time": on_time_part(late + total["short"], wanted),
    }


def programs(supply: Any) -> list[Row]:
    """A row per demand, the worst first: lowest fill, then least on time, then most value short.

    late     pieces that come after the week for which they were wanted, the oldest counted as served first
    on_time  part of what is wanted that is neither late nor short
    weeks_behind  of a wanted piece in the mean, those in time with 0; a piece that never comes is behind to the end
    """
    demand, names = _places(supply["demand"])
    count = len(names)
    wanted, supplied, behind, value = (_numbers(supply[name]) for name in ("wanted", "supplied", "behind", "value"))
    last = _last(demand, count)
    sums = {
        "wanted": np.bincount(demand, wanted, count),
        "supplied": np.bincount(demand, supplied, count),
        "late": np.bincount(demand, not_in_time(behind, wanted), count),
        "behind": np.bincount(demand, behind, count),
    }
    order = np.zeros(count, np.int64)
    order[demand[::-1]] = np.arange(len(demand))[::-1]
    priority = supply["priority"].to_numpy()[order]
    short, each = np.where(behind[last] > SAME * sums["wanted"], behind[last], 0.0), value[order]
    late = np.where(sums["late"] - short > SAME * sums["wanted"], sums["late"] - short, 0.0)
    rows = [
        {
            "demand": names[d],
            "priority": int(priority[d]),
            "wanted": float(sums["wanted"][d]),
            "supplied": float(sums["supplied"][d]),
            "short": float(short[d]),
            "fill": float(1 - short[d] / sums["wanted"][d]) if sums["wanted"][d] else 1.0,
            "late": float(late[d]),
            "on_time": on_time_part(float(late[d] + short[d]), float(sums["wanted"][d])),
            "weeks_behind": float(sums["behind"][d] / sums["wanted"][d]) if late[d] + short[d] else 0.0,
            "value": float(sums["supplied"][d] * each[d]),
            "value_short": float(short[d] * each[d]),
        }
        for d in range(count)
    ]
    return sorted(rows, key=lambda row: (row["fill"], row["on_time"], -row["value_short"], row["demand"]))


def groups(load: Any) -> list[Row]:
    """A row per capacity group, the fullest first: by red weeks, orange weeks, then by how full it is.

    use       load over what the plan may take, of all weeks
    fullest   the week in which it is highest; None of a group that is not used
    full      weeks in which the plan takes all that there is
    orange, red  weeks by the light of what full demand would take
    """
    group, names = _places(load["group"])
    week, weeks = _places(load["week"])
    taken, most = _numbers(load["load"]), _numbers(load["limit"])
    light = np.array(load["light"].to_pylist())
    part = np.where(most > 0, taken / np.where(most > 0, most, 1.0), 0.0)
    site, unit = load["site"].to_pylist(), load["unit"].to_pylist()
    rows = []
    for number, name in enumerate(names):
        own = np.flatnonzero(group == number)
        capacity = most[own].sum()
        rows.append(
            {
                "group": name,
                "site": site[own[0]],
                "unit": unit[own[0]],
                "light": next((word for word in ("red", "orange") if (light[own] == word).any()), "green"),
                "red": int((light[own] == "red").sum()),
                "orange": int((light[own] == "orange").sum()),
                "full": int((part[own] >= FULL).sum()),
                "use": float(taken[own].sum() / capacity) if capacity else 0.0,
                "fullest": weeks[week[own[int(part[own].argmax())]]] if taken[own].any() else None,
            }
        )
    return sorted(rows, key=lambda row: (-row["full"], -row["red"], -row["orange"], -row["use"], row["group"]))


def breaches(floors: Any) -> list[Row]:
    """A row per promise that is not kept, by clause and week. Tables kept before promises had units count pieces."""
    return [
        {
            "clause": row["clause"],
            "from_week": row["from_week"],
            "until_week": row["until_week"],
            "promised": row["least"],
            "missing": row["breach"],
            "unit": row.get("unit", PIECE),
        }
        for row in floors.to_pylist()
        if row["breach"] > SAME * (1 + row["least"])
    ]


def changes(before: Any, now: Any) -> list[Row]:
    """What differs in supply between two plans, by demand: pieces wanted, supplied, short, and what that is worth.

    before, now  tables `supply`; of a demand that one does not have it has nothing
    gain         of the change: pieces supplied more times the value of one, that of the later plan
    """
    rows = [{row["demand"]: row for row in programs(table)} for table in (before, now)]
    found = []
    for name in sorted(rows[0].keys() | rows[1].keys()):
        one, other = (each.get(name) for each in rows)
        row: Row = {"demand": name}
        for column in ("wanted", "supplied", "short", "late"):
            was, is_ = (each[column] if each else 0.0 for each in (one, other))
            row |= {f"{column}_before": was, f"{column}_now": is_}
        row["gain"] = (other["value"] if other else 0.0) - (one["value"] if one else 0.0)
        moved = max(abs(row[f"{column}_now"] - row[f"{column}_before"]) for column in ("wanted", "supplied", "late"))
        if moved > SAME * (1 + row["wanted_before"] + row["wanted_now"]):
            found.append(row)
    return sorted(found, key=lambda row: (-abs(row["gain"]), row["demand"]))


def _places(column: Any) -> tuple[Integers, list[str]]:
    """A column of names as places among its distinct names, in the order in which they come."""
    encoded = column.unify_dictionaries().combine_chunks()
    places, names = encoded.indices.to_numpy(), encoded.dictionary.to_pylist()
    return np.asarray(places, np.int64), list(names)


def _numbers(column: Any) -> Floats:
    return np.asarray(column.to_numpy(), np.float64)


def _last(places: Integers, count: int) -> Integers:
    """The last row of each place."""
    found = np.zeros(count, np.int64)
    found[places] = np.arange(len(places))
    return found
