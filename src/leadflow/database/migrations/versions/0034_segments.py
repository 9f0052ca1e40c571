"""Segments: conditions by name, in versions"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """A table."""
    op.create_table(
        "segment_versions",
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "content",
            postgresql.JSONB(none_as_null=True),
            nullable=True,
            comment="Empty: from then on there is no such segment.",
        ),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("segment", "version", name=op.f("pk_segment_versions")),
    )


def downgrade() -> None:
    """Without it."""
    op.drop_table("segment_versions")
