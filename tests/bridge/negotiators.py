"""A workspace of three parties that negotiate a memorandum, each with its people; files that stand for signed ones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.agree.memoranda import VALUE
from tests.bridge.houses import house_in

import corecar
from corecar.agree.verdict import Finding
from corecar.bridge.workspace import Workspace

PEOPLE = {
    "keeper": ("administrator", "Demo House"),
    "chi": ("signatory", "DEMO-CHIPS"), "chi-plans": ("planner", "DEMO-CHIPS"), "chi-reads": ("reader", "DEMO-CHIPS"),
    "osa": ("signatory", "DEMO-OSAT"), "car": ("signatory", "DEMO-CARS"),
    "off": ("coordinator", "Demo Office"), "eva": ("signatory", "Demo Foreign"),
}  # fmt: skip
"""Who is what for whom."""


@dataclass
class Table:
    """The people around one workspace, each by name."""

    folder: Path
    of: dict[str, Workspace]

    def __getattr__(self, name: str) -> Workspace:
        return self.of[name.replace("_", "-")]


@contextmanager
def negotiators(folder: Path, database: str | None = None) -> Iterator[Table]:
    """A workspace of `PEOPLE`, opened by each of them. database: a URL, or its own file."""
    with house_in(folder, database) as house, ExitStack() as opened:
        for party in dict.fromkeys(party for _, party in PEOPLE.values() if party != "Demo House"):
            house.parties_add(party)
        for name, (role, party) in PEOPLE.items():
            house.people_add(name, role=role, party=party)
        of = {name: opened.enter_context(corecar.open(folder / "house", actor=name)) for name in PEOPLE}
        yield Table(folder, of)


def terms_file(folder: Path, name: str = "terms.json", **changed: Any) -> Path:
    """The three parties' terms as a file, with some fields replaced."""
    path = folder / name
    value = {key: each for key, each in {**VALUE, **changed}.items() if each is not None}
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def signed_pdf(folder: Path, sha256: str, *parties: str, name: str = "signed.pdf", **verdict: Any) -> Path:
    """A file that `believed` takes for a PDF over terms that these parties signed."""
    path = folder / name
    path.write_text(json.dumps({"terms": sha256, "by": parties, **verdict}), encoding="utf-8")
    return path


def believed(content: bytes, roots: Iterable[str], name: str, at: datetime, lists: Iterable[bytes] = ()) -> Any:
    """In place of the verification: what the file says of itself."""
    told = json.loads(content)
    wrong = tuple(Finding("appended", each) for each in told.get("wrong", ()))
    signatures = tuple(
        SimpleNamespace(party=party, holder=SimpleNamespace(person=f"Somebody of {party}"), findings=())
        for party in told["by"]
    )
    return SimpleNamespace(
        terms_sha256=told["terms"], signed_by=tuple(told["by"]), findings=wrong, signatures=signatures
    )


def believe_signatures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take files of `signed_pdf` for signed ones; what signatures are worth is tested with the signatures."""
    monkeypatch.setattr("corecar.bridge.agree.signing.verify_by", believed)


def sign_all(table: Table, number: str) -> None:
    """Let the three parties sign the terms on the table, one after the other."""
    names: list[str] = []
    for person, party in (("chi", "DEMO-CHIPS"), ("osa", "DEMO-OSAT"), ("car", "DEMO-CARS")):
        names.append(party)
        sha256 = table.of[person].agree_show(number)["facts"]["sha256"]
        table.of[person].agree_signed(number, signed_pdf(table.folder, sha256, *names))
