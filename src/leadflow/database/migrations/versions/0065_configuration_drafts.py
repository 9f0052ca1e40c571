"""Drafts: changes of what is set up that wait until somebody approves them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0065"
down_revision = "0064"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """How a draft stands is its approval's."""
    op.create_table(
        "configuration_drafts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column(
            "contents",
            postgresql.JSONB(),
            nullable=False,
            comment="What is to be in force, by its kind.",
        ),
        sa.Column(
            "take_out",
            postgresql.JSONB(),
            nullable=False,
            comment="Names of what is to be taken out, by their kind.",
        ),
        sa.Column(
            "altered",
            postgresql.JSONB(),
            nullable=False,
            comment="Each thing as text, as it was when this was written and as it is to be.",
        ),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("written_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("approval_id", sa.Text(), comment="Empty only until it is asked."),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_configuration_drafts")),
    )
    op.create_index("ix_configuration_drafts_written_at", "configuration_drafts", ["written_at"])


def downgrade() -> None:
    """What waits is lost: it has not counted."""
    op.drop_index("ix_configuration_drafts_written_at", "configuration_drafts")
    op.drop_table("configuration_drafts")
