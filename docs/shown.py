"""What the documentation shows, run again: `python docs/shown.py --write README.md docs/*/*.md`.

A `console` block holds commands (`$ ...`) and what they print; a line `...` stands for lines left out. A `python`
block is run too, and a `text` block right below it is what it prints. A block with a `title` is a file for the page.
All of one page runs in one folder, from top to bottom. A page that shows `lot.stdf.gz` without making it gets a
fictional one, and a page that names the two real lots gets them where they are.

Commands are forked from a warm process (`warm.py`) where the platform can fork; with `--cold` each starts from scratch.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REAL = ROOT.parent / "shared" / "data" / "stdf"
RUN = re.compile(
    r"^```console\n(?P<console>.*?)^```$|^```python\n(?P<python>.*?)^```\n(?:\n```text\n(?P<text>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)
GIVEN = re.compile(r'^```\w+ title="(?P<name>[^"]+)"\n(?P<body>.*?)^```$', re.MULTILINE | re.DOTALL)
REAL_LOT = re.compile(r"a530_lot\d\.stdf\.gz")
LOT = "lot.stdf.gz"
MAKE_LOT = f"corecar simulate lot {LOT} --wafers 3"
OMITTED = "..."
WIDTH = "100"
OF_PYTEST = "PYTEST_CURRENT_TEST"
"""A variable that changes with each test, and that no reader has."""
FIRST_RUN = "making machine code"
"""How the line begins that a command prints only on the machine's first run."""


@dataclass(frozen=True)
class Shown:
    """One command of a page and the lines shown below it."""

    command: str
    lines: tuple[str, ...]


def commands(page: str) -> Iterator[Shown]:
    """The shell commands that a page shows, in their order."""
    for block in RUN.finditer(page):
        if block["console"]:
            yield from _split(block["console"])


def _split(body: str) -> Iterator[Shown]:
    for piece in re.split(r"^(?=\$ )", body, flags=re.MULTILINE):
        head, *lines = piece.rstrip("\n").split("\n")
        if head.startswith("$ "):
            yield Shown(head[2:], tuple(lines))


def missing(page: str) -> list[str]:
    """Real lots that a page names and that are not on this machine."""
    return [name for name in sorted(set(REAL_LOT.findall(page))) if not (REAL / name).exists()]


def prepare(folder: Path, page: str) -> None:
    """Put the files into the folder that the commands of a page read."""
    for given in GIVEN.finditer(page):
        place = folder / given["name"]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(given["body"], encoding="utf-8")
    for name in sorted(set(REAL_LOT.findall(page)) - set(missing(page))):
        shutil.copy(REAL / name, folder / name)
    if LOT in page and MAKE_LOT not in page:
        for made in _fictional_lot().iterdir():
            shutil.copy(made, folder / made.name)


@cache
def _fictional_lot() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="corecar-docs-"))
    run_in_shell(MAKE_LOT, folder)
    return folder


def run_in_shell(command: str, folder: Path, *, cold: bool = False) -> tuple[str, ...]:
    """What a command prints, stdout and stderr as a terminal mixes them.

    cold  `corecar` in it starts from scratch, as it does for a reader
    """
    return _printed(["/bin/bash", "-c", command], folder, None if cold else warm_commands())


def run_in_python(source: str, folder: Path, *, cold: bool = False) -> tuple[str, ...]:
    """What a program prints."""
    commands = None if cold else warm_commands()
    program = sys.executable if commands is None else str(commands / "corecar-python")
    return _printed([program, "-c", source], folder, commands)


def _printed(words: list[str], folder: Path, commands: Path | None) -> tuple[str, ...]:
    done = subprocess.run(
        words,
        cwd=folder,
        env=_environment(commands),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    lines = [line.rstrip() for line in done.stdout.rstrip("\n").split("\n")] if done.stdout.strip() else []
    return tuple(line for line in lines if not line.startswith(FIRST_RUN))


def _environment(commands: Path | None) -> dict[str, str]:
    """Variables of what a page runs; programs are looked for in a folder of commands first, then beside Python."""
    folders = [str(commands)] if commands else []
    path = os.pathsep.join((*folders, str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    own = {"PATH": path, "COLUMNS": WIDTH, "TERM": "dumb", "PYTHONUNBUFFERED": "1"}
    return {name: value for name, value in os.environ.items() if name != OF_PYTEST} | own


@cache
def warm_commands() -> Path | None:
    """The folder of the commands that `warm.py` forks, which runs from now on; None where there is no forking."""
    if not hasattr(os, "fork"):
        return None
    folder = Path(tempfile.mkdtemp(prefix="corecar-warm-"))
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("warm.py")), str(folder)],
        env=_environment(folder / "bin"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdin is not None
    assert server.stdout is not None

    def end() -> None:
        server.communicate()
        shutil.rmtree(folder)

    atexit.register(end)
    if server.stdout.readline() != b"ready\n":
        raise RuntimeError("the server of warm commands did not start; what it printed stands above.")
    return folder / "bin"


def fitted(shown: tuple[str, ...], printed: tuple[str, ...]) -> tuple[str, ...]:
    """What a page should show: all that was printed, or as many lines around `...` as it shows now."""
    if OMITTED not in shown:
        return printed
    place = shown.index(OMITTED)
    after = len(shown) - place - 1
    return (*printed[:place], OMITTED, *(printed[len(printed) - after :] if after else ()))


def refreshed(page: str, folder: Path, *, cold: bool = False) -> str:
    """The page with every shown output replaced by what is printed now, each command from scratch when `cold`."""
    prepare(folder, page)

    def again(block: re.Match[str]) -> str:
        if block["console"]:
            lines: list[str] = []
            for shown in _split(block["console"]):
                lines += [f"$ {shown.command}", *fitted(shown.lines, run_in_shell(shown.command, folder, cold=cold))]
            return "\n".join(["```console", *lines, "```"])
        printed = run_in_python(block["python"], folder, cold=cold)
        if any(line.startswith("Traceback") for line in printed):
            return "\n".join(["```python", *block["python"].splitlines(), "```", "", "```text", *printed, "```"])
        if block["text"] is None:
            return block[0]
        return "\n".join(["```python", *block["python"].splitlines(), "```", "", "```text", *printed, "```"])

    return RUN.sub(again, page)


def main(arguments: list[str]) -> int:
    """Refresh the pages, or without `--write` name those that are out of date."""
    stale = 0
    for name in (argument for argument in arguments if argument not in ("--write", "--cold")):
        page = Path(name).read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            now = refreshed(page, Path(folder), cold="--cold" in arguments)
        if now != page:
            stale += 1
            print(f"{name}: shows something else than what is printed")
            if "--write" in arguments:
                Path(name).write_text(now, encoding="utf-8")
    return 1 if stale and "--write" not in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
