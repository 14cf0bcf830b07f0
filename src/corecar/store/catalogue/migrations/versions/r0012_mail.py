"""Mail: who reads where, who gets which alerts and reports, what was written to whom."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _person(table: str, column: str = "person_id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["people.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.create_table(
        "mail_readers",
        sa.Column("person_id", _big, nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        _person("mail_readers", "by_id"),
        _person("mail_readers"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_mail_readers")),
    )
    op.create_table(
        "alert_subscriptions",
        sa.Column("person_id", _big, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        _person("alert_subscriptions", "by_id"),
        _person("alert_subscriptions"),
        sa.PrimaryKeyConstraint("person_id", "kind", name=op.f("pk_alert_subscriptions")),
    )
    op.create_table(
        "scheduled_reports",
        sa.Column("id", _big, nullable=False),
        sa.Column("person_id", _big, nullable=False),
        sa.Column("report", sa.String(40), nullable=False),
        sa.Column("weekday", _big, nullable=True),
        sa.Column("at_time", sa.String(5), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        _person("scheduled_reports", "by_id"),
        _person("scheduled_reports"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_reports")),
    )
    op.create_index(op.f("ix_scheduled_reports_person_id"), "scheduled_reports", ["person_id"])
    op.create_table(
        "letters",
        sa.Column("id", _big, nullable=False),
        sa.Column("person_id", _big, nullable=False),
        sa.Column("occasion", sa.String(100), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("tries", _big, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("next_at", sa.DateTime(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("claim", sa.String(40), nullable=True),
        sa.Column("claim_until", sa.DateTime(), nullable=True),
        _person("letters"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint("person_id", "occasion", name=op.f("uq_letters_person_id_occasion")),
    )
    op.create_index(op.f("ix_letters_state"), "letters", ["state"])
    op.create_table(
        "told_alerts",
        sa.Column("person_id", _big, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("letter_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_told_alerts_letter_id")),
        _person("told_alerts"),
        sa.PrimaryKeyConstraint("person_id", "key", name=op.f("pk_told_alerts")),
    )
    op.create_index(op.f("ix_told_alerts_letter_id"), "told_alerts", ["letter_id"])
