"""A clock starts when a lead can be worked; nobody at all gets more than their capacity"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

EXCEPTION = (
    "        -- What nobody else can take ends with the fallback owner, however much they have.\n"
    "        AND (NOT r.is_fallback OR coalesce((changes -> r.id ->> 2)::boolean, true))\n"
)
# The function as it stands, with or without the exception of the fallback owner.
REWRITE = """
DO $do$
DECLARE
    written text := pg_get_functiondef('assignments_count()'::regprocedure);
BEGIN
    EXECUTE replace(written, {before}, {after});
END $do$
"""
CAPACITY = "AND l.open_leads > r.capacity\n"
CLOCKS = """
UPDATE assignments SET clock_starts_at = assigned_at
WHERE due_at IS NOT NULL AND ended_at IS NULL AND first_touch_at IS NULL
"""


COMMENTS = (
    (
        "assignments",
        "source",
        "sweep, request, person, escalation, redistribution, import",
        "sweep, request, person, escalation, offer, import",
    ),
    (
        "assignment_steps",
        "kind",
        "accepted, declined, touched, reminded, escalated, reassigned, returned, …",
        "accepted, declined, touched, reminded, escalated, offered, taken, reassigned, …",
    ),
)


def upgrade() -> None:
    """Clocks that run count from their assignment, as they did."""
    for table, column, _, after in COMMENTS:
        op.execute(f"COMMENT ON COLUMN {table}.{column} IS '{after}'")
    op.add_column(
        "assignments",
        sa.Column(
            "clock_starts_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="From when the time to the first touch counts: later where others come first.",
        ),
    )
    op.add_column(
        "assignment_batches",
        sa.Column(
            "strategy_why",
            sa.Text(),
            nullable=True,
            comment="Why this strategy where no rule and nobody named one.",
        ),
    )
    op.create_index(
        "ix_assignments_touched",
        "assignments",
        ["rep_id", "first_touch_at"],
        postgresql_where=sa.text("first_touch_at IS NOT NULL"),
    )
    op.execute(CLOCKS)
    op.execute(_rewritten(CAPACITY + EXCEPTION, CAPACITY))


def downgrade() -> None:
    """Take it away."""
    for table, column, before, _ in COMMENTS:
        op.execute(f"COMMENT ON COLUMN {table}.{column} IS '{before}'")
    op.execute(_rewritten(CAPACITY, CAPACITY + EXCEPTION))
    op.drop_index("ix_assignments_touched", table_name="assignments")
    op.drop_column("assignment_batches", "strategy_why")
    op.drop_column("assignments", "clock_starts_at")


def _rewritten(before: str, after: str) -> str:
    return REWRITE.format(before=f"$x${before}$x$", after=f"$x${after}$x$")
