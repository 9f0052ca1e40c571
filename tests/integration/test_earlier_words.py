"""What people wrote before it was encrypted is read as they wrote it, and in no file in words."""

from datetime import UTC, datetime

from alembic import command
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.orm import Session

from leadflow.approvals.tables import Approval, ApprovalVote, PolicyVersion
from leadflow.assignment.tables import Assignment, AssignmentStep
from leadflow.audit.reasons import reason_id
from leadflow.audit.tables import AuditReason
from leadflow.database import migrate
from leadflow.leads.tables import LeadEvent
from leadflow.outbox.tables import OutboxRow
from leadflow.qualification.tables import AiQualification
from leadflow.quality.tables import QualityAction, QualityFlag
from leadflow.rules.tables import RuleSetRow
from leadflow.scoring.tables import ScoreOverride
from leadflow.tables import metadata
from tests.integration.earlier_store import earlier_store

CANARY = "zebulonquark"
AT = datetime(2026, 5, 4, 9, tzinfo=UTC)
ROWS = (
    "INSERT INTO leads (id, source) VALUES ('lead_1', 'test')",
    "INSERT INTO reps (id, external_id, name, capacity) VALUES ('rep_1', 'ann', '\\x01', 5)",
    "INSERT INTO assignments (id, lead_id, rep_id, strategy, reason, source, assigned_by, ended_at,"
    " end_reason) VALUES ('a_1', 'lead_1', 'rep_1', 'person', '{c} a', 'person', 'ana', now(),"
    " 'returned'), ('a_2', 'lead_1', 'rep_1', 'hybrid', 'Is next', 'sweep', 's', NULL, NULL)",
    "INSERT INTO assignment_steps (assignment_id, lead_id, at, kind, actor, reason)"
    " VALUES ('a_1', 'lead_1', now(), 'returned', 'ann', '{c} b'),"
    " ('a_1', 'lead_1', now(), 'touched', 'ann', NULL)",
    "INSERT INTO lead_events (lead_id, type, occurred_at, source, payload)"
    " VALUES ('lead_1', 'meeting', now(), 't', '{{\"n\": \"{c} ü\", \"x\": [1, null, 1.5]}}'),"
    " ('lead_1', 'meeting', now(), 't', NULL)",
    "INSERT INTO approvals (id, kind, subject_id, content_hash, act, payload, description,"
    " asked_why, status, requested_by, asked_by, policy, facts, levels, roles_now, hours, due_at,"
    " escalate_to, at_end) VALUES ('appr_1', 'assignment_override', 'lead_1', 'h',"
    " 'reassign_lead', '{{\"to\": \"rep_1\", \"reason\": \"{c} c\"}}', '# Give', '{c} c',"
    " 'waiting', 'ana', 'ana', 'p', '{{}}', '[]', '{{}}', 1, now(), '{{}}', 'reject')",
    "INSERT INTO approval_votes VALUES ('appr_1', 'ben', 'ben', 0, 'approve', '{c} d', 'api', 'h',"
    " now())",
    "INSERT INTO outbox (id, lane, act, key, payload)"
    " VALUES ('o_1', 'l', 'reassign_lead', 'k', '{{\"reason\": \"{c} c\", \"to\": \"rep_1\"}}')",
    "INSERT INTO score_overrides (id, lead_id, new_score, level, model_score, model_points,"
    " model_probability, model_version, reason, override_by, status, in_force_from, expires_at)"
    " VALUES ('s_1', 'lead_1', 1, 'cold', 1, 1, 0.1, 'm', '{c} e', 'ana', 'active', now(),"
    " now() + interval '1 day')",
    "INSERT INTO quality_actions (id, decision_kind, what, owner, due_at, opened_by, opened_at)"
    " VALUES ('q_1', 'score', '{c} f', 'ana', now(), 'ana', now())",
    "INSERT INTO quality_flags (id, lead_id, why, flagged_by, flagged_at)"
    " VALUES ('f_1', 'lead_1', '{c} g', 'ana', now())",
    "INSERT INTO policy_versions (content, content_hash, note, created_by)"
    " VALUES ('{{}}', 'h', '{c} h', 'ana'), ('{{}}', 'i', NULL, 'ana')",
    "INSERT INTO rule_sets (id, kind, version, content, content_hash, note, created_by) VALUES"
    " ('r_1', 'assignment', 1, '{{}}', repeat('h', 64), '{c} i', 'ana')",
    "INSERT INTO ai_qualifications (id, lead_id, asked_at, known_at, status, score, confidence,"
    " qualification, next_question, content_hash, prompt_version, prompt, model, tokens_in,"
    " tokens_out, cost_micro, cost_currency) VALUES ('ai_1', 'lead_1', now(), now(), 'answered', 1,"
    " 1, '{{\"say\": \"{c} j\"}}', '{c} k', 'h', '1', '{c} l', 'm', 1, 1, 1, 'USD')",
)
FILES = text(
    "SELECT relname, pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class "
    "WHERE relkind IN ('r', 't', 'i') AND relnamespace IN ('public'::regnamespace, "
    "'pg_toast'::regnamespace) AND pg_relation_filepath(oid) IS NOT NULL"
)


def write_as_then(connection: Connection) -> None:
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    for row in ROWS:
        connection.exec_driver_sql(row.format(c=CANARY))
    said = {"id": reason_id("lead/lead_1", f"{CANARY} m"), "words": f"{CANARY} m"}
    kept = text("INSERT INTO audit_reasons VALUES (:id, 'lead/lead_1', :words)")
    connection.execute(kept, said)


def read(session: Session) -> list[object]:
    columns = (
        Assignment.said,
        AssignmentStep.reason,
        Approval.asked_why,
        ApprovalVote.reason,
        ScoreOverride.reason,
        QualityAction.what,
        QualityFlag.why,
        PolicyVersion.note,
        RuleSetRow.note,
        AiQualification.qualification,
        AiQualification.next_question,
        AiQualification.prompt,
        AuditReason.words,
    )
    return [
        value
        for column in columns
        for value in session.scalars(select(column))
        if value is not None
    ]


def test_what_was_written_in_words_is_encrypted_where_it_is(engine: Engine) -> None:
    with earlier_store(engine, "0024", write_as_then) as session:
        assert read(session) == [
            f"{CANARY} a",
            f"{CANARY} b",
            f"{CANARY} c",
            f"{CANARY} d",
            f"{CANARY} e",
            f"{CANARY} f",
            f"{CANARY} g",
            f"{CANARY} h",
            f"{CANARY} i",
            {"say": f"{CANARY} j"},
            f"{CANARY} k",
            f"{CANARY} l",
            f"{CANARY} m",
        ]
        payloads = session.scalars(select(LeadEvent.payload).order_by(LeadEvent.id)).all()
        assert payloads == [{"n": f"{CANARY} ü", "x": [1, None, 1.5]}, None]
        given = dict(session.execute(select(Assignment.id, Assignment.reason)).tuples().all())
        assert given == {"a_1": "Given by a person", "a_2": "Is next"}
        assert session.scalars(select(Approval.payload)).one() == {"to": "rep_1"}
        assert session.scalars(select(OutboxRow.payload)).one() == {"to": "rep_1"}
        session.rollback()
        _see_in_no_file(session)
        session.rollback()
        _go_back(session)
        plain = session.execute(
            text(
                "SELECT a.reason, e.payload ->> 'n', q.qualification ->> 'say' FROM assignments a, "
                "lead_events e, ai_qualifications q WHERE a.id = 'a_1' AND e.payload IS NOT NULL"
            )
        ).one()
        assert tuple(plain) == (f"{CANARY} a", f"{CANARY} ü", f"{CANARY} j")


def _go_back(session: Session) -> None:
    config = migrate.alembic_config()
    config.attributes["connection"] = session.connection()
    command.downgrade(config, "0024")


def _see_in_no_file(session: Session) -> None:
    """The tables' own files, dead rows and all, as somebody with the disk sees them."""
    session.execute(text("CHECKPOINT"))
    seen = {name: bytes(content) for name, content in session.execute(FILES).tuples()}
    # One that is kept by months has no file but theirs.
    whole = {
        table.name
        for table in metadata.sorted_tables
        if not table.dialect_options["postgresql"]["partition_by"]
    }
    assert whole <= seen.keys()
    assert [name for name, content in seen.items() if CANARY.encode() in content] == []
