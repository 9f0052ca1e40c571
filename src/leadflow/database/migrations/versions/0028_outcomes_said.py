"""What was said of outcomes is kept; a lead has one end that counts, and may be open again"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
MOMENT = sa.DateTime(timezone=True)
LOG = """
INSERT INTO outcome_log (
    id, lead_id, said, occurred_at, dated, said_at, known_at, value_minor, value_currency, source,
    external_id
)
SELECT replace(o.id, 'outcome_', 'said_'), o.lead_id, o.outcome, o.occurred_at, true, o.known_at,
    o.known_at, o.value_minor, o.value_currency, o.source,
    CASE WHEN o.source = l.source AND o.source <> 'api' THEN l.external_id END
FROM outcomes o JOIN leads l ON l.id = o.lead_id ORDER BY o.occurred_at, o.id
"""
# The later one was shown as the lead's end.
ONE_EACH = """
DELETE FROM outcomes o USING outcomes later
WHERE later.lead_id = o.lead_id
    AND (later.occurred_at, later.id) > (o.occurred_at, o.id)
"""
REOPEN = """
UPDATE event_types SET reopens = true WHERE name IN ('form_sent', 'email_reply', 'meeting')
"""


def upgrade() -> None:
    """The log, filled with what is known; one outcome a lead."""
    op.create_table(
        "outcome_log",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("turn", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("dated", sa.Boolean(), nullable=False),
        sa.Column("said_at", MOMENT, nullable=False),
        sa.Column("known_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=True),
        sa.Column("value_currency", sa.CHAR(3), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("inbox_id", sa.Text(), nullable=True, comment="The import that said it."),
        sa.Column(
            "told_by", sa.Text(), nullable=True, comment="The person, key, rule or type of event."
        ),
        sa.CheckConstraint(
            "said IN ('converted', 'lost', 'reopened', 'returned')",
            name=op.f("ck_outcome_log_said"),
        ),
        sa.CheckConstraint(
            "(value_minor IS NULL) = (value_currency IS NULL)", name=op.f("ck_outcome_log_value")
        ),
        sa.ForeignKeyConstraint(
            ["inbox_id"],
            ["inbox.id"],
            name=op.f("fk_outcome_log_inbox_id_inbox"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"],
            ["leads.id"],
            name=op.f("fk_outcome_log_lead_id_leads"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome_log")),
    )
    op.create_index("ix_outcome_log_lead_id", "outcome_log", ["lead_id", "turn"])
    op.create_index(op.f("ix_outcome_log_inbox_id"), "outcome_log", ["inbox_id"])
    op.create_table(
        "reopened_losses",
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("reopened_at", MOMENT, nullable=False),
        sa.Column("lost_at", MOMENT, nullable=False),
        sa.CheckConstraint("lost_at <= reopened_at", name=op.f("ck_reopened_losses_order")),
        sa.ForeignKeyConstraint(
            ["lead_id"],
            ["leads.id"],
            name=op.f("fk_reopened_losses_lead_id_leads"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("lead_id", "reopened_at", name=op.f("pk_reopened_losses")),
    )
    op.execute(LOG)
    op.execute(ONE_EACH)
    op.drop_constraint(op.f("uq_outcomes_lead_id_outcome"), "outcomes")
    op.create_unique_constraint(op.f("uq_outcomes_lead_id"), "outcomes", ["lead_id"])
    op.add_column(
        "event_types",
        sa.Column("reopens", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_event_types_reopened_by_lead"), "event_types", "NOT reopens OR done_by = 'lead'"
    )
    op.execute(REOPEN)
    op.add_column(
        "quarantined_rows",
        sa.Column(
            "outcome",
            sa.Text(),
            nullable=True,
            comment="How its lead ended, where that could be read.",
        ),
    )
    op.create_check_constraint(
        op.f("ck_quarantined_rows_outcome"), "quarantined_rows", "outcome IN ('converted', 'lost')"
    )


def downgrade() -> None:
    """What holds stays; what else was said is lost."""
    op.drop_constraint(op.f("ck_quarantined_rows_outcome"), "quarantined_rows")
    op.drop_column("quarantined_rows", "outcome")
    op.drop_constraint(op.f("ck_event_types_reopened_by_lead"), "event_types")
    op.drop_column("event_types", "reopens")
    op.drop_constraint(op.f("uq_outcomes_lead_id"), "outcomes")
    op.create_unique_constraint(
        op.f("uq_outcomes_lead_id_outcome"), "outcomes", ["lead_id", "outcome"]
    )
    op.drop_table("reopened_losses")
    op.drop_table("outcome_log")
