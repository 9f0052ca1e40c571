"""Leads that were merged into others, and what each merge brought"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """A column of leads that says which one stands for it, two that say of what a row is a copy,
    and a table of merges."""
    moment = sa.DateTime(timezone=True)
    op.add_column("leads", sa.Column("merged_into", sa.Text(), nullable=True))
    op.create_foreign_key(
        op.f("fk_leads_merged_into_leads"),
        "leads",
        "leads",
        ["merged_into"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_check_constraint(op.f("ck_leads_merged_into"), "leads", "merged_into <> id")
    op.create_index(
        "ix_leads_merged_into",
        "leads",
        ["merged_into"],
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    copied = "of a lead that was merged into this one."
    op.add_column(
        "lead_events", sa.Column("copied_from", sa.BigInteger(), comment=f"The event {copied}")
    )
    op.add_column(
        "outcome_log", sa.Column("copied_from", sa.Text(), comment=f"What was said {copied}")
    )
    op.create_table(
        "lead_merges",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("survivor_id", sa.Text(), nullable=False),
        sa.Column("other_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("merged_by", sa.Text(), nullable=False),
        sa.Column("merged_at", moment, nullable=False),
        sa.Column("brought", postgresql.JSONB(), nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=True),
        sa.Column("split_by", sa.Text(), nullable=True),
        sa.Column("split_at", moment, nullable=True),
        sa.CheckConstraint("survivor_id <> other_id", name=op.f("ck_lead_merges_two_leads")),
        sa.CheckConstraint(
            "(split_at IS NULL) = (split_by IS NULL)", name=op.f("ck_lead_merges_split")
        ),
        *(
            sa.ForeignKeyConstraint(
                [name], ["leads.id"], name=op.f(f"fk_lead_merges_{name}_leads"), ondelete="CASCADE"
            )
            for name in ("survivor_id", "other_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_merges")),
    )
    op.create_index(
        "uq_lead_merges_other_id",
        "lead_merges",
        ["other_id"],
        unique=True,
        postgresql_where=sa.text("split_at IS NULL"),
    )
    op.create_index("ix_lead_merges_other", "lead_merges", ["other_id", "merged_at"])
    op.create_index("ix_lead_merges_survivor", "lead_merges", ["survivor_id", "merged_at"])


def downgrade() -> None:
    """Without them; leads that were merged stand for themselves."""
    op.drop_table("lead_merges")
    op.drop_column("outcome_log", "copied_from")
    op.drop_column("lead_events", "copied_from")
    op.drop_column("leads", "merged_into")
