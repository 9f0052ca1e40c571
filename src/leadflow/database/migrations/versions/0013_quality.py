"""Samples of automated decisions, reviews of them, corrective actions, leads not to learn from"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """The tables of quality control, and the way to the decisions of one day."""
    _samples()
    _what_follows()
    _days()


def _samples() -> None:
    op.create_table(
        "quality_samples",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="UTC; the decisions of this day."),
        sa.Column("decision_kind", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False, comment="Decisions of the day."),
        sa.Column("size", sa.Integer(), nullable=False, comment="Of these, drawn."),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_samples")),
        sa.UniqueConstraint(
            "day", "decision_kind", name=op.f("uq_quality_samples_day_decision_kind")
        ),
    )
    op.create_table(
        "quality_items",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sample_id", sa.Text(), nullable=False),
        sa.Column("decision_kind", sa.Text(), nullable=False),
        sa.Column(
            "subject_id", sa.Text(), nullable=False, comment="Which decision; the kind reads it."
        ),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stratum", sa.Text(), nullable=False),
        sa.Column(
            "inclusion_probability",
            sa.Double(),
            nullable=False,
            comment="How likely the draw was to take this one; reports weigh by its inverse.",
        ),
        sa.Column("second_review", sa.Boolean(), nullable=False, comment="Two people judge it."),
        sa.Column("shown", JSONB(), nullable=False),
        sa.Column("answer", JSONB(), nullable=False),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_verdict", sa.Text(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'settled') = (settled_verdict IS NOT NULL) "
            "AND (settled_verdict IS NULL) = (settled_by IS NULL) "
            "AND (settled_verdict IS NULL) = (settled_at IS NULL)",
            name=op.f("ck_quality_items_settled"),
        ),
        sa.CheckConstraint(
            "settled_verdict IN ('agree', 'disagree')",
            name=op.f("ck_quality_items_settled_verdict"),
        ),
        sa.CheckConstraint(
            "status IN ('waiting', 'reviewed', 'disputed', 'settled')",
            name=op.f("ck_quality_items_status"),
        ),
        sa.CheckConstraint(
            "inclusion_probability > 0 AND inclusion_probability <= 1",
            name=op.f("ck_quality_items_inclusion_probability"),
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_quality_items_lead_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"],
            ["quality_samples.id"],
            name=op.f("fk_quality_items_sample_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_items")),
        sa.UniqueConstraint(
            "decision_kind", "subject_id", name=op.f("uq_quality_items_decision_kind_subject_id")
        ),
    )
    op.create_index("ix_quality_items_lead_id", "quality_items", ["lead_id"], unique=False)
    op.create_index("ix_quality_items_sample_id", "quality_items", ["sample_id"], unique=False)
    op.create_index(
        "ix_quality_items_waiting",
        "quality_items",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting'"),
    )


def _what_follows() -> None:
    op.create_table(
        "quality_actions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("decision_kind", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'open') = (done_at IS NULL)", name=op.f("ck_quality_actions_done")
        ),
        sa.CheckConstraint(
            "status IN ('open', 'done', 'dropped')", name=op.f("ck_quality_actions_status")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["quality_items.id"],
            name=op.f("fk_quality_actions_item_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_actions")),
    )
    op.create_index(
        op.f("ix_quality_actions_item_id"), "quality_actions", ["item_id"], unique=False
    )
    op.create_index(
        "ix_quality_actions_open",
        "quality_actions",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "quality_flags",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column(
            "why", sa.Text(), nullable=False, comment="For instance: bad data, wrong outcome."
        ),
        sa.Column("item_id", sa.Text(), nullable=True),
        sa.Column("flagged_by", sa.Text(), nullable=False),
        sa.Column("flagged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL)", name=op.f("ck_quality_flags_lifted_by")
        ),
        sa.CheckConstraint("lifted_at >= flagged_at", name=op.f("ck_quality_flags_lifted")),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["quality_items.id"],
            name=op.f("fk_quality_flags_item_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_quality_flags_lead_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_flags")),
    )
    op.create_index(op.f("ix_quality_flags_item_id"), "quality_flags", ["item_id"], unique=False)
    op.create_index("ix_quality_flags_lead_id", "quality_flags", ["lead_id"], unique=False)
    op.create_index(
        "uq_quality_flags_live",
        "quality_flags",
        ["lead_id"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "quality_reviews",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("judgement", JSONB(), nullable=False),
        sa.Column(
            "category",
            sa.Text(),
            nullable=False,
            comment="The judgement in a word, by which two reviewers are compared.",
        ),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(verdict = 'agree') = (severity = 'none')", name=op.f("ck_quality_reviews_severe")
        ),
        sa.CheckConstraint(
            "severity IN ('none', 'minor', 'major', 'critical')",
            name=op.f("ck_quality_reviews_severity"),
        ),
        sa.CheckConstraint(
            "verdict IN ('agree', 'disagree')", name=op.f("ck_quality_reviews_verdict")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["quality_items.id"],
            name=op.f("fk_quality_reviews_item_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_reviews")),
        sa.UniqueConstraint(
            "item_id", "reviewer", name=op.f("uq_quality_reviews_item_id_reviewer")
        ),
    )


def _days() -> None:
    op.create_index(
        "ix_assignment_decisions_decided_at",
        "assignment_decisions",
        ["decided_at"],
        unique=False,
        postgresql_using="brin",
    )
    op.create_index(
        "ix_lead_scores_as_of", "lead_scores", ["as_of"], unique=False, postgresql_using="brin"
    )


def downgrade() -> None:
    """Nobody looks at decisions."""
    op.drop_index("ix_lead_scores_as_of", table_name="lead_scores")
    op.drop_index("ix_assignment_decisions_decided_at", table_name="assignment_decisions")
    for name in ("reviews", "flags", "actions", "items", "samples"):
        op.drop_table(f"quality_{name}")
