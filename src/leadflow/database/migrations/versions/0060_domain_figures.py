"""Opens and clicks of campaigns by the domains of their receivers."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"


def upgrade() -> None:
    """Counted from now on: where earlier messages went is known by a hash of the whole address."""
    op.create_table(
        "domain_figures",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column(
            "domain_index", sa.Text(), nullable=False, comment="The keyed hash of the domain."
        ),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column(
            "messages", sa.BigInteger(), nullable=False, comment="Leads, where that is the figure."
        ),
        sa.Column("domain", sa.LargeBinary()),
        sa.ForeignKeyConstraint(
            ["campaign"], ["campaigns.name"], name=op.f("fk_domain_figures_campaign_campaigns")
        ),
        sa.PrimaryKeyConstraint(
            "campaign", "domain_index", "figure", name=op.f("pk_domain_figures")
        ),
    )


def downgrade() -> None:
    """What was counted by domains is gone; the figures of steps stay."""
    op.drop_table("domain_figures")
