"""The same tests on both stores, a local folder and a bucket of a real S3 server; and the drawn lake, written once."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from tests.store.drawn_lake import Drawn, draw_lake

from corecar.store.objects import ObjectStore, open_objects


@pytest.fixture(params=["folder", "bucket"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """An empty store, once in a folder and once in a bucket."""
    if request.param == "folder":
        return open_objects(tmp_path / "store")
    return request.getfixturevalue("bucket")  # type: ignore[no-any-return]


@pytest.fixture
def bucket(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    """An empty store in a bucket, under a prefix."""
    server = request.getfixturevalue("object_server")
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    return open_objects(f"s3://{server.bucket}/{secrets.token_hex(4)}")


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """One file per run, on this machine's disk."""
    return draw_lake(tmp_path_factory.mktemp("lake"))
