"""The genealogy of chips: things, events, blocks of pieces, what became of what."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_json = sa.JSON(none_as_null=True)


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _number(name: str, *, null: bool = False, counted: bool = False) -> sa.Column[int]:
    return sa.Column(name, _big, nullable=null, autoincrement=counted)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def upgrade() -> None:
    op.create_table(
        "trace_imports",
        _number("id", counted=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("format", sa.String(40), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        _number("events"),
        sa.Column("options", _json, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        _number("by_id"),
        _number("owner_id"),
        _refers("trace_imports", "by_id", "people"),
        _refers("trace_imports", "owner_id", "parties"),
        _key("trace_imports", "id"),
        sa.UniqueConstraint("owner_id", "hash", name=op.f("uq_trace_imports_owner_id_hash")),
    )
    op.create_table(
        "trace_things",
        _number("id"),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        _number("left"),
        sa.Column("taken_at", sa.DateTime(), nullable=True),
        _number("since"),
        _number("owner_id"),
        _refers("trace_things", "owner_id", "parties"),
        _key("trace_things", "id"),
        sa.UniqueConstraint("owner_id", "kind", "name", name=op.f("uq_trace_things_owner_id_kind_name")),
    )
    op.create_table(
        "trace_events",
        _number("id"),
        _number("import_id"),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        _number("owner_id"),
        _refers("trace_events", "import_id", "trace_imports"),
        _refers("trace_events", "owner_id", "parties"),
        _key("trace_events", "id"),
        sa.UniqueConstraint("owner_id", "reference", name=op.f("uq_trace_events_owner_id_reference")),
    )
    op.create_table(
        "trace_blocks",
        _number("first"),
        _number("last"),
        _number("thing_id"),
        sa.Column("places", sa.String(100), nullable=True),
        _number("quantity"),
        _number("event_id"),
        _number("owner_id"),
        _refers("trace_blocks", "thing_id", "trace_things"),
        _refers("trace_blocks", "event_id", "trace_events"),
        _refers("trace_blocks", "owner_id", "parties"),
        _key("trace_blocks", "first"),
    )
    op.create_table(
        "trace_edges",
        *(_number(name) for name in ("from_block", "from_first", "to_first", "from_last")),
        *(_number(name) for name in ("to_last", "to_block", "flags")),
        _key("trace_edges", "from_block", "from_first", "to_first"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "trace_touches",
        *(_number(name) for name in ("event_id", "first", "last", "block")),
        _refers("trace_touches", "event_id", "trace_events"),
        _key("trace_touches", "event_id", "first"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "trace_marks",
        _number("thing_id"),
        sa.Column("at", sa.DateTime(), nullable=False),
        _number("event_id"),
        _refers("trace_marks", "thing_id", "trace_things"),
        _refers("trace_marks", "event_id", "trace_events"),
        _key("trace_marks", "thing_id", "at", "event_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "trace_shares",
        _number("owner_id"),
        _number("party_id"),
        sa.Column("at", sa.DateTime(), nullable=False),
        _number("by_id"),
        _refers("trace_shares", "owner_id", "parties"),
        _refers("trace_shares", "party_id", "parties"),
        _refers("trace_shares", "by_id", "people"),
        _key("trace_shares", "owner_id", "party_id"),
    )
    for table, columns in (
        ("trace_things", ("name",)),
        ("trace_blocks", ("thing_id",)),
        ("trace_blocks", ("event_id",)),
        ("trace_edges", ("to_block", "to_first")),
        ("trace_touches", ("block",)),
        ("trace_marks", ("event_id",)),
    ):
        _index(table, *columns)
