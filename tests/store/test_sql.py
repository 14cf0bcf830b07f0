"""SQL over the lake: what may be seen, the same answers on every path, errors that help, limits that hold."""

from __future__ import annotations

import _thread
import threading
import time
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from tests.store.drawn_lake import ORDER, RUNS, Drawn, draw_lake, run_id

from corecar.errors import QuestionError
from corecar.store.lake.listing import ByColumn, Listing
from corecar.store.lake.tables import LAKE_TABLES
from corecar.store.objects import ObjectStore
from corecar.store.questions import trend, wafer_map
from corecar.store.questions.sealed import Means, quoted, sealed
from corecar.store.questions.sql import ask_own, open_sql

HALF = frozenset(row["run"] for row in RUNS[::2])
QUESTIONS = [
    "select product, count(*) as parts from parts join runs using (run) group by all order by all",
    "select run, test, count(*) as n, min(value) as low, max(value) as high from results group by all order by all",
    'select * from measures order by run, test, scope, "group"',
    "select * from parts where run = '" + run_id("L2") + "' order by part",
    "select lot, bin, sum(final) as n from bins join runs using (run) where kind = 'hard' group by all order by all",
    "select count(*) as n from repeats",
    "describe parts",
]
SLOW = "select count(*) from range(100000000) a(x), range(1000000) b(y) where (x * y) % 7 = 3"


def _listings(root: Path, visible: frozenset[str] | None) -> list[Listing]:
    """The same rows four ways: files per run or merged, on this disk or elsewhere."""
    return [
        draw_lake(root / f"{len(merged)}", merged=merged, remote=remote, visible=visible).listing
        for merged in ((), LAKE_TABLES)
        for remote in (False, True)
    ]


@pytest.mark.parametrize("visible", [None, HALF, frozenset()], ids=["all", "half", "none"])
def test_every_path_gives_the_same_answer(tmp_path: Path, visible: frozenset[str] | None) -> None:
    listings = _listings(tmp_path, visible)
    for question in QUESTIONS:
        first, *others = [open_sql(listing).ask(question).table for listing in listings]
        assert all(other.equals(first) for other in others), question


def test_a_lake_in_a_bucket_gives_the_same_answers(lake: Drawn, bucket: ObjectStore) -> None:
    for file in (file for files in lake.listing.files.values() for file in files):
        bucket.put_file(lake.listing.objects.path(file.key), file.key)
    there = replace(lake.listing, objects=bucket)
    for question in QUESTIONS:
        assert open_sql(there).ask(question).table.equals(open_sql(lake.listing).ask(question).table), question
    assert trend(there, number=1000).equals(trend(lake.listing, number=1000))
    arguments = (run_id("L2"), "W01", "VDD")
    assert wafer_map(there, *arguments).equals(wafer_map(lake.listing, *arguments))


def test_answers_are_those_of_pandas(lake: Drawn) -> None:
    found = open_sql(lake.listing).ask(QUESTIONS[0]).table.to_pandas()
    joined = lake.frames["parts"].merge(lake.frames["runs"], on="run")
    assert dict(zip(found["product"], found["parts"], strict=True)) == joined.groupby("product").size().to_dict()


@pytest.mark.parametrize("table", LAKE_TABLES)
@pytest.mark.parametrize("merged", [(), LAKE_TABLES], ids=["files per run", "merged"])
def test_only_visible_runs_are_seen(tmp_path: Path, table: str, merged: tuple[str, ...]) -> None:
    drawn = draw_lake(tmp_path, merged=merged, visible=HALF)
    found = open_sql(drawn.listing).ask(f"select distinct run from {table}").table["run"].to_pylist()
    held = set(drawn.frames[table]["run"]) if table in drawn.frames else set()
    assert set(found) == held & HALF
    assert set(open_sql(drawn.listing).ask("select run from runs").table["run"].to_pylist()) == HALF


LEAKS = [
    "select count(*) from parts where (case when part_id like 'secret 1 %' then part_id else '1' end)::int > 0",
    "select count(*) from parts where (case when part_id like 'secret 7 %' then part_id else '1' end)::int > 0",
    "select part_id::int from parts",
    "select error(part_id) from parts",
    "select count(*) from parts where case when part_id like 'secret 1 %' then error(part_id) else true end",
    "select 1 / (case when part_id = 'secret 1 3' then 0 else 1 end) as x from parts order by all limit 1",
    "select max(part_id) from parts",
    "summarize parts",
]


@pytest.mark.parametrize("remote", [False, True])
@pytest.mark.parametrize("sql", LEAKS)
def test_no_error_and_no_statistic_tells_of_a_hidden_run(tmp_path: Path, sql: str, remote: bool) -> None:
    hidden, *_ = [place for place, row in enumerate(RUNS) if row["run"] not in HALF]
    drawn = draw_lake(tmp_path, merged=LAKE_TABLES, remote=remote, visible=HALF)
    try:
        told = str(open_sql(drawn.listing).ask(sql).table.to_pylist())
    except QuestionError as error:
        told = str(error)
    assert f"secret {hidden} " not in told
    assert f"secret {len(RUNS) - 1} " not in told


def test_a_merged_file_with_hidden_rows_is_never_open_to_a_user(tmp_path: Path) -> None:
    drawn = draw_lake(tmp_path, merged=LAKE_TABLES, visible=HALF)
    with sealed(drawn.listing, ["parts"], Means()) as connection:
        assert connection.execute("select current_setting('allowed_paths')").fetchone() == ([],)
    assert ask_own(drawn.listing, ["parts"], "select distinct run from parts").num_rows == len(HALF)


def test_a_table_of_the_catalogue_is_asked_for_only_when_needed(lake: Drawn) -> None:
    asked = []

    def grades() -> pa.Table:
        asked.append("grades")
        return pa.table({"lot": ["L1"], "grade": ["A"]})

    listing = lake.listing.with_catalogue("grades", grades)
    open_sql(listing).ask("select count(*) from parts join lots on true")
    assert asked == []
    assert open_sql(listing).ask("select grade from Grades").table["grade"].to_pylist() == ["A"]
    assert asked == ["grades"]


ALL = ["run", "lot", "stage", "start"]


@pytest.mark.parametrize(
    ("sql", "read"),
    [
        ("select count(*) from notes", ["run"]),
        ("select LOT from notes n where n.stage = 'x'", ["run", "lot", "stage"]),
        ("select count(*) from notes join notes as other using (start)", ["run", "start"]),
        ("with own as (select lot from notes) select own.lot from own", ["run", "lot"]),
        ("select * exclude (lot) from notes", ALL), ("select columns('l.*') from notes", ALL), ("from notes", ALL),
        ("select #2 from notes", ALL), ("select n from notes n", ALL), ("select b from notes as n(a, b)", ALL),
        ("select 1 from notes natural join runs", ALL), ("describe notes", ALL), ("summarize notes", ALL),
        ("select 1 from notes pivot (count(*) for lot in ('L1'))", ALL), ("select count(n.*) from notes n", ALL),
    ],
)  # fmt: skip
def test_of_a_wide_table_only_what_a_statement_names_is_read(lake: Drawn, sql: str, read: list[str]) -> None:
    asked: list[tuple[str, ...]] = []

    def give(names: tuple[str, ...]) -> pa.Table:
        asked.append(names)
        return pa.table({name: pa.nulls(1, pa.string()) for name in names})

    open_sql(lake.listing.with_catalogue("notes", ByColumn(tuple(ALL), give))).ask(sql)
    assert [list(names) for names in asked] == [read]


def test_an_unknown_column_of_a_wide_table_lists_them_all_and_reads_none(lake: Drawn) -> None:
    listing = lake.listing.with_catalogue(
        "notes", ByColumn(("a", "b"), lambda names: pa.table({n: [1] for n in names}))
    )
    with pytest.raises(QuestionError, match="notes has the columns a, b"):
        open_sql(listing).ask("select c from notes")


HOSTILE = ["it's", 'a"b', "a*b", "q?m", "[x]", "site=7", "a b;--", "{c}", "ü中", "a,b"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "aXb").mkdir()
    listing = draw_lake(tmp_path / name).listing
    with sealed(listing, ["parts"], Means()) as connection:
        assert len(connection.execute("select current_setting('allowed_paths')").fetchone()[0]) == len(RUNS)
    assert open_sql(listing).ask("select count(*) as n, max(site) as s from parts").table.to_pylist() == [
        {"n": 480, "s": 3}
    ]


@pytest.mark.parametrize("name", [*HOSTILE, "", 'x"; drop table y; --', "select", "\n"])
def test_a_quoted_name_is_one_name(name: str) -> None:
    import duckdb

    if not name:
        return
    with duckdb.connect() as connection:
        assert connection.sql(f"select 1 as {quoted(name)}").columns == [name]


def test_parameters_are_values(lake: Drawn) -> None:
    sql = "select count(*) as n from tests where name = ? and number = ?"
    assert open_sql(lake.listing).ask(sql, ["it's [x]*", 1003]).table["n"].to_pylist() == [len(RUNS)]
    assert open_sql(lake.listing).ask(sql, ["x' or true --", 1003]).table["n"].to_pylist() == [0]


def test_an_unknown_table_lists_those_there_are(lake: Drawn) -> None:
    with pytest.raises(
        QuestionError, match=r'no table "mesures"\. Did you mean "measures"\? .* runs, lots, parts, tests'
    ):
        open_sql(lake.listing).ask("select * from mesures")


def test_an_unknown_column_lists_those_there_are(lake: Drawn) -> None:
    with pytest.raises(QuestionError, match=r'"prodct" not found(?s:.)*runs has the columns run, lot, start') as caught:
        open_sql(lake.listing).ask("select prodct from runs join bins using (run)")
    assert "bins has the columns run, kind, bin" in str(caught.value)
    assert "parts has" not in str(caught.value)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("selec 1", r'syntax error at or near "selec"'),
        ("select frobnicate(run) from runs", "frobnicate"),
        ("select lot::int from runs", "Could not convert string 'L1'"),
        ("select run from runs join bins on true", "[Aa]mbiguous"),
        ("pivot parts on hard_bin using count(*)", r"PIVOT needs its columns named"),
        ("", "0 statements"),
        ("select * from main.parts", r'no table "main.parts"'),
    ],
)
def test_an_error_says_what_is_wrong_in_the_statement(lake: Drawn, sql: str, message: str) -> None:
    with pytest.raises(QuestionError, match=message) as caught:
        open_sql(lake.listing).ask(sql)
    assert "Error:" not in str(caught.value)


def test_a_statement_may_be_nested_deeply_without_harm(lake: Drawn) -> None:
    with pytest.raises(QuestionError):
        open_sql(lake.listing).ask("select " + "(" * 5000 + "1" + ")" * 5000)


def test_a_file_that_vanished_is_told(tmp_path: Path) -> None:
    for remote in (False, True):
        drawn = draw_lake(tmp_path / str(remote), remote=remote)
        gone = drawn.listing.files["parts"][3].key
        Path(drawn.listing.objects.path(gone)).unlink()
        with pytest.raises(QuestionError, match="Ask again"):
            open_sql(drawn.listing).ask("select max(part_id) from parts")


def test_rows_beyond_the_limit_are_counted(lake: Drawn) -> None:
    answer = open_sql(lake.listing).ask("select * from parts", limit=100)
    assert (answer.table.num_rows, answer.more, answer.rest) == (100, 380, "380 more rows")
    assert open_sql(lake.listing).ask("select * from runs", limit=100).rest == ""
    assert open_sql(lake.listing).ask("select * from parts", limit=0).more == 480


def test_columns_of_an_answer_have_distinct_names_and_plain_numbers(lake: Drawn) -> None:
    answer = open_sql(lake.listing).ask("select 1 as a, 2 as a, sum(x) as s, 3 as a_2 from range(3) as t(x)")
    assert answer.table.to_pylist() == [{"a": 1, "a_3": 2, "s": 3, "a_2": 3}]
    assert open_sql(lake.listing).ask("select 9223372036854775808 + 1 as big").table.num_rows == 1


def test_a_question_is_given_up_in_time(lake: Drawn) -> None:
    begun = time.monotonic()
    with pytest.raises(QuestionError, match=r"took longer than 0\.3 s"):
        open_sql(lake.listing).ask(SLOW, timeout_s=0.3)
    assert time.monotonic() - begun < 5


def test_ctrl_c_ends_a_question(lake: Drawn) -> None:
    begun = time.monotonic()
    timer = threading.Timer(0.5, _thread.interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        open_sql(lake.listing).ask(SLOW, timeout_s=30)
    timer.join()
    assert time.monotonic() - begun < 10


def test_memory_and_threads_are_limited(lake: Drawn) -> None:
    with pytest.raises(QuestionError, match="more memory than it may use"):
        open_sql(lake.listing, memory_bytes=50 << 20).ask(
            "select range, hash(range) as h from range(9000000) order by h"
        )
    with sealed(lake.listing, [], Means(threads=1)) as connection:
        assert connection.execute("select current_setting('threads')").fetchone() == (1,)


def test_nothing_stays_behind_for_the_next_question(lake: Drawn) -> None:
    connection = open_sql(lake.listing)
    connection.ask("with secret as (select 42 as a) from secret")
    with pytest.raises(QuestionError, match='no table "secret"'):
        connection.ask("from secret")


def test_the_order_of_the_drawn_measures_is_the_order_of_the_lake(lake: Drawn) -> None:
    frame = lake.frames["measures"]
    for _, rows in frame.groupby("run"):
        assert rows.index.equals(rows.sort_values(ORDER).index)


def test_an_answer_too_long_for_anyone_is_refused_before_it_fills_the_memory(lake: Drawn) -> None:
    began = time.monotonic()
    with pytest.raises(QuestionError, match="Let SQL count, group or limit"):
        open_sql(lake.listing).ask("select range, range::varchar as text from range(300000000)")
    assert len(open_sql(lake.listing).ask("select * from range(300000000)", limit=5).table) == 5
    assert time.monotonic() - began < 60
