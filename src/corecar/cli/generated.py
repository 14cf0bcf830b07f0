"""Commands made from the registry: each verb of a workspace is one, its options read off the verb's signature.

A verb's module is imported when its command is asked for, not before: help for the whole program stays quick.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any, ClassVar, get_args, get_origin

import typer
from typer.core import TyperGroup

from corecar.bridge.verbs import WORKSPACE_VERBS, Verb
from corecar.cli.command import Command
from corecar.cli.default_command import DEFAULTS, DefaultGroup
from corecar.cli.failures import guarded
from corecar.cli.options import Csv, Json

Row = tuple[str, Callable[..., None], str]
"""Name of a command, its function, its one line."""
LOOK: dict[str, Any] = {"no_args_is_help": True, "rich_markup_mode": None, "pretty_exceptions_enable": False}
"""Plain help starts in a third of the time of help drawn with boxes, and can be copied and searched."""
GROUP_HELP = {
    "mapping": "Say which lot a file belongs to.",
    "jobs": "Look at long work, stop it, go on with it.",
    "people": "Who may act in this workspace.",
    "tokens": "By what programs act for a person.",
    "parties": "Companies and institutes.",
    "assembly": "Measurements of packaging steps.",
    "action": "What is done about a finding, and what it brought.",
    "gauge": "Gauge studies: how much of what is seen is the measurement.",
    "override": "Let rejected parts ship, by two persons.",
    "publish": "Let other engines read the lake.",
    "limits": "Limits for the lots to come: propose, approve, release, compare.",
    "chain": "Parties, products, routes, demand: the chain's tables.",
    "meeting": "Bring needs and offers together; what came of it, what is due.",
    "agree": "Memoranda of parties: negotiated, signed, verified, kept.",
    "trace": "Every die to the car, and back.",
    "plan": "Plan the chain, week by week; list, show and compare plans.",
    "qualify": "Bring a car product in: tests, evidence, approval, submission.",
    "expand": "Cells of machines: what limits them, what to order and when.",
    "mail": "The mail server; who reads where; letters sent, waiting, failed.",
    "alerts": "Alerts that stand now, and who gets which by mail.",
    "reports": "Reports that go out by mail, daily or weekly.",
}
"""Help of the first word of verbs that have two."""
OF_FILES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "limits": (
        ("check", "limit_files:check", "Derive limits again and compare every bit."),
        ("diff", "limit_files:diff", "Compare two programs, recipes or sets of limits."),
    ),
    "chain": (
        ("template", "chain_files:template", "Write a workbook and CSVs to fill in."),
        ("check", "chain_files:check", "Hold files against every rule."),
    ),
    "plan": (
        ("make", "plan_files:make", "Plan a chain; without this word too."),
        ("explain", "plan_questions:explain", "Say why a program is short, and what would help."),
        ("shortages", "plan_questions:shortages", "List what is behind in which week, and why."),
        ("whatif", "plan_questions:whatif", "Change demand, sites, routes; plans side by side."),
        ("policy", "plan_questions:policy", "Show a plan with policies and without."),
        ("chances", "plan_questions:chances", "Draw many scenarios and say what the worst cost."),
        ("needs", "plan_questions:needs", "List needs: requested, committed, delivered, planned."),
        ("alerts", "plan_questions:alerts", "Say which demand has changed by a threshold."),
        ("lights", "plan_questions:lights", "Hold linked demand against capacity, week by week."),
    ),
    "expand": (
        ("cells", "expanding:cells", "Say how full each cell is, and what limits it."),
        ("plan", "expanding:plan", "Say what to order in which week, and what it earns."),
        ("case", "expanding:case", "Make the case: workbook, and two pages for a board."),
        ("flow", "expanding:flow", "Say how many days a lot takes at each cell."),
        ("frontier", "expanding:frontier", "Hold sums of money against what stays short."),
        ("shared", "expanding:shared", "Say what others' money changes, and who benefits."),
    ),
    "agree": (
        ("template", "agreeing:template", "Write example terms, template and clauses."),
        ("text", "agreeing:text", "Set the text of terms as a PDF to sign."),
        ("sign", "agreeing:sign", "Sign a memorandum for a party."),
        ("verify", "agreeing:verify", "Say who signed, and what speaks against it."),
    ),
    "trace": (
        ("sign", "conformity:sign", "Sign a certificate of conformance for its supplier."),
        ("verify", "conformity:verify", "Check a certificate of conformance, without a workspace."),
    ),
    "qualify": (("verify", "qualifying:verify", "Check a submission folder, without a workspace."),),
    "agree ca": (
        ("make", "trial_authority:make", "Make an authority for trials."),
        ("issue", "trial_authority:issue", "Issue a certificate for a person of a party."),
        ("revoke", "trial_authority:revoke", "Revoke a certificate."),
        ("list", "trial_authority:listed", "List what it issued."),
    ),
}
"""Commands that stand among verbs of a workspace and need none: name, `module:function` below here, help. A key of two
words is a group within a group."""
GROUPS_WITHIN = {"agree ca": "A local authority for trials: certificates without legal effect."}

WorkspaceOption = Annotated[
    str | None,
    typer.Option(
        "--workspace",
        "-w",
        metavar="DIR",
        help="The workspace; without it CORECAR_WORKSPACE, or the folder around here.",
    ),
]
ActorOption = Annotated[
    str | None, typer.Option("--as", metavar="PERSON", help="Who acts; without it the user of this computer.")
]
KeyOption = Annotated[
    str | None,
    typer.Option("--key", help="A name for this very call: the same call again gets the first one's answer."),
]

LaterOption = Annotated[
    bool, typer.Option("--later", help="Leave it as a job for `corecar jobs work` instead of doing it now.")
]


@dataclass(frozen=True)
class Entry:
    """A command, or a group of them, as the first word of a call names it.

    help  its one line
    make  the thing itself, made when it is asked for: making all of them takes longer than most commands do
    """

    help: str
    make: Callable[[], Any]


class Commands(dict[str, Any]):
    """Commands by name, made when they are asked for."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        super().__init__(dict.fromkeys(entries))
        self.entries = entries

    def __getitem__(self, name: str) -> Any:
        if super().__getitem__(name) is None:
            self[name] = self.entries[name].make()
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        if name not in self:
            return default
        return self[name]

    def values(self) -> Any:
        return [self[name] for name in self]

    def items(self) -> Any:
        return [(name, self[name]) for name in self]


class Group(TyperGroup):
    """The whole program: commands written by hand, then those of the registry."""

    by_hand: ClassVar[Mapping[str, Entry]] = {}

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        self.commands = Commands({**self.by_hand, **_of_the_registry(self.by_hand)})

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands without importing what is behind them."""
        commands = self.commands
        assert isinstance(commands, Commands)
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in commands.entries.items()])


def _of_the_registry(others: Mapping[str, Entry]) -> dict[str, Entry]:
    """First words of the verbs, but for those that other entries answer to."""
    of_verbs = [verb.words for verb in WORKSPACE_VERBS.values()]
    words = dict.fromkeys(words.split()[0] for words in (*of_verbs, *OF_FILES))
    return {
        word: Entry(GROUP_HELP.get(word) or WORKSPACE_VERBS[word].help, partial(_of_verbs, word))
        for word in words
        if word not in others
    }


def _of_verbs(name: str) -> Any:
    """The command, or the group of commands, that begins with this word."""
    members = [verb for verb in WORKSPACE_VERBS.values() if verb.words.split()[0] == name]
    own = {row[0] for row in OF_FILES.get(name, ())} | ({name} if name in DEFAULTS else set())
    rows = [
        (verb.words.split()[-1], command_of(verb), verb.help) for verb in members if verb.words.split()[-1] not in own
    ]
    rows += _of_files(name)
    if name not in GROUP_HELP:
        return single(*rows[0])
    made = group(name, GROUP_HELP[name], rows)
    for words, text in GROUPS_WITHIN.items():
        if words.split()[0] == name:
            made.add_command(group(words.split()[1], text, _of_files(words)), words.split()[1])
    return made


def _of_files(name: str) -> list[Row]:
    """The commands of a group that need no workspace."""
    rows = []
    for word, home, text in OF_FILES.get(name, ()):
        module, function = home.split(":")
        rows.append((word, getattr(import_module(f"corecar.cli.{module}"), function), text))
    return rows


def single(name: str, function: Callable[..., None], text: str) -> Any:
    """A command.

    text  its one line in a list of commands
    """
    app = typer.Typer(add_completion=False, **LOOK)
    app.command(name, cls=Command, short_help=text)(guarded(function))
    return typer.main.get_command(app)


def group(name: str, text: str, rows: Iterable[Row]) -> Any:
    """Commands that share their first word."""
    look = {**LOOK, "cls": DefaultGroup, "no_args_is_help": False} if name in DEFAULTS else LOOK
    app = typer.Typer(name=name, add_completion=False, **look)
    for word, function, short in rows:
        app.command(word, cls=Command, short_help=short)(guarded(function))

    @app.callback()
    def callback() -> None:
        pass

    callback.__doc__ = text
    return typer.main.get_command(app)


def command_of(verb: Verb) -> Callable[..., None]:
    """A function whose signature is the verb's, with the options that every workspace command has."""
    from corecar.bridge.registry import parameters_of

    function = verb.load()
    given = [_parameter(parameter) for parameter in parameters_of(function)]
    own = [parameter.name for parameter in given]

    def command(**options: Any) -> None:
        from corecar.cli.calling import call_verb
        from corecar.cli.forms import form

        call_verb(
            verb,
            {name: options[name] for name in own},
            workspace=options["workspace"],
            actor=options["actor"],
            key=options.get("key"),
            later=options.get("later", False),
            wanted=form(options["json"], options.get("csv", False)),
        )

    shared = [_shared("workspace", WorkspaceOption), _shared("actor", ActorOption)]
    if verb.writes:
        shared.append(_shared("key", KeyOption))
    if verb.is_job:
        shared.append(_shared("later", LaterOption, False))
    shared.append(_shared("json", Json, False))
    if verb.table:
        shared.append(_shared("csv", Csv, False))
    parameters = [*given, *shared]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = _help(function)
    command.__name__ = verb.name
    return command


def _shared(name: str, annotation: Any, default: Any = None) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _parameter(parameter: inspect.Parameter) -> inspect.Parameter:
    """A parameter of a verb as one of the command line."""
    kind, told = _kind(parameter)
    flag = f"--{parameter.name.replace('_', '-')}"
    if bool in (kind, *get_args(kind)) and parameter.default is not False:
        flag += f"/--no-{flag.removeprefix('--')}"
    if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
        several = list in (get_origin(kind), *map(get_origin, get_args(kind)))
        metavar = parameter.name.upper().rstrip("S") if several else parameter.name.upper()
        about: Any = typer.Argument(help=told, metavar=metavar)
    elif datetime in (kind, *get_args(kind)):
        about = typer.Option(flag, help=told, metavar="WHEN", parser=moment)
        kind = Any
    elif _is_path(kind):
        about = typer.Option(flag, help=told, metavar="PATH")
    else:
        about = typer.Option(flag, help=told)
    return parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[kind, about])


def moment(text: str) -> datetime:
    """A moment as people write it: a day, or a day and a time, with or without a zone. Raises BadParameter."""
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        examples = "2026-11-25, 2026-11-25 14:30 or 2026-11-25T14:30+08:00"
        raise typer.BadParameter(f'"{text}" is no moment. Write it like {examples}.') from None


def _is_path(kind: Any) -> bool:
    """Whether a parameter is a path, or several."""
    return kind is Path or Path in get_args(kind)


def _kind(parameter: inspect.Parameter) -> tuple[Any, str]:
    """Type and help of a parameter, as the command line takes it."""
    annotation = parameter.annotation
    assert get_origin(annotation) is Annotated, f"{parameter.name} needs Annotated[type, help]"
    kind, told = get_args(annotation)[:2]
    return _typed(kind), told


def _typed(kind: Any) -> Any:
    """A type with `str | Path`, which a caller in Python may give, as the path it is on the command line; a sequence as
    a list, of which a word of the command line may be one."""
    members = get_args(kind)
    if get_origin(kind) in (list, Sequence):
        return list[_typed(members[0])]  # type: ignore[misc]
    if str in members and Path in members:
        return Path | None if type(None) in members else Path
    return kind


def _help(function: Callable[..., Any]) -> str:
    """The docstring without what is for programmers: errors, tables of parameters, examples."""
    kept = [_before_errors(paragraph) for paragraph in (inspect.getdoc(function) or "").split("\n\n")]
    return "\n\n".join(paragraph for paragraph in kept if paragraph and not paragraph.startswith(">>>"))


def _before_errors(paragraph: str) -> str:
    lines = paragraph.split("\n")
    return "\n".join(takewhile(lambda line: not line.startswith("Raises "), lines))
