"""Shadow scores of a challenger, and the checks of the model that serves"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "model_checks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column(
            "checked_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "model_version",
            sa.Text(),
            nullable=False,
            comment="For instance: rubric 1, or model 7.",
        ),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "reasons",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Why to train anew; empty if not.",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_checks")),
    )
    op.create_index("ix_model_checks_checked_at", "model_checks", ["checked_at"])
    op.create_table(
        "shadow_scores",
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column(
            "points", sa.Double(), nullable=False, comment="50 + the contributions, not clipped."
        ),
        sa.Column("total_score", sa.Double(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "level IN ('hot', 'warm', 'cold', 'unqualified')", name=op.f("ck_shadow_scores_level")
        ),
        sa.CheckConstraint(
            "probability BETWEEN 0 AND 1", name=op.f("ck_shadow_scores_probability")
        ),
        sa.CheckConstraint(
            "total_score BETWEEN 0 AND 100", name=op.f("ck_shadow_scores_total_score")
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_shadow_scores_lead_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("lead_id", "as_of", "model_version", name=op.f("pk_shadow_scores")),
    )
    op.create_index(
        "ix_shadow_scores_model_version_as_of", "shadow_scores", ["model_version", "as_of"]
    )


def downgrade() -> None:
    op.drop_table("shadow_scores")
    op.drop_table("model_checks")
