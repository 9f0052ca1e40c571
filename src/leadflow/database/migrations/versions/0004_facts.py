"""Marks of leads with facts newer than their score, and scores set by people"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "changed_leads",
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("bulk", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_changed_leads_lead_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_changed_leads")),
    )
    op.create_index("ix_changed_leads_turn", "changed_leads", ["bulk", "changed_at"])
    _score_overrides()
    op.create_index(
        "ix_score_overrides_lead_id_created_at", "score_overrides", ["lead_id", "created_at"]
    )
    for status in ("active", "waiting"):
        op.create_index(
            f"uq_score_overrides_{status}",
            "score_overrides",
            ["lead_id"],
            unique=True,
            postgresql_where=sa.text(f"status = '{status}'"),
        )


def _score_overrides() -> None:
    op.create_table(
        "score_overrides",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("new_score", sa.Double(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("model_score", sa.Double(), nullable=False),
        sa.Column(
            "model_points",
            sa.Double(),
            nullable=False,
            comment="The model's score, not clipped.",
        ),
        sa.Column("model_probability", sa.Double(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("override_by", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("in_force_from", MOMENT, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("approval_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "new_score BETWEEN 0 AND 100", name=op.f("ck_score_overrides_new_score")
        ),
        sa.CheckConstraint(
            "level IN ('hot', 'warm', 'cold', 'unqualified')",
            name=op.f("ck_score_overrides_level"),
        ),
        sa.CheckConstraint(
            "status IN ('active', 'waiting', 'rejected', 'expired', 'withdrawn', 'replaced')",
            name=op.f("ck_score_overrides_status"),
        ),
        sa.CheckConstraint(
            "(status IN ('active', 'waiting')) = (ended_at IS NULL)",
            name=op.f("ck_score_overrides_ended"),
        ),
        sa.CheckConstraint(
            "status <> 'active' OR in_force_from IS NOT NULL",
            name=op.f("ck_score_overrides_in_force"),
        ),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_score_overrides_expires")),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approvals.id"], name=op.f("fk_score_overrides_approval_id")
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_score_overrides_lead_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_overrides")),
    )


def downgrade() -> None:
    op.drop_table("score_overrides")
    op.drop_table("changed_leads")
