"""Notes, tasks and tags of leads"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Three tables."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "lead_notes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("written_at", moment, nullable=False),
        sa.Column("edited_by", sa.Text(), nullable=True),
        sa.Column("edited_at", moment, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False, server_default="1"),
        _of_a_lead("lead_notes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_notes")),
    )
    op.create_index("ix_lead_notes_lead_id", "lead_notes", ["lead_id", "written_at"])
    op.create_table(
        "lead_tasks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("what", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("rep_id", sa.Text(), nullable=True, comment="Empty: whoever has the lead."),
        sa.Column("status", sa.Text(), nullable=False, server_default="open"),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_at", moment, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False, server_default="1"),
        sa.CheckConstraint(
            "status IN ('open', 'done', 'cancelled')", name=op.f("ck_lead_tasks_status")
        ),
        sa.CheckConstraint(
            "(status = 'open') = (closed_at IS NULL) AND (closed_at IS NULL) = (closed_by IS NULL)",
            name=op.f("ck_lead_tasks_closed"),
        ),
        _of_a_lead("lead_tasks"),
        sa.ForeignKeyConstraint(
            ["rep_id"], ["reps.id"], name=op.f("fk_lead_tasks_rep_id_reps"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_tasks")),
    )
    op.create_index("ix_lead_tasks_lead_id", "lead_tasks", ["lead_id"])
    op.create_index(
        "ix_lead_tasks_open",
        "lead_tasks",
        ["due_at", "lead_id"],
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "lead_tags",
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_at", moment, nullable=False),
        _of_a_lead("lead_tags"),
        sa.PrimaryKeyConstraint("lead_id", "tag", name=op.f("pk_lead_tags")),
    )
    op.create_index("ix_lead_tags_tag", "lead_tags", ["tag"])


def downgrade() -> None:
    """Without them."""
    for name in ("lead_tags", "lead_tasks", "lead_notes"):
        op.drop_table(name)


def _of_a_lead(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_lead_id_leads")
    return sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=name, ondelete="CASCADE")
