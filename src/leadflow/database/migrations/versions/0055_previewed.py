"""What was previewed of a campaign's version as its launch was asked for, lead by lead."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"


def upgrade() -> None:
    """Ids alone: they stay though their lead is gone, for what was previewed to add up."""
    op.create_table(
        "campaign_previewed",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign", "version"],
            ["campaign_versions.campaign", "campaign_versions.version"],
            name=op.f("fk_campaign_previewed_campaign_campaign_versions"),
        ),
        sa.PrimaryKeyConstraint(
            "campaign", "version", "lead_id", name=op.f("pk_campaign_previewed")
        ),
    )


def downgrade() -> None:
    """Nobody knows any more what was previewed."""
    op.drop_table("campaign_previewed")
