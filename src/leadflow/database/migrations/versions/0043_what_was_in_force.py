"""What was in force: when each version of rules was switched on, and versions of event types"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0043"
down_revision = "0042"

# Until now only the audit log said when a version was switched on.
SWITCHED = """
INSERT INTO rule_switches (kind, version, at, by)
SELECT a.subject, (a.detail->>'version')::integer, a.at, a.actor
FROM audit_log a
JOIN rule_sets r ON r.kind = a.subject AND r.version = (a.detail->>'version')::integer
WHERE a.action = 'rules.activated' OR (a.action = 'rules.stored'
    AND a.after->'version_in_use' = a.detail->'version')
ORDER BY a.number
"""
# What counts is switched on last, also where the log does not say so.
ACTIVE = """
INSERT INTO rule_switches (kind, version, at, by)
SELECT r.kind, r.version, greatest(r.created_at, last.at), r.created_by
FROM rule_sets r LEFT JOIN LATERAL (
    SELECT version, at FROM rule_switches s WHERE s.kind = r.kind ORDER BY number DESC LIMIT 1
) last ON true
WHERE r.active AND r.version IS DISTINCT FROM last.version
"""
# What a type was before it last changed was not kept.
DECLARED = """
INSERT INTO event_type_versions (event_type, version, content, created_at, created_by)
SELECT name, 1, jsonb_build_object('label', label)
    || CASE WHEN counts_as = name THEN '{}' ELSE jsonb_build_object('counts_as', counts_as) END
    || CASE dimension WHEN 'behavioural' THEN '{}'
        ELSE jsonb_build_object('dimension', dimension) END
    || CASE done_by WHEN 'lead' THEN '{}' ELSE jsonb_build_object('done_by', done_by) END
    || CASE WHEN is_touch THEN '{"touch": true}' ELSE '{}' END::jsonb
    || CASE WHEN reopens THEN '{"reopens": true}' ELSE '{}' END::jsonb
    || CASE WHEN has_features = (counts_as = name AND done_by = 'lead') THEN '{}'
        ELSE jsonb_build_object('features', has_features) END
    || CASE WHEN payload_schema IS NULL THEN '{}'
        ELSE jsonb_build_object('payload', payload_schema) END,
    changed_at, coalesce((SELECT actor FROM audit_log WHERE subject = 'event_type/' || name
        ORDER BY number DESC LIMIT 1), 'unknown')
FROM event_types WHERE declared_by = 'company'
"""


def upgrade() -> None:
    """Two tables, with what is known of the time before."""
    op.create_table(
        "rule_switches",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_rule_switches")),
    )
    op.create_index("ix_rule_switches_kind", "rule_switches", ["kind", "number"])
    op.create_table(
        "event_type_versions",
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_type", "version", name=op.f("pk_event_type_versions")),
    )
    for statement in (SWITCHED, ACTIVE, DECLARED):
        op.execute(statement)
    op.execute(
        "CREATE TRIGGER rule_switches_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON rule_switches FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    """Without them."""
    op.drop_table("event_type_versions")
    op.drop_table("rule_switches")
