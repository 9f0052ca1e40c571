"""Exports and imports are claimed in one way, with the same columns; exports can be cancelled;
imports are taken back in the background; marks of leads say which rule they came of."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

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
    _undoings()
    op.add_column("changed_leads", sa.Column("caused_by", sa.Text(), nullable=True))
    op.add_column(
        "changed_leads", sa.Column("depth", sa.Integer(), server_default="0", nullable=False)
    )


def downgrade() -> None:
    """Without the column, with the words as they were; what was cancelled is not kept."""
    for column in ("caused_by", "depth"):
        op.drop_column("changed_leads", column)
    op.drop_table("import_undoings")
    op.execute("DELETE FROM lead_exports WHERE state = 'cancelled'")
    _export_states(STATES)
    op.drop_column("lead_exports", "in_vain")
    for table, comments in OLD.items():
        _say(table, comments)


def _undoings() -> None:
    moment, due = sa.DateTime(timezone=True), sa.text("state IN ('queued', 'running')")
    op.create_table(
        "import_undoings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("inbox_id", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("due_at", moment, nullable=False, comment=NEW["due_at"]),
        sa.Column(
            "attempts", sa.Integer(), server_default="0", nullable=False, comment=NEW["attempts"]
        ),
        sa.Column("in_vain", sa.Integer(), server_default="0", nullable=False, comment=IN_VAIN),
        sa.Column("held_by", sa.Text(), nullable=True, comment=NEW["held_by"]),
        sa.Column("leads", sa.Integer(), comment="That the import made or changed."),
        sa.Column(
            "gone_through",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="How many of them, so far.",
        ),
        sa.Column(
            "result", JSONB(), comment="Counts, and ids of leads that stay with the reasons."
        ),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed')",
            name=op.f("ck_import_undoings_state"),
        ),
        sa.CheckConstraint(
            "(state = 'failed') = (error IS NOT NULL)", name=op.f("ck_import_undoings_error")
        ),
        sa.CheckConstraint(
            "(state = 'done') = (result IS NOT NULL)", name=op.f("ck_import_undoings_result")
        ),
        sa.ForeignKeyConstraint(
            ["inbox_id"], ["inbox.id"], name=op.f("fk_import_undoings_inbox_id_inbox")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_undoings")),
    )
    op.create_index("ix_import_undoings_inbox_id", "import_undoings", ["inbox_id"])
    op.create_index("ix_import_undoings_due", "import_undoings", ["due_at"], postgresql_where=due)
    op.create_index(
        "uq_import_undoings_open",
        "import_undoings",
        ["inbox_id"],
        unique=True,
        postgresql_where=due,
    )


def _export_states(states: str) -> None:
    op.execute("ALTER TABLE lead_exports DROP CONSTRAINT ck_lead_exports_state")
    op.execute(
        f"ALTER TABLE lead_exports ADD CONSTRAINT ck_lead_exports_state CHECK (state IN ({states}))"
    )


def _say(table: str, comments: dict[str, str]) -> None:
    for column, comment in comments.items():
        op.execute(f"COMMENT ON COLUMN {table}.{column} IS '{comment}'")
