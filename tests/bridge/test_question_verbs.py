"""Questions to an ingested workspace, beside what pandas computes from the same files."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import event
from tests.object_server import ObjectServer

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import NotFound, QuestionError

LOTS = ("SIM00001", "SIM00002", "SIM00003")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("files")
    for seed in (1, 2, 3):
        corecar.simulate_lot(folder / f"{seed}.stdf", wafers=2, dies=120, tests=20, seed=seed)
    return [folder / f"{seed}.stdf" for seed in (1, 2, 3)]


@pytest.fixture(scope="module")
def house(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with corecar.init(tmp_path_factory.mktemp("house") / "house") as made:
        made.ingest(files, workers="inline")
        yield made


@pytest.fixture(scope="module")
def read(files: list[Path]) -> dict[str, dict[str, pd.DataFrame]]:
    """The tables of each lot as frames, read from the files and not from the workspace."""
    found = {}
    for name, path in zip(LOTS, files, strict=True):
        lot = corecar.read(path)
        found[name] = {table: getattr(lot, table).to_pandas() for table in ("parts", "tests", "results")}
    return found


def _good(frames: dict[str, pd.DataFrame], number: int) -> pd.Series:
    """Readings of one test on the final attempts that passed."""
    rows = frames["results"].merge(frames["tests"][["test", "number"]], on="test").query("number == @number")
    parts = frames["parts"].query("passed and not superseded and not incomplete")
    return rows[rows["part"].isin(parts["part"])]["value"].astype("float64")


def _number(read: dict[str, dict[str, pd.DataFrame]]) -> int:
    return int(read[LOTS[0]]["tests"]["number"].iloc[2])


def test_sql_counts_what_pandas_counts(house: Workspace, read: dict[str, dict[str, pd.DataFrame]]) -> None:
    rows = house.sql("select lot, count(*) as n from parts join runs using (run) group by lot")["rows"]
    assert {row["lot"]: row["n"] for row in rows} == {lot: len(frames["parts"]) for lot, frames in read.items()}


def test_sql_says_how_many_rows_it_left_out(house: Workspace) -> None:
    answer = house.sql("select lot from runs order by lot", limit=1)
    assert [row["lot"] for row in answer["rows"]] == [LOTS[0]]
    assert answer["notes"] == ["2 more rows"]


def test_the_tables_of_the_catalogue_can_be_joined(house: Workspace) -> None:
    rows = house.sql("select l.name, s.action from lots l join lot_states s using (lot_number) order by all")["rows"]
    assert {row["name"] for row in rows} == set(LOTS)


def test_runs_in_sql_are_the_facts_in_force_and_what_the_files_said(house: Workspace, files: list[Path]) -> None:
    rows = house.sql("select * from runs order by lot")["rows"]
    for row, path, name in zip(rows, files, LOTS, strict=True):
        lot = corecar.read(path)
        (said,) = lot.runs.to_pylist()
        assert (row.pop("source"), row["lot"], row["results"]) == (str(path), name, len(lot.measurements))
        said["temperature"] = said["temperature"].removesuffix("C")
        assert {fact: row[fact] for fact in said if fact not in ("run", "source")} == {
            fact: value for fact, value in said.items() if fact not in ("run", "source")
        }


def test_only_the_columns_of_a_question_are_read_from_the_catalogue(house: Workspace) -> None:
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    engine = house.store.catalogue.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        rows = house.sql("select LOT as name, count(*) as n from runs join parts using (run) group by lot order by lot")
        read = " ".join(seen)
        house.sql("select tester from runs")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert [row["name"] for row in rows["rows"]] == list(LOTS)
    assert "runs.lot_name" in read
    assert "runs.read" not in read
    assert "sources" not in read
    assert "runs.read" in " ".join(seen)


def test_a_trend_says_of_each_lot_what_pandas_says(house: Workspace, read: dict[str, dict[str, pd.DataFrame]]) -> None:
    number = _number(read)
    rows = house.trend(number)["rows"]
    assert sorted(row["lot"] for row in rows) == list(LOTS)
    for row in rows:
        values = _good(read[row["lot"]], number)
        assert row["passing_n"] == len(values)
        assert row["mean"] == pytest.approx(values.mean())
        assert row["sd"] == pytest.approx(values.std())
        assert (row["minimum"], row["maximum"]) == (values.min(), values.max())


def test_a_trend_by_wafer_has_a_point_for_each(house: Workspace, read: dict[str, dict[str, pd.DataFrame]]) -> None:
    rows = house.trend(_number(read), by="wafer")["rows"]
    assert sorted((row["lot"], row["wafer"]) for row in rows) == [(lot, f"W0{w}") for lot in LOTS for w in (1, 2)]


def test_a_comparison_gives_the_shift_in_pooled_deviations(
    house: Workspace, read: dict[str, dict[str, pd.DataFrame]]
) -> None:
    number = _number(read)
    rows = house.compare(LOTS[0], LOTS[1], limit=1000)["rows"]
    (row,) = [row for row in rows if row["number"] == number]
    a, b = (_good(read[lot], number) for lot in LOTS[:2])
    pooled = (((len(a) - 1) * a.var() + (len(b) - 1) * b.var()) / (len(a) + len(b) - 2)) ** 0.5
    assert row["shift"] == pytest.approx((b.mean() - a.mean()) / pooled)
    shifts = [abs(row["shift"]) for row in rows if row["shift"] is not None]
    assert shifts == sorted(shifts, reverse=True)


def test_a_pareto_counts_failing_parts(house: Workspace, read: dict[str, dict[str, pd.DataFrame]]) -> None:
    parts = pd.concat([frames["parts"] for frames in read.values()])
    final = parts.query("not superseded and not incomplete")
    expected = final[~final["passed"].astype(bool)].groupby("hard_bin").size().to_dict()
    rows = house.pareto()["rows"]
    assert {row["bin"]: row["failed"] for row in rows} == expected
    assert {row["of"] for row in rows} == {len(final)}


def test_readings_are_exactly_those_of_the_file(house: Workspace, read: dict[str, dict[str, pd.DataFrame]]) -> None:
    number = _number(read)
    frames = read[LOTS[1]]
    rows = frames["results"].merge(frames["tests"][["test", "number"]], on="test").query("number == @number")
    found = house.readings(LOTS[1], str(number))
    assert found["part"].to_pylist() == rows.sort_values("part")["part"].tolist()
    assert found["value"].to_pylist() == rows.sort_values("part")["value"].tolist()


@pytest.mark.parametrize("retests", [False, True])
def test_a_wafer_is_the_same_with_a_test_and_without_of_one_run_and_as_merged(
    house: Workspace, monkeypatch: pytest.MonkeyPatch, *, retests: bool
) -> None:
    alone = house.wafer(LOTS[1], "W02", retests=retests)
    measured = house.wafer(LOTS[1], "W02", test="1000", retests=retests)
    monkeypatch.setattr("corecar.bridge.ask.questions.is_plain", lambda *_: False)
    merged = house.wafer(LOTS[1], "W02", retests=retests)
    assert alone.equals(merged)
    assert alone.equals(measured.select(alone.column_names).combine_chunks())
    for test in (None, "1000"):
        with pytest.raises(QuestionError, match=r'wafer "W9": no such wafer.*W01, W02'):
            house.wafer(LOTS[1], "W9", test=test)


def test_a_wafer_shows_bins_and_readings_where_they_lie(
    house: Workspace, read: dict[str, dict[str, pd.DataFrame]]
) -> None:
    frames, number = read[LOTS[0]], _number(read)
    parts = frames["parts"].query("wafer == 'W02' and not superseded and not incomplete")
    found = house.wafer(LOTS[0], "W02", test=str(number)).to_pandas()
    assert found[["part", "x", "y", "hard_bin"]].to_numpy().tolist() == (
        parts[["part", "x", "y", "hard_bin"]].to_numpy().tolist()
    )
    values = frames["results"].merge(frames["tests"][["test", "number"]], on="test").query("number == @number")
    expected = parts.merge(values[["part", "value"]], on="part", how="left")["value"]
    assert found["value"].to_numpy() == pytest.approx(expected.to_numpy(), nan_ok=True)


def test_a_pin_names_one_of_several_tests_of_a_name(house: Workspace) -> None:
    asked = "select number, pin from tests where pin is not null and run = (select min(run) from tests) limit 1"
    (one,) = house.sql(asked)["rows"]
    with pytest.raises(QuestionError, match="tests fit"):
        house.trend(one["number"])
    assert {row["pin"] for row in house.trend(one["number"], pin=one["pin"])["rows"]} == {one["pin"]}


def test_lots_of_one_name_are_told_apart_by_number_or_customer(
    files: list[Path], tmp_path: Path, read: dict[str, dict[str, pd.DataFrame]]
) -> None:
    with corecar.init(tmp_path / "house") as house:
        house.ingest(files, workers="inline")
        for lot, customer in zip(LOTS, ("Carmaker", "Railway", "Railway"), strict=True):
            name = {} if lot == LOTS[2] else {"lot": "SAME"}
            house.correct(lot, customer=customer, reason="the order says so", **name)
        asked = "select lot_number, customer from lots where name = 'SAME'"
        numbers = {row["customer"]: row["lot_number"] for row in house.sql(asked)["rows"]}
        with pytest.raises(NotFound, match="2 lots are called"):
            house.compare("SAME", LOTS[2])
        by_number = house.compare(str(numbers["Carmaker"]), str(numbers["Railway"]), limit=1000)
        _check_means(by_number["rows"], read[LOTS[0]], read[LOTS[1]])
        _check_means(
            house.compare("SAME", LOTS[2], customer="Railway", limit=1000)["rows"], read[LOTS[1]], read[LOTS[2]]
        )
        with pytest.raises(NotFound, match=f'no lot of customer Carmaker is called "{LOTS[2]}"'):
            house.compare("SAME", LOTS[2], customer="Carmaker")
        fails = house.pareto(lot=str(numbers["Railway"]))["rows"]
        assert fails == house.pareto(lot="SAME", customer="Railway")["rows"]
        parts = read[LOTS[1]]["parts"].query("not superseded and not incomplete")
        assert {row["of"] for row in fails} == {len(parts)}


def _check_means(rows: list[dict[str, Any]], a: dict[str, pd.DataFrame], b: dict[str, pd.DataFrame]) -> None:
    number = int(a["tests"]["number"].iloc[2])
    (row,) = [row for row in rows if row["number"] == number]
    assert (row["passing_n_a"], row["passing_n_b"]) == (len(_good(a, number)), len(_good(b, number)))
    assert row["mean_a"] == pytest.approx(_good(a, number).mean())
    assert row["mean_b"] == pytest.approx(_good(b, number).mean())


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_csv('{path}')", "select * from '{path}'", "from 'http://127.0.0.1:9/x.parquet'",
        "attach '{path}'", "copy parts to '{path}'", "set threads = 1", "install httpfs", "load httpfs",
        "select * from read", "delete from parts", "select 1; select 2", "from duckdb_settings()",
    ],
)  # fmt: skip
def test_nothing_but_the_views_can_be_reached(
    house: Workspace, tmp_path: Path, statement: str, read: dict[str, Any]
) -> None:
    path = tmp_path / "outside.csv"
    path.write_text("a\n1\n")
    with pytest.raises(QuestionError, match=r"question|reads"):
        house.sql(statement.format(path=path))
    assert path.read_text() == "a\n1\n"


def test_a_question_that_takes_too_long_is_given_up(house: Workspace) -> None:
    with pytest.raises(QuestionError, match=r"longer than 0\.2 s"):
        house.sql("select count(*) from range(100000000) a(x), range(1000000) b(y) where (x * y) % 7 = 3", timeout=0.2)


TABLES = ("runs", "parts", "tests", "results", "bins", "wafers", "texts", "measures")


def _seen(workspace: Workspace, table: str) -> set[str]:
    return {row["run"] for row in workspace.sql(f"select distinct run from {table}")["rows"]}


@pytest.mark.parametrize("merged", [False, True], ids=["as ingested", "compacted"])
def test_a_party_sees_only_the_lots_that_are_shared_with_it(files: list[Path], tmp_path: Path, merged: bool) -> None:
    with corecar.init(tmp_path / "house") as house:
        for path in files:
            house.ingest([path], workers="inline")
        house.people_add("own", role="administrator")
    with corecar.open(tmp_path / "house", actor="own") as house:
        house.parties_add("Carmaker")
        house.people_add("guest", role="reader", party="Carmaker")
        house.share(LOTS[1], "Carmaker")
        if merged:
            _merge_everything(house)
        (shared,) = [row["run"] for row in house.sql(f"select run from runs where lot = '{LOTS[1]}'")["rows"]]
        full = {table: _seen(house, table) for table in TABLES}
    with corecar.open(tmp_path / "house", actor="guest") as guest:
        for table in TABLES:
            assert _seen(guest, table) == full[table] & {shared}, table
        assert [row["name"] for row in guest.sql("select name from lots")["rows"]] == [LOTS[1]]
        assert {row["lot"] for row in guest.trend("1000")["rows"]} == {LOTS[1]}
        assert guest.readings(LOTS[1], "1000").num_rows > 0
        with pytest.raises(NotFound):
            guest.readings(LOTS[0], "1000")


def _merge_everything(house: Workspace) -> None:
    """One file per table, as compaction leaves them; three files are too few to be due by themselves."""
    from corecar.bridge.keep import compaction
    from corecar.store.catalogue.sessions import writing_session
    from corecar.store.executors import Inline
    from corecar.store.lake.merging import Merged
    from corecar.store.lake.tables import LAKE_TABLES

    with writing_session(house.store.catalogue, "test") as token, pytest.MonkeyPatch.context() as patch:
        patch.setattr(compaction, "plan_merges", lambda files: [tuple(files)] if len(files) > 1 else [])
        for _, merged in compaction.merges(house.store, LAKE_TABLES, token, lambda: False, Inline()):
            assert isinstance(merged, Merged)


def test_a_lake_in_a_bucket_gives_the_same_answers(
    house: Workspace, files: list[Path], tmp_path: Path, object_server: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in object_server.environment().items():
        monkeypatch.setenv(name, value)
    place = f"s3://{object_server.bucket}/{secrets.token_hex(4)}"
    with corecar.init(tmp_path / "house", lake=place) as far:
        far.ingest(files, workers="inline")
        for statement in (
            "select run, count(*) as n, sum(hard_bin) as b from parts group by run order by run",
            'select * from measures order by run, test, scope, "group"',
        ):
            assert far.sql(statement)["rows"] == house.sql(statement)["rows"]
        assert far.trend("1000") == house.trend("1000")
        assert far.pareto(what="test") == house.pareto(what="test")
        assert far.readings(LOTS[0], "1000").equals(house.readings(LOTS[0], "1000"))
        assert far.wafer(LOTS[0], "W01", test="1000").equals(house.wafer(LOTS[0], "W01", test="1000"))
