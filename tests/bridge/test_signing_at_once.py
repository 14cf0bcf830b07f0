"""Two counterparties that sign the same terms in the same moment, each a file without the other's signature."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.bridge.negotiators import Table, believed, negotiators, signed_pdf, terms_file
from tests.database_server import DatabaseServer

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import Conflict, CorecarError

PAUSE_S = 0.3
"""How long a file is verified: the other one comes meanwhile."""


@pytest.fixture(params=["sqlite", "postgresql"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Table]:
    database: str | None = None
    if request.param == "postgresql":
        server: DatabaseServer = request.getfixturevalue("database_server")
        database = server.fresh()
    with negotiators(tmp_path, database=database) as made:
        yield made


@pytest.fixture
def slow_verification(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take files of `signed_pdf` for signed ones, and take long over it."""

    def slow(*asked: Any, **named: Any) -> Any:
        time.sleep(PAUSE_S)
        return believed(*asked, **named)

    monkeypatch.setattr("corecar.bridge.agree.signing.verify_by", slow)


def at_once(folder: Path, number: str, files: dict[str, Path]) -> dict[str, dict[str, Any] | CorecarError]:
    """What each person is told that signs by a file, all in one moment, each with a workspace of their own."""
    barrier, told = threading.Barrier(len(files)), dict[str, dict[str, Any] | CorecarError]()

    def one(person: str, house: Workspace) -> None:
        barrier.wait(30)
        try:
            told[person] = house.agree_signed(number, files[person])
        except CorecarError as error:
            told[person] = error

    with ExitStack() as opened:
        houses = {name: opened.enter_context(corecar.open(folder / "house", actor=name)) for name in files}
        threads = [threading.Thread(target=one, args=(name, house)) for name, house in houses.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    return told


@pytest.mark.usefixtures("slow_verification")
def test_of_two_that_sign_at_once_one_file_counts_and_the_other_party_is_told_what_to_do(
    table: Table, tmp_path: Path
) -> None:
    number = table.osa.agree_new(terms=terms_file(tmp_path))["number"]
    table.osa.agree_offer(number)
    sha256 = table.osa.agree_show(number)["facts"]["sha256"]
    party_of = {"chi": "DEMO-CHIPS", "car": "DEMO-CARS"}
    files = {
        person: Path(shutil.copy(signed_pdf(tmp_path, sha256, party), tmp_path / f"{person}.pdf"))
        for person, party in party_of.items()
    }
    told = at_once(tmp_path, number, files)
    (first,) = [person for person, answer in told.items() if isinstance(answer, dict)]
    (second,) = set(party_of) - {first}
    refused = told[second]
    assert isinstance(refused, Conflict)
    assert str(refused) == (
        f"{number}: {party_of[first]} signed before, and this file does not hold that. Sign the newest file: "
        f"corecar agree show {number} --pdf FILE"
    )
    shown = table.osa.agree_show(number)
    assert [(row["action"], row["party"]) for row in shown["rows"]] == [
        ("draft", "DEMO-OSAT"), ("offer", "DEMO-OSAT"), ("sign", party_of[first]),
    ]  # fmt: skip
    newest = tmp_path / "newest.pdf"
    table.of[second].agree_show(number, pdf=newest)
    assert newest.read_bytes() == files[first].read_bytes(), "the file that won lies there whole"
    table.of[second].agree_signed(number, signed_pdf(tmp_path, sha256, party_of[first], party_of[second]))
    last = table.osa.agree_signed(number, signed_pdf(tmp_path, sha256, *party_of.values(), "DEMO-OSAT"))
    assert (last["state"], last["missing"]) == ("signed", [])
