"""`init`, `restore`, `migrate`: what is done to a workspace that is not open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corecar.cli.options import Json

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder; it is created.")]
Database = Annotated[
    str | None,
    typer.Option("--database", metavar="URL", help="postgresql://user@host/name; without it SQLite in the folder."),
]
Lake = Annotated[
    str | None,
    typer.Option("--lake", metavar="URL", help="s3://bucket/prefix for lake and sources; without it the folder."),
]
Cluster = Annotated[
    str | None,
    typer.Option("--cluster", metavar="ADDRESS", help="tls://host:port, processes:N or inline; without it processes."),
]
Owner = Annotated[
    str | None,
    typer.Option("--owner", metavar="PARTY", help='The company that owns what is ingested; "our house" without it.'),
]


def init(
    folder: Folder, owner: Owner = None, database: Database = None, lake: Lake = None, cluster: Cluster = None
) -> None:
    """Make a workspace: a place for tester files, what they hold and what was decided.

    By default all of it lies in the folder and needs nothing. A database, a bucket and a cluster are one option each;
    the environment variables CORECAR_DATABASE_URL, CORECAR_LAKE and CORECAR_CLUSTER say the same.
    """
    from corecar.bridge.workspace import MARK
    from corecar.bridge.workspace import init as make

    there = (folder / MARK).is_file()
    with make(folder, owner=owner, database=database, lake=lake, cluster=cluster):
        pass
    told = "is a workspace already" if there else "is a workspace now"
    typer.echo(f"{folder} {told}. Take files in with: corecar ingest PATH -w {folder}")


def restore(
    backup: Annotated[Path, typer.Argument(metavar="BACKUP", help="The folder that `corecar backup` wrote.")],
    folder: Folder,
    database: Database = None,
    lake: Lake = None,
    json: Json = False,
) -> None:
    """Make a workspace out of a backup, on any database and lake."""
    from corecar.bridge.keep.restoring import restore as make
    from corecar.cli.answers import print_answer
    from corecar.cli.calling import watched
    from corecar.cli.forms import form

    with watched("restore") as (report, stopped):
        answer = make(backup, folder, database=database, lake=lake, report=report, stopped=stopped)
    print_answer(answer, form(json, False))


def migrate(
    folder: Annotated[
        str | None,
        typer.Argument(metavar="DIR|URL", help="The workspace, or the URL of its PostgreSQL; without it the one here."),
    ] = None,
    json: Json = False,
) -> None:
    """Bring the catalogue of a workspace up to this version of Corecar, whole or not at all."""
    from corecar.bridge.keep.restoring import migrate as bring_up
    from corecar.cli.answers import print_answer
    from corecar.cli.calling import watched
    from corecar.cli.forms import form

    with watched("migrate") as (report, stopped):
        answer = bring_up(folder, report=report, stopped=stopped)
    print_answer(answer, form(json, False))
