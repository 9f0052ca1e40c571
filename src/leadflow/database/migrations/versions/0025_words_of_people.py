"""What people write is encrypted: reasons, notes, comments, payloads of events, what AI said"""

import json
from collections.abc import Callable
from typing import Any, cast

import psycopg
import sqlalchemy as sa
from alembic import op
from psycopg import sql

from leadflow.privacy.cipher_in_use import get_cipher, opened

revision = "0025"
down_revision = "0024"

AT_A_TIME = 2000
Convert = Callable[[Any, str], Any]
# Table, its key, and of each column the name of its field.
WORDS: tuple[tuple[str, tuple[str, ...], dict[str, str]], ...] = (
    (
        "approvals",
        ("id",),
        {"asked_why": "approval_asked_why", "reason": "approval_reason"},
    ),
    ("approval_votes", ("approval_id", "person_id"), {"reason": "vote_reason"}),
    ("audit_reasons", ("id",), {"words": "audit_reason"}),
    ("assignment_steps", ("id",), {"reason": "assignment_step_reason"}),
    ("score_overrides", ("id",), {"reason": "override_reason"}),
    ("quality_reviews", ("id",), {"comment": "review_comment"}),
    ("quality_actions", ("id",), {"what": "quality_action"}),
    ("quality_flags", ("id",), {"why": "quality_flag_why"}),
    ("policy_versions", ("version",), {"note": "policy_note"}),
    ("rule_sets", ("id",), {"note": "rules_note"}),
    ("ai_qualifications", ("id",), {"next_question": "ai_next_question", "prompt": "ai_prompt"}),
)
JSON = (
    ("ai_qualifications", ("id",), {"qualification": "ai_qualification"}),
    ("lead_events", ("id",), {"payload": "event_payload"}),
)
# A row that only ever stays may be encrypted with another key, and nothing else.
STAYS = """
DROP TRIGGER approval_votes_append_only ON approval_votes;
CREATE TRIGGER approval_votes_append_only BEFORE UPDATE ON approval_votes FOR EACH ROW
    WHEN (to_jsonb(OLD) - 'reason' IS DISTINCT FROM to_jsonb(NEW) - 'reason'
        OR get_byte(OLD.reason, 0) = get_byte(NEW.reason, 0))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER approval_votes_stay BEFORE DELETE OR TRUNCATE ON approval_votes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rule_sets_stay_as_written BEFORE UPDATE ON rule_sets FOR EACH ROW
    WHEN (to_jsonb(OLD) - '{active,note}'::text[]
            IS DISTINCT FROM to_jsonb(NEW) - '{active,note}'::text[]
        OR (OLD.note IS DISTINCT FROM NEW.note
            AND get_byte(OLD.note, 0) IS NOT DISTINCT FROM get_byte(NEW.note, 0))
        OR (OLD.note IS NULL) <> (NEW.note IS NULL))
    EXECUTE FUNCTION refuse_change()
"""
STAYED = """
DROP TRIGGER approval_votes_stay ON approval_votes;
CREATE TRIGGER approval_votes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON approval_votes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rule_sets_stay_as_written BEFORE UPDATE ON rule_sets FOR EACH ROW
    WHEN (to_jsonb(OLD) - 'active' IS DISTINCT FROM to_jsonb(NEW) - 'active')
    EXECUTE FUNCTION refuse_change()
"""
# The reason of a handover that waited for approval was in what is to be done, too.
REPEATED = """
ALTER TABLE approvals DISABLE TRIGGER approvals_check;
UPDATE approvals SET payload = payload - 'reason'
    WHERE act = 'reassign_lead' AND payload ? 'reason';
ALTER TABLE approvals ENABLE TRIGGER approvals_check;
UPDATE outbox SET payload = payload - 'reason' WHERE act = 'reassign_lead' AND payload ? 'reason';
ALTER TABLE outbox ALTER COLUMN payload TYPE jsonb USING payload || '{}'
"""
GIVEN_BACK = """
ALTER TABLE approvals DISABLE TRIGGER approvals_check;
UPDATE approvals SET payload = payload || jsonb_build_object('reason', asked_why)
    WHERE act = 'reassign_lead' AND asked_why IS NOT NULL;
ALTER TABLE approvals ENABLE TRIGGER approvals_check
"""
LARGEST = 8192


def upgrade() -> None:
    """Encrypt what is there. Each table is written anew, so that nothing of the old text is left in
    its file; the write-ahead log and earlier backups have it until they are gone."""
    op.execute(REPEATED)
    op.alter_column("quality_reviews", "comment", server_default=None)
    op.drop_constraint(op.f("ck_lead_events_payload_size"), "lead_events")
    op.execute("DROP TRIGGER rule_sets_stay_as_written ON rule_sets")
    for table, key, fields in WORDS:
        _convert(table, key, fields, "bytea", _sealed)
    for table, key, fields in JSON:
        _convert(table, key, fields, "bytea", _encrypt_json)
    _separate_what_people_said()
    op.create_check_constraint(
        op.f("ck_lead_events_payload_size"),
        "lead_events",
        f"octet_length(payload) <= {LARGEST + 29}",
    )
    op.execute(STAYS)


def _encrypt_json(value: Any, field: str) -> bytes:
    said = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return get_cipher().encrypt(said, field)


def _separate_what_people_said() -> None:
    """The reason of an assignment is the machine's sentence; a person's has a column of its own."""
    op.add_column("assignments", sa.Column("said", sa.LargeBinary(), nullable=True))
    op.execute("CREATE TEMP TABLE said_then AS SELECT id, reason FROM assignments LIMIT 0")
    op.execute("INSERT INTO said_then SELECT id, reason FROM assignments WHERE source = 'person'")
    _fill("said_then", ("id",), {"reason": "assignment_said"}, _sealed)
    op.execute("ALTER TABLE assignments DISABLE TRIGGER USER")
    op.execute(
        "UPDATE assignments a SET reason = 'Given by a person', said = s.reason "
        "FROM pg_temp.converted s WHERE s.key = a.id"
    )
    op.execute("ALTER TABLE assignments ENABLE TRIGGER USER")
    # Written anew as well.
    op.execute("ALTER TABLE assignments ALTER COLUMN reason TYPE text USING reason || ''")
    op.execute("DROP TABLE said_then, pg_temp.converted")


def _sealed(said: Any, field: str) -> bytes:
    return get_cipher().encrypt(said, field)


def _convert(
    table: str, key: tuple[str, ...], fields: dict[str, str], to: str, convert: Convert
) -> None:
    """Give columns another type, with the values that ``convert`` makes of them."""
    _fill(table, key, fields, convert, to)
    own = "concat_ws('/', " + ", ".join(key) + ")"
    changes = []
    for name in fields:
        op.execute(
            f"CREATE FUNCTION pg_temp.of_{name}(text) RETURNS {to} LANGUAGE sql STABLE AS "
            f"'SELECT {name} FROM pg_temp.converted WHERE key = $1'"
        )
        changes.append(f"ALTER COLUMN {name} TYPE {to} USING pg_temp.of_{name}({own})")
    op.execute(f"ALTER TABLE {table} {', '.join(changes)}")
    for name in fields:
        op.execute(f"DROP FUNCTION pg_temp.of_{name}(text)")
    op.execute("DROP TABLE pg_temp.converted")


def _fill(
    table: str, key: tuple[str, ...], fields: dict[str, str], convert: Convert, to: str = "bytea"
) -> None:
    """Make the table ``converted`` of keys and converted values, some rows at a time."""
    columns = ", ".join(f"{name} {to}" for name in fields)
    op.execute(f"CREATE TEMP TABLE converted (key text PRIMARY KEY, {columns})")
    connection = cast("psycopg.Connection[Any]", op.get_bind().connection.driver_connection)
    names = [sql.Identifier(name) for name in fields]
    read = sql.SQL("SELECT concat_ws('/', {}), {} FROM {}").format(
        sql.SQL(", ").join(map(sql.Identifier, key)),
        sql.SQL(", ").join(names),
        sql.Identifier(table),
    )
    write = sql.SQL("COPY pg_temp.converted FROM STDIN")
    with connection.cursor(name="to_convert") as rows:
        rows.execute(read)
        while some := rows.fetchmany(AT_A_TIME):
            with connection.cursor().copy(write) as copy:
                for own, *values in some:
                    converted = (
                        None if value is None else convert(value, field)
                        for value, field in zip(values, fields.values(), strict=True)
                    )
                    copy.write_row((own, *converted))
    op.execute("ANALYZE pg_temp.converted")


def downgrade() -> None:
    """Everything in plain text again; needs the key."""
    op.drop_constraint(op.f("ck_lead_events_payload_size"), "lead_events")
    op.execute("DROP TRIGGER approval_votes_append_only ON approval_votes")
    op.execute("DROP TRIGGER rule_sets_stay_as_written ON rule_sets")
    _fill("assignments", ("id",), {"said": "assignment_said"}, opened, "text")
    op.execute("ALTER TABLE assignments DISABLE TRIGGER USER")
    op.execute(
        "UPDATE assignments a SET reason = s.said FROM pg_temp.converted s "
        "WHERE s.key = a.id AND s.said IS NOT NULL"
    )
    op.execute("ALTER TABLE assignments ENABLE TRIGGER USER")
    op.execute("DROP TABLE pg_temp.converted")
    op.drop_column("assignments", "said")
    for table, key, fields in WORDS:
        _convert(table, key, fields, "text", opened)
    for table, key, fields in JSON:
        _convert(table, key, fields, "jsonb", opened)
    op.alter_column("quality_reviews", "comment", server_default="")
    # As text it is longer than it was counted when it was taken: what is there may stay.
    op.execute(
        "ALTER TABLE lead_events ADD CONSTRAINT ck_lead_events_payload_size "
        f"CHECK (octet_length(payload::text) <= {LARGEST}) NOT VALID"
    )
    op.execute(GIVEN_BACK)
    op.execute(STAYED)
