"""Campaigns: versions, who is in them, what they have passed, messages that are planned.

What happens to a lead is noted for its enrolments by a trigger, in the transaction of the fact: a
lead that buys is out of a campaign as soon as that is committed, whoever stored it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0050"
down_revision = "0049"

OPEN = sa.text("ended_at IS NULL")
SIGNALS = """
CREATE FUNCTION campaigns_of_domain_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM campaign_wants) THEN
        RETURN NULL;
    END IF;
    INSERT INTO enrolment_signals (enrolment_id, event_id)
    SELECT DISTINCT e.id, f.id
    FROM fresh f
    JOIN enrolments e ON e.lead_id = f.lead_id AND e.ended_at IS NULL
    JOIN campaign_wants w ON w.campaign = e.campaign AND w.version = e.version
        AND w.type IN (f.type, '*') AND NOT w.enters;
    INSERT INTO campaign_arrivals (campaign, event_id)
    SELECT w.campaign, f.id
    FROM fresh f
    JOIN campaign_wants w ON w.type = f.type AND w.enters
    JOIN campaigns c ON c.name = w.campaign AND c.live_version = w.version AND c.state = 'live'
    WHERE NOT f.late AND f.lead_id IS NOT NULL
        AND NOT starts_with(coalesce(f.caused_by, ''), 'import:');
    RETURN NULL;
END $$;
CREATE TRIGGER campaigns_of_domain_events AFTER INSERT ON domain_events
REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION campaigns_of_domain_events();
"""


def upgrade() -> None:
    """All are empty; the trigger comes last."""
    moment = sa.DateTime(timezone=True)
    _campaigns(moment)
    _enrolments(moment)
    _noted()
    _messages(moment)
    op.execute(SIGNALS)


def _campaigns(moment: sa.DateTime) -> None:
    op.create_table(
        "campaign_versions",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "version", name=op.f("pk_campaign_versions")),
    )
    op.create_table(
        "campaigns",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("live_version", sa.Integer(), comment="The version that leads come into."),
        sa.Column("launched_at", moment),
        sa.Column("changed_at", moment, nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'live', 'paused', 'stopped')", name=op.f("ck_campaigns_state")
        ),
        sa.CheckConstraint(
            "(state = 'draft') = (live_version IS NULL)", name=op.f("ck_campaigns_live_version")
        ),
        sa.ForeignKeyConstraint(
            ["name", "live_version"],
            ["campaign_versions.campaign", "campaign_versions.version"],
            name=op.f("fk_campaigns_name_campaign_versions"),
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_campaigns")),
    )
    op.create_table(
        "campaign_passed",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False, comment="* for what takes leads out."),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("passed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "campaign", "version", "step", "way", name=op.f("pk_campaign_passed")
        ),
    )


def _enrolments(moment: sa.DateTime) -> None:
    op.create_table(
        "enrolments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), server_default="", nullable=False),
        sa.Column("data", sa.LargeBinary(), comment="What was said as it was enrolled."),
        sa.Column(
            "enrolled_by",
            sa.Text(),
            nullable=False,
            comment="A person, a key, a rule, or criteria.",
        ),
        sa.Column("began_at", moment, nullable=False),
        sa.Column("node", sa.Integer(), server_default="0", nullable=False),
        sa.Column("entered_at", moment, nullable=False),
        sa.Column("due_at", moment),
        sa.Column("places", ARRAY(sa.Text()), nullable=False),
        sa.Column("trail", sa.Text(), server_default="", nullable=False),
        sa.Column("ended_at", moment),
        sa.Column("ended_as", sa.Text()),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_as IS NULL)", name=op.f("ck_enrolments_ended")
        ),
        sa.ForeignKeyConstraint(
            ["campaign", "version"],
            ["campaign_versions.campaign", "campaign_versions.version"],
            name=op.f("fk_enrolments_campaign_campaign_versions"),
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"],
            ["leads.id"],
            name=op.f("fk_enrolments_lead_id_leads"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolments")),
    )
    op.create_index(
        "uq_enrolments_open",
        "enrolments",
        ["campaign", "lead_id", "key"],
        unique=True,
        postgresql_where=OPEN,
    )
    op.create_index(
        "ix_enrolments_due", "enrolments", ["campaign", "version", "due_at"], postgresql_where=OPEN
    )
    op.create_index("ix_enrolments_lead_id", "enrolments", ["lead_id"])
    op.create_index("ix_enrolments_campaign", "enrolments", ["campaign", "id"])


def _noted() -> None:
    op.create_table(
        "campaign_wants",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("enters", sa.Boolean(), nullable=False, comment="Leads come in by it."),
        sa.PrimaryKeyConstraint(
            "campaign", "version", "type", "enters", name=op.f("pk_campaign_wants")
        ),
    )
    op.create_table(
        "enrolment_signals",
        sa.Column("enrolment_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["enrolments.id"],
            name=op.f("fk_enrolment_signals_enrolment_id_enrolments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("enrolment_id", "event_id", name=op.f("pk_enrolment_signals")),
    )
    op.create_table(
        "campaign_arrivals",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "event_id", name=op.f("pk_campaign_arrivals")),
    )


def _messages(moment: sa.DateTime) -> None:
    op.create_table(
        "campaign_messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("enrolment_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="planned", nullable=False),
        sa.Column("why", sa.Text(), comment="Why it is withheld, has failed, or is uncertain."),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("claim", sa.Text()),
        sa.Column("claimed_until", moment),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sent_at", moment),
        sa.Column("provider_id", sa.Text(), comment="What the mail server called it."),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("planned_at", moment, server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint(
            "status IN ('planned', 'claimed', 'accepted', 'failed', 'uncertain', 'cancelled', "
            "'withheld')",
            name=op.f("ck_campaign_messages_status"),
        ),
        sa.CheckConstraint(
            "(status IN ('withheld', 'failed', 'uncertain')) = (why IS NOT NULL)",
            name=op.f("ck_campaign_messages_why"),
        ),
        sa.CheckConstraint(
            "(status = 'claimed') = (claim IS NOT NULL)", name=op.f("ck_campaign_messages_claim")
        ),
        sa.CheckConstraint(
            "(claim IS NULL) = (claimed_until IS NULL)",
            name=op.f("ck_campaign_messages_claimed_until"),
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["enrolments.id"],
            name=op.f("fk_campaign_messages_enrolment_id_enrolments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_messages")),
        sa.UniqueConstraint(
            "enrolment_id", "step", name=op.f("uq_campaign_messages_enrolment_id_step")
        ),
    )
    op.create_index("ix_campaign_messages_lead_id", "campaign_messages", ["lead_id"])
    op.create_index(
        "ix_campaign_messages_planned",
        "campaign_messages",
        ["due_at"],
        postgresql_where=sa.text("status = 'planned'"),
    )
    op.create_index(
        "ix_campaign_messages_claimed",
        "campaign_messages",
        ["claimed_until"],
        postgresql_where=sa.text("status = 'claimed'"),
    )
    op.create_index(
        "ix_campaign_messages_uncertain",
        "campaign_messages",
        ["id"],
        postgresql_where=sa.text("status = 'uncertain'"),
    )


def downgrade() -> None:
    """What is stored of campaigns goes."""
    op.execute("DROP TRIGGER campaigns_of_domain_events ON domain_events")
    op.execute("DROP FUNCTION campaigns_of_domain_events()")
    for table in (
        "campaign_messages",
        "campaign_arrivals",
        "enrolment_signals",
        "campaign_wants",
        "enrolments",
        "campaign_passed",
        "campaigns",
        "campaign_versions",
    ):
        op.drop_table(table)
