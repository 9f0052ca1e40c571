"""The board finds the leads that are taken on, and not in touch yet, without looking at all."""

from alembic import op
from sqlalchemy import text

revision = "0067"
down_revision = "0066"


def upgrade() -> None:
    """They are few: it takes a moment."""
    op.create_index(
        "ix_assignments_taken",
        "assignments",
        ["rep_id"],
        postgresql_where=text(
            "ended_at IS NULL AND first_touch_at IS NULL AND accepted_at IS NOT NULL"
        ),
    )


def downgrade() -> None:
    """They are looked for among all."""
    op.drop_index("ix_assignments_taken", "assignments")
