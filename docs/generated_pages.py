"""The reference pages, made from the code while the docs are built, so that they cannot fall behind it.

An MkDocs hook (`hooks:` in mkdocs.yml); tests/docs holds the pages and the code together.
"""

from __future__ import annotations

import csv
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

CAPTIONS = {
    "runs": "One row per tested file; a concatenated file gives several.",
    "parts": "One row per attempt at testing a unit.",
    "tests": "One row per test; what makes two readings the same test is [explained](../explanation/test-identity.md).",
    "results": "One row per reading: the first execution of a test within a part.",
    "repeats": "Readings of a test that ran again within the same part.",
    "part_limits": "Limits that differ from the test's own, as a part was held against them.",
    "bins": "Hard and soft bins: what was counted, and what the tester reported.",
    "wafers": "One row per probing of a wafer, with how its map is oriented.",
    "texts": "The free texts of a file (DTR, GDR) with their place.",
    "limits": "The limits that screening derived, and from what.",
    "verdicts": "One row per rejected part and rule.",
    "dispositions": "What became of every final part.",
    "measures": "Statistics per test over the lot, each wafer and each site.",
}
"""What one row of each table is."""

BESIDE = (
    ("corecar.lot", ("Source", "Retests", "Results", "Yield")),
    ("corecar.graded", ("Grade",)),
    ("corecar.chain.chain", ("Chain",)),
    ("corecar.errors", ("CellFault",)),
    ("corecar.formats.maps", ("WaferMap", "BinDefinition")),
    ("corecar.bridge.grade.drawing", ("Drawn",)),
    ("corecar.bridge.plan.planning", ("ChainPlan",)),
)
"""Classes a user meets without importing them."""


def on_files(files: Any, config: Any) -> Any:
    """MkDocs asks: which pages are there?"""
    from mkdocs.structure.files import File

    for name, write in PAGES.items():
        files.append(File.generated(config, f"reference/{name}.md", content=write()))
    for name, write in FILES.items():
        files.append(File.generated(config, f"reference/{name}", content=write()))
    return files


def commands() -> str:
    """Every command with its help."""
    lines = ["# Command line", "", *_exit_codes()]
    for words, text in command_help():
        lines += [f"## {words}", "", "```text", text.rstrip(), "```", ""]
    return "\n".join(lines)


def command_help() -> Iterator[tuple[str, str]]:
    """(`corecar grade`, its help text) for each command and group, `corecar` itself first."""
    from typer.main import get_command
    from typer.testing import CliRunner

    from corecar.cli.app import app

    runner = CliRunner()
    for words in _paths(get_command(app), ()):
        shown = runner.invoke(app, [*words, "--help"], env={"COLUMNS": "92", "TERM": "dumb"}, prog_name="corecar")
        yield " ".join(("corecar", *words)), shown.output


def _paths(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield words
    for name, member in getattr(command, "commands", {}).items():
        yield from _paths(member, (*words, name))


def _exit_codes() -> list[str]:
    return [
        "Exit codes: 0 done, 1 an input or output is at fault, 2 called wrongly (an unknown option, or a value that",
        "is refused), 3 a lot is held and `--fail-on-hold` was given, 130 stopped by Ctrl-C.",
        "Results go to stdout; errors, warnings and the progress bar go to stderr.",
        "",
    ]


def verbs() -> str:
    """Every verb of a workspace: its words, who may call it, and what it is called with."""
    from corecar.bridge.access import ROLES
    from corecar.bridge.registry import parameters_of
    from corecar.bridge.verbs import WORKSPACE_VERBS

    lines = [
        "# Verbs of a workspace",
        "",
        "Each is a method of `corecar.Workspace` and a command; both are made from one row.",
        "",
    ]
    lines += ["| Python | command | what it does | needs | writes | takes |", "| --- | --- | --- | --- | --- | --- |"]
    for verb in WORKSPACE_VERBS.values():
        names = ", ".join(f"`{parameter.name}`" for parameter in parameters_of(verb.load()))
        row = (
            f"`{verb.name}`",
            f"`corecar {verb.words}`",
            verb.help,
            verb.permission,
            "yes" if verb.writes else "no",
            names,
        )
        lines.append(f"| {' | '.join(row)} |")
    lines += ["", *_verbs_one_by_one()]
    lines += ["## What a role may do", "", "| role | permissions |", "| --- | --- |"]
    lines += [f"| {role} | {', '.join(sorted(allowed))} |" for role, allowed in ROLES.items()]
    return "\n".join([*lines, ""])


def _verbs_one_by_one() -> Iterator[str]:
    """Each verb with its docstring and what every parameter means."""
    from corecar.bridge.registry import parameters_of
    from corecar.bridge.verbs import WORKSPACE_VERBS

    for verb in WORKSPACE_VERBS.values():
        function = verb.load()
        yield from (f"## {verb.name}", "", *from_docstring(inspect.getdoc(function) or ""))
        parameters = parameters_of(function)
        if parameters:
            yield from ("| parameter | without it | what it is |", "| --- | --- | --- |")
        for parameter in parameters:
            told = parameter.annotation.__metadata__[0]
            default = "is needed" if parameter.default is parameter.empty else f"`{parameter.default}`"
            yield f"| `{parameter.name}` | {default} | {_cell(told)} |"
        yield ""


def python() -> str:
    """Every public name with its signature and docstring."""
    import corecar

    lines = ["# Python", "", "`import corecar` costs nothing: each name is loaded when it is first used.", ""]
    for name in sorted(set(corecar.__all__) - {"__version__"}, key=str.lower):
        lines += described(f"corecar.{name}", getattr(corecar, name))
    for module, names in BESIDE:
        for name in names:
            lines += described(f"{module}.{name}", getattr(import_module(module), name))
    return "\n".join(lines)


def assess() -> str:
    """Every function of `corecar.assess` with what it answers."""
    from corecar import assess as package

    lines = ["# Statistics", "", "Functions of `corecar.assess`. Each answer has named figures and `to_dict()`.", ""]
    answers: dict[str, Any] = {}
    for name in sorted(set(package.__all__), key=str.lower):
        thing = getattr(package, name)
        lines += described(f"corecar.assess.{name}", thing)
        if inspect.isfunction(thing):
            answers |= _answers(thing)
    lines += ["# What they answer", ""]
    for name, thing in sorted(answers.items()):
        lines += described(name, thing)
    return "\n".join(lines)


def _answers(function: Callable[..., Any]) -> dict[str, Any]:
    """The class that a function answers with, and the classes in its fields."""
    module = inspect.getmodule(function)
    found: dict[str, Any] = {}
    waiting = [str(inspect.signature(function).return_annotation)]
    while waiting:
        for name in re.findall(r"\w+", waiting.pop()):
            thing = getattr(module, name, None)
            if name not in found and inspect.isclass(thing) and is_dataclass(thing):
                found[name] = thing
                waiting += [str(field.type) for field in fields(thing)]
    return found


def described(title: str, thing: Any) -> list[str]:
    """A function or class as Markdown lines; of a class its fields, properties and methods too."""
    lines = [f"## {title}", ""]
    if inspect.ismodule(thing):
        page = title.rpartition(".")[2]
        return [
            *lines,
            *from_docstring(inspect.getdoc(thing) or ""),
            f"Its names stand in [a page of their own]({page}.md).",
            "",
        ]
    if inspect.isclass(thing) and is_dataclass(thing):
        lines += [*from_docstring(inspect.getdoc(thing) or ""), *_fields(thing), *_members(thing)]
    elif inspect.isclass(thing):
        lines += [*from_docstring(inspect.getdoc(thing) or ""), *_members(thing)]
    else:
        lines += [*_signature(title, thing), *from_docstring(inspect.getdoc(thing) or "")]
    return lines


def _signature(title: str, function: Callable[..., Any]) -> list[str]:
    signature = inspect.signature(function)
    parameters = list(_spelled(signature))
    returned = f" -> {_annotation(signature.return_annotation)}"
    text = f"{title}({', '.join(parameters)}){returned}"
    if len(text) > 90:
        text = "\n".join([f"{title}(", *(f"    {parameter}," for parameter in parameters), f"){returned}"])
    return ["```python", text, "```", ""]


def _spelled(signature: inspect.Signature) -> Iterator[str]:
    keyword_only = False
    for name, parameter in signature.parameters.items():
        if name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not keyword_only:
            keyword_only = True
            yield "*"
        annotation = "" if parameter.annotation is parameter.empty else f": {_annotation(parameter.annotation)}"
        yield name + annotation + ("" if parameter.default is parameter.empty else f" = {parameter.default!r}")


def _annotation(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))


def _fields(thing: Any) -> list[str]:
    names = ", ".join(f"`{field.name}`" for field in fields(thing))
    return [f"Fields: {names}", ""]


def _members(thing: Any) -> list[str]:
    lines: list[str] = []
    for name, member in vars(thing).items():
        if name.startswith("_"):
            continue
        function = getattr(member, "func", None) or getattr(member, "fget", None)
        if function is not None and inspect.getdoc(function):
            lines += [f"### {thing.__name__}.{name}", "", *from_docstring(inspect.getdoc(function) or "")]
        elif inspect.isfunction(member):
            lines += [f"### {thing.__name__}.{name}()", "", *_signature(name, member)]
            lines += from_docstring(inspect.getdoc(member) or "")
    return lines


def from_docstring(text: str) -> list[str]:
    """A docstring in the house's layout as Markdown: paragraphs, a table of names, examples."""
    lines: list[str] = []
    for block in re.split(r"\n\s*\n", text.strip()):
        rows = block.splitlines()
        if rows[0].lstrip().startswith(">>>"):
            lines += ["```pycon", *(re.sub(r"\s*# doctest:.*", "", row) for row in rows), "```", ""]
        elif _ROW.match(rows[0]):
            lines += _name_table(rows)
        else:
            lines += [*rows, ""]
    return lines


_ROW = re.compile(r"^(\S[^ ]*(?:, \S+| \S+)?) {2,}(\S.*)$")


def _name_table(rows: list[str]) -> list[str]:
    lines = ["| | |", "| --- | --- |"]
    after: list[str] = []
    for row in rows:
        found = _ROW.match(row)
        if found:
            lines.append(f"| `{found[1]}` | {_cell(found[2])} |")
        elif row.startswith(" "):
            lines[-1] = lines[-1].removesuffix(" |") + f" {_cell(row.strip())} |"
        else:
            after.append(row)
    return [*lines, "", *after, ""]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def tables() -> str:
    """Every table: column, type, unit, meaning."""
    from corecar.plan.tables import PLAN_TABLES
    from corecar.tables import TABLES

    lines = ["# Tables", "", "A null means that the file said nothing; no number ever stands in for it.", ""]
    for name, columns in TABLES.items():
        lines += [
            f"## {name}",
            "",
            CAPTIONS[name],
            "",
            "| column | type | unit | meaning |",
            "| --- | --- | --- | --- |",
        ]
        lines += [f"| `{c.name}` | {_type(c.type)} | {c.unit} | {_cell(c.meaning)} |" for c in columns]
        lines.append("")
    lines += ["## Tables of a plan", "", "What `corecar plan --out DIR` writes and a workspace keeps.", ""]
    for name, columns in PLAN_TABLES.items():
        lines += [f"### {name}", "", "| column | type | unit | meaning |", "| --- | --- | --- | --- |"]
        lines += [f"| `{c.name}` | {_type(c.type)} | {c.unit} | {_cell(c.meaning)} |" for c in columns]
        lines.append("")
    return "\n".join(lines)


def _type(kind: Any) -> str:
    return "string" if str(kind).startswith("dictionary") else str(kind)


def chain() -> str:
    """Every table of the chain: column, what it holds, meaning; and the rules that its cells are held to."""
    from corecar.chain.faults import RULES
    from corecar.chain.tables import TABLES
    from corecar.formats.chain.template import note

    lines = ["# Tables of the chain", "", "How they are filled in: [take a chain in](../how-to/chain.md).", ""]
    lines += ["Weeks are ISO weeks. Quantities are pieces unless a column `unit` says otherwise.", ""]
    for table in TABLES.values():
        key = ", ".join(f"`{name}`" for name in table.key)
        lines += [f"## {table.name}", "", table.caption, "", f"Rows are told apart by {key}.", ""]
        lines += ["| column | what a cell holds | meaning |", "| --- | --- | --- |"]
        lines += [f"| `{c.name}` | {_cell(_held(c, note(c)))} | {_cell(c.meaning)} |" for c in table.columns]
        lines.append("")
    lines += ["## Rules", "", "| rule | what it asks |", "| --- | --- |"]
    lines += [f"| {rule} | {_cell(asks)} |" for rule, asks in RULES.items()]
    return "\n".join([*lines, ""])


def _held(column: Any, told: str) -> str:
    """What a cell holds, with the words that it takes."""
    words = ", ".join(f"`{word}`" for word in column.choices)
    return told.replace("one of the list", words) if words else told


def standards() -> str:
    """The parameters of standards that Corecar applies, each with its source."""
    folder = ROOT / "src" / "corecar" / "standards"
    lines = ["# Parameters of standards", "", "What Corecar applies when a recipe says nothing else.", ""]
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(row for row in stream if not row.startswith("#")))
        lines += [f"## {path.stem.replace('_', ' ')}", "", "| " + " | ".join(rows[0]) + " |"]
        lines += ["| " + " | ".join("---" for _ in rows[0]) + " |"]
        lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows[1:]]
        lines.append("")
    return "\n".join(lines)


def errors() -> str:
    """The error tree and each error's promise."""
    from corecar import errors as module

    tree = (module.__doc__ or "").split("\n\n", 1)[1]
    lines = ["# Errors", "", "Whatever goes wrong inside Corecar arrives as one of these.", ""]
    lines += ["```text", tree.rstrip(), "```", ""]
    for name, thing in vars(module).items():
        if inspect.isclass(thing) and issubclass(thing, module.CorecarError):
            lines += [f"## {name}", "", *from_docstring(inspect.getdoc(thing) or "")]
    return "\n".join(lines)


def memorandum() -> str:
    """The fields of the terms of a memorandum, part by part."""
    from corecar.agree.terms import SCHEMA_FILE, terms_schema

    schema = terms_schema()
    told = "What the parties of a memorandum sign, as a machine reads it."
    lines = ["# Terms of a memorandum", "", f"{told} The same as a [JSON schema]({SCHEMA_FILE}).", ""]
    for name, part in {"Terms": schema, **schema["$defs"]}.items():
        lines += [f"## {name}", "", part["description"], "", "| field | holds | what |", "| --- | --- | --- |"]
        for field, kind in part["properties"].items():
            needed = f"`{field}`" + (" (required)" if field in part["required"] else "")
            lines.append(f"| {needed} | {_field_holds(kind)} | {kind['description']} |")
        lines.append("")
    return "\n".join(lines)


def _field_holds(kind: dict[str, Any]) -> str:
    """What a field of a JSON schema holds, in words."""
    if "$ref" in kind:
        name = kind["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "enum" in kind:
        return ", ".join(f"`{each}`" for each in kind["enum"])
    return (
        f"list of {_field_holds(kind['items'])}" if kind["type"] == "array" else str(kind.get("format", kind["type"]))
    )


def memorandum_schema() -> str:
    """The JSON schema of terms as the package carries it."""
    from corecar.agree.terms import published_schema

    return published_schema().decode("utf-8")


PAGES: dict[str, Callable[[], str]] = {
    "commands": commands,
    "python": python,
    "assess": assess,
    "verbs": verbs,
    "tables": tables,
    "chain": chain,
    "memorandum": memorandum,
    "standards": standards,
    "errors": errors,
}
"""Pages of the reference by name."""
FILES: dict[str, Callable[[], str]] = {"memorandum.schema.json": memorandum_schema}
"""Files beside them."""
