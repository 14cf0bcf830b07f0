"""A question can read the views and nothing else: each way out is tried, at the statement check and behind it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from tests.store.drawn_lake import Drawn, run_id

from corecar.errors import QuestionError
from corecar.store.lake.tables import LAKE_TABLES
from corecar.store.questions.sealed import Means, sealed
from corecar.store.questions.sql import open_sql

outside = pa.table({"secret": ["of the Python process"]})

WAYS_OUT = {
    "a file by its name": "from '{file}'",
    "a file of the lake": "from read_parquet('{lake}')",
    "a text file": "select * from read_text('{file}')",
    "a CSV file": "select * from read_csv('{file}')",
    "a JSON file": "select * from read_json('{file}')",
    "raw bytes": "select * from read_blob('{file}')",
    "names of files": "select * from glob('{folder}/*')",
    "what a CSV looks like": "select * from sniff_csv('{file}')",
    "the footer of a lake file": "select * from parquet_metadata('{lake}')",
    "the network": "from 'http://127.0.0.1:9/x.parquet'",
    "the network by a function": "from read_parquet('https://127.0.0.1:9/x.parquet')",
    "a bucket": "from 's3://bucket/x.parquet'",
    "another database": "attach '{folder}/other.db'",
    "another database read": "from read_duckdb('{folder}/other.db')",
    "copying out": "copy (select 1) to '{folder}/out.csv'",
    "copying over the lake": "copy (select 1 as run) to '{lake}' (format parquet, use_tmp_file false)",
    "copying inside a SELECT": "with x as (copy (select 1) to '{folder}/out.csv') select 1",
    "copying over the lake inside a SELECT": (
        "with x as (copy (select 1 as run) to '{lake}' (format parquet, use_tmp_file false)) select 1"
    ),
    "exporting": "export database '{folder}/out'",
    "importing": "import database '{folder}'",
    "installing an extension": "install httpfs",
    "loading an extension": "load httpfs",
    "loading a library": "load '{folder}/x.so'",
    "a setting": "set threads = 1",
    "a setting by pragma": "pragma threads = 1",
    "resetting a setting": "reset memory_limit",
    "unlocking": "set lock_configuration = false",
    "opening access": "set enable_external_access = true",
    "more paths": "set allowed_paths = ['{file}']",
    "the settings": "from duckdb_settings()",
    "the settings as a table": "from duckdb_settings",
    "the secrets": "from duckdb_secrets()",
    "making a secret": "create secret (type s3)",
    "logging to a file": "select * from enable_logging(storage = 'file', storage_path = '{folder}/log')",
    "logging by call": "call enable_logging(storage = 'file', storage_path = '{folder}/log')",
    "profiling": "select * from enable_profiling()",
    "a checkpoint": "from checkpoint()",
    "an external resource": "from create_external_resource('x')",
    "SQL in a string": "from query('select 1')",
    "a table in a string": "from query_table('parts')",
    "SQL in JSON": "from json_execute_serialized_sql(json_serialize_sql('select 1'))",
    "a Python variable": "from outside",
    "an Arrow pointer": "from arrow_scan(1, 2, 3)",
    "a pandas pointer": "from pandas_scan(1)",
    "how views are made": "from duckdb_views()",
    "the catalogue of DuckDB": "from information_schema.tables",
    "the catalogue of PostgreSQL": "from pg_catalog.pg_class",
    "the catalogue of SQLite": "from sqlite_master",
    "a table": "create table x as select 1",
    "a view": "create view x as select 1",
    "a function": "create macro f(x) as x + 1",
    "dropping a view": "drop view parts",
    "inserting": "insert into parts values (1)",
    "inserting inside a SELECT": "with x as (insert into parts (run) values ('x') returning run) from x",
    "deleting inside a SELECT": "with x as (delete from parts returning run) from x",
    "updating inside a SELECT": "with x as (update parts set run = 'x' returning run) from x",
    "a variable": "set variable x = 1",
    "a prepared statement": "prepare p as select 1",
    "a transaction": "begin",
    "another schema": "use memory",
    "explaining what writes": "explain analyze copy (select 1) to '{folder}/out.csv'",
    "vacuum": "vacuum",
    "calling": "call pragma_version()",
    "a pragma": "pragma version",
    "databases": "show databases",
    "a second statement": "select 1; select 2",
    "a second statement that writes": "select 1; copy (select 1) to '{folder}/out.csv'",
    "nothing": "  -- only a comment",
}


def _filled(sql: str, lake: Drawn, folder: Path) -> str:
    file = folder / "secret.csv"
    file.write_text("secret\n1\n")
    objects, (part, *_) = lake.listing.objects, lake.listing.files["parts"]
    return sql.format(file=file, folder=folder, lake=objects.path(part.key))


@pytest.mark.parametrize("sql", WAYS_OUT.values(), ids=WAYS_OUT)
def test_no_statement_leads_out(lake: Drawn, tmp_path: Path, sql: str) -> None:
    statement = _filled(sql, lake, tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(QuestionError, match=r"question|read|statement"):
        open_sql(lake.listing).ask(statement)
    assert sorted(tmp_path.iterdir()) == before
    assert open_sql(lake.listing).ask("select count(*) as n from parts").table["n"].to_pylist() == [480]


BEHIND_THE_CHECK = [
    "a file by its name", "a text file", "a CSV file", "a JSON file", "raw bytes", "names of files",
    "what a CSV looks like", "the network", "the network by a function", "a bucket", "another database",
    "another database read", "copying out", "copying inside a SELECT", "exporting", "installing an extension",
    "loading an extension", "loading a library", "a setting", "a setting by pragma", "resetting a setting", "unlocking",
    "opening access", "more paths", "making a secret", "logging to a file", "logging by call", "profiling",
    "a Python variable",
]  # fmt: skip


@pytest.mark.parametrize("way", BEHIND_THE_CHECK)
def test_the_database_is_shut_even_without_the_check(lake: Drawn, tmp_path: Path, way: str) -> None:
    statement = _filled(WAYS_OUT[way], lake, tmp_path)
    before = sorted(tmp_path.iterdir())
    with sealed(lake.listing, LAKE_TABLES, Means()) as connection, pytest.raises(duckdb.Error):
        connection.execute(statement)
    assert sorted(tmp_path.iterdir()) == before


LOCKED = {
    "enable_external_access": "false", "lock_configuration": "true", "python_enable_replacements": "false",
    "python_scan_all_frames": "false", "autoload_known_extensions": "false", "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false", "allow_unsigned_extensions": "false", "temp_directory": "",
    "allowed_directories": "[]", "allowed_configs": "[]",
}  # fmt: skip


@pytest.mark.parametrize(("setting", "value"), LOCKED.items())
def test_settings_stand_and_are_locked(lake: Drawn, setting: str, value: str) -> None:
    with sealed(lake.listing, ["parts"], Means()) as connection:
        found = connection.execute("select value from duckdb_settings() where name = ?", [setting]).fetchone()
        assert found == (value,)
        with pytest.raises(duckdb.Error, match=r"locked|disabled|cannot"):
            connection.execute(f"set {setting} = '{value}'")


def test_only_the_listed_files_are_open(lake: Drawn) -> None:
    narrow = lake.listing.narrowed([run_id("L2")])
    with sealed(narrow, ["parts"], Means()) as connection:
        (paths,) = connection.execute("select current_setting('allowed_paths')").fetchone() or ("",)
        assert [Path(path).name for path in paths] == [f"{run_id('L2')[:16]}-00000000.parquet"]


READ_ONLY = [
    "select 1",
    "values (1), (2)",
    "from parts",
    "table parts",
    "select count(*) filter (where hard_bin = 1) from parts",
    "with x as (select * from parts), y as (from x) select * from y order by part limit 3",
    "with recursive r(n) as (select 1 union all select n + 1 from r where n < 5) select * from r",
    "select product, avg(value) from results join runs using (run) group by all having count(*) > 1 order by all",
    "select *, row_number() over (partition by run order by part) from parts qualify row_number() over () < 9",
    "select * from parts where run in (select run from runs where lot = 'L1') and exists (select 1 from lots)",
    "from PARTS as p asof join parts as q on p.part >= q.part",
    "select unnest([1, 2]), x from range(3) as t(x), unnest(['a']) as u(y)",
    "select * from (values (1, 'a'), (2, 'b')) as t(n, name) union all by name select 3 as n, 'c' as name",
    "pivot parts on hard_bin in (1, 5) using count(*) group by run",
    "unpivot (select n, failed from measures) on n, failed",
    "select columns('hard.*') from parts using sample 10 rows",
    "select distinct on (run) run, part from parts order by run, part desc nulls last limit 10 percent",
    "select list_transform([1, 2], lambda v: v + 1), {'type': 'BASE_TABLE', 'b': 2}, case when true then 1 end",
    "select 'COPY_QUERY_NODE' as type, count(*) from parts group by grouping sets ((), (run))",
    "describe parts",
    "describe select 1 as a",
    "summarize bins",
    "show tables",
    "select * from (describe parts)",
    "select quantile_cont(value, [0.25, 0.75]), mode(test), approx_count_distinct(part) from results",
    "select * from parts positional join tests",
    "select * from json_each('[1, 2]')",
    "select '1; drop table parts' as text;",
]


@pytest.mark.parametrize("sql", READ_ONLY)
def test_what_only_reads_is_answered(lake: Drawn, sql: str) -> None:
    assert open_sql(lake.listing).ask(sql).table.num_columns > 0
