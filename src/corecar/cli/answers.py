"""What a verb answers, on the terminal: first the sentence, then the tables, then what else there is to know.

An answer is a text, an Arrow table, or a mapping. Of a mapping are printed: `said`, a sentence; `facts`, labels and
values; `rows` and every other list of rows, each a table under its name; `result`, an answer within this one; `notes`.
What is under `details` is for programs: JSON has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import typer

from corecar.bridge.verbs import Verb
from corecar.cli.failures import spelled
from corecar.cli.forms import Form
from corecar.cli.listing import Look, print_table
from corecar.cli.streams import print_json
from corecar.cli.table import Column, answer_room, print_columns, short, terminal_room
from corecar.cli.wording import page_width, wrapped
from corecar.plurals import plural
from corecar.report.answer_cells import Row, cell_text, cells_of, tables_of

LABEL = 14
"""Width of the labels of facts; more where one is longer."""
SHOWN = 40
"""Rows of a table that a terminal shows."""
SHOWN_OF_EACH = 25
"""Rows of each where an answer has several: a lot's wafers."""
PROSE = frozenset(
    {"why", "reason", "error", "problem", "advice", "hold", "file", "message", "said", "text", "arguments", "found"}
    | {"members"}
)
"""Columns of text that is wrapped rather than cut."""
_FIRST_TO_GO = (
    "comment_id", "passing_n_a passing_n_b passing_n", "superseded incomplete attempt", "kind", "customer", "sd_ratio",
    "cpk_change", "fail_rate_change", "n_a n_b", "results", "sublot", "test_code", "tester", "q1 q3", "runs", "run",
    "minimum maximum", "low_limit high_limit", "first_tested first_good", "sd_a sd_b", "fail_rate_a fail_rate_b",
    "anderson_darling p_tails", "p_shape p_spread p", "n_before n_now n runs", "sigma_before sigma_now sigma", "shape",
    "fail_rate_before fail_rate_now", "spread_ratio", "executed", "seconds",
    "share_low share_high", "screens", "units", "number", "baseline_lots",
)  # fmt: skip
RANKS = {name: len(_FIRST_TO_GO) - place for place, names in enumerate(_FIRST_TO_GO) for name in names.split()}
"""How early a column gives way on a narrow terminal; those that are not here go last."""
LEADS = ("hold: ", "wrote: ")
"""Beginnings of notes that say themselves what they are."""


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

    tables = list(tables_of(answer))
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
        text = cell_text(label, value)
        typer.echo(wrapped(f"{label.replace('_', ' '):<{room}}  ", spelled(text) if label in PROSE else text))
    tables = list(tables_of(answer))
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


def _draw(rows: Sequence[Row], manner: Manner) -> None:
    """Rows as a table; a column in which nothing stands is left out, unless somebody asked for that very column."""
    few = rows[: manner.rows]
    room = terminal_room() if manner.as_is else answer_room()
    print_columns(list(_columns(few, manner.as_is)), page_width(), manner.in_full, room)
    if len(rows) > len(few):
        typer.echo(f"the first {len(few):,} of {plural(len(rows), 'row')}; {manner.rest}")


def _columns(rows: Sequence[Row], as_is: bool) -> Iterator[Column]:
    for name, cells in cells_of(rows, as_is).items():
        prose = name in PROSE and not as_is
        yield Column(
            name,
            name.replace("_", " "),
            [short(spelled(cell) if prose else cell) for cell in cells],
            right=all(_is_number(row.get(name)) for row in rows),
            prose=prose,
            rank=0 if as_is else RANKS.get(name, 0),
        )


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))
