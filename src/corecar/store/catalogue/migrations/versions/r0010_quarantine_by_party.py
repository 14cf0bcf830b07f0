"""A path lies in quarantine once for each party; kept final bins of parts without identity are counted anew.

Until here the final bins of a lot without unit identity counted every attempt, so that a recovered part stayed in its
fail bin. Such lots wait to be resolved again; what was kept of them is not believed meanwhile.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_lots = sa.table("lots", sa.column("id", sa.BigInteger()), sa.column("unresolved", sa.Boolean()))
_resolved = sa.table("resolved_insertions", sa.column("lot_id", sa.BigInteger()), sa.column("identity", sa.String()))


def upgrade() -> None:
    with op.batch_alter_table("quarantined") as quarantined:
        quarantined.drop_constraint(op.f("uq_quarantined_path_hash"), type_="unique")
        quarantined.create_unique_constraint(op.f("uq_quarantined_path_hash_owner_id"), ["path_hash", "owner_id"])
    without = sa.select(_resolved.c.lot_id).where(_resolved.c.identity == "none")
    op.execute(sa.update(_lots).where(_lots.c.id.in_(without)).values(unresolved=sa.true()))
