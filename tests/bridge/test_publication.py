"""The lake as Delta tables, in a folder and in a bucket: other engines count what the lake counts."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import deltalake
import polars
import pytest
from sqlalchemy import delete
from tests.bridge.houses import small_lot
from tests.object_server import ObjectServer

import corecar
from corecar.bridge.keep import compaction, publication
from corecar.bridge.workspace import Workspace
from corecar.errors import ArgumentError, Conflict, SessionLost
from corecar.store import delta
from corecar.store.catalogue.models import Setting, WritingSession
from corecar.store.delta.places import check_sizes

TABLES = ("parts", "tests", "results", "measures", "runs")


@pytest.fixture
def bucket(object_server: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in object_server.environment().items():
        monkeypatch.setenv(name, value)
    return f"s3://{object_server.bucket}/{secrets.token_hex(4)}"


@pytest.fixture(params=["folder", "bucket", "bucket and PostgreSQL"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    lake = request.getfixturevalue("bucket") if "bucket" in request.param else None
    database = request.getfixturevalue("database_server").fresh() if "PostgreSQL" in request.param else None
    with corecar.init(tmp_path / "house", lake=lake, database=database) as made:
        yield made


def _options(workspace: Workspace) -> dict[str, str]:
    """What readers of Delta need to know of a server that speaks HTTP; where it is says the environment."""
    return {"AWS_ALLOW_HTTP": "true"} if workspace.store.objects.root.startswith("s3://") else {}


def _counts(workspace: Workspace, table: str, version: int | None = None) -> tuple[int, int]:
    """Rows of a published table as deltalake and as Polars count them."""
    place = f"{workspace.store.objects.root}/lake/{table}"
    by_delta = deltalake.DeltaTable(place, version=version, storage_options=_options(workspace))
    by_polars = polars.scan_delta(place, version=version, storage_options=_options(workspace)).collect()
    return by_delta.to_pyarrow_table().num_rows, by_polars.height


def _held(workspace: Workspace, table: str) -> tuple[int, int]:
    return (workspace.sql(f"select count(*) as n from {table}")["rows"][0]["n"],) * 2


def test_others_count_the_same_after_publications_compaction_and_vacuum(
    house: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delta, "CHECKPOINT", 2)
    counted = {}
    for seed in (1, 2, 3):
        house.ingest([small_lot(tmp_path, seed)], workers="inline")
        published = house.publish_delta()
        assert {row["version"] for row in published["rows"]} == {seed - 1}
        counted[seed - 1] = {table: _held(house, table) for table in TABLES}
        assert {table: _counts(house, table) for table in TABLES} == counted[seed - 1]
    assert {table: _counts(house, table, 1) for table in TABLES} == counted[1]
    monkeypatch.setattr(compaction, "plan_merges", lambda files: [tuple(files)] if len(files) > 1 else [])
    house.compact()
    assert house.publish_delta()["rows"][0]["files"] == 1
    assert house.vacuum(keep_days=0)["files"] > 0
    assert {table: _counts(house, table) for table in TABLES} == counted[2]
    house.ingest([small_lot(tmp_path, 4)], workers="inline")
    house.publish_delta()
    assert {table: _counts(house, table) for table in TABLES} == {table: _held(house, table) for table in TABLES}
    logs = [one.key for one in house.store.objects.list("lake/parts/_delta_log/")]
    assert [key.rpartition("/")[2] for key in logs if key.endswith(".parquet")] == [
        f"{version:020}.checkpoint.parquet" for version in (2, 4)
    ]
    assert house.verify()["sound"]
    assert house.publish_delta()["rows"] == house.publish_delta()["rows"]


def test_a_reader_by_run_is_told_which_files_hold_it(house: Workspace, tmp_path: Path) -> None:
    house.ingest([small_lot(tmp_path, 1), small_lot(tmp_path, 2)], workers="inline")
    house.publish_delta()
    place = f"{house.store.objects.root}/lake/results"
    known = deltalake.DeltaTable(place, storage_options=_options(house)).get_add_actions(flatten=True)
    told = polars.DataFrame(known).select("min.run", "max.run").rows()
    assert sorted(told) == sorted((row["run"],) * 2 for row in house.sql("select run from runs")["rows"])


def _published_elsewhere(house: Workspace, *, seen: datetime, host: str = "elsewhere") -> None:
    """Another session that has leave to publish, as if a process of another machine held it."""

    def hold(session: Any) -> None:
        session.execute(delete(Setting).where(Setting.name == publication.LEAVE))
        session.add(
            WritingSession(token="feedbeef", purpose="publish", host=host, process=1, opened_at=seen, seen_at=seen)
        )
        session.add(Setting(name=publication.LEAVE, value={"token": "feedbeef"}))

    house.store.catalogue.write(hold)


def test_in_a_bucket_one_publishes_at_a_time(bucket: str, tmp_path: Path) -> None:
    with corecar.init(tmp_path / "house", lake=bucket) as house:
        house.ingest([small_lot(tmp_path, 1)], workers="inline")
        _published_elsewhere(house, seen=datetime.now(UTC))
        with pytest.raises(Conflict, match="elsewhere publishes this lake already"):
            house.publish_delta()
        assert not list(house.store.objects.list("lake/parts/_delta_log/"))
        house.store.catalogue.write(lambda session: session.execute(delete(WritingSession)))
        house.publish_delta()
        assert _counts(house, "parts") == _held(house, "parts")


def test_who_was_silent_too_long_loses_the_leave_and_puts_no_version(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with corecar.init(tmp_path / "house", lake=bucket) as house:
        house.ingest([small_lot(tmp_path, 1)], workers="inline")
        _published_elsewhere(house, seen=datetime(2026, 1, 1, tzinfo=UTC))
        house.publish_delta()
        first = [one.key for one in house.store.objects.list("lake/parts/_delta_log/")]
        house.ingest([small_lot(tmp_path, 2)], workers="inline")

        def slow(place: Any, sizes: Any) -> None:
            """Meanwhile somebody else takes this process for dead."""
            check_sizes(place, sizes)
            house.store.catalogue.write(lambda session: session.execute(delete(WritingSession)))

        monkeypatch.setattr("corecar.store.delta.check_sizes", slow)
        with pytest.raises(SessionLost):
            house.publish_delta()
        assert [one.key for one in house.store.objects.list("lake/parts/_delta_log/")] == first


def test_a_lake_in_a_bucket_is_published_where_it_lies(bucket: str, tmp_path: Path) -> None:
    with corecar.init(tmp_path / "house", lake=bucket) as house, pytest.raises(ArgumentError, match="Leave out --into"):
        house.publish_delta(into=tmp_path / "shared")
