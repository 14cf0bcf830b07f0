"""The same tests on both stores: a local folder and a bucket of a real S3 server."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

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
