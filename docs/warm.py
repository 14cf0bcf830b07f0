"""Commands without their start: a process that has imported Corecar forks itself for each command that a page shows.

Starting takes longer than most commands do. `python docs/warm.py FOLDER` imports what commands import and listens in
FOLDER; `corecar` in FOLDER/bin hands its words, environment, folder and streams to it, and ends as the forked process
ends. Nothing has run in the parent: no thread, no file, no connection that a command could find. A command whose
environment was changed by the shell (`CORECAR_PLACE=... corecar ...`) starts from scratch, since modules may have read
the environment when they were imported. The server ends with the process that started it, whose end of its stdin
closes then.
"""

from __future__ import annotations

import atexit
import gc
import os
import pkgutil
import select
import signal
import socket
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from io import BufferedReader, BufferedWriter, FileIO, TextIOWrapper
from pathlib import Path
from types import ModuleType
from typing import NoReturn, TextIO

import corecar.cli
from corecar.cli import WithoutUnused

HEAVY = (
    "duckdb", "highspy", "isal.igzip", "isal.isal_zlib", "llvmlite.binding", "llvmlite.ir", "numba",
    "numba.core.compiler", "numba.extending", "pyarrow.compute", "pyarrow.csv", "pyarrow.parquet",
    "pydantic.json_schema", "pydantic.type_adapter", "pydantic.types", "python_calamine", "rich.console", "rich.table",
    "scipy.optimize", "scipy.sparse.csgraph", "scipy.special", "scipy.stats", "sqlalchemy.dialects.sqlite", "sqlite3",
    "typer._adapters", "typst", "xlsxwriter", "zstandard",
)  # fmt: skip
"""What commands import while they run."""
ASKED = "asked"
"""Name of the socket in the folder."""
OF_THE_SHELL = frozenset({"_", "OLDPWD", "PWD", "SHLVL"})
"""Variables that a shell sets for each command, and that change nothing."""
CLIENT = """#!{python} -IS
import os
from _signal import SIG_IGN, SIGHUP, SIGINT, SIGTERM, getsignal, signal
from _socket import AF_UNIX, SCM_RIGHTS, SHUT_WR, SOL_SOCKET, socket
from sys import argv
process, early = 0, []
def forward(number, _):
    os.kill(process, number) if process else early.append(number)
for number in (SIGHUP, SIGINT, SIGTERM):
    if getsignal(number) != SIG_IGN:
        signal(number, forward)
asked = socket(AF_UNIX)
asked.connect({place!r})
parts = [os.getcwdb(), b"%d" % len(argv), *map(os.fsencode, argv), *(b"%b=%b" % both for both in os.environb.items())]
asked.sendmsg([b"\\0"], [(SOL_SOCKET, SCM_RIGHTS, b"".join(one.to_bytes(4, {order!r}) for one in (0, 1, 2)))])
asked.sendall(b"\\0".join(parts))
asked.shutdown(SHUT_WR)
process = int(asked.recv(10))
for number in early:
    forward(number, None)
os._exit(int(asked.recv(3) or 255))
"""
"""The program that hands a command over, and signals to its process; it imports next to nothing."""


def main(folder: Path) -> None:
    """Listen in a folder until stdin ends; in each process that was forked off, do what was asked."""
    commands = folder / "bin"
    commands.mkdir()
    client = CLIENT.format(python=sys.executable, place=str(folder / ASKED), order=sys.byteorder)
    for name in ("corecar", "corecar-python"):
        (commands / name).write_text(client, encoding="utf-8")
        (commands / name).chmod(0o755)
    warm_up()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(folder / ASKED))
    listening.listen(64)
    print("ready", flush=True)
    asked = serve(listening)
    leave(0 if asked is None else ended(lambda: do(asked)))


def warm_up() -> None:
    """Import what commands import, by the rule that the command line imports by; Numba and SQLAlchemy know all then."""
    from numba.core.registry import cpu_target
    from sqlalchemy.orm import configure_mappers

    rule = WithoutUnused()
    sys.meta_path.insert(0, rule)
    for module in pkgutil.walk_packages(corecar.__path__, "corecar.", onerror=lambda _: None):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            with suppress(ImportError):  # an extra that is not installed
                import_module(module.name)
    for name in HEAVY:
        with suppress(ImportError):
            import_module(name)
    cpu_target.target_context.refresh()
    configure_mappers()
    sys.meta_path.remove(rule)
    assert threading.active_count() == 1, "importing has started a thread, which a forked process would not have"
    gc.collect()
    gc.freeze()


def serve(listening: socket.socket) -> socket.socket | None:
    """None in this process, when its stdin ends; in each forked one the connection of who asks."""
    asking: dict[int, socket.socket] = {}

    def answer(*_: object) -> None:
        with suppress(ChildProcessError):
            while (gone := os.waitpid(-1, os.WNOHANG))[0]:
                code = os.waitstatus_to_exitcode(gone[1])
                with asking.pop(gone[0]) as asker, suppress(OSError):
                    asker.sendall(b"%d" % (code if code >= 0 else 128 - code))

    signal.signal(signal.SIGCHLD, answer)
    while True:
        if 0 in select.select([0, listening], [], [])[0]:
            return None
        asker = listening.accept()[0]
        with _held(signal.SIGCHLD):
            child = os.fork()
            if child:
                asking[child] = asker
                continue
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for other in (listening, *asking.values()):
            other.close()
        return asker


@contextmanager
def _held(one: signal.Signals) -> Iterator[None]:
    """Keep a signal waiting."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {one})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def do(asker: socket.socket) -> None:
    """Be the process that was asked for, until its end."""
    _, streams, _, _ = socket.recv_fds(asker, 1, 3)
    told = bytearray()
    while piece := asker.recv(65536):
        told += piece
    asker.sendall(b"%10d" % os.getpid())
    asker.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = sys.__stdin__ = _opened(0, sys.stdin)
    sys.stdout = sys.__stdout__ = _opened(1, sys.stdout)
    sys.stderr = sys.__stderr__ = _opened(2, sys.stderr)
    folder, count, *parts = bytes(told).split(b"\0")
    os.chdir(folder)
    words = [os.fsdecode(part) for part in parts[: int(count)]]
    environment = dict(part.split(b"=", 1) for part in parts[int(count) :])
    program = [sys.executable, os.path.join(sysconfig.get_path("scripts"), "corecar")]
    if Path(words[0]).name == "corecar-python":
        program = [sys.executable]
    if _telling(environment) != _telling(os.environb):
        os.execve(program[0], [*program, *words[1:]], environment)
    os.environb.update(environment)
    _run(program[1:], words[1:])


def _opened(number: int, before: TextIO) -> TextIOWrapper:
    """A stream like the one that the interpreter made when it started, for what is open now."""
    assert isinstance(before, TextIOWrapper)
    raw = FileIO(number, "rb" if number == 0 else "wb", closefd=False)
    told = {"encoding": before.encoding, "errors": before.errors, "write_through": before.write_through}
    if number == 0:
        return TextIOWrapper(BufferedReader(raw), **told)
    buffer = raw if before.write_through else BufferedWriter(raw)
    return TextIOWrapper(buffer, newline="\n", line_buffering=os.isatty(number), **told)


def ended(work: Callable[[], None]) -> int:
    """Do some work as a main program does; its exit status."""
    try:
        work()
    except SystemExit as leaving:
        if leaving.code is None or isinstance(leaving.code, int):
            return leaving.code or 0
        print(leaving.code, file=sys.stderr)
        return 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def leave(code: int) -> NoReturn:
    """End as a process does, but leave memory to the system: taking all modules apart takes longer than a command."""
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _telling(environment: dict[bytes, bytes]) -> dict[bytes, bytes]:
    return {name: value for name, value in environment.items() if os.fsdecode(name) not in OF_THE_SHELL}


def _run(script: list[str], words: list[str]) -> None:
    """Run `corecar`, or Python's `-c`, as the main program."""
    module = ModuleType("__main__")
    sys.modules["__main__"] = module
    if script:
        module.__file__ = script[0]
        sys.argv, sys.path[0] = [*script, *words], str(Path(script[0]).parent)
        corecar.cli.main()
    else:
        sys.argv, sys.path[0] = ["-c", *words[2:]], ""
        exec(compile(words[1], "<string>", "exec"), module.__dict__)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
