"""The cells of an answer as a person reads them: which columns are shares, money, readings, names.

Terminal, pages, notebook and mail write the same number the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from corecar.report.quantities import DASH, display_for, percent

Row = Mapping[str, Any]
LARGE, BEYOND = 1e6, 1e15
"""Between these a number is told in full: no planner or buyer reads powers of ten."""
SHARES = frozenset(
    {"rate", "share", "cumulative", "beyond", "fill", "on_time", "use", "uses", "covers", "coverage", "yield", "gap"}
    | {"fail_rate_a", "fail_rate_b", "fail_rate_change", "fail_rate_before", "fail_rate_now", "plan_gap", "point_gap"}
    | {"share_before", "share_now", "share_change", "share_low", "share_high", "share_limit", "local_share"}
    | {"yield_before", "yield_now", "scenarios_up_to", "demand_change", "single_source_share", "largest_share"}
    | {"plan_fill", "plan_on_time", "multi_site_efficiency", "repeatability", "reproducibility", "grr"}
    | {"cell_load", "case_gap"}
    | {"kept_share", "rise_share", "fall_share"}
    | {"grr_of_tolerance", "of_variance", "of_variation", "of_tolerance"}
)
"""Columns that are parts of a whole, told in percent; and those below whose names begin or end so."""
SHARES_BEGIN, SHARES_END = ("fill_", "on_time_"), ("_yield", "_rate", "utilisation")
QUANTITIES = frozenset(
    {"mean", "sd", "minimum", "q1", "median", "q3", "maximum", "low_limit", "high_limit", "mean_a", "mean_b",
     "sd_a", "sd_b", "lowest_median", "highest_median", "sigma", "median_before", "median_now", "sigma_before",
     "sigma_now", "drift", "reading", "lcl", "center", "ucl", "ewma",
     "sum_above", "sum_below", "low_a", "low_b", "high_a", "high_b", "tolerance"}
)  # fmt: skip
"""Columns that are in the `unit` of their row, or in its `unit_a` and `unit_b`, and shown with it and a prefix."""
READ = frozenset({"value", "low", "high"})
"""Columns that are so too in rows of tests and of what they read."""
OF_TESTS = frozenset({"number", "test", "characteristic", "point"})
"""Columns of which one stands in such rows."""
UNITS = ("unit", "unit_a", "unit_b")
FINE_SHARES = frozenset({"yield_loss", "yield_a", "yield_b", "yield_change"})
"""Parts of a whole of which one decimal of a percent is too few."""
SCORES = frozenset(
    {"escapes", "escapes_low", "escapes_high", "escapes_ppm", "cpk", "cpk_a", "cpk_b", "cpk_change", "shift"}
    | {"sd_ratio", "effect", "spread_ratio", "shape", "delta", "r", "statistic", "critical", "t_squared"}
    | {"weeks_behind", "response_weeks", "cycle_weeks", "exposure", "tts_weeks", "hhi"}
    | {"cycle_days", "queue_days", "days_at_load_asked", "x_factor", "arrival_cv", "effective_cv", "time_cv"}
    | {"wip_lots", "lots_a_week", "raw_hours", "effective_hours"}
    | {f"at_{load}" for load in (30, 50, 60, 70, 80, 85, 90, 95)}
    | {"cp", "cpk_at_least", "pp", "ppk", "cpm", "robust_cpk", "expected_ppm", "anderson_darling"}
)
"""Columns of pure numbers of which two decimals say enough."""
FINE_SCORES = frozenset({"score", "at_best"})
"""Those that are ranked by a third."""
AMOUNTS = frozenset({"most_behind", "lost_pieces", "short_pieces", "needed_a_week", "wip_pieces", "pieces_a_lot"})
"""Columns of pieces, told without a fraction."""
OF_GROUPS = frozenset({"asked", "load", "actual", "maximum", "limit", "pieces", "over", "flexible"})
"""Columns that are so too in rows of groups of machines."""
MONEY = frozenset(
    {"impact", "weekly_loss", "mean_loss", "standard_error", "value_at_risk", "cvar", "largest", "public_cost"}
    | {"value_short", "value_change", "saves", "earns"}
)
"""Columns of money, told without a fraction."""
PRICED = frozenset({"value", "gain", "benefit"})
"""Columns that are money in rows of a plan."""
OF_PLANS = frozenset({"demand", "scenario", "plan", "remedy", "party", "single_source_share"})
"""Columns of which one stands in such rows."""
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
    | {"plan", "run", "flags", "priority", "meeting", "pair", "action", "import", "version"}
)
"""Columns whose numbers are names, so that their thousands are not separated."""
OF_ROUTE = frozenset({"assumed", "measured", "low", "high", "value"})
"""Columns of numbers of routes, of which a yield is a share."""
Form = Literal["name", "share", "fine share", "score", "fine score", "amount", "money", "chance", "reading", "number"]
"""How the numbers of a column are told."""
FORMS: Mapping[str, Form] = {
    **dict.fromkeys(SHARES, "share"), **dict.fromkeys(FINE_SHARES, "fine share"), **dict.fromkeys(SCORES, "score"),
    **dict.fromkeys(FINE_SCORES, "fine score"),
    **dict.fromkeys(AMOUNTS, "amount"), **dict.fromkeys(MONEY, "money"), **dict.fromkeys(CHANCES, "chance"),
    **dict.fromkeys(NUMBERED, "name"),
}  # fmt: skip
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


def form_of(name: str, beside: Collection[str] = ()) -> Form:
    """How the numbers of a column are told; beside: the names of all columns of its table.

    >>> form_of("final_yield"), form_of("value", ("demand", "value")), form_of("value", ("test", "value", "unit"))
    ('share', 'money', 'reading')
    """
    if name in ("minimum", "maximum") and "agreed" in beside:
        return "number"
    if name == "maximum" and "minimum" not in beside:
        return _of_group(name, beside)
    if (name in QUANTITIES or (name in READ and not OF_TESTS.isdisjoint(beside))) and _unit_column(name, beside):
        return "reading"
    if name in PRICED and not OF_PLANS.isdisjoint(beside):
        return "money"
    found = FORMS.get(name) or _of_group(name, beside)
    is_share = name.startswith(SHARES_BEGIN) or name.endswith(SHARES_END)
    return "share" if found == "number" and is_share else found


def _of_group(name: str, beside: Collection[str]) -> Form:
    """What machines are asked for and can do is told without a fraction, in rows of a group of them."""
    return "amount" if name in OF_GROUPS and "group" in beside else "number"


def cells_of(rows: Sequence[Row], as_is: bool = False) -> dict[str, list[str]]:
    """Rows as columns of text; a column in which nothing stands is left out, unless somebody asked for that very one.

    as_is  whoever asked named the columns, so that no name of one says what its numbers are
    """
    every = list(dict.fromkeys(name for row in rows for name in row))
    filled = [name for name in every if any(row.get(name) is not None for row in rows)]
    names = every if as_is else filled or every
    quantities = [] if as_is else [name for name in names if form_of(name, names) == "reading"]
    united = _with_units(rows, quantities)
    return {
        name: united.get(name) or [cell_text(_formed_as(name, row), row.get(name), as_is, names) for row in rows]
        for name in names
        if not (name in UNITS and quantities)
    }


def _formed_as(name: str, row: Row) -> str:
    """The column whose form a cell has: its own, that of the indicator of its row, or a share where an alert is one."""
    if "sub_horizon" in row and (name == "change" or (name == "at" and str(row["threshold"]).startswith("relative"))):
        return "share"
    if name in OF_ROUTE and "route" in row and row.get("number") == "yield":
        return "share"
    return row["indicator"] if name in OF_INDICATOR and "indicator" in row else name


def _unit_column(name: str, names: Collection[str]) -> str | None:
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


def cell_text(name: str, value: Any, as_is: bool = False, beside: Collection[str] = ()) -> str:
    """One value for the eye: moments to the minute in UTC, shares in percent, a dash for what is not known.

    beside  the names of all columns of its table
    """
    if value is None or value in ("", []):
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return _number(value, as_is) if as_is else WRITTEN[form_of(name, beside)](value)
    if isinstance(value, int):
        return f"{value:,}" if form_of(name) != "name" else str(value)
    if isinstance(value, (list, tuple)):
        return " ".join(cell_text("", item) for item in value)
    return _told(value) if isinstance(value, Mapping) else str(value)


def _number(value: float, as_is: bool) -> str:
    """A number of six digits, or all of a large one where nobody named its column."""
    return f"{value:,.0f}" if not as_is and LARGE <= abs(value) < BEYOND else f"{value:,.6g}"


WRITTEN: Mapping[Form, Callable[[float], str]] = {
    "share": percent, "fine share": "{:.3%}".format, "score": "{:,.2f}".format,
    "fine score": "{:,.3f}".format, "amount": "{:,.0f}".format,
    "money": "{:,.0f}".format, "chance": "{:.2g}".format,
    **dict.fromkeys(("name", "reading", "number"), lambda value: _number(value, False)),
}  # fmt: skip
"""How a number of each form is written; readings with their unit are written by the row."""


def _told(value: Mapping[str, Any]) -> str:
    """A mapping in words, without what was not given: `paths incoming; workers inline`."""
    given = {label: inner for label, inner in value.items() if inner is not None and inner is not False}
    return "; ".join(f"{label.replace('_', ' ')} {cell_text(label, inner)}" for label, inner in given.items()) or DASH
