"""Webhooks out: endpoints, their secrets, what each is told, and every attempt.

What happens is written where it is stored, by triggers: whoever stores it, and however many rows at
once, the messages are there when it is committed. Where nobody wants them, a trigger looks at the
endpoints, of which there are a few, and that is all.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0039"
down_revision = "0038"

MESSAGE_ID = """
CREATE FUNCTION webhook_message_id() RETURNS text LANGUAGE sql AS $$
    SELECT 'msg_' || lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')
        || right(replace(gen_random_uuid()::text, '-', ''), 16)
$$;
CREATE FUNCTION webhooks_want(VARIADIC wanted text[]) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM webhook_endpoints WHERE status = 'enabled' AND types && wanted)
$$;
"""
# What is derived from others, what only says when or by what, and what is a person's secret twice.
NOT_TOLD = (
    "id, known_from, updated_at, created_at, counted_at, said, email, email_kind, has_phone, "
    "seniority, timeline_months, source"
)
# Written anew with another key, these are no news; whoever changes one says so in updated_at.
IDENTITY = "email_index, phone, first_name, last_name"
ANOTHER_NAME = (
    "CASE k.key WHEN 'email_index' THEN 'email' WHEN 'budget_minor' THEN 'budget' "
    "WHEN 'budget_currency' THEN 'currency' ELSE k.key END"
)
CHANGED = f"""
    SELECT n.id, array_agg(DISTINCT {ANOTHER_NAME}) AS names
    FROM fresh n JOIN old_rows o ON o.id = n.id
    CROSS JOIN LATERAL (SELECT to_jsonb(o) AS was, to_jsonb(n) AS is_now) j
    CROSS JOIN LATERAL jsonb_each(j.is_now) k
    WHERE k.value IS DISTINCT FROM j.was -> k.key
        AND k.key <> ALL (string_to_array('{NOT_TOLD}', ', '))
        AND (n.updated_at IS DISTINCT FROM o.updated_at
            OR k.key <> ALL (string_to_array('{IDENTITY}', ', ')))
    GROUP BY n.id
"""
SCORED = """
    SELECT s.lead_id, jsonb_build_object('score', s.total_score, 'probability', s.probability,
        'level', s.level, 'confidence', s.confidence, 'regime', s.regime,
        'model_version', s.model_version, 'as_of', s.as_of) AS facts
    FROM fresh s WHERE s.is_current
"""
# An override that is in force decides the level, whatever the score says.
LEVEL_OF_SCORE = """
    SELECT s.lead_id, jsonb_build_object('level', s.level, 'level_before', p.level,
        'because', 'score') AS facts
    FROM fresh s
    LEFT JOIN LATERAL (
        SELECT level FROM lead_scores WHERE lead_id = s.lead_id AND as_of < s.as_of
        ORDER BY as_of DESC LIMIT 1
    ) p ON true
    WHERE s.is_current AND s.level IS DISTINCT FROM p.level AND NOT EXISTS (
        SELECT FROM score_overrides o
        WHERE o.lead_id = s.lead_id AND o.status = 'active' AND o.expires_at > s.as_of
    )
"""
MODEL_LEVEL = "SELECT level FROM lead_scores WHERE lead_id = n.lead_id AND is_current"
BEGUN = f"""
    SELECT n.lead_id, jsonb_build_object('level', n.level, 'level_before', m.level,
        'because', 'override') AS facts
    FROM fresh n {{joined}} LEFT JOIN LATERAL ({MODEL_LEVEL}) m ON true
    WHERE n.status = 'active' AND n.level IS DISTINCT FROM m.level {{only}}
"""
ENDED = f"""
    SELECT n.lead_id, jsonb_build_object('level', m.level, 'level_before', n.level,
        'because', 'override') AS facts
    FROM fresh n JOIN old_rows o ON o.id = n.id LEFT JOIN LATERAL ({MODEL_LEVEL}) m ON true
    WHERE o.status = 'active' AND n.status <> 'active' AND m.level IS DISTINCT FROM n.level
"""
ASSIGNED = """
    SELECT a.lead_id, jsonb_build_object('assignment_id', a.id, 'rep_id', a.rep_id,
        'strategy', a.strategy, 'level', a.level, 'due_at', a.due_at) AS facts
    FROM fresh a WHERE a.ended_at IS NULL
"""
END = """
    SELECT n.lead_id, n.outcome, jsonb_build_object('occurred_at', n.occurred_at,
        'value_minor', n.value_minor, 'value_currency', n.value_currency) AS facts
    FROM fresh n
"""
END_CHANGED = f"""{END} JOIN old_rows o ON o.id = n.id
    WHERE (n.outcome, n.occurred_at, n.value_minor, n.value_currency)
        IS DISTINCT FROM (o.outcome, o.occurred_at, o.value_minor, o.value_currency)
"""
# Of a lead that is deleted its outcome goes with it, and nothing is open again.
REOPENED = """
    SELECT o.lead_id, '{}'::jsonb AS facts FROM old_rows o
    WHERE EXISTS (SELECT FROM leads WHERE id = o.lead_id)
"""
DECIDED = """
    SELECT CASE WHEN starts_with(n.subject_id, 'lead_') THEN n.subject_id END AS lead_id,
        jsonb_build_object('approval_id', n.id, 'kind', n.kind, 'subject_id', n.subject_id,
        'decision', n.status, 'decided_by', n.decided_by, 'decided_at', n.decided_at) AS facts
    FROM fresh n JOIN old_rows o ON o.id = n.id
    WHERE o.status = 'waiting' AND n.status IN ('approved', 'rejected')
"""
ROWS = {
    "INSERT": "NEW TABLE AS fresh",
    "UPDATE": "NEW TABLE AS fresh OLD TABLE AS old_rows",
    "DELETE": "OLD TABLE AS old_rows",
}


def _message(kind: str, facts: str, type_: str | None = None) -> str:
    """Write one message for each row of ``facts`` and each endpoint that wants its type."""
    name = f"'{kind}'" if type_ is None else type_
    return f"""
        INSERT INTO webhook_messages (id, endpoint_id, type, lead_id, facts)
        SELECT webhook_message_id(), e.id, {name}, f.lead_id, f.facts
        FROM ({facts}) f
        JOIN webhook_endpoints e ON e.status = 'enabled' AND {name} = ANY (e.types);"""


CREATED = "SELECT id AS lead_id, '{}'::jsonb AS facts FROM fresh"
UPDATED = f"SELECT id AS lead_id, jsonb_build_object('changed', names) AS facts FROM ({CHANGED}) c"
DELETED = "SELECT id AS lead_id, '{}'::jsonb AS facts FROM old_rows"
OUTCOME = "'lead.' || f.outcome"
WAS_INACTIVE = "AND o.status <> 'active'"
# Table, event, the types it may write, and how.
TRIGGERS = (
    ("leads", "INSERT", ("lead.created",), _message("lead.created", CREATED)),
    ("leads", "UPDATE", ("lead.updated",), _message("lead.updated", UPDATED)),
    ("leads", "DELETE", ("lead.deleted",), _message("lead.deleted", DELETED)),
    (
        "lead_scores",
        "INSERT",
        ("lead.scored", "lead.level_changed"),
        _message("lead.scored", SCORED) + _message("lead.level_changed", LEVEL_OF_SCORE),
    ),
    (
        "score_overrides",
        "INSERT",
        ("lead.level_changed",),
        _message("lead.level_changed", BEGUN.format(joined="", only="")),
    ),
    (
        "score_overrides",
        "UPDATE",
        ("lead.level_changed",),
        _message("lead.level_changed", ENDED)
        + _message(
            "lead.level_changed",
            BEGUN.format(joined="JOIN old_rows o ON o.id = n.id", only=WAS_INACTIVE),
        ),
    ),
    ("assignments", "INSERT", ("lead.assigned",), _message("lead.assigned", ASSIGNED)),
    ("outcomes", "INSERT", ("lead.converted", "lead.lost"), _message("", END, OUTCOME)),
    ("outcomes", "UPDATE", ("lead.converted", "lead.lost"), _message("", END_CHANGED, OUTCOME)),
    ("outcomes", "DELETE", ("lead.reopened",), _message("lead.reopened", REOPENED)),
    ("approvals", "UPDATE", ("approval.decided",), _message("approval.decided", DECIDED)),
)


def upgrade() -> None:
    """The tables, and the triggers that fill the third of them."""
    moment = sa.DateTime(timezone=True)
    _endpoints(moment)
    _messages(moment)
    op.execute(MESSAGE_ID)
    for table, event, types, statements in TRIGGERS:
        name = f"webhook_messages_of_{table}_{event.lower()}"
        wanted = ", ".join(f"'{one}'" for one in types)
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$\n"
            f"BEGIN\n    IF webhooks_want({wanted}) THEN{statements}\n    END IF;\n"
            "    RETURN NULL;\nEND $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {ROWS[event]} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )


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
    for table, event, _types, _statements in TRIGGERS:
        name = f"webhook_messages_of_{table}_{event.lower()}"
        op.execute(f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}()")
    op.execute("DROP FUNCTION webhook_message_id(); DROP FUNCTION webhooks_want(text[])")
    for name in (
        "webhook_attempts",
        "webhook_messages",
        "webhook_endpoint_secrets",
        "webhook_endpoints",
    ):
        op.drop_table(name)
