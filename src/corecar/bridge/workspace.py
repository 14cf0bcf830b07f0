"""A workspace: one store and one actor. What can be done with it stands in the registry of verbs."""

from __future__ import annotations

import os
import secrets
import socket
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import make_url

from corecar.atomic import whole_file
from corecar.bridge.access import ACCOUNTS, local_name
from corecar.bridge.answered import answered
from corecar.bridge.arguments_by_name import by_name, verb_called
from corecar.bridge.calls import Store
from corecar.bridge.registry import call
from corecar.bridge.verbs import WORKSPACE_VERBS, Permission
from corecar.errors import CatalogueError, CorecarError, WorkspaceError
from corecar.store.catalogue import Catalogue, revisions, sqlite_url
from corecar.store.catalogue.models import Party, Person, Setting
from corecar.store.objects import ObjectStore, open_objects

MARK = "corecar.toml"
"""The file that makes a folder a workspace."""
DATABASE = "corecar.db"
DATABASE_FILES = frozenset(DATABASE + end for end in ("", "-wal", "-shm", "-journal"))
"""The catalogue in a folder, with what SQLite leaves beside it when its process dies."""
FORMAT = 1
VARIABLES = {"database": "CORECAR_DATABASE_URL", "lake": "CORECAR_LAKE", "cluster": "CORECAR_CLUSTER"}
"""Settings that say where a workspace lies, and the environment variables that say it instead."""
OWNER = "our house"
PLACE = "CORECAR_WORKSPACE"
"""The environment variable that names the workspace when no path is given."""
IDENTITY = "workspace"


class Workspace:
    """A place where tester files, what they hold and what was decided are kept. Made by `corecar.open`.

    store   catalogue, lake and sources
    actor   name of the person who acts; None for the local user
    scopes  permissions that the proof of the actor holds; None for all of the role

    Every verb of the registry is called as a method; `dir(workspace)` lists them.

    >>> workspace = corecar.open("house")                          # doctest: +SKIP
    >>> workspace.ingest(["/data/testers"], recursive=True)        # doctest: +SKIP
    """

    def __init__(self, store: Store, actor: str | None = None, scopes: frozenset[Permission] | None = None) -> None:
        self.store = store
        self.actor = actor
        self.scopes = scopes

    def __repr__(self) -> str:
        return f"<Workspace {self.store.folder or self.store.catalogue}>"

    def __getattr__(self, name: str) -> Callable[..., Any]:
        verb = WORKSPACE_VERBS.get(name)
        if verb is None:
            raise AttributeError(f'a workspace has no verb "{name}". It has: {", ".join(WORKSPACE_VERBS)}.')

        def bound(*positional: Any, **named: Any) -> Any:
            return self.call(name, *positional, **named)

        bound.__doc__ = verb.load().__doc__
        bound.__name__ = name
        return bound

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *WORKSPACE_VERBS])

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connections to the catalogue."""
        self.store.catalogue.close()

    def call(self, name: str, /, *positional: Any, **named: Any) -> Any:
        """Call a verb by name; `idempotency_key`, `report`, `stopped` and `later` are for the registry."""
        verb = verb_called(name)
        about = {key: named.pop(key) for key in ("idempotency_key", "report", "stopped", "later") if key in named}
        return answered(name, call(self, verb, by_name(verb.words, verb.load(), positional, named), **about))


def open_workspace(path_or_url: str | Path | None = None, actor: str | None = None) -> Workspace:
    """Open a workspace that `corecar init` made.

    path_or_url  its folder, or the URL of its PostgreSQL catalogue; without it the folder that CORECAR_WORKSPACE names,
                 else the nearest one from the current folder upwards
    actor        who acts: a person of the workspace; without it the local user
    Raises       WorkspaceError when there is none, or one of another revision; CatalogueError when its server is away

    >>> corecar.open("house").lots()                               # doctest: +SKIP
    """
    if isinstance(path_or_url, str) and "://" in path_or_url:
        return Workspace(_on_servers(path_or_url), actor)
    folder = workspace_folder(path_or_url)
    settings = _settings(folder)
    catalogue = catalogue_of(folder)
    with _closed_when_refused(catalogue):
        revisions.check(catalogue)
        if identity_of(catalogue) != settings["id"]:
            raise WorkspaceError(
                f"{folder}: the database {catalogue} belongs to another workspace. Check {VARIABLES['database']}."
            )
    objects = open_objects(settings.get("lake") or str(folder))
    return Workspace(Store(catalogue, objects, settings.get("cluster"), folder), actor)


@contextmanager
def _closed_when_refused(catalogue: Catalogue) -> Iterator[None]:
    """Give the connections back when a catalogue turns out to be one that cannot be worked with."""
    try:
        yield
    except CorecarError:
        catalogue.close()
        raise


def init(
    path: str | Path,
    *,
    owner: str | None = None,
    database: str | None = None,
    lake: str | None = None,
    cluster: str | None = None,
) -> Workspace:
    """Make a workspace in a folder, which is created; one that is there already is opened.

    owner     the party that owns what is ingested, "our house" where none is named
    database  URL of a PostgreSQL database; without it CORECAR_DATABASE_URL, else a SQLite file in the folder
    lake      s3://bucket/prefix for lake and sources; without it CORECAR_LAKE, else the folder itself
    cluster   address of a cluster; without it CORECAR_CLUSTER, else processes of this machine
    Raises    WorkspaceError for a folder in which something else lies, or a workspace that is otherwise than asked for;
              CatalogueError, OutputError
    """
    folder = Path(path)
    if (folder / MARK).is_file():
        return _opened_as_asked(folder, owner, {"database": database, "lake": lake, "cluster": cluster})
    nothing_else_in(folder, allowed={*DATABASE_FILES, "lake", "files", "spool"})
    given = {"database": database, "lake": lake, "cluster": cluster}
    chosen = {name: value or os.environ.get(VARIABLES[name]) for name, value in given.items()}
    with _left_as_it_was(folder):
        folder.mkdir(parents=True, exist_ok=True)
        catalogue = Catalogue(chosen["database"] or sqlite_url(folder / DATABASE))
        with _closed_when_refused(catalogue):
            objects = open_objects(chosen["lake"] or str(folder))
            _try_writing(objects)
            identity = _begun(catalogue, owner or OWNER, chosen["lake"], folder)
            write_mark(folder, identity, chosen)
    return Workspace(Store(catalogue, objects, chosen["cluster"], folder))


@contextmanager
def _left_as_it_was(folder: Path) -> Iterator[None]:
    """Take away the empty folders that were made for a workspace that did not come about."""
    made = [place for place in (folder / "files", folder / "lake", folder, *folder.parents) if not place.exists()]
    try:
        yield
    except CorecarError:
        for place in made:
            with suppress(OSError):
                place.rmdir()
        raise


def _opened_as_asked(folder: Path, owner: str | None, given: Mapping[str, str | None]) -> Workspace:
    """A workspace that is there already. Raises WorkspaceError where something was asked for that it is not."""
    settings, opened = _settings(folder), open_workspace(folder)
    with opened.store.catalogue.reading() as session:
        keeps = session.scalars(select(Party.name).order_by(Party.id).limit(1)).one()
    there = {"owner": keeps, **{name: settings[name] for name in given}}
    asked = {"owner": owner, **{name: value and _without_password(value) for name, value in given.items()}}
    for name, value in asked.items():
        if value is not None and value != there[name]:
            opened.close()
            raise WorkspaceError(
                f"{folder}: is a workspace already, with the {name} {there[name] or 'of its own folder'}; it was left "
                "as it is. Leave the option out, or make one in another folder."
            )
    return opened


def _try_writing(objects: ObjectStore) -> None:
    """Find out now, rather than at the first ingest, that lake and sources cannot be written. Raises OutputError."""
    key = f"files/probe.{secrets.token_hex(4)}"
    objects.put_bytes(key, b"")
    objects.delete(key)


def workspace_folder(path: str | Path | None = None) -> Path:
    """The folder of the workspace meant. Raises WorkspaceError with what to do when there is none."""
    named = path or os.environ.get(PLACE)
    if named:
        folder = Path(named)
        if not (folder / MARK).is_file():
            raise WorkspaceError(f"{folder}: is no workspace (no {MARK} in it). Make one with: corecar init {folder}")
        return folder
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / MARK).is_file():
            return folder
    raise WorkspaceError(
        f"{here}: no workspace here or above. Make one with: corecar init DIR, or name one with --workspace DIR."
    )


def catalogue_of(folder: Path) -> Catalogue:
    """The catalogue of the workspace in a folder, of whatever revision it is.

    Raises  WorkspaceError where its file is not there: opening one that is missing would make an empty one
    """
    if database := _settings(folder).get("database"):
        return Catalogue(database)
    if not (folder / DATABASE).is_file():
        raise WorkspaceError(
            f"{folder / DATABASE}: is missing. If this is a backup that broke off, repeat `corecar backup`; else put "
            "the file back, or make the workspace anew in another folder with: corecar restore BACKUP DIR"
        )
    return Catalogue(sqlite_url(folder / DATABASE))


def nothing_else_in(folder: Path, *, allowed: set[str]) -> None:
    """Refuse a folder in which something lies that is not ours. Raises WorkspaceError."""
    if folder.exists() and not folder.is_dir():
        raise WorkspaceError(f"{folder}: is a file. Name a new or an empty folder.")
    inside = [entry.name for entry in folder.iterdir()] if folder.exists() else []
    foreign = [name for name in inside if not name.startswith(".") and name not in allowed]
    if foreign:
        raise WorkspaceError(f"{folder}: something else lies there ({foreign[0]}). Name a new or an empty folder.")


def _settings(folder: Path) -> dict[str, Any]:
    """The settings of a folder, those of the environment before them."""
    try:
        found = tomllib.loads((folder / MARK).read_text(encoding="utf-8"))["corecar"]
        form, identity = found["format"], found["id"]
    except (tomllib.TOMLDecodeError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"{folder / MARK}: is damaged ({error}). Put it back from a backup.") from error
    if form != FORMAT:
        raise WorkspaceError(f"{folder}: is of format {form}, this Corecar knows {FORMAT}. Update Corecar.")
    told = {name: os.environ.get(variable) or found.get(name) for name, variable in VARIABLES.items()}
    return {"id": identity, **told}


def write_mark(folder: Path, identity: str, chosen: Mapping[str, str | None] | None = None) -> None:
    """Make a folder a workspace: its identity, and where its catalogue and lake lie when they do not lie in it."""
    lines = [
        "# A Corecar workspace. Passwords do not belong here: give them in the environment.",
        "[corecar]",
        f"format = {FORMAT}",
        f'id = "{identity}"',
        *(f'{name} = "{_without_password(value)}"' for name, value in (chosen or {}).items() if value),
    ]
    with whole_file(folder / MARK) as sibling:
        sibling.write_text("\n".join(lines) + "\n", encoding="utf-8")


def id_in(folder: Path) -> str | None:
    """The identity of the workspace in a folder; None when there is none."""
    return str(_settings(folder)["id"]) if (folder / MARK).is_file() else None


def identity_of(catalogue: Catalogue) -> str:
    """The identity of the workspace that a catalogue describes."""
    return str(_identity(catalogue).get("id"))


def _without_password(value: str) -> str:
    if not value.startswith("postgresql"):
        return value
    return make_url(value).set(password=None).render_as_string()


def _on_servers(url: str) -> Store:
    """A workspace without a folder: the catalogue names its lake."""
    catalogue = Catalogue(url)
    with _closed_when_refused(catalogue):
        revisions.check(catalogue)
        lake = os.environ.get(VARIABLES["lake"]) or _identity(catalogue).get("lake")
        if not lake:
            raise WorkspaceError(
                f"{catalogue}: its lake lies in a folder. Open that folder, or set {VARIABLES['lake']}."
            )
    return Store(catalogue, open_objects(lake), os.environ.get(VARIABLES["cluster"]), None)


def _identity(catalogue: Catalogue) -> dict[str, Any]:
    with catalogue.reading() as session:
        found = session.get(Setting, IDENTITY)
        return {} if found is None else found.value


def _begun(catalogue: Catalogue, owner: str, lake: str | None, folder: Path) -> str:
    """Make the tables, the first party and the local user; the workspace's identity.

    Raises  WorkspaceError for a database of a workspace whose lake lies elsewhere
    """
    from corecar.store.catalogue.upgrading import upgrade

    here = {"lake": lake, "folder": None if lake else f"{socket.gethostname()}:{folder.resolve()}"}
    upgrade(catalogue)

    def begin(session: Any) -> str:
        found = session.get(Setting, IDENTITY)
        if found is not None:
            there = {name: found.value.get(name) for name in here}
            if there != here:
                raise WorkspaceError(
                    f"{catalogue}: holds a workspace already, whose lake lies in {there['lake'] or there['folder']}. "
                    "Open that one, name its lake with --lake, or give this workspace a database of its own."
                )
            return str(found.value["id"])
        identity = secrets.token_hex(8)
        made = {"id": identity, "made": datetime.now(UTC).isoformat(), **here}
        session.add(Setting(name=IDENTITY, value=made))
        session.add(Setting(name=ACCOUNTS, value={"on": False}))
        party = session.scalar(select(Party).where(Party.name == owner)) or Party(name=owner)
        session.add(party)
        session.flush()
        session.add(Person(name=local_name(), party_id=party.id, role="administrator"))
        return identity

    try:
        return catalogue.write(begin)
    except CatalogueError as error:
        if not error.conflict:
            raise
    return catalogue.write(begin)  # another process began the same database at this moment; its identity holds
