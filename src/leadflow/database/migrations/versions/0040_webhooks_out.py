"""Webhooks out: endpoints, their secrets, what each is told, and every attempt.

Messages are made of domain events, by a trigger, as those are written: whoever stores a fact, and
however many rows at once, the messages are there when it is committed.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0040"
down_revision = "0039"

MESSAGES = """
CREATE FUNCTION webhook_message_id() RETURNS text LANGUAGE sql AS $$
    SELECT 'msg_' || lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')
        || right(replace(gen_random_uuid()::text, '-', ''), 16)
$$;
CREATE FUNCTION webhook_messages_of_domain_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO webhook_messages (id, endpoint_id, type, lead_id, facts)
    SELECT webhook_message_id(), e.id, f.type, f.lead_id, f.facts
    FROM fresh f JOIN webhook_endpoints e ON e.status = 'enabled' AND f.type = ANY (e.types)
    ORDER BY f.id;
    RETURN NULL;
END $$;
CREATE TRIGGER webhook_messages_of_domain_events AFTER INSERT ON domain_events
REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION webhook_messages_of_domain_events();
"""


def upgrade() -> None:
    """The tables, and the trigger that fills the third of them."""
    moment = sa.DateTime(timezone=True)
    _endpoints(moment)
    _messages(moment)
    op.execute(MESSAGES)


def _endpoints(moment: sa.DateTime) -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.LargeBinary(), nullable=False),
        sa.Column("description", sa.LargeBinary(), nullable=False),
        sa.Column(
            "types",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="Of messages that it wants.",
        ),
        sa.Column(
            "include_personal", sa.Boolean(), nullable=False, server_default=sa.text("false")
        ),
        sa.Column("status", sa.Text(), nullable=False, server_default="enabled"),
        sa.Column("disabled_why", sa.Text(), nullable=True, comment="person, gone, failing"),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.Column(
            "failures",
            sa.Integer(),
            nullable=False,
            server_default="0",
            comment="Attempts that failed since the last that did not.",
        ),
        sa.Column("failing_since", moment, nullable=True, comment="The first of them."),
        sa.Column(
            "paused_until",
            moment,
            nullable=True,
            comment="Where all fails: nothing is sent before.",
        ),
        sa.Column("delivered_at", moment, nullable=True),
        sa.CheckConstraint(
            "name ~ '^[a-z][a-z0-9_-]{0,62}$'", name=op.f("ck_webhook_endpoints_name")
        ),
        sa.CheckConstraint(
            "status IN ('enabled', 'disabled', 'deleted')", name=op.f("ck_webhook_endpoints_status")
        ),
        sa.CheckConstraint("cardinality(types) > 0", name=op.f("ck_webhook_endpoints_types")),
        sa.CheckConstraint(
            "(status = 'disabled') = (disabled_why IS NOT NULL)",
            name=op.f("ck_webhook_endpoints_disabled"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
    )
    op.create_index(
        "uq_webhook_endpoints_name",
        "webhook_endpoints",
        ["name"],
        unique=True,
        postgresql_where=sa.text("status <> 'deleted'"),
    )
    op.create_table(
        "webhook_endpoint_secrets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("ends_at", moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoints.id"],
            name=op.f("fk_webhook_endpoint_secrets_endpoint_id_webhook_endpoints"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoint_secrets")),
    )
    op.create_index(
        "ix_webhook_endpoint_secrets_endpoint_id", "webhook_endpoint_secrets", ["endpoint_id"]
    )


def _messages(moment: sa.DateTime) -> None:
    op.create_table(
        "webhook_messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column(
            "number",
            sa.BigInteger(),
            sa.Identity(),
            nullable=False,
            comment="The order in which messages of a lead are sent.",
        ),
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=True),
        sa.Column("facts", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("status", sa.Text(), nullable=False, server_default="waiting"),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("due_at", moment, nullable=False, server_default=sa.func.now()),
        sa.Column("created_at", moment, nullable=False, server_default=sa.func.now()),
        sa.Column("ended_at", moment, nullable=True),
        sa.CheckConstraint(
            "status IN ('waiting', 'delivered', 'failed')", name=op.f("ck_webhook_messages_status")
        ),
        sa.CheckConstraint(
            "(status = 'waiting') = (ended_at IS NULL)", name=op.f("ck_webhook_messages_ended")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_messages")),
    )
    waiting = sa.text("status = 'waiting'")
    for name, columns, where in (
        ("due", ["endpoint_id", "due_at", "number"], waiting),
        ("of_lead", ["endpoint_id", "lead_id", "number"], waiting),
        ("listed", ["endpoint_id", "number"], None),
    ):
        op.create_index(
            f"ix_webhook_messages_{name}", "webhook_messages", columns, postgresql_where=where
        )
    op.create_index(
        "ix_webhook_messages_created_at",
        "webhook_messages",
        ["created_at"],
        postgresql_using="brin",
    )
    op.create_table(
        "webhook_attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("begun_at", moment, nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=True),
        sa.Column("answered", sa.Integer(), nullable=True, comment="The HTTP status."),
        sa.Column(
            "error", sa.Text(), nullable=True, comment="Why there is no status, or what of it."
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["webhook_messages.id"],
            name=op.f("fk_webhook_attempts_message_id_webhook_messages"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempts")),
    )
    op.create_index("ix_webhook_attempts_message_id", "webhook_attempts", ["message_id"])


def downgrade() -> None:
    """Without them."""
    op.execute("DROP TRIGGER webhook_messages_of_domain_events ON domain_events")
    op.execute(
        "DROP FUNCTION webhook_messages_of_domain_events(); DROP FUNCTION webhook_message_id()"
    )
    for name in (
        "webhook_attempts",
        "webhook_messages",
        "webhook_endpoint_secrets",
        "webhook_endpoints",
    ):
        op.drop_table(name)
