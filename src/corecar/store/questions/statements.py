"""Which SQL a question may consist of, decided on the tree that DuckDB's own parser makes of it.

What is not known to be harmless is refused. To DuckDB a statement that begins with `with` is a SELECT even when it
writes a file (`with x as (copy ... to ...) select 1`), so the kind of the statement alone says too little.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from corecar.errors import QuestionError

NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
SOURCES = frozenset(
    {"BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EMPTY", "EXPRESSION_LIST", "PIVOT", "SHOW_REF"}
)
MODIFIERS = frozenset(
    {"ORDER_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER",
     "ORDER_DEFAULT", "ASCENDING", "DESCENDING"}
)  # fmt: skip
TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series", "json_each", "json_tree"})
SHOWN = frozenset({"DESCRIBE", "SUMMARY"})

_ONLY = "A question is one SELECT statement (also WITH ... SELECT, VALUES, DESCRIBE, SUMMARIZE, SHOW TABLES)."


@dataclass(frozen=True)
class Statement:
    """One statement that has been found harmless.

    sql      as the user wrote it
    views    the views that it reads, in lower case; all of them for SHOW TABLES
    columns  every name that may be a column of one, in lower case; None when it may read any
    """

    sql: str
    views: frozenset[str]
    columns: frozenset[str] | None = None


def checked(connection: duckdb.DuckDBPyConnection, sql: str, views: Collection[str]) -> Statement:
    """The statement, when it only reads from these views. Nothing is executed.

    connection  any DuckDB connection; its parser is used
    Raises      QuestionError for what cannot be parsed, is not one SELECT, or reads from anything else
    """
    _one_select(connection, sql)
    found = list(_elements(_tree(connection, sql)))
    for element in found:
        _refuse_unknown(element)
    known = {name.lower() for name in views}
    own = {entry["key"].lower() for element in found for entry in _common_tables(element)}
    named = [_table_name(element) for element in found if element.get("type") == "BASE_TABLE"]
    for name in named:
        if name.lower() not in known | own:
            raise QuestionError(unknown_table(name, views))
    if any(element.get("type") == "SHOW_REF" and element.get("table_name") for element in found):
        return Statement(sql, frozenset(known))
    return Statement(sql, frozenset(name.lower() for name in named) & known, _columns(found))


def unknown_table(name: str, views: Collection[str]) -> str:
    """What to say of a table that is not there."""
    near = difflib.get_close_matches(name.lower(), list(views), n=1)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    return f'there is no table "{name}".{hint} A question reads from {", ".join(views)}.'


def _one_select(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise QuestionError(f"{len(statements)} statements were given, one was expected. {_ONLY}")
    kind = statements[0].type.name
    if kind == "MULTI":
        raise QuestionError(f"PIVOT needs its columns named: PIVOT ... ON column IN ('a', 'b') USING ... {_ONLY}")
    if kind != "SELECT":
        raise QuestionError(f"{kind} is not possible here: a question only reads. {_ONLY}")


def _tree(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    (text,) = connection.execute("select json_serialize_sql(?::varchar)", [sql]).fetchone() or ("{}",)
    try:
        tree = json.loads(text)
    except RecursionError as error:
        raise QuestionError("the statement is nested too deeply. Write it in several WITH parts.") from error
    if tree.get("error", True) or len(tree["statements"]) != 1:
        raise QuestionError(f"this statement cannot be checked: {tree.get('error_message', 'unknown')}. {_ONLY}")
    return tree["statements"]


def _elements(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of the tree, without recursion, since a user chooses the depth."""
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _refuse_unknown(element: dict[str, Any]) -> None:
    """Statements, sources of rows and table functions are refused unless they are known to only read."""
    kind = element.get("type")
    if "class" in element or not isinstance(kind, str):
        return
    if kind not in NODES | SOURCES | MODIFIERS:
        word = kind.removesuffix("_QUERY_NODE").removesuffix("_NODE")
        raise QuestionError(f"{word} is not possible here: a question only reads. {_ONLY}")
    if kind == "TABLE_FUNCTION":
        _refuse_function(element)
    shown = element.get("show_type")
    if kind == "SHOW_REF" and shown not in SHOWN and element.get("table_name") != '"tables"':
        raise QuestionError(f"only SHOW TABLES can be shown. {_ONLY}")


def _refuse_function(element: dict[str, Any]) -> None:
    function = element["function"]
    name = str(function.get("function_name")).lower()
    if name not in TABLE_FUNCTIONS or function.get("schema") or function.get("catalog"):
        allowed = ", ".join(sorted(TABLE_FUNCTIONS))
        raise QuestionError(
            f'a question cannot read from the function "{name}"; it can from {allowed} and from the views.'
        )


def _common_tables(element: dict[str, Any]) -> list[dict[str, Any]]:
    found = element.get("cte_map")
    return found["map"] if isinstance(found, dict) else []


def _columns(elements: list[dict[str, Any]]) -> frozenset[str] | None:
    """Names of columns in a statement; None where a star, a position or a whole row stands for more."""
    tables = {str(element[key]).lower() for element in elements if element.get("type") == "BASE_TABLE"
              for key in ("table_name", "alias")}  # fmt: skip
    found: set[str] = set()
    for element in elements:
        names = [name.lower() for name in element.get("column_names") or ()]
        if _means_every_column(element) or (names and names[-1] in tables):
            return None
        found.update(names, (name.lower() for name in element.get("using_columns") or ()))
    return frozenset(found)


def _means_every_column(element: dict[str, Any]) -> bool:
    if element.get("class") in ("STAR", "POSITIONAL_REFERENCE"):
        return True
    kind = element.get("type")
    renamed = kind == "BASE_TABLE" and bool(element.get("column_name_alias"))
    return renamed or kind in ("PIVOT", "SHOW_REF") or element.get("ref_type") == "NATURAL"


def _table_name(element: dict[str, Any]) -> str:
    """The name of a table; with its schema in front where one was written, which no view has."""
    parts = [element.get("catalog_name"), element.get("schema_name"), element["table_name"]]
    return ".".join(part for part in parts if part)
