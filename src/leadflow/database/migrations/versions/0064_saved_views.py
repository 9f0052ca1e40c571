"""Views of the list of leads that people save, and indexes for the list and the board."""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Names, questions and columns are encrypted: they are people's own words."""
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("question", sa.LargeBinary(), nullable=False),
        sa.Column(
            "columns",
            sa.LargeBinary(),
            nullable=False,
            comment="In their order; attributes by their names.",
        ),
        sa.Column("shared", sa.Text(), nullable=False),
        sa.Column(
            "team_id", sa.Text(), comment="Of a team that is gone: whoever made it sees it alone."
        ),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "shared IN ('nobody', 'team', 'everybody')", name=op.f("ck_saved_views_shared")
        ),
        sa.CheckConstraint(
            "(shared = 'team') = (team_id IS NOT NULL)", name=op.f("ck_saved_views_team")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
    )
    op.create_index("ix_saved_views_made_by", "saved_views", ["made_by"])
    # Whatever somebody within bounds looks at, what is offered to them is among it.
    op.create_index(
        "ix_assignments_offered",
        "assignments",
        ["lead_id"],
        postgresql_where=sa.text(
            "ended_at IS NULL AND first_touch_at IS NULL AND due_at IS NOT NULL "
            "AND escalation_step >= 4"
        ),
    )
    # Whose leads were won and lost, for the board.
    op.create_index(
        "ix_assignments_ended_as",
        "assignments",
        ["rep_id", "end_reason"],
        postgresql_where=sa.text("end_reason IN ('converted', 'lost')"),
        postgresql_include=["lead_id"],
    )


def downgrade() -> None:
    """What people have saved is lost."""
    op.drop_index("ix_assignments_ended_as", "assignments")
    op.drop_index("ix_assignments_offered", "assignments")
    op.drop_table("saved_views")
