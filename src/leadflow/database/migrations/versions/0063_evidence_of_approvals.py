"""What a decision rests on is kept with it: a verdict, figures, charts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0063"
down_revision = "0062"


def upgrade() -> None:
    """Questions of before are shown by their description alone."""
    op.add_column(
        "approvals",
        sa.Column(
            "evidence",
            postgresql.JSONB(),
            comment="Its verdict, figures and charts as it was asked.",
        ),
    )


def downgrade() -> None:
    """The description says all of it in words."""
    op.drop_column("approvals", "evidence")
