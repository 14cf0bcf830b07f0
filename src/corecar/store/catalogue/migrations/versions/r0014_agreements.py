"""Memoranda: their terms, steps, comments, signed files, what was called off and delivered, who may see them."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.create_table(
        "agreement_authorities",
        sa.Column("id", _big, nullable=False),
        sa.Column("party", sa.String(length=200), nullable=False),
        sa.Column("account_id", _big, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        _refers("agreement_authorities", "account_id", "parties"),
        _refers("agreement_authorities", "by_id", "people"),
        _refers("agreement_authorities", "owner_id", "parties"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_authorities")),
    )
    op.create_index(op.f("ix_agreement_authorities_account_id"), "agreement_authorities", ["account_id"])
    op.create_table(
        "agreements",
        sa.Column("id", _big, nullable=False),
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("first_id", _big, nullable=True),
        sa.Column("earlier_id", _big, nullable=True),
        sa.Column("made_of", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        _refers("agreements", "by_id", "people"),
        _refers("agreements", "earlier_id", "agreements"),
        _refers("agreements", "first_id", "agreements"),
        _refers("agreements", "owner_id", "parties"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreements")),
        sa.UniqueConstraint("number", name=op.f("uq_agreements_number")),
    )
    op.create_index(op.f("ix_agreements_first_id"), "agreements", ["first_id"])
    op.create_index(op.f("ix_agreements_owner_id"), "agreements", ["owner_id"])
    op.create_table(
        "agreement_comments",
        sa.Column("id", _big, nullable=False),
        sa.Column("agreement_id", _big, nullable=False),
        sa.Column("identity", sa.String(length=36), nullable=False),
        sa.Column("party", sa.String(length=200), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        _refers("agreement_comments", "agreement_id", "agreements"),
        _refers("agreement_comments", "by_id", "people"),
        _refers("agreement_comments", "owner_id", "parties"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_comments")),
        sa.UniqueConstraint("identity", name=op.f("uq_agreement_comments_identity")),
    )
    op.create_index(op.f("ix_agreement_comments_agreement_id"), "agreement_comments", ["agreement_id"])
    op.create_table(
        "agreement_files",
        sa.Column("agreement_id", _big, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        _refers("agreement_files", "agreement_id", "agreements"),
        _refers("agreement_files", "by_id", "people"),
        _refers("agreement_files", "owner_id", "parties"),
        sa.PrimaryKeyConstraint("agreement_id", "sha256", name=op.f("pk_agreement_files")),
    )
    op.create_table(
        "agreement_links",
        sa.Column("agreement_id", _big, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("volume", _big, nullable=False),
        sa.Column("party", sa.String(length=200), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        _refers("agreement_links", "agreement_id", "agreements"),
        _refers("agreement_links", "by_id", "people"),
        _refers("agreement_links", "owner_id", "parties"),
        sa.PrimaryKeyConstraint("agreement_id", "kind", "volume", "party", name=op.f("pk_agreement_links")),
    )
    op.create_table(
        "agreement_moves",
        sa.Column("id", _big, nullable=False),
        sa.Column("agreement_id", _big, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("volume", _big, nullable=False),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("quantity", sa.Double(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("party", sa.String(length=200), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        _refers("agreement_moves", "agreement_id", "agreements"),
        _refers("agreement_moves", "by_id", "people"),
        _refers("agreement_moves", "owner_id", "parties"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_moves")),
    )
    op.create_index(op.f("ix_agreement_moves_agreement_id"), "agreement_moves", ["agreement_id"])
    op.create_table(
        "agreement_parties",
        sa.Column("agreement_id", _big, nullable=False),
        sa.Column("party", sa.String(length=200), nullable=False),
        sa.Column("account_id", _big, nullable=True),
        _refers("agreement_parties", "account_id", "parties"),
        _refers("agreement_parties", "agreement_id", "agreements"),
        sa.PrimaryKeyConstraint("agreement_id", "party", name=op.f("pk_agreement_parties")),
    )
    op.create_index(op.f("ix_agreement_parties_account_id"), "agreement_parties", ["account_id"])
    op.create_table(
        "agreement_shares",
        sa.Column("agreement_id", _big, nullable=False),
        sa.Column("by_party", sa.String(length=200), nullable=False),
        sa.Column("party_id", _big, nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        _refers("agreement_shares", "agreement_id", "agreements"),
        _refers("agreement_shares", "by_id", "people"),
        _refers("agreement_shares", "party_id", "parties"),
        sa.PrimaryKeyConstraint("agreement_id", "by_party", "party_id", name=op.f("pk_agreement_shares")),
    )
    op.create_table(
        "agreement_steps",
        sa.Column("agreement_id", _big, nullable=False),
        sa.Column("number", _big, nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("party", sa.String(length=200), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("terms_sha256", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        _refers("agreement_steps", "agreement_id", "agreements"),
        _refers("agreement_steps", "by_id", "people"),
        _refers("agreement_steps", "owner_id", "parties"),
        sa.PrimaryKeyConstraint("agreement_id", "number", name=op.f("pk_agreement_steps")),
    )
    op.create_table(
        "agreement_terms",
        sa.Column("agreement_id", _big, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        _refers("agreement_terms", "agreement_id", "agreements"),
        sa.PrimaryKeyConstraint("agreement_id", "sha256", name=op.f("pk_agreement_terms")),
    )
