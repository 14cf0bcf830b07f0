"""The first revision: people, sources, runs, lots and their states, the lake's files, jobs, audit."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "lake_files",
        sa.Column("id", _big, nullable=False),
        sa.Column("table", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("bytes", _big, nullable=False),
        sa.Column("rows", _big, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("retired_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lake_files")),
        sa.UniqueConstraint("key", name=op.f("uq_lake_files_key")),
    )
    op.create_index(op.f("ix_lake_files_table_retired_at"), "lake_files", ["table", "retired_at"], unique=False)
    op.create_table(
        "parties",
        sa.Column("id", _big, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parties")),
        sa.UniqueConstraint("name", name=op.f("uq_parties_name")),
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
    )
    op.create_table(
        "writing_sessions",
        sa.Column("token", sa.String(length=16), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("process", _big, nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_writing_sessions")),
    )
    op.create_table(
        "lots",
        sa.Column("id", _big, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("customer", sa.String(length=200), nullable=False),
        sa.Column("product", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("state_since", sa.DateTime(), nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_lots_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lots")),
        sa.UniqueConstraint(
            "owner_id", "customer", "product", "name", name=op.f("uq_lots_owner_id_customer_product_name")
        ),
    )
    op.create_index(op.f("ix_lots_name"), "lots", ["name"], unique=False)
    op.create_table(
        "people",
        sa.Column("id", _big, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("full_name", sa.String(length=200), nullable=True),
        sa.Column("party_id", _big, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_people_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("name", name=op.f("uq_people_name")),
    )
    op.create_table(
        "quarantined",
        sa.Column("id", _big, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("path_hash", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("bytes", _big, nullable=True),
        sa.Column("modified_ns", _big, nullable=True),
        sa.Column("problem", sa.String(length=60), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("tries", _big, nullable=False),
        sa.Column("first_at", sa.DateTime(), nullable=False),
        sa.Column("last_at", sa.DateTime(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(), nullable=True),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_quarantined_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined")),
        sa.UniqueConstraint("path_hash", name=op.f("uq_quarantined_path_hash")),
    )
    op.create_table(
        "audit",
        sa.Column("id", _big, nullable=False),
        sa.Column("verb", sa.String(length=60), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_audit_by_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_audit_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("by_id", "verb", "idempotency_key", name=op.f("uq_audit_by_id_verb_idempotency_key")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_table(
        "gradings",
        sa.Column("id", _big, nullable=False),
        sa.Column("lot_id", _big, nullable=False),
        sa.Column("stage", sa.String(length=100), nullable=True),
        sa.Column("temperature", sa.String(length=40), nullable=True),
        sa.Column("recipe", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("runs", sa.JSON(), nullable=False),
        sa.Column("hold", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_gradings_by_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_gradings_lot_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_gradings_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gradings")),
    )
    op.create_index(op.f("ix_gradings_lot_id"), "gradings", ["lot_id"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("id", _big, nullable=False),
        sa.Column("verb", sa.String(length=60), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("done", _big, nullable=False),
        sa.Column("total", _big, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("tries", _big, nullable=False),
        sa.Column("claim", sa.String(length=40), nullable=True),
        sa.Column("host", sa.String(length=200), nullable=True),
        sa.Column("process", _big, nullable=True),
        sa.Column("beat_at", sa.DateTime(), nullable=True),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_jobs_by_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_jobs_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index(op.f("ix_jobs_state"), "jobs", ["state"], unique=False)
    op.create_table(
        "lot_shares",
        sa.Column("lot_id", _big, nullable=False),
        sa.Column("party_id", _big, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_lot_shares_by_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_lot_shares_lot_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_lot_shares_party_id")),
        sa.PrimaryKeyConstraint("lot_id", "party_id", name=op.f("pk_lot_shares")),
    )
    op.create_table(
        "lot_states",
        sa.Column("id", _big, nullable=False),
        sa.Column("lot_id", _big, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_lot_states_by_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_lot_states_lot_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_lot_states_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_states")),
    )
    op.create_index(op.f("ix_lot_states_lot_id"), "lot_states", ["lot_id"], unique=False)
    op.create_table(
        "sources",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("bytes", _big, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("stored_bytes", _big, nullable=False),
        sa.Column("compression", sa.String(length=20), nullable=True),
        sa.Column("format", sa.String(length=40), nullable=True),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("salvaged", sa.Boolean(), nullable=False),
        sa.Column("ingested_at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_sources_by_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_sources_owner_id")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_sources")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("source_hash", sa.String(length=64), nullable=False),
        sa.Column("stream", _big, nullable=False),
        sa.Column("first_byte", _big, nullable=False),
        sa.Column("last_byte", _big, nullable=False),
        sa.Column("lot_id", _big, nullable=True),
        sa.Column("unfiled", sa.Text(), nullable=True),
        sa.Column("customer", sa.String(length=200), nullable=True),
        sa.Column("product", sa.String(length=200), nullable=True),
        sa.Column("lot_name", sa.String(length=200), nullable=True),
        sa.Column("sublot", sa.String(length=200), nullable=True),
        sa.Column("stage", sa.String(length=100), nullable=True),
        sa.Column("temperature", sa.String(length=40), nullable=True),
        sa.Column("test_pass", _big, nullable=False),
        sa.Column("test_program", sa.String(length=300), nullable=True),
        sa.Column("revision", sa.String(length=300), nullable=True),
        sa.Column("tester", sa.String(length=300), nullable=True),
        sa.Column("start", sa.DateTime(), nullable=True),
        sa.Column("finish", sa.DateTime(), nullable=True),
        sa.Column("read", sa.JSON(), nullable=False),
        sa.Column("parts", _big, nullable=False),
        sa.Column("tests", _big, nullable=False),
        sa.Column("results", _big, nullable=False),
        sa.Column("wafers", _big, nullable=False),
        sa.Column("first_tested", _big, nullable=False),
        sa.Column("first_good", _big, nullable=False),
        sa.Column("final_tested", _big, nullable=False),
        sa.Column("final_good", _big, nullable=False),
        sa.Column("ingested_at", sa.DateTime(), nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_runs_lot_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_runs_owner_id")),
        sa.ForeignKeyConstraint(["source_hash"], ["sources.hash"], name=op.f("fk_runs_source_hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index(op.f("ix_runs_lot_id"), "runs", ["lot_id"], unique=False)
    op.create_index(op.f("ix_runs_product"), "runs", ["product"], unique=False)
    op.create_index(op.f("ix_runs_source_hash"), "runs", ["source_hash"], unique=False)
    op.create_index(op.f("ix_runs_start"), "runs", ["start"], unique=False)
    op.create_table(
        "seen",
        sa.Column("path_hash", sa.String(length=64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("bytes", _big, nullable=False),
        sa.Column("modified_ns", _big, nullable=False),
        sa.Column("source_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["source_hash"], ["sources.hash"], name=op.f("fk_seen_source_hash")),
        sa.PrimaryKeyConstraint("path_hash", name=op.f("pk_seen")),
    )
    op.create_table(
        "corrections",
        sa.Column("id", _big, nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("fact", sa.String(length=40), nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_corrections_by_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_corrections_owner_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_corrections_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    op.create_index(op.f("ix_corrections_run_id"), "corrections", ["run_id"], unique=False)
    op.create_table(
        "lake_spans",
        sa.Column("file_id", _big, nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("first_row", _big, nullable=True),
        sa.Column("rows", _big, nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["lake_files.id"], name=op.f("fk_lake_spans_file_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_lake_spans_run_id")),
        sa.PrimaryKeyConstraint("file_id", "run_id", name=op.f("pk_lake_spans")),
    )
    op.create_index(op.f("ix_lake_spans_run_id"), "lake_spans", ["run_id"], unique=False)
