"""Requests with an idempotency key have a table of their own, which keeps their answers"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """Those that were taken are still known by their keys; what they were answered is not."""
    op.create_table(
        "keyed_requests",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column(
            "digest",
            sa.Text(),
            nullable=True,
            comment="Keyed hash of address and body; empty: taken before answers were kept.",
        ),
        sa.Column(
            "status",
            sa.SmallInteger(),
            nullable=True,
            comment="What was answered; empty: that is not kept.",
        ),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column(
            "taken_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
        ),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_keyed_requests")),
    )
    op.create_index("ix_keyed_requests_taken_at", "keyed_requests", ["taken_at"])
    op.execute(
        "INSERT INTO keyed_requests (caller, key, taken_at) "
        "SELECT substr(source, 5), delivery_id, received_at FROM inbox "
        "WHERE source LIKE 'api:%' AND status = 'done'"
    )
    op.execute("DELETE FROM inbox WHERE source LIKE 'api:%'")


def downgrade() -> None:
    """Without it: a request that is sent again after this is taken again."""
    op.drop_table("keyed_requests")
