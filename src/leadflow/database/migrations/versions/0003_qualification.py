"""What AI was asked about a lead, and what it answered"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)
ANSWERED = sa.text("status = 'answered'")
COMPLETE = (
    "(status = 'answered') = (known_at IS NOT NULL AND score IS NOT NULL "
    "AND confidence IS NOT NULL AND qualification IS NOT NULL AND error IS NULL)"
)


def upgrade() -> None:
    op.create_table(
        "ai_qualifications",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column(
            "lead_id", sa.Text(), sa.ForeignKey("leads.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column(
            "asked_at",
            MOMENT,
            nullable=False,
            comment="When the record that was asked about was read.",
        ),
        sa.Column("known_at", MOMENT),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("score", sa.Double()),
        sa.Column("confidence", sa.Double()),
        sa.Column("qualification", postgresql.JSONB()),
        sa.Column("next_question", sa.Text()),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("prompt_version", sa.Text(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("tokens_in", sa.Integer(), nullable=False),
        sa.Column("tokens_out", sa.Integer(), nullable=False),
        sa.Column(
            "cost_micro",
            sa.BigInteger(),
            nullable=False,
            comment="In millionths of the currency's unit.",
        ),
        sa.Column("cost_currency", sa.CHAR(3), nullable=False),
        sa.Column(
            "from_cache",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="Answered before, to the very same question.",
        ),
        sa.Column("error", sa.Text(), comment="What kind of failure it was."),
        sa.CheckConstraint(
            "status IN ('answered', 'not_answered')", name=op.f("ck_ai_qualifications_status")
        ),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_ai_qualifications_score")),
        sa.CheckConstraint(
            "confidence BETWEEN 0 AND 1", name=op.f("ck_ai_qualifications_confidence")
        ),
        sa.CheckConstraint(
            "tokens_in >= 0 AND tokens_out >= 0 AND cost_micro >= 0",
            name=op.f("ck_ai_qualifications_spending"),
        ),
        sa.CheckConstraint(COMPLETE, name=op.f("ck_ai_qualifications_answered")),
    )
    for name, columns, where in (
        ("lead_id_asked_at", ["lead_id", "asked_at"], None),
        ("answered", ["lead_id", "known_at"], ANSWERED),
        ("content", ["content_hash"], ANSWERED),
        ("asked_at", ["asked_at"], None),
    ):
        op.create_index(
            f"ix_ai_qualifications_{name}", "ai_qualifications", columns, postgresql_where=where
        )


def downgrade() -> None:
    op.drop_table("ai_qualifications")
