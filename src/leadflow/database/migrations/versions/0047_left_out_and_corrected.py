"""How many records of a delivery were left out, and a correction beside what came."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    """Two columns."""
    op.add_column(
        "deliveries",
        sa.Column(
            "left_out",
            sa.Integer(),
            nullable=True,
            comment="How many more `only` did not let pass.",
        ),
    )
    op.add_column(
        "deliveries",
        sa.Column(
            "correction",
            sa.LargeBinary(),
            nullable=True,
            comment="What is taken in the place of the body.",
        ),
    )


def downgrade() -> None:
    """Without them."""
    for name in ("left_out", "correction"):
        op.drop_column("deliveries", name)
