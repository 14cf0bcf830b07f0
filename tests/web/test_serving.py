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
