"""Indexes of what the first page of the console reads."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"


def upgrade() -> None:
    """What ended, was handed out or is overdue; the last delivery; opt-outs of a week."""
    op.create_index(
        "ix_assignments_ended",
        "assignments",
        ["rep_id", "ended_at"],
        postgresql_where=sa.text("ended_at IS NOT NULL"),
    )
    op.create_index("ix_assignments_assigned_at", "assignments", ["assigned_at"])
    op.create_index(
        "ix_assignments_overdue",
        "assignments",
        ["due_at"],
        postgresql_include=["rep_id"],
        postgresql_where=sa.text("ended_at IS NULL AND first_touch_at IS NULL"),
    )
    op.create_index("ix_deliveries_source_received_at", "deliveries", ["source", "received_at"])
    op.create_index(
        "ix_consent_events_recorded_at", "consent_events", ["recorded_at"], postgresql_using="brin"
    )


def downgrade() -> None:
    """The same is read, only slower."""
    op.drop_index("ix_consent_events_recorded_at", "consent_events")
    op.drop_index("ix_deliveries_source_received_at", "deliveries")
    op.drop_index("ix_assignments_overdue", "assignments")
    op.drop_index("ix_assignments_assigned_at", "assignments")
    op.drop_index("ix_assignments_ended", "assignments")
