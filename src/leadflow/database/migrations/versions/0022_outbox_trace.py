"""Acts of the outbox remember the trace they were asked for in, and go when they are old"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add the column (acts of before belong to no trace), and an index for deleting."""
    comment = "The trace of whoever asked for it, as W3C Trace Context writes it."
    op.add_column("outbox", sa.Column("traceparent", sa.Text(), comment=comment))
    op.create_index("ix_outbox_created_at", "outbox", ["created_at"], postgresql_using="brin")


def downgrade() -> None:
    """Take both away."""
    op.drop_index("ix_outbox_created_at", "outbox")
    op.drop_column("outbox", "traceparent")
