"""Which fields each source has never filled: they are held against none of its leads"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """A row for each source that was looked at."""
    op.create_table(
        "source_records",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "not_recorded",
            sa.BigInteger(),
            nullable=False,
            comment="A sum of bits, one for each field that none of its leads has.",
        ),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_source_records")),
    )


def downgrade() -> None:
    """Without them."""
    op.drop_table("source_records")
