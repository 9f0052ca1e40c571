"""What was said for and against being written to, and addresses that nobody writes to. Whoever has
unsubscribed before has said no."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
PURPOSES = "purpose IN ('marketing', 'service', 'legal')"
BASES = "lawful_basis IN ('consent', 'contract', 'legitimate_interest', 'legal_obligation')"
REASONS = "reason IN ('hard_bounce', 'complaint', 'opted_out', 'asked_by_person', 'erased')"
KEPT = """
CREATE FUNCTION consent_events_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM leads WHERE id = OLD.lead_id) THEN
        RAISE EXCEPTION 'consent_events is append-only: DELETE refused'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER consent_events_append_only BEFORE UPDATE OR TRUNCATE ON consent_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER consent_events_stay BEFORE DELETE ON consent_events
    FOR EACH ROW EXECUTE FUNCTION consent_events_stay()
"""
# What was told of a lead that was merged is told of it and of no other; the copy counts nowhere.
SAID_BEFORE = """
INSERT INTO consent_events (lead_id, purpose, channel, given, source, evidence, strength, reference,
    happened_at, recorded_at, recorded_by)
SELECT e.lead_id, 'marketing', 'email', false, e.source, 'unsubscribe', 3,
    CASE WHEN e.external_id ~ '^[A-Za-z0-9._:/#-]{1,200}$' THEN e.external_id END,
    e.occurred_at, e.known_at, 'migration'
FROM lead_events AS e JOIN event_types AS t ON t.name = e.type
WHERE t.counts_as = 'unsubscribe' AND e.copied_from IS NULL
ORDER BY e.id
"""
ADDRESSES = """
INSERT INTO suppressions (id, channel, address_index, reason, since, suppressed_by)
SELECT 'supp_' || substr(md5(address_index), 1, 28), 'email', address_index, 'opted_out', since,
    'migration'
FROM (
    SELECT coalesce(own.email_index, stands.email_index) AS address_index,
        max(e.happened_at) AS since
    FROM consent_events AS e JOIN leads AS own ON own.id = e.lead_id
        JOIN leads AS stands ON stands.id = coalesce(own.merged_into, own.id)
    GROUP BY 1
) AS said WHERE address_index IS NOT NULL
"""


def upgrade() -> None:
    """Two tables, filled by what leads did."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "consent_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("lawful_basis", sa.Text(), comment="Of a yes; a no needs none."),
        sa.Column("source", sa.Text(), nullable=False, comment="The system it comes from."),
        sa.Column("evidence", sa.Text(), nullable=False, comment="Its kind."),
        sa.Column(
            "strength", sa.SmallInteger(), nullable=False, comment="Of the evidence, 1 to 3."
        ),
        sa.Column("reference", sa.Text(), comment="An id of what proves it."),
        sa.Column("happened_at", moment, nullable=False),
        sa.Column("recorded_at", moment, nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.CheckConstraint(PURPOSES, name=op.f("ck_consent_events_purpose")),
        sa.CheckConstraint("channel IN ('email')", name=op.f("ck_consent_events_channel")),
        sa.CheckConstraint(BASES, name=op.f("ck_consent_events_lawful_basis")),
        sa.CheckConstraint(
            "given = (lawful_basis IS NOT NULL)", name=op.f("ck_consent_events_basis_of_a_yes")
        ),
        sa.CheckConstraint("strength BETWEEN 1 AND 3", name=op.f("ck_consent_events_strength")),
        sa.CheckConstraint(
            "given OR purpose <> 'legal'", name=op.f("ck_consent_events_legal_stays")
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"],
            ["leads.id"],
            name=op.f("fk_consent_events_lead_id_leads"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_events")),
    )
    op.execute(SAID_BEFORE)
    op.create_index(
        "ix_consent_events_lead_id",
        "consent_events",
        ["lead_id", "channel", "purpose", "given", "happened_at"],
        postgresql_include=["strength"],
    )
    op.execute(KEPT)
    _suppressions(moment)
    op.execute(ADDRESSES)


def downgrade() -> None:
    """Without them."""
    op.drop_table("suppressions")
    op.drop_table("consent_events")
    op.execute("DROP FUNCTION consent_events_stay()")


def _suppressions(moment: sa.DateTime) -> None:
    op.create_table(
        "suppressions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address_index", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("suppressed_by", sa.Text(), nullable=False),
        sa.CheckConstraint("channel IN ('email')", name=op.f("ck_suppressions_channel")),
        sa.CheckConstraint(REASONS, name=op.f("ck_suppressions_reason")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
        sa.UniqueConstraint(
            "address_index",
            "channel",
            "reason",
            name=op.f("uq_suppressions_address_index_channel_reason"),
        ),
    )
    op.create_index("ix_suppressions_since", "suppressions", ["since", "id"])
