"""What a page may ask on behalf of its visitor."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.web.browsers import PASSWORD
from tests.web.servers import served

from corecar.bridge.logins import choose_password, first_link, password_login
from corecar.errors import ArgumentError
from corecar.web.api import Served
from corecar.web.pages.visitor import Visitor
from corecar.web.spool import Spool
from corecar.words import words_of


def _answer(asked: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine answers, in a loop of its own: the browser of the tests beside it runs one in this thread."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(asyncio.run, asked).result()


@pytest.mark.parametrize(
    ("verb", "given"),
    [
        ("mail_set", {"host": "mail.example.com", "sender": "a@example.com", "password_file": "/etc/hostname"}),
        ("backup", {"target": "/tmp/elsewhere"}),
        ("limits_propose", {"sources": ["/etc/hostname"]}),
        ("recipe_compare", {"a": "aec-q001", "b": "../own.toml", "lots": ["SIM00001"]}),
        ("override_propose", {"lot": "L", "parts": ["W01,2,2", "/srv/parts.csv"], "screens": ["dpat"], "reason": "r"}),
        ("chain_import", {"paths": ["chain.xlsx"]}),
    ],
)
def test_no_page_names_a_file_or_folder_of_the_server(tmp_path: Path, verb: str, given: dict[str, Any]) -> None:
    with served(tmp_path) as house:
        store = house.workspace.store
        link = first_link(store.catalogue)
        assert link is not None
        person = choose_password(store.catalogue, link[1], PASSWORD)
        secret = password_login(store.catalogue, person, PASSWORD)
        visitor = Visitor(
            Served(store, Spool(tmp_path / "pages")), person, "Demo House", "administrator", frozenset(), secret,
            words_of("en"), "auto",
        )  # fmt: skip
        for ask in (visitor.call, visitor.leave, visitor.columns):
            with pytest.raises(ArgumentError, match="is a place on the server"):
                _answer(ask(verb, **given))
        assert _answer(visitor.call("mail_show"))["details"] == {}
