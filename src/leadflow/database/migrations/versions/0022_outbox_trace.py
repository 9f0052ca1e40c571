"""Acts of the outbox remember the trace they were asked for in"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add the column; acts of before belong to no trace."""
    comment = "The trace of whoever asked for it, as W3C Trace Context writes it."
    op.add_column("outbox", sa.Column("traceparent", sa.Text(), comment=comment))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("outbox", "traceparent")
