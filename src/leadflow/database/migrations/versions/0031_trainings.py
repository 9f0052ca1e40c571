"""The trainings there were, so that none begins before there is something new to learn from"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """A row for each training."""
    op.create_table(
        "trainings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("model_name", sa.Text(), nullable=False),
        sa.Column(
            "began_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="It learned from what was known at this moment.",
        ),
        sa.Column(
            "leads",
            sa.Integer(),
            nullable=False,
            comment="Leads past their horizon at this moment.",
        ),
        sa.Column("ended_as", sa.Text(), nullable=False),
        sa.Column(
            "version", sa.Text(), nullable=True, comment="Of its challenger, if it made one."
        ),
        sa.CheckConstraint(
            "ended_as IN ('asked', 'kept', 'nothing_to_decide', 'cannot_learn')",
            name=op.f("ck_trainings_ended_as"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trainings")),
    )
    op.create_index("ix_trainings_model_name_began_at", "trainings", ["model_name", "began_at"])


def downgrade() -> None:
    """Without them."""
    op.drop_table("trainings")
