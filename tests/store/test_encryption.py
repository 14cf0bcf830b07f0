"""Connections to a database server are encrypted where it offers that, and cost no look at certificates."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

import pytest
from sqlalchemy import text
from tests.database_server import DatabaseServer

from corecar.errors import CatalogueError
from corecar.store.catalogue import Catalogue, servers

ASKS_FOR_ENCRYPTION = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
"""PostgreSQL's SSLRequest."""
CLIENT_HELLO = b"\x16\x03"


@pytest.fixture(autouse=True)
def unknown_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "_without", set())


@dataclass
class Listener:
    """A server that answers the question for encryption, hears what comes next and hangs up."""

    port: int
    answer: bytes
    heard: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"postgresql://nobody@127.0.0.1:{self.port}/none"


@pytest.fixture
def listener() -> Iterator[Listener]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = Listener(listening.getsockname()[1], b"N")

        def serve() -> None:
            while True:
                try:
                    taken = listening.accept()[0]
                except OSError:
                    return
                with taken:
                    first = taken.recv(100)
                    if first == ASKS_FOR_ENCRYPTION:
                        taken.sendall(made.answer)
                        made.heard.append(taken.recv(2))
                    else:
                        made.heard.append(first)

        thread = threading.Thread(target=serve)
        thread.start()
        yield made
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def ask(url: str) -> None:
    with closing(Catalogue(url)) as catalogue, catalogue.reading() as session:
        session.execute(text("SELECT 1"))


def test_a_server_that_offers_encryption_gets_it(listener: Listener) -> None:
    listener.answer = b"S"
    with pytest.raises(CatalogueError):
        ask(listener.url)
    assert listener.heard == [CLIENT_HELLO]


def test_a_server_that_offers_none_is_asked_once_and_spoken_to_in_the_clear(listener: Listener) -> None:
    with pytest.raises(CatalogueError):
        ask(listener.url)
    assert [heard[4:8] for heard in listener.heard] == [b"", b"\x00\x03\x00\x00"]  # hung up; then protocol 3.0


def test_a_server_that_refused_what_came_in_the_clear_is_asked_again(listener: Listener) -> None:
    for _ in range(2):
        with pytest.raises(CatalogueError):
            ask(listener.url)
        listener.answer = b"S"
    assert listener.heard[-1] == CLIENT_HELLO


def test_no_connection_reads_the_certificates_of_authorities(
    database_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("read the certificates")

    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", refused)
    ask(database_server.fresh())
    ask(database_server.fresh())
