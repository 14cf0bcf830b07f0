"""The cells of an answer as a person reads them: which columns are shares, amounts, readings, names.

Terminal, notebook and mail write the same number the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from corecar.report.quantities import DASH, display_for, percent

Row = Mapping[str, Any]
LARGE, BEYOND = 1e6, 1e15
"""Between these a number is told in full: no planner or buyer reads powers of ten."""
SHARES = frozenset(
    {
        "first_yield",
        "final_yield",
        "rate",
        "share",
        "cumulative",
        "fail_rate_a",
        "fail_rate_b",
        "fail_rate_change",
        "fail_rate_before",
        "fail_rate_now",
        "share_before",
        "share_now",
        "share_change",
        "yield_before",
        "yield_now",
        "yield_change",
        "beyond",
        "fill",
        "fill_at_least",
        "scenarios_up_to",
        "demand_change",
        "plan_gap",
        "on_time",
        "use",
        "share_low",
        "share_high",
        "share_limit",
        "covers",
        "uses",
        "coverage",
        "local_share",
        "single_source_share",
        "largest_share",
        "fill_before",
        "fill_now",
        "on_time_change",
        "plan_fill",
        "plan_on_time",
        "repeatability",
        "reproducibility",
        "grr",
        "grr_of_tolerance",
        "of_variance",
        "of_variation",
        "of_tolerance",
    }
)
"""Columns that are parts of a whole, told in percent."""
QUANTITIES = frozenset(
    {"mean", "sd", "minimum", "q1", "median", "q3", "maximum", "low_limit", "high_limit", "mean_a", "mean_b",
     "sd_a", "sd_b", "lowest_median", "highest_median", "sigma", "median_before", "median_now", "sigma_before",
     "sigma_now", "drift", "reading", "lcl", "center", "ucl", "ewma",
     "sum_above", "sum_below", "low_a", "low_b", "high_a", "high_b", "tolerance"}
)  # fmt: skip
"""Columns that are in the `unit` of their row, or in its `unit_a` and `unit_b`, and shown with it and a prefix."""
UNITS = ("unit", "unit_a", "unit_b")
FINE_SHARES = frozenset({"yield_loss", "yield_a", "yield_b", "yield_change"})
"""Parts of a whole of which one decimal of a percent is too few."""
SCORES = frozenset(
    {"escapes", "escapes_low", "escapes_high", "escapes_ppm", "cpk", "cpk_a", "cpk_b", "cpk_change", "shift"}
    | {"sd_ratio", "effect", "spread_ratio", "shape", "delta", "r", "statistic", "critical", "t_squared"}
    | {"weeks_behind", "response_weeks", "cycle_weeks", "exposure", "tts_weeks", "hhi"}
    | {"cp", "cpk_at_least", "pp", "ppk", "cpm", "robust_cpk", "expected_ppm", "anderson_darling"}
)
"""Columns of pure numbers of which two decimals say enough."""
AMOUNTS = frozenset(
    {"impact", "weekly_loss", "most_behind", "mean_loss", "standard_error", "value_at_risk", "cvar", "largest"}
    | {"lost_pieces", "short_pieces", "needed_a_week", "public_cost"}
)
"""Columns of money or pieces, told without a fraction."""
CHANCES = frozenset({"p", "q", "p_spread", "p_shape", "p_tails", "p_lots"})
"""Columns of probabilities, of which the order of magnitude is what counts."""
NUMBERED = frozenset(
    {
        "number",
        "job",
        "bin",
        "first_bin",
        "second_bin",
        "test",
        "part",
        "hard_bin",
        "soft_bin",
        "x",
        "y",
        "site",
        "head",
    }
)
"""Columns whose numbers are names, so that their thousands are not separated."""
OF_INDICATOR = frozenset({"target", "worst", "now"})
"""Columns whose cells take the form of the indicator that their row is of."""
NOT_TABLES = frozenset({"said", "facts", "notes", "details", "columns", "result"})


def tables_of(answer: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[Row]]]:
    """Title and rows of every table of an answer; `rows` needs no title."""
    for name, value in answer.items():
        title = "" if name == "rows" else name.replace("_", " ").capitalize()
        if name in NOT_TABLES or not value:
            continue
        if are_rows(value):
            yield title, value
        elif isinstance(value, Mapping):
            yield from ((f"{title}: {key}", rows) for key, rows in value.items() if rows and are_rows(rows))


def are_rows(value: Any) -> bool:
    """Whether a value of an answer is a table."""
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(row, Mapping) for row in value)


def cells_of(rows: Sequence[Row], as_is: bool = False) -> dict[str, list[str]]:
    """Rows as columns of text; a column in which nothing stands is left out, unless somebody asked for that very one.

    as_is  whoever asked named the columns, so that no name of one says what its numbers are
    """
    every = list(dict.fromkeys(name for row in rows for name in row))
    filled = [name for name in every if any(row.get(name) is not None for row in rows)]
    names = every if as_is else filled or every
    quantities = [] if as_is else [name for name in names if name in QUANTITIES and _unit_column(name, names)]
    united = _with_units(rows, quantities)
    return {
        name: united.get(name) or [cell_text(_formed_as(name, row), row.get(name), as_is) for row in rows]
        for name in names
        if not (name in UNITS and quantities)
    }


def _formed_as(name: str, row: Row) -> str:
    """The column whose form a cell has: its own, that of the indicator of its row, or a share where an alert is one."""
    if "sub_horizon" in row and (name == "change" or (name == "at" and str(row["threshold"]).startswith("relative"))):
        return "share"
    return row["indicator"] if name in OF_INDICATOR and "indicator" in row else name


def _unit_column(name: str, names: Sequence[str]) -> str | None:
    """The column with the unit of a quantity: that of the row, or that of its side."""
    return next((unit for unit in ("unit", f"unit{name[-2:]}") if unit in names), None)


def _with_units(rows: Sequence[Row], names: Sequence[str]) -> dict[str, list[str]]:
    """Cells such as `12.50 mV`; those of one row and unit share their prefix."""
    cells: dict[str, list[str]] = {name: [] for name in names}
    for row in rows if names else ():
        units = {name: row.get(_unit_column(name, list(row)) or "") for name in names}
        shown = {
            unit: display_for([row.get(n) for n in names if units[n] == unit], unit, spread=_spread(row))
            for unit in dict.fromkeys(units.values())
        }
        for name in names:
            cells[name].append(shown[units[name]].show(row.get(name), unit=True))
    return cells


def _spread(row: Row) -> Any:
    """What decides how many digits are told: the standard deviation, or what lies between control limits."""
    if "lcl" in row and "ucl" in row:
        return (row["ucl"] - row["lcl"]) / 6 or None
    return row.get("sd")


def cell_text(name: str, value: Any, as_is: bool = False) -> str:
    """One value for the eye: moments to the minute in UTC, shares in percent, a dash for what is not known."""
    if value is None or value in ("", []):
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, float) and name in SCORES and not as_is:
        return f"{value:,.2f}"
    if isinstance(value, float) and name in AMOUNTS and not as_is:
        return f"{value:,.0f}"
    if isinstance(value, float) and name in FINE_SHARES and not as_is:
        return f"{value:.3%}"
    if isinstance(value, float) and name in CHANCES and not as_is:
        return f"{value:.2g}"
    if isinstance(value, float):
        return percent(value) if name in SHARES and not as_is else _number(value, as_is)
    if isinstance(value, int):
        return f"{value:,}" if name not in NUMBERED else str(value)
    if isinstance(value, (list, tuple)):
        return " ".join(cell_text("", item) for item in value)
    return _told(value) if isinstance(value, Mapping) else str(value)


def _number(value: float, as_is: bool) -> str:
    """A number of six digits, or all of a large one where nobody named its column."""
    return f"{value:,.0f}" if not as_is and LARGE <= abs(value) < BEYOND else f"{value:,.6g}"


def _told(value: Mapping[str, Any]) -> str:
    """A mapping in words, without what was not given: `paths incoming; workers inline`."""
    given = {label: inner for label, inner in value.items() if inner is not None and inner is not False}
    return "; ".join(f"{label.replace('_', ' ')} {cell_text(label, inner)}" for label, inner in given.items()) or DASH
