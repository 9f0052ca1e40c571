"""Teams, territories in a tree, working time; how each lead was decided and what came of it"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0010"
down_revision = "0009"

TEAMS_BY_NAME = """
INSERT INTO teams (id, name)
SELECT DISTINCT 'team_' || md5(team), team FROM reps WHERE team IS NOT NULL;
UPDATE reps SET team_id = teams.id FROM teams WHERE teams.name = reps.team;
"""
LOAD_ROWS = """
CREATE FUNCTION reps_start_load() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rep_loads (rep_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER reps_start_load AFTER INSERT ON reps
    FOR EACH ROW EXECUTE FUNCTION reps_start_load();
INSERT INTO rep_loads (rep_id, open_leads, received)
SELECT r.id, count(a.id) FILTER (WHERE a.ended_at IS NULL), count(a.id)
FROM reps r LEFT JOIN assignments a ON a.rep_id = r.id GROUP BY r.id;
"""
# One statement's assignments are counted together. Rows are locked in the order of their ids, so
# that two statements never wait for each other; whoever comes second sees what the first has taken.
COUNT = """
CREATE FUNCTION assignments_count() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changes jsonb;
    full_rep text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT jsonb_object_agg(rep_id, jsonb_build_array(opened, n, bounded)) INTO changes FROM (
            SELECT rep_id, count(*) FILTER (WHERE ended_at IS NULL) AS opened, count(*) AS n,
                bool_or(source <> 'escalation') AS bounded
            FROM new_rows GROUP BY rep_id
        ) given;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT jsonb_object_agg(rep_id, jsonb_build_array(opened, 0)) INTO changes FROM (
            SELECT rep_id, -count(*) AS opened FROM old_rows WHERE ended_at IS NULL GROUP BY rep_id
        ) taken;
    ELSE
        SELECT jsonb_object_agg(rep_id, jsonb_build_array(opened, 0)) INTO changes FROM (
            SELECT rep_id, sum(one) AS opened FROM (
                SELECT rep_id, 1 AS one FROM new_rows WHERE ended_at IS NULL
                UNION ALL
                SELECT rep_id, -1 FROM old_rows WHERE ended_at IS NULL
            ) both_sides GROUP BY rep_id HAVING sum(one) <> 0
        ) moved;
    END IF;
    IF changes IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM 1 FROM rep_loads WHERE rep_id IN (SELECT jsonb_object_keys(changes))
        ORDER BY rep_id FOR UPDATE;
    UPDATE rep_loads SET
        open_leads = open_leads + (changes -> rep_id ->> 0)::int,
        received = received + (changes -> rep_id ->> 1)::bigint
    WHERE rep_id IN (SELECT jsonb_object_keys(changes));
    SELECT r.id INTO full_rep FROM reps r JOIN rep_loads l ON l.rep_id = r.id
    WHERE changes ? r.id AND (changes -> r.id ->> 0)::int > 0 AND l.open_leads > r.capacity
        -- What nobody else can take ends with the fallback owner, however much they have.
        AND (NOT r.is_fallback OR coalesce((changes -> r.id ->> 2)::boolean, true))
    ORDER BY r.id LIMIT 1;
    IF full_rep IS NOT NULL THEN
        RAISE EXCEPTION '% has as many leads in work as their capacity', full_rep
            USING ERRCODE = 'check_violation', CONSTRAINT = 'rep_capacity';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER assignments_count_new AFTER INSERT ON assignments
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION assignments_count();
CREATE TRIGGER assignments_count_changed AFTER UPDATE ON assignments
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION assignments_count();
CREATE TRIGGER assignments_count_gone AFTER DELETE ON assignments
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION assignments_count();
"""
# Decisions are written by the ten thousand, so that no foreign key is checked for each.
DECISIONS_OF_LEAD = """
CREATE FUNCTION leads_take_decisions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM assignment_decisions WHERE lead_id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER leads_take_decisions AFTER DELETE ON leads
    FOR EACH ROW EXECUTE FUNCTION leads_take_decisions();
"""


def upgrade() -> None:
    """New tables first, then what the old ones gain."""
    _new_tables()
    _assignments()
    _reps()
    _territories()
    op.execute(LOAD_ROWS)
    op.execute(COUNT)
    op.execute(DECISIONS_OF_LEAD)


def _new_tables() -> None:
    op.create_table(
        "assignment_batches",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="sweep, request, escalation, …"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("team_version", sa.Integer(), nullable=False),
        sa.Column(
            "rules_version", sa.Integer(), nullable=True, comment="Empty: the built-in rule."
        ),
        sa.Column("rep_ids", ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "parts", JSONB(), nullable=False, comment="Names of a candidate's parts, by strategy."
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_batches")),
    )
    op.create_table(
        "assignment_decisions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=True),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("rep_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why this one, in one sentence."),
        sa.Column(
            "masks",
            sa.LargeBinary(),
            nullable=False,
            comment="What excluded each: two bytes a salesperson, a bit a constraint.",
        ),
        sa.Column(
            "totals",
            sa.LargeBinary(),
            nullable=False,
            comment="Four-byte floats, little-endian: one a candidate.",
        ),
        sa.Column(
            "parts",
            sa.LargeBinary(),
            nullable=False,
            comment="The same, candidate by candidate.",
        ),
        sa.Column(
            "free",
            sa.LargeBinary(),
            nullable=False,
            comment="The same: the share of their capacity that was free.",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_decisions")),
    )
    op.create_index(
        "ix_assignment_decisions_lead_id",
        "assignment_decisions",
        ["lead_id", "decided_at"],
        unique=False,
    )
    op.create_table(
        "assignment_turns",
        sa.Column("pool", sa.Text(), nullable=False),
        sa.Column("owed", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("pool", name=op.f("pk_assignment_turns")),
    )
    op.create_table(
        "team_versions",
        sa.Column("version", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_team_versions")),
    )
    op.create_table(
        "teams",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lead_rep_id", sa.Text(), nullable=True),
        sa.Column("manager_rep_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["lead_rep_id"], ["reps.id"], name="fk_teams_lead_rep_id_reps"),
        sa.ForeignKeyConstraint(
            ["manager_rep_id"], ["reps.id"], name="fk_teams_manager_rep_id_reps"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
        sa.UniqueConstraint("name", name=op.f("uq_teams_name")),
    )
    op.create_table(
        "unroutable_leads",
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("alarmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_unroutable_leads_lead_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_unroutable_leads")),
    )
    op.create_table(
        "rep_absences",
        sa.Column("rep_id", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_rep_absences_days")),
        sa.ForeignKeyConstraint(
            ["rep_id"], ["reps.id"], name=op.f("fk_rep_absences_rep_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("rep_id", "first_day", name=op.f("pk_rep_absences")),
    )
    op.create_table(
        "rep_loads",
        sa.Column("rep_id", sa.Text(), nullable=False),
        sa.Column("open_leads", sa.Integer(), server_default="0", nullable=False),
        sa.Column("received", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("open_leads >= 0", name=op.f("ck_rep_loads_open_leads")),
        sa.ForeignKeyConstraint(
            ["rep_id"], ["reps.id"], name=op.f("fk_rep_loads_rep_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("rep_id", name=op.f("pk_rep_loads")),
    )
    op.create_table(
        "assignment_steps",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("assignment_id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="accepted, declined, touched, reminded, escalated, reassigned, returned, …",
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignments.id"],
            name=op.f("fk_assignment_steps_assignment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_steps")),
    )
    op.create_index(
        op.f("ix_assignment_steps_assignment_id"),
        "assignment_steps",
        ["assignment_id"],
        unique=False,
    )
    op.create_index(
        "ix_assignment_steps_lead_id", "assignment_steps", ["lead_id", "at"], unique=False
    )


def _assignments() -> None:
    op.add_column(
        "assignments",
        sa.Column("decision_id", sa.Text(), nullable=True, comment="Empty: a person decided."),
    )
    op.add_column("assignments", sa.Column("rule_id", sa.Text(), nullable=True))
    op.add_column(
        "assignments",
        sa.Column(
            "source",
            sa.Text(),
            nullable=False,
            server_default="sweep",
            comment="sweep, request, person, escalation, redistribution, import",
        ),
    )
    op.add_column(
        "assignments",
        sa.Column("assigned_by", sa.Text(), nullable=False, server_default="assign_leads"),
    )
    op.alter_column("assignments", "source", server_default=None)
    op.alter_column("assignments", "assigned_by", server_default=None)
    op.add_column(
        "assignments",
        sa.Column(
            "level", sa.Text(), nullable=True, comment="At the assignment, like the next two."
        ),
    )
    op.add_column("assignments", sa.Column("probability", sa.Double(), nullable=True))
    op.add_column("assignments", sa.Column("segment", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "assignments", sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "assignments", sa.Column("first_touch_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "assignments",
        sa.Column(
            "sla_minutes",
            sa.Double(),
            nullable=True,
            comment="Working minutes to the first touch; empty: no bound.",
        ),
    )
    op.add_column(
        "assignments",
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="First touch due, by the SLA.",
        ),
    )
    op.add_column(
        "assignments",
        sa.Column(
            "next_step_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a reminder or an escalation is due.",
        ),
    )
    op.add_column(
        "assignments",
        sa.Column(
            "escalation_step",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Twice the place in the chain, 0 to 4; one more once reminded.",
        ),
    )
    op.alter_column(
        "assignments",
        "end_reason",
        existing_type=sa.TEXT(),
        comment="converted, lost, declined, reassigned, returned, escalated, absent, left",
        existing_nullable=True,
    )
    op.create_index(
        "ix_assignments_due",
        "assignments",
        ["next_step_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL AND first_touch_at IS NULL"),
    )
    op.create_index(
        "ix_assignments_lead_id", "assignments", ["lead_id", "assigned_at"], unique=False
    )
    op.drop_column("assignments", "trace")


def _reps() -> None:
    op.add_column("reps", sa.Column("team_id", sa.Text(), nullable=True))
    op.add_column(
        "reps",
        sa.Column("languages", ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("reps", sa.Column("time_zone", sa.Text(), server_default="UTC", nullable=False))
    op.add_column(
        "reps",
        sa.Column(
            "working_hours",
            JSONB(),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment='{"mon": ["09:00-17:00"]}; empty: always.',
        ),
    )
    op.add_column(
        "reps",
        sa.Column(
            "ramp_share",
            sa.Double(),
            server_default="1",
            nullable=False,
            comment="Share of capacity and turns until ramp_until.",
        ),
    )
    op.add_column("reps", sa.Column("ramp_until", sa.Date(), nullable=True))
    op.add_column(
        "reps",
        sa.Column("is_fallback", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.alter_column("reps", "capacity", existing_type=sa.INTEGER(), nullable=True)
    op.create_index(
        "uq_reps_fallback", "reps", ["is_fallback"], unique=True, postgresql_where="is_fallback"
    )
    op.create_foreign_key(op.f("fk_reps_team_id"), "reps", "teams", ["team_id"], ["id"])
    op.execute(TEAMS_BY_NAME)
    op.drop_column("reps", "team")
    op.create_check_constraint(
        op.f("ck_reps_unlimited"), "reps", "capacity IS NOT NULL OR is_fallback"
    )
    op.create_check_constraint(op.f("ck_reps_fallback_active"), "reps", "active OR NOT is_fallback")
    op.create_check_constraint(
        op.f("ck_reps_ramp_share"), "reps", "ramp_share > 0 AND ramp_share <= 1"
    )


def _territories() -> None:
    op.add_column("territories", sa.Column("parent_id", sa.Text(), nullable=True))
    op.add_column(
        "territories",
        sa.Column("overlay", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "territories",
        sa.Column(
            "postal_ranges",
            ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="10000-19999",
        ),
    )
    op.add_column(
        "territories",
        sa.Column("accounts", ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.create_foreign_key(
        op.f("fk_territories_parent_id"), "territories", "territories", ["parent_id"], ["id"]
    )
