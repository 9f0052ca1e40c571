"""Exports and imports are claimed in one way, with the same columns; exports can be cancelled."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
IN_VAIN = "How often in a row that came to nothing."
NEW = {
    "due_at": "When it may be claimed; while it is running, until when it is held.",
    "attempts": "How often it was claimed; only the last may write.",
    "held_by": "The process that claimed it last.",
}
OLD = {
    "lead_exports": {
        "due_at": "When it may be begun; while it is written, until when it is held.",
        "attempts": "How often it was begun; the last one may write.",
        "held_by": "The process that began it last.",
    },
    "uploads": {
        "due_at": "When it may be begun; while it is imported, until when it is held.",
        "attempts": "How often it was begun; the last one may go on.",
        "held_by": "The process that began it last.",
    },
}
STATES = "'queued', 'waiting', 'running', 'done', 'failed', 'refused', 'expired'"


def upgrade() -> None:
    """What is under way goes on; an export has begun in vain as often as it was begun."""
    op.add_column(
        "lead_exports",
        sa.Column("in_vain", sa.Integer(), server_default="0", nullable=False, comment=IN_VAIN),
    )
    op.execute("UPDATE lead_exports SET in_vain = attempts WHERE state IN ('queued', 'running')")
    for table in OLD:
        _say(table, NEW)
    _export_states(f"{STATES}, 'cancelled'")


def downgrade() -> None:
    """Without the column, with the words as they were; what was cancelled is not kept."""
    op.execute("DELETE FROM lead_exports WHERE state = 'cancelled'")
    _export_states(STATES)
    op.drop_column("lead_exports", "in_vain")
    for table, comments in OLD.items():
        _say(table, comments)


def _export_states(states: str) -> None:
    op.execute("ALTER TABLE lead_exports DROP CONSTRAINT ck_lead_exports_state")
    op.execute(
        f"ALTER TABLE lead_exports ADD CONSTRAINT ck_lead_exports_state CHECK (state IN ({states}))"
    )


def _say(table: str, comments: dict[str, str]) -> None:
    for column, comment in comments.items():
        op.execute(f"COMMENT ON COLUMN {table}.{column} IS '{comment}'")
