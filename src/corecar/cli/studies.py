"""Studies of files, or of lots of a workspace.

`bias`, `test time`, `what changed`, `related`, `drifts`, `recovery`, `bin switch`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from corecar.cli.forms import Form, form
from corecar.cli.generated import ActorOption, WorkspaceOption
from corecar.cli.grading import NO_WORKSPACE, refuse
from corecar.cli.options import (
    Csv,
    Encoding,
    Identity,
    IdentityOption,
    Json,
    Retest,
    RetestOption,
    Salvage,
    on_error,
)
from corecar.errors import ArgumentError

NOT_OF_LOTS = "is for files: lots of a workspace are read as they were taken in. Leave it out."
NOT_OF_FILES = "is for lots of a workspace, and what is named are files. Leave it out, or name lots."

Subjects = Annotated[
    list[str], typer.Argument(metavar="LOT", help="Lots of a workspace, or tester files, or folders of such files.")
]
By = Annotated[
    list[str] | None,
    typer.Option("--by", help="Compare by this: site, tester, load_board, probe_card, handler, ...; repeatable."),
]
Stage = Annotated[str | None, typer.Option("--stage", help="Only runs of this stage or test code: wafer sort, CP2.")]
Temperature = Annotated[str | None, typer.Option("--temperature", help="Only runs at this temperature.")]
Before = Annotated[
    list[str], typer.Option("--before", metavar="LOT", help="A lot or file as it was before; repeatable.")
]
Tables = Annotated[bool, typer.Option("--tables", help="Also print the full tables; JSON and CSV always have them.")]
Anyway = Annotated[bool, typer.Option("--anyway", help="Compare even where the two sides have no test in common.")]
Then = Annotated[
    list[str] | None,
    typer.Option("--then", metavar="LOT", help="A lot or file of the second insertion; repeatable. The same without."),
]
ThenStage = Annotated[
    str | None, typer.Option("--then-stage", help="Of the second insertion: only this stage or test code.")
]
ThenTemperature = Annotated[
    str | None, typer.Option("--then-temperature", help="Of the second insertion: only this temperature.")
]
ThenRetest = Annotated[
    Retest | None, typer.Option("--then-retest", help="Of the second insertion: which attempt at a unit counts.")
]
Baseline = Annotated[
    list[str] | None,
    typer.Option("--baseline", metavar="LOT", help="A lot or file before, to hold recoveries against; repeatable."),
]
Retestable = Annotated[
    list[int] | None, typer.Option("--retestable", metavar="BIN", help="A hard bin that may be retested; repeatable.")
]
LeastR = Annotated[
    float | None,
    typer.Option(
        "--least-r", metavar="R", min=0, max=1, help="Size of r from which tests are one group; 0.95 without it."
    ),
]


class Apportion(StrEnum):
    """How the time of a part is given to its tests where the files do not say it."""

    none = "none"
    even = "even"


ApportionOption = Annotated[
    Apportion,
    typer.Option("--apportion", help="Where files give only the time of parts: even gives each test an equal share."),
]


def bias(
    lots: Subjects,
    by: By = None,
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    encoding: Encoding = None,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Say which sites, testers, load boards, probe cards or handlers differ: every test and the yield, effect first."""
    study("bias", {"lots": lots}, {"by": by or []}, locals())


def time_of_tests(
    lots: Subjects,
    apportion: ApportionOption = Apportion.none,
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    encoding: Encoding = None,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Say where test time goes, which tests decide nothing alone, and what could escape without each."""
    study("test_time", {"lots": lots}, {"apportion": apportion.value}, locals())


def what_changed(
    now: Subjects,
    before: Before,
    tables: Tables = False,
    anyway: Anyway = False,
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    encoding: Encoding = None,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Say in ten lines what changed between two groups of lots: tests, yield, bins, wafer zones, sites, hardware."""
    full = tables or form(json, csv) is not Form.TABLE
    study("what_changed", {"now": now, "before": before}, {"tables": full, "anyway": anyway}, locals())


def related(
    lots: Subjects,
    least_r: LeastR = None,
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    encoding: Encoding = None,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Say which tests go together, pair by pair and in groups, and what the parts of each bin have in common."""
    study("related", {"lots": lots}, {"least_r": least_r}, locals())


def drifts(
    lots: Subjects,
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    encoding: Encoding = None,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Say which tests move while a run goes on, from its first part to its last, effect first."""
    study("drifts", {"lots": lots}, {}, locals())


def recovery(
    lots: Subjects,
    baseline: Baseline = None,
    retestable: Retestable = None,
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    encoding: Encoding = None,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Say how many of the units that failed first were retested and recovered, by first bin and first site.

    With --baseline each bin and site is held against the lots before; --retestable names retests of other bins.
    """
    if both := set(lots) & set(baseline or ()):
        raise ArgumentError(f"{', '.join(sorted(both))} cannot be its own baseline. Name it on one side.")
    study("recovery", {"lots": lots, "baseline": baseline or []}, {"retestable": retestable or []}, locals())


def bin_switch(
    lots: Subjects,
    then: Then = None,
    stage: Stage = None,
    temperature: Temperature = None,
    then_stage: ThenStage = None,
    then_temperature: ThenTemperature = None,
    then_retest: ThenRetest = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    encoding: Encoding = None,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Say how bins moved between two insertions, or first and last attempt, of the same units; who passed then."""
    second = {"stage": then_stage, "temperature": then_temperature, "retest": (then_retest or retest).value}
    first = {"stage": stage, "temperature": temperature, "retest": retest.value}
    if set(then or lots) == set(lots) and first == second:
        raise ArgumentError("both sides are the same. Name other lots, or another stage, temperature or retest.")
    study("bin_switch", {"lots": lots, "then": then or lots}, {}, locals(), second)


def study(
    name: str,
    subjects: Mapping[str, Sequence[str]],
    given: Mapping[str, Any],
    told: Mapping[str, Any],
    second: Mapping[str, Any] | None = None,
) -> None:
    """Answer of files, or call the verb on lots.

    second    what differs in reading the group `then`, if there is one

    subjects  the words that name lots or files, by parameter; given: what else the study takes
    told      the options of the command
    """
    wanted = form(told["json"], told["csv"])
    how = {"stage": told["stage"], "temperature": told["temperature"]}
    how |= {"identity": told["identity"].value, "retest": told["retest"].value}
    of_lots = {"--workspace": told["workspace"], "--as": told["actor"]}
    of_files = {"--salvage": told["salvage"], "--encoding": told["encoding"]}
    words = [word for group in subjects.values() for word in group]
    if _are_files(words):
        refuse(of_lots, NOT_OF_FILES)
        reading = {"encoding": told["encoding"], "on_error": on_error(told["salvage"])}
        _of_files(name, subjects, given, {**how, **reading}, wanted, second or {})
        return
    refuse(of_files, NOT_OF_LOTS)
    apart = {f"then_{key}": each for key, each in (second or {}).items()}
    _of_lots(name, {**subjects, **given, **how, **apart}, told["workspace"], told["actor"], wanted, words)


def _are_files(words: Sequence[str]) -> bool:
    """Raises ArgumentError where some words are paths and some are not."""
    there = [Path(word).exists() for word in words]
    if any(there) and not all(there):
        odd = words[there.index(False)]
        raise ArgumentError(f"{odd}: no file is there, but other words are files. Name files alone, or lots alone.")
    return all(there)


def _of_files(
    name: str,
    subjects: Mapping[str, Sequence[str]],
    given: Mapping[str, Any],
    how: Mapping[str, Any],
    wanted: Form,
    second: Mapping[str, Any],
) -> None:
    from corecar.bridge.study.studied import studied_files
    from corecar.bridge.verbs import WORKSPACE_VERBS
    from corecar.cli.answers import print_answer
    from corecar.cli.progress import reading

    studied = []
    for side, group in subjects.items():
        if not group:
            continue
        own = {**how, **second} if side == "then" else how
        with _side(name, side), reading(*map(Path, group)) as progress:
            studied.append(studied_files(group, timed=name == "test_time", progress=progress, **own))
    paired = {"identity": how["identity"]} if name == "bin_switch" else {}
    answer = answer_of(name)(*studied, **given, **paired)
    print_answer(answer, wanted, WORKSPACE_VERBS[name], given)


def _side(name: str, side: str) -> AbstractContextManager[None]:
    """Of two insertions, errors say which one they are about."""
    if name != "bin_switch":
        return nullcontext()
    from corecar.bridge.study.paired_bins import insertion

    then = "--then-stage and --then-temperature"
    return insertion("second", then) if side == "then" else insertion("first", "--stage and --temperature")


def _of_lots(
    name: str,
    arguments: Mapping[str, Any],
    workspace: str | None,
    actor: str | None,
    wanted: Form,
    words: Sequence[str],
) -> None:
    from corecar.bridge.verbs import WORKSPACE_VERBS
    from corecar.cli.calling import call_verb
    from corecar.errors import SourceMissing, WorkspaceError

    try:
        call_verb(
            WORKSPACE_VERBS[name], arguments, workspace=workspace, actor=actor, key=None, later=False, wanted=wanted
        )
    except WorkspaceError as error:
        if workspace:
            raise
        problem = "there is no such file, and no workspace here."
        raise SourceMissing(words[0], problem, advice=NO_WORKSPACE) from error


ANSWERS = {
    "bias": "study.studies:bias_answer",
    "test_time": "study.studies:time_answer",
    "what_changed": "study.studies:changed_answer",
    "related": "study.studies:related_answer",
    "drifts": "study.studies:drifts_answer",
    "assess_capability": "study.lot_figures:capability_answer",
    "assess_outliers": "study.lot_figures:outliers_answer",
    "assess_chart": "study.lot_charts:chart_answer",
    "assess_hotelling": "study.lot_charts:hotelling_answer",
    "assess_between": "study.lot_groups:between_answer",
    "recovery": "study.recoveries:recovery_answer",
    "bin_switch": "study.studies:switch_answer",
}
"""What makes the answer of each study of files, `module:function` below `corecar.bridge`."""


def answer_of(name: str) -> Callable[..., Any]:
    """The function that makes the answer of a study of files."""
    module, function = ANSWERS[name].split(":")
    found: Callable[..., Any] = getattr(import_module(f"corecar.bridge.{module}"), function)
    return found
