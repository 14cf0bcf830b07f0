"""What strangers, parties without a right and hostile files find over HTTP: a refusal that says why, no more."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.bridge.houses import small_lot
from tests.chain.books import small_book, write_book
from tests.web.servers import House, served

from corecar.bridge.access import ROLES
from corecar.bridge.logins import ATTEMPTS, choose_password, make_link, password_login
from corecar.bridge.verbs import WORKSPACE_VERBS
from corecar.bridge.workspace import Workspace
from corecar.store.catalogue.models import Person
from corecar.web.api import is_get, path_of, served_verbs
from corecar.web.callers import COOKIE, CSRF_HEADER, csrf_of

PASSWORD = "correct horse battery staple"
ASKED: tuple[dict[str, Any], ...] = (
    {},
    {"lot": "SIM00001"},
    {"lots": ["SIM00001"]},
    {"table": "parties"},
    {"number": 1},
    {"job": 1},
    {"statement": "SELECT * FROM runs"},
)
"""What a party without a right tries on every verb."""
MARK = "PLANTED-7f3a"
"""A name that nobody of another party may ever read."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("attacked")
    with served(folder) as made:
        own = made.workspace
        own.call("ingest", [small_lot(folder, 1)])
        own.call("hold", "SIM00001", reason=MARK)
        book = small_book()
        book["parties"][0]["name"] = MARK
        own.call("chain_import", [write_book(book, folder / "chain")])
        own.call("plan", note=MARK)
        own.call("parties_add", "Demo Cars", kind="carmaker")
        for role in ROLES:
            own.call("people_add", f"own-{role}", role=role)
            own.call("people_add", f"car-{role}", role=role, party="Demo Cars")
        yield made


def asked(house: House, verb: str, token: str | None, arguments: dict[str, Any], **headers: str) -> Any:
    """Call a verb as its route takes it."""
    told = {**(house.headers(token) if token else {}), **headers}
    house.client.headers.clear()
    house.client.cookies.clear()
    path, row = path_of(WORKSPACE_VERBS[verb]), WORKSPACE_VERBS[verb]
    if is_get(row):
        return house.client.get(path, params=arguments, headers=told)
    return house.client.post(path, json=arguments, headers=told)


def test_nobody_without_a_proof_gets_an_answer_of_any_verb(house: House) -> None:
    for verb in served_verbs():
        for token in (None, "corecar_not-a-token", "Bearer", "corecar_" + "x" * 43):
            answer = asked(house, verb.name, token, {})
            assert answer.status_code == 401, (verb.name, token)
            assert answer.headers["content-type"].startswith("application/problem+json")
            assert MARK not in answer.text


@pytest.mark.parametrize("role", ["administrator", "coordinator"])
def test_another_party_reads_nothing_that_was_not_shared_with_it(house: House, role: str) -> None:
    """Every verb that looks, for a party with which nothing is shared: its strongest role, and who leads a table."""
    token = house.token_of(f"car-{role}", *sorted(ROLES[role]))  # type: ignore[index]
    tried = 0
    for verb in served_verbs():
        if verb.writes or verb.is_job:
            continue
        for arguments in ASKED:
            answer = asked(house, verb.name, token, arguments)
            assert answer.status_code < 500, (verb.name, arguments, answer.text)
            assert MARK not in answer.text, (verb.name, arguments)
            assert "SIM00001" not in answer.text.replace('"SIM00001"', "") or answer.status_code >= 400, verb.name
            tried += answer.status_code == 200
    assert tried > 5


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_that_lacks_the_permission_changes_nothing(house: House, role: str) -> None:
    held = ROLES[role]  # type: ignore[index]
    token = house.token_of(f"own-{role}", *sorted(held))
    for verb in served_verbs():
        if verb.permission in held:
            continue
        answer = asked(house, verb.name, token, {})
        assert answer.status_code in (403, 422), (role, verb.name, answer.status_code, answer.text)
        if answer.status_code == 422:
            assert "needs" in answer.text, (verb.name, answer.text)


def test_a_token_holds_no_more_than_its_scopes(house: House) -> None:
    token = house.token_of("own-quality", "look")
    assert asked(house, "lots", token, {}).status_code == 200
    refused = asked(house, "hold", token, {"lot": "SIM00001", "reason": "x"})
    assert refused.status_code == 403
    beyond = asked(house, "tokens_add", token, {"name": "more", "scopes": ["decide"]})
    assert beyond.status_code in (403, 422)


def session_of(house: House, name: str) -> str:
    catalogue = house.workspace.store.catalogue
    from datetime import UTC, datetime

    from sqlalchemy import select

    secret = catalogue.write(
        lambda session: make_link(
            session, session.scalars(select(Person).where(Person.name == name)).one(), datetime.now(UTC)
        )
    )
    choose_password(catalogue, secret, PASSWORD)
    return password_login(catalogue, name, PASSWORD)


def test_a_form_of_another_site_changes_nothing(house: House) -> None:
    secret = session_of(house, "own-engineer")
    cookie = {"Cookie": f"{COOKIE}={secret}"}
    about = {"lot": "SIM00001", "reason": "forged"}
    assert asked(house, "lots", None, {}, **cookie).status_code == 200
    for header in ({}, {CSRF_HEADER: ""}, {CSRF_HEADER: "x" * 64}, {CSRF_HEADER: csrf_of("other")}):
        assert asked(house, "hold", None, about, **cookie, **header).status_code == 403
    assert asked(house, "hold", None, about, **cookie, **{CSRF_HEADER: csrf_of(secret)}).status_code == 200


def test_guessing_a_password_is_stopped_and_tells_nothing(house: House) -> None:
    session_of(house, "own-operator")
    catalogue = house.workspace.store.catalogue
    told = set()
    for guess in [f"guess number {number}" for number in range(ATTEMPTS)] + [PASSWORD]:
        with pytest.raises(Exception) as refusal:  # noqa: PT011
            password_login(catalogue, "own-operator", guess)
        told.add(str(refusal.value))
    with pytest.raises(Exception) as refusal:  # noqa: PT011
        password_login(catalogue, "nobody-at-all", "guess")
    assert told == {str(refusal.value)}


def sent(house: House, files: list[tuple[str, bytes]]) -> Any:
    house.client.headers.clear()
    parts = [("paths", (name, io.BytesIO(content), "application/octet-stream")) for name, content in files]
    return house.client.post(
        path_of(WORKSPACE_VERBS["ingest"]), params={"wait": 60}, files=parts, headers=house.headers()
    )


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "..\\..\\x.stdf", "a/../../x.stdf", "C:\\x.stdf", "x" * 300, "\x01.stdf"],
)
def test_a_name_that_climbs_leads_nowhere(house: House, name: str, tmp_path: Path) -> None:
    before = sorted(str(path) for path in house.root.parent.glob("*"))
    answer = sent(house, [(name, small_lot(tmp_path, 3).read_bytes())])
    assert answer.status_code in (200, 422), answer.text
    assert sorted(str(path) for path in house.root.parent.glob("*")) == before
    assert not Path("/etc/x.stdf").exists()


def test_bombs_are_refused_and_the_server_goes_on(house: House) -> None:
    inflated = gzip.compress(b"\0" * (64 << 20), 9)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("lot.stdf", b"\0" * (64 << 20))
    answer = sent(house, [("bomb.stdf.gz", inflated), ("bomb.zip", packed.getvalue()), ("lot.stdf", b"\x89PNG\r\n")])
    assert answer.status_code == 200, answer.text
    assert answer.json()["quarantined"] == 3
    assert asked(house, "lots", house.token, {}).status_code == 200


def test_formulas_of_names_are_texts_in_a_csv(house: House, tmp_path: Path) -> None:
    import corecar

    name = "=HYPERLINK(1)"
    path = corecar.simulate_lot(tmp_path / "f.stdf", wafers=1, dies=60, tests=8, seed=9, lot=name)
    assert sent(house, [("f.stdf", path.read_bytes())]).status_code == 200
    answer = asked(house, "lots", house.token, {}, Accept="text/csv")
    assert "'=HYPERLINK(1)" in answer.text
    assert "\n=HYPERLINK" not in answer.text


def test_a_request_that_is_too_large_is_broken_off(tmp_path: Path) -> None:
    with served(tmp_path, upload_limit=1 << 20) as small:
        answer = sent(small, [("big.stdf", b"\0" * (2 << 20))])
        assert answer.status_code == 413
        assert "at most 1 MB" in answer.json()["detail"]


def test_two_workspaces_of_the_same_person_do_not_share_a_session(tmp_path: Path, house: House) -> None:
    secret = session_of(house, "own-planner")
    with served(tmp_path) as other:
        assert asked(other, "lots", None, {}, Cookie=f"{COOKIE}={secret}").status_code == 401
        assert isinstance(other.workspace, Workspace)
