"""A workspace served in this process: its app behind a client, and somebody at work on its jobs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from starlette.testclient import TestClient

import corecar
from corecar.bridge.workspace import Workspace
from corecar.remote import Remote
from corecar.web.api import Served, make_app
from corecar.web.spool import Spool

ALL = ["look", "bring", "correct", "decide", "release", "plan", "sign", "keep", "administer"]


@dataclass
class House:
    """A served workspace. root: the folder that holds it; token: of whoever administers."""

    root: Path
    workspace: Workspace
    client: TestClient
    token: str

    def headers(self, token: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {token or self.token}"}

    def remote(self, token: str | None = None) -> Remote:
        """The workspace as `corecar.connect` gives it, without a network between."""
        self.client.headers.update(self.headers(token))
        return Remote(self.client, "http://testserver")

    def token_of(self, person: str, *scopes: str) -> str:
        """A token of a person, made by themselves."""
        own = Workspace(self.workspace.store, person)
        return str(own.call("tokens_add", "test", scopes=list(scopes))["secret"])


@contextmanager
def served(folder: Path, *, upload_limit: int = 1 << 30, scopes: list[str] | None = None) -> Iterator[House]:
    """Serve the workspace in `folder`/house, which is made where there is none."""
    place = folder / "house"
    opened = corecar.open(place) if place.exists() else corecar.init(place, owner="Demo House")
    with opened:
        token = opened.call("tokens_add", "tests", scopes=scopes or ALL)["secret"]
        app = make_app(Served(opened.store, Spool(folder / "spool")), upload_limit=upload_limit)
        with at_work(opened), TestClient(app, raise_server_exceptions=False) as client:
            yield House(folder, opened, client, token)


@contextmanager
def at_work(opened: Workspace) -> Iterator[None]:
    """Somebody who does the jobs of every party meanwhile."""
    over = threading.Event()

    def work() -> None:
        opened.call("jobs_work", every=0.05, everyone=True, stopped=over.is_set)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def answer_of(response: httpx2.Response) -> object:
    assert response.status_code == 200, response.text
    return response.json()
