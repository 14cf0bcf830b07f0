"""`corecar serve` as a process: it answers, and nothing of it is left when it is asked to stop, or killed."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from tests.bridge.houses import small_lot
from tests.bridge.mail_servers import smtp_server
from tests.web.browsers import all_ended, serving

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
