"""Domain events of campaigns: a lead has come into one, and its way through it has ended; what was
said of messages that are late; campaigns that are put away."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"

WRITE = """
    INSERT INTO domain_events (type, lead_id, facts, caused_by, depth)
    SELECT '{type}', e.lead_id, jsonb_strip_nulls(jsonb_build_object('enrollment_id', e.id,
        'campaign', e.campaign, 'key', nullif(e.key, ''){more})),
        nullif(current_setting('leadflow.caused_by', true), ''),
        coalesce(nullif(current_setting('leadflow.depth', true), ''), '0')::int
    FROM {these};
"""
ENTERED = WRITE.format(
    type="lead.enrolled", more="", these="fresh e WHERE e.ended_at IS NULL ORDER BY e.id"
)
ENDED = WRITE.format(
    type="lead.campaign_ended", more=", 'ended_as', e.ended_as", these="(SELECT NEW.*) e"
)


BEFORE = {
    "state": "state IN ('draft', 'live', 'paused', 'stopped')",
    "live_version": "(state = 'draft') = (live_version IS NULL)",
}
NOW = {
    "state": "state IN ('draft', 'live', 'paused', 'stopped', 'archived')",
    "live_version": "state = 'archived' OR (state = 'draft') = (live_version IS NULL)",
}


def _rule(name: str, rule: str) -> None:
    op.drop_constraint(op.f(f"ck_campaigns_{name}"), "campaigns")
    op.create_check_constraint(op.f(f"ck_campaigns_{name}"), "campaigns", rule)


def upgrade() -> None:
    """Of many that come in at once the events are written at once. Most changes of enrolments end
    none: those are told apart by their rows alone, which costs less than keeping them all."""
    for name, rule in NOW.items():
        _rule(name, rule)
    said = "What becomes of late messages, as was said when it last went on."
    op.add_column("campaigns", sa.Column("late", sa.Text(), comment=said))
    op.create_check_constraint(op.f("ck_campaigns_late"), "campaigns", "late IN ('send', 'skip')")
    op.execute(
        "CREATE FUNCTION domain_events_of_enrolments_insert() RETURNS trigger LANGUAGE plpgsql "
        f"AS $$\nBEGIN\n    IF domain_events_wanted('lead.enrolled') THEN{ENTERED}\n    END IF;\n"
        "    RETURN NULL;\nEND $$"
    )
    op.execute(
        "CREATE TRIGGER domain_events_of_enrolments_insert AFTER INSERT ON enrolments "
        "REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT "
        "EXECUTE FUNCTION domain_events_of_enrolments_insert()"
    )
    op.execute(
        "CREATE FUNCTION domain_events_of_enrolments_end() RETURNS trigger LANGUAGE plpgsql "
        f"AS $$\nBEGIN\n    IF domain_events_wanted('lead.campaign_ended') THEN{ENDED}\n"
        "    END IF;\n    RETURN NULL;\nEND $$"
    )
    op.execute(
        "CREATE TRIGGER domain_events_of_enrolments_end AFTER UPDATE ON enrolments FOR EACH ROW "
        "WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) "
        "EXECUTE FUNCTION domain_events_of_enrolments_end()"
    )


def downgrade() -> None:
    """Nobody is told any more."""
    op.drop_column("campaigns", "late")
    op.execute("UPDATE campaigns SET state = 'stopped' WHERE state = 'archived'")
    for name, rule in BEFORE.items():
        _rule(name, rule)
    for name in ("insert", "end"):
        op.execute(f"DROP TRIGGER domain_events_of_enrolments_{name} ON enrolments")
        op.execute(f"DROP FUNCTION domain_events_of_enrolments_{name}()")
