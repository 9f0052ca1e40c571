"""What comes back of messages: events by months, counts that are kept up, campaigns that paused
themselves, mails that could not be read; who launched a campaign.

Whoever works as the application's role owns no table and makes none: months are made and dropped by
two functions that do nothing else.
"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"

BEFORE = "'planned', 'claimed', 'accepted', 'failed', 'uncertain', 'cancelled', 'withheld'"
STATES = (
    "'planned', 'claimed', 'accepted', 'delivered', 'bounced', 'failed', 'uncertain', "
    "'cancelled', 'withheld'"
)
KINDS = (
    "'delivered', 'bounced', 'deferred', 'complained', 'opened', 'clicked', 'unsubscribed', "
    "'replied', 'auto_replied'"
)
CLASSES = "'recipient', 'mailbox_full', 'policy', 'content', 'expired'"
# Whoever notes an event locks messages first and events second, and so do these.
MONTHS = """
CREATE FUNCTION message_events_month(at timestamptz) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    first timestamp := date_trunc('month', at AT TIME ZONE 'UTC');
    name text := 'message_events_' || to_char(first, 'YYYYMM');
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN;
    END IF;
    LOCK TABLE campaign_messages IN SHARE ROW EXCLUSIVE MODE;
    IF to_regclass(name) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF message_events FOR VALUES FROM (%L) TO (%L)', name,
            first AT TIME ZONE 'UTC', (first + interval '1 month') AT TIME ZONE 'UTC'
        );
    END IF;
END $$;
CREATE FUNCTION message_events_forget(before timestamptz) RETURNS integer LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    last text := 'message_events_'
        || to_char(date_trunc('month', before AT TIME ZONE 'UTC'), 'YYYYMM');
    month text;
    dropped integer := 0;
BEGIN
    FOR month IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'message_events'::regclass AND c.relname < last ORDER BY 1
    LOOP
        IF dropped = 0 THEN
            LOCK TABLE campaign_messages IN ACCESS EXCLUSIVE MODE;
        END IF;
        EXECUTE format('DROP TABLE IF EXISTS %I', month);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$
"""
# Whatever notes that a message was sent has it counted, in its own transaction.
SENT = """
CREATE FUNCTION figures_of_sent_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO campaign_figures AS f (campaign, version, step, figure, messages)
    SELECT n.campaign, n.version, n.step, 'sent', count(*)
    FROM was_so o JOIN is_so n ON n.id = o.id
    WHERE o.sent_at IS NULL AND n.sent_at IS NOT NULL
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (campaign, version, step, figure)
    DO UPDATE SET messages = f.messages + excluded.messages;
    RETURN NULL;
END $$;
CREATE TRIGGER figures_of_sent_messages AFTER UPDATE ON campaign_messages
REFERENCING OLD TABLE AS was_so NEW TABLE AS is_so
FOR EACH STATEMENT EXECUTE FUNCTION figures_of_sent_messages()
"""
SENT_BEFORE = """
INSERT INTO campaign_figures (campaign, version, step, figure, messages)
SELECT campaign, version, step, 'sent', count(*)
FROM campaign_messages WHERE sent_at IS NOT NULL GROUP BY 1, 2, 3
"""


def upgrade() -> None:
    """What was sent before is counted; what came back of it nobody has noted."""
    moment = sa.DateTime(timezone=True)
    _states(STATES, "'withheld', 'failed', 'uncertain', 'bounced'")
    op.create_index(
        "ix_campaign_messages_provider_id",
        "campaign_messages",
        ["provider_id"],
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )
    op.alter_column(
        "campaign_messages",
        "why",
        comment="Why it is withheld, came back, has failed, or is uncertain.",
        existing_comment="Why it is withheld, has failed, or is uncertain.",
    )
    op.add_column("campaigns", sa.Column("launched_by", sa.Text()))
    _events(moment)
    _figures(moment)
    op.create_table(
        "unread_mails",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unread_mails")),
    )
    op.create_index("ix_unread_mails_content_hash", "unread_mails", ["content_hash"], unique=True)
    op.create_table(
        "message_visits",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("link", sa.SmallInteger(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("machine", sa.Text(), comment="Why it is known to be one; empty: is not."),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_visits")),
    )
    for statements in (MONTHS, SENT, SENT_BEFORE):
        op.execute(statements)
    op.execute("SELECT message_events_month(now())")


def _states(states: str, with_why: str) -> None:
    for name in ("status", "why"):
        op.drop_constraint(op.f(f"ck_campaign_messages_{name}"), "campaign_messages")
    op.create_check_constraint(
        op.f("ck_campaign_messages_status"), "campaign_messages", f"status IN ({states})"
    )
    op.create_check_constraint(
        op.f("ck_campaign_messages_why"),
        "campaign_messages",
        f"(status IN ({with_why})) = (why IS NOT NULL)",
    )


def _events(moment: sa.DateTime) -> None:
    op.create_table(
        "message_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("noted_at", moment, nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("happened_at", moment, nullable=False),
        sa.Column("class", sa.Text(), comment="Of a bounce."),
        sa.Column("machine", sa.Text(), comment="Why it was no person; empty: was."),
        sa.Column("link", sa.SmallInteger(), comment="The number of a link."),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_message_events_kind")),
        sa.CheckConstraint(f"class IN ({CLASSES})", name=op.f("ck_message_events_class")),
        sa.CheckConstraint(
            "(kind = 'bounced') = (class IS NOT NULL)",
            name=op.f("ck_message_events_class_of_a_bounce"),
        ),
        sa.CheckConstraint(
            "(kind = 'clicked') = (link IS NOT NULL)",
            name=op.f("ck_message_events_link_of_a_click"),
        ),
        sa.CheckConstraint(
            "machine IS NULL OR kind IN ('opened', 'clicked')",
            name=op.f("ck_message_events_machine"),
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["campaign_messages.id"],
            name=op.f("fk_message_events_message_id_campaign_messages"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", "noted_at", name=op.f("pk_message_events")),
        postgresql_partition_by="RANGE (noted_at)",
    )
    op.create_index("ix_message_events_message_id", "message_events", ["message_id", "kind"])


def _figures(moment: sa.DateTime) -> None:
    op.create_table(
        "campaign_figures",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign", "version"],
            ["campaign_versions.campaign", "campaign_versions.version"],
            name=op.f("fk_campaign_figures_campaign_campaign_versions"),
        ),
        sa.PrimaryKeyConstraint(
            "campaign", "version", "step", "figure", name=op.f("pk_campaign_figures")
        ),
    )
    op.create_table(
        "campaign_pauses",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("paused_at", moment, nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=False),
        sa.Column("bounced", sa.BigInteger(), nullable=False),
        sa.Column("complained", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("why IN ('complaints', 'bounces')", name=op.f("ck_campaign_pauses_why")),
        sa.ForeignKeyConstraint(
            ["campaign"], ["campaigns.name"], name=op.f("fk_campaign_pauses_campaign_campaigns")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_pauses")),
    )
    op.create_index("ix_campaign_pauses_campaign", "campaign_pauses", ["campaign", "id"])


def downgrade() -> None:
    """What came back is forgotten; what it did to messages is said as it was before."""
    op.execute("DROP TRIGGER figures_of_sent_messages ON campaign_messages")
    for table in (
        "message_visits",
        "unread_mails",
        "campaign_pauses",
        "campaign_figures",
        "message_events",
    ):
        op.drop_table(table)
    for function in (
        "figures_of_sent_messages()",
        "message_events_month(timestamptz)",
        "message_events_forget(timestamptz)",
    ):
        op.execute(f"DROP FUNCTION {function}")
    op.drop_column("campaigns", "launched_by")
    op.drop_index("ix_campaign_messages_provider_id", "campaign_messages")
    op.execute(
        "UPDATE campaign_messages SET status = 'accepted', why = NULL "
        "WHERE status IN ('delivered', 'bounced')"
    )
    _states(BEFORE, "'withheld', 'failed', 'uncertain'")
    op.alter_column(
        "campaign_messages",
        "why",
        comment="Why it is withheld, has failed, or is uncertain.",
        existing_comment="Why it is withheld, came back, has failed, or is uncertain.",
    )
