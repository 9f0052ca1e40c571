"""Leads that could not be scored are set aside with their error"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """The table."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "set_aside_leads",
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("failures", sa.Integer(), server_default="1", nullable=False),
        sa.Column("next_try_at", moment, nullable=False),
        sa.Column("error", sa.Text(), nullable=False, comment="The last one, with its traceback."),
        sa.ForeignKeyConstraint(
            ["lead_id"],
            ["leads.id"],
            name=op.f("fk_set_aside_leads_lead_id_leads"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_set_aside_leads")),
    )
    op.create_index("ix_set_aside_leads_next_try_at", "set_aside_leads", ["next_try_at"])


def downgrade() -> None:
    """They are tried again when something new becomes known of them."""
    op.drop_table("set_aside_leads")
