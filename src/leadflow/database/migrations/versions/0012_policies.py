"""Policies, levels and votes of approvals, one-time codes, and what happened to each"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0012"
down_revision = "0011"

# The store itself keeps that nobody decides on what they asked for, or about something else than
# what was asked.
VOTE = """
CREATE FUNCTION approval_votes_check() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked approvals%ROWTYPE;
BEGIN
    SELECT * INTO asked FROM approvals WHERE id = NEW.approval_id FOR UPDATE;
    IF asked.status <> 'waiting' THEN
        RAISE EXCEPTION 'approval % is % already', asked.id, asked.status
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.person_id IN (asked.requested_by, asked.asked_by)
        OR NEW.counts_for IN (asked.requested_by, asked.asked_by) THEN
        RAISE EXCEPTION 'who asks for approval % cannot decide on it', asked.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.content_hash <> asked.content_hash THEN
        RAISE EXCEPTION 'a vote on approval % is about something else', asked.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT FROM approval_votes v WHERE v.approval_id = NEW.approval_id
            AND (v.person_id IN (NEW.person_id, NEW.counts_for)
                OR v.counts_for IN (NEW.person_id, NEW.counts_for))
    ) THEN
        RAISE EXCEPTION 'nobody counts twice on approval %', asked.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_votes_check BEFORE INSERT ON approval_votes
    FOR EACH ROW EXECUTE FUNCTION approval_votes_check();
CREATE TRIGGER approval_votes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON approval_votes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
# And that nothing becomes approved without the votes its levels need, nor changes what was asked.
APPROVED = """
CREATE FUNCTION approvals_check() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    missing int;
BEGIN
    IF (NEW.kind, NEW.subject_id, NEW.act, NEW.payload, NEW.content_hash, NEW.requested_by,
            NEW.asked_by, NEW.levels, NEW.at_end)
        IS DISTINCT FROM (OLD.kind, OLD.subject_id, OLD.act, OLD.payload, OLD.content_hash,
            OLD.requested_by, OLD.asked_by, OLD.levels, OLD.at_end) THEN
        RAISE EXCEPTION 'approval % stays what was asked', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status = OLD.status THEN
        RETURN NEW;
    END IF;
    IF OLD.status <> 'waiting' AND NOT (OLD.status = 'approved' AND NEW.status = 'void'
            AND OLD.carried_out_at IS NULL) THEN
        RAISE EXCEPTION 'approval % is % already', OLD.id, OLD.status
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status = 'approved'
        AND NOT (NEW.at_end = 'approve_by_silence' AND NEW.decided_by LIKE 'policy:%') THEN
        SELECT count(*) INTO missing
        FROM jsonb_array_elements(NEW.levels) WITH ORDINALITY AS wanted (level, number)
        WHERE (wanted.level ->> 'quorum')::int > (
            SELECT count(*) FROM approval_votes v WHERE v.approval_id = NEW.id
                AND v.level = wanted.number - 1 AND v.decision = 'approve'
        );
        IF missing > 0 OR jsonb_array_length(NEW.levels) = 0 THEN
            RAISE EXCEPTION 'approval % lacks the votes it needs', NEW.id
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approvals_check BEFORE UPDATE ON approvals
    FOR EACH ROW EXECUTE FUNCTION approvals_check();
"""
VOIDED = """
UPDATE approvals SET status = 'void', reason = 'Asked before there were policies; ask anew.'
WHERE status = 'waiting';
UPDATE approvals SET asked_by = requested_by;
"""


def upgrade() -> None:
    """Create the tables; questions that wait from before are void."""
    moment = sa.DateTime(timezone=True)
    _policies(moment)
    _approvals(moment)
    _votes(moment)
    op.execute(VOTE)
    op.execute(APPROVED)


def _policies(moment: sa.DateTime) -> None:
    op.create_table(
        "policy_versions",
        sa.Column("version", sa.Integer, sa.Identity(always=True), nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", moment, nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("version", name="pk_policy_versions"),
    )


def _approvals(moment: sa.DateTime) -> None:
    empty_list, texts = sa.text("'[]'"), sa.text("'{}'")
    for name, kind, default, comment in (
        ("asked_by", sa.Text(), "", None),
        ("policy", sa.Text(), "before", None),
        ("facts", JSONB(), sa.text("'{}'"), "What the policy went by."),
        ("levels", JSONB(), empty_list, None),
        ("level", sa.Integer(), "0", None),
        ("roles_now", ARRAY(sa.Text), texts, None),
        ("hours", sa.Double(), "72", "Working hours for each level."),
        ("escalate_to", ARRAY(sa.Text), texts, "Roles not asked yet."),
        ("at_end", sa.Text(), "reject", None),
    ):
        op.add_column(
            "approvals",
            sa.Column(name, kind, nullable=False, server_default=default, comment=comment),
        )
        if name != "level":
            op.alter_column("approvals", name, server_default=None)
    op.add_column(
        "approvals",
        sa.Column("policy_version", sa.Integer, comment="Empty: the shipped ones."),
    )
    op.add_column("approvals", sa.Column("remind_at", moment, comment="Empty: has been."))
    op.execute(VOIDED)
    op.drop_constraint("ck_approvals_status", "approvals")
    op.drop_constraint("ck_approvals_four_eyes", "approvals")
    for name, rule in (
        ("status", "status IN ('waiting', 'approved', 'rejected', 'expired', 'void')"),
        ("four_eyes", "decided_by NOT IN (requested_by, asked_by)"),
        ("carried_out", "carried_out_at IS NULL OR status = 'approved'"),
        ("at_end", "at_end IN ('reject', 'approve_by_silence')"),
    ):
        op.create_check_constraint(f"ck_approvals_{name}", "approvals", rule)
    waits = sa.text("status = 'waiting'")
    op.create_index("ix_approvals_due_at", "approvals", ["due_at"], postgresql_where=waits)
    op.create_index("ix_approvals_requested_at", "approvals", ["requested_at"])


def _votes(moment: sa.DateTime) -> None:
    def approval(table: str) -> sa.ForeignKeyConstraint:
        return sa.ForeignKeyConstraint(
            ["approval_id"], ["approvals.id"], name=f"fk_{table}_approval_id", ondelete="CASCADE"
        )

    op.create_table(
        "approval_votes",
        sa.Column("approval_id", sa.Text, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("counts_for", sa.Text, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("door", sa.Text, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("approval_id", "person_id", name="pk_approval_votes"),
        approval("approval_votes"),
        sa.CheckConstraint("decision IN ('approve', 'reject')", name="ck_approval_votes_decision"),
        sa.CheckConstraint(
            "door IN ('api', 'page', 'prefect', 'terminal')", name="ck_approval_votes_door"
        ),
    )
    op.create_index(
        "uq_approval_votes_counts_for",
        "approval_votes",
        ["approval_id", "counts_for"],
        unique=True,
    )
    op.create_table(
        "approval_steps",
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("approval_id", sa.Text, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("detail", JSONB, nullable=False, server_default=sa.text("'{}'")),
        sa.PrimaryKeyConstraint("number", name="pk_approval_steps"),
        approval("approval_steps"),
    )
    op.create_index("ix_approval_steps_approval_id", "approval_steps", ["approval_id"])
    op.create_table(
        "approval_codes",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("approval_id", sa.Text, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("code_hash", sa.Text, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("used_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_approval_codes"),
        approval("approval_codes"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_approval_codes_person_id", ondelete="CASCADE"
        ),
    )
    op.create_index(
        "ix_approval_codes_approval_id_person_id", "approval_codes", ["approval_id", "person_id"]
    )


def downgrade() -> None:
    """Take them away again."""
    op.execute("DROP TRIGGER approvals_check ON approvals; DROP FUNCTION approvals_check()")
    for table in ("approval_codes", "approval_steps", "approval_votes", "policy_versions"):
        op.drop_table(table)
    op.execute("DROP FUNCTION approval_votes_check()")
    op.drop_index("ix_approvals_requested_at", "approvals")
    op.drop_index("ix_approvals_due_at", "approvals")
    for name in ("status", "four_eyes", "carried_out", "at_end"):
        op.drop_constraint(f"ck_approvals_{name}", "approvals")
    op.execute("UPDATE approvals SET status = 'void' WHERE status = 'expired'")
    for name, rule in (
        ("status", "status IN ('waiting', 'approved', 'rejected', 'void')"),
        ("four_eyes", "decided_by <> requested_by"),
    ):
        op.create_check_constraint(f"ck_approvals_{name}", "approvals", rule)
    for name in (
        "asked_by",
        "policy",
        "policy_version",
        "facts",
        "levels",
        "level",
        "roles_now",
        "hours",
        "remind_at",
        "escalate_to",
        "at_end",
    ):
        op.drop_column("approvals", name)
