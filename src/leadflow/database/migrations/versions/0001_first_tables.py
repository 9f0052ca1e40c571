"""The first tables, the history of leads, and an audit log nobody can rewrite"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


PROFILE = (
    "email_kind",
    "has_phone",
    "company_name",
    "company_size",
    "industry",
    "job_title",
    "seniority",
    "location",
    "country",
    "region",
    "budget_minor",
    "budget_currency",
    "timeline",
    "timeline_months",
    "service_requirements",
    "website_visits",
    "email_opens",
    "content_downloads",
    "counted_at",
    "attributes",
)
COLUMNS = ", ".join(PROFILE)
OLD = ", ".join(f"OLD.{column}" for column in PROFILE)
NEW = ", ".join(f"NEW.{column}" for column in PROFILE)

KEEP_HISTORY = f"""
CREATE FUNCTION leads_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF ROW({OLD}) IS NOT DISTINCT FROM ROW({NEW}) THEN
        NEW.known_from := OLD.known_from;
        RETURN NEW;
    END IF;
    IF NEW.known_from <= OLD.known_from THEN
        NEW.known_from := greatest(clock_timestamp(), OLD.known_from + interval '1 microsecond');
    END IF;
    INSERT INTO lead_history (lead_id, known_from, known_until, {COLUMNS})
    VALUES (OLD.id, OLD.known_from, NEW.known_from, {OLD});
    RETURN NEW;
END $$
"""
REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$
"""


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_table(
        "approvals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column(
            "act", sa.Text(), nullable=False, comment="Outbox act that carries an approval out."
        ),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "description", sa.Text(), nullable=False, comment="What is asked and why, in Markdown."
        ),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column(
            "requested_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("flow_run_id", sa.Text(), nullable=True),
        sa.Column("carried_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status IN ('approved', 'rejected')) = (decided_by IS NOT NULL)",
            name=op.f("ck_approvals_decided"),
        ),
        sa.CheckConstraint(
            "status IN ('waiting', 'approved', 'rejected', 'void')",
            name=op.f("ck_approvals_status"),
        ),
        sa.CheckConstraint("decided_by <> requested_by", name=op.f("ck_approvals_four_eyes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    op.create_index(
        "uq_approvals_waiting",
        "approvals",
        ["kind", "subject_id"],
        unique=True,
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_table(
        "attribute_definitions",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "dimension IN ('demographic', 'behavioural', 'engagement', 'fit')",
            name=op.f("ck_attribute_definitions_dimension"),
        ),
        sa.CheckConstraint(
            "kind IN ('numeric', 'categorical', 'boolean')",
            name=op.f("ck_attribute_definitions_kind"),
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_attribute_definitions")),
    )
    op.create_table(
        "audit_log",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("entry_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_log")),
        sa.UniqueConstraint("entry_hash", name=op.f("uq_audit_log_entry_hash")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('accepted', 'done', 'failed')", name=op.f("ck_inbox_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("source", "delivery_id", name=op.f("uq_inbox_source_delivery_id")),
    )
    op.create_table(
        "leads",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("email", sa.LargeBinary(), nullable=True),
        sa.Column("email_index", sa.Text(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("first_name", sa.LargeBinary(), nullable=True),
        sa.Column("last_name", sa.LargeBinary(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "known_from",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("email_kind", sa.Text(), server_default="none", nullable=False),
        sa.Column("has_phone", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("company_name", sa.Text(), nullable=True),
        sa.Column("company_size", sa.Integer(), nullable=True),
        sa.Column("industry", sa.Text(), nullable=True),
        sa.Column("job_title", sa.Text(), nullable=True),
        sa.Column("seniority", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("country", sa.CHAR(length=2), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("budget_minor", sa.BigInteger(), nullable=True),
        sa.Column("budget_currency", sa.CHAR(length=3), nullable=True),
        sa.Column("timeline", sa.Text(), nullable=True),
        sa.Column("timeline_months", sa.Double(), nullable=True),
        sa.Column("service_requirements", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("website_visits", sa.Integer(), nullable=True),
        sa.Column("email_opens", sa.Integer(), nullable=True),
        sa.Column("content_downloads", sa.Integer(), nullable=True),
        sa.Column(
            "counted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the three counters above were read; later events add to them.",
        ),
        sa.Column(
            "attributes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "email_kind IN ('none', 'free', 'company')", name=op.f("ck_leads_email_kind")
        ),
        sa.CheckConstraint(
            "(budget_minor IS NULL) = (budget_currency IS NULL)", name=op.f("ck_leads_budget")
        ),
        sa.CheckConstraint(
            "(email IS NULL) = (email_index IS NULL)", name=op.f("ck_leads_email_indexed")
        ),
        sa.CheckConstraint("budget_minor >= 0", name=op.f("ck_leads_budget_minor")),
        sa.CheckConstraint("company_size >= 0", name=op.f("ck_leads_company_size")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
        sa.UniqueConstraint("email_index", name=op.f("uq_leads_email_index")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_leads_source_external_id")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column(
            "available_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('waiting', 'claimed', 'done', 'failed')", name=op.f("ck_outbox_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index(
        "ix_outbox_open",
        "outbox",
        ["available_at"],
        unique=False,
        postgresql_where="status IN ('waiting', 'claimed')",
    )
    op.create_table(
        "reps",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column(
            "weight",
            sa.Double(),
            server_default="1",
            nullable=False,
            comment="Share of round robin against the others.",
        ),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_reps_capacity")),
        sa.CheckConstraint("weight > 0", name=op.f("ck_reps_weight")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reps")),
        sa.UniqueConstraint("external_id", name=op.f("uq_reps_external_id")),
    )
    op.create_table(
        "skills",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skills")),
        sa.UniqueConstraint("name", name=op.f("uq_skills_name")),
    )
    op.create_table(
        "territories",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "countries", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column(
            "regions", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column(
            "industries",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("smallest_company", sa.Integer(), nullable=True),
        sa.Column("largest_company", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_territories")),
        sa.UniqueConstraint("name", name=op.f("uq_territories_name")),
    )
    op.create_table(
        "assignments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("rep_id", sa.Text(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why this one, in one sentence."),
        sa.Column("trace", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "assigned_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("ck_assignments_ended")
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_assignments_lead_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["rep_id"], ["reps.id"], name=op.f("fk_assignments_rep_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    op.create_index(
        "ix_assignments_load",
        "assignments",
        ["rep_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_assignments_active",
        "assignments",
        ["lead_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "lead_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "known_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_lead_events_lead_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_events")),
    )
    op.create_index(
        "ix_lead_events_lead_id_occurred_at",
        "lead_events",
        ["lead_id", "occurred_at"],
        unique=False,
    )
    op.create_index(
        "uq_lead_events_source_external_id",
        "lead_events",
        ["source", "external_id"],
        unique=True,
        postgresql_where="external_id IS NOT NULL",
    )
    op.create_table(
        "lead_history",
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("email_kind", sa.Text(), server_default="none", nullable=False),
        sa.Column("has_phone", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("company_name", sa.Text(), nullable=True),
        sa.Column("company_size", sa.Integer(), nullable=True),
        sa.Column("industry", sa.Text(), nullable=True),
        sa.Column("job_title", sa.Text(), nullable=True),
        sa.Column("seniority", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("country", sa.CHAR(length=2), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("budget_minor", sa.BigInteger(), nullable=True),
        sa.Column("budget_currency", sa.CHAR(length=3), nullable=True),
        sa.Column("timeline", sa.Text(), nullable=True),
        sa.Column("timeline_months", sa.Double(), nullable=True),
        sa.Column("service_requirements", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("website_visits", sa.Integer(), nullable=True),
        sa.Column("email_opens", sa.Integer(), nullable=True),
        sa.Column("content_downloads", sa.Integer(), nullable=True),
        sa.Column(
            "counted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the three counters above were read; later events add to them.",
        ),
        sa.Column(
            "attributes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_lead_history_lead_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("lead_id", "known_from", name=op.f("pk_lead_history")),
    )
    op.create_table(
        "lead_scores",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total_score", sa.Double(), nullable=False),
        sa.Column(
            "points", sa.Double(), nullable=False, comment="50 + the contributions, not clipped."
        ),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("probability_low", sa.Double(), nullable=False),
        sa.Column("probability_high", sa.Double(), nullable=False),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("demographic", sa.Double(), nullable=False),
        sa.Column("behavioural", sa.Double(), nullable=False),
        sa.Column("engagement", sa.Double(), nullable=False),
        sa.Column("fit", sa.Double(), nullable=False),
        sa.Column("ai", sa.Double(), nullable=False),
        sa.Column("contributions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("regime", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("is_current", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "scored_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "level IN ('hot', 'warm', 'cold', 'unqualified')", name=op.f("ck_lead_scores_level")
        ),
        sa.CheckConstraint("regime IN ('rubric', 'model')", name=op.f("ck_lead_scores_regime")),
        sa.CheckConstraint("probability BETWEEN 0 AND 1", name=op.f("ck_lead_scores_probability")),
        sa.CheckConstraint(
            "total_score BETWEEN 0 AND 100", name=op.f("ck_lead_scores_total_score")
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_lead_scores_lead_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_scores")),
    )
    op.create_index(
        "ix_lead_scores_lead_id_as_of", "lead_scores", ["lead_id", "as_of"], unique=False
    )
    op.create_index(
        "ix_lead_scores_ranking",
        "lead_scores",
        ["total_score"],
        unique=False,
        postgresql_where=sa.text("is_current"),
    )
    op.create_index(
        "uq_lead_scores_current",
        "lead_scores",
        ["lead_id"],
        unique=True,
        postgresql_where=sa.text("is_current"),
    )
    op.create_table(
        "outcomes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "known_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("value_minor", sa.BigInteger(), nullable=True),
        sa.Column("value_currency", sa.CHAR(length=3), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("outcome IN ('converted', 'lost')", name=op.f("ck_outcomes_outcome")),
        sa.CheckConstraint(
            "(value_minor IS NULL) = (value_currency IS NULL)", name=op.f("ck_outcomes_value")
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_outcomes_lead_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcomes")),
        sa.UniqueConstraint("lead_id", "outcome", name=op.f("uq_outcomes_lead_id_outcome")),
    )
    op.create_table(
        "quarantined_rows",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("inbox_id", sa.Text(), nullable=False),
        sa.Column("row_number", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.LargeBinary(), nullable=False, comment="The row as JSON, encrypted."),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('waiting', 'stored', 'discarded')", name=op.f("ck_quarantined_rows_status")
        ),
        sa.ForeignKeyConstraint(
            ["inbox_id"],
            ["inbox.id"],
            name=op.f("fk_quarantined_rows_inbox_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined_rows")),
        sa.UniqueConstraint(
            "inbox_id", "row_number", name=op.f("uq_quarantined_rows_inbox_id_row_number")
        ),
    )
    op.create_index(
        op.f("ix_quarantined_rows_status"), "quarantined_rows", ["status"], unique=False
    )
    op.create_table(
        "rep_skills",
        sa.Column("rep_id", sa.Text(), nullable=False),
        sa.Column("skill_id", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name=op.f("ck_rep_skills_level")),
        sa.ForeignKeyConstraint(
            ["rep_id"], ["reps.id"], name=op.f("fk_rep_skills_rep_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["skill_id"], ["skills.id"], name=op.f("fk_rep_skills_skill_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("rep_id", "skill_id", name=op.f("pk_rep_skills")),
    )
    op.create_table(
        "rep_territories",
        sa.Column("rep_id", sa.Text(), nullable=False),
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rep_id"], ["reps.id"], name=op.f("fk_rep_territories_rep_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territories.id"],
            name=op.f("fk_rep_territories_territory_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("rep_id", "territory_id", name=op.f("pk_rep_territories")),
    )
    op.execute(KEEP_HISTORY)
    op.execute(
        "CREATE TRIGGER leads_keep_history BEFORE UPDATE ON leads "
        "FOR EACH ROW EXECUTE FUNCTION leads_keep_history()"
    )
    op.execute(REFUSE_CHANGE)
    op.execute(
        "CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("rep_territories")
    op.drop_table("rep_skills")
    op.drop_index(op.f("ix_quarantined_rows_status"), table_name="quarantined_rows")
    op.drop_table("quarantined_rows")
    op.drop_table("outcomes")
    op.drop_index(
        "uq_lead_scores_current", table_name="lead_scores", postgresql_where=sa.text("is_current")
    )
    op.drop_index(
        "ix_lead_scores_ranking", table_name="lead_scores", postgresql_where=sa.text("is_current")
    )
    op.drop_index("ix_lead_scores_lead_id_as_of", table_name="lead_scores")
    op.drop_table("lead_scores")
    op.drop_table("lead_history")
    op.drop_index(
        "uq_lead_events_source_external_id",
        table_name="lead_events",
        postgresql_where="external_id IS NOT NULL",
    )
    op.drop_index("ix_lead_events_lead_id_occurred_at", table_name="lead_events")
    op.drop_table("lead_events")
    op.drop_index(
        "uq_assignments_active",
        table_name="assignments",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(
        "ix_assignments_load",
        table_name="assignments",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_table("assignments")
    op.drop_table("territories")
    op.drop_table("skills")
    op.drop_table("reps")
    op.drop_index(
        "ix_outbox_open", table_name="outbox", postgresql_where="status IN ('waiting', 'claimed')"
    )
    op.drop_table("outbox")
    op.drop_table("leads")
    op.drop_table("inbox")
    op.drop_table("audit_log")
    op.drop_table("attribute_definitions")
    op.drop_index(
        "uq_approvals_waiting",
        table_name="approvals",
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.drop_table("approvals")
    op.drop_table("api_keys")
    op.execute("DROP FUNCTION leads_keep_history")
    op.execute("DROP FUNCTION refuse_change")
