"""How far the journals of sources are read."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    """One table."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "source_journals",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("begins_at", moment, nullable=False, comment="Nothing older is taken."),
        sa.Column("cursor_at", moment, nullable=False),
        sa.Column("cursor_id", sa.Text(), nullable=False, server_default=""),
        sa.Column("since", moment, nullable=True),
        sa.Column("until", moment, nullable=True),
        sa.Column("page", sa.LargeBinary(), nullable=True),
        sa.Column(
            "pages",
            sa.Integer(),
            nullable=False,
            server_default="0",
            comment="Of this read so far.",
        ),
        sa.Column("furthest_at", moment, nullable=True),
        sa.Column("furthest_id", sa.Text(), nullable=True),
        sa.Column(
            "in_order",
            sa.Boolean(),
            nullable=True,
            comment="Whether pages come in the order of time; empty: that cannot be told yet.",
        ),
        sa.Column("next_at", moment, nullable=False),
        sa.Column("claim", sa.Text(), nullable=True),
        sa.Column("claimed_until", moment, nullable=True),
        sa.Column("last_read_at", moment, nullable=True),
        sa.Column(
            "failures",
            sa.Integer(),
            nullable=False,
            server_default="0",
            comment="In a row; 0: it is well.",
        ),
        sa.Column("failing_since", moment, nullable=True),
        sa.Column(
            "problem", sa.Text(), nullable=True, comment="Why it was not read the last time."
        ),
        sa.Column("status", sa.Integer(), nullable=True, comment="The HTTP status of that."),
        sa.Column("remark", sa.Text(), nullable=True, comment="What was odd about an item."),
        sa.Column("remarked_at", moment, nullable=True),
        sa.CheckConstraint(
            "(failures = 0) = (failing_since IS NULL)", name=op.f("ck_source_journals_failing")
        ),
        sa.CheckConstraint(
            "(claim IS NULL) = (claimed_until IS NULL)", name=op.f("ck_source_journals_claimed")
        ),
        sa.CheckConstraint(
            "(since IS NULL) = (until IS NULL)", name=op.f("ck_source_journals_under_way")
        ),
        sa.CheckConstraint(
            "(furthest_at IS NULL) = (furthest_id IS NULL)",
            name=op.f("ck_source_journals_furthest"),
        ),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_source_journals")),
    )


def downgrade() -> None:
    """Without it."""
    op.drop_table("source_journals")
