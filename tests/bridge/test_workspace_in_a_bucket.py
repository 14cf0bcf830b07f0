"""A workspace whose lake and sources lie in a bucket of a real S3 server: the same verbs, the same answers."""

from __future__ import annotations

import secrets
import socket
from pathlib import Path

import pytest
from tests.object_server import ObjectServer

import corecar
from corecar.errors import QuestionError


@pytest.fixture
def lake(object_server: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in object_server.environment().items():
        monkeypatch.setenv(name, value)
    return f"s3://{object_server.bucket}/{secrets.token_hex(4)}"


def test_a_bucket_holds_what_a_folder_holds(lake: str, fictional_lot: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.stdf"
    bad.write_bytes(b"no stdf")
    with corecar.init(tmp_path / "far", lake=lake) as far, corecar.init(tmp_path / "near") as near:
        for workspace in (far, near):
            taken = workspace.ingest([fictional_lot, bad], workers="inline")
            assert (taken["new"], taken["quarantined"]) == (1, 1)
        assert not (tmp_path / "far" / "lake").exists()
        question = "select wafer, hard_bin, count(*) as n from parts group by all order by all"
        assert far.sql(question) == near.sql(question)
        assert far.trend("1100")["rows"] == near.trend("1100")["rows"]
        assert far.grade("SIM00001")["rows"] == near.grade("SIM00001")["rows"]
        assert far.verify()["sound"]


def test_a_question_to_a_server_that_does_not_answer_names_the_server(
    lake: str, fictional_lot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with corecar.init(tmp_path / "far", lake=lake) as far:
        far.ingest([fictional_lot], workers="inline")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
        told = r"the object store http://127\.0\.0\.1:\d+ does not answer\. Check AWS_ENDPOINT_URL"
        with corecar.open(tmp_path / "far") as far:
            with pytest.raises(QuestionError, match=told):
                far.trend("1100")
            with pytest.raises(QuestionError, match=told):
                far.sql("select count(*) from parts")


def test_a_backup_of_a_bucket_is_a_workspace_in_a_folder(lake: str, fictional_lot: Path, tmp_path: Path) -> None:
    with corecar.init(tmp_path / "far", lake=lake) as far:
        far.ingest([fictional_lot], workers="inline")
        far.backup(tmp_path / "copy")
    with corecar.open(tmp_path / "copy") as copy:
        assert copy.verify()["sound"]
        assert [row["lot"] for row in copy.lots()["rows"]] == ["SIM00001"]
