"""What a verb answers, on the terminal: first the sentence, then the tables, then what else there is to know.

An answer is a text, an Arrow table, or a mapping. Of a mapping are printed: `said`, a sentence; `facts`, labels and
values; `rows` and every other list of rows, each a table under its name; `result`, an answer within this one; `notes`.
What is under `details` is for programs: JSON has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import typer

from corecar.bridge.verbs import Verb
from corecar.cli.failures import spelled
from corecar.cli.forms import Form
from corecar.cli.listing import Look, print_table
from corecar.cli.streams import print_json
from corecar.cli.table import Column, answer_room, print_columns, short, terminal_room
from corecar.cli.wording import page_width, percent, wrapped
from corecar.plurals import plural
from corecar.report.quantities import DASH, display_for

LABEL = 14
"""Width of the labels of facts; more where one is longer."""
LARGE, BEYOND = 1e6, 1e15
"""Between these a number is told in full: no planner or buyer reads powers of ten."""
SHOWN = 40
"""Rows of a table that a terminal shows."""
SHOWN_OF_EACH = 25
"""Rows of each where an answer has several: a lot's wafers."""
PROSE = frozenset(
    {"why", "reason", "error", "problem", "advice", "hold", "file", "message", "said", "arguments", "found", "members"}
)
"""Columns of text that is wrapped rather than cut."""
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
    }
)
"""Columns that are parts of a whole, told in percent."""
_FIRST_TO_GO = (
    "passing_n_a passing_n_b passing_n", "superseded incomplete attempt", "kind", "customer", "sd_ratio", "cpk_change",
    "fail_rate_change", "n_a n_b", "results", "sublot", "test_code", "tester", "q1 q3", "runs", "run",
    "minimum maximum", "low_limit high_limit", "first_tested first_good", "sd_a sd_b", "fail_rate_a fail_rate_b",
    "anderson_darling p_tails", "p_shape p_spread p", "n_before n_now n runs", "sigma_before sigma_now sigma", "shape",
    "fail_rate_before fail_rate_now", "spread_ratio", "executed", "seconds",
    "share_low share_high", "screens", "units", "number", "baseline_lots",
)  # fmt: skip
RANKS = {name: len(_FIRST_TO_GO) - place for place, names in enumerate(_FIRST_TO_GO) for name in names.split()}
"""How early a column gives way on a narrow terminal; those that are not here go last."""
QUANTITIES = frozenset(
    {"mean", "sd", "minimum", "q1", "median", "q3", "maximum", "low_limit", "high_limit", "mean_a", "mean_b",
     "sd_a", "sd_b", "lowest_median", "highest_median", "sigma", "median_before", "median_now", "sigma_before",
     "sigma_now", "drift", "reading", "lcl", "center", "ucl", "ewma",
     "sum_above", "sum_below", "low_a", "low_b", "high_a", "high_b"}
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
LEADS = ("hold: ", "wrote: ")
"""Beginnings of notes that say themselves what they are."""
NOT_TABLES = frozenset({"said", "facts", "notes", "details", "columns", "result"})

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Manner:
    """How an answer is written for a person.

    as_is  whoever asked named the columns, so that no name of one says what its numbers are
    csv    whether its tables come as CSV too
    rows   how many rows of a table are shown
    """

    as_is: bool = False
    csv: bool = False
    rows: int = SHOWN

    @property
    def rest(self) -> str:
        """How to get the rows that a terminal does not show."""
        return "--csv and --json print all" if self.csv else "--json prints all"

    @property
    def in_full(self) -> str:
        """Where the columns are that a terminal has no room for."""
        return "--csv and --json have" if self.csv else "--json has"


def manner_of(verb: Verb | None) -> Manner:
    """The manner of a verb's answers."""
    return Manner() if verb is None else Manner(verb.as_is, verb.table)


def print_answer(answer: Any, wanted: Form, verb: Verb | None = None, given: Mapping[str, Any] | None = None) -> None:
    """Print an answer for a person, as JSON for a program, or its tables as CSV.

    verb   whose answer it is
    given  the arguments of its call
    """
    if hasattr(answer, "schema"):
        shown = _for_a_person(answer) if wanted is Form.TABLE else answer
        print_table(shown, wanted, None, Look("row", rest=manner_of(verb).rest))
    elif wanted is Form.JSON:
        from corecar.bridge.plain import plain

        print_json(plain(answer), indent=1)
    elif wanted is Form.CSV:
        _print_csv(_for_a_spreadsheet(answer, verb))
    elif isinstance(answer, Mapping):
        _print_in_its_way(answer, verb, given or {})
        if "secret" in answer:
            typer.echo(answer["secret"])
    else:
        typer.echo(str(answer).rstrip("\n"))


def _print_in_its_way(answer: Mapping[str, Any], verb: Verb | None, given: Mapping[str, Any]) -> None:
    """Print a mapping; the answers of `todo` and `grade` have a way of their own."""
    name = "" if verb is None else verb.name
    if name == "todo":
        from corecar.cli.worklist import print_worklist

        print_worklist(answer)
        return
    if name == "grade" and "rows" in answer:
        from corecar.cli.graded_lot import for_a_person

        answer = for_a_person(answer, given.get("out"))
    _print_mapping(answer, manner_of(verb))


def _for_a_person(table: Any) -> Any:
    """An Arrow table with the run last."""
    if "run" not in table.column_names:
        return table
    return table.select([name for name in table.column_names if name != "run"] + ["run"])


def _for_a_spreadsheet(answer: Mapping[str, Any], verb: Verb | None) -> Mapping[str, Any]:
    """The answer; that of `grade` with the tables that a grading of files has."""
    if verb is None or verb.name != "grade" or "details" not in answer:
        return answer
    from corecar.bridge.grade.graded_rows import graded_tables

    return {**graded_tables(answer["rows"], answer["details"]), "notes": answer["notes"]}


def _print_csv(answer: Mapping[str, Any]) -> None:
    """The tables on stdout; on stderr the notes and, where there is no table, why."""
    from corecar.cli.spreadsheet import print_csv

    tables = list(_tables(answer))
    print_csv(tables, answer.get("columns", ()))
    why = [answer["said"]] if answer.get("said") and not tables else []
    for sentence in (*why, *answer.get("notes", ())):
        typer.echo(wrapped("", sentence), err=True)


def _print_mapping(answer: Mapping[str, Any], manner: Manner) -> None:
    if answer.get("said"):
        typer.echo(wrapped("", answer["said"]))
    elif answer.get("rows") == []:
        typer.echo("no rows")
    facts = {label: value for label, value in answer.get("facts", {}).items() if value is not None}
    room = max([LABEL - 2, *map(len, facts)])
    for label, value in facts.items():
        typer.echo(wrapped(f"{label.replace('_', ' '):<{room}}  ", _text(label, value)))
    tables = list(_tables(answer))
    each = replace(manner, rows=min(manner.rows, SHOWN_OF_EACH)) if len(tables) > 1 else manner
    for number, (title, rows) in enumerate(tables):
        if number or answer.get("said") or answer.get("facts"):
            typer.echo("")
        if title:
            typer.echo(title)
        _draw(rows, each)
    if answer.get("result"):
        typer.echo("")
        _print_mapping(answer["result"], manner)
    notes = answer.get("notes", ())
    if notes:
        typer.echo("")
    for note in notes:
        lead = next((lead for lead in LEADS if note.startswith(lead)), "note: ")
        typer.echo(wrapped(lead, spelled(note.removeprefix(lead))))


def _tables(answer: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[Row]]]:
    """Title and rows of every table of an answer; `rows` needs no title."""
    for name, value in answer.items():
        title = "" if name == "rows" else name.replace("_", " ").capitalize()
        if name in NOT_TABLES or not value:
            continue
        if _are_rows(value):
            yield title, value
        elif isinstance(value, Mapping):
            yield from ((f"{title}: {key}", rows) for key, rows in value.items() if rows and _are_rows(rows))


def _are_rows(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(row, Mapping) for row in value)


def _draw(rows: Sequence[Row], manner: Manner) -> None:
    """Rows as a table; a column in which nothing stands is left out, unless somebody asked for that very column."""
    few = rows[: manner.rows]
    room = terminal_room() if manner.as_is else answer_room()
    print_columns(list(_columns(few, manner.as_is)), page_width(), manner.in_full, room)
    if len(rows) > len(few):
        typer.echo(f"the first {len(few):,} of {plural(len(rows), 'row')}; {manner.rest}")


def _columns(rows: Sequence[Row], as_is: bool) -> Iterator[Column]:
    every = list(dict.fromkeys(name for row in rows for name in row))
    filled = [name for name in every if any(row.get(name) is not None for row in rows)]
    names = every if as_is else filled or every
    quantities = [] if as_is else [name for name in names if name in QUANTITIES and _unit_column(name, names)]
    with_units = _with_units(rows, quantities)
    for name in names:
        values = [row.get(name) for row in rows]
        if not (name in UNITS and quantities):
            yield Column(
                name,
                name.replace("_", " "),
                with_units.get(name) or [short(_text(_formed_as(name, row), row.get(name), as_is)) for row in rows],
                right=all(_is_number(value) for value in values),
                prose=name in PROSE and not as_is,
                rank=0 if as_is else RANKS.get(name, 0),
            )


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


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


def _text(name: str, value: Any, as_is: bool = False) -> str:
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
        return " ".join(_text("", item) for item in value)
    return _told(value) if isinstance(value, Mapping) else spelled(str(value)) if name in PROSE else str(value)


def _number(value: float, as_is: bool) -> str:
    """A number of six digits, or all of a large one where nobody named its column."""
    return f"{value:,.0f}" if not as_is and LARGE <= abs(value) < BEYOND else f"{value:,.6g}"


def _told(value: Mapping[str, Any]) -> str:
    """A mapping in words, without what was not given: `paths incoming; workers inline`."""
    given = {label: inner for label, inner in value.items() if inner is not None and inner is not False}
    return "; ".join(f"{label.replace('_', ' ')} {_text(label, inner)}" for label, inner in given.items()) or DASH
