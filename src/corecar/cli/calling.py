"""One call of a verb from the command line: progress, Ctrl-C, and the answer on the terminal."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from corecar.bridge.calls import IDLE
from corecar.bridge.verbs import Verb
from corecar.cli.answers import print_answer
from corecar.cli.failures import FAULT
from corecar.cli.forms import Form
from corecar.cli.servers import server_meant
from corecar.errors import ArgumentError

if TYPE_CHECKING:
    from corecar.bridge.calls import Report, Stopped
    from corecar.bridge.workspace import Workspace
    from corecar.remote import Remote


def call_verb(
    verb: Verb,
    arguments: Mapping[str, Any],
    *,
    workspace: str | None,
    actor: str | None,
    key: str | None,
    later: bool,
    wanted: Form,
) -> Any:
    """Call a verb on the workspace that is meant, and print what it answers; the answer."""
    with opened_for(workspace, actor) as opened:
        if later:
            answer = opened.call(verb.name, **arguments, idempotency_key=key, later=True)
        elif verb.span == "long":
            with watched(verb.words, verb.unit) as (report, stopped):
                answer = opened.call(verb.name, **arguments, idempotency_key=key, report=report, stopped=stopped)
        else:
            answer = opened.call(verb.name, **arguments, idempotency_key=key)
    print_answer(answer, wanted, verb, arguments)
    if isinstance(answer, dict) and answer.get("sound") is False:
        raise typer.Exit(FAULT)
    return answer


def opened_for(workspace: str | None, actor: str | None) -> Workspace | Remote:
    """The workspace that is meant: the one on the server that `--server` names, else one of this computer.

    Raises  ArgumentError where a server and a folder are named, or another person than the token's
    """
    server = server_meant()
    if server is None:
        from corecar.bridge.workspace import open_workspace

        return open_workspace(workspace, actor)
    from corecar.remote import connect

    if workspace is not None or actor is not None:
        named = "--workspace" if workspace is not None else "--as"
        raise ArgumentError(f"{named} is for a workspace of this computer; {server} knows by the token who calls.")
    return connect(server)


@contextmanager
def watched(words: str, unit: str = "") -> Iterator[tuple[Report | None, Stopped]]:
    """A progress bar on a terminal; the first Ctrl-C asks the work to stop, the second stops it.

    words  what is done, until the work says more; unit: what is counted, `bytes` or pieces
    """
    asked = False

    def stop(*_: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = signal.signal(signal.SIGINT, stop)
    try:
        with _bar(words, unit) as report:
            yield report, lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


def _tell_waiting(_: int, total: int, what: str) -> None:
    """Where nobody watches a bar, only what the work waits for is told."""
    if total == IDLE:
        typer.echo(what, err=True)


@contextmanager
def _bar(words: str, unit: str) -> Iterator[Report | None]:
    if not sys.stderr.isatty():
        yield _tell_waiting
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    amount = (DownloadColumn(), TransferSpeedColumn()) if unit == "bytes" else (MofNCompleteColumn(),)
    columns = (TextColumn("{task.description}"), BarColumn(), *amount, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, total=None)

        def report(done: int, total: int, what: str) -> None:
            bar.update(task, visible=total != IDLE)
            if total == IDLE:
                bar.console.print(what, markup=False, highlight=False)
                return
            bar.update(task, completed=done, total=total or None, description=what or words)

        yield report
