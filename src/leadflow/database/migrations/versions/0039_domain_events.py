"""Domain events: what happens is written where it is stored, by triggers, and workflow rules are
held against it.

Whoever stores a fact, and however many rows at once, its events are there when it is committed.
Where nobody wants to know, a trigger looks at ``wanted_types``, which has a few rows, and that is
all.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0039"
down_revision = "0038"

WANTED = """
CREATE FUNCTION domain_events_wanted(VARIADIC asked text[]) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM wanted_types WHERE type = ANY (asked))
$$;
CREATE FUNCTION lead_events_wanted() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM wanted_types WHERE starts_with(type, 'lead.did.'))
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
# Longer ago than this when it is heard of, it is history: told, but no rule acts on it.
LATE = "interval '7 days'"
BEFORE = """
    LEFT JOIN LATERAL (
        SELECT level, total_score FROM lead_scores WHERE lead_id = s.lead_id AND as_of < s.as_of
        ORDER BY as_of DESC LIMIT 1
    ) p ON true
"""
# Half a point is a difference; less is what two models, or a day, make of the same.
SCORED = f"""
    SELECT s.lead_id, jsonb_build_object('score', s.total_score, 'score_before', p.total_score,
        'probability', s.probability,
        'level', s.level, 'confidence', s.confidence, 'regime', s.regime,
        'model_version', s.model_version, 'as_of', s.as_of) AS facts, false AS late
    FROM fresh s {BEFORE}
    WHERE s.is_current
        AND (p.total_score IS NULL OR abs(s.total_score - p.total_score) >= 0.5)
"""
# An override that is in force decides the level, whatever the score says.
LEVEL_OF_SCORE = f"""
    SELECT s.lead_id, jsonb_build_object('level', s.level, 'level_before', p.level,
        'because', 'score') AS facts, false AS late
    FROM fresh s {BEFORE}
    WHERE s.is_current AND s.level IS DISTINCT FROM p.level AND NOT EXISTS (
        SELECT FROM score_overrides o
        WHERE o.lead_id = s.lead_id AND o.status = 'active' AND o.expires_at > s.as_of
    )
"""
MODEL_LEVEL = "SELECT level FROM lead_scores WHERE lead_id = n.lead_id AND is_current"
BEGUN = f"""
    SELECT n.lead_id, jsonb_build_object('level', n.level, 'level_before', m.level,
        'because', 'override') AS facts, false AS late
    FROM fresh n {{joined}} LEFT JOIN LATERAL ({MODEL_LEVEL}) m ON true
    WHERE n.status = 'active' AND n.level IS DISTINCT FROM m.level {{only}}
"""
ENDED = f"""
    SELECT n.lead_id, jsonb_build_object('level', m.level, 'level_before', n.level,
        'because', 'override') AS facts, false AS late
    FROM fresh n JOIN old_rows o ON o.id = n.id LEFT JOIN LATERAL ({MODEL_LEVEL}) m ON true
    WHERE o.status = 'active' AND n.status <> 'active' AND m.level IS DISTINCT FROM n.level
"""
ASSIGNED = """
    SELECT a.lead_id, jsonb_build_object('assignment_id', a.id, 'rep_id', a.rep_id,
        'strategy', a.strategy, 'level', a.level, 'due_at', a.due_at) AS facts, false AS late
    FROM fresh a WHERE a.ended_at IS NULL
"""
END = f"""
    SELECT n.lead_id, n.outcome, jsonb_build_object('occurred_at', n.occurred_at,
        'value_minor', n.value_minor, 'value_currency', n.value_currency) AS facts,
        n.occurred_at < now() - {LATE} AS late
    FROM fresh n
"""
END_CHANGED = f"""{END} JOIN old_rows o ON o.id = n.id
    WHERE (n.outcome, n.occurred_at, n.value_minor, n.value_currency)
        IS DISTINCT FROM (o.outcome, o.occurred_at, o.value_minor, o.value_currency)
"""
# Of a lead that is deleted its outcome goes with it, and nothing is open again.
REOPENED = """
    SELECT o.lead_id, '{}'::jsonb AS facts, false AS late FROM old_rows o
    WHERE EXISTS (SELECT FROM leads WHERE id = o.lead_id)
"""
DECIDED = """
    SELECT CASE WHEN starts_with(n.subject_id, 'lead_') THEN n.subject_id END AS lead_id,
        jsonb_build_object('approval_id', n.id, 'kind', n.kind, 'subject_id', n.subject_id,
        'decision', n.status, 'decided_by', n.decided_by, 'decided_at', n.decided_at) AS facts,
        false AS late
    FROM fresh n JOIN old_rows o ON o.id = n.id
    WHERE o.status = 'waiting' AND n.status IN ('approved', 'rejected')
"""
ROWS = {
    "INSERT": "NEW TABLE AS fresh",
    "UPDATE": "NEW TABLE AS fresh OLD TABLE AS old_rows",
    "DELETE": "OLD TABLE AS old_rows",
}


def _event(kind: str, facts: str, type_: str | None = None) -> str:
    """Write one event for each row of ``facts``, where somebody wants its type; what it came of is
    what the transaction says."""
    name = f"'{kind}'" if type_ is None else type_
    return f"""
        INSERT INTO domain_events (type, lead_id, facts, late, caused_by, depth)
        SELECT {name}, f.lead_id, f.facts, f.late,
            nullif(current_setting('leadflow.caused_by', true), ''),
            coalesce(nullif(current_setting('leadflow.depth', true), ''), '0')::int
        FROM ({facts}) f
        WHERE EXISTS (SELECT FROM wanted_types w WHERE w.type = {name});"""


CREATED = f"""
    SELECT id AS lead_id, '{{}}'::jsonb AS facts, created_at < now() - {LATE} AS late FROM fresh
"""
UPDATED = f"""
    SELECT id AS lead_id, jsonb_build_object('changed', names) AS facts, false AS late
    FROM ({CHANGED}) c
"""
DELETED = "SELECT id AS lead_id, '{}'::jsonb AS facts, false AS late FROM old_rows"
TOUCHED = """
    SELECT n.lead_id, jsonb_build_object('assignment_id', n.id, 'rep_id', n.rep_id) AS facts,
        false AS late
    FROM fresh n JOIN old_rows o ON o.id = n.id
    WHERE o.first_touch_at IS NULL AND n.first_touch_at IS NOT NULL
"""
TAGGED = """
    SELECT lead_id, jsonb_build_object('tag', tag) AS facts, false AS late FROM fresh
"""
MERGED = """
    SELECT survivor_id AS lead_id,
        jsonb_build_object('merge_id', id, 'merged_id', other_id) AS facts, false AS late
    FROM fresh
"""
DID = f"""
    SELECT n.lead_id, 'lead.did.' || n.type AS type,
        jsonb_build_object('occurred_at', n.occurred_at, 'source', n.source) AS facts,
        n.occurred_at < now() - {LATE} AS late
    FROM fresh n
"""
OUTCOME = "'lead.' || f.outcome"
WAS_INACTIVE = "AND o.status <> 'active'"
# Table, event, the types it may write, and how.
TRIGGERS = (
    ("leads", "INSERT", ("lead.created",), _event("lead.created", CREATED)),
    ("leads", "UPDATE", ("lead.updated",), _event("lead.updated", UPDATED)),
    ("leads", "DELETE", ("lead.deleted",), _event("lead.deleted", DELETED)),
    (
        "lead_scores",
        "INSERT",
        ("lead.scored", "lead.level_changed"),
        _event("lead.scored", SCORED) + _event("lead.level_changed", LEVEL_OF_SCORE),
    ),
    (
        "score_overrides",
        "INSERT",
        ("lead.level_changed",),
        _event("lead.level_changed", BEGUN.format(joined="", only="")),
    ),
    (
        "score_overrides",
        "UPDATE",
        ("lead.level_changed",),
        _event("lead.level_changed", ENDED)
        + _event(
            "lead.level_changed",
            BEGUN.format(joined="JOIN old_rows o ON o.id = n.id", only=WAS_INACTIVE),
        ),
    ),
    ("assignments", "INSERT", ("lead.assigned",), _event("lead.assigned", ASSIGNED)),
    ("assignments", "UPDATE", ("lead.touched",), _event("lead.touched", TOUCHED)),
    ("outcomes", "INSERT", ("lead.converted", "lead.lost"), _event("", END, OUTCOME)),
    ("outcomes", "UPDATE", ("lead.converted", "lead.lost"), _event("", END_CHANGED, OUTCOME)),
    ("outcomes", "DELETE", ("lead.reopened",), _event("lead.reopened", REOPENED)),
    ("approvals", "UPDATE", ("approval.decided",), _event("approval.decided", DECIDED)),
    ("lead_tags", "INSERT", ("lead.tagged",), _event("lead.tagged", TAGGED)),
    ("lead_merges", "INSERT", ("lead.merged",), _event("lead.merged", MERGED)),
    ("lead_events", "INSERT", (), _event("", DID, "f.type")),
)


def upgrade() -> None:
    """The tables, and the triggers that fill the first of them."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "domain_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=True),
        sa.Column("facts", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column(
            "late",
            sa.Boolean(),
            nullable=False,
            server_default=sa.text("false"),
            comment="It was history when it was heard of; no rule acts on it.",
        ),
        sa.Column("at", moment, nullable=False, server_default=sa.func.now()),
        sa.Column("caused_by", sa.Text(), nullable=True),
        sa.Column("depth", sa.Integer(), nullable=False, server_default="0"),
        sa.Column(
            "reacted_at", moment, nullable=True, comment="When workflow rules were held against it."
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_domain_events")),
    )
    op.create_index(
        "ix_domain_events_pending",
        "domain_events",
        ["id"],
        postgresql_where=sa.text("reacted_at IS NULL"),
    )
    op.create_index("ix_domain_events_type_id", "domain_events", ["type", "id"])
    op.create_index("ix_domain_events_lead_id", "domain_events", ["lead_id"])
    op.create_index("ix_domain_events_at", "domain_events", ["at"], postgresql_using="brin")
    op.create_table(
        "wanted_types",
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("reader", "type", name=op.f("pk_wanted_types")),
    )
    _firings(moment)
    # Who is silent is found among those of whom something was heard a while ago.
    op.create_index(
        "ix_lead_events_occurred_at", "lead_events", ["occurred_at"], postgresql_using="brin"
    )
    op.execute(WANTED)
    for table, event, types, statements in TRIGGERS:
        _trigger(table, event, types, statements)


def _trigger(table: str, event: str, types: tuple[str, ...], statements: str) -> None:
    name = f"domain_events_of_{table}_{event.lower()}"
    asked = ", ".join(f"'{one}'" for one in types)
    wanted = f"domain_events_wanted({asked})" if types else "lead_events_wanted()"
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        f"BEGIN\n    IF {wanted} THEN{statements}\n    END IF;\n    RETURN NULL;\nEND $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {ROWS[event]} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


def _firings(moment: sa.DateTime) -> None:
    op.create_table(
        "rule_firings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column(
            "version",
            sa.Integer(),
            nullable=True,
            comment="Of the rules; empty for those that came with Leadflow.",
        ),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("acts_at", moment, nullable=True, comment="Empty: at once."),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column(
            "actions",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="What it does, in order.",
        ),
        sa.Column("matched", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "status IN ('fired', 'limited', 'capped')", name=op.f("ck_rule_firings_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_firings")),
        sa.UniqueConstraint("event_id", "rule_id", name=op.f("uq_rule_firings_event_id_rule_id")),
    )
    op.create_index("ix_rule_firings_lead_id", "rule_firings", ["lead_id", "at"])
    op.create_index("ix_rule_firings_rule_id", "rule_firings", ["rule_id", "at"])


def downgrade() -> None:
    """Without them."""
    for table, event, _types, _statements in TRIGGERS:
        name = f"domain_events_of_{table}_{event.lower()}"
        op.execute(f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}()")
    op.execute("DROP FUNCTION domain_events_wanted(text[]); DROP FUNCTION lead_events_wanted()")
    op.drop_index("ix_lead_events_occurred_at", "lead_events")
    for name in ("rule_firings", "wanted_types", "domain_events"):
        op.drop_table(name)
