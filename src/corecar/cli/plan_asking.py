"""What every question to a plan takes: a chain in files and how its plan is made, or a plan that a workspace keeps."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from corecar.cli.generated import ActorOption, LaterOption, WorkspaceOption
from corecar.cli.options import Csv, Json
from corecar.cli.plan_files import (
    NOT_OF_FILES,
    Chain,
    Exact,
    FirstWeek,
    LimitName,
    OverName,
    RuleName,
    Weeks,
    WholeLots,
    planning,
)

NOT_OF_KEPT = "is for the chain of files, and a kept plan has its own. Leave it out, or name the files of a chain."
Answered = Callable[[Any, Callable[[], bool]], dict[str, Any]]
Written = Callable[[Any, dict[str, Any], Path], None]

PlanOption = Annotated[
    int | None, typer.Option("--plan", metavar="N", help="Number of the kept plan; without it your last one.")
]
Rule = Annotated[
    RuleName | None, typer.Option("--rule", help="Who gets what is scarce, of files; without it max_min_fill.")
]
Limit = Annotated[
    LimitName | None, typer.Option("--limit", help="Up to which capacity, of files; without it the maximum.")
]
Over = Annotated[
    OverName | None,
    typer.Option("--over", help="Shares of the horizon's sum, or of the sum up to every week; without it horizon."),
]
Gap = Annotated[
    float | None,
    typer.Option("--gap", metavar="PART", min=0, help="Part by which the cost may lie above its bound; else 0.01."),
]
TimeLimit = Annotated[
    float | None, typer.Option("--time-limit", metavar="S", help="Seconds for each plan; without it 120.")
]
Method = Annotated[
    str | None,
    typer.Option("--method", help="How it is solved, as of corecar plan; without it chosen by the plan's size."),
]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="A folder for a page, a PDF and the tables.")]

HOW = ("rule", "first_week", "weeks", "limit", "over", "exact", "whole_lots", "gap", "time_limit", "method")
"""Options by which the plan of files is made; a kept plan has its own."""


@dataclass(frozen=True)
class Asked:
    """Options that every question has, with what was given; None or False for what was not."""

    chain: Chain = None
    rule: Rule = None
    first_week: FirstWeek = None
    weeks: Weeks = None
    limit: Limit = None
    over: Over = None
    exact: Exact = False
    whole_lots: WholeLots = False
    gap: Gap = None
    time_limit: TimeLimit = None
    method: Method = None
    plan: PlanOption = None
    out: Out = None
    workspace: WorkspaceOption = None
    actor: ActorOption = None
    later: LaterOption = False
    json: Json = False
    csv: Csv = False

    def answer(self, verb: str, own: Mapping[str, Any], ask: Answered, write: Written | None = None) -> None:
        """Ask a plan of files, or a kept one, and print the answer.

        verb   of the workspace, asked with `own` where no files are named
        ask    the same question to a plan that is made of files, with what says whether to stop
        write  writes the answer of a plan of files into a folder; without it a page, a PDF and the tables
        """
        from corecar.cli.forms import form
        from corecar.cli.grading import refuse

        wanted = form(self.json, self.csv)
        how = {name: getattr(self, name) for name in HOW}
        how |= {name: getattr(self, name) or None for name in ("exact", "whole_lots")}
        if self.chain:
            kept = {"--workspace": self.workspace, "--as": self.actor, "--later": self.later, "--plan": self.plan}
            refuse(kept, NOT_OF_FILES)
            self._of_files(self.chain, how, verb, wanted, ask, write)
            return
        refuse({f"--{name.replace('_', '-')}": value is not None for name, value in how.items()}, NOT_OF_KEPT)
        given = {**own, "plan": self.plan, "out": self.out}
        call_kept(verb, given, self.workspace, self.actor, self.later, wanted)

    def _of_files(
        self, chain: list[Path], how: Mapping[str, Any], verb: str, wanted: Any, ask: Answered, own: Written | None
    ) -> None:
        from corecar.cli.answers import print_answer

        plain = {name: getattr(value, "value", value) for name, value in how.items() if value is not None}
        with planning(chain, plain) as (made, stopped):
            answer = ask(made, stopped)
        if own is None or self.out is None:
            write(answer, verb, self.out)
        else:
            own(made, answer, self.out)
            answer["notes"] = [*answer["notes"], f"wrote: {self.out}"]
        print_answer(answer, wanted)


def asks(question: Callable[..., None]) -> Callable[..., None]:
    """A command that has a question's own options, then those of `Asked`, which the question gets as its first."""
    _, *own = inspect.signature(question, eval_str=True).parameters.values()
    kinds = get_type_hints(Asked, include_extras=True)
    shared = [
        inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=each.default, annotation=kinds[each.name])
        for each in fields(Asked)
    ]
    names = {each.name for each in shared}
    parameters = [*(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own), *shared]

    @wraps(question)
    def command(**options: Any) -> None:
        asked = Asked(**{name: value for name, value in options.items() if name in names})
        question(asked, **{name: value for name, value in options.items() if name not in names})

    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    return command


def write(answer: dict[str, Any], verb: str, out: Path | None) -> None:
    """Write an answer to a folder, where one is named, and note it."""
    if out is not None:
        from corecar.bridge.plan.plan_answers import TITLES, write_answer

        write_answer(answer, TITLES[verb], out)
        answer["notes"] = [*answer["notes"], f"wrote: {out}"]


def call_kept(
    verb: str, how: Mapping[str, Any], workspace: str | None, actor: str | None, later: bool, wanted: Any
) -> None:
    """Call a verb of a workspace."""
    from corecar.bridge.verbs import WORKSPACE_VERBS
    from corecar.cli.calling import call_verb

    call_verb(WORKSPACE_VERBS[verb], how, workspace=workspace, actor=actor, key=None, later=later, wanted=wanted)
