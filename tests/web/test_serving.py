"""`corecar serve` as a process: it answers, and nothing of it is left when it is asked to stop, or killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from tests.bridge.houses import small_lot
from tests.bridge.mail_servers import smtp_server
from tests.database_server import DatabaseServer
from tests.web.browsers import all_ended, serving, two_free_ports

import corecar


def test_it_answers_and_ends_with_all_that_it_started(tmp_path: Path) -> None:
    corecar.init(tmp_path / "house", owner="Demo House").close()
    with serving(tmp_path / "house") as site:
        assert site.link.startswith("/welcome/")
        with urlopen(f"{site.at}/api/v1/openapi.json", timeout=10) as answer:
            assert json.load(answer)["info"]["title"] == "Corecar"
        with pytest.raises(HTTPError) as refused:
            urlopen(f"{site.at}/api/v1/lots", timeout=10)
        assert refused.value.code == 401
        refused.value.close()


def test_it_says_that_it_serves_once_it_answers_and_not_before(tmp_path: Path) -> None:
    corecar.init(tmp_path / "house", owner="Demo House").close()
    port = two_free_ports()
    command = [sys.executable, "-m", "corecar", "serve", "--workspace", str(tmp_path / "house"), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith("Serving ")
            with urlopen(f"http://127.0.0.1:{port}/login", timeout=10) as answer:
                assert answer.status == 200
        finally:
            process.send_signal(signal.SIGINT)
    assert process.returncode == 0


def test_it_serves_a_workspace_whose_catalogue_is_in_postgresql(
    tmp_path: Path, database_server: DatabaseServer
) -> None:
    house = tmp_path / "house"
    with corecar.init(house, owner="Demo House", database=database_server.fresh()) as opened:
        token = opened.call("tokens_add", "tests", scopes=["look", "bring"])["secret"]
    lot = corecar.simulate_lot(tmp_path / "lot.stdf", wafers=1, dies=60, tests=8, seed=3, lot="L3")
    with serving(house, "--workers", "1", ports=2) as site:
        with corecar.connect(site.at, token) as remote:
            remote.ingest([lot])
        port = int(site.at.rpartition(":")[2]) + 1
        with corecar.connect(f"http://127.0.0.1:{port}", token) as other:
            assert [row["lot"] for row in other.lots()["rows"]] == ["L3"], "what came in at the other port"
    assert not (house / "corecar.db").exists()


def test_an_upload_that_breaks_off_leaves_nothing_and_is_no_fault(tmp_path: Path) -> None:
    with corecar.init(tmp_path / "house", owner="Demo House") as opened:
        token = opened.call("tokens_add", "tests", scopes=["bring", "look"])["secret"]
    head = (
        "POST /api/v1/ingest HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        f"Content-Length: 90000000\r\nAuthorization: Bearer {token}\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="paths"; filename="a.stdf"\r\n\r\n'
    )
    with serving(tmp_path / "house") as site:
        port = int(site.at.rpartition(":")[2])
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", port)) as line:
                line.sendall(head.encode() + b"\0" * 3_000_000)
        with corecar.connect(site.at, token) as remote:
            until = time.monotonic() + 20
            while list((tmp_path / "house" / "spool").iterdir()) and time.monotonic() < until:
                time.sleep(0.1)
            assert list((tmp_path / "house" / "spool").iterdir()) == []
            assert remote.lots()["rows"] == []
    assert "Traceback" not in next(tmp_path.glob("serve-*.log")).read_text("utf-8")


def test_job_workers_end_when_the_server_is_killed(tmp_path: Path) -> None:
    corecar.init(tmp_path / "house", owner="Demo House").close()
    with serving(tmp_path / "house", killed=True) as site:
        time.sleep(1.0)
        os.kill(site.process.pid, signal.SIGKILL)
        site.process.wait(10)
        assert all_ended(site.process.pid)


def test_it_sends_mail_that_is_due_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORECAR_MAIL_EVERY", "0.2")
    with corecar.init(tmp_path / "house", owner="Demo House") as house, smtp_server() as box:
        house.ingest([small_lot(tmp_path, 1)], workers="inline")
        house.mail_set("127.0.0.1", port=box.port, security="none", sender="corecar@example.com")
        house.mail_address("lin@example.com")
        house.alerts_subscribe(["hold"])
        with serving(tmp_path / "house"):
            house.hold("SIM00001", reason="odd")
            until = time.monotonic() + 20
            while not box.mails and time.monotonic() < until:
                time.sleep(0.05)
            time.sleep(0.6)
        assert [mail["Subject"] for mail in box.mails] == ["Corecar: Lots on hold or in quarantine: SIM00001"]
