"""How many requests have come in the windows that are open"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """One table."""
    op.create_table(
        "rate_windows",
        sa.Column("name", sa.Text(), nullable=False, comment="Keyed hash of whose it is."),
        sa.Column("hits", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rate_windows")),
    )


def downgrade() -> None:
    """Without it."""
    op.drop_table("rate_windows")
